import Core
import Testing

@testable import Store

@Suite("People and groups of other realms, and the logs of groups")
struct ReplicaTests {
  let temporary = TemporaryFolder()
  let store: Store
  let reader: StoreReader

  init() throws {
    store = try Store(folder: temporary.data, options: .simulation)
    reader = try StoreReader(folder: temporary.data)
  }

  private func remote(_ id: Int64, _ name: String) -> AccountRecord {
    AccountRecord(id: person(id), name: name, flags: .remote, created: id)
  }

  private func loaded(_ id: Int64) -> GroupState? {
    guard case .group(let state) = reader.answer(.loadGroup(group(id))) else { return nil }
    return state
  }

  @Test("Somebody of another realm is an account without a password, whose name the home may write in another case")
  func people() throws {
    try store.apply([.account(account(1, "bob"), verifier(1)), .person(remote(2, "bob/beta"))])
    try store.apply([.person(remote(2, "Bob/beta"))])
    #expect(try store.load().accounts == [account(1, "bob"), remote(2, "Bob/beta")])
    #expect(try store.load().lastPerson == 2)
    #expect(try reader.verifier(of: person(2)) == nil)
  }

  /// The log of a group that was left, and is followed anew under another id, holds the same ids a second time.
  @Test("Ids that two groups share are found in the later one, and hide no others", arguments: [1, 2, 3, 100])
  func sharedIDs(_ batch: Int) throws {
    func entry(_ position: Position, _ target: Target, _ number: Int64, _ counter: UInt64) -> Entry {
      var entry = message(position, from: 5, to: target, number: number)
      entry.id = MessageID(epoch: 3, counter: counter)
      return entry
    }
    let first = (1...8).map { entry($0, .person(person(6)), 0, UInt64($0) + 10) }
    let again = (9...11).map { entry($0, .group(group(1)), $0 - 8, UInt64($0) + 4) }
    let beyond = (12...14).map { entry($0, .group(group(1)), $0 - 8, UInt64($0) + 4) }
    let across = (15...19).map { entry($0, .group(group(2)), $0 - 14, UInt64($0) - 6) }
    let all = first + again + beyond + across
    try store.apply(all.map { .entry($0) })
    let indexer = try Indexer(folder: temporary.data, durability: .simulation)
    while try indexer.advance(maxEntries: batch) {}

    var newest: [MessageID: Entry] = [:]
    for entry in all { newest[entry.id] = entry }
    for entry in newest.values {
      let conversation: Conversation =
        switch entry.target {
        case .group(let group): .group(group)
        case .person(let other): .pair(entry.sender, other)
        }
      let query = HistoryQuery(conversation: conversation, span: .around(.id(entry.id)), limit: 1)
      #expect(reader.answer(.history(query)) == .history([entry]), "\(entry.id.counter)")
    }
  }

  /// A group whose home was set back, and that was left and is followed anew: the same ids three times.
  @Test("Ids that were set apart and came again are found where they came last", arguments: [1, 2, 3, 100])
  func idsSetApart(_ batch: Int) throws {
    func entry(_ position: Position, _ id: Int64, _ number: Int64, _ counter: UInt64) -> Entry {
      var entry = message(position, from: 5, to: .group(group(id)), number: number)
      entry.id = MessageID(epoch: 3, counter: counter)
      return entry
    }
    let first = (1...5).map { entry($0, 1, $0, UInt64($0)) }
    let again = [entry(6, 1, 2, 4), entry(7, 1, 3, 3)]
    let anew = [entry(8, 2, 1, 1), entry(9, 2, 2, 2), entry(10, 2, 3, 3), entry(11, 2, 4, 4)]
    try store.apply([
      .group(group(1), name: "#plans/beta", founder: person(5), created: 1, modes: []),
      .replica(group(1), GroupHome(realm: "beta", group: 9)),
    ])
    let indexer = try Indexer(folder: temporary.data, durability: .simulation)
    func expect(_ entry: Entry, _ id: Int64) {
      let query = HistoryQuery(conversation: .group(group(id)), span: .around(.id(entry.id)), limit: 1)
      #expect(reader.answer(.history(query)) == .history([entry]), "\(entry.id.counter)")
    }
    try store.apply(first.map { .entry($0) })
    let mark = EntryMark(number: 1, id: first[0].id, time: first[0].time)
    try store.apply([.replicaSetBack(group(1), to: mark, after: 1)])
    try store.apply(again.map { .entry($0) })
    for entry in again { expect(entry, 1) }
    while try indexer.advance(maxEntries: batch) {}
    for entry in again { expect(entry, 1) }
    try store.apply(anew.map { .entry($0) })
    for entry in anew { expect(entry, 2) }
    while try indexer.advance(maxEntries: batch) {}
    for entry in anew { expect(entry, 2) }
  }

  @Test("A replica knows its home, and is replaced as a whole but for invitations")
  func replica() throws {
    let home = GroupHome(realm: "beta", group: 9)
    try store.apply([
      .group(group(1), name: "#plans/beta", founder: person(5), created: 1, modes: [.secret]),
      .replica(group(1), home), .invited(person(3), invitation(.here(group(1)))),
      .member(group(1), MemberRecord(person: person(1), ranks: .owner, since: 1)),
      .mask(group(1), MaskRecord(.bans, mask: "old", setBy: "x", time: 1)),
      .entry(message(1, from: 5, to: .group(group(1)), number: 80)),
    ])
    #expect(loaded(1)?.home == home)
    #expect(loaded(1)?.lastNumber == 80)
    #expect(try store.load().groups == [GroupRecord(id: group(1), name: "#plans/beta", home: home)])

    var state = GroupState(
      id: group(1), name: "#Plans/beta", created: 4, founder: person(6), modes: [.moderated],
      topic: Topic(text: [1], setBy: "y", time: 2), lastNumber: 70,
      members: [MemberRecord(person: person(2), ranks: [], since: 60)],
      masks: [MaskRecord(.bans, mask: "new", setBy: "z", time: 3)], home: home,
      lastID: MessageID(epoch: 8, counter: .max))
    // The entry before it in the same turn does not undo it.
    try store.apply([.entry(message(2, from: 5, to: .group(group(1)), number: 81)), .groupReplaced(state)])
    state.invited = [person(3)]
    #expect(loaded(1) == state)
    try store.apply([.entry(message(3, from: 5, to: .group(group(1)), number: 71))])
    #expect(loaded(1)?.lastNumber == 71)
    #expect(loaded(1)?.lastID == message(3, from: 5, to: .group(group(1))).id)

    // A snapshot can make a group, too.
    state.id = group(2)
    state.name = "#other/beta"
    state.invited = []
    try store.apply([.groupReplaced(state)])
    #expect(loaded(2) == state)
  }

  /// Two lives of a group: numbers 1 to 5, of which 3 to 5 are set apart, then 3 to 6, where 4 is the old 5.
  private func setBack() throws {
    let to = Target.group(group(1))
    try store.apply([
      .group(group(1), name: "#plans/beta", founder: person(5), created: 1, modes: []),
      .replica(group(1), GroupHome(realm: "beta", group: 9)),
      .entry(message(1, from: 5, to: to, number: 1)), .entry(message(2, from: 5, to: to, number: 2)),
      .entry(message(3, from: 5, to: to, number: 3)), .entry(message(4, from: 1, to: .person(person(2)))),
      .entry(message(5, from: 5, to: to, number: 4)), .entry(message(6, from: 1, to: to, number: 5)),
    ])
    let mark = EntryMark(number: 2, id: message(2, from: 5, to: to).id, time: 20)
    try store.apply([.replicaSetBack(group(1), to: mark, after: 2)])
    #expect(loaded(1)?.lastNumber == 2)
    #expect(loaded(1)?.lastID == mark.id)
    #expect(loaded(1)?.stateNumber == .max)
    var again = message(9, from: 1, to: to, number: 4)
    again.id = message(6, from: 1, to: to).id
    try store.apply([
      .entry(message(8, from: 5, to: to, number: 3)), .entry(again),
      .entry(message(10, from: 5, to: to, number: 5)), .entry(message(11, from: 5, to: to, number: 6)),
    ])
  }

  @Test("What a home has lost is set apart, wherever the index ends", arguments: [0, 3, 6, 8, 100])
  func apart(_ indexed: Int) throws {
    try setBack()
    if indexed > 0 { _ = try Indexer(folder: temporary.data, durability: .simulation).advance(maxEntries: indexed) }
    #expect(log(1, after: 0, limit: 100).map(\.number) == Array(1...6))
    #expect(log(1, after: 2, limit: 2).map(\.position) == [8, 9])
    func history(_ span: HistorySpan, _ limit: Int, since: Int64 = 0) -> [Position]? {
      let query = HistoryQuery(conversation: .group(group(1)), span: span, limit: limit, since: since)
      guard case .history(let entries) = reader.answer(.history(query)) else { return nil }
      return entries.map(\.position)
    }
    func id(_ position: Position) -> HistoryPoint { .id(message(position, from: 1, to: .group(group(1))).id) }
    #expect(history(.latest(after: nil), 4) == [8, 9, 10, 11])
    #expect(history(.latest(after: nil), 100, since: 4) == [9, 10, 11])
    #expect(history(.before(id(10)), 100) == [1, 2, 8, 9])
    #expect(history(.after(id(1)), 2) == [2, 8])
    // It has come again, and is where it is now; what has not is not known any more.
    #expect(history(.after(id(6)), 100) == [10, 11])
    #expect(history(.after(id(5)), 100) == nil)
    let missed = Ask.missed(person(7), groups: [GroupSince(group: group(1), since: 2)], after: 0, limit: 3)
    #expect(reader.answer(missed).positions == [2, 8, 9])
    // All of it, at a second time.
    try store.apply([.replicaSetBack(group(1), to: .none, after: 0)])
    #expect(log(1, after: 0, limit: 100).isEmpty)
    #expect(reader.answer(missed).positions == [])
    let groups = [GroupSince(group: group(1), since: 0)]
    let conversations = Ask.conversations(
      person(7), groups: groups, after: 0, before: .max, newest: true, limit: 9)
    #expect(reader.answer(conversations) == .conversations([]))
  }

  @Test("The last time is this realm's own, not that of a replica's home")
  func lastTime() throws {
    try store.apply([
      .group(group(1), name: "#own", founder: person(1), created: 1, modes: []),
      .group(group(2), name: "#plans/beta", founder: person(5), created: 1, modes: []),
      .replica(group(2), GroupHome(realm: "beta", group: 9)),
      .entry(message(1, from: 1, to: .person(person(2)), time: 100)),
      .entry(message(2, from: 1, to: .group(group(1)), number: 1, time: 110)),
      .entry(message(3, from: 5, to: .group(group(2)), number: 7, time: 1_000_000)),
    ])
    #expect(try store.load().lastTime == 110)
  }

  @Test("Which groups are shared with a realm")
  func shared() throws {
    try store.apply([
      .person(remote(1, "ann/beta")), .person(remote(2, "ben/Beta")), .person(remote(3, "eve/betamax")),
      .account(account(4, "beta"), verifier(4)),
      .group(group(1), name: "#a", founder: person(4), created: 1, modes: []),
      .group(group(2), name: "#b", founder: person(4), created: 1, modes: []),
      .group(group(3), name: "#c", founder: person(4), created: 1, modes: []),
      .group(group(4), name: "#d/gamma", founder: person(4), created: 1, modes: []),
      .replica(group(4), GroupHome(realm: "gamma", group: 1)),
      .member(group(3), MemberRecord(person: person(1), ranks: [], since: 1)),
      .member(group(1), MemberRecord(person: person(1), ranks: [], since: 1)),
      .member(group(1), MemberRecord(person: person(2), ranks: [], since: 1)),
      .member(group(2), MemberRecord(person: person(3), ranks: [], since: 1)),
      .member(group(2), MemberRecord(person: person(4), ranks: [], since: 1)),
      .member(group(4), MemberRecord(person: person(1), ranks: [], since: 1)),
    ])
    #expect(reader.answer(.groupsShared(realm: "beta")) == .groupsShared([group(1), group(3)]))
    #expect(reader.answer(.groupsShared(realm: "alpha")) == .groupsShared([]))
  }

  // The log of a group.

  /// A log in which three groups and private messages take turns; number 1 of each group is its `create`.
  private func fill(_ count: Int, of groups: ClosedRange<Int64> = 1...3) throws -> [[Entry]] {
    var logs = [[Entry]](repeating: [], count: 4)
    var generator = SeededGenerator(state: 4)
    try store.apply(groups.map { .group(group($0), name: "#g\($0)", founder: person(1), created: 1, modes: []) })
    var writes: [Write] = []
    for position in 1...Position(count) {
      let id = Int64.random(in: 0...3, using: &generator)
      guard id > 0 else {
        writes.append(.entry(message(position, from: 1, to: .person(person(2)))))
        continue
      }
      let kind = EntryKind.allGroupKinds.randomElement(using: &generator) ?? .message
      let number = Int64(logs[Int(id)].count + 1)
      let entry = message(
        position, from: 1, to: .group(group(id)), number: number, kind: number == 1 ? .create : kind)
      logs[Int(id)].append(entry)
      writes.append(.entry(entry))
    }
    try store.apply(writes)
    return logs
  }

  private func log(_ id: Int64, after: Int64, limit: Int, bytes: Int = .max) -> [Entry] {
    guard case .groupLog(let entries) = reader.answer(.groupLog(group(id), after: after, limit: limit, bytes: bytes))
    else { return [] }
    return entries
  }

  @Test(
    "A follower that pages through a log reads all of it, wherever the index ends", arguments: [0, 200, 500, 600])
  func paging(_ indexed: Int) throws {
    let logs = try fill(600)
    if indexed > 0 { _ = try Indexer(folder: temporary.data, durability: .simulation).advance(maxEntries: indexed) }
    for id in Int64(1)...3 {
      for limit in [1, 7, 200, 10_000] {
        var read: [Entry] = []
        while true {
          let page = log(id, after: read.last?.number ?? 0, limit: limit)
          if page.isEmpty { break }
          #expect(page.count <= limit)
          read += page
        }
        #expect(read == logs[Int(id)], "group \(id), \(limit) a page")
        if limit == 1 { #expect(log(id, after: 50, limit: 1) == [logs[Int(id)][50]]) }
      }
      #expect(log(id, after: Int64(logs[Int(id)].count), limit: 10).isEmpty)
    }
    #expect(log(9, after: 0, limit: 10).isEmpty)
  }

  @Test("A page ends with the entry that fills it, and has at least one")
  func bytes() throws {
    let logs = try fill(100)
    #expect(log(1, after: 0, limit: 10, bytes: 1) == Array(logs[1][..<1]))
    #expect(log(1, after: 0, limit: 10, bytes: 150) == Array(logs[1][..<3]))
    #expect(log(1, after: 0, limit: 0) == Array(logs[1][..<1]))
  }
}

extension EntryKind {
  fileprivate static let allGroupKinds: [EntryKind] = [
    .message, .message, .notice, .tagMessage, .join, .part, .kick, .mode, .topic,
  ]
}

extension Answer {
  /// The positions of what somebody has missed.
  fileprivate var positions: [Position]? {
    guard case .missed(let entries, _) = self else { return nil }
    return entries.map(\.position)
  }
}
