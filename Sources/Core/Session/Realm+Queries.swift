import Wire

/// Small questions about the connection and the server.
extension Realm {
  func pingCommand(_ session: Session, _ input: Input) {
    guard !input.slice(0).isEmpty else {
      return reply(session, .needMoreParams, ["PING"], "Not enough parameters")
    }
    var line = LineBuilder(source: serverSource, "PONG")
    line.word(serverSource)
    line.text(input.slice(0))
    if fits(line.bytes, session) { send(line, to: session) }
  }

  /// The answer to a PING of ours confirms that everything sent before it has arrived.
  func pong(_ session: Session, _ input: Input) {
    session.pingSentAt = nil
    // Some clients answer `PONG server :token`.
    let token = String(decoding: input.slice(max(input.count - 1, 0)), as: UTF8.self)
    guard token.hasPrefix("moot-"), let position = Position(token.dropFirst(5)), position <= session.sentPosition
    else { return }
    session.confirmedPosition = max(session.confirmedPosition, position)
    if session.replay?.awaitingPong == true, position == session.sentPosition { continueReplay(session) }
  }

  func version(_ session: Session, _ input: Input) {
    guard isForThisServer(session, input, 0) else { return }
    reply(session, .version, [Moot.version, settings.serverName], "A federated chat server")
    isupport(session)
  }

  func time(_ session: Session, _ input: Input) {
    guard isForThisServer(session, input, 0) else { return }
    reply(session, .time, [settings.serverName], Timestamp.text(now))
  }

  func ison(_ session: Session, _ input: Input) {
    let online = input.words(from: 0).compactMap { word in
      let folded = fold(Address(word, home: settings.realm).text)
      return nicks[folded]?.nick ?? onlineElsewhere(folded).map { _ in word }
    }
    reply(session, .ison, [], online.joined(separator: " "))
  }

  func userhost(_ session: Session, _ input: Input) {
    let replies = input.words(from: 0).prefix(5).compactMap { word -> String? in
      let folded = fold(Address(word, home: settings.realm).text)
      guard let user = nicks[folded] else { return userhostElsewhere(folded) }
      let oper = user.isOperator ? "*" : ""
      return "\(user.nick)\(oper)=\(user.away == nil ? "+" : "-")\(user.userName)@\(user.host)"
    }
    reply(session, .userHost, [], replies.joined(separator: " "))
  }

  /// As far as it is known here: of whom sessions watch, and of members of groups.
  private func userhostElsewhere(_ folded: String) -> String? {
    let address = Address(folded, home: settings.realm)
    guard let peer = peer(of: address), let source = onlineElsewhere(fold(address.text)) else { return nil }
    let isAway = knownAway(address.name, of: peer) != nil
    return source.replacing("!", with: isAway ? "=-" : "=+", maxReplacements: 1)
  }

  func help(_ session: Session, _ input: Input) {
    let asked = input.text(0)
    let isParameter = !asked.isEmpty && !asked.hasPrefix(":") && !asked.contains(" ")
    // Modern IRC, ERR_HELPNOTFOUND: `*` for what cannot be told.
    let subject = isParameter ? asked : "*"
    guard isParameter || asked.isEmpty, let text = Help.texts[subject.uppercased()] else {
      return reply(session, .helpNotFound, [subject], "No help on that: say HELP for the list")
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    reply(session, .helpStart, [subject], lines[0])
    for line in lines.dropFirst() { reply(session, .helpText, [subject], line) }
    reply(session, .endOfHelp, [subject], "End of help")
  }

  // MARK: the server

  /// LUSERS (Modern IRC, "LUSERS message"). Of other realms it is known that they are there, not who is in them.
  func lusers(_ session: Session, _ input: Input) { lusers(session) }

  func lusers(_ session: Session) {
    let invisible = users.count < Self.mostCounted ? users.values.count { $0.modes.contains(.invisible) } : 0
    let reached = peers.values.count { $0.route != nil }
    let visible = users.count - invisible
    reply(
      session, .luserClient, [],
      "There are \(visible) users and \(invisible) invisible on \(reached + 1) servers")
    if !operators.isEmpty { reply(session, .luserOp, [String(operators.count)], "operator(s) online") }
    let unknown = sessionCount - registeredSessions
    if unknown > 0 { reply(session, .luserUnknown, [String(unknown)], "unknown connection(s)") }
    reply(session, .luserChannels, [String(groupNames.count)], "channels formed")
    reply(session, .luserMe, [], "I have \(registeredSessions) clients and \(reached) servers")
    let most = max(mostUsers, users.count)
    let counts = [String(users.count), String(most)]
    reply(session, .localUsers, counts, "Current local users \(users.count), max \(most)")
    reply(session, .globalUsers, counts, "Current global users \(users.count), max \(most)")
  }

  /// Beyond so many users the invisible ones are not counted apart: every login asks.
  private static let mostCounted = 1_000

  func admin(_ session: Session, _ input: Input) {
    guard isForThisServer(session, input, 0) else { return }
    guard !settings.admin.isEmpty else {
      return reply(session, .noAdminInfo, [settings.serverName], "No administrative info available")
    }
    reply(session, .adminMe, [settings.serverName], "Administrative info")
    for (numeric, line) in zip([Numeric.adminLocation, .adminPlace, .adminEmail], settings.admin) {
      reply(session, numeric, [], line)
    }
  }

  func info(_ session: Session, _ input: Input) {
    guard isForThisServer(session, input, 0) else { return }
    let lines = [
      Moot.version, "A federated chat server: messages are kept, groups read the same in every realm.",
      "This realm is \(settings.realm), \(settings.title), up since \(Timestamp.text(startedAt)).",
    ]
    for line in lines { reply(session, .info, [], line) }
    reply(session, .endOfInfo, [], "End of INFO list")
  }

  /// STATS (Modern IRC, "STATS message"): `u` since when, `m` what was said to it, `o` the operators' names, for them.
  func stats(_ session: Session, _ input: Input) {
    guard isForThisServer(session, input, 1) else { return }
    let query = input.text(0).first.map(String.init) ?? "*"
    switch query {
    case "u":
      let seconds = (now - startedAt) / 1_000
      let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : String($0) }
      reply(session, .statsUptime, [], "Server Up \(seconds / 86_400) days \(clock.joined(separator: ":"))")
    case "m":
      reply(session, .statsCommands, ["*", String(counters.commands), "0", "0"])
    case "o" where session.isOperator:
      for name in settings.operators.map(\.name) { reply(session, .statsOperators, ["O", "*", "*", name]) }
    case "o": reply(session, .noPrivileges, [], "Permission Denied- You're not an IRC operator")
    default: break
    }
    reply(session, .endOfStats, [query], "End of /STATS report")
  }

  // MARK: WHOWAS

  /// Notes somebody who goes, or takes another nick, for WHOWAS.
  func remember(gone user: User) {
    if gone.count >= Limits.gone { gone.removeFirst(gone.count - Limits.gone + 1) }
    gone.append(
      Gone(
        nick: user.nick, userName: user.userName, host: user.host, realName: user.realName, account: user.account,
        time: now))
  }

  /// WHOWAS (Modern IRC, "WHOWAS message"): the latest first.
  func whowas(_ session: Session, _ input: Input) {
    let nick = Address(input.text(0), home: settings.realm).text
    guard !nick.isEmpty else { return reply(session, .noNicknameGiven, [], "No nickname given") }
    guard !whowasElsewhere(session, input) else { return }
    let asked = Int(input.text(1)) ?? 0
    let found = gone.reversed().filter { fold($0.nick) == fold(nick) }.prefix(asked > 0 ? asked : Limits.gone)
    if found.isEmpty { reply(session, .wasNoSuchNick, [nick], "There was no such nickname") }
    for gone in found {
      reply(session, .whowasUser, [gone.nick, gone.userName, gone.host, "*"], gone.realName)
      reply(session, .whoisServer, [gone.nick, settings.serverName], Timestamp.text(gone.time))
      if !gone.account.isEmpty { reply(session, .whoisAccount, [gone.nick, gone.account], "was logged in as") }
    }
    reply(session, .endOfWhowas, [nick], "End of WHOWAS")
  }
}

/// Somebody whose last session has ended.
struct Gone {
  var nick: String
  var userName: String
  var host: String
  var realName: String
  /// Empty for guests.
  var account: String
  var time: Milliseconds
}
