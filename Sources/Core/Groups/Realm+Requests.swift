import Wire

/// At the realm of who says it: commands on groups of other realms, which their homes carry out.
extension Realm {
  /// A command that another realm carries out, and the session that waits for what comes of it.
  struct Request {
    var session: Session
    var command: String
    /// The group as it is called here.
    var group: String
    var deadline: Milliseconds
    /// A JOIN that was done: it waits for the group.
    var awaitsGroup = false
  }

  /// Passes a command on to the home of a group. Answers if it cannot.
  ///
  /// - Parameter parameters: as the home names things.
  func request(_ session: Session, _ user: User, _ command: String, _ group: String, _ parameters: [String]) {
    let address = Address(group, home: settings.realm)
    guard let peer = peer(of: address) else {
      return reply(session, .noSuchChannel, [group], noSuchNickText(address))
    }
    guard !user.isGuest else {
      return fail(session, command, "ACCOUNT_REQUIRED", [group], "Guests chat within \(settings.realm) only")
    }
    guard canReach(peer) else {
      return fail(session, command, "TEMPORARILY_UNAVAILABLE", [group], outOfReach(peer) + ": try again later")
    }
    let id = nextMessageID()
    let posting = post(.request(id, from: user.account, command: command, parameters: parameters), to: peer)
    if case .refused(let why) = posting {
      return fail(session, command, "TEMPORARILY_UNAVAILABLE", [group], why)
    }
    hold(session)
    requests[id] = Request(
      session: session, command: command, group: group, deadline: uptime + Limits.answerMilliseconds)
  }

  /// What came of a request of one of our people.
  func takeReplies(_ replies: [QueryReply], to id: MessageID, _ account: String, from peer: Peer) {
    guard let request = requests[id], accountHere(account) == request.session.user?.id else {
      return takeLateReplies(replies, account, peer)
    }
    // What says that it was not done is an error or a FAIL.
    let isRefused = replies.contains { $0.command.first == "4" || $0.command.hasPrefix("FAIL") }
    if request.command == "JOIN", replies.contains(where: { $0.command == Numeric.noSuchChannel.digits }) {
      endInvitation(of: request.session.user, to: request.group)
    }
    guard request.command == "JOIN", !isRefused, !isMember(request) else {
      return finish(id) { $0.pass($1, replies, from: peer.name) }
    }
    requests[id]?.awaitsGroup = true
  }

  private func isMember(_ request: Request) -> Bool {
    guard let user = request.session.user, let id = groupNames[fold(request.group)] else { return false }
    return user.groups[id] != nil
  }

  /// The session that waits for what an entry of a replica tells, because it has asked for that.
  func asker(of entry: Entry, in replica: Group) -> Session? {
    asker(command(entry.kind), of: entry.sender, in: replica)
  }

  func asker(_ command: String, of person: PersonID, in replica: Group) -> Session? {
    guard !requests.isEmpty else { return nil }
    let name = fold(replica.name)
    return requests.values.first {
      $0.command == command && $0.session.user?.id == person && fold($0.group) == name
    }?.session
  }

  /// Sends a session what its request has brought, as part of the answer. The rest follows at once, most likely; where
  /// anything else comes first, `sendPartAnswer` has sent this before.
  func answerPart(_ session: Session, _ body: () -> Void) {
    sendPartAnswer()
    let before = answering
    answering = session
    sendHeldBackChanges(session)
    body()
    answering = before
    partlyAnswered = session
  }

  /// Nothing that follows may be seen before what a request has brought already.
  func sendPartAnswer() {
    guard let session = partlyAnswered else { return }
    partlyAnswered = nil
    sendGathered(session)
  }

  /// Ends a request: the session goes on after `body`.
  private func finish(_ id: MessageID, _ body: (Realm, Session) -> Void) {
    guard let request = requests[id] else { return }
    requests[id] = nil
    if partlyAnswered === request.session { partlyAnswered = nil }
    release(request.session) { if !request.session.closed { body(self, request.session) } }
  }

  /// Nobody waits for it any more: it is told to whoever is there.
  private func takeLateReplies(_ replies: [QueryReply], _ account: String, _ peer: Peer) {
    guard let person = accountHere(account) else { return }
    for session in users[person]?.sessions ?? [] { pass(session, replies, from: peer.name) }
  }

  /// People who waited for a group have become members.
  func endJoins(of replica: Group, _ peer: Peer) {
    guard !requests.isEmpty else { return }
    for id in requests.keys {
      guard let request = requests[id], request.awaitsGroup, isMember(request) else { continue }
      finish(id) { _, _ in }
    }
  }

  /// Requests that have waited for too long: who waits for them is told, and goes on.
  func endOldRequests() {
    guard !requests.isEmpty else { return }
    for id in requests.keys {
      guard let request = requests[id], request.deadline <= uptime else { continue }
      finish(id) { realm, session in
        realm.standardReply(
          session, "NOTE", request.command, "WAITING", [request.group],
          "No answer yet: it is carried out once \(Address(request.group, home: "").realm ?? "") can be reached")
      }
    }
  }

  /// A realm is forgotten: nobody carries out what it was asked for.
  func endRequests(to realm: String) {
    for id in requests.keys {
      guard let request = requests[id], Address(request.group, home: settings.realm).realm == realm else { continue }
      finish(id) {
        $0.fail($1, request.command, "TEMPORARILY_UNAVAILABLE", [request.group], "\(realm) is forgotten here")
      }
    }
  }

  /// A session is gone: nobody waits for what it has asked.
  func endRequests(of session: Session) {
    guard !requests.isEmpty else { return }
    for (id, request) in zip(requests.keys, requests.values) where request.session === session { requests[id] = nil }
  }

  // MARK: commands on replicas

  /// Passes a command on a replica on to its home; false for a group of this realm.
  func forward(_ session: Session, _ group: Group, _ command: String, _ parameters: (String) -> [String]) -> Bool {
    guard let home = group.home else { return false }
    guard let user = session.user else { return true }
    request(session, user, command, group.name, parameters(home.realm))
    return true
  }

  /// What a group of another realm is called there.
  func nameAtHome(_ group: Group) -> String { Address(group.name, home: settings.realm).name }

  /// How a request names a group that is known here, `#plans,7`: by its number there too, for by the time it is carried
  /// out the group may be called otherwise, and another one have its name.
  func referenceAtHome(_ group: Group) -> String {
    guard let home = group.home else { return group.name }
    return referenceAtHome(nameAtHome(group), home.group)
  }

  func referenceAtHome(_ name: String, _ number: Int64) -> String { "\(name),\(number)" }

  /// Leaves a group of another realm: at once here, and at its home as soon as that can be reached.
  func leaveReplica(_ session: Session, _ user: User, _ group: Group, _ home: GroupHome, _ reason: [UInt8]) {
    if let why = postPart(of: user.account, from: group, home, reason) {
      return fail(session, "PART", "TEMPORARILY_UNAVAILABLE", [group.name], why)
    }
    let out = partLine(user.source, user.account, group, reason)
    broadcast(out, to: group, except: session)
    sendHeldBackChanges(session)
    send(out, to: session)
    rememberIfLast(in: group)
    removeMember(user.id, from: group)
  }

  /// The same for an account that ends.
  func leaveReplica(_ account: AccountRecord, _ group: Group, _ home: GroupHome, _ reason: [UInt8]) {
    if let why = postPart(of: account.name, from: group, home, reason, isOwed: true) {
      note("group", "home is not told of a part", level: .warning, ["group": group.name, "why": why])
    }
    broadcast(partLine(source(of: account.id), account.name, group, reason), to: group)
    removeMember(account.id, from: group)
  }

  /// - Returns: why it could not be posted, in words; nil where it was, or the home is forgotten.
  private func postPart(
    of account: String, from group: Group, _ home: GroupHome, _ reason: [UInt8], isOwed: Bool = false
  ) -> String? {
    guard let peer = peer(home.realm) else { return nil }
    var parameters = [referenceAtHome(group)]
    if !reason.isEmpty { parameters.append(String(decoding: reason, as: UTF8.self)) }
    let part = Envelope.request(nextMessageID(), from: account, command: "PART", parameters: parameters)
    let posting = post(part, to: peer, isOwed: isOwed)
    if case .refused(let why) = posting { return why }
    return nil
  }

  private func partLine(_ source: [UInt8], _ account: String, _ group: Group, _ reason: [UInt8]) -> Outgoing {
    var line = LineBuilder(source: source, "PART")
    line.word(group.name)
    if !reason.isEmpty { line.text(reason) }
    var out = Outgoing(line: line.bytes)
    out.time = now
    out.account = Array(account.utf8)
    return out
  }

  // MARK: replies

  /// Passes on what another realm has answered, with its names as they are here.
  func pass(_ session: Session, _ replies: [QueryReply], from realm: String) {
    for reply in replies {
      let parts = reply.command.split(separator: " ").map(String.init)
      let words = reply.words.enumerated().map { index, word in
        if names(in: reply.command, at: index) || word.first == "#" { return translated(word, from: realm) }
        return reply.command == Numeric.topicWhoTime.digits && index == 1 ? translatedSource(word, from: realm) : word
      }
      if parts.count == 2 {
        standardReply(
          session, parts[0], parts[1], words.first ?? "UNKNOWN", Array(words.dropFirst()), reply.text ?? "")
      } else if let code = Int(reply.command), let numeric = Numeric(rawValue: code) {
        let text = reply.text.map { text in
          switch numeric {
          case .whoisChannels: translatedGroups(text, from: realm, for: session)
          case .namReply: translatedMembers(text, from: realm, for: session)
          default: text
          }
        }
        self.reply(session, numeric, words, text)
      }
    }
  }

  /// Whether a word of a reply is the name of a person.
  private func names(in command: String, at index: Int) -> Bool {
    switch command {
    case "301", "311", "312", "313", "317", "318", "319", "335", "341", "401", "441", "443", "671", "760": index == 0
    case "314", "369", "406": index == 0
    case "346", "348", "367": index == 2
    case "330": index < 2
    case "352": index == 4
    default: false
    }
  }

  /// The members of a group, with their prefixes.
  private func translatedMembers(_ text: String, from realm: String, for session: Session) -> String {
    text.split(separator: " ").map { word in
      let prefixes = word.prefix { Ranks.isPrefix($0) }
      let prefix = shownPrefixes(prefixes, to: session)
      let name = translated(String(word.dropFirst(prefixes.count)), from: realm)
      guard session.has(.userHostInNames) else { return prefix + name }
      let address = Address(name, home: settings.realm)
      return prefix + "\(name)!\(address.name)@\(address.realm ?? settings.realm)"
    }.joined(separator: " ")
  }

  /// The groups of a WHOIS, with their prefixes.
  private func translatedGroups(_ text: String, from realm: String, for session: Session) -> String {
    text.split(separator: " ").map { word in
      let prefixes = word.prefix { $0 != "#" }
      let name = translated(String(word.dropFirst(prefixes.count)), from: realm)
      return shownPrefixes(prefixes, to: session) + name
    }.joined(separator: " ")
  }

  /// Of the prefixes of ranks that another realm has told all, or the highest to who does not know more (IRCv3
  /// multi-prefix). What else stands between them stays.
  func shownPrefixes(_ text: some StringProtocol, to session: Session) -> String {
    guard !session.has(.multiPrefix) else { return String(text) }
    var hasOne = false
    let shown = text.filter { character in
      guard Ranks.isPrefix(character) else { return true }
      defer { hasOne = true }
      return !hasOne
    }
    return String(shown)
  }
}
