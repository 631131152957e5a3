import Core
import Net
import Store

/// Fills a data folder through the real store, for measuring how a realm starts with much to remember: accounts, groups
/// of a hundred members, and messages, half of them private.
struct Fill {
  private static let membersPerGroup = 100
  /// Writes in one transaction: enough that it costs nothing a row.
  private static let batch = 10_000
  private static let start: Milliseconds = 1_700_000_000_000

  let folder: String
  let accounts: Int
  let messages: Int

  func run() throws {
    guard accounts >= Self.membersPerGroup else { throw LoadError("at least \(Self.membersPerGroup) accounts") }
    let began = Clock.monotonicMilliseconds()
    let store = try Store(folder: folder, options: .simulation)
    guard store.lastPosition == 0 else { throw LoadError("\(folder) is not empty") }
    try writeAccounts(store)
    try writeGroups(store)
    try writeMessages(store)
    try index()
    store.close()
    let seconds = (Clock.monotonicMilliseconds() - began) / 1_000
    print("\(folder): \(accounts) accounts, \(groups) groups, \(messages) messages, in \(seconds) s")
  }

  private func index() throws {
    let indexer = try Indexer(folder: folder, durability: .simulation)
    while try indexer.advance() {}
  }

  private var groups: Int { accounts / Self.membersPerGroup }

  private func writeAccounts(_ store: Store) throws {
    // A verifier that no password fits.
    let verifier = Verifier(
      salt: Array(repeating: 1, count: 16), iterations: 4_096, storedKey: Array(repeating: 2, count: 32),
      serverKey: Array(repeating: 3, count: 32))
    try inBatches(accounts) { number, writes in
      let id = PersonID(rawValue: Int64(number))
      writes.append(
        .account(AccountRecord(id: id, name: "person\(number)", flags: [], created: Self.start), verifier))
    } commit: {
      try store.apply($0)
    }
  }

  private func writeGroups(_ store: Store) throws {
    try inBatches(groups) { number, writes in
      let group = GroupID(rawValue: Int64(number))
      let first = Int64((number - 1) * Self.membersPerGroup + 1)
      writes.append(
        .group(
          group, name: "#group\(number)", founder: PersonID(rawValue: first), created: Self.start, modes: [.topicLock]))
      for member in first..<first + Int64(Self.membersPerGroup) {
        writes.append(.member(group, MemberRecord(person: PersonID(rawValue: member), ranks: [], since: 1)))
      }
    } commit: {
      try store.apply($0)
    }
  }

  private func writeMessages(_ store: Store) throws {
    var numbers = Array(repeating: Int64(0), count: groups)
    let body = Array("This is what people say to each other on an ordinary day, about a hundred characters of it.".utf8)
    try inBatches(messages) { number, writes in
      // Spread over all conversations without chance, so that two runs give the same file.
      let place = number &* 2_654_435_761 & 0xFFFF_FFFF
      let group = place % groups
      let sender = group * Self.membersPerGroup + (place >> 8) % Self.membersPerGroup + 1
      var target = Target.person(PersonID(rawValue: Int64(place >> 4) % Int64(accounts) + 1))
      var inGroup: Int64 = 0
      if number % 2 == 0 {
        numbers[group] += 1
        inGroup = numbers[group]
        target = .group(GroupID(rawValue: Int64(group + 1)))
      }
      writes.append(
        .entry(
          Entry(
            position: Int64(number), target: target, number: inGroup, kind: .message,
            time: Self.start + Int64(number), sender: PersonID(rawValue: Int64(sender)),
            id: MessageID(epoch: 1, counter: UInt64(number)), body: body)))
    } commit: {
      try store.apply($0)
    }
  }

  /// Makes the writes for each number from 1 on, and commits them some thousand at a time.
  private func inBatches(
    _ count: Int, _ make: (_ number: Int, _ writes: inout [Write]) -> Void, commit: ([Write]) throws -> Void
  ) throws {
    var writes: [Write] = []
    for number in 1...max(1, count) where number <= count {
      make(number, &writes)
      if writes.count >= Self.batch || number == count {
        try commit(writes)
        writes.removeAll(keepingCapacity: true)
      }
    }
  }
}
