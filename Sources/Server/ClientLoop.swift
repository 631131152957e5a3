import Core
import Glibc
import Net
import Wire

/// What a client thread does and has to itself: its connections, by slot, and one buffer to read into.
final class ClientLoop {
  struct Slot {
    /// How often the slot was used before; an older one names a connection that is gone.
    var generation: UInt32 = 0
    var connection: ClientConnection?
  }

  /// Tokens of the poller above all connections: slot numbers never get there.
  private static let wakeUpToken = UInt64.max
  private static let listenerToken = UInt64.max - 1_000
  /// In `Deadlines`: when to listen again.
  private static let listenersSlot = UInt32.max
  /// Connections accepted in one go, so that a flood of them leaves time for those that are there.
  private static let acceptsAtOnce = 64
  /// How long no connections are accepted after the system refused to make one.
  private static let acceptPause: Int64 = 1_000

  let thread: ClientThread
  var poller: Poller
  var slots: [Slot] = []
  private var freeSlots: [UInt32] = []
  var limits: Limits
  var lineRate: LineRate
  var deadlines = Deadlines()
  /// Milliseconds of the monotonic clock, read once a round.
  var now = Clock.monotonicMilliseconds()
  var statistics = ClientStatistics()

  /// Events on their way to the realm, and how many bytes of input are in them.
  var events: [Event] = []
  var eventBytes = 0
  /// The mailbox was full: nothing is read until there is room.
  private var isBlocked = false
  private var stopBy: Int64?

  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  /// Slots of connections that something was queued for in this delivery.
  var dirty: [UInt32] = []

  init(_ thread: ClientThread, _ limits: Limits) throws(SystemError) {
    self.thread = thread
    self.limits = limits
    lineRate = LineRate(limits)
    poller = try Poller()
    try poller.add(thread.wakeUp.descriptor, .read, token: Self.wakeUpToken)
    try listen()
  }

  deinit { buffer.deallocate() }

  private func listen() throws(SystemError) {
    for (index, listener) in thread.listeners.enumerated() {
      try poller.add(listener.descriptor, .read, token: Self.listenerToken + UInt64(index))
    }
  }

  private func stopListening() {
    for listener in thread.listeners {
      // It fails only for one that was not added, because listening is paused.
      try? poller.remove(listener.descriptor)
    }
  }

  /// Runs until the thread is told to stop.
  func run() {
    do throws(SystemError) {
      while !isDone { try round() }
    } catch {
      // Without its poller the thread can do nothing, and all clients would hang.
      fatalError("client thread: \(error)")
    }
    for slot in slots { if let connection = slot.connection { drop(connection, "Server stopped") } }
    thread.publish(statistics)
  }

  private func round() throws(SystemError) {
    let work = thread.takeWork()
    if let work { perform(work) }
    if isBlocked && stopBy == nil {
      // The realm is behind: it has our events in hand, and reading more would only pile them up here.
      try thread.wakeUp.wait(timeoutMilliseconds: work == nil ? 1_000 : 0)
      thread.awake()
      now = Clock.monotonicMilliseconds()
    } else {
      let count = try poller.wait(timeoutMilliseconds: work == nil ? timeout : 0)
      thread.awake()
      now = Clock.monotonicMilliseconds()
      for index in 0..<count where !isBlocked || stopBy != nil { handle(poller[index].token, poller[index].ready) }
      runDeadlines()
    }
    // First, so that whoever acts on an event finds it counted.
    thread.publish(statistics)
    post()
  }

  private var timeout: Int {
    let next = min(deadlines.next ?? .max, stopBy ?? .max)
    return next == .max ? -1 : Int(max(0, next - now))
  }

  private func perform(_ work: ClientThread.Work) {
    if let limits = work.limits {
      self.limits = limits
      lineRate = LineRate(limits)
    }
    for delivery in work.deliveries {
      deliver(delivery)
      thread.reuse(delivery)
    }
    for (slot, generation) in work.lost {
      if let connection = connection(slot, generation) { overflow(connection) }
    }
    if let stopBy = work.stopBy { beginStop(stopBy) }
  }

  private func handle(_ token: UInt64, _ ready: Poller.Interest) {
    if token == Self.wakeUpToken {
      thread.wakeUp.clear()
    } else if token >= Self.listenerToken {
      accept(thread.listeners[Int(token - Self.listenerToken)])
    } else if let connection = connection(UInt32(truncatingIfNeeded: token), UInt32(token >> 32)) {
      let hasFailed = !ready.isDisjoint(with: .failure)
      if connection.interest.contains(.write), hasFailed || ready.contains(.write) { flush(connection) }
      if connection.interest.contains(.read), hasFailed || ready.contains(.read) { read(connection) }
    }
  }

  /// Hands the realm what was gathered; where it takes nothing now, all of it is kept.
  func post() {
    guard stopBy == nil else { return events.removeAll() }
    guard !events.isEmpty else {
      isBlocked = false
      return
    }
    isBlocked = !thread.mailbox.post(&events, bytes: eventBytes)
    if !isBlocked { eventBytes = 0 }
  }

  private func runDeadlines() {
    while let due = deadlines.take(now: now) {
      if due.slot == Self.listenersSlot {
        resumeListening()
      } else if let connection = connection(due.slot, due.generation), connection.deadline <= now {
        connection.deadline = .max
        timeIsUp(connection)
      }
    }
  }

  private func timeIsUp(_ connection: ClientConnection) {
    if connection.phase != .open {
      drop(connection, "Connection closed")
    } else if connection.isHTTP {
      answer(connection, HTTPResponse(status: 408, text: "The request took too long."))
    } else if case .posting(let post) = connection.mode {
      giveUp(connection, post)
    } else {
      resume(connection)
    }
  }

  /// Lets something happen to a connection at a time; replaces what was to happen before.
  func setDeadline(_ connection: ClientConnection, _ time: Int64) {
    connection.deadline = time
    deadlines.add(Deadlines.Entry(time: time, slot: connection.id.slot, generation: connection.id.generation))
  }
}

// Connections come and go.
extension ClientLoop {
  /// The connection in a slot, unless it is another one by now.
  @inline(__always)
  func connection(_ slot: UInt32, _ generation: UInt32) -> ClientConnection? {
    guard Int(slot) < slots.count, slots[Int(slot)].generation == generation else { return nil }
    return slots[Int(slot)].connection
  }

  private func accept(_ listener: Listener) {
    for _ in 0..<Self.acceptsAtOnce {
      do throws(SystemError) {
        guard let accepted = try listener.descriptor.accept() else { return }
        admit(accepted, listener.kind)
      } catch {
        statistics.refused += 1
        // Of the other errors each belongs to one connection, which is gone.
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) else { continue }
        stopListening()
        deadlines.add(Deadlines.Entry(time: now + Self.acceptPause, slot: Self.listenersSlot, generation: 0))
        return
      }
    }
  }

  private func resumeListening() {
    guard stopBy == nil else { return }
    stopListening()
    do throws(SystemError) {
      try listen()
    } catch {
      deadlines.add(Deadlines.Entry(time: now + Self.acceptPause, slot: Self.listenersSlot, generation: 0))
    }
  }

  private func admit(_ accepted: consuming AcceptedSocket, _ kind: Listener.Kind) {
    let address = accepted.address
    let descriptor = accepted.take()
    if let refusal = thread.admissions.admit(address, limits) {
      statistics.refused += 1
      refuse(descriptor, refusal, kind)
      return
    }
    statistics.accepted += 1
    statistics.connections += 1
    let slot = freeSlots.popLast() ?? UInt32(slots.count)
    if Int(slot) == slots.count { slots.append(Slot()) }
    let id = Connection(thread: thread.number, slot: slot, generation: slots[Int(slot)].generation)
    let connection = ClientConnection(adopting: descriptor, address, id, kind == .irc ? .irc : .http)
    slots[Int(slot)].connection = connection
    switch kind {
    case .irc: announce(connection)
    case .web: setDeadline(connection, now + Limits.headSeconds * 1_000)
    }
    updateInterest(connection)
  }

  /// Says why, in one line. Whether it arrives is not our concern: the connection is too many as it is.
  private func refuse(_ descriptor: borrowing Descriptor, _ refusal: String, _ kind: Listener.Kind) {
    let bytes =
      switch kind {
      case .irc: Array("ERROR :\(refusal)\r\n".utf8)
      case .web: HTTPResponse(status: 503, text: refusal).bytes()
      }
    _ = try? descriptor.send(bytes)
    descriptor.endSending()
  }

  /// Tells the core of a connection.
  func announce(_ connection: ClientConnection) {
    connection.isAnnounced = true
    let address = connection.address
    events.append(.connected(connection.id, host: address.host, origin: address.origin, secure: false))
  }

  /// Tells the core, once, that a connection is gone.
  func retract(_ connection: ClientConnection, _ reason: String) {
    guard connection.isAnnounced else { return }
    connection.isAnnounced = false
    events.append(.disconnected(connection.id, reason: reason))
  }

  /// Ends a connection at once.
  func drop(_ connection: ClientConnection, _ reason: String) {
    guard forget(connection, reason) else { return }
    thread.admissions.leave(connection.address)
  }

  /// Forgets a connection that goes on elsewhere, with another descriptor of the same socket.
  func letGo(_ connection: ClientConnection) throws(SystemError) {
    // The poller knows sockets: it would go on telling about this one.
    if !connection.interest.isEmpty { try poller.remove(connection.descriptor) }
    forget(connection, "")
  }

  /// False: that has happened already.
  @discardableResult
  private func forget(_ connection: ClientConnection, _ reason: String) -> Bool {
    let slot = Int(connection.id.slot)
    guard slots[slot].connection === connection else { return false }
    retract(connection, reason)
    slots[slot].connection = nil
    slots[slot].generation &+= 1
    freeSlots.append(connection.id.slot)
    statistics.connections -= 1
    statistics.queuedBytes -= connection.backlog
    connection.phase = .gone
    connection.interest = []
    return true
  }

  /// Ends a connection once all that is queued for it is sent, and gives it a few seconds for that.
  func finish(_ connection: ClientConnection, seconds: Int64 = Limits.closeSeconds) {
    guard connection.phase == .open else { return }
    connection.phase = .closing
    connection.held = []
    setDeadline(connection, min(now + seconds * 1_000, stopBy ?? .max))
  }

  /// Has the poller tell what is wanted of a connection, and no more: one that is not read and has nothing to send
  /// is taken out, because the poller would go on telling about its failure.
  func updateInterest(_ connection: ClientConnection) {
    guard connection.phase != .gone else { return }
    var wanted: Poller.Interest = []
    if connection.phase == .draining || (connection.phase == .open && !connection.isPaused) { wanted.insert(.read) }
    if connection.backlog > 0 { wanted.insert(.write) }
    guard wanted != connection.interest else { return }
    let before = connection.interest
    connection.interest = wanted
    do throws(SystemError) {
      if before.isEmpty {
        try poller.add(connection.descriptor, wanted, token: connection.token)
      } else if wanted.isEmpty {
        try poller.remove(connection.descriptor)
      } else {
        try poller.change(connection.descriptor, wanted, token: connection.token)
      }
    } catch {
      connection.interest = before
      drop(connection, error.reason)
    }
  }

  private func beginStop(_ time: Int64) {
    stopBy = time
    now = Clock.monotonicMilliseconds()
    stopListening()
    for slot in slots {
      guard let connection = slot.connection else { continue }
      connection.isAnnounced = false
      finish(connection)
      flush(connection)
    }
  }

  /// Whether it was told to stop, and everything is sent or the time is up.
  private var isDone: Bool {
    guard let stopBy else { return false }
    return now >= stopBy || slots.allSatisfy { $0.connection == nil || $0.connection?.phase == .draining }
  }
}
