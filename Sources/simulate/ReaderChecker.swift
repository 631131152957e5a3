import Core
import Wire

/// Compares what the readers of the store answer with what the ledger says they must.
enum ReaderChecker {
  static func compare(_ answer: Answer, to ask: Ask, with ledger: Ledger) -> String? {
    if case .failed(let reason) = answer { return "a reader does not answer \(ask): \(reason)" }
    let expected = expected(ask, ledger)
    return answer == expected ? nil : "the store answers \(ask) with \(answer), and should with \(expected)"
  }

  private static func expected(_ ask: Ask, _ ledger: Ledger) -> Answer {
    switch ask {
    case .loadAccount(let person): .account(account(person, ledger))
    case .loadGroup(let group): .group(ledger.groups[group].map(sorted))
    case .devices(let person):
      .devices(ledger.devices.values.map(\.record).filter { $0.account == person }.sorted { $0.id < $1.id })
    case .invitations(let person, let limit): .invitations(invitations(of: person, ledger).suffix(limit))
    case .listGroups: .groups(ledger.groups.values.sorted { $0.id < $1.id }.map(summary))
    case .history(let query): history(query, ledger)
    case .conversations(let person, let groups, let after, let before, let newest, let limit):
      .conversations(
        conversations(
          of: person, groups, ledger, after: after, before: before, newest: newest, limit: limit))
    case .missed(let person, let groups, let after, let limit): missed(person, groups, after, limit, ledger)
    case .outbox(let realm, let after, let bytes): .outbox(ledger.outboxes[realm]?.after(after, bytes: bytes) ?? [])
    case .groupLog(let group, let after, let limit, let bytes):
      .groupLog(groupLog(group, after: after, limit: limit, bytes: bytes, ledger))
    case .entry(let id, let conversation): .entry(found(id, conversation, ledger))
    case .revisions(let limit):
      .revisions(
        ledger.revisions.prefix(limit).compactMap { ledger.entry(at: $0) }.map { entry in
          guard !ledger.isApart(entry) else { return Revision(entry: entry, of: nil, isApart: true) }
          return Revision(entry: entry, of: entry.revised.flatMap { found($0, conversation(of: entry), ledger) })
        })
    case .setApart(let group, let limit): .groupLog(setApart(of: group, limit: limit, ledger))
    case .groupsShared(let realm): .groupsShared(groupsShared(with: realm, ledger))
    default: .failed("no question for a reader")
    }
  }

  static func account(_ person: PersonID, _ ledger: Ledger) -> AccountState {
    let markers = ledger.markers[person] ?? Table()
    return AccountState(
      groups: ledger.groups(of: person),
      readMarkers: zip(markers.keys, markers.values).map { ReadMarker(target: $0, time: $1) }
        .sorted { $0.target.stored < $1.target.stored },
      invitations: invitations(of: person, ledger).filter { !$0.isTold }, sent: ledger.sent[person] ?? [])
  }

  /// In order of time, those to groups of other realms last.
  private static func invitations(of person: PersonID, _ ledger: Ledger) -> [Invitation] {
    func key(_ invitation: Invitation) -> (Milliseconds, String, String, Int64) {
      switch invitation.goal {
      case .here(let group): (invitation.time, "", "", group.rawValue)
      case .elsewhere(let realm, let name): (invitation.time, realm, name, 0)
      }
    }
    return (ledger.invitations[person] ?? []).sorted { key($0) < key($1) }
  }

  static func sorted(_ group: GroupState) -> GroupState {
    var group = group
    group.members.sort { $0.person < $1.person }
    group.invited.sort()
    return group
  }

  private static func summary(_ group: GroupState) -> GroupSummary {
    GroupSummary(
      id: group.id, switches: group.modes.switches, members: group.members.count, created: group.created,
      topic: group.topic?.text ?? [], topicTime: group.topic?.time ?? 0)
  }

  // MARK: the log

  static func isMessage(_ entry: Entry) -> Bool { [.message, .notice, .multiline].contains(entry.kind) }

  /// What is kept with the messages: them, and what became of them.
  static func isKeptAsMessage(_ entry: Entry) -> Bool {
    isMessage(entry) || entry.kind == .refusal || entry.kind == .removed
  }

  private static func conversation(of entry: Entry) -> Conversation {
    switch entry.target {
    case .group(let group): .group(group)
    case .person(let person): .pair(entry.sender, person)
    }
  }

  private static func found(_ id: MessageID, _ conversation: Conversation, _ ledger: Ledger) -> FoundEntry? {
    let entries = ledger.entries(of: conversation)
    guard var entry = entries.last(where: { $0.id == id && !ledger.isApart($0) }) else { return nil }
    if entry.link > 0, entry.link < entry.position, let original = ledger.entry(at: entry.link) { entry = original }
    return FoundEntry(entry: entry, copies: entries.filter { $0.id == entry.id }.reversed().map(\.position))
  }

  /// What changes a group, of which moderators have a log.
  private static func isAct(_ entry: Entry) -> Bool { [.kick, .mode, .topic, .rename, .redact].contains(entry.kind) }

  private static func groupLog(
    _ group: GroupID, after number: Int64, limit: Int, bytes: Int, _ ledger: Ledger
  ) -> [Entry] {
    var size = 0
    var found: [Entry] = []
    for entry in ledger.entries(of: .group(group)) where entry.number > number && !ledger.isApart(entry) {
      found.append(entry)
      size += entry.body.count + entry.tags.count + 64
      if found.count >= limit || size >= bytes { break }
    }
    return found
  }

  private static func groupsShared(with realm: String, _ ledger: Ledger) -> [GroupID] {
    ledger.groups.values.filter { group in
      group.home == nil && group.members.contains { ledger.address($0.person).hasSuffix("/" + fold(realm)) }
    }.map(\.id).sorted()
  }

  private static func setApart(of group: GroupID, limit: Int, _ ledger: Ledger) -> [Entry] {
    let all = ledger.entries(of: .group(group))
    let kept = Set(all.filter { !ledger.isApart($0) }.map(\.id))
    return Array(
      all.filter { isKeptAsMessage($0) && $0.kind != .removed && ledger.isApart($0) && !kept.contains($0.id) }
        .prefix(limit))
  }

  static func belongs(_ entry: Entry, to conversation: Conversation) -> Bool {
    switch (conversation, entry.target) {
    case (.group(let group), .group(let target)): group == target
    case (.pair(let a, let b), .person(let target)):
      (entry.sender == a && target == b) || (entry.sender == b && target == a)
    default: false
    }
  }

  private static func history(_ query: HistoryQuery, _ ledger: Ledger) -> Answer {
    let all = ledger.entries(of: query.conversation).filter { $0.number >= query.since && !ledger.isApart($0) }
    let wanted = all.filter { query.acts ? isAct($0) : $0.kind != .removed && (query.events || isKeptAsMessage($0)) }
    func found(_ point: HistoryPoint) -> Bool {
      guard case .id(let id) = point else { return true }
      return all.contains { $0.id == id }
    }
    func place(_ point: HistoryPoint) -> (position: Position?, time: Milliseconds) {
      switch point {
      case .time(let time): (nil, time)
      case .id(let id): (ledger.entry(id: id)?.position, ledger.entry(id: id)?.time ?? 0)
      }
    }
    func isBefore(_ entry: Entry, _ point: HistoryPoint) -> Bool {
      let place = place(point)
      return place.position.map { entry.position < $0 } ?? (entry.time < place.time)
    }
    func isAfter(_ entry: Entry, _ point: HistoryPoint) -> Bool {
      let place = place(point)
      return place.position.map { entry.position > $0 } ?? (entry.time > place.time)
    }
    /// As many as are wanted and may weigh so much, from the oldest on or back from the newest; one in any case.
    func oldest(_ entries: [Entry], _ limit: Int, parts: Int = 1) -> [Entry] {
      var weight = 0
      let fitting = entries.prefix(limit).enumerated().prefix { index, entry in
        weight += entry.weight
        return weight <= query.bytes / parts || index == 0
      }
      return fitting.map(\.element)
    }
    func newest(_ entries: [Entry], _ limit: Int, parts: Int = 1) -> [Entry] {
      oldest(entries.reversed(), limit, parts: parts).reversed()
    }
    switch query.span {
    case .latest(nil): return .history(newest(wanted, query.limit))
    case .latest(let point?):
      return found(point) ? .history(newest(wanted.filter { isAfter($0, point) }, query.limit)) : .unknownMessage
    case .before(let point):
      return found(point) ? .history(newest(wanted.filter { isBefore($0, point) }, query.limit)) : .unknownMessage
    case .after(let point):
      return found(point) ? .history(oldest(wanted.filter { isAfter($0, point) }, query.limit)) : .unknownMessage
    case .around(let point):
      guard found(point) else { return .unknownMessage }
      let half = query.limit / 2
      return .history(
        newest(wanted.filter { isBefore($0, point) }, half, parts: 2)
          + oldest(wanted.filter { !isBefore($0, point) }, query.limit - half, parts: 2))
    case .between(let first, let second):
      guard found(first), found(second) else { return .unknownMessage }
      let (a, b) = (place(first), place(second))
      let forward = if let a = a.position, let b = b.position { a < b } else { a.time < b.time }
      if forward {
        return .history(oldest(wanted.filter { isAfter($0, first) && isBefore($0, second) }, query.limit))
      }
      return .history(newest(wanted.filter { isAfter($0, second) && isBefore($0, first) }, query.limit))
    }
  }

  private static func missed(
    _ person: PersonID, _ groups: [GroupSince], _ after: Position, _ limit: Int, _ ledger: Ledger
  ) -> Answer {
    func isMissed(_ index: Int) -> Bool {
      let isTheirs =
        switch ledger.log[index].target {
        case .person(let target): target == person || ledger.log[index].sender == person
        case .group(let group): groups.contains { $0.group == group && ledger.log[index].number >= $0.since }
        }
      return isTheirs && isKeptAsMessage(ledger.log[index]) && !ledger.isApart(ledger.log[index])
    }
    // Nothing is copied that is only looked at: this is asked often, of long logs.
    var found: [Entry] = []
    for index in ledger.log.indices.dropFirst(Int(after)) where found.count < limit && isMissed(index) {
      found.append(ledger.log[index])
    }
    return .missed(found, upTo: found.count < limit ? max(after, ledger.lastPosition) : found.last?.position ?? after)
  }

  private static func conversations(
    of person: PersonID, _ groups: [GroupSince], _ ledger: Ledger, after: Milliseconds, before: Milliseconds,
    newest: Bool, limit: Int
  ) -> [ConversationSummary] {
    let all = conversations(of: person, groups, ledger).filter { $0.time > after && $0.time < before }
    return Array(newest ? all.suffix(limit) : all.prefix(limit))
  }

  /// Every conversation of an account with the time of its last message, oldest first.
  static func conversations(
    of person: PersonID, _ groups: [GroupSince], _ ledger: Ledger
  ) -> [ConversationSummary] {
    var last = Table<Target, Milliseconds>()
    for entry in ledger.log where isKeptAsMessage(entry) && !ledger.isApart(entry) {
      switch entry.target {
      case .group(let group):
        if groups.contains(where: { $0.group == group && entry.number >= $0.since }) { last[entry.target] = entry.time }
      case .person(let target):
        if target == person { last[.person(entry.sender)] = entry.time }
        if entry.sender == person { last[entry.target] = entry.time }
      }
    }
    last[.person(.nobody)] = nil
    return zip(last.keys, last.values).map { ConversationSummary(target: $0, time: $1) }
      .sorted { ($0.time, $0.target.stored) < ($1.time, $1.target.stored) }
  }
}

extension Target {
  /// Persons and groups in one order.
  var stored: Int64 {
    switch self {
    case .person(let person): person.rawValue
    case .group(let group): -group.rawValue
    }
  }
}
