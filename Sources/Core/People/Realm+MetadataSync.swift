import Wire

/// Who is told of metadata: subscriptions, what holds when somebody comes to see something, and changes.
extension Realm {
  // MARK: SUB, UNSUB, SUBS

  func subscription(_ session: Session, _ command: String, _ keys: [String]) {
    switch command {
    case "SUB": subscribe(session, keys)
    case "UNSUB": unsubscribe(session, keys)
    default:
      let lines = keyLines(session, .metadataSubs, session.subscriptions)
      sendMetadataBatch(session, "*", lines, type: "metadata-subs")
    }
  }

  private func subscribe(_ session: Session, _ keys: [String]) {
    var added: [String] = []
    var accepted: [String] = []
    var problems: [Outgoing] = []
    for key in keys {
      guard Metadata.isKey(key) else {
        problems.append(badKeyLine(session, key))
        continue
      }
      if !session.subscriptions.contains(key) {
        guard session.subscriptions.count < Limits.metadataSubscriptions else {
          problems.append(
            problemLine(
              session, .limit("SUB", item: key, Limits.metadataSubscriptions), "Too many subscriptions", kind: "FAIL"))
          break
        }
        if session.subscriptions.isEmpty { metadataSubscribers += 1 }
        session.subscriptions.append(key)
        added.append(key)
      }
      accepted.append(key)
    }
    sendKeys(session, .metadataSubOK, accepted)
    for problem in problems { send(problem, to: session) }
    if session.user != nil, session.registered, !added.isEmpty { syncAll(session, keys: added) }
  }

  private func unsubscribe(_ session: Session, _ keys: [String]) {
    var accepted: [String] = []
    var problems: [Outgoing] = []
    for key in keys {
      guard Metadata.isKey(key) else {
        problems.append(badKeyLine(session, key))
        continue
      }
      if session.subscriptions == [key] { metadataSubscribers -= 1 }
      session.subscriptions.removeAll { $0 == key }
      accepted.append(key)
    }
    sendKeys(session, .metadataUnsubOK, accepted)
    for problem in problems { send(problem, to: session) }
  }

  func endSubscriptions(_ session: Session) {
    if !session.subscriptions.isEmpty { metadataSubscribers -= 1 }
    session.subscriptions = []
  }

  /// The capability was switched on or off: without it there are no subscriptions (draft/metadata-3, "Capability").
  func metadataSwitched(_ session: Session) {
    if session.knowsMetadata {
      if session.registered { showOwnMetadata(session) }
    } else {
      endSubscriptions(session)
    }
  }

  // MARK: what holds

  /// All that a client's own user shows, whatever it subscribes to (draft/metadata-3, "Automatic synchronization").
  func showOwnMetadata(_ session: Session) {
    guard session.knowsMetadata, let user = session.user else { return }
    let fields = metadata[.person(user.id)]?.fields ?? []
    sendMetadataBatch(session, user.nick, fields.map { newsLine(session, user.nick, $0.key, $0.value) })
  }

  /// SYNC of one person or group.
  func sync(_ session: Session, _ subject: MetadataSubject) {
    var lines = SyncedLines(most: pageBytes)
    switch subject.kind {
    case .group(let group): add(group, session.subscriptions, to: &lines, for: session)
    case .person(let person): add(.person(person), subject.name, session.subscriptions, to: &lines, for: session)
    case .realm: break
    }
    addPreference(about: subject.preferenceTarget, subject.name, session.subscriptions, to: &lines, for: session)
    sendSynced(session, subject.name, lines)
  }

  /// A client has come into a group.
  func syncJoined(_ session: Session, _ group: Group) {
    guard group.members.count <= Limits.metadataJoined else {
      return reply(session, .metadataSyncLater, [group.name, "1"], "Say METADATA \(group.name) SYNC")
    }
    var lines = SyncedLines(most: pageBytes)
    add(group, session.subscriptions, to: &lines, for: session)
    addPreference(about: .group(group.id), group.name, session.subscriptions, to: &lines, for: session)
    // draft/metadata-2 asks for what there is, draft/metadata-3 for an answer in any case.
    if session.has(.metadata3) || !lines.lines.isEmpty { sendSynced(session, group.name, lines) }
  }

  /// A person whom a client watches is there.
  func syncMonitored(_ session: Session, _ folded: String) {
    guard let person = nicks[folded]?.id ?? accountNames[folded] else { return }
    if !session.subscriptions.isEmpty { wantMetadata(of: person) }
    let name = name(of: person)
    var lines = SyncedLines(most: pageBytes)
    add(.person(person), name, session.subscriptions, to: &lines, for: session)
    addPreference(about: .person(person), name, session.subscriptions, to: &lines, for: session)
    guard session.has(.metadata3) || !lines.lines.isEmpty else { return }
    sendMetadataBatch(session, name, lines.lines)
  }

  /// All that a client sees: itself, its groups and their members, whom it watches; and its account's preferences.
  func syncAll(_ session: Session, keys: [String]) {
    guard let user = session.user else { return }
    var lines = SyncedLines(most: pageBytes)
    var seen: Set<PersonID> = [user.id]
    add(.person(user.id), user.nick, keys, to: &lines, for: session)
    for group in user.groups.values.sorted(by: { $0.id < $1.id }) { add(group, keys, to: &lines, for: session, &seen) }
    for folded in session.monitored.keys {
      guard let person = nicks[folded]?.id ?? accountNames[folded], seen.insert(person).inserted else { continue }
      if !keys.isEmpty { wantMetadata(of: person) }
      add(.person(person), name(of: person), keys, to: &lines, for: session)
    }
    if let own = preferences[user.id] {
      for target in own.keys {
        guard let name = name(of: target) else { continue }
        addPreference(about: target, name, keys, to: &lines, for: session)
      }
    }
    if session.has(.metadata2), lines.lines.isEmpty { return }
    sendSynced(session, "*ALL", lines)
  }

  /// Lines up to what may wait for a client.
  struct SyncedLines {
    var lines: [Outgoing] = []
    let most: Int
    var bytes = 0
    var people = 0
    var isCut = false

    init(most: Int) { self.most = most }

    mutating func append(_ line: Outgoing) {
      bytes += line.line.count + 32
      guard bytes <= most else {
        isCut = true
        return
      }
      lines.append(line)
    }
  }

  private func add(_ group: Group, _ keys: [String], to lines: inout SyncedLines, for session: Session) {
    var seen: Set<PersonID> = []
    add(group, keys, to: &lines, for: session, &seen)
  }

  private func add(
    _ group: Group, _ keys: [String], to lines: inout SyncedLines, for session: Session, _ seen: inout Set<PersonID>
  ) {
    guard !keys.isEmpty else { return }
    wantMetadata(ofMembersOf: group)
    add(.group(group.id), group.name, keys, to: &lines, for: session)
    turn.rowsSearched += group.members.count
    let showsAll = seesInvisible(group, session)
    for (person, member) in zip(group.members.keys, group.members.values) where !lines.isCut {
      guard showsAll || member.user?.modes.contains(.invisible) != true else { continue }
      guard metadata[.person(person)] != nil, seen.insert(person).inserted else { continue }
      lines.people += 1
      guard lines.people <= Limits.metadataSynced else {
        lines.isCut = true
        return
      }
      add(.person(person), name(of: person), keys, to: &lines, for: session)
    }
  }

  private func add(
    _ target: Target, _ name: String, _ keys: [String], to lines: inout SyncedLines, for session: Session
  ) {
    for field in metadata[target]?.fields ?? [] where keys.contains(field.key) {
      lines.append(newsLine(session, name, field.key, field.value))
    }
  }

  private func addPreference(
    about target: PreferenceTarget, _ name: String, _ keys: [String], to lines: inout SyncedLines, for session: Session
  ) {
    let own = preference(of: session, about: target)
    for (key, preference) in Preference.keys where own.contains(preference) && keys.contains(key) {
      lines.append(newsLine(session, name, key, "1", isPrivate: true))
    }
  }

  private func sendSynced(_ session: Session, _ name: String, _ synced: SyncedLines) {
    var lines = synced.lines
    if synced.isCut {
      let why = "There is more than can be told at once: say SYNC for single groups, GET for single people"
      lines.append(
        Outgoing(line: standardLine(session, "WARN", "METADATA", "LIMIT_REACHED", ["SYNC", name], why).bytes))
    }
    sendMetadataBatch(session, name, lines)
  }

  // MARK: changes

  /// Tells a change to those who see the person or the group and have subscribed to the key.
  func tellMetadata(_ target: Target, _ name: String, _ key: String, _ value: String?, except: Session?) {
    guard metadataSubscribers > 0 else { return }
    for session in sessionsSeeing(target, name)
    where session !== except && session.knowsMetadata && session.subscriptions.contains(key) {
      sendInOrder(newsLine(session, name, key, value), to: session)
    }
  }

  /// The sessions that see a person or a group, each once.
  private func sessionsSeeing(_ target: Target, _ name: String) -> [Session] {
    switch target {
    case .group(let id): return groups[id].map(sessions) ?? []
    case .person(let person):
      let user = users[person]
      if user == nil { turn.rowsSearched += self.groups.count }
      var found = user?.sessions ?? []
      var seen = Set(found.map(\.connection))
      let groups = user?.groups.values ?? self.groups.values.filter { $0.members[person] != nil }
      for group in groups {
        for session in sessions(of: group) where seen.insert(session.connection).inserted { found.append(session) }
      }
      for session in watchers[fold(name)]?.values ?? [] where seen.insert(session.connection).inserted {
        found.append(session)
      }
      return found
    }
  }

  private func sessions(of group: Group) -> [Session] {
    let audience = group.audience(threads: sessions.count)
    turn.rowsSearched += audience.live.count
    return audience.live + audience.heldBack
  }

  /// Somebody has come into a group: its members see from now on what it shows.
  func tellMetadata(ofJoining person: PersonID, _ group: Group) {
    guard metadataSubscribers > 0 else { return }
    wantMetadata(of: person)
    guard let fields = metadata[.person(person)]?.fields else { return }
    let name = name(of: person)
    for session in sessions(of: group) where session.knowsMetadata && session.user?.id != person {
      for field in fields where session.subscriptions.contains(field.key) {
        sendInOrder(newsLine(session, name, field.key, field.value), to: session)
      }
    }
  }
}
