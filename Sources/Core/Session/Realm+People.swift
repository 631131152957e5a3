import Wire

/// Who is who: WHO, WHOIS, AWAY, MONITOR.
extension Realm {
  // MARK: WHO

  /// WHO for a group, a nick or a mask (Modern IRC, "WHO message").
  func who(_ session: Session, _ input: Input) {
    let mask = input.text(0)
    let operatorsOnly = input.text(1) == "o"
    let address = Address(mask, home: settings.realm)
    if address.isGroup {
      withGroup(address.text, session) { realm, group in
        if let group { realm.whoGroup(session, group, operatorsOnly) }
        realm.reply(session, .endOfWho, [mask], "End of WHO list")
      }
      return
    }
    if let peer = peer(of: address) { return who(session, elsewhere: address, peer, mask) }
    // Everyone is listed only to who asks for `*`; clients say WHO without a mask by mistake.
    let asksForNobody = mask.isEmpty || mask == "0" || address.realm != nil
    if !asksForNobody { turn.rowsSearched += users.count }
    for user in users.values where !asksForNobody && matches(mask: address.name.utf8, user.nick.utf8) {
      if operatorsOnly, !user.sessions.contains(where: \.isOperator) { continue }
      whoReply(session, "*", user.nick, user, "")
    }
    reply(session, .endOfWho, [mask], "End of WHO list")
  }

  private func whoGroup(_ session: Session, _ group: Group, _ operatorsOnly: Bool) {
    guard canSee(group, session) else { return }
    for (person, member) in zip(group.members.keys, group.members.values) {
      if operatorsOnly, member.user?.sessions.contains(where: \.isOperator) != true { continue }
      if let elsewhere = realm(of: person), let name = personName(of: person) {
        let here = knownAway(person) == nil ? "H" : "G"
        let full = self.name(of: person)
        let words = [group.name, name.name, elsewhere, elsewhere, full, here + prefix(member.ranks, session)]
        reply(session, .whoReply, words, "1 \(full)")
        continue
      }
      whoReply(session, group.name, name(of: person), member.user, prefix(member.ranks, session))
    }
  }

  private func whoReply(_ session: Session, _ group: String, _ nick: String, _ user: User?, _ prefix: String) {
    let here = user != nil && user?.awayMessage == nil ? "H" : "G"
    let oper = user?.sessions.contains(where: \.isOperator) == true ? "*" : ""
    reply(
      session, .whoReply,
      [
        group, user?.userName ?? nick, user?.host ?? settings.realm, settings.serverName, nick, here + oper + prefix,
      ],
      "0 \(user?.realName ?? nick)")
  }

  // MARK: WHOIS

  func whois(_ session: Session, _ input: Input) {
    let asked = input.text(max(input.count - 1, 0))
    guard !asked.isEmpty else { return reply(session, .noNicknameGiven, [], "No nickname given") }
    let address = Address(asked.split(separator: ",").first.map(String.init) ?? asked, home: settings.realm)
    if let peer = peer(of: address) { return whois(session, elsewhere: address, peer) }
    let account = accountNames[fold(address.name)].flatMap { accounts[$0] }
    if address.realm == nil, let user = nicks[fold(address.name)] ?? account.flatMap({ users[$0.id] }) {
      whois(session, user)
    } else if address.realm == nil, let account, !account.flags.contains(.deleted) {
      reply(session, .whoisUser, [account.name, account.name, settings.realm, "*"], account.name)
      reply(session, .whoisServer, [account.name, settings.serverName], settings.title)
      reply(session, .away, [account.name], Self.notConnected)
      reply(session, .whoisAccount, [account.name, account.name], "is logged in as")
    } else {
      reply(session, .noSuchNick, [asked], noSuchNickText(address))
    }
    reply(session, .endOfWhois, [asked], "End of /WHOIS list")
  }

  private func whois(_ session: Session, _ user: User) {
    reply(session, .whoisUser, [user.nick, user.userName, user.host, "*"], user.realName)
    reply(session, .whoisServer, [user.nick, settings.serverName], settings.title)
    if user.sessions.contains(where: \.isOperator) {
      reply(session, .whoisOperator, [user.nick], "is an IRC operator")
    }
    let visible = user.groups.values.filter { canSee($0, session) }.sorted { $0.id < $1.id }
    if !visible.isEmpty {
      let names = visible.map { prefix($0.ranks(of: user.id), session) + $0.name }
      for part in lines(of: names) { reply(session, .whoisChannels, [user.nick], part) }
    }
    if let away = user.awayMessage { reply(session, .away, [user.nick], away) }
    if !user.isGuest { reply(session, .whoisAccount, [user.nick, user.account], "is logged in as") }
    let signedOn = user.sessions.map(\.connectedAt).min() ?? now
    reply(
      session, .whoisIdle, [user.nick, String((uptime - user.activeAt) / 1_000), String(signedOn / 1_000)],
      "seconds idle, signon time")
  }

  func noSuchNickText(_ address: Address) -> String {
    guard let realm = address.realm else { return "No such nick" }
    return "The realm \(realm) is not linked to \(settings.realm)"
  }

  /// Words packed into texts that fit a line with room for the rest of it.
  func lines(of words: [String]) -> [String] {
    var out: [String] = []
    var line = ""
    for word in words {
      if !line.isEmpty, line.utf8.count + word.utf8.count + 1 > 400 {
        out.append(line)
        line = ""
      }
      line += line.isEmpty ? word : " " + word
    }
    if !line.isEmpty { out.append(line) }
    return out
  }

  // MARK: AWAY

  func away(_ session: Session, _ input: Input) {
    guard let user = session.user else { return }
    let text = String(decoding: wholeText(input.slice(0).prefix(settings.limits.reasonBytes)), as: UTF8.self)
    let message = text.isEmpty ? nil : text
    let isNews = user.awayMessage != message
    user.awayMessage = message
    if text.isEmpty {
      reply(session, .unAway, [], "You are no longer marked as being away")
    } else {
      reply(session, .nowAway, [], "You have been marked as being away")
    }
    if isNews {
      tellAway(user, except: session)
      tellPresence(of: user)
    }
  }

  /// Tells those who share a group (IRCv3 away-notify).
  func tellAway(_ user: User, except: Session? = nil) {
    guard !user.groups.isEmpty || user.sessions.count > 1 else { return }
    let outgoing = awayLine(user, user.awayMessage)
    sendToNeighbours(outgoing, of: user, needing: .awayNotify)
    sendToAll(outgoing, of: user, except: except, needing: .awayNotify)
  }

  func awayLine(_ user: User, _ message: String?) -> Outgoing {
    var line = LineBuilder(source: user.source, "AWAY")
    if let message { line.text(message) }
    var outgoing = Outgoing(line: line.bytes)
    outgoing.time = now
    outgoing.account = Array(user.account.utf8)
    return outgoing
  }

  // MARK: MONITOR

  /// IRCv3 monitor.
  func monitor(_ session: Session, _ input: Input) {
    let names = input.text(1).split(separator: ",").map(String.init)
    switch input.text(0) {
    case "+": watch(session, names)
    case "-":
      for name in names { unwatch(session, fold(Address(name, home: settings.realm).text)) }
    case "C", "c": unwatchAll(session)
    case "L", "l":
      for part in commaLines(session.monitored.values) { reply(session, .monList, [], part) }
      reply(session, .endOfMonList, [], "End of MONITOR list")
    case "S", "s": tellStatus(session, Array(zip(session.monitored.keys, session.monitored.values)))
    default: reply(session, .unknownError, ["MONITOR"], "Say MONITOR +, -, C, L or S")
    }
  }

  private func watch(_ session: Session, _ names: [String]) {
    var added: [(folded: String, name: String)] = []
    for (index, name) in names.enumerated() {
      let address = Address(name, home: settings.realm)
      let folded = fold(address.text)
      let name = address.realm == nil ? name : address.text
      if session.monitored[folded] == nil {
        guard session.monitored.count < settings.limits.monitor else {
          reply(
            session, .monListFull, [String(settings.limits.monitor), names[index...].joined(separator: ",")],
            "Monitor list is full")
          break
        }
        guard name.utf8.count <= 2 * Limits.nameBytes + 1 else { continue }
        session.monitored[folded] = name
        watchers[folded, default: Table()][session.connection] = session
        if address.realm != nil { watchElsewhere(folded) }
      }
      added.append((folded, name))
    }
    tellStatus(session, added)
  }

  private func unwatch(_ session: Session, _ folded: String) {
    guard session.monitored[folded] != nil else { return }
    session.monitored[folded] = nil
    watchers[folded]?[session.connection] = nil
    guard watchers[folded]?.isEmpty == true else { return }
    watchers[folded] = nil
    unwatchElsewhere(folded)
  }

  func unwatchAll(_ session: Session) {
    for name in session.monitored.keys { unwatch(session, name) }
  }

  private func tellStatus(_ session: Session, _ names: [(folded: String, name: String)]) {
    turn.rowsSearched += names.count
    var online: [String] = []
    var offline: [String] = []
    for (folded, name) in names {
      // A folded name of another realm holds its separator, so it is no nick.
      if let user = nicks[folded] {
        online.append(String(decoding: user.source, as: UTF8.self))
      } else if let source = onlineElsewhere(folded) {
        online.append(source)
      } else {
        offline.append(name)
      }
    }
    for part in commaLines(online) { reply(session, .monOnline, [], part) }
    for part in commaLines(offline) { reply(session, .monOffline, [], part) }
  }

  private func commaLines(_ words: [String]) -> [String] {
    lines(of: words).map { $0.split(separator: " ").joined(separator: ",") }
  }

  /// Tells who watches a nick that it came (`online`) or went (nil).
  func tellWatchers(of nick: String, online user: User?) {
    tellWatchers(of: nick, source: user.map { String(decoding: $0.source, as: UTF8.self) })
  }

  /// The same by the source under which it is here; nil where it is not. Names of other realms have theirs in them.
  func tellWatchers(of name: String, source: String?) {
    for session in watchers[fold(name)]?.values ?? [] {
      var line = LineBuilder(source: serverSource, (source == nil ? Numeric.monOffline : .monOnline).digits)
      line.word(session.nick)
      line.text(source ?? name)
      transmit(Outgoing(line: line.bytes), to: session)
    }
  }
}
