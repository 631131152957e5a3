package import Core
package import Net
package import Wire

/// A socket that clients connect to, and what they speak there.
package final class Listener: Sendable {
  /// What is spoken to those who connect.
  package enum Kind: Sendable {
    /// IRC lines.
    case irc
    /// HTTP requests, and IRC over WebSocket.
    case web
  }

  package let kind: Kind
  package let descriptor: Descriptor

  /// Takes over a socket that listens.
  package init(_ kind: Kind, adopting descriptor: consuming Descriptor) {
    self.kind = kind
    self.descriptor = descriptor
  }
}

/// What a client thread has done so far, and how it stands.
package struct ClientStatistics: Equatable, Sendable {
  package var connections = 0
  package var accepted = 0
  package var refused = 0
  package var bytesIn = 0
  package var bytesOut = 0
  /// Bytes that wait in the send queues.
  package var queuedBytes = 0
  /// Clients closed because they did not read.
  package var closedForSendQueue = 0
}

/// One thread that owns client connections: it reads them, turns what they send into events for the realm, and sends
/// what the realm delivers. It decides nothing.
///
/// The core hears of a connection by `connected`, then of what came, last of `disconnected`; after it has closed a
/// connection itself it hears nothing more of it, except what was on its way already.
package final class ClientThread: Sendable {
  /// What others want of the thread.
  struct Work {
    var deliveries: [Deliveries] = []
    /// Bytes of memory in them.
    var bytes = 0
    /// Connections that would miss something, by slot, with their generation.
    var lost: [UInt32: UInt32] = [:]
    var limits: Limits?
    var stopBy: Int64?

    var isEmpty: Bool { deliveries.isEmpty && lost.isEmpty && limits == nil && stopBy == nil }
  }

  private struct Inbox {
    var work = Work()
    /// Emptied deliveries, kept for their memory.
    var spares: [Deliveries] = []
    /// The thread waits. Nobody wakes it otherwise.
    var isAsleep = false
    /// The realm waits for the thread to take what it was handed.
    var isAwaited = false
  }

  let number: UInt8
  let listeners: [Listener]
  let mailbox: Mailbox
  let admissions: Admissions
  let routes: @Sendable (_ request: HTTPRequest) -> HTTPResponse?
  /// Takes over connections on which files come or go; nil: there are none.
  let files: FileThread?
  let wakeUp: WakeUp
  /// Wakes the realm thread when what it handed over was taken.
  private let taken: WakeUp
  private let inbox = Locked(Inbox())
  private let published = Locked(ClientStatistics())
  private let thread = Locked<OSThread?>(nil)

  /// - Parameters:
  ///   - number: its place among the client threads: `Connection.thread`.
  ///   - admissions: shared by all client threads.
  ///   - routes: answers GET and HEAD requests, quickly; nil: there is no such page. Called on this thread.
  package convenience init(
    number: UInt8, listeners: [Listener], mailbox: Mailbox, admissions: Admissions = Admissions(),
    routes: @escaping @Sendable (_ request: HTTPRequest) -> HTTPResponse? = { _ in nil }
  ) throws(SystemError) {
    try self.init(
      number: number, listeners: listeners, mailbox: mailbox, admissions: admissions, files: nil, routes: routes)
  }

  init(
    number: UInt8, listeners: [Listener], mailbox: Mailbox, admissions: Admissions, files: FileThread?,
    routes: @escaping @Sendable (_ request: HTTPRequest) -> HTTPResponse?
  ) throws(SystemError) {
    self.files = files
    self.number = number
    self.listeners = listeners
    self.mailbox = mailbox
    self.admissions = admissions
    self.routes = routes
    wakeUp = try WakeUp()
    taken = try WakeUp()
  }

  /// Starts to accept connections.
  package func start(limits: Limits) throws(SystemError) {
    let loop = try ClientLoop(self, limits)
    mailbox.whenRoom { [weak self] in self?.wakeUp.wake() }
    let started = try OSThread(name: "clients \(number)") { loop.run() }
    // A closure cannot consume what it captures; an optional can be taken out of.
    var handOver = Optional(started)
    thread.withLock { $0 = handOver.take() }
  }

  /// Sends what clients have waiting, but for no longer than so many milliseconds; then closes all connections and
  /// ends the thread. Returns when that is done.
  package func stop(withinMilliseconds: Int) {
    change { $0.stopBy = Clock.monotonicMilliseconds() + Int64(withinMilliseconds) }
    let running = thread.withLock { $0.take() }
    running?.join()
  }

  /// New limits, from now on.
  package func update(limits: Limits) {
    change { $0.limits = limits }
  }

  /// Takes over what a turn has for the clients of this thread, and leaves `deliveries` empty. Never waits.
  package func deliver(_ deliveries: inout Deliveries) {
    guard !deliveries.isEmpty else { return }
    let bytes = deliveries.bytes.count + deliveries.receivers.count * MemoryLayout<Deliveries.Receiver>.stride
    let wake = inbox.withLock { inbox in
      defer { inbox.isAsleep = false }
      guard inbox.work.bytes + bytes <= Limits.deliveryBytes else {
        for receiver in deliveries.receivers { inbox.work.lost[receiver.slot] = receiver.generation }
        deliveries.removeAll()
        return inbox.isAsleep
      }
      var handOver = inbox.spares.popLast() ?? Deliveries()
      swap(&handOver, &deliveries)
      inbox.work.deliveries.append(handOver)
      inbox.work.bytes += bytes
      return inbox.isAsleep
    }
    if wake { wakeUp.wake() }
  }

  /// Waits while the thread has too much to do with what it was handed, but never for long. Only for the realm thread:
  /// what clients cause may weigh more than what they say, and the mailbox counts only that.
  package func waitForRoom() {
    let hasRoom = inbox.withLock { inbox in
      inbox.isAwaited = inbox.work.bytes > Limits.deliveryRoom
      return !inbox.isAwaited
    }
    if !hasRoom { taken.sleep(milliseconds: Limits.deliveryPatience) }
  }

  /// What it has done; at most one round of its loop behind.
  package var statistics: ClientStatistics { published.withLock { $0 } }

  private func change(_ body: (inout Work) -> Void) {
    inbox.withLock {
      body(&$0.work)
      $0.isAsleep = false
    }
    wakeUp.wake()
  }

  // For the thread itself.

  /// What others want; nil: nothing, and from now on they wake the thread.
  func takeWork() -> Work? {
    let (work, isAwaited) = inbox.withLock { inbox -> (Work?, Bool) in
      guard !inbox.work.isEmpty else {
        inbox.isAsleep = true
        return (nil, false)
      }
      defer {
        inbox.work = Work()
        inbox.isAwaited = false
      }
      return (inbox.work, inbox.isAwaited)
    }
    if isAwaited { taken.wake() }
    return work
  }

  /// The thread is awake and will take its work without being woken.
  func awake() {
    inbox.withLock { $0.isAsleep = false }
  }

  /// Gives back the memory of a delivery that is done.
  func reuse(_ deliveries: consuming Deliveries) {
    deliveries.removeAll()
    let spare = deliveries
    inbox.withLock { if $0.spares.count < 4 { $0.spares.append(spare) } }
  }

  /// Lets others see how it stands.
  func publish(_ statistics: ClientStatistics) {
    published.withLock { $0 = statistics }
  }
}
