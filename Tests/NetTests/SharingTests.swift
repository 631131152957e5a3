import Net
import Testing

@Suite struct SharingTests {
  @Test func lockedLetsOneThreadInAtATime() throws {
    final class Counter: Sendable { let value = Locked(0) }
    let counter = Counter()
    func count() throws -> OSThread {
      try OSThread(name: "counting") { for _ in 0..<10_000 { counter.value.withLock { $0 += 1 } } }
    }
    let one = try count()
    let other = try count()
    one.join()
    other.join()
    #expect(counter.value.withLock { $0 } == 20_000)
  }

  @Test func lockIsGivenBackOnError() {
    struct Refused: Error {}
    let value = Locked(1)
    #expect(throws: Refused.self) { try value.withLock { (_) throws(Refused) in throw Refused() } }
    #expect(value.withLock { $0 } == 1)
  }

  @Test func wakeUpIsRememberedUntilCleared() throws {
    let wakeUp = try WakeUp()
    #expect(try !wakeUp.wait(timeoutMilliseconds: 0))
    wakeUp.wake()
    wakeUp.wake()
    #expect(try wakeUp.wait(timeoutMilliseconds: 0))
    #expect(try !wakeUp.wait(timeoutMilliseconds: 1))
  }

  @Test func wakeUpReachesAThreadThatSleeps() throws {
    final class Shared: Sendable {
      let wakeUp: WakeUp
      let woken = Locked(false)
      init() throws { wakeUp = try WakeUp() }
    }
    let shared = try Shared()
    let thread = try OSThread(name: "sleeping") {
      let woken = (try? shared.wakeUp.wait(timeoutMilliseconds: 10_000)) ?? false
      shared.woken.withLock { $0 = woken }
    }
    shared.wakeUp.wake()
    thread.join()
    #expect(shared.woken.withLock { $0 })
  }

  @Test func pollerTellsWhatIsReadyUntilRemoved() throws {
    var poller = try Poller()
    let wakeUp = try WakeUp()
    try poller.add(wakeUp.descriptor, .read, token: 7)
    #expect(try poller.wait(timeoutMilliseconds: 0) == 0)
    wakeUp.wake()
    #expect(try poller.wait(timeoutMilliseconds: 1_000) == 1)
    #expect(poller[0].token == 7)
    #expect(poller[0].ready == .read)
    try poller.change(wakeUp.descriptor, .write, token: 8)
    #expect(try poller.wait(timeoutMilliseconds: 1_000) == 1)
    #expect(poller[0].token == 8)
    #expect(poller[0].ready == .write)
    try poller.remove(wakeUp.descriptor)
    #expect(try poller.wait(timeoutMilliseconds: 0) == 0)
  }

  @Test func monotonicClockNeverGoesBack() {
    let first = Clock.monotonicMicroseconds()
    #expect(Clock.monotonicMicroseconds() >= first)
    #expect(abs(Clock.monotonicMilliseconds() - first / 1_000) < 60_000)
    #expect(Clock.wallMilliseconds() > 1_700_000_000_000)
  }
}
