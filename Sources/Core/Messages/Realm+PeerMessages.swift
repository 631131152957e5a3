import Wire

/// Private messages to and from people of other realms.
extension Realm {
  // MARK: going out

  /// Logs a private message to somebody of another realm, shows it to the sender's sessions, and posts it.
  func send(_ session: Session, _ user: User, _ message: Message, to name: String, of peer: Peer) {
    func full() -> String { "\(name)/\(peer.name)" }
    guard !user.isGuest else {
      return refuse(session, message, .cannotSendToUser, full(), "Guests chat within \(settings.realm) only")
    }
    guard Names.isNick(name) else { return refuse(session, message, .noSuchNick, full(), "No such nick") }
    let targetBytes = name.utf8.count + 1 + peer.name.utf8.count
    guard fitsEverywhere(message, from: user, targetBytes: targetBytes, session) else { return }
    guard !message.isFleeting else {
      let from = PersonName(name: user.account, realm: settings.realm)
      tell(.fleeting(Fleeting(from: from, target: .person(name), tags: message.tags)), to: peer)
      return showFleeting(session, user, message, full())
    }
    guard let addressee = correspondent(name, of: peer) else {
      return undelivered(session, message, full(), "\(settings.realm) knows too many people of other realms")
    }
    guard requestsConcern(user.id, addressee.id) else {
      return send(session, user, message, to: addressee, name, of: peer)
    }
    lettingIn(addressee.id, by: user, message, session) { realm in
      realm.send(session, user, message, to: addressee, name, of: peer)
    }
  }

  private func send(
    _ session: Session, _ user: User, _ message: Message, to addressee: Correspondent, _ name: String, of peer: Peer
  ) {
    if isSentAgain(session, user, message, addressee.name) { return }
    let letter = Letter(
      from: user.account, kind: message.kind, id: nextMessageID(), time: now, tags: message.tags, body: message.body)
    let posting = post(.message(letter, to: name), to: peer)
    if case .refused(let why) = posting { return undelivered(session, message, addressee.name, why) }
    counters.messages += 1
    let position = log(letter, sender: user.id, nick: user.loggedNick, to: addressee.id)
    revise(message, by: position)
    noteSent(message, letter.id, to: .person(addressee.id), by: user)
    noteOwnEntry(position, of: session)
    showOwn(message, letter.id, position, to: addressee, of: user, by: session)
    if posting == .waits { tellFate(of: letter, "WAITING", addressee.name, waitingText(peer), to: [session]) }
    guard message.kind.isMessage, let away = knownAway(name, of: peer) else { return }
    reply(session, .away, [addressee.name], away)
  }

  /// What a message that waits is waiting for.
  func waitingText(_ peer: Peer) -> String {
    canReach(peer) ? "It waits for what was said before it" : "It waits: " + outOfReach(peer)
  }

  /// Nothing was accepted: the sender's client is told at once.
  func undelivered(_ session: Session, _ message: Message, _ target: String, _ why: String) {
    fail(session, command(message.kind), "TEMPORARILY_UNAVAILABLE", [target], "Not sent: \(why)")
  }

  private func showFleeting(_ session: Session, _ user: User, _ message: Message, _ name: String) {
    guard session.has(.echoMessage) else { return }
    var out = outgoing(said(user.source, message, to: name), of: user)
    out.clientTags = message.tags
    send(out, to: session)
  }

  /// Shows a private message to those sessions of its sender that want to see it.
  private func showOwn(
    _ message: Message, _ id: MessageID, _ position: Position, to addressee: Correspondent, of user: User,
    by session: Session
  ) {
    guard user.sessions.count > 1 || session.has(.echoMessage) else { return }
    var out = outgoing(said(user.source, message, to: addressee.name), of: user)
    out.id = id
    out.clientTags = message.tags
    let needed = message.kind.needed
    for own in user.sessions where own !== session && own.has(needed) {
      // Clients without either capability would show it as a message from themselves.
      guard own.has(.echoMessage) || own.has(.selfMessage) else { continue }
      sendInOrder(out, position: position, kind: message.heldBackKind(logged: true), to: own)
    }
    echo(out, message, to: session)
  }

  /// Whether a message is within LINELEN however the realms on its way name its sender and its target.
  func fitsEverywhere(_ message: Message, from user: User, targetBytes: Int, _ session: Session) -> Bool {
    // `:account/realm!account@realm COMMAND target :body`
    let source = 2 * (user.account.utf8.count + settings.realm.utf8.count) + 4
    var body = message.body.count
    if message.kind == .multiline { body = Multiline.parts(of: message.body).map(\.text.count).max() ?? 0 }
    if message.revised != nil { body += Edit.mark.count }
    let line = source + 1 + command(message.kind).utf8.count + 1 + targetBytes + 2 + body
    return fits(lineBytes: line, session, isBatch: message.kind == .multiline)
  }

  func log(
    _ letter: Letter, sender: PersonID, nick: [UInt8] = [], to person: PersonID, isHidden: Bool = false
  ) -> Position {
    lastPosition += 1
    var entry = Entry(
      position: lastPosition, target: .person(person), number: 0, kind: letter.kind, time: now, sender: sender,
      nick: nick, id: letter.id, tags: letter.tags, body: letter.body)
    if isHidden { entry.hiddenFrom = .addressee }
    turn.writes.append(.entry(entry))
    return lastPosition
  }

  // MARK: coming in

  /// Logs a message of somebody of another realm and hands it to the addressee's sessions, or refuses it.
  ///
  /// - Returns: false while something has to be read first.
  func take(_ letter: Letter, to name: String, from peer: Peer) -> Bool {
    func refuse(_ why: String) -> Bool {
      self.refuse(letter.id, letter.kind, of: letter.from, to: name, why, peer)
      return true
    }
    guard let sender = correspondent(letter.from, of: peer, isHomesWord: true) else {
      return refuse("\(settings.realm) knows too many people of other realms")
    }
    guard let account = account(here: name) else {
      return refuse("There is nobody called \(name) in \(settings.realm)")
    }
    let person = account.id
    guard !account.flags.contains(.webhook) else { return refuse("\(account.name) only writes: nobody reads this") }
    let message = Message(kind: letter.kind, tags: letter.tags, body: letter.body)
    let user = users[person]
    var out = said(sender.source, message, to: user?.nick ?? account.name)
    guard out.longestLine + 2 <= Limits.lineBytes else { return refuse("It is too long") }
    var revised: FoundEntry?
    if letter.revised != nil {
      let found = lookUp(letter, in: .pair(sender.id, person), from: peer)
      guard case .found(let found) = found else { return false }
      guard let found, found.entry.sender == sender.id, mayRevise(letter, found, by: sender.id) else {
        return refuse("There is no such message of yours")
      }
      revised = found
    }
    guard !diskLow else { return refuse("The disk of \(settings.realm) is full") }
    guard !isBlocked(sender.id, by: person) else {
      // It counts as arrived. What it takes back of what it said before is gone all the same.
      if letter.kind == .redact { revise(revised, .redact, by: lastPosition) }
      return true
    }
    if let isTaken = takeStranger(letter, sender, person, revised, from: peer) { return isTaken }
    counters.messages += 1
    let position = log(letter, sender: sender.id, to: person)
    revise(revised, letter.kind, by: position)
    out.time = now
    out.id = letter.id
    out.account = sender.account
    out.clientTags = letter.tags
    if letter.revised == nil { push(out, message, to: person, from: sender.id) }
    guard let user else { return true }
    for session in user.sessions where session.has(letter.kind.needed) {
      sendInOrder(out, position: position, kind: message.heldBackKind(logged: true), to: session)
    }
    return true
  }

  func refuse(
    _ id: MessageID, _ kind: EntryKind, of sender: String, to target: String, _ why: String, _ peer: Peer
  ) {
    counters.refusals += 1
    let posting = post(.refusal(of: id, kind, to: sender, target: target, reason: why), to: peer, isOwed: true)
    guard case .refused(let problem) = posting else { return }
    note("relay", "refusal not kept", level: .warning, ["realm": peer.name, "why": problem])
  }

  /// A TAGMSG that nobody keeps, for one of our people.
  func take(_ fleeting: Fleeting, toPerson name: String, from peer: Peer) {
    guard fleeting.from.realm == peer.name, let person = accountHere(name), let user = users[person] else { return }
    let from = self.name(fleeting.from)
    guard !isBlocked(named: from, by: person), !mayWait(named: from, for: person) else { return }
    let message = Message(kind: .tagMessage, tags: fleeting.tags, body: [])
    guard message.isFleeting else { return }
    var out = said(source(nick: Array(from.utf8), account: from), message, to: user.nick)
    out.time = now
    out.account = Array(from.utf8)
    out.clientTags = fleeting.tags
    for session in user.sessions where session.has(.messageTags) {
      sendInOrder(out, kind: .fleeting, to: session)
    }
  }

  // MARK: what became of it

  /// Tells sessions of the sender what becomes of a message that waits: WAITING or DELIVERED. A notice is never
  /// answered, but for clients that know standard replies.
  func tellFate(of letter: Letter, _ code: String, _ target: String, _ text: String, to sessions: [Session]) {
    for session in sessions where letter.kind.isMessage || session.has(.standardReplies) {
      standardReply(session, "NOTE", command(letter.kind), code, [target, letter.id.text], text)
    }
  }

  /// A private message that waited has arrived.
  func tellDelivered(_ letter: Letter, to name: String, _ peer: Peer) {
    guard !peer.refused.contains(letter.id), let sender = accountHere(letter.from), let user = users[sender] else {
      return
    }
    tellFate(of: letter, "DELIVERED", "\(name)/\(peer.name)", "It is there now", to: user.sessions)
  }

  /// A message of one of our people cannot be delivered: that is logged, so that devices that come later are told too.
  ///
  /// - Parameter target: as the other realm names it.
  func takeRefusal(
    of id: MessageID, _ kind: EntryKind, to account: String, target: String, _ reason: String, _ peer: Peer
  ) {
    peer.noteRefused(id)
    turn.writes.append(.refused(RefusedMessage(realm: peer.name, id: id)))
    guard let person = accountHere(account) else { return }
    let name = Names.isNick(target) || Names.isGroup(target) ? "\(target)/\(peer.name)" : peer.name
    let why = reason.isEmpty ? "No reason was given" : text(Array(reason.utf8)[...], upTo: settings.limits.reasonBytes)
    lastPosition += 1
    let entry = Entry(
      position: lastPosition, target: .person(person), number: 0, kind: .refusal, time: now,
      sender: Names.isNick(target) ? accountNames[fold(name)] ?? .nobody : .nobody, id: nextMessageID(),
      body: Array("\(id.text) \(command(kind)) \(name) \(why)".utf8))
    turn.writes.append(.entry(entry))
    counters.refusals += 1
    forgetSent(id, by: person)
    let echo = endEcho(id)
    for session in users[person]?.sessions ?? [] {
      var line = refusalLine(entry, for: session)
      if let echo, session.connection == echo.connection { line.label = echo.label }
      sendInOrder(line, position: entry.position, kind: .message, to: session)
    }
  }

  /// `FAIL PRIVMSG UNDELIVERABLE`, or `NOTICE` or whatever it was said by; for clients that do not know standard
  /// replies a notice of the server.
  func refusalLine(_ entry: Entry, for session: Session) -> Outgoing {
    var words = entry.body.split(separator: 32, maxSplits: 3).map { String(decoding: $0, as: UTF8.self) }[...]
    let id = words.popFirst() ?? "*"
    let command = words.popFirst() ?? "PRIVMSG"
    let target = words.popFirst() ?? "*"
    let why = words.popFirst() ?? ""
    let line = standardLine(session, "FAIL", command, "UNDELIVERABLE", [target, id], why)
    var out = Outgoing(line: line.bytes)
    out.time = entry.time
    out.id = entry.id
    return out
  }
}
