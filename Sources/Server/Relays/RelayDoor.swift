import Core
import Glibc
import Net
import Wire

/// A socket that other realms connect to.
final class RelayListener: Sendable {
  let descriptor: Descriptor

  init(adopting descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// Where other realms connect: accepts, shakes hands, hears their hello, and hands each link to the relay thread of its
/// realm. Strangers are told why they are refused, and there are never many of them at once.
final class RelayDoor: Sendable {
  let listeners: [RelayListener]
  let relays: Relays
  let log: Log
  let wakeUp: WakeUp
  private let isStopping = Shared(false)
  private let thread = Locked<OSThread?>(nil)

  init(_ listeners: [RelayListener], _ relays: Relays, _ log: Log) throws(SystemError) {
    self.listeners = listeners
    self.relays = relays
    self.log = log
    wakeUp = try WakeUp()
  }

  /// Starts to accept connections.
  func start() throws(SystemError) {
    guard !listeners.isEmpty else { return }
    let loop = try RelayDoorLoop(self)
    let started = try OSThread(name: "relay door") { loop.run() }
    // A closure cannot consume what it captures; an optional can be taken out of.
    var handOver = Optional(started)
    thread.withLock { $0 = handOver.take() }
  }

  /// Accepts nothing more, and ends the thread.
  func stop() {
    isStopping.value = true
    wakeUp.wake()
    let running = thread.withLock { $0.take() }
    running?.join()
  }

  /// For the thread itself.
  var isOver: Bool { isStopping.value }
}

/// What the door's thread does and has to itself: the connections that have not yet said who they are.
final class RelayDoorLoop {
  /// Tokens of the poller above all connections.
  private static let wakeUpToken = UInt64.max
  private static let listenerToken = UInt64.max - 1_000
  /// How long no connections are accepted after the system refused to make one.
  private static let acceptPause: Int64 = 1_000

  private let door: RelayDoor
  private var poller: Poller
  /// The oldest first.
  private var connections: [LinkConnection] = []
  private var lastToken: UInt64 = 0
  private let admissions = Admissions()
  private var limits = Limits()
  private var now = Clock.monotonicMilliseconds()
  /// No connections are accepted before that.
  private var pausedUntil: Int64?
  private var refusals: RefusalLog
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)

  init(_ door: RelayDoor) throws(SystemError) {
    self.door = door
    refusals = RefusalLog(door.log)
    limits.connections = .max  // there is always room for one more: the oldest goes
    limits.connectionsPerAddress = Limits.linksAtDoorPerAddress
    poller = try Poller(capacity: 64)
    try poller.add(door.wakeUp.descriptor, .read, token: Self.wakeUpToken)
    try listen()
  }

  deinit { room.deallocate() }

  private func listen() throws(SystemError) {
    for (index, listener) in door.listeners.enumerated() {
      try poller.add(listener.descriptor, .read, token: Self.listenerToken + UInt64(index))
    }
  }

  /// Runs until the door is closed.
  func run() {
    do throws(SystemError) {
      while !door.isOver { try round() }
    } catch {
      // The kernel has no memory left; a thread that cannot wait must not spin.
      fatalError("relay door: \(error)")
    }
  }

  private func round() throws(SystemError) {
    for connection in connections { try connection.watch(&poller, mayRead: !connection.link.isClosed) }
    let count = try poller.wait(timeoutMilliseconds: timeout)
    now = Clock.monotonicMilliseconds()
    if let until = pausedUntil, now >= until {
      pausedUntil = nil
      try listen()
    }
    var ready: [UInt64: Poller.Interest] = [:]
    for index in 0..<count { ready[poller[index].token] = poller[index].ready }
    for connection in connections { handle(connection, ready[connection.token] ?? []) }
    for (index, listener) in door.listeners.enumerated()
    where ready[Self.listenerToken + UInt64(index)] != nil {
      try accept(listener)
    }
    refusals.flush(now: now)
  }

  private var timeout: Int {
    var next = min(pausedUntil ?? .max, refusals.due ?? .max)
    for connection in connections { next = min(next, connection.closeBy ?? connection.link.deadline) }
    return next == .max ? -1 : Int(max(0, next - now))
  }

  private func accept(_ listener: RelayListener) throws(SystemError) {
    for _ in 0..<Limits.linksAtDoor {
      do throws(SystemError) {
        guard let accepted = try listener.descriptor.accept() else { return }
        let address = accepted.address
        if let refusal = admissions.admit(address, limits) {
          refusals.add(address, refusal, now: now)
          continue
        }
        if connections.count >= Limits.linksAtDoor, let oldest = connections.first {
          // Who is honest has been here for milliseconds: those who hold others up have to go first.
          refuse(oldest, "too many at once")
        }
        let identity = door.relays.identity
        let stream = TLSStream(adopting: accepted.take(), identity.tls, isClient: false)
        lastToken += 1
        connections.append(
          LinkConnection(
            stream, Link(acceptedBy: identity.realm, start: identity.start, now: now), address, token: lastToken))
      } catch {
        // Of the other errors each belongs to one connection, which is gone.
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) else { continue }
        return try pause()
      }
    }
  }

  private func pause() throws(SystemError) {
    guard pausedUntil == nil else { return }
    pausedUntil = now + Self.acceptPause
    for listener in door.listeners { try poller.remove(listener.descriptor) }
  }

  private func handle(_ connection: LinkConnection, _ ready: Poller.Interest) {
    let hasFailed = !ready.isDisjoint(with: .failure)
    do throws(LinkFailure) {
      if !connection.link.isClosed, !ready.isEmpty {
        for happening in try connection.advance(room, now: now) {
          if try take(happening, of: connection) { return }
        }
      }
      if !connection.link.isClosed, now >= connection.link.deadline {
        guard connection.isEncrypted else { return refuse(connection, "no TLS handshake in time") }
        for happening in connection.link.tick(now: now) { _ = try take(happening, of: connection) }
      }
      try connection.flush()
    } catch {
      return refuse(connection, error.reason)
    }
    guard let closeBy = connection.closeBy, connection.isFlushed || hasFailed || now >= closeBy else { return }
    connection.end()
    remove(connection)
  }

  /// Returns whether the connection has left the door.
  private func take(_ happening: Link.Happening, of connection: LinkConnection) throws(LinkFailure) -> Bool {
    switch happening {
    case .hello(let hello):
      switch door.relays.thread(for: hello.from) {
      case .success(let thread):
        do throws(SystemError) { try connection.unwatch(&poller) } catch { throw LinkFailure(reason: error.reason) }
        remove(connection)
        if thread.adopt(AcceptedLink(connection: connection, hello: hello)) { return true }
        throw LinkFailure(reason: "\(hello.from) is no neighbour any more")
      case .failure(let failure):
        connection.link.close(reason: failure.reason)
        closing(connection, failure.reason)
      }
    case .closed(let reason): closing(connection, reason)
    case .frames: break
    }
    return false
  }

  private func closing(_ connection: LinkConnection, _ reason: String) {
    connection.closeBy = now + Limits.closeSeconds * 1_000
    refusals.add(connection.address, reason, now: now)
  }

  private func refuse(_ connection: LinkConnection, _ reason: String) {
    if connection.closeBy == nil { refusals.add(connection.address, reason, now: now) }
    remove(connection)
  }

  private func remove(_ connection: LinkConnection) {
    guard let index = connections.firstIndex(where: { $0 === connection }) else { return }
    connections.remove(at: index)
    admissions.leave(connection.address)
  }
}

/// Logs those who are refused at the door, in words, but never so many that the log has room for nothing else.
struct RefusalLog {
  /// Lines within `interval` milliseconds: a few are read, more are counted.
  private static let lines = 20
  private static let interval: Int64 = 60_000

  private let log: Log
  private var since: Int64 = 0
  private var count = 0

  init(_ log: Log) { self.log = log }

  /// When `flush` is due; nil: nothing was left out.
  var due: Int64? { count > Self.lines ? since + Self.interval : nil }

  /// Logs a refusal, or counts it.
  mutating func add(_ address: SocketAddress, _ reason: String, now: Int64) {
    flush(now: now)
    if count == 0 { since = now }
    count += 1
    guard count <= Self.lines else { return }
    log.warning("relay", "refused", ["from": .text("\(address)"), "why": .text(reason)])
  }

  /// Logs how many were left out, once the time is over.
  mutating func flush(now: Int64) {
    guard count > 0, now >= since + Self.interval else { return }
    if count > Self.lines { log.warning("relay", "more were refused", ["count": LogValue(count - Self.lines)]) }
    count = 0
  }
}
