import Wire

/// METADATA (IRCv3 draft/metadata-2 and draft/metadata-3): the keys of people and groups, and an account's own
/// preferences about conversations, whose keys are soju's.
extension Realm {
  func metadataCommand(_ session: Session, _ input: Input) {
    let command = input.text(1).uppercased()
    guard input.count > 1, let least = Self.metadataParameters[command], input.count >= 2 + least.lowerBound,
      input.count <= 2 + least.upperBound
    else {
      return refuseMetadata(
        session, .badParameters(input.count > 1 ? command : "*"),
        "Say METADATA <target> and GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS or SYNC")
    }
    let isOwn = input.text(0) == "*" || sameName(input.slice(0), session.nick.utf8)
    if command == "SUB" || command == "UNSUB" || command == "SUBS" {
      guard isOwn else { return refuseMetadata(session, .badTarget(input.text(0)), "Subscriptions are a client's own") }
      return subscription(session, command, input.parameters(from: 2))
    }
    guard let user = session.user else { return metadataBefore(session, command, input) }
    if command == "SYNC", input.text(0) == "*ALL" { return syncAll(session, keys: session.subscriptions) }
    if metadataElsewhere(session, command, input) { return }
    let isRead = command == "LIST" || command == "SYNC" || command == "GET" && !asksForPreferences(input)
    withSubject(session, user, isOwn ? user.nick : input.text(0), isRead: isRead) { realm, subject in
      if realm.forwardMetadata(session, user, subject, command, input) { return }
      switch command {
      case "GET": realm.getMetadata(session, subject, input.parameters(from: 2))
      case "LIST": realm.listMetadata(session, subject)
      case "SET": realm.setMetadata(session, user, subject, input)
      case "CLEAR": realm.clearMetadata(session, user, subject)
      default: realm.sync(session, subject)
      }
    }
  }

  /// How many parameters follow the subcommand.
  private static let metadataParameters: [String: ClosedRange<Int>] = [
    "GET": 1...Line.parametersMax, "LIST": 0...0, "SET": 1...2, "CLEAR": 0...0, "SUB": 1...Line.parametersMax,
    "UNSUB": 1...Line.parametersMax, "SUBS": 0...0, "SYNC": 0...0,
  ]

  // MARK: subjects

  /// Whom or what a command is about, and what it is called.
  struct MetadataSubject {
    enum Kind {
      case person(PersonID)
      case group(Group)
      /// Everybody of a realm: it has preferences only.
      case realm(String)
    }
    var kind: Kind
    var name: String

    /// Where its keys are; nil where it has none.
    var target: Target? {
      switch kind {
      case .person(let person): .person(person)
      case .group(let group): .group(group.id)
      case .realm: nil
      }
    }

    var preferenceTarget: PreferenceTarget {
      switch kind {
      case .person(let person): .person(person)
      case .group(let group): .group(group.id)
      case .realm(let realm): .realm(realm)
      }
    }
  }

  /// Whether a GET asks for nothing but what the account has decided.
  private func asksForPreferences(_ input: Input) -> Bool {
    input.parameters(from: 2).allSatisfy { Preference.named($0) != nil }
  }

  private func withSubject(
    _ session: Session, _ user: User, _ text: String, isRead: Bool,
    then body: @escaping (Realm, MetadataSubject) -> Void
  ) {
    let address = Address(text, home: settings.realm)
    func refuse(_ realm: Realm) {
      realm.refuseMetadata(session, .badTarget(text), "There is nobody and no group of that name")
    }
    if address.isGroup {
      return withGroup(address.text, session) { realm, group in
        guard let group, realm.canSee(group, session) else { return refuse(realm) }
        body(realm, MetadataSubject(kind: .group(group), name: group.name))
      }
    }
    guard let subject = personOrRealm(address) else { return refuse(self) }
    withMetadata(of: subject, session, isRead: isRead) { realm, isThere in
      if isThere { body(realm, subject) } else { refuse(realm) }
    }
  }

  /// A person by nick or account, one of another realm, or that realm: `*/beta`.
  func personOrRealm(_ address: Address) -> MetadataSubject? {
    if let peer = peer(of: address), address.name == "*" {
      return MetadataSubject(kind: .realm(peer.name), name: "*/\(peer.name)")
    }
    guard let person = addressee(address.text) else { return nil }
    return MetadataSubject(kind: .person(person), name: name(of: person))
  }

  // MARK: reading

  private func getMetadata(_ session: Session, _ subject: MetadataSubject, _ keys: [String]) {
    let lines = keys.map { key -> Outgoing in
      guard Metadata.isKey(key) else { return badKeyLine(session, key) }
      if let preference = Preference.named(key) {
        let isSet = self.preference(of: session, about: subject.preferenceTarget).contains(preference)
        return keyLine(session, subject.name, key, isSet ? "1" : "0", isPrivate: true)
      }
      return keyLine(session, subject.name, key, subject.target.flatMap { metadata[$0]?[key] })
    }
    sendMetadataBatch(session, subject.name, lines)
  }

  func badKeyLine(_ session: Session, _ key: String) -> Outgoing {
    problemLine(session, .badKey(key), "Invalid key", kind: "WARN")
  }

  private func listMetadata(_ session: Session, _ subject: MetadataSubject) {
    let fields = subject.target.flatMap { metadata[$0]?.fields } ?? []
    let lines = fields.map { keyLine(session, subject.name, $0.key, $0.value) }
    let own = preference(of: session, about: subject.preferenceTarget)
    let decided = Preference.keys.filter { own.contains($0.preference) }
    sendMetadataBatch(
      session, subject.name, lines + decided.map { keyLine(session, subject.name, $0.key, "1", isPrivate: true) })
  }

  // MARK: changing

  private func setMetadata(_ session: Session, _ user: User, _ subject: MetadataSubject, _ input: Input) {
    let key = input.text(2)
    guard let value = checked(session, key, input) else { return }
    if let preference = Preference.named(key) {
      return setPreference(session, user, subject, preference, isOn: value == "1")
    }
    guard let target = changeable(session, user, subject, key) else { return }
    let new = value.isEmpty ? nil : value
    guard metadata[target]?[key] != new else { return send(keyLine(session, subject.name, key, new), to: session) }
    guard new == nil || metadata[target]?[key] != nil || (metadata[target]?.fields.count ?? 0) < Limits.metadataKeys
    else {
      return refuseMetadata(
        session, .limit("SET", item: subject.name, Limits.metadataKeys),
        "\(Limits.metadataKeys) keys are set, as many as there can be")
    }
    guard mayChangeMetadata(session, user, input) else { return }
    change(target, key, new, of: user, subject.name, by: session)
    send(keyLine(session, subject.name, key, new), to: session)
  }

  /// The value of a SET, empty for none; answers where it or the key cannot be set.
  func checked(_ session: Session, _ key: String, _ input: Input) -> String? {
    let value = input.text(3)
    guard Metadata.isKey(key) else {
      refuseMetadata(
        session, .badKey(key),
        "A key has up to \(Limits.metadataKeyBytes) letters a to z, digits and _ . / -; those that begin with soju.im/ "
          + "or moot/ have a meaning already")
      return nil
    }
    if Preference.named(key) != nil {
      guard value.isEmpty || value == "0" || value == "1" else {
        refuseMetadata(session, .badValue(key), "It is 0 or 1")
        return nil
      }
    } else if value.utf8.count > Limits.metadataValueBytes {
      refuseMetadata(session, .badValue(key), "A value has \(Limits.metadataValueBytes) bytes at most")
      return nil
    }
    return value
  }

  /// Where a key may be changed by a user; answers if it may not.
  static let changesOwnOnly = "You can change your own keys and your groups' only"

  private func changeable(_ session: Session, _ user: User, _ subject: MetadataSubject, _ key: String) -> Target? {
    let isAllowed =
      switch subject.kind {
      case .person(let person): person == user.id
      case .group(let group): group.home == nil && group.ranks(of: user.id).canModerate
      case .realm: false
      }
    guard isAllowed, let target = subject.target else {
      refuseMetadata(session, .noPermission(subject.name, key), Self.changesOwnOnly)
      return nil
    }
    guard !diskLow else {
      fail(
        session, "METADATA", "TEMPORARILY_UNAVAILABLE", [subject.name], "The server's disk is full: try again later")
      return nil
    }
    return target
  }

  func mayChangeMetadata(_ session: Session, _ user: User, _ input: Input) -> Bool {
    guard !user.metadataChanges.take(now: uptime, interval: Limits.metadataRefill) else { return true }
    let seconds = String(Limits.metadataRefill / 1_000)
    counters.refusals += 1
    if session.has(.metadata2) {
      fail(
        session, "METADATA", "RATE_LIMITED", [input.text(0), input.count > 2 ? input.text(2) : "*", seconds],
        "Too many changes: try again in \(seconds) s")
    } else {
      var words = [seconds, input.text(0), input.text(1).uppercased()]
      if input.count > 2 { words.append(input.text(2)) }
      reply(session, .metadataRateLimit, words, input.count > 3 ? input.text(3) : nil)
    }
    return false
  }

  /// Changes a key for good, and tells who watches it.
  private func change(
    _ target: Target, _ key: String, _ value: String?, of user: User, _ name: String, by session: Session?
  ) {
    metadata[target, default: Metadata()][key] = value
    if metadata[target]?.isEmpty == true { metadata[target] = nil }
    if case .person(let person) = target, person.rawValue < 0 {
      // A guest's are gone with it.
    } else {
      turn.writes.append(.metadata(target, key: key, value: value))
    }
    tellMetadata(target, name, key, value, except: session)
    tellMetadataElsewhere(of: target)
  }

  private func clearMetadata(_ session: Session, _ user: User, _ subject: MetadataSubject) {
    let isOwnPerson: Bool = if case .person(user.id) = subject.kind { true } else { false }
    let isOwnGroup: Bool =
      if case .group(let group) = subject.kind { group.ranks(of: user.id).canModerate } else { false }
    guard isOwnPerson || isOwnGroup else { return clearPreferences(session, user, subject) }
    guard let target = changeable(session, user, subject, "*") else { return }
    let fields = metadata[target]?.fields ?? []
    for field in fields { change(target, field.key, nil, of: user, subject.name, by: session) }
    sendMetadataBatch(session, subject.name, fields.map { keyLine(session, subject.name, $0.key, nil) })
  }

  /// An account has ended: the store forgets all it has shown, and so do those who watch it.
  func clearMetadata(of person: PersonID) {
    guard let fields = metadata.removeValue(forKey: .person(person))?.fields else { return }
    for field in fields { tellMetadata(.person(person), name(of: person), field.key, nil, except: nil) }
    tellMetadataElsewhere(of: .person(person))
  }

  // MARK: before registration

  private func metadataBefore(_ session: Session, _ command: String, _ input: Input) {
    guard !session.registered else { return refuseWithoutAccount(session, "METADATA", input.text(0)) }
    guard input.text(0) == "*" else {
      return refuseMetadata(session, .badTarget(input.text(0)), "Before you are registered, say * for yourself")
    }
    switch command {
    case "SET": setBefore(session, input)
    case "GET":
      let lines = input.parameters(from: 2).map { key -> Outgoing in
        guard Metadata.isKey(key) else { return badKeyLine(session, key) }
        return keyLine(session, "*", key, session.metadataBefore.last { $0.key == key }?.value)
      }
      sendMetadataBatch(session, "*", lines)
    case "LIST":
      let set = session.metadataBefore.filter { $0.value != nil }
      sendMetadataBatch(session, "*", set.map { keyLine(session, "*", $0.key, $0.value) })
    case "CLEAR":
      let set = session.metadataBefore.filter { $0.value != nil }
      session.metadataBefore = []
      sendMetadataBatch(session, "*", set.map { keyLine(session, "*", $0.key, nil) })
    default: reply(session, .notRegistered, [], "You have not registered")
    }
  }

  private func setBefore(_ session: Session, _ input: Input) {
    let key = input.text(2)
    guard let value = checked(session, key, input) else { return }
    guard Preference.named(key) == nil else {
      return refuseMetadata(session, .noPermission("*", key), "That is about a conversation: name it")
    }
    session.metadataBefore.removeAll { $0.key == key }
    guard session.metadataBefore.count < Limits.metadataKeys else {
      return refuseMetadata(
        session, .limit("SET", item: "*", Limits.metadataKeys),
        "\(Limits.metadataKeys) keys are set, as many as there can be")
    }
    session.metadataBefore.append((key, value.isEmpty ? nil : value))
    send(keyLine(session, "*", key, value.isEmpty ? nil : value), to: session)
  }

  /// Takes over what METADATA has set before registration, as far as there is room.
  func takeMetadataBefore(_ session: Session, _ user: User) {
    let fields = session.metadataBefore
    session.metadataBefore = []
    let target = Target.person(user.id)
    for (key, value) in fields where metadata[target]?[key] != value && !diskLow {
      let isNew = value != nil && metadata[target]?[key] == nil
      if isNew, (metadata[target]?.fields.count ?? 0) >= Limits.metadataKeys { continue }
      change(target, key, value, of: user, user.nick, by: session)
    }
  }
}
