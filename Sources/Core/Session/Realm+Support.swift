import Wire

/// RPL_ISUPPORT: what clients can count on (Modern IRC, "RPL_ISUPPORT").
extension Realm {
  /// ISUPPORT (IRCv3 draft/extended-isupport): before registration for clients that have asked for it.
  func isupport(_ session: Session, _ input: Input) {
    guard session.registered || session.has(.extendedSupport) else {
      return reply(session, .notRegistered, [], "You have not registered")
    }
    isupport(session)
  }

  func isupport(_ session: Session) { isupport(session, supported(pushes: session.has(.webPush))) }

  private func isupport(_ session: Session, _ tokens: [String]) {
    let isBatched = session.capabilities.isSuperset(of: [.batch, .extendedSupport])
    let reference = isBatched ? nextBatch() : []
    if isBatched { send(openBatch(reference, "draft/isupport"), to: session) }
    var rest = tokens[...]
    while !rest.isEmpty {
      var out = Outgoing(
        line: numericLine(session, .isupport, Array(rest.prefix(13)), "are supported by this server").bytes)
      out.batch = reference
      send(out, to: session)
      rest = rest.dropFirst(13)
    }
    if isBatched { send(closeBatch(reference), to: session) }
  }

  /// Tells what has become other than it was when it was told: what is there no more with a minus (Modern IRC,
  /// "RPL_ISUPPORT Parameters").
  func tellSupport(since before: [String], _ after: [String], to sessions: [Session]) {
    let names = after.map { $0.prefix { $0 != "=" } }
    let gone = before.map { $0.prefix { $0 != "=" } }.filter { !names.contains($0) }.map { "-\($0)" }
    let changed = gone + after.filter { !before.contains($0) }
    guard !changed.isEmpty else { return }
    for session in sessions where session.registered { isupport(session, changed) }
  }

  /// - Parameter pushes: for clients that have switched web push on (webpush, "VAPID ISUPPORT token").
  func supported(pushes: Bool = false) -> [String] {
    let limits = settings.limits
    var tokens = [
      "ACCOUNTEXTBAN=a,account",
      "AWAYLEN=\(limits.reasonBytes)",
      "BOT=B",
      "CASEMAPPING=ascii",
      "CHANLIMIT=#:\(limits.groupsPerAccount)",
      "CHANMODES=\(GroupModes.supported)",
      "CHANNELLEN=\(Limits.groupNameBytes)",
      "CHANTYPES=#",
      "CHATHISTORY=\(limits.historyPage)",
      "draft/CHATHISTORY=\(limits.historyPage)",
      "CLIENTTAGDENY=\(settings.refusedTags.text)",
      "ELIST=CMNTU",
      "EXCEPTS=e",
      "EXTBAN=~,am",
      "INVEX=I",
      "KEYLEN=\(Limits.keyBytes)",
      "KICKLEN=\(limits.reasonBytes)",
      "LINELEN=\(Limits.lineBytes)",
      "MAXLIST=\(MaskList.letters):\(limits.bans)",
      "MODES=\(Limits.modeChanges)",
      "MONITOR=\(limits.monitor)",
      "MSGREFTYPES=msgid,timestamp",
      "NAMELEN=\(Limits.realNameBytes)",
      "NETWORK=\(escaped(settings.title))",
      "NICKLEN=\(Limits.nameBytes)",
      "PREFIX=(qaohv)~&@%+",
      "SAFELIST",
      "SAFERATE",
      "soju.im/SAFERATE",
      "STATUSMSG=~&@%+",
      "TARGMAX=\(Self.targets)",
      "TOPICLEN=\(limits.topicBytes)",
      "USERLEN=\(Limits.userNameBytes + 1)",
      "USERMODES=\(UserModes.all)",
      "UTF8ONLY",
      "WHOX",
    ]
    if pushes { tokens.append("VAPID=\(pushKeyText)") }
    if let filehost { tokens.append("soju.im/FILEHOST=\(filehost)") }
    if !settings.guests { tokens.append("draft/ACCOUNTREQUIRED") }
    return tokens
  }

  private static let targets = [
    "PRIVMSG:\(Limits.messageTargets)", "NOTICE:\(Limits.messageTargets)", "TAGMSG:\(Limits.messageTargets)",
    "JOIN:\(Limits.joinTargets)", "PART:\(Limits.joinTargets)", "KICK:\(Limits.queryTargets)",
    "NAMES:\(Limits.queryTargets)", "LIST:", "WHOIS:\(Limits.queryTargets)", "WHOWAS:1", "USERHOST:5", "MONITOR:",
  ].joined(separator: ",")

  /// ISUPPORT values cannot hold spaces (Modern IRC, "RPL_ISUPPORT").
  private func escaped(_ value: String) -> String {
    value.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\\x20")
  }
}
