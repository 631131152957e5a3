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

  @Test("A replica knows its home, and is replaced as a whole but for invitations")
  func replica() throws {
    let home = GroupHome(realm: "beta", group: 9)
    try store.apply([
      .group(group(1), name: "#plans/beta", founder: person(5), created: 1, modes: [.secret]),
      .replica(group(1), home), .invited(group(1), person(3)),
      .member(group(1), MemberRecord(person: person(1), ranks: .owner, since: 1)),
      .ban(group(1), BanRecord(mask: "old", setBy: "x", time: 1)),
      .entry(message(1, from: 5, to: .group(group(1)), number: 80)),
    ])
    #expect(loaded(1)?.home == home)
    #expect(loaded(1)?.lastNumber == 80)
    #expect(try store.load().groups == [GroupRecord(id: group(1), name: "#plans/beta", home: home)])

    var state = GroupState(
      id: group(1), name: "#Plans/beta", created: 4, founder: person(6), modes: [.moderated],
      topic: Topic(text: [1], setBy: "y", time: 2), lastNumber: 70,
      members: [MemberRecord(person: person(2), ranks: [], since: 60)],
      bans: [BanRecord(mask: "new", setBy: "z", time: 3)], home: home, lastID: MessageID(epoch: 8, counter: .max))
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
