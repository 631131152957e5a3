import Testing
import Wire

@testable import Core

/// What waits for room on a link, and the small tools around it.
@Suite struct TransitQueueTests {
  @Test func originsAreServedInTurn() {
    var queue = TransitQueue(Limits())
    for number in 0..<50 { _ = queue.append(frame(number), from: "flood") }
    for number in 100..<103 { _ = queue.append(frame(number), from: "quiet") }
    var numbers: [UInt64] = []
    while let next = queue.popFirst() {
      if case .circuit(let circuit) = next { numbers.append(circuit.circuit) }
    }
    #expect(Array(numbers.prefix(7)) == [0, 100, 1, 101, 2, 102, 3])
    #expect(numbers.filter { $0 < 100 } == Array(0..<50))
    #expect(queue.isEmpty)
    #expect(queue.weight == 0)
  }

  @Test func oneOriginHasOnlyItsShareAndAllHaveOnlySoMuch() {
    var queue = TransitQueue(Limits())
    var accepted = 0
    while queue.append(frame(0, bytes: 60_000), from: "flood") { accepted += 1 }
    #expect(queue.weight <= Limits().transitBytesPerOrigin)
    #expect(accepted == Limits().transitBytesPerOrigin / 60_100)
    for origin in 0..<50 {
      while queue.append(frame(0, bytes: 60_000), from: "realm\(origin)") {}
    }
    #expect(queue.weight <= Limits().transitBytes)
    #expect(queue.weight > Limits().transitBytes - 70_000)
  }

  @Test func aQueueKeepsTheOrderHoweverItIsUsed() {
    var queue = Queue<Int>()
    var pushed = 0
    var popped = 0
    for round in 1...400 {
      for _ in 0..<(round * 7 % 11) {
        queue.append(pushed)
        pushed += 1
      }
      for _ in 0..<(round * 5 % 9) where !queue.isEmpty {
        #expect(queue.first == popped)
        let next = queue.popFirst()
        #expect(next == popped)
        popped += 1
      }
      #expect(queue.count == pushed - popped)
    }
    #expect(queue.first { $0 >= popped + 3 } == (queue.count > 3 ? popped + 3 : nil))
  }

  @Test func aBucketLetsSoManyThroughAtOnceAndThenOneForEachInterval() {
    var bucket = TokenBucket(3)
    let answers = [1_000, 1_000, 1_000, 1_000, 1_050, 1_100, 1_199, 9_000, 9_000, 9_000, 9_000].map { now in
      bucket.take(now: now, interval: 100)
    }
    #expect(answers == [true, true, true, false, false, true, false, true, true, true, false])
  }

  private func frame(_ number: Int, bytes: Int = 10) -> Frame {
    .circuit(
      CircuitFrame(
        kind: .sealed, from: "a", to: "b", hops: 3, circuit: UInt64(number), count: 1,
        payload: Array(repeating: 0, count: bytes)))
  }
}
