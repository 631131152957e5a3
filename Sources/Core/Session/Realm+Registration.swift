import Wire

/// From the first line to the welcome (Modern IRC, "Connection Registration").
extension Realm {
  /// PASS: the server's password where it asks for one; else `account:password`, for clients that know no SASL.
  func pass(_ session: Session, _ input: Input) {
    guard !session.registered else {
      return reply(session, .alreadyRegistered, [], "You may not reregister")
    }
    session.passwordGiven = Array(input.slice(0).prefix(Limits.passwordBytes))
  }

  func nick(_ session: Session, _ input: Input) {
    let name = input.text(0)
    guard !name.isEmpty else { return reply(session, .noNicknameGiven, [], "No nickname given") }
    guard !Names.isReserved(name) else {
      return reply(session, .nicknameInUse, [name], "Nickname is already in use")
    }
    guard Names.isNick(name) else {
      let why = "A nick has at most \(Limits.nameBytes) ASCII letters, digits or -_[]\\`^{}|, and no digit or - first"
      return reply(session, .erroneousNickname, [name], why)
    }
    guard session.registered else {
      session.wantedNick = name
      return registerIfReady(session)
    }
    changeNick(session, to: name)
  }

  private func changeNick(_ session: Session, to name: String) {
    guard let user = session.user else {
      sendNickChange(session, from: session.wantedNick, to: name)
      session.wantedNick = name
      return
    }
    guard user.nick != name else { return }
    if !user.isGuest, settings.nickIsAccount || fold(name) == fold(user.account) {
      guard fold(name) == fold(user.account) else {
        return reply(session, .unknownError, ["NICK"], "Your nick is the name of your account here: \(user.account)")
      }
      guard user.nick != user.account else { return }
      return rename(user, to: user.account, by: session)
    }
    guard isFree(nick: name, for: user) else {
      return reply(session, .nicknameInUse, [name], "Nickname is already in use")
    }
    rename(user, to: name, by: session)
  }

  /// Whether nobody else is called so and no account owns the name.
  func isFree(nick name: String, for user: User?) -> Bool {
    let folded = fold(name)
    if let holder = nicks[folded], holder !== user { return false }
    if let owner = accountNames[folded], owner != user?.id { return false }
    return !reservedNames.contains(folded)
  }

  private func rename(_ user: User, to name: String, by session: Session) {
    let before = user.source
    let old = user.nick
    if fold(old) != fold(name) { remember(gone: user) }
    nicks[fold(old)] = nil
    user.nick = name
    user.renderSource()
    nicks[fold(name)] = user
    if user.isGuest { user.sessions.first?.wantedNick = name }  // where it logs in, it stays called so
    sendHeldBackChanges(session)
    sendToAll(nickLine(user, from: before), of: user)
    tellNeighbours(user, from: before)
    if fold(old) != fold(name) {
      tellWatchers(of: old, online: nil)
      tellWatchers(of: name, online: user)
    }
  }

  private func nickLine(_ user: User, from source: [UInt8]) -> Outgoing {
    var line = LineBuilder(source: source, "NICK")
    line.text(user.nick)
    return outgoing(line, of: user)
  }

  /// Tells those who share a group under which nick they see a user from now on, if it was another before.
  func tellNeighbours(_ user: User, from source: [UInt8]) {
    guard source != user.source else { return }
    sendToNeighbours(nickLine(user, from: source), of: user, needing: [])
  }

  private func sendNickChange(_ session: Session, from old: String, to new: String) {
    guard old != new else { return }
    var line = LineBuilder(source: Array("\(old)!\(old)@\(settings.realm)".utf8), "NICK")
    line.text(new)
    send(line, to: session)
  }

  func user(_ session: Session, _ input: Input) {
    guard !session.registered, session.userName.isEmpty else {
      return reply(session, .alreadyRegistered, [], "You may not reregister")
    }
    guard !input.slice(0).isEmpty else {
      return reply(session, .needMoreParams, ["USER"], "Not enough parameters")
    }
    let name = input.slice(0).filter { $0 > 32 && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "!") }
    session.userName = text(name[...], upTo: Limits.userNameBytes)
    if session.userName.isEmpty { session.userName = "user" }
    session.realName = input.text(3, upTo: Limits.realNameBytes)
    registerIfReady(session)
  }

  /// Registers once all is said: NICK and USER, and CAP END where capabilities were asked for.
  func registerIfReady(_ session: Session) {
    guard !session.registered, !session.negotiating, !session.wantedNick.isEmpty, !session.userName.isEmpty
    else { return }
    guard hasServerPassword(session) else { return }
    if settings.password == nil, let given = session.passwordGiven, session.login == nil {
      session.passwordGiven = nil
      return logInByPass(session, given)
    }
    if let login = session.login { return admit(session, login) }
    if settings.guests { return admitGuest(session) }
    welcome(session)
    let way =
      registering.map { "/msg NickServ \($0), or, if you have one," }
      ?? "ask the operators for one. If you have one:"
    noticeOfNickServ(
      session, "Welcome. To chat you need an account: \(way) /msg NickServ IDENTIFY <name> <password>")
  }

  /// Whether the session has given the password of the server, where it asks for one; closes it if not.
  func hasServerPassword(_ session: Session) -> Bool {
    guard let password = settings.password, session.passwordGiven != Array(password.utf8) else { return true }
    reply(session, .passwdMismatch, [], "Password incorrect: this server asks for one with PASS")
    close(session, "Access denied: bad password")
    return false
  }

  /// PASS `account:password`; without a colon it is the password for the account called like the nick.
  private func logInByPass(_ session: Session, _ given: [UInt8]) {
    let text = String(decoding: given, as: UTF8.self)
    let cut = text.firstIndex(of: ":")
    let name = cut.map { String(text[..<$0]) } ?? session.wantedNick
    let secret = cut.map { String(text[text.index(after: $0)...]) } ?? text
    verify(session, name: name, secret: Array(secret.utf8)) { realm, verdict in
      switch verdict {
      case .login(let login, let account):
        session.login = login
        realm.sendLoggedIn(session, account)
        realm.admit(session, login)
      case .refused(let why):
        realm.reply(session, .passwdMismatch, [], "Not logged in: \(why)")
        realm.close(session, "Access denied: \(why)")
      }
    }
  }

  private func admitGuest(_ session: Session) {
    guard isFree(nick: session.wantedNick, for: nil) else {
      let name = session.wantedNick
      session.wantedNick = ""
      return reply(session, .nicknameInUse, [name], "Nickname is already in use")
    }
    lastGuest -= 1
    let user = User(
      id: PersonID(rawValue: lastGuest), account: "", nick: session.wantedNick, userName: "~" + session.userName,
      realName: session.realName, host: settings.realm, uptime: uptime)
    attach(session, to: user)
    takeMetadataBefore(session, user)
    welcome(session)
  }

  func quit(_ session: Session, _ input: Input) {
    let reason = input.text(0, upTo: settings.limits.reasonBytes)
    if let user = session.user, user.isGuest { user.quitReason = "Quit: " + reason }
    close(session, reason.isEmpty ? "Quit" : "Quit: " + reason)
  }

  // MARK: the welcome

  /// The burst that ends registration (Modern IRC, "Connection Registration": 001 to 005, LUSERS are optional, MOTD).
  func welcome(_ session: Session) {
    session.registered = true
    registeredSessions += 1
    let source = session.user.map { String(decoding: $0.source, as: UTF8.self) } ?? session.nick
    reply(session, .welcome, [], "Welcome to \(settings.title), \(source)")
    reply(session, .yourHost, [], "Your host is \(settings.serverName), running \(Moot.version)")
    reply(session, .created, [], "This server was started \(Timestamp.text(startedAt))")
    let modes = [UserModes.all, GroupModes.letters, GroupModes.lettersWithParameter]
    reply(session, .myInfo, [settings.serverName, Moot.version] + modes)
    isupport(session)
    lusers(session)
    showOwnMetadata(session)
    motd(session)
    if let user = session.user, !user.modes.isEmpty {
      reply(session, .userModeIs, [modeText(of: user, isOperator: session.isOperator)])
    }
  }

  func motd(_ session: Session, _ input: Input) {
    guard isForThisServer(session, input, 0) else { return }
    motd(session)
  }

  private func motd(_ session: Session) {
    guard !settings.motd.isEmpty else { return reply(session, .noMotd, [], "There is no message of the day") }
    reply(session, .motdStart, [], "- \(settings.serverName) Message of the day - ")
    for line in settings.motd { reply(session, .motd, [], "- " + line) }
    reply(session, .endOfMotd, [], "End of /MOTD command")
  }

  /// Whether a query's target parameter means this server; answers if not.
  func isForThisServer(_ session: Session, _ input: Input, _ index: Int) -> Bool {
    let target = input.text(index)
    guard !target.isEmpty else { return true }
    if fold(target) == fold(settings.serverName) || fold(target) == fold(session.nick)
      || matches(mask: target.utf8, settings.serverName.utf8) || nicks[fold(target)] != nil
    {
      return true
    }
    let peer = peer(fold(target)) ?? peer(of: Address(target, home: settings.realm))
    let why = peer.map { "\($0.name) is another realm: only its own people can ask it" }
    reply(session, .noSuchServer, [target], why ?? "No such server")
    return false
  }
}

/// What the program says of itself.
package enum Moot {
  /// Name and version, as `VERSION`, `moot --version` and the logs give it.
  package static let version = "moot-0.1.0"
}
