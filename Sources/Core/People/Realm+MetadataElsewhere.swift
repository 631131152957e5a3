import Wire

/// Metadata across realms. Of people a realm asks the realm they belong to, which tells all they show at once and with
/// every change, as long as the circuit is open; it is kept in memory and asked for anew with the next circuit. Of
/// groups the home tells its followers, which store it.
extension Realm {
  // MARK: wanting

  /// Asks for what somebody elsewhere shows, once.
  func wantMetadata(of person: PersonID) {
    guard let name = personName(of: person), name.realm != settings.realm, let peer = peer(name.realm) else { return }
    want([name.name], of: peer)
  }

  func wantMetadata(ofMembersOf group: Group) {
    guard !group.membersElsewhere.isEmpty else { return }
    var names: [String: [String]] = [:]
    for person in group.members.keys where realm(of: person) != nil && metadata[.person(person)] == nil {
      guard let name = personName(of: person) else { continue }
      names[name.realm, default: []].append(name.name)
    }
    for realm in group.membersElsewhere.keys {
      if let peer = peer(realm) { want(names[realm] ?? [], of: peer) }
    }
  }

  private func want(_ names: [String], of peer: Peer) {
    let new = names.filter { peer.metadataWanted[fold($0)] == nil }
      .prefix(max(0, Limits.metadataElsewhere - peer.metadataWanted.count))
    guard !new.isEmpty else { return }
    for name in new { peer.metadataWanted[fold(name)] = true }
    if peer.isOpen { sayWants(Array(new), to: peer) } else { openCircuit(to: peer) }
  }

  private func sayWants(_ names: [String], to peer: Peer) {
    for start in stride(from: 0, to: names.count, by: Limits.namesInItem) {
      say(.wantMetadata(Array(names[start..<min(start + Limits.namesInItem, names.count)])), to: peer)
    }
  }

  /// A circuit is new: its other end is told whose metadata is wanted, which is that of those whom somebody here still
  /// sees.
  func sayWantsMetadata(to peer: Peer) {
    guard !peer.metadataWanted.isEmpty else { return }
    var seen: Set<PersonID> = []
    for group in groups.values where group.membersElsewhere[peer.name] != nil { seen.formUnion(group.members.keys) }
    for folded in peer.metadataWanted.keys where peer.watches[folded] == nil {
      guard let person = accountNames["\(folded)/\(peer.name)"], !seen.contains(person) else { continue }
      peer.metadataWanted[folded] = nil
      metadata[.person(person)] = nil
    }
    sayWants(peer.metadataWanted.keys, to: peer)
  }

  /// Nothing is kept of the people of a realm that is forgotten.
  func forgetMetadata(of realm: String) {
    for (person, account) in accounts where account.flags.contains(.remote) && self.realm(of: person) == realm {
      metadata[.person(person)] = nil
    }
  }

  /// All that an account or a group of another realm shows has come.
  func takeMetadata(_ owner: MetadataOwner, _ fields: [Metadata.Field], from peer: Peer) {
    switch owner {
    case .person(let name):
      guard peer.metadataWanted[fold(name)] != nil,
        let person = personElsewhere(name, of: peer.name, isHomesWord: true)
      else { return }
      replace(.person(person), self.name(of: person), by: fields, isKept: false)
    case .group(let group):
      guard let replica = peer.sharing.following[group]?.replica else { return }
      replace(.group(replica.id), replica.name, by: fields, isKept: true)
    }
  }

  private func replace(_ target: Target, _ name: String, by fields: [Metadata.Field], isKept: Bool) {
    let before = metadata[target] ?? Metadata()
    var after = Metadata()
    for field in fields { after[field.key] = field.value }
    guard before != after else { return }
    metadata[target] = after.isEmpty ? nil : after
    let keys = before.fields.map(\.key).filter { after[$0] == nil } + fields.map(\.key)
    for key in keys where before[key] != after[key] {
      if isKept { turn.writes.append(.metadata(target, key: key, value: after[key])) }
      tellMetadata(target, name, key, after[key], except: nil)
    }
  }

  // MARK: being wanted

  func takeWantMetadata(_ names: [String], from peer: Peer) {
    for name in names {
      let folded = fold(name)
      guard
        peer.sharing.metadataWanted[folded] != nil || peer.sharing.metadataWanted.count < Limits.watchesPerRealm
      else { return }
      peer.sharing.metadataWanted[folded] = true
      metadataWantedElsewhere[folded, default: Table()][peer.name] = peer
      guard let person = accountHere(name) else { continue }
      sayMetadata(of: person, to: peer)
    }
  }

  private func sayMetadata(of person: PersonID, to peer: Peer) {
    guard let account = accounts[person] else { return }
    say(.metadata(.person(account.name), metadata[.person(person)]?.fields ?? []), to: peer)
  }

  /// What a group of ours shows, to a realm that has just caught up with it.
  func sayMetadata(of group: GroupID, to peer: Peer) {
    say(.metadata(.group(group.rawValue), metadata[.group(group)]?.fields ?? []), to: peer)
  }

  /// Something has changed: those who want to know are told all of it.
  func tellMetadataElsewhere(of target: Target) {
    switch target {
    case .person(let person):
      guard let account = accounts[person], let peers = metadataWantedElsewhere[fold(account.name)] else { return }
      for peer in peers.values { sayMetadata(of: person, to: peer) }
    case .group(let id):
      guard let followers = followers[id] else { return }
      for follower in followers.realms.values where follower.isLive { sayMetadata(of: id, to: follower.peer) }
    }
  }

  /// The circuit is gone: its other end will say anew whom it wants to know of.
  func endMetadata(of peer: Peer) {
    for folded in peer.sharing.metadataWanted.keys {
      metadataWantedElsewhere[folded]?[peer.name] = nil
      if metadataWantedElsewhere[folded]?.isEmpty == true { metadataWantedElsewhere[folded] = nil }
    }
  }

  // MARK: commands

  /// Has what a subject shows at hand, where that is somebody elsewhere who was not asked about yet: false where its
  /// realm knows nobody of that name.
  ///
  /// - Parameter isRead: whether that is to be told; if it cannot be, the session is told why.
  func withMetadata(
    of subject: MetadataSubject, _ session: Session, isRead: Bool, then body: @escaping (Realm, Bool) -> Void
  ) {
    guard session.caught == nil, case .person(let person) = subject.kind, let name = personName(of: person),
      name.realm != settings.realm, let peer = peer(name.realm), peer.metadataWanted[fold(name.name)] == nil
    else { return body(self, true) }
    query(session, peer, "METADATA", [name.name]) { realm, replies in
      guard let replies else {
        guard isRead, realm.metadata[.person(person)] == nil else { return body(realm, true) }
        let why = realm.noAnswer(peer, to: session)
        return realm.fail(session, "METADATA", "TEMPORARILY_UNAVAILABLE", [subject.name], why)
      }
      guard let shown = Metadata(replies) else { return body(realm, false) }
      realm.replace(.person(person), realm.name(of: person), by: shown.fields, isKept: false)
      realm.wantMetadata(of: person)
      body(realm, true)
      // Where there is no room to be told of changes, what was told now would grow old.
      if peer.metadataWanted[fold(name.name)] == nil { realm.metadata[.person(person)] = nil }
    }
  }

  /// METADATA of a group of which the session sees nothing here: asks its home what it shows.
  ///
  /// - Returns: false where the command is carried out here.
  func metadataElsewhere(_ session: Session, _ command: String, _ input: Input) -> Bool {
    let address = Address(input.text(0), home: settings.realm)
    guard let home = homeToAsk(of: address, session) else { return false }
    query(session, home, "METADATA", [address.name]) { realm, replies in
      guard let replies else {
        let why = realm.noAnswer(home, to: session)
        return realm.fail(session, "METADATA", "TEMPORARILY_UNAVAILABLE", [address.text], why)
      }
      guard let shown = Metadata(replies) else {
        return realm.refuseMetadata(session, .badTarget(address.text), "There is nobody and no group of that name")
      }
      realm.answerMetadata(session, command, address.text, shown, input)
    }
    return true
  }

  private func answerMetadata(
    _ session: Session, _ command: String, _ name: String, _ shown: Metadata, _ input: Input
  ) {
    let lines: [Outgoing]
    switch command {
    case "GET":
      lines = input.parameters(from: 2).map { key in
        Metadata.isKey(key) ? keyLine(session, name, key, shown[key]) : badKeyLine(session, key)
      }
    case "LIST": lines = shown.fields.map { keyLine(session, name, $0.key, $0.value) }
    case "SYNC":
      let wanted = session.subscriptions.filter { shown[$0] != nil }
      lines = wanted.map { newsLine(session, name, $0, shown[$0]) }
    default:
      let key = input.count > 2 ? input.text(2) : "*"
      return refuseMetadata(session, .noPermission(name, key), Self.changesOwnOnly)
    }
    sendMetadataBatch(session, name, lines)
  }

  /// Passes a change of what a group of another realm shows on to its home; false for all else.
  func forwardMetadata(
    _ session: Session, _ user: User, _ subject: MetadataSubject, _ command: String, _ input: Input
  ) -> Bool {
    guard case .group(let group) = subject.kind, group.home != nil else { return false }
    switch command {
    case "SET" where Preference.named(input.text(2)) == nil:
      guard let value = checked(session, input.text(2), input), mayChangeMetadata(session, user, input) else {
        return true
      }
      let parameters = [referenceAtHome(group), "SET", input.text(2)] + (value.isEmpty ? [] : [value])
      return forward(session, group, "METADATA") { _ in parameters }
    case "CLEAR" where group.ranks(of: user.id).canModerate:
      guard mayChangeMetadata(session, user, input) else { return true }
      return forward(session, group, "METADATA") { _ in [referenceAtHome(group), "CLEAR"] }
    default: return false
    }
  }

  /// What another realm can have METADATA do: to change a group of ours.
  static func changesMetadata(_ parameters: [String]) -> Bool {
    parameters.count >= 2 && (parameters[1] == "SET" || parameters[1] == "CLEAR")
  }

  /// Whether an account of another realm may do that now: neither it alone nor its realm as a whole without end.
  func mayChangeMetadata(_ account: String, _ peer: Peer) -> Bool {
    let interval = Limits.metadataRefill
    if peer.metadataChangers.count >= Limits.metadataChangersElsewhere {
      peer.metadataChangers = peer.metadataChangers.filter { _, bucket in
        var bucket = bucket
        return !bucket.isFull(now: uptime, interval: interval)
      }
      // So many at once are not people.
      guard peer.metadataChangers.count < Limits.metadataChangersElsewhere else { return false }
    }
    return peer.metadataChangers[fold(account), default: TokenBucket(Limits.metadataChanges)]
      .take(now: uptime, interval: interval) && peer.metadataChanges.take(now: uptime, interval: interval)
  }
}

extension Metadata {
  /// RPL_KEYVALUEs as another realm has answered them; nil where it knows nobody and no group of that name.
  fileprivate init?(_ replies: [QueryReply]) {
    self.init()
    for reply in replies {
      if reply.command == "FAIL METADATA", reply.words.first == "INVALID_TARGET" { return nil }
      guard reply.command == Numeric.keyValue.digits, reply.words.count == 3, fields.count < Limits.metadataKeys,
        let value = reply.text, !value.isEmpty, Self.isKey(reply.words[1]),
        value.utf8.count <= Limits.metadataValueBytes
      else { continue }
      self[reply.words[1]] = value
    }
  }
}
