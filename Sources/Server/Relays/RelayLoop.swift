import Core
import Glibc
import Net
import Wire

/// What a relay thread does and has to itself: the connections to its neighbour.
final class RelayLoop {
  /// Tokens of the poller above all connections.
  private static let wakeUpToken = UInt64.max

  let thread: RelayThread
  private var neighbour: Neighbour
  private var poller: Poller
  /// In order of their tokens.
  var connections: [LinkConnection] = []
  private var lastToken: UInt64 = 0
  private var lastLink: UInt32 = 0
  private var redial: Redial
  /// Milliseconds of the monotonic clock, read once a round.
  private var now = Clock.monotonicMilliseconds()
  private var stop: (reason: String, by: Int64)?

  /// Events on their way to the realm, and how many bytes are in them.
  private var events: [Event] = []
  private var eventBytes = 0
  /// The mailbox was full: nothing is read until there is room.
  private var isBlocked = false
  private var statistics = RelayStatistics()
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  init(_ thread: RelayThread, _ neighbour: Neighbour) throws(SystemError) {
    self.thread = thread
    self.neighbour = neighbour
    redial = Redial(now: now)
    poller = try Poller(capacity: 32)
    try poller.add(thread.wakeUp.descriptor, .read, token: Self.wakeUpToken)
  }

  deinit { room.deallocate() }

  /// Runs until the thread is told to stop.
  func run() {
    do throws(SystemError) {
      while !isDone { try round() }
    } catch {
      // The kernel has no memory left; a thread that cannot wait must not spin.
      fatalError("relay \(neighbour.name): \(error)")
    }
    for connection in connections { drop(connection, stop?.reason ?? "") }
    thread.ended()
    // The realm has to hear the end of every link.
    for event in events { thread.mailbox.postAlways(event) }
    thread.publish(statistics)
  }

  private var isDone: Bool {
    guard let stop else { return false }
    return connections.isEmpty || now >= stop.by
  }

  private func round() throws(SystemError) {
    let work = thread.takeWork()
    if let work { perform(work) }
    dialIfDue()
    for connection in connections { try connection.watch(&poller, mayRead: !isBlocked) }
    let hasMore = !isBlocked && connections.contains(where: \.hasMore)
    let count = try poller.wait(timeoutMilliseconds: work != nil || hasMore ? 0 : timeout)
    thread.awake()
    now = Clock.monotonicMilliseconds()
    var ready: [UInt64: Poller.Interest] = [:]
    for index in 0..<count { ready[poller[index].token] = poller[index].ready }
    if ready[Self.wakeUpToken] != nil { thread.wakeUp.clear() }
    for connection in connections {
      handle(connection, ready[connection.token] ?? [])
    }
    report()
    post()
    thread.publish(statistics)
  }

  private var timeout: Int {
    var next = stop?.by ?? .max
    if mayDial { next = min(next, redial.due) }
    for connection in connections { next = min(next, connection.closeBy ?? connection.link.deadline) }
    return next == .max ? -1 : Int(max(0, next - now))
  }

  // What others want.

  private func perform(_ work: RelayThread.Work) {
    if let neighbour = work.neighbour, neighbour != self.neighbour {
      self.neighbour = neighbour
      redial.reset(now: now)
    }
    for link in work.adopted { adopt(link) }
    for order in work.orders {
      switch order {
      case .send(let id, let frame): send(frame, on: id)
      case .close(let id, let reason):
        guard let connection = connection(id) else { continue }
        connection.link.close(reason: reason)
        closing(connection, reason)
      case .dialNow: redial.reset(now: now)
      }
    }
    if let stop = work.stop, self.stop == nil {
      self.stop = stop
      for connection in connections {
        connection.link.close(reason: stop.reason)
        closing(connection, stop.reason)
      }
    }
    for connection in connections { flush(connection) }
  }

  private func connection(_ id: LinkID) -> LinkConnection? { connections.first { $0.id == id } }

  private func send(_ frame: Frame, on id: LinkID) {
    guard let connection = connection(id), connection.link.isOpen else { return }
    guard !connection.link.send(frame) else { return }
    let reason = "\(neighbour.name) does not take what it is sent"
    connection.link.close(reason: reason)
    closing(connection, reason)
  }

  private func adopt(_ accepted: AcceptedLink) {
    let connection = accepted.connection
    let address = "\(connection.address)"
    guard stop == nil, connections.count < Limits.linksAtOnce else {
      connection.link.close(reason: stop?.reason ?? "too many links of \(neighbour.name) at once")
      thread.log.warning("relay", "link refused", ["realm": .text(neighbour.name), "from": .text(address)])
      _ = try? connection.flush()
      connection.end()
      return
    }
    lastToken += 1
    connection.token = lastToken
    connections.append(connection)
    connection.link.accept(now: now, clock: Clock.wallMilliseconds())
    up(connection, accepted.hello)
    take(connection.link.receive(EmptyCollection(), now: now), of: connection)
    connection.hasMore = true
  }

  // Dialling.

  private var mayDial: Bool {
    stop == nil && neighbour.relay != nil && connections.allSatisfy(\.link.isClosed)
  }

  private func dialIfDue() {
    guard mayDial, redial.due <= now, let endpoint = neighbour.relay else { return }
    do {
      let address = try SocketAddress.resolve(endpoint.description)
      // Asking for a name takes its time.
      now = Clock.monotonicMilliseconds()
      let stream = TLSStream(
        adopting: try Descriptor.connecting(to: address), thread.identity.tls, isClient: true)
      let link = Link(
        dialling: neighbour.name, from: thread.identity.realm, start: thread.identity.start, now: now,
        clock: Clock.wallMilliseconds())
      lastToken += 1
      connections.append(LinkConnection(stream, link, address, token: lastToken))
    } catch let error as SystemError {
      failed("\(endpoint): \(error.reason)")
    } catch {
      failed("\(error)")
    }
  }

  private func failed(_ reason: String) {
    redial.failed(now: now, chance: Self.random())
    events.append(.link(.failed(realm: neighbour.name, reason: reason, next: nextDial)))
  }

  /// When the neighbour is dialled next, by the wall clock; 0 where it cannot be.
  private var nextDial: Milliseconds {
    neighbour.relay == nil ? 0 : Clock.wallMilliseconds() + redial.due - now
  }

  private static func random() -> UInt64 { Crypto.randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

  // What happens to connections.

  private func handle(_ connection: LinkConnection, _ ready: Poller.Interest) {
    let hasFailed = !ready.isDisjoint(with: .failure)
    if connection.link.isClosed {
      flush(connection)
      if connection.isFlushed || hasFailed || now >= connection.closeBy ?? now { drop(connection, "") }
      return
    }
    if isBlocked {
      connection.link.excuse(now: now)
      if hasFailed { return drop(connection, "the connection was cut off") }
    } else if hasFailed || connection.hasMore || !ready.isEmpty {
      do throws(LinkFailure) {
        take(try connection.advance(room, now: now), of: connection)
      } catch {
        return drop(connection, error.reason)
      }
    }
    if !connection.link.isClosed, now >= connection.link.deadline {
      guard connection.isEncrypted else { return drop(connection, connection.silence) }
      take(connection.link.tick(now: now), of: connection)
    }
    flush(connection)
  }

  private func take(_ happenings: [Link.Happening], of connection: LinkConnection) {
    for happening in happenings {
      switch happening {
      case .hello(let hello): up(connection, hello)
      case .frames(let frames):
        guard let id = connection.id else { continue }
        events.append(.link(.frames(id, frames)))
        eventBytes += frames.reduce(0) { $0 + $1.weight }
      case .closed(let reason): closing(connection, reason)
      }
    }
  }

  private func up(_ connection: LinkConnection, _ hello: Hello) {
    lastLink += 1
    let id = LinkID(thread: thread.number, count: lastLink)
    connection.id = id
    connection.upSince = now
    let opened = OpenedLink(
      realm: neighbour.name, key: connection.key, start: hello.start, isDialled: connection.link.isDialled,
      address: "\(connection.address)", clockAhead: hello.clock - Clock.wallMilliseconds())
    events.append(.link(.up(id, opened)))
    if abs(opened.clockAhead) > Limits.clockTolerance {
      thread.log.warning(
        "link", "clocks differ: set both machines by NTP, or times are shown wrong",
        ["realm": .text(neighbour.name), "ahead": .number(opened.clockAhead)])
    }
    statistics.links += 1
  }

  /// The link is closed, and what is left to be sent has a moment to go.
  private func closing(_ connection: LinkConnection, _ reason: String) {
    guard connection.closeBy == nil else { return }
    connection.closeBy = now + Limits.closeSeconds * 1_000
    down(connection, reason)
  }

  private func drop(_ connection: LinkConnection, _ reason: String) {
    if connection.closeBy == nil { down(connection, reason) }
    connection.end()
    connections.removeAll { $0 === connection }
  }

  /// Tells the realm, which logs it, and plans the next dial.
  private func down(_ connection: LinkConnection, _ reason: String) {
    guard let id = connection.id else {
      if stop == nil { failed(reason) }
      return
    }
    statistics.links -= 1
    events.append(.link(.down(id, reason: reason)))
    if now - connection.upSince >= Limits.goodLinkMilliseconds { redial.succeeded() }
    redial.failed(now: now, chance: Self.random())
    events.append(.link(.planned(realm: neighbour.name, next: nextDial)))
  }

  private func flush(_ connection: LinkConnection) {
    do throws(LinkFailure) {
      try connection.flush()
    } catch {
      drop(connection, error.reason)
    }
  }

  // To the realm.

  /// What was sent, in one event a link however often it was.
  private func report() {
    guard !isBlocked else { return }
    statistics.queuedBytes = 0
    for connection in connections {
      statistics.bytesIn += connection.bytesIn
      statistics.bytesOut += connection.bytesOut
      connection.bytesIn = 0
      connection.bytesOut = 0
      statistics.queuedBytes += connection.link.waiting
      guard let id = connection.id, connection.closeBy == nil else { continue }
      guard connection.sentWeight > 0 || connection.reportedRoundTrip != connection.link.roundTrip else { continue }
      connection.reportedRoundTrip = connection.link.roundTrip
      events.append(
        .link(.sent(id, bytes: connection.sentWeight, roundTrip: connection.link.roundTrip)))
      connection.sentWeight = 0
    }
  }

  /// Hands the realm what was gathered; where it takes nothing now, all of it is kept.
  private func post() {
    guard !events.isEmpty else {
      isBlocked = false
      return
    }
    isBlocked = !thread.mailbox.post(&events, bytes: eventBytes)
    if !isBlocked { eventBytes = 0 }
  }
}
