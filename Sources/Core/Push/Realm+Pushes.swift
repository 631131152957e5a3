import Wire

/// Who is told of what through push services: of private messages, and of messages in groups that name them. A push is
/// a hint, kept in memory alone: the message itself is in the log.
extension Realm {
  // MARK: what there is to be told

  /// A private message was logged.
  func push(_ out: Outgoing, _ message: Message, to person: PersonID, from sender: PersonID) {
    guard !pushes.isEmpty, pushes[person] != nil, isWorthAPush(message), person != sender else { return }
    plan(PendingPush(account: person, target: .person(sender), sender: sender, time: out.time, out: out, due: uptime))
  }

  /// A message was logged in a group: those members that it names are told.
  func pushMentions(_ out: Outgoing, _ message: Message, from sender: PersonID, in group: Group) {
    guard !pushes.isEmpty, isWorthAPush(message), hasPushes(group) else { return }
    var told: [PersonID] = []
    turn.rowsSearched += message.body.count / 4
    for word in message.body.split(whereSeparator: { !Self.isNameByte($0) }) where word.count <= Limits.nameBytes {
      let name = fold(String(decoding: word, as: UTF8.self))
      guard let person = nicks[name]?.id ?? accountNames[name], person != sender, pushes[person] != nil,
        group.members[person] != nil, !told.contains(person), isOurs(word, in: message.body)
      else { continue }
      told.append(person)
      plan(
        PendingPush(account: person, target: .group(group.id), sender: sender, time: out.time, out: out, due: uptime))
    }
  }

  /// Whether a name in a text is one of this realm: `bob/gamma` is somebody else than the bob who is here.
  private func isOurs(_ name: ArraySlice<UInt8>, in text: [UInt8]) -> Bool {
    let rest = text[name.endIndex...]
    guard rest.first == UInt8(ascii: "/") || rest.first == UInt8(ascii: "@") else { return true }
    let realm = rest.dropFirst().prefix { Names.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    return realm.isEmpty || sameName(realm, settings.realm.utf8)
  }

  private func isWorthAPush(_ message: Message) -> Bool {
    message.kind.isMessage && message.revised == nil && !message.isCTCP
  }

  private func hasPushes(_ group: Group) -> Bool {
    group.hasPushes { members in
      pushes.count < members.count
        ? pushes.keys.contains { members[$0] != nil } : members.keys.contains { pushes[$0] != nil }
    }
  }

  /// What can be part of a name; the bytes of other alphabets, which cannot, belong to words as well.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte >= 128 || Names.isNickByte(byte)
  }

  // MARK: whether and when

  /// Who sits at a client has a moment to read it there.
  private func plan(_ push: PendingPush) {
    var push = push
    if let user = users[push.account], user.awayMessage == nil, user.sessions.contains(where: { !$0.isUnattended }) {
      push.due += Limits.pushPatience
    }
    guard push.due > uptime else { return send(push) }
    guard pendingPushes.count < Limits.pushesPending else { return }
    pendingPushes.append(push)
  }

  /// Once a second: what nobody has read is pushed, and what services did not take is tried again.
  func tickPushes() {
    if pendingPushes.contains(where: { $0.due <= uptime }) {
      let all = pendingPushes
      pendingPushes = []
      for push in all {
        if push.due > uptime { pendingPushes.append(push) } else { send(push) }
      }
    }
    if pushRetries.contains(where: { $0.due <= uptime }) {
      let all = pushRetries
      pushRetries = []
      for retry in all {
        if retry.due > uptime { pushRetries.append(retry) } else { attempt(retry) }
      }
    }
  }

  private func isRead(_ push: PendingPush) -> Bool {
    guard let user = users[push.account] else { return false }
    return user.readMarkers[push.target] ?? 0 >= push.time
  }

  private func send(_ push: PendingPush) {
    guard let account = pushes[push.account], !isRead(push), isToBeTold(push) else { return }
    if account.pushed.count < Limits.pushedConversations { account.pushed[push.target] = true }
    for registration in account.registrations {
      send(Self.text(of: push.out, for: registration.record.capabilities), to: registration, isUrgent: true)
    }
  }

  /// Not of what the account has muted, nor by whom it has blocked, in groups either: there it sees it when it looks.
  private func isToBeTold(_ push: PendingPush) -> Bool {
    guard accounts[push.account]?.flags.isDisjoint(with: [.suspended, .deleted, .ending]) ?? false,
      !isBlocked(push.sender, by: push.account)
    else { return false }
    guard let preferences = preferences[push.account] else { return true }
    if case .group(let group) = push.target, preferences[.group(group)]?.contains(.muted) ?? false { return false }
    return !(preferences[.person(push.sender)]?.contains(.muted) ?? false)
  }

  /// A conversation was read on some device: clients take their notifications back (IRCv3 read-marker, pushed).
  func pushRead(_ user: User, _ target: Target, _ name: String, _ time: Milliseconds) {
    guard !pushes.isEmpty, let account = pushes[user.id], account.pushed[target] != nil else { return }
    account.pushed[target] = nil
    var line = LineBuilder(source: serverSource, "MARKREAD")
    line.word(name)
    line.word("timestamp=" + Timestamp.text(time))
    for registration in account.registrations { send(line.bytes, to: registration, isUrgent: false) }
  }

  /// One line without its end (webpush, "Implementation"): of several the first, with the tags that fit.
  private static func text(of out: Outgoing, for capabilities: Capabilities) -> [UInt8] {
    let capabilities = capabilities.subtracting(.multiline)
    for capabilities in [capabilities, capabilities.intersection(.messageTags)] {
      var out = out
      if capabilities == .messageTags { out.clientTags = [] }
      var bytes: [UInt8] = []
      out.append(to: &bytes, for: capabilities)
      let line = Array(bytes.prefix { $0 != 13 })
      if line.count <= Limits.pushBytes { return line }
    }
    return Array(out.line.prefix(Limits.pushBytes))
  }

  // MARK: pushing

  private func send(_ text: [UInt8], to registration: LivePushRegistration, isUrgent: Bool) {
    guard registration.pay(uptime: uptime) else { return }
    let record = registration.record
    let push = Push(endpoint: record.endpoint, key: record.key, auth: record.auth, text: text, isUrgent: isUrgent)
    attempt(PushRetry(registration: registration, push: push, attempts: 0, due: uptime))
  }

  private func attempt(_ retry: PushRetry) {
    guard isThere(retry.registration), !stopping else { return }
    ask(.push(retry.push), for: nil) { realm, answer in
      // Where no thread has room for it nothing was tried, and nobody is to blame.
      guard case .called(let outcome) = answer, realm.isThere(retry.registration) else { return }
      realm.pushed(retry, outcome)
    }
  }

  private func isThere(_ registration: LivePushRegistration) -> Bool {
    pushes[registration.record.account]?.registrations.contains { $0 === registration } ?? false
  }

  private func pushed(_ retry: PushRetry, _ outcome: CallOutcome) {
    let registration = retry.registration
    guard !outcome.isTaken else {
      registration.failingSince = 0
      return
    }
    if registration.failingSince == 0 { registration.failingSince = now }
    let isOver = now - registration.failingSince > Limits.deliveryMilliseconds
    // The service does not know it (any more): RFC 8030, section 7.3.
    if outcome.status == 404 || outcome.status == 410 || isOver {
      note(
        "push", "registration removed",
        ["account": accounts[registration.record.account]?.name ?? "", "why": outcome.text])
      return removePush(of: registration.record.account, endpoint: registration.record.endpoint)
    }
    guard retry.attempts < Limits.pushAttempts, pushRetries.count < Limits.pushesPending,
      outcome.status == 0 || outcome.status == 429 || outcome.status >= 500
    else { return }
    var next = retry
    next.attempts += 1
    let pause = Limits.deliveryPause.lowerBound << Int64(2 * retry.attempts)
    next.due = uptime + min(max(pause, outcome.retryAfter * 1_000), Limits.deliveryPause.upperBound)
    pushRetries.append(next)
  }
}
