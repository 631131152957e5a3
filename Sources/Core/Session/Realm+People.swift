import Wire

/// Whether people are there: AWAY, MONITOR.
extension Realm {
  // MARK: AWAY

  /// AWAY; with draft/pre-away also before registration, and `*` for a client that nobody sits at.
  func away(_ session: Session, _ input: Input) {
    let text = String(decoding: wholeText(input.slice(0).prefix(settings.limits.reasonBytes)), as: UTF8.self)
    guard let user = session.user else {
      guard session.has(.preAway), !session.registered else { return refuseEarlyAway(session) }
      session.awayBefore = text
      return replyAway(session, isAway: !text.isEmpty)
    }
    let before = user.away
    if session.has(.preAway), text == "*" {
      session.isUnattended = true
    } else {
      session.isUnattended = false
      user.awayMessage = text.isEmpty ? nil : text
    }
    replyAway(session, isAway: !text.isEmpty)
    awayChanged(user, from: before, except: session)
  }

  private func refuseEarlyAway(_ session: Session) {
    guard session.registered else { return reply(session, .notRegistered, [], "You have not registered") }
    refuseWithoutAccount(session, "AWAY", "")
  }

  private func replyAway(_ session: Session, isAway: Bool) {
    if isAway {
      reply(session, .nowAway, [], "You have been marked as being away")
    } else {
      reply(session, .unAway, [], "You are no longer marked as being away")
    }
  }

  /// Takes over what AWAY said before registration.
  func takeAwayBefore(_ session: Session, _ user: User) {
    guard let text = session.awayBefore else { return }
    session.awayBefore = nil
    if text == "*" { session.isUnattended = true } else { user.awayMessage = text.isEmpty ? nil : text }
  }

  /// Tells those who share a group (IRCv3 away-notify) or watch (IRCv3 extended-monitor).
  func tellAway(_ user: User, except: Session? = nil) {
    tellFriends(awayLine(user, user.away), of: user, needing: .awayNotify, except: except)
  }

  func awayLine(_ user: User, _ message: String?) -> Outgoing {
    var line = LineBuilder(source: user.source, "AWAY")
    if let message { line.text(message) }
    return outgoing(line, of: user)
  }

  // MARK: SETNAME

  /// IRCv3 setname.
  func setName(_ session: Session, _ input: Input) {
    guard let user = session.user else { return }
    let name = input.text(0)
    guard !name.isEmpty, name.utf8.count <= Limits.realNameBytes else {
      return fail(session, "SETNAME", "INVALID_REALNAME", [], "A real name has 1 to \(Limits.realNameBytes) bytes")
    }
    user.realName = name
    var line = LineBuilder(source: user.source, "SETNAME")
    line.text(name)
    let out = outgoing(line, of: user)
    tellFriends(out, of: user, needing: .setName, except: session)
    if session.has(.setName) { send(out, to: session) }
    tellPresence(of: user)
  }

  /// A line that a user causes outside a group, with its time and account.
  func outgoing(_ line: LineBuilder, of user: User) -> Outgoing { outgoing(Outgoing(line: line.bytes), of: user) }

  func outgoing(_ said: Outgoing, of user: User) -> Outgoing {
    var outgoing = said
    outgoing.time = now
    outgoing.account = Array(user.account.utf8)
    outgoing.isBot = user.modes.contains(.bot)
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
    var added = Table<String, String>()
    for (index, name) in names.enumerated() {
      let address = Address(name, home: settings.realm)
      // IRCv3 monitor, "MONITOR +": a target is a nick.
      guard Names.isNick(address.name) else { continue }
      let folded = fold(address.text)
      let name = address.text
      if session.monitored[folded] == nil {
        guard session.monitored.count < settings.limits.monitor else {
          for part in commaLines(names[index...]) {
            let words = [String(settings.limits.monitor), part]
            send(numericLine(session, .monListFull, words, "Monitor list is full", upTo: Self.packedBytes), to: session)
          }
          break
        }
        guard name.utf8.count <= 2 * Limits.nameBytes + 1 else { continue }
        session.monitored[folded] = name
        watchers[folded, default: Table()][session.connection] = session
        if address.realm != nil { watchElsewhere(folded) }
      }
      // Of who is only just asked about it is told when that is known.
      if !isAwaited(folded) { added[folded] = name }
    }
    tellStatus(session, Array(zip(added.keys, added.values)))
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
    guard session.knowsMetadata else { return }
    for (folded, _) in names where nicks[folded] != nil || onlineElsewhere(folded) != nil {
      syncMonitored(session, folded)
    }
  }

  private func commaLines(_ words: some Sequence<String>) -> [String] {
    lines(of: Array(words)).map { $0.split(separator: " ").joined(separator: ",") }
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
      if source != nil, session.knowsMetadata { syncMonitored(session, fold(name)) }
    }
  }
}
