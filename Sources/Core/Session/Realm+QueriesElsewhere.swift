import Wire

/// Questions about people and groups of other realms, which those realms answer.
extension Realm {
  /// A question that another realm has not answered yet, and the session that waits; without one, those who run this
  /// realm do.
  struct Query {
    var session: Session?
    var realm: String
    var from: String
    var command: String
    var parameters: [String]
    var deadline: Milliseconds
    /// Gets nil if no answer came.
    var done: (Realm, [QueryReply]?) -> Void
  }

  /// Asks a realm on behalf of a session, which waits; `done` gets nil if there is no answer.
  func query(
    _ session: Session, _ peer: Peer, _ command: String, _ parameters: [String],
    then done: @escaping (Realm, [QueryReply]?) -> Void
  ) {
    guard let user = session.user, !user.isGuest, session.caught == nil, canReach(peer), queries.count < Limits.queries
    else { return done(self, nil) }
    hold(session)
    begin(
      Query(
        session: session, realm: peer.name, from: user.account, command: command, parameters: parameters,
        deadline: uptime + Limits.answerMilliseconds, done: done), to: peer)
  }

  /// Asks a realm in the name of this one, on behalf of those who run it.
  func query(
    _ peer: Peer, _ command: String, _ parameters: [String], then done: @escaping (Realm, [QueryReply]?) -> Void
  ) {
    guard canReach(peer), queries.count < Limits.queries else { return done(self, nil) }
    begin(
      Query(
        realm: peer.name, from: settings.realm, command: command, parameters: parameters,
        deadline: uptime + Limits.answerMilliseconds, done: done), to: peer)
  }

  private func begin(_ query: Query, to peer: Peer) {
    lastQuery += 1
    queries[lastQuery] = query
    if peer.isOpen { sayQuery(lastQuery, to: peer) } else { openCircuit(to: peer) }
  }

  private func sayQuery(_ id: UInt64, to peer: Peer) {
    guard let query = queries[id] else { return }
    say(.query(id: id, from: query.from, command: query.command, parameters: query.parameters), to: peer)
  }

  /// A circuit is new: what was asked on another, or before it, is asked again.
  func sayQueries(to peer: Peer) {
    for id in queries.keys where queries[id]?.realm == peer.name { sayQuery(id, to: peer) }
  }

  func takeAnswer(_ replies: [QueryReply], to id: UInt64, from peer: Peer) {
    guard let query = queries[id], query.realm == peer.name else { return }
    // A realm that cannot tell now has not told its asker that there is nothing. Those who run this one are told why.
    let cannotTell =
      query.session != nil
      && replies.contains { $0.command.hasPrefix("FAIL ") && $0.words.first == "TEMPORARILY_UNAVAILABLE" }
    endQuery(id, cannotTell ? nil : replies)
  }

  private func endQuery(_ id: UInt64, _ replies: [QueryReply]?) {
    guard let query = queries[id] else { return }
    queries[id] = nil
    guard let session = query.session else { return query.done(self, replies) }
    release(session) { if !session.closed { query.done(self, replies) } }
  }

  /// Questions that nobody has answered for too long, or that a realm out of reach cannot answer.
  func endQueries(of realm: String? = nil) {
    for id in queries.keys {
      guard let query = queries[id], query.deadline <= uptime || query.realm == realm else { continue }
      endQuery(id, nil)
    }
  }

  /// A session is gone: nobody waits for what it has asked.
  func endQueries(of session: Session) {
    guard session.asks > 0 else { return }
    for (id, query) in zip(queries.keys, queries.values) where query.session === session { queries[id] = nil }
  }

  // MARK: answering

  /// Answers what somebody of another realm asks, as a session here would be answered.
  func takeQuery(_ id: UInt64, from account: String, _ command: String, _ parameters: [String], _ peer: Peer) {
    if command == "STATE", peer.sharing.answering < Limits.queriesAnswered,
      peer.stateQueries.take(now: uptime, interval: 1_000)
    {
      return takeStateQuery(id, parameters, peer)
    }
    guard peer.sharing.answering < Limits.queriesAnswered, isQuestion(command, parameters),
      let run = Command.table[command]?.run,
      let input = Input(command, command == "METADATA" ? Array(parameters.prefix(1)) + ["LIST"] : parameters),
      let person = personElsewhere(account, of: peer.name, isHomesWord: true)
    else {
      let why = "\(settings.realm) does not answer that now"
      let reply = QueryReply(command: "FAIL \(command)", words: ["TEMPORARILY_UNAVAILABLE"], text: why)
      return say(.answer(id: id, [reply]), to: peer)
    }
    peer.sharing.answering += 1
    stand(in: person) { realm, session in
      run(realm, session, input)
    } then: { realm, replies in
      peer.sharing.answering = max(0, peer.sharing.answering - 1)
      realm.say(.answer(id: id, replies), to: peer)
    }
  }

  /// Whether a command only asks, as all that a realm does for another one that is not a request.
  private func isQuestion(_ command: String, _ parameters: [String]) -> Bool {
    let isAboutGroup = parameters.first?.hasPrefix("#") == true
    return switch command {
    case "WHOIS", "WHO", "LIST", "METADATA": true
    case "NAMES", "TOPIC": isAboutGroup && parameters.count == 1
    case "MODE": isAboutGroup && (parameters.count == 1 || parameters.count == 2 && Self.asksForLists(parameters[1]))
    case "WHOWAS": !parameters.isEmpty && !isAboutGroup
    default: false
    }
  }

  // MARK: commands

  /// Asks the home of a group that the session sees nothing of here.
  ///
  /// - Returns: false where the question is answered here.
  func askHome(
    _ session: Session, _ group: String, _ command: String, _ parameters: [String] = [],
    then next: @escaping (Realm) -> Void = { _ in }
  ) -> Bool {
    let address = Address(group, home: settings.realm)
    guard let peer = homeToAsk(of: address, session) else { return false }
    ask(session, peer, command, [address.name] + parameters, then: next)
    return true
  }

  /// The realm that can tell of a group; nil where this one can, as of replicas whose members are connected.
  func homeToAsk(of address: Address, _ session: Session) -> Peer? {
    guard address.isGroup, session.caught == nil, let peer = peer(of: address) else { return nil }
    let group = groupNames[fold(address.text)].flatMap { groups[$0] }
    return group.map { canSee($0, session) } == true ? nil : peer
  }

  /// Asks a realm, and passes on what it answers.
  private func ask(
    _ session: Session, _ peer: Peer, _ command: String, _ parameters: [String], then next: @escaping (Realm) -> Void
  ) {
    query(session, peer, command, parameters) { realm, replies in
      // What has changed since may be that this name is another group's.
      realm.sendHeldBackChanges(session)
      if let replies {
        realm.pass(session, replies, from: peer.name)
      } else {
        let name = realm.translated(parameters[0], from: peer.name)
        realm.fail(session, command, "TEMPORARILY_UNAVAILABLE", [name], realm.noAnswer(peer, to: session))
        if command == "NAMES" { realm.reply(session, .endOfNames, [name], "End of /NAMES list") }
        if command == "WHOWAS" { realm.reply(session, .endOfWhowas, [name], "End of WHOWAS") }
      }
      next(realm)
    }
  }

  /// WHOWAS of somebody elsewhere.
  ///
  /// - Returns: false where the question is answered here.
  func whowasElsewhere(_ session: Session, _ input: Input) -> Bool {
    let address = Address(input.text(0), home: settings.realm)
    guard !address.isGroup, session.caught == nil, let peer = peer(of: address) else { return false }
    ask(session, peer, "WHOWAS", [address.name] + input.parameters(from: 1)) { _ in }
    return true
  }

  /// WHOIS of somebody elsewhere, and what comes after it.
  func whois(
    _ session: Session, elsewhere address: Address, _ peer: Peer, then next: @escaping (Realm) -> Void
  ) {
    query(session, peer, "WHOIS", [address.name]) { realm, replies in
      if let replies {
        var left = [Numeric.endOfWhois.digits]
        if !session.knowsMetadata { left.append(Numeric.whoisKeyValue.digits) }
        realm.pass(session, replies.filter { !left.contains($0.command) }, from: peer.name)
      } else {
        realm.reply(session, .noSuchNick, [address.text], realm.noAnswer(peer, to: session))
      }
      next(realm)
    }
  }

  /// Finds out whether a group of which a session sees nothing here is there for it at its home; if it is not, why.
  func withUnseenGroup(
    _ session: Session, _ address: Address, then done: @escaping (Realm, _ isThere: Bool, _ why: String) -> Void
  ) {
    guard let peer = homeToAsk(of: address, session) else {
      let isUnlinked = address.realm != nil && peer(of: address) == nil
      return done(self, false, isUnlinked ? noSuchNickText(address) : "No such channel")
    }
    query(session, peer, "MODE", [address.name]) { realm, replies in
      guard let replies else { return done(realm, false, "No such channel here: " + realm.noAnswer(peer, to: session)) }
      done(realm, replies.contains { $0.command == Numeric.channelModeIs.digits }, "No such channel")
    }
  }

  /// WHO of somebody elsewhere, or of a group: all is asked for, and told as it was asked here.
  func who(_ session: Session, elsewhere address: Address, _ peer: Peer, _ mask: String, _ form: WhoForm) {
    let asked = (form.operatorsOnly ? "o" : "") + "%" + WhoRow.told
    query(session, peer, "WHO", [address.name, asked]) { realm, replies in
      if let replies {
        for reply in replies where reply.command != Numeric.endOfWho.digits {
          guard var row = WhoRow(reply) else {
            realm.pass(session, [reply], from: peer.name)
            continue
          }
          row.flags = realm.shownPrefixes(row.flags, to: session)
          realm.reply(session, realm.translated(row, from: peer.name), form)
        }
      } else {
        realm.fail(session, "WHO", "TEMPORARILY_UNAVAILABLE", [mask], realm.noAnswer(peer, to: session))
      }
      realm.reply(session, .endOfWho, [mask], "End of WHO list")
    }
  }

  private func translated(_ row: WhoRow, from realm: String) -> WhoRow {
    var row = row
    row.nick = translated(row.nick, from: realm)
    if row.group.hasPrefix("#") { row.group = translated(row.group, from: realm) }
    // Other realms know people by their accounts, and speak for their own alone.
    if row.account != "0" { row.account = row.nick }
    return row
  }

  /// The realm whose groups a word of LIST asks for, and the word as it is there: `beta` and `*@beta` for all,
  /// `#plans/beta`; nil where this one can tell.
  func realmToList(_ word: String, _ session: Session) -> (peer: Peer, name: String)? {
    if let peer = peer(fold(word)) { return (peer, "*") }
    let address = Address(word, home: settings.realm)
    guard let peer = address.isGroup ? homeToAsk(of: address, session) : peer(of: address) else { return nil }
    return (peer, address.name.isEmpty ? "*" : address.name)
  }

  /// LIST of other realms' groups, of one after the other, and the end of all.
  func list(
    _ session: Session, _ asked: ArraySlice<(realm: String, names: [String])>, _ conditions: [String]
  ) {
    guard let (name, names) = asked.first else { return reply(session, .listEnd, [], "End of /LIST") }
    guard let peer = peer(name) else {
      refuseUnlinked(session, Address("*/\(name)", home: settings.realm))
      return list(session, asked.dropFirst(), conditions)
    }
    query(session, peer, "LIST", [(names + conditions).joined(separator: ",")]) { realm, replies in
      if let replies {
        let ends = [Numeric.listStart.digits, Numeric.listEnd.digits]
        realm.pass(session, replies.filter { !ends.contains($0.command) }, from: peer.name)
      } else {
        realm.fail(session, "LIST", "TEMPORARILY_UNAVAILABLE", [peer.name], realm.noAnswer(peer, to: session))
      }
      realm.list(session, asked.dropFirst(), conditions)
    }
  }

  func noAnswer(_ peer: Peer, to session: Session) -> String {
    guard session.user?.isGuest != true else { return guestsStay(settings.realm) }
    return canReach(peer) ? "\(peer.name) does not answer" : outOfReach(peer)
  }

  // MARK: the network

  /// LINKS (RFC 1459, section 4.3.3): the realms within reach, and over how many links.
  func links(_ session: Session, _ input: Input) {
    reply(session, .links, ["*", settings.serverName], "0 \(settings.title)")
    for peer in peers.values.sorted(by: { $0.name < $1.name }) {
      guard let route = peer.route else { continue }
      reply(session, .links, ["*", peer.name], "\(route.links) \(peer.known?.title ?? peer.name)")
    }
    reply(session, .endOfLinks, ["*"], "End of /LINKS list")
  }

  /// MAP: the same as a tree, each realm below the neighbour through which it is reached.
  func map(_ session: Session, _ input: Input) {
    reply(session, .map, [], settings.realm)
    let reached = peers.values.filter { $0.route != nil }.sorted { $0.name < $1.name }
    for neighbour in reached where neighbour.route?.next == neighbour.name {
      reply(session, .map, [], "|-" + neighbour.name)
      for peer in reached where peer.route?.next == neighbour.name && peer !== neighbour {
        reply(session, .map, [], "| |-" + peer.name)
      }
    }
    let away = peers.values.filter { $0.route == nil }.sorted { $0.name < $1.name }.map { peer in
      peer.outOfReachSince.map { "\(peer.name) (since \(Timestamp.text($0.time)))" } ?? peer.name
    }
    if !away.isEmpty { reply(session, .map, [], "out of reach: " + away.joined(separator: " ")) }
    reply(session, .endOfMap, [], "End of /MAP")
  }
}
