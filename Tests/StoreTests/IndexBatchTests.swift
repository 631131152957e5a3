import Core
import Testing

@testable import Store

@Suite("Entries on their way to the index")
struct IndexBatchTests {
  private func batch(_ positions: ClosedRange<Int64>) -> IndexBatch {
    var batch = IndexBatch()
    for position in positions {
      batch.append(message(position, from: 1, to: .person(person(2))), after: position - 1)
    }
    return batch
  }

  private func positions(_ items: [IndexItem]?) -> [Position]? { items.map { $0.map(\.position) } }

  @Test("What follows on is taken in order, so many at a time")
  func inOrder() {
    var all = batch(1...3)
    all.add(batch(4...5))
    #expect(positions(all.take(4, after: 0)) == [1, 2, 3, 4])
    #expect(positions(all.take(4, after: 4)) == [5])
    #expect(positions(all.take(4, after: 5)) == nil)
    all.add(batch(6...7))
    #expect(positions(all.take(4, after: 5)) == [6, 7])
  }

  @Test("What the indexer has read meanwhile is left out; what it has not reached waits")
  func meanwhile() {
    var all = batch(5...8)
    #expect(positions(all.take(9, after: 3)) == nil)
    #expect(positions(all.take(9, after: 6)) == [7, 8])
  }

  @Test("Behind a gap it begins anew")
  func gap() {
    var all = batch(1...3)
    all.add(batch(6...7))
    #expect(positions(all.take(9, after: 0)) == nil)
    #expect(positions(all.take(9, after: 5)) == [6, 7])
  }

  @Test("It never holds more than its limit")
  func limit() {
    let limit = Int64(IndexBatch.limit)
    var all = batch(1...limit + 10)
    #expect(all.items.count == 10)
    all = batch(1...limit)
    all.add(batch(limit + 1...limit + 5))
    #expect(positions(all.take(9, after: limit)) == (1...5).map { limit + $0 })
  }

  @Test("What was not committed is not handed over")
  func failed() throws {
    let temporary = TemporaryFolder()
    let store = try Store(folder: temporary.data, options: .simulation)
    let first = message(1, from: 1, to: .person(person(2)))
    let second = message(2, from: 1, to: .person(person(2)))
    try store.apply([.entry(first)])
    #expect(throws: StoreError.self) { try store.apply([.entry(second), .entry(first)]) }
    #expect(positions(store.written.items) == [1])
    try store.apply([.entry(second)])
    #expect(positions(store.written.items) == [1, 2])
  }
}
