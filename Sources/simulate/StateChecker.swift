import Core
import Store

/// Compares what the store holds and what the core has in memory with the ledger, whole.
enum StateChecker {
  /// What the core begins with after a start.
  static func compare(_ snapshot: Snapshot, with ledger: Ledger) -> String? {
    differs("the accounts", snapshot.accounts, accounts(ledger))
      ?? differs("the groups", snapshot.groups, groupNames(ledger))
      ?? differs("the last person", snapshot.lastPerson, ledger.lastPerson)
      ?? differs("the last group", snapshot.lastGroup, ledger.lastGroup)
      ?? differs("the last device", snapshot.lastDevice, ledger.lastDevice)
      ?? differs("the last position", snapshot.lastPosition, ledger.lastPosition)
      ?? differs("the last time", snapshot.lastTime, ledger.lastTime)
      ?? compareRelays(snapshot, with: ledger)
  }

  private static func compareRelays(_ snapshot: Snapshot, with ledger: Ledger) -> String? {
    differs("the realms", snapshot.realms, ledger.realmRecords)
      ?? differs("the outboxes", snapshot.outboxes, ledger.outboxStates)
      ?? differs("the applied positions", snapshot.applied, ledger.appliedPositions)
      ?? differs("the refusals", snapshot.refused, ledger.refusals.map(\.message))
  }

  /// Everything a reader can tell of the store.
  static func compare(_ reader: StoreReader, with ledger: Ledger) -> String? {
    for account in ledger.accounts.keys {
      let asks: [Ask] = [.loadAccount(account), .devices(account)]
      for ask in asks {
        if let problem = ReaderChecker.compare(reader.answer(ask), to: ask, with: ledger) { return problem }
      }
      do {
        let verifier = try reader.verifier(of: account)
        if let problem = differs("a verifier", verifier, ledger.verifiers[account]) { return problem }
      } catch {
        return "a verifier cannot be read: \(error)"
      }
    }
    for device in ledger.devices.values {
      guard let hash = device.tokenHash else { continue }
      do {
        let found = try reader.device(tokenHash: hash)
        if let problem = differs("the device of a token", found, device.record) { return problem }
      } catch {
        return "a device cannot be read: \(error)"
      }
    }
    return compareLog(reader, ledger)
  }

  /// The log, conversation by conversation, and the groups.
  private static func compareLog(_ reader: StoreReader, _ ledger: Ledger) -> String? {
    var conversations = Table<Conversation, Bool>()
    for group in ledger.groupNames.keys { conversations[.group(group)] = true }
    for entry in ledger.log {
      guard case .person(let person) = entry.target else { continue }
      conversations[.pair(min(person, entry.sender), max(person, entry.sender))] = true
    }
    var asks = conversations.keys.map { conversation in
      Ask.history(HistoryQuery(conversation: conversation, span: .latest(after: nil), limit: .max, events: true))
    }
    asks += ledger.groupNames.keys.map { group in
      var query = HistoryQuery(conversation: .group(group), span: .latest(after: nil), limit: .max)
      query.acts = true
      return .history(query)
    }
    asks += ledger.groupNames.keys.map { Ask.loadGroup($0) }
    asks += ledger.groupNames.keys.map { Ask.setApart($0, limit: .max) }
    asks.append(.listGroups)
    for realm in ledger.realmRecords.map(\.name) {
      asks += [.outbox(realm: realm, after: nil, bytes: .max), .groupsShared(realm: realm)]
    }
    for ask in asks {
      if let problem = ReaderChecker.compare(reader.answer(ask), to: ask, with: ledger) { return problem }
    }
    return nil
  }

  /// What the core has in memory at the end of a turn.
  static func compare(_ memory: Inspection, with ledger: Ledger) -> String? {
    if let problem = differs("the accounts in memory", memory.accounts, accounts(ledger))
      ?? differs("the groups' names in memory", memory.groupNames, groupNames(ledger))
    {
      return problem
    }
    for group in memory.groups {
      guard let state = ledger.groups[group.id] else { return "the group \(group.name) is in memory only" }
      var kept = group  // guests are in memory only
      kept.members.removeAll { $0.person.rawValue <= 0 }
      kept.invited.removeAll { $0.rawValue <= 0 }
      if let problem = differs("a group in memory", kept, ReaderChecker.sorted(state)) { return problem }
    }
    for person in memory.people where person.id.rawValue > 0 {
      let account = ReaderChecker.account(person.id, ledger)
      let markers = account.readMarkers.sorted { $0.time < $1.time }
      let devices = ledger.devices.values.map(\.record).filter { $0.account == person.id }.sorted { $0.id < $1.id }
      if let problem = differs("the groups of \(person.nick) in memory", person.groups, account.groups)
        ?? differs("the devices of \(person.nick) in memory", person.devices, devices)
        ?? differs("the markers of \(person.nick) in memory", person.readMarkers.map(\.time), markers.map(\.time))
      {
        return problem
      }
    }
    return nil
  }

  /// What must not be left once nothing is under way.
  static func compareQuiet(_ memory: Inspection) -> String? {
    differs("bytes of waiting commands", memory.pendingBytes, 0)
      ?? differs("held-back lines", memory.heldBackLines, 0)
      ?? differs("replays", memory.replays, 0)
      ?? differs("labelled answers", memory.labelledAnswers, 0)
      ?? differs("asks under way", memory.continuations, 0)
      ?? differs("loads under way", memory.loads, 0)
      ?? differs("reserved names", memory.reservedNames, 0)
      ?? differs("idle groups", memory.idleGroups, 0)
      ?? differs("pins of groups", memory.pins, 0)
  }

  private static func accounts(_ ledger: Ledger) -> [AccountRecord] { ledger.accounts.values.sorted { $0.id < $1.id } }

  private static func groupNames(_ ledger: Ledger) -> [GroupRecord] {
    ledger.groups.values.map { GroupRecord(id: $0.id, name: $0.name, home: $0.home) }.sorted { $0.id < $1.id }
  }

  static func differs<Value: Equatable>(_ what: String, _ found: Value, _ expected: Value) -> String? {
    found == expected ? nil : "\(what): found \(found), expected \(expected)"
  }

  // MARK: the log of a group

  /// Replays each group's log: members, ranks, modes, masks and topic must come out as they are kept.
  static func replayLogs(_ ledger: Ledger) -> String? {
    for group in ledger.groups.values where group.home == nil {
      var replayed = GroupReplay(ledger: ledger)
      for entry in ledger.log where entry.target == .group(group.id) { replayed.apply(entry) }
      let members = group.members.sorted { $0.person < $1.person }
      let found = zip(replayed.members.keys, replayed.members.values)
        .map { MemberRecord(person: $0, ranks: $1.ranks, since: $1.since) }.sorted { $0.person < $1.person }
      if let problem = differs("the members of \(group.name) by its log", found, members)
        ?? differs("the modes of \(group.name) by its log", replayed.modes, group.modes)
        ?? differs("the topic of \(group.name) by its log", replayed.topic, group.topic?.text ?? [])
        ?? differs("the masks of \(group.name) by its log", replayed.masks, group.masks.map { "\($0.list) \($0.mask)" })
      {
        return problem
      }
    }
    return nil
  }
}

/// A group as its log tells it. Nicks must be the names of accounts.
struct GroupReplay {
  let ledger: Ledger
  private(set) var members = Table<PersonID, (ranks: Ranks, since: Int64)>()
  private(set) var modes: GroupModes = []
  private(set) var topic: [UInt8] = []
  private(set) var masks: [String] = []

  init(ledger: Ledger) { self.ledger = ledger }

  mutating func apply(_ entry: Entry) {
    if entry.sender == .nobody, entry.kind == .join || entry.kind == .part { return }  // a guest
    let words = String(decoding: entry.body, as: UTF8.self).split(separator: " ").map(String.init)
    switch entry.kind {
    case .create, .mode: change(words)
    case .join: members[entry.sender] = ([], entry.number)
    case .part: members[entry.sender] = nil
    case .kick: if let person = words.first.flatMap(ledger.person) { members[person] = nil }
    case .topic: topic = Array(entry.body.dropFirst())
    case .message, .notice, .tagMessage, .multiline, .redact, .removed, .rename, .refusal: break
    }
  }

  private mutating func change(_ words: [String]) {
    var parameters = words.dropFirst()
    var adds = true
    for letter in words.first ?? "" {
      switch letter {
      case "+": adds = true
      case "-": adds = false
      case "b", "e", "I":
        guard let mask = parameters.popFirst() else { continue }
        let named = "\(Self.lists[letter] ?? .bans) \(mask)"
        if adds { masks.append(named) } else { masks.removeAll { $0 == named } }
      case "k":
        let key = parameters.popFirst()
        modes.key = adds ? key : nil
      case "l": modes.limit = adds ? parameters.popFirst().flatMap { Int($0) } : nil
      case "D": modes.keepDays = adds ? parameters.popFirst().flatMap { Int($0) } ?? 0 : 0
      case "H": modes.lookingBack = adds ? parameters.popFirst().flatMap { LookingBack(name: $0) } ?? .joined : .joined
      default:
        if let mode = Self.modes[letter] {
          if adds { modes.switches.insert(mode) } else { modes.switches.remove(mode) }
        } else if let rank = Self.ranks[letter], let person = parameters.popFirst().flatMap(ledger.person) {
          if adds { members[person]?.ranks.insert(rank) } else { members[person]?.ranks.remove(rank) }
        }
      }
    }
  }

  private static let lists: [Character: MaskList] = ["b": .bans, "e": .exceptions, "I": .invited]
  private static let modes: [Character: GroupSwitches] = [
    "i": .inviteOnly, "m": .moderated, "n": .noOutside, "s": .secret, "t": .topicLock, "C": .noCTCP,
    "R": .accountsOnly,
  ]
  static let ranks: [Character: Ranks] = [
    "q": .owner, "a": .admin, "o": .groupOperator, "h": .halfOperator, "v": .voice,
  ]
}
