import Core
import Wire

/// What a client makes of the lines it reads.
extension SimClient {
  func take(_ line: ServerLine) {
    if let label = line.tags["label"] { check(answers.answered(label, self)) }
    if phase == .entering, kind != .plain, Self.news.contains(line.command) {
      check("\(self) gets \(line.command) before it is welcome")
    }
    switch line.command {
    case "PRIVMSG", "NOTICE", "TAGMSG": takeMessage(line)
    case "PING": answerPing(line.parameter(0))
    case "PONG": check(answers.ponged(line.parameter(1), self))
    case "BATCH": takeBatch(line)
    case "JOIN":
      picture.joined(line.parameter(0), line.nick, own: isOwn(line.nick))
    case "PART": picture.left(line.parameter(0), line.nick, own: isOwn(line.nick))
    case "KICK": picture.left(line.parameter(0), line.parameter(1), own: isOwn(line.parameter(1)))
    case "QUIT": picture.quit(line.nick)
    case "NICK": takeNick(line)
    case "MODE" where line.parameter(0).hasPrefix("#"):
      picture.changed(line.parameter(0), Array(line.parameters.dropFirst()))
    case "TOPIC": picture.topic(line.parameter(0), line.text)
    case "RENAME": picture.groupRenamed(line.parameter(0), line.parameter(1))
    case "CHATHISTORY": audit?.target(line)
    case "INVITE": considerInvitation(to: line.parameter(1))
    default:
      if line.command.first?.isNumber == true { takeNumeric(line) } else { takeReply(line) }
    }
  }

  /// What is only for clients that have come in.
  private static let news = [
    "PRIVMSG", "TAGMSG", "AWAY", "JOIN", "PART", "KICK", "TOPIC", "INVITE", "QUIT", "MARKREAD",
  ]

  func check(_ problem: String?) { world.check(problem) }

  private func isOwn(_ nick: String) -> Bool { fold(nick) == fold(self.nick) }

  private func takeNick(_ line: ServerLine) {
    let new = line.parameter(0)
    picture.renamed(line.nick, new)
    if isOwn(line.nick) { nick = new }
  }

  /// The answer confirms what came before the question, however late it is given.
  private func answerPing(_ token: String) {
    guard let connection else { return }
    let delay = world.isCalm ? 0 : Int64(chance.within(world.plan.pongDelay))
    world.agenda.add(.pong(self, connection, token: token), at: world.now + delay)
  }

  func pong(_ token: String, on connection: SimConnection) {
    guard connection === self.connection else { return }
    say("PONG :\(token)")
  }

  // MARK: messages

  private func takeMessage(_ line: ServerLine) {
    if line.nick == "NickServ" { return takeNickServ(String(decoding: line.text, as: UTF8.self)) }
    let line = headed(line)
    let isTagMessage = line.command == "TAGMSG"
    let text = Self.unmarked(line.text)
    let token = isTagMessage ? Token.number(tags: line.clientTags) : Token.number(text: text)
    guard let token else {
      if !line.source.contains("!"), line.parameters.count == 2 { takeServerNotice(line.parameter(1)) }
      return
    }
    let ledger = realm.ledger
    let id = line.tags["msgid"].flatMap { MessageID($0.utf8) }
    let isMarked = text.count < line.text.count
    let entry = id.map { self.entry($0, token, line) } ?? find(token, line, isMarked: isMarked)
    guard let entry else {
      // What is said to guests is kept nowhere, and this one is about to log in.
      if phase == .entering, nick == guestNick, line.parameter(0) == guestNick { return }
      return check("\(self) gets m\(token), which is not on disk")
    }
    check(compare(line, with: entry, token))
    if !mayGet(entry, ledger) { check("\(self) gets entry \(entry.position), which is not its to read") }
    if let id = line.tags["msgid"] { lastID = id }
    if ledger.token(of: entry) == token { settled(token) }
    let label = line.tags["batch"].flatMap { batches[$0] }?.label ?? line.tags["label"]
    if isInHistory(line) {
      audit?.message(entry.id.text)
      return
    }
    let saying = world.sayings[token]
    // A replay may bring it a second time.
    if saying.client === self, saying.connection == connection?.serial, let expected = saying.label, label != expected,
      !saying.isSentAgain, has("echo-message"), !arrivals.has(entry.position), entry.target != .person(entry.sender),
      ledger.home(of: entry) == nil, ledger.token(of: entry) == token
    {
      check("\(self) gets the echo of m\(token) outside the answer to its command")
    }
    check(arrivals.take(entry, by: self, ledger))
  }

  /// A line of a message of several lines has what stands at the head of that.
  private func headed(_ line: ServerLine) -> ServerLine {
    guard let batch = line.tags["batch"].flatMap({ batches[$0] }), batch.type == "draft/multiline" else { return line }
    var line = line
    line.tags.merge(batch.tags) { own, _ in own }
    line.tags["batch"] = batch.outer
    return line
  }

  private func isInHistory(_ line: ServerLine) -> Bool {
    line.tags["batch"].flatMap { batches[$0] }?.type == "chathistory"
  }

  /// A text without what stands before an edit for clients that do not know edits.
  private static func unmarked(_ text: [UInt8]) -> [UInt8] {
    text.starts(with: "[edit] ".utf8) ? Array(text.dropFirst(7)) : text
  }

  /// The entry of an id. A message that came to a group again is two, told apart by their times: the line may have been
  /// on its way since before the second.
  private func entry(_ id: MessageID, _ token: Int, _ line: ServerLine) -> Entry? {
    let ledger = realm.ledger
    let copies = ledger.entries(token: token).filter { $0.id == id && Timestamp.text($0.time) == line.tags["time"] }
    let mine = copies.filter { mayGet($0, ledger) }
    return next(of: mine.filter { nick(of: $0) == line.nick }) ?? next(of: mine) ?? next(of: copies)
      ?? ledger.entry(id: id)
  }

  /// For clients that know no ids: the entry of this token and target. What an edit says without the mark of edits is
  /// the message that it edits.
  private func find(_ token: Int, _ line: ServerLine, isMarked: Bool) -> Entry? {
    let ledger = realm.ledger
    let target = line.parameter(0)
    let entries = ledger.entries(token: token)
    let copies = entries.filter { entry in
      switch entry.target {
      case .group(let group): ledger.wasCalled(group, target) && mayGet(entry, ledger)
      case .person(let person): fold(ledger.accounts[person]?.name ?? "") == fold(target)
      }
    }
    // Free nicks are no names of accounts.
    let known = copies.isEmpty ? Array(entries.prefix(1)) : copies
    let meant =
      isMarked
      ? known.filter { $0.revised != nil || ledger.original(of: $0) != nil }
      : known.map { ledger.original(of: $0) ?? $0 }
    let named = meant.filter { nick(of: $0) == line.nick }
    return next(of: named) ?? next(of: meant) ?? next(of: known)
  }

  /// Which of the copies of an entry a line is: the log has several where a group's home was set back, or a replica has
  /// begun anew. What was read before that may come only now, but it comes in order.
  private func next(of copies: [Entry]) -> Entry? {
    // Who asks for history itself has nothing sent again from before it came.
    if kind == .full, arrivals.isFresh { return copies.last }
    return copies.first { $0.position > arrivals.newest } ?? copies.last
  }

  private func nick(of entry: Entry) -> String {
    guard entry.nick.isEmpty else { return String(decoding: entry.nick, as: UTF8.self) }
    return realm.ledger.accounts[entry.sender]?.name ?? ""
  }

  /// A line must say what the log says.
  private func compare(_ line: ServerLine, with entry: Entry, _ token: Int) -> String? {
    let name = realm.ledger.accounts[entry.sender]?.name ?? ""
    let nick = nick(of: entry)
    if !isText(line, of: entry) { return "\(self) gets another text for m\(token)" }
    // What it has sent again is answered to the nick that it has now, also where it was edited since.
    let tokens = [token] + realm.ledger.bodies(of: entry).compactMap { Token.number(text: $0) }
    let isAnswer = isOwn(line.nick) && sent(entry) && tokens.contains { world.sayings[$0].isSentAgain }
    // What has been taken back since says nothing of its nick any more.
    if line.nick != nick, !isAnswer, entry.kind != .removed {
      return "\(self) gets m\(token) from \(line.nick), sent by \(nick)"
    }
    if let time = line.tags["time"], time != Timestamp.text(entry.time) {
      return "\(self) gets m\(token) with the time \(time), logged at \(Timestamp.text(entry.time))"
    }
    if let account = line.tags["account"], account != name { return "\(self) gets m\(token) of the account \(account)" }
    if has("server-time"), line.tags["time"] == nil { return "\(self) gets m\(token) without a time" }
    if has("message-tags"), line.tags["msgid"] == nil { return "\(self) gets m\(token) without an id" }
    if kind == .plain, !line.tags.isEmpty { return "\(self) gets tags it cannot know" }
    return nil
  }

  /// Whether a line is what an entry says, or has said before it was edited: it may have been on its way since then. Of
  /// a message of several lines it is the first.
  private func isText(_ line: ServerLine, of entry: Entry) -> Bool {
    guard line.command != "TAGMSG" else { return Token.number(tags: line.clientTags) == realm.ledger.token(of: entry) }
    let text = has("moot/edit") ? line.text : Self.unmarked(line.text)
    return realm.ledger.bodies(of: entry).contains { body in
      guard body != text else { return true }
      let lines = body.split(separator: 10, omittingEmptySubsequences: false)
      return (lines.count > 1 || body.contains(13)) && lines[0].filter { $0 != 13 }.starts(with: text)
    }
  }

  private func takeBatch(_ line: ServerLine) {
    let reference = String(line.parameter(0).dropFirst())
    if line.parameter(0).hasPrefix("+") {
      let outer = line.tags["batch"]
      batches[reference] = Batch(
        type: line.parameter(1), outer: outer, label: line.tags["label"] ?? outer.flatMap { batches[$0]?.label },
        tags: line.tags)
    } else if let batch = batches[reference] {
      batches[reference] = nil
      if audit != nil { check(audit?.batchEnded(batch.type, self)) }
    } else {
      check("\(self) gets the end of a batch that never began")
    }
  }

  // MARK: services

  /// Connected, but not yet as an account.
  private func introduceItself() {
    if way == .nickServ {
      say("PRIVMSG NickServ :IDENTIFY \(loginName) \(secret)")
      hurry()
    }
    if way == .nickServRegister { say("NICKSERV REGISTER \(secret)") }
  }

  private func takeNickServ(_ text: String) {
    guard phase == .entering else { return }
    if text.hasPrefix("You are not logged in") {
      giveUp(text)
    } else if text.contains("was not registered") {
      if text.contains("There is an account") { account.exists = true }
      giveUp(text)
    }
  }

  /// For clients without standard replies: `PRIVMSG bob: Not sent…` or `#plans: cannot be read…`.
  private func takeServerNotice(_ text: String) {
    for word in text.split(separator: " ").prefix(2) where word.last == ":" { answers.refused(String(word.dropLast())) }
  }

  private func takeReply(_ line: ServerLine) {
    switch (line.command, line.parameter(0)) {
    case ("AUTHENTICATE", "+"):
      let payload: [UInt8] = [0] + Array(loginName.utf8) + [0] + Array(secret.utf8)
      say("AUTHENTICATE \(String(decoding: Base64.encode(payload), as: UTF8.self))")
    case ("FAIL", "REGISTER"):
      if line.parameter(1) == "ACCOUNT_EXISTS" { account.exists = true }
      giveUp("cannot register: \(line.parameter(1))")
    case ("FAIL", "PRIVMSG"), ("FAIL", "NOTICE"), ("FAIL", "TAGMSG"), ("FAIL", "REDACT"), ("FAIL", "EDIT"),
      ("FAIL", "*"):
      if line.parameter(1) == "UNDELIVERABLE" {
        takeRefusal(line)
      } else {
        answers.refused(line.parameter(2))
        settled(refusedTo: line.parameter(2))
      }
    case ("NOTE", _) where line.parameter(1) == "ALREADY_SENT": takeSentBefore(line)
    case ("NOTE", "PRIVMSG"):
      check(RelayChecker.checkFate(line.parameter(1), of: line.parameter(3), to: line.parameter(2), told: self))
      check(fates.told(line.parameter(1), of: line.parameter(3), to: line.parameter(2)))
    case ("DEVICE", "CREATE"): token = line.parameter(2)
    default: break
    }
  }

  /// A message that it has sent again was accepted the first time.
  private func takeSentBefore(_ line: ServerLine) {
    let id = MessageID(line.parameter(3).utf8)
    if let entry = id.flatMap({ realm.ledger.entry(id: $0) }) {
      if let token = realm.ledger.token(of: entry) { settled(token) }
    } else if let posted = realm.everPosted.first(where: { $0.letter.id == id }) {
      // It went to a group of another realm, whose replica ended before it came back.
      if let token = posted.token { settled(token) }
    } else {
      check("\(self) is told that \(line.parameter(3)) was sent before, which is not on disk")
    }
  }

  /// A message came to nothing in the other realm: that is an entry of the conversation.
  private func takeRefusal(_ line: ServerLine) {
    check(RelayChecker.checkFate("UNDELIVERABLE", of: line.parameter(3), to: line.parameter(2), told: self))
    check(fates.told("UNDELIVERABLE", of: line.parameter(3), to: line.parameter(2)))
    if let batch = line.tags["batch"].flatMap({ batches[$0] }), batch.type == "chathistory" {
      audit?.message(line.tags["msgid"] ?? "")
    }
  }

  private func takeNumeric(_ line: ServerLine) {
    switch line.command {
    case "001":
      nick = line.parameter(0)
      if way != .nickServ, way != .nickServRegister { startsOnline() }
    case "376", "422": introduceItself()
    case "900":
      if way == .nickServ || way == .nickServRegister { startsOnline() }
    case "903":
      say("CAP END")
      hurry()
    case "433", "904", "905", "464": if phase == .entering { giveUp(line.command) }
    case "353": picture.listed(line.parameter(2), line.parameter(3))
    case "366": picture.listingEnded(line.parameter(1))
    case "332": picture.topic(line.parameter(1), line.text)
    case "331": picture.topic(line.parameter(1), [])
    case "730": for name in line.parameter(1).split(separator: ",") { watched(String(name.prefix { $0 != "!" }), true) }
    case "731": for name in line.parameter(1).split(separator: ",") { watched(String(name), false) }
    case "734": for name in line.parameter(2).split(separator: ",") { unwatch(String(name)) }
    case "401", "403", "404", "407", "417": answers.refused(line.parameter(1))
    default: break
    }
  }

  // MARK: MONITOR

  private func watched(_ name: String, _ online: Bool) {
    if watching[fold(name)] != nil { picture.watch(name, online) }
  }

  func unwatch(_ name: String?) {
    picture.unwatch(name)
    guard let name else {
      watching = Table()
      return
    }
    watching[fold(name)] = nil
  }
}
