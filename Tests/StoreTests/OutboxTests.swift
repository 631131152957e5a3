import Core
import Testing

@testable import Store

@Suite("Outboxes, and how far they have come")
struct OutboxTests {
  let temporary = TemporaryFolder()
  let store: Store
  let reader: StoreReader

  init() throws {
    store = try Store(folder: temporary.data, options: .simulation)
    reader = try StoreReader(folder: temporary.data)
  }

  private func name(_ epoch: UInt64, _ number: UInt64) -> EnvelopeName { EnvelopeName(epoch: epoch, number: number) }

  private func rows(_ realm: String, after: EnvelopeName? = nil, bytes: Int = .max) -> [OutboxRow] {
    guard case .outbox(let rows) = reader.answer(.outbox(realm: realm, after: after, bytes: bytes)) else { return [] }
    return rows
  }

  private func states(_ realm: String) throws -> [OutboxState] {
    try store.load().outboxes.filter { $0.realm == realm }
  }

  @Test("Rows come back as they were, in the order in which they were posted, the realms apart")
  func order() throws {
    // Epochs are drawn at random: a later one may be the lower.
    let beta = [
      row("beta", epoch: .max, 1...2), row("beta", epoch: .max, 3...3), row("beta", epoch: 7, 1...1, time: 3),
    ]
    let gamma = [row("gamma", epoch: .max, 1...1, waited: true), row("gamma", epoch: 7, 1...9, bytes: 0)]
    try store.apply([.outbox(beta[0]), .outbox(gamma[0]), .outbox(beta[1])])
    try store.apply([.outbox(gamma[1]), .outbox(beta[2])])
    #expect(rows("beta") == beta)
    #expect(rows("gamma") == gamma)
    #expect(rows("delta") == [])
  }

  @Test("What comes after an envelope, in pages")
  func pages() throws {
    let all = [
      row("beta", epoch: 9, 1...4), row("beta", epoch: 9, 5...5), row("beta", epoch: 3, 1...2),
      row("beta", epoch: 3, 3...3),
    ]
    try store.apply(all.map { .outbox($0) })
    #expect(rows("beta", after: name(9, 0)) == all)
    #expect(rows("beta", after: name(9, 3)) == all, "the fourth is in the first row")
    #expect(rows("beta", after: name(9, 4)) == Array(all[1...]))
    #expect(rows("beta", after: name(9, 5)) == Array(all[2...]))
    #expect(rows("beta", after: name(9, 500)) == Array(all[2...]), "a realm that was restored may be told of more")
    #expect(rows("beta", after: name(3, 3)) == [])
    #expect(rows("beta", after: name(3, .max)) == [])
    #expect(rows("beta", after: name(4, 1)) == all, "an epoch that is not known")
    #expect(rows("beta", bytes: 20) == Array(all[..<2]))
    #expect(rows("beta", bytes: 1) == Array(all[..<1]), "at least one")
  }

  @Test("Each epoch is known from its ends: what is acknowledged, and what waits since when")
  func states() throws {
    try store.apply([
      .outbox(row("beta", epoch: 9, 1...4, time: 10, bytes: 100)), .outbox(row("beta", epoch: 9, 5...6, time: 20)),
      .outbox(row("beta", epoch: 3, 1...2, time: 30)), .outbox(row("gamma", epoch: 3, 1...1, time: 40)),
    ])
    func state(_ epoch: UInt64, _ first: UInt64, _ last: UInt64, _ bytes: Int, _ oldest: Milliseconds) -> OutboxState {
      OutboxState(realm: "beta", epoch: epoch, first: first, last: last, bytes: bytes, oldest: oldest)
    }
    #expect(try states("beta") == [state(9, 1, 6, 110, 10), state(3, 1, 2, 10, 30)])
    try store.apply([.acknowledged(realm: "beta", name(9, 2))])
    #expect(try states("beta") == [state(9, 3, 6, 110, 10), state(3, 1, 2, 10, 30)])
    try store.apply([.acknowledged(realm: "beta", name(9, 4))])
    #expect(try states("beta") == [state(9, 5, 6, 10, 20), state(3, 1, 2, 10, 30)])
    // More than there is, as a realm says whose partner was restored; it must not reach into the next epoch.
    try store.apply([.acknowledged(realm: "beta", name(9, 100))])
    #expect(try states("beta") == [state(9, 7, 6, 0, 0), state(3, 1, 2, 10, 30)])
    try store.apply([.acknowledged(realm: "beta", name(9, 1)), .acknowledged(realm: "beta", name(77, 1))])
    #expect(try states("beta") == [state(9, 7, 6, 0, 0), state(3, 1, 2, 10, 30)], "it never goes back")
    try store.apply([.acknowledged(realm: "beta", name(3, .max))])
    #expect(try states("beta") == [state(9, 7, 6, 0, 0), state(3, 3, 2, 0, 0)])
    #expect(try states("gamma").count == 1)
    #expect(rows("beta").count == 3, "what is acknowledged stays for a while")
  }

  @Test("Trimming takes what is acknowledged and old, and the epochs that are over with it")
  func trimming() throws {
    try store.apply([
      .outbox(row("beta", epoch: 9, 1...4, time: 10)), .outbox(row("beta", epoch: 9, 5...6, time: 20)),
      .outbox(row("beta", epoch: 3, 1...2, time: 30)), .outbox(row("beta", epoch: 4, 1...1, time: 40)),
      .outbox(row("gamma", epoch: 3, 1...1, time: 1)), .acknowledged(realm: "beta", name(3, 2)),
    ])
    try store.apply([.outboxTrimmed(realm: "beta", before: 20)])
    #expect(rows("beta").map(\.first) == [5, 1, 1])
    #expect(try states("beta").map(\.epoch) == [9, 3, 4])
    try store.apply([.outboxTrimmed(realm: "beta", before: 1_000)])
    #expect(rows("beta").map(\.epoch) == [4], "it is not acknowledged, however old")
    #expect(try states("beta").map(\.epoch) == [4])
    #expect(rows("gamma").count == 1)

    try store.apply([.acknowledged(realm: "beta", name(4, 1)), .outboxTrimmed(realm: "beta", before: 1_000)])
    #expect(try states("beta").isEmpty)
    store.close()
    // Places are not given again, or an acknowledgement of long ago would count for what is new.
    let again = try Store(folder: temporary.data, options: .simulation)
    try again.apply([.outbox(row("beta", epoch: 4, 2...2, time: 50)), .outbox(row("beta", epoch: 5, 1...1, time: 60))])
    #expect(try again.load().outboxes.filter { $0.realm == "beta" }.map(\.first) == [2, 1])
  }

  @Test("Trimming is done in parts")
  func trimmingInParts() throws {
    try store.apply((1...5_000).map { .outbox(row("beta", epoch: 1, $0...$0)) })
    try store.apply([.acknowledged(realm: "beta", name(1, 5_000))])
    var counts: [Int] = []
    while counts.last != 0 {
      try store.apply([.outboxTrimmed(realm: "beta", before: 2)])
      counts.append(rows("beta").count)
    }
    #expect(counts == [3_000, 1_000, 0])
  }

  @Test("Positions of others' epochs, in the order in which they were first heard of")
  func applied() throws {
    try store.apply([
      .applied(realm: "beta", name(.max, 3)), .applied(realm: "beta", name(2, 1)), .applied(realm: "alpha", name(5, 1)),
      .applied(realm: "beta", name(.max, 9)),
    ])
    #expect(
      try store.load().applied == [
        AppliedPosition(realm: "alpha", name: name(5, 1)), AppliedPosition(realm: "beta", name: name(.max, 9)),
        AppliedPosition(realm: "beta", name: name(2, 1)),
      ])
    #expect(try store.load().realms.map(\.name) == ["alpha", "beta"])
    #expect(try store.load().realms[0] == RealmRecord(name: "alpha", key: [], isVerified: false))
  }

  @Test("A forgotten realm leaves nothing behind, and can be met anew")
  func forgotten() throws {
    try store.apply([
      .realm(RealmRecord(name: "beta", key: [1], isVerified: true)), .outbox(row("beta", epoch: 1, 1...4)),
      .applied(realm: "beta", name(2, 1)), .outbox(row("gamma", epoch: 1, 1...1)), .realmForgotten("beta"),
    ])
    let snapshot = try store.load()
    #expect(snapshot.realms.map(\.name) == ["gamma"])
    #expect(snapshot.outboxes.map(\.realm) == ["gamma"])
    #expect(snapshot.applied.isEmpty)
    #expect(rows("beta") == [])
    try store.apply([.outbox(row("beta", epoch: 1, 5...5))])
    #expect(rows("beta").map(\.first) == [5])
    #expect(rows("gamma").map(\.first) == [1])
  }
}
