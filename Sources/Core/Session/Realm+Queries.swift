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
      nicks[fold(word)]?.nick ?? onlineElsewhere(fold(Address(word, home: settings.realm).text)).map { _ in word }
    }
    reply(session, .ison, [], online.joined(separator: " "))
  }

  func userhost(_ session: Session, _ input: Input) {
    let replies = input.words(from: 0).prefix(5).compactMap { word -> String? in
      guard let user = nicks[fold(word)] else { return nil }
      let oper = user.sessions.contains(where: \.isOperator) ? "*" : ""
      return "\(user.nick)\(oper)=\(user.awayMessage == nil ? "+" : "-")\(user.userName)@\(user.host)"
    }
    reply(session, .userHost, [], replies.joined(separator: " "))
  }

  func help(_ session: Session, _ input: Input) {
    let subject = input.text(0).isEmpty ? "*" : input.text(0)
    guard let text = Help.texts[subject.uppercased()] else {
      return reply(session, .helpNotFound, [subject], "No help on that: say HELP for the list")
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    reply(session, .helpStart, [subject], lines[0])
    for line in lines.dropFirst() { reply(session, .helpText, [subject], line) }
    reply(session, .endOfHelp, [subject], "End of help")
  }
}

/// The texts of HELP.
enum Help {
  static let texts: [String: String] = [
    "*": """
    Moot, a chat server. HELP <command> tells more about one.
    People:    PRIVMSG NOTICE TAGMSG WHO WHOIS ISON USERHOST AWAY MONITOR
    Groups:    JOIN PART TOPIC NAMES LIST INVITE KICK MODE DELETE
    History:   CHATHISTORY MARKREAD
    Account:   REGISTER PASSWD DEVICE NICK, or /msg NickServ HELP
    Server:    MOTD VERSION TIME LINKS MAP HELP PING QUIT OPER KILL
    """,
    "JOIN":
      "JOIN <#group>{,<#group>}\nBecomes a member; makes the group if there is none. You stay a member until you PART.",
    "PART": "PART <#group>{,<#group>} [reason]\nEnds your membership.",
    "PRIVMSG": "PRIVMSG <nick or #group>{,...} <text>\nSends a message. People who are away get it when they are back.",
    "NOTICE": "NOTICE <nick or #group>{,...} <text>\nLike PRIVMSG, and never answered automatically.",
    "TAGMSG": "@tags TAGMSG <nick or #group>\nSends client-only tags without text (typing, reactions).",
    "KICK": "KICK <#group> <nick> [reason]\nEnds somebody's membership; needs rank h or above, and above theirs.",
    "INVITE": "INVITE <nick> <#group>\nLets somebody in, also where the group is invite only.",
    "TOPIC": "TOPIC <#group> [text]\nShows or sets the topic; an empty text removes it.",
    "MODE": """
    MODE <#group> [+-modes [parameters]]
    i invite only, m moderated, n no messages from outside, s secret, t topic for rank h and above
    b <mask> ban; ranks q owner, a admin, o operator, h half-operator, v voice, each with a nick
    """,
    "NAMES": "NAMES [#group]\nLists the members, connected or not.",
    "LIST": "LIST [#group or realm]\nLists the groups that are not secret, here or in another realm.",
    "DELETE": "DELETE <#group>\nEnds the group for everyone; only for its founder.",
    "WHO": "WHO <#group or mask>\nLists members, or people online.",
    "WHOIS": "WHOIS <nick>\nTells about a person.",
    "AWAY": "AWAY [text]\nMarks you as away, or back.",
    "MONITOR": "MONITOR + nick{,nick} | - nick{,nick} | C | L | S\nTells you when people come and go.",
    "CHATHISTORY": "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS ...\nIRCv3 draft/chathistory.",
    "MARKREAD": "MARKREAD <target> [timestamp=...]\nIRCv3 draft/read-marker.",
    "REGISTER": "REGISTER <name or *> <email or *> <password>\nMakes an account.",
    "PASSWD": "PASSWD <old> <new>\nChanges your password.",
    "DEVICE":
      "DEVICE CREATE <name> | LIST | REVOKE <name>\nTokens that log in instead of the password, one for each device.",
    "NICK": "NICK <nick>\nYour nick is your account's name, unless this server allows others.",
    "OPER": "OPER <name> <password>\nMakes you an operator of this server.",
    "KILL": "KILL <nick> <reason>\nDisconnects somebody; for operators.",
    "MOTD": "MOTD\nShows the message of the day.",
    "VERSION": "VERSION\nTells what this server runs.",
    "TIME": "TIME\nTells the server's time.",
    "LINKS": "LINKS\nLists the realms within reach, and over how many links.",
    "MAP": "MAP\nShows through which realms others are reached.",
    "HELP": "HELP [command]\nThis.",
    "PING": "PING <token>\nAnswered with PONG once everything before it is done.",
    "QUIT": "QUIT [reason]\nEnds the connection; memberships stay.",
    "ISON": "ISON <nick>{ <nick>}\nTells who of these is connected.",
    "USERHOST": "USERHOST <nick>{ <nick>}\nTells addresses.",
  ]
}
