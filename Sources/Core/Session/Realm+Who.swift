import Wire

/// Who is who: WHO and WHOIS.
extension Realm {
  // MARK: WHO

  /// WHO for a group, a nick or a mask (Modern IRC, "WHO message"), with WHOX.
  func who(_ session: Session, _ input: Input) {
    let mask = input.text(0)
    let form = WhoForm(input.text(1))
    let address = Address(mask, home: settings.realm)
    if let peer = homeToAsk(of: address, session) { return who(session, elsewhere: address, peer, mask, form) }
    if address.isGroup {
      withGroup(address.text, session) { realm, group in
        if let group, realm.canSee(group, session) {
          realm.whoGroup(session, group, form)
        } else {
          realm.refuseUnlinked(session, address)
        }
        realm.reply(session, .endOfWho, [mask], "End of WHO list")
      }
      return
    }
    if let peer = peer(of: address) { return who(session, elsewhere: address, peer, mask, form) }
    refuseUnlinked(session, address)
    // Everyone is listed only to who asks for `*`; clients say WHO without a mask by mistake.
    let asksForNobody = mask.isEmpty || mask == "0" || address.realm != nil
    if !asksForNobody { turn.rowsSearched += users.count }
    for user in users.values where !asksForNobody {
      let name = name(of: user, for: session)
      guard matches(mask: address.name.utf8, name.utf8), !form.operatorsOnly || user.isOperator,
        fold(address.name) == fold(name) || canFind(user, session)
      else { continue }
      reply(session, row("*", nick: name, user, ""), form)
    }
    reply(session, .endOfWho, [mask], "End of WHO list")
  }

  /// Says that the realm of an address is not linked: an empty answer would say that there is nobody.
  func refuseUnlinked(_ session: Session, _ address: Address) {
    guard let realm = address.realm, !realm.isEmpty, peer(of: address) == nil else { return }
    reply(session, .noSuchServer, [realm], noSuchNickText(address))
  }

  /// Under which name a session can write to somebody: other realms know accounts, whatever nick they use here.
  func name(of user: User, for session: Session) -> String {
    session.caught == nil || user.isGuest ? user.nick : user.account
  }

  private func whoGroup(_ session: Session, _ group: Group, _ form: WhoForm) {
    for (person, member) in zip(group.members.keys, group.members.values) {
      if form.operatorsOnly, member.user?.isOperator != true { continue }
      if let user = member.user, !canFind(user, session) { continue }
      let prefix = prefix(member.ranks, session)
      guard let elsewhere = realm(of: person), let name = personName(of: person) else {
        let nick = member.user.map { self.name(of: $0, for: session) } ?? self.name(of: person)
        reply(session, row(group.name, nick: nick, member.user, prefix), form)
        continue
      }
      let full = self.name(of: person)
      let here = knownAway(person) == nil ? "H" : "G"
      let row = WhoRow(
        group: group.name, user: name.name, host: elsewhere, server: elsewhere, nick: full, flags: here + prefix,
        hops: "1", account: full, realName: full)
      reply(session, row, form)
    }
  }

  private func row(_ group: String, nick: String, _ user: User?, _ prefix: String) -> WhoRow {
    var flags = user != nil && user?.away == nil ? "H" : "G"
    if user?.isOperator == true { flags += "*" }
    flags += prefix
    if user?.modes.contains(.bot) == true { flags += "B" }
    return WhoRow(
      group: group, user: user?.userName ?? nick, host: user?.host ?? settings.realm, server: settings.serverName,
      nick: nick, flags: flags, account: user.map { $0.isGuest ? "0" : $0.account } ?? nick,
      idle: user.map { (uptime - $0.activeAt) / 1_000 } ?? 0, realName: user?.realName ?? nick)
  }

  func reply(_ session: Session, _ row: WhoRow, _ form: WhoForm) {
    guard let fields = form.fields else {
      return reply(
        session, .whoReply, [row.group, row.user, row.host, row.server, row.nick, row.flags],
        "\(row.hops) \(row.realName)")
    }
    let words = WhoForm.order.filter { $0 != "r" && fields.contains($0) }.map { row.field($0, token: form.token) }
    reply(session, .whoxReply, words, fields.contains("r") ? row.realName : nil)
  }

  // MARK: WHOIS

  func whois(_ session: Session, _ input: Input) {
    let asked = input.text(max(input.count - 1, 0))
    var names = asked.split(separator: ",").map(String.init)
    let server = input.text(0)
    // Who wants to know how long somebody is idle says the nick twice.
    if input.count > 1, fold(server) != fold(asked), nicks[fold(server)] == nil, accountHere(server) == nil {
      if let peer = peer(fold(server)) ?? peer(of: Address(server, home: settings.realm)) {
        names = names.map { Address($0, home: settings.realm).realm == nil ? "\($0)/\(peer.name)" : $0 }
      } else if !isForThisServer(session, input, 0) {
        return
      }
    }
    guard !names.isEmpty else { return reply(session, .noNicknameGiven, [], "No nickname given") }
    guard names.count <= Limits.queryTargets else {
      return reply(session, .tooManyTargets, [names[Limits.queryTargets]], "Too many nicks in one WHOIS")
    }
    whois(session, names[...], asked)
  }

  /// Tells of one after the other; the end names them all as they were asked for (Modern IRC, RPL_ENDOFWHOIS).
  private func whois(_ session: Session, _ names: ArraySlice<String>, _ asked: String) {
    var rest = names
    while let name = rest.popFirst() {
      let address = Address(name, home: settings.realm)
      if let peer = peer(of: address) {
        return whois(session, elsewhere: address, peer) { [rest] realm in realm.whois(session, rest, asked) }
      }
      whois(session, name, address)
    }
    let end = numericLine(session, .endOfWhois, [asked], "End of /WHOIS list", upTo: Limits.lineBytes / 2)
    send(end, to: session)
  }

  private func whois(_ session: Session, _ asked: String, _ address: Address) {
    let account = accountNames[fold(address.name)].flatMap { accounts[$0] }
    let named = nicks[fold(address.name)]
    let owner = account.flatMap { users[$0.id] }
    if address.realm == nil, let user = session.caught == nil ? named ?? owner : owner ?? named {
      whois(session, user)
    } else if address.realm == nil, let account, !account.flags.contains(.deleted) {
      reply(session, .whoisUser, [account.name, account.name, settings.realm, "*"], account.name)
      reply(session, .whoisServer, [account.name, settings.serverName], settings.title)
      reply(session, .away, [account.name], Self.notConnected)
      whoisAccount(session, account.name, account.name, isBot: account.flags.contains(.bot))
      whoisMetadata(session, account.name, account.id)
    } else {
      reply(session, .noSuchNick, [asked], noSuchNickText(address))
    }
  }

  private func whois(_ session: Session, _ user: User) {
    let nick = name(of: user, for: session)
    reply(session, .whoisUser, [nick, user.userName, user.host, "*"], user.realName)
    reply(session, .whoisServer, [nick, settings.serverName], settings.title)
    if user.isOperator { reply(session, .whoisOperator, [nick], "is an IRC operator") }
    let visible = user.groups.values.filter { canSee($0, session) }.sorted { $0.id < $1.id }
    if !visible.isEmpty {
      let names = visible.map { prefix($0.ranks(of: user.id), session) + $0.name }
      for part in lines(of: names) { reply(session, .whoisChannels, [nick], part) }
    }
    if let away = user.away { reply(session, .away, [nick], away) }
    whoisAccount(session, nick, user.account, isBot: user.modes.contains(.bot))
    whoisMetadata(session, nick, user.id)
    if user === session.user || session.isOperator { whoisPrivate(session, user) }
    if user.sessions.allSatisfy(\.secure) {
      reply(session, .whoisSecure, [nick], "is using a secure connection")
    }
    let signedOn = user.sessions.map(\.connectedAt).min() ?? now
    reply(
      session, .whoisIdle, [nick, String((uptime - user.activeAt) / 1_000), String(signedOn / 1_000)],
      "seconds idle, signon time")
  }

  private func whoisAccount(_ session: Session, _ nick: String, _ account: String, isBot: Bool) {
    if isBot { reply(session, .whoisBot, [nick], "is a bot of \(settings.title)") }
    if !account.isEmpty { reply(session, .whoisAccount, [nick, account], "is logged in as") }
  }

  /// What people show that people can read (IRCv3 metadata, "RPL_WHOISKEYVALUE numeric"), for clients that know of it.
  private func whoisMetadata(_ session: Session, _ nick: String, _ person: PersonID) {
    // Another realm asks on behalf of a client of its own, and tells it what that can read.
    guard session.knowsMetadata || session.caught != nil, let shown = metadata[.person(person)] else { return }
    for key in ["display-name", "pronouns", "status", "homepage", "location"] {
      if let value = shown[key] { reply(session, .whoisKeyValue, [nick, key, "*"], value) }
    }
  }

  /// What only oneself and operators read: where the sessions come from, and the modes.
  private func whoisPrivate(_ session: Session, _ user: User) {
    var told: Set<String> = []
    for own in user.sessions where told.insert(own.host).inserted {
      // No word begins with a colon.
      let host = own.host.hasPrefix(":") ? "0" + own.host : own.host
      reply(session, .whoisActually, [user.nick, "\(user.userName)@\(host)", host], "is actually using host")
    }
    reply(session, .whoisModes, [user.nick], "is using modes \(modeText(of: user, isOperator: user.isOperator))")
  }

  func noSuchNickText(_ address: Address) -> String {
    guard let realm = address.realm, !realm.isEmpty, !address.name.isEmpty else { return "No such nick" }
    let cut = text(Array(realm.utf8)[...], upTo: Limits.nameBytes)
    return "The realm \(cut) is not linked to \(settings.realm)"
  }

  /// How long such a text becomes, but for a single longer word.
  static let packedBytes = 400

  /// Words packed into texts that fit a line with room for the rest of it.
  func lines(of words: [String]) -> [String] {
    var out: [String] = []
    var line = ""
    for word in words {
      if !line.isEmpty, line.utf8.count + word.utf8.count + 1 > Self.packedBytes {
        out.append(line)
        line = ""
      }
      line += line.isEmpty ? word : " " + word
    }
    if !line.isEmpty { out.append(line) }
    return out
  }
}

/// What a WHO asks for besides its mask: `o` for operators, and the fields of WHOX, `%tcnf,42`.
struct WhoForm {
  /// The fields in the order in which they are told, whatever the order they are asked for in.
  static let order: [Character] = ["t", "c", "u", "i", "h", "s", "n", "f", "d", "l", "a", "o", "r"]

  var operatorsOnly: Bool
  /// Nil without WHOX.
  var fields: Set<Character>?
  var token = ""

  init(_ text: String) {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    operatorsOnly = parts.first?.contains("o") ?? false
    guard parts.count == 2 else { return }
    let asked = parts[1].split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    fields = Set(asked[0].filter(Self.order.contains))
    // At most three digits.
    if asked.count == 2, (1...3).contains(asked[1].utf8.count), asked[1].utf8.allSatisfy({ (48...57).contains($0) }) {
      token = String(asked[1])
    }
  }
}

/// What WHO tells of a person.
struct WhoRow {
  var group: String
  var user: String
  var host: String
  var server: String
  var nick: String
  var flags: String
  var hops: String
  /// `0` for none.
  var account: String
  /// Seconds.
  var idle: Milliseconds
  var realName: String

  init(
    group: String, user: String, host: String, server: String, nick: String, flags: String, hops: String = "0",
    account: String, idle: Milliseconds = 0, realName: String
  ) {
    self.group = group
    self.user = user
    self.host = host
    self.server = server
    self.nick = nick
    self.flags = flags
    self.hops = hops
    self.account = account
    self.idle = idle
    self.realName = realName
  }

  /// The fields that realms ask each other for.
  static let told = "cuhsnflar"

  /// RPL_WHOSPCRPL with those fields, as another realm has answered it; nil for anything else.
  init?(_ reply: QueryReply) {
    guard reply.command == Numeric.whoxReply.digits, reply.words.count == 8, let realName = reply.text else {
      return nil
    }
    let words = reply.words
    self.init(
      group: words[0], user: words[1], host: words[2], server: words[3], nick: words[4], flags: words[5],
      hops: "1", account: words[7], idle: Int64(words[6]) ?? 0, realName: realName)
  }

  /// A field of WHOX; `0` for what is not there.
  func field(_ letter: Character, token: String) -> String {
    switch letter {
    case "t": token.isEmpty ? "0" : token
    case "c": group
    case "u": user
    case "i": "255.255.255.255"  // addresses are nobody's business
    case "h": host
    case "s": server
    case "n": nick
    case "f": flags
    case "d": hops
    case "l": String(idle)
    case "a": account
    case "o": "n/a"
    default: realName
    }
  }
}
