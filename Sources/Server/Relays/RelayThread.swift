import Core
import Net
import Wire

/// The dedicated thread that keeps the links to one neighbour: it dials, adopts what the door has accepted, reads,
/// writes, and gives up. It decides nothing: which of several links stays is the realm's to say.
final class RelayThread: Sendable {
  /// What others want of the thread.
  struct Work {
    var orders: [LinkOrder] = []
    var adopted: [AcceptedLink] = []
    var neighbour: Neighbour?
    var stop: (reason: String, by: Int64)?

    var isEmpty: Bool { orders.isEmpty && adopted.isEmpty && neighbour == nil && stop == nil }
  }

  private struct Inbox {
    var work = Work()
    /// The thread waits. Nobody wakes it otherwise.
    var isAsleep = false
    var hasEnded = false
  }

  let number: UInt32
  let identity: RelayIdentity
  let mailbox: Mailbox
  let log: Log
  let wakeUp: WakeUp
  private let neighbour: Neighbour
  private let inbox = Locked(Inbox())
  private let published = Locked(RelayStatistics())
  private let hasEnded: Latch
  /// When it has to have ended, once it is told to.
  private let endBy = Shared<Int64>(0)

  init(
    _ neighbour: Neighbour, number: UInt32, _ identity: RelayIdentity, _ mailbox: Mailbox, _ log: Log
  ) throws(SystemError) {
    self.neighbour = neighbour
    self.number = number
    self.identity = identity
    self.mailbox = mailbox
    self.log = log
    wakeUp = try WakeUp()
    hasEnded = try Latch()
  }

  /// Starts the thread; it dials at once.
  func start() throws(SystemError) {
    let loop = try RelayLoop(self, neighbour)
    _ = try OSThread(name: "relay \(neighbour.name)") { [hasEnded] in
      loop.run()
      hasEnded.open()
    }
  }

  /// The neighbour has another address.
  func change(to neighbour: Neighbour) { hand { $0.neighbour = neighbour } }

  /// Takes over what a turn has for this neighbour.
  func perform(_ orders: [LinkOrder]) { hand { $0.orders += orders } }

  /// Takes over a link whose hello has come. False: it is not taken, because the thread is ending.
  func adopt(_ link: AcceptedLink) -> Bool {
    hand { $0.adopted.append(link) }
  }

  /// Says goodbye on all links, waits for no longer than that until it is sent, and ends.
  func beginStop(reason: String, withinMilliseconds: Int) {
    let by = Clock.monotonicMilliseconds() + Int64(withinMilliseconds)
    endBy.value = by
    hand { $0.stop = (reason, by) }
  }

  /// Waits until the thread has ended after `beginStop`, and a moment longer than it was given: it may be asking for
  /// the address of a name, which cannot be cut short. Then it ends by itself.
  func waitForEnd() { hasEnded.wait(milliseconds: Int(max(0, endBy.value + 500 - Clock.monotonicMilliseconds()))) }

  /// How it stands; at most one round of its loop behind.
  var statistics: RelayStatistics { published.withLock { $0 } }

  @discardableResult
  private func hand(_ change: (inout Work) -> Void) -> Bool {
    let (taken, wake) = inbox.withLock { inbox in
      guard !inbox.hasEnded else { return (false, false) }
      change(&inbox.work)
      defer { inbox.isAsleep = false }
      return (true, inbox.isAsleep)
    }
    if wake { wakeUp.wake() }
    return taken
  }

  // For the thread itself.

  /// What others want; nil: nothing, and from now on they wake the thread.
  func takeWork() -> Work? {
    inbox.withLock { inbox in
      guard !inbox.work.isEmpty else {
        inbox.isAsleep = true
        return nil
      }
      defer { inbox.work = Work() }
      return inbox.work
    }
  }

  /// The thread is awake and will take its work without being woken.
  func awake() { inbox.withLock { $0.isAsleep = false } }

  /// Nothing will be taken any more.
  func ended() {
    inbox.withLock { inbox in
      inbox.hasEnded = true
      inbox.work = Work()
    }
  }

  /// Lets others see how it stands.
  func publish(_ statistics: RelayStatistics) { published.withLock { $0 = statistics } }
}

/// A link on its way from the door to its relay thread. Only one of them has it at a time, which the compiler cannot
/// see.
struct AcceptedLink: @unchecked Sendable {
  let connection: LinkConnection
  let hello: Hello
}
