import Wire

/// The road of a message: from the sender's command to the log and to everyone it is for.
extension Realm {
  /// PRIVMSG, NOTICE and TAGMSG (Modern IRC, "Sending messages"; IRCv3 message-tags, "TAGMSG").
  func message(_ session: Session, _ input: Input, _ kind: EntryKind) {
    let text = input.slice(1)
    let targets = input.slice(0).split(separator: UInt8(ascii: ","))
    guard !targets.isEmpty else {
      if kind == .notice { return }  // a notice is never answered
      return reply(session, .noRecipient, [], "No recipient given (\(input.command))")
    }
    guard kind == .tagMessage || !text.isEmpty else {
      if kind == .notice { return }
      return reply(session, .noTextToSend, [], "No text to send")
    }
    let tags = session.has(.messageTags) ? settings.refusedTags.accepted(input.clientTags) : []
    if kind == .tagMessage {
      guard session.has(.messageTags) else {
        return reply(session, .unknownCommand, ["TAGMSG"], "TAGMSG needs the capability message-tags")
      }
      // Tags that are refused are ignored in silence ("RPL_ISUPPORT Tokens"), and so is what they were all of.
      if tags.isEmpty, !input.clientTags.isEmpty { return }
    }
    guard targets.count <= Limits.messageTargets else {
      return reply(
        session, .tooManyTargets, [String(decoding: targets[Limits.messageTargets], as: UTF8.self)],
        "Too many recipients: at most \(Limits.messageTargets)")
    }
    let (name, isGood) = clientName(of: input, session)
    guard isGood else { return }
    for target in targets {
      let target = String(decoding: target, as: UTF8.self)
      var message = Message(kind: kind, tags: tags, body: Array(text))
      message.sentAs = name.map { SentMessages.key($0, to: target) }
      send(session, message, to: target)
    }
  }

  /// What is being sent, before it is known to whom.
  struct Message {
    var kind: EntryKind
    var tags: [UInt8]
    var body: [UInt8]
    /// In a group: only who holds this rank or one above it sees it; none: everybody.
    var rank: Ranks = []
    /// The message that it takes back or edits.
    var revised: FoundEntry?
    /// The key by which it is known when it is sent again (`SentMessages`).
    var sentAs: [UInt8]?

    /// What it is to a session that is being replayed to.
    func heldBackKind(logged: Bool) -> HeldBackLine.Kind {
      if kind == .tagMessage { return .fleeting }
      if kind == .redact { return .change }
      return logged ? .message : .change
    }

    /// CTCP other than ACTION (Modern IRC, "CTCP"); also in one of several lines, for some clients get them one by one.
    var isCTCP: Bool {
      kind == .multiline ? Multiline.parts(of: body).contains { Self.isCTCP($0.text) } : Self.isCTCP(body[...])
    }

    private static func isCTCP(_ text: ArraySlice<UInt8>) -> Bool {
      text.first == 1 && !text.starts(with: "\u{1}ACTION".utf8)
    }

    /// Typing notices are never kept (IRCv3 typing), nor what says nothing at all.
    var isFleeting: Bool {
      guard kind == .tagMessage else { return false }
      return tags.isEmpty
        || tags.split(separator: UInt8(ascii: ";")).contains { tag in
          let key = tag.prefix { $0 != UInt8(ascii: "=") }
          return key.elementsEqual("+typing".utf8) || key.elementsEqual("+draft/typing".utf8)
        }
    }
  }

  func send(_ session: Session, _ message: Message, to text: String) {
    if sameName(text.utf8, "NickServ".utf8) {
      if message.kind == .multiline { return refuseBatch(session, "NickServ takes one line at a time") }
      guard message.kind == .message else { return }  // a notice is never answered
      let words = message.body.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
      return nickServ(session, words: words)
    }
    guard let user = session.user else {
      return refuse(
        session, message, text.first == "#" ? .cannotSendToChan : .cannotSendToUser, text,
        "You need an account here: log in with SASL, or say /msg NickServ HELP")
    }
    var message = message
    let name: String
    (message.rank, name) = Ranks.addressed(by: text)
    let address = Address(name, home: settings.realm)
    let peer = peer(of: address)
    if address.realm != nil, peer == nil {
      return refuse(session, message, address.isGroup ? .noSuchChannel : .noSuchNick, text, noSuchNickText(address))
    }
    if diskLow, !message.isFleeting, message.rank.isEmpty {
      return fail(
        session, command(message.kind), "TEMPORARILY_UNAVAILABLE", [text],
        "Not sent: the server's disk is full. Reading goes on; try again later")
    }
    if message.revised == nil, let edited = Edit.subject(of: message.tags) {
      return edit(session, message, edited, to: text)
    }
    if address.isGroup {
      withGroup(address.text, session) { [message] realm, group in
        guard let group, realm.canSee(group, session) else {
          return realm.refuse(session, message, toUnseen: text, address)
        }
        guard message.rank.isEmpty else { return realm.send(session, user, message, toRankOf: group) }
        realm.send(session, user, message, to: group)
      }
    } else if let peer {
      send(session, user, message, to: address.name, of: peer)
    } else {
      send(session, user, message, toPerson: address.name)
    }
  }

  /// Errors are for messages; a notice fails in silence (Modern IRC, "NOTICE message").
  func refuse(_ session: Session, _ message: Message, _ numeric: Numeric, _ target: String, _ text: String) {
    guard message.kind != .notice else { return }
    reply(session, numeric, [target], text)
  }

  /// Refuses what is said to a group of which the session sees nothing here.
  private func refuse(_ session: Session, _ message: Message, toUnseen text: String, _ address: Address) {
    guard message.kind != .notice else { return }
    if message.isFleeting, homeToAsk(of: address, session) != nil {
      return refuse(session, message, .cannotSendToChan, text, Self.membersOnly)
    }
    withUnseenGroup(session, address) { realm, isThere, why in
      guard isThere else { return realm.refuse(session, message, .noSuchChannel, text, why) }
      realm.refuse(session, message, .cannotSendToChan, text, Self.membersOnly)
    }
  }

  /// What is said in a group comes back from its home to its members alone.
  static let membersOnly = "Cannot send to channel: only members can speak in groups of other realms"

  func command(_ kind: EntryKind) -> String {
    switch kind {
    case .message, .multiline: "PRIVMSG"
    case .notice: "NOTICE"
    case .tagMessage: "TAGMSG"
    case .join: "JOIN"
    case .part: "PART"
    case .kick: "KICK"
    case .mode: "MODE"
    case .topic: "TOPIC"
    case .create: "CREATE"
    case .rename: "RENAME"
    case .redact: "REDACT"
    case .removed: "REMOVED"
    case .refusal: "FAIL"
    }
  }

  // MARK: to a group

  private func send(_ session: Session, _ user: User, _ message: Message, to group: Group) {
    if isSentAgain(session, user, message, group.name) { return }
    if let home = group.home { return send(session, user, message, toReplica: group, home) }
    let member = group.members[user.id]
    if let problem = problem(user.id, member, group, message) {
      return refuse(session, message, .cannotSendToChan, group.name, problem)
    }
    let said = said(user.source, message, to: group.name)
    guard fits(said, session) else { return }
    counters.messages += 1
    guard !message.isFleeting else {
      return broadcastFleeting(said, message, user, to: group, except: session)
    }
    say(said, message, session, user, to: group)
  }

  /// Logs what somebody may say in a group, and shows it.
  func say(_ said: Outgoing, _ message: Message, _ session: Session, _ user: User, to group: Group) {
    let entry = log(group, message.kind, by: user, tags: message.tags, message.body)
    revise(message, by: entry.position)
    noteSent(message, entry.id, to: entry.target, by: user)
    let out = outgoing(said, entry)
    broadcast(
      out, to: group, position: entry.position, kind: message.heldBackKind(logged: true), except: session,
      needing: message.kind.needed)
    pushMentions(out, message, from: user.id, in: group)
    noteOwnEntry(entry.position, of: session)
    echo(out, message, to: session)
  }

  /// Shows a session what it has said itself (IRCv3 echo-message).
  func echo(_ out: Outgoing, _ message: Message, to session: Session) {
    if session.has(message.kind.needed.union(.echoMessage)) { send(out, to: session) }
  }

  /// Why somebody may not speak in a group; nil where it may.
  func problem(_ person: PersonID, _ member: Member?, _ group: Group, _ message: Message) -> String? {
    if group.modes.contains(.noCTCP), message.isCTCP { return "Cannot send to channel: no CTCP here (+C)" }
    if group.modes.contains(.accountsOnly), person.rawValue <= 0 {
      return "Cannot send to channel: you need an account (+R)"
    }
    if member == nil, group.modes.contains(.noOutside) { return "Cannot send to channel: you are not a member (+n)" }
    if member?.ranks.canSpeak == true { return nil }
    if group.modes.contains(.moderated) { return "Cannot send to channel: it is moderated (+m)" }
    if isBanned(person, in: group, fromSpeaking: true) { return "Cannot send to channel: you are banned (+b)" }
    return nil
  }

  func broadcastFleeting(
    _ said: Outgoing, _ message: Message, _ user: User, to group: Group, except session: Session
  ) {
    var out = outgoing(said, of: user)
    out.clientTags = message.tags
    broadcast(out, to: group, kind: .fleeting, except: session, needing: .messageTags)
    if group.followers != nil {
      let target = Fleeting.Target.group(group.id.rawValue)
      tellFollowers(Fleeting(from: personName(of: user), target: target, tags: message.tags), of: group)
    }
    if session.has(.echoMessage) { send(out, to: session) }
  }

  /// Whether a line that repeats what the session said is within LINELEN; cutting it would lose what was accepted.
  func fits(_ line: [UInt8], _ session: Session) -> Bool { fits(Outgoing(line: line), session) }

  func fits(_ said: Outgoing, _ session: Session) -> Bool {
    fits(lineBytes: said.longestLine, session, isBatch: said.several != nil)
  }

  /// The same for a line of so many bytes without its CR LF.
  func fits(lineBytes: Int, _ session: Session, isBatch: Bool = false) -> Bool {
    guard lineBytes + 2 > Limits.lineBytes else { return true }
    let why = "with its source it would pass LINELEN"
    if isBatch {
      refuseBatch(session, "A line is too long: \(why)")
    } else {
      reply(session, .inputTooLong, [], "Input line was too long: \(why)")
    }
    return false
  }

  /// What somebody says, as it goes out: one line or several.
  func said(_ source: [UInt8], _ message: Message, to target: String) -> Outgoing {
    let target = message.rank.isEmpty ? target : message.rank.prefixes + target
    var line = LineBuilder(source: source, command(message.kind))
    line.word(target)
    if message.kind == .message || message.kind == .notice { line.text(message.body) }
    if message.kind == .redact { line.word(message.body) }
    var out = Outgoing(line: line.bytes)
    let isEdit = message.kind != .tagMessage && Edit.subject(of: message.tags) != nil
    if message.kind == .multiline {
      out.several = SeveralLines(
        source: source, target: target, reference: nextBatch(), body: message.body, isEdit: isEdit)
    } else if isEdit {
      var marked = LineBuilder(source: source, command(message.kind))
      marked.word(target)
      marked.text(Edit.marked(message.body))
      out.markedLine = marked.bytes
    }
    return out
  }

  // MARK: to a person

  private func send(_ session: Session, _ user: User, _ message: Message, toPerson name: String) {
    if let addressee = nicks[fold(name)] {
      deliver(session, user, message, to: addressee.id, addressee)
    } else if let id = accountNames[fold(name)], let account = accounts[id], !account.flags.contains(.deleted) {
      guard !account.flags.contains(.webhook) else {
        return refuse(session, message, .cannotSendToUser, name, "\(account.name) only writes: nobody reads this")
      }
      deliver(session, user, message, to: id, users[id])  // connected under another nick, perhaps
    } else {
      refuse(session, message, .noSuchNick, name, "No such nick")
    }
  }

  /// Logs a private message and hands it to all sessions of both sides, once it is known whether it waits.
  func deliver(
    _ session: Session, _ user: User, _ message: Message, to person: PersonID, _ addressee: User?
  ) {
    guard requestsConcern(user.id, person) else {
      return deliver(session, user, message, to: person, addressee, waits: false)
    }
    lettingIn(person, by: user, message, session) { realm in
      realm.withAdmission(of: user.id, to: person, message, session) { realm, waits in
        realm.deliver(session, user, message, to: person, realm.users[person], waits: waits)
      }
    }
  }

  /// - Parameter waits: until the addressee lets the sender in.
  private func deliver(
    _ session: Session, _ user: User, _ message: Message, to person: PersonID, _ addressee: User?, waits: Bool
  ) {
    let name = self.name(of: person)
    if isSentAgain(session, user, message, name) { return }
    guard addressee != nil || !user.isGuest else {
      return refuse(session, message, .noSuchNick, name, "\(name) is not connected, and what guests say is not kept")
    }
    var out = outgoing(said(user.source, message, to: name), of: user)
    guard fits(out, session) else { return }
    counters.messages += 1
    out.clientTags = message.tags
    var position: Position = 0
    if waits, let problem = problem(waiting: message, user.id, for: person) {
      return refuse(session, message, .cannotSendToUser, name, problem)
    }
    let isHidden = waits || isHidden(message, of: user, from: person)
    // What a guest says or hears is not kept: there is no account it would belong to.
    if !message.isFleeting {
      out.id = nextMessageID()
      if person.rawValue > 0, !user.isGuest { position = log(user, message, to: person, out, isHidden: isHidden) }
      if waits, user.isGuest, let addressee {
        hold(out, message, of: user.id, for: addressee)
      } else if waits, message.revised == nil {
        noteRequest(of: user.id, to: person, at: position)
      }
    }
    let needed = message.kind.needed
    if position > 0, !isHidden { push(out, message, to: person, from: user.id) }
    if let addressee, !isHidden {
      // Who writes to itself gets the message besides its echo (IRCv3 labeled-response, "Tags").
      for other in addressee.sessions where (other !== session || addressee === user) && other.has(needed) {
        sendInOrder(out, position: position, kind: message.heldBackKind(logged: position > 0), to: other)
      }
    }
    if addressee !== user {
      for own in user.sessions where own !== session && own.has(needed) {
        // Clients without either capability would show it as a message from themselves.
        guard own.has(.echoMessage) || own.has(.selfMessage) else { continue }
        sendInOrder(out, position: position, kind: message.heldBackKind(logged: position > 0), to: own)
      }
    }
    if addressee !== user { noteOwnEntry(position, of: session) }
    echo(out, message, to: session)
    if message.kind.isMessage { tellAway(session, person, addressee, name) }
  }

  /// Whether the addressee is not to see it: it has blocked the sender, or never saw what is edited or taken back.
  private func isHidden(_ message: Message, of user: User, from person: PersonID) -> Bool {
    isBlocked(user.id, by: person) || message.revised?.entry.hiddenFrom == .addressee
  }

  private func log(
    _ user: User, _ message: Message, to person: PersonID, _ out: Outgoing, isHidden: Bool
  ) -> Position {
    lastPosition += 1
    var entry = Entry(
      position: lastPosition, target: .person(person), number: 0, kind: message.kind, time: now, sender: user.id,
      nick: user.loggedNick, id: out.id ?? nextMessageID(), tags: message.tags, body: message.body)
    if isHidden { entry.hiddenFrom = .addressee }
    turn.writes.append(.entry(entry))
    noteSent(message, entry.id, to: entry.target, by: user)
    // Who is blocked can take back what it said before, but puts no other words into what the other side has read.
    let isTheirs = !isHidden || message.kind == .redact || message.revised?.entry.hiddenFrom == .addressee
    if isTheirs { revise(message, by: lastPosition) }
    return lastPosition
  }

  /// RPL_AWAY: also for people who are not connected; the message waits for them.
  private func tellAway(_ session: Session, _ person: PersonID, _ addressee: User?, _ name: String) {
    if let addressee {
      if let away = addressee.away { reply(session, .away, [name], away) }
    } else {
      reply(session, .away, [name], "\(Self.notConnected): the message waits")
    }
  }
}
