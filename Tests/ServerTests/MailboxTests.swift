import Core
import Net
import Server
import Testing

@Suite struct MailboxTests {
  /// Events that are told apart by their reason.
  private func events(_ numbers: ClosedRange<Int>) -> [Event] { numbers.map { .stopping(reason: "\($0)") } }

  private func numbers(_ events: [Event]) -> [Int] {
    events.compactMap { if case .stopping(let reason) = $0 { Int(reason) } else { nil } }
  }

  @Test func keepsTheOrder() throws {
    let mailbox = try Mailbox()
    var first = events(1...3)
    var second = events(4...5)
    #expect(mailbox.post(&first, bytes: 10))
    mailbox.postAlways(.stopping(reason: "9"))
    #expect(mailbox.post(&second, bytes: 5))
    #expect(first.isEmpty && second.isEmpty)
    #expect(mailbox.waiting == (events: 6, bytes: 15))
    var drained: [Event] = []
    mailbox.drain(into: &drained)
    #expect(numbers(drained) == [1, 2, 3, 9, 4, 5])
    #expect(mailbox.waiting == (events: 0, bytes: 0))
  }

  @Test(arguments: [(3, 1_000), (1_000, 10)])
  func refusesWhenFullAndTellsOfRoomOnce(_ maxEvents: Int, _ maxBytes: Int) throws {
    let mailbox = try Mailbox(maxEvents: maxEvents, maxBytes: maxBytes)
    final class Woken: Sendable { let times = Locked(0) }
    let woken = Woken()
    mailbox.whenRoom { woken.times.withLock { $0 += 1 } }
    var first = events(1...3)
    var second = events(4...4)
    #expect(mailbox.post(&first, bytes: 10))
    #expect(!mailbox.post(&second, bytes: 1))
    #expect(numbers(second) == [4])
    mailbox.postAlways(.stopping(reason: "5"))
    #expect(woken.times.withLock { $0 } == 0)
    var drained: [Event] = []
    mailbox.drain(into: &drained)
    #expect(numbers(drained) == [1, 2, 3, 5])
    #expect(woken.times.withLock { $0 } == 1)
    #expect(mailbox.post(&second, bytes: 1))
    drained = []
    mailbox.drain(into: &drained)
    #expect(numbers(drained) == [4])
    #expect(woken.times.withLock { $0 } == 1)
  }

  @Test func waitsForWhatComes() throws {
    let mailbox = try Mailbox()
    #expect(try !mailbox.wait(timeoutMilliseconds: 0))
    let thread = try OSThread(name: "posting") { mailbox.postAlways(.tick) }
    while try !mailbox.wait(timeoutMilliseconds: 10_000) {}
    thread.join()
    #expect(try mailbox.wait(timeoutMilliseconds: 0))
    var drained: [Event] = []
    mailbox.drain(into: &drained)
    #expect(drained.count == 1)
    #expect(try !mailbox.wait(timeoutMilliseconds: 0))
  }

  @Test func manyThreadsPostWithoutLoss() throws {
    let mailbox = try Mailbox(maxEvents: 50)
    let rounds = 2_000
    func post(_ base: Int) throws -> OSThread {
      try OSThread(name: "posting") {
        for round in 0..<rounds {
          var events: [Event] = [.stopping(reason: "\(base + round)")]
          while !mailbox.post(&events, bytes: 1) {}
        }
      }
    }
    let one = try post(0)
    let other = try post(1_000_000)
    var seen: [Int] = []
    var drained: [Event] = []
    while seen.count < 2 * rounds {
      _ = try mailbox.wait(timeoutMilliseconds: 10_000)
      mailbox.drain(into: &drained)
      seen += numbers(drained)
      drained.removeAll(keepingCapacity: true)
    }
    one.join()
    other.join()
    #expect(seen.filter { $0 < 1_000_000 } == Array(0..<rounds))
    #expect(seen.filter { $0 >= 1_000_000 } == Array(1_000_000..<1_000_000 + rounds))
  }
}
