import Core
import Testing

@testable import Store

@Suite("Folders of older versions")
struct MigrationTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }

  /// A folder as the first version left it, filled with its own statements: today's writes need today's tables.
  private func makeVersion1() throws {
    try Store(folder: folder, options: .simulation, steps: Array(Schema.steps.prefix(1))).close()
    let database = try Database(path: Folder.database(folder), access: .readWrite, cacheKiB: 100)
    try database.execute(
      """
      INSERT INTO account VALUES (1, 'alice', 0, 5), (2, 'bob', 2, 6);
      INSERT INTO verifier VALUES (1, x'01', 4096, x'02', x'03');
      INSERT INTO device VALUES (1, 1, 'phone', NULL, 2, 5, 6);
      INSERT INTO read_marker VALUES (1, -1, 20);
      INSERT INTO "group" VALUES (1, '#one', 1, 5, 1, x'41', 'alice', 7, 2, 0),
        (2, '#two', 1, 5, 0, NULL, NULL, NULL, 1, 0), (3, '#new', 1, 5, 0, NULL, NULL, NULL, 0, 0);
      INSERT INTO member VALUES (1, 1, 16, 1), (2, 1, 16, 1);
      INSERT INTO ban VALUES (1, 1, 'x!*@*', 'alice', 9);
      INSERT INTO invitation VALUES (1, 2);
      INSERT INTO entry (position, target, number, kind, time, sender, epoch, counter, body) VALUES
        (1, -1, 1, 15, 10, 1, -3, 1, x'61'), (2, -2, 1, 15, 11, 1, -3, 2, x'61'), (3, 2, NULL, 1, 12, 1, -3, 3, x'62'),
        (4, -1, 2, 1, 13, 1, -3, 4, x'63');
      """)
    database.close()
  }

  private func checkCurrent(_ store: Store) throws {
    let snapshot = try store.load()
    #expect(snapshot.accounts.map(\.name) == ["alice", "bob"])
    #expect(snapshot.groups.map(\.name) == ["#one", "#two", "#new"])
    #expect(snapshot.groups.allSatisfy { $0.home == nil })
    #expect(snapshot.lastPosition == 4 && snapshot.lastTime == 13 && snapshot.lastDevice == 1)
    #expect(snapshot.realms.isEmpty && snapshot.outboxes.isEmpty && snapshot.applied.isEmpty)
    let reader = try StoreReader(folder: store.folder)
    func id(_ counter: UInt64) -> MessageID { MessageID(epoch: UInt64(bitPattern: -3), counter: counter) }
    let one = GroupState(
      id: group(1), name: "#one", created: 5, founder: person(1), modes: [.inviteOnly],
      topic: Topic(text: [0x41], setBy: "alice", time: 7), lastNumber: 2,
      members: [MemberRecord(person: person(1), ranks: .owner, since: 1)],
      masks: [MaskRecord(.bans, mask: "x!*@*", setBy: "alice", time: 9)], invited: [person(2)],
      lastID: id(4), lastTime: 13)
    #expect(reader.answer(.loadGroup(group(1))) == .group(one))
    let two = GroupState(
      id: group(2), name: "#two", created: 5, founder: person(1), modes: [], lastNumber: 1,
      members: [MemberRecord(person: person(1), ranks: .owner, since: 1)], lastID: id(2), lastTime: 11)
    #expect(reader.answer(.loadGroup(group(2))) == .group(two))
    let new = GroupState(id: group(3), name: "#new", created: 5, founder: person(1), modes: [])
    #expect(reader.answer(.loadGroup(group(3))) == .group(new))
    guard case .groupLog(let entries) = reader.answer(.groupLog(group(1), after: 0, limit: 9, bytes: 9_999)) else {
      Issue.record("the log is not read")
      return
    }
    #expect(entries.map(\.position) == [1, 4])
  }

  @Test("A folder of version 1 is brought up to date after a copy, and goes on")
  func version1() throws {
    try makeVersion1()
    let store = try Store(folder: folder, options: .simulation)
    #expect(try store.database.number("PRAGMA user_version") == Int64(Schema.version))
    try checkCurrent(store)
    try store.apply([
      .person(AccountRecord(id: person(3), name: "eve/beta", flags: .remote, created: 1)),
      .outbox(row("beta", epoch: 1, 1...1)), .entry(message(5, from: 1, to: .group(group(1)), number: 3)),
    ])
    #expect(try store.load().outboxes.count == 1)
    store.close()
    // The copy is of version 1 and can be restored; it is then brought up to date again.
    let copy = "\(Folder.database(folder)).before-v2"
    let database = try Database(path: copy, access: .readOnly, cacheKiB: 100)
    #expect(try database.number("PRAGMA user_version") == 1)
    database.close()
    let other = temporary.path + "/other"
    #expect(try Store.restore(from: copy, to: other).counts.entries == 4)
    try checkCurrent(Store(folder: other, options: .simulation))
  }

  @Test("A crash while a folder is brought up to date does not hinder the next start")
  func crash() throws {
    var left = 0
    var isCounting = true
    var options = StoreOptions.simulation
    options.fault = { _ in
      left -= 1
      return !isCounting && left == -1
    }
    try makeVersion1()
    try Store(folder: folder, options: options).close()
    let steps = -left
    #expect(steps >= 4)
    isCounting = false
    for index in 0..<steps {
      try Folder.remove(database: Folder.database(folder))
      try makeVersion1()
      left = index
      #expect(throws: StoreError.crashed) { try Store(folder: folder, options: options) }
      left = .max
      let store = try Store(folder: folder, options: options)
      try checkCurrent(store)
      store.close()
    }
  }
}
