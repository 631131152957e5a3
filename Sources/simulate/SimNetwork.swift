import Core

/// A pretended connection between a client and a realm: bytes on their way, in both directions.
final class SimConnection {
  /// What comes to the server, in this order.
  enum Arrival {
    case opened
    case lines([UInt8])
    case closed(reason: String)
  }

  let serial: Int
  unowned let client: any Peer
  unowned let realm: SimRealm
  let address: Connection

  var arrivals: [(at: Int64, what: Arrival)] = []
  /// What was sent to the client and not yet read by it.
  var unread: [UInt8] = []
  var isReadDue = false
  /// The server is done with it: nothing comes from it and nothing is sent to it any more.
  var endedAtServer = false
  /// The client is done with it.
  var endedAtClient = false
  /// Bytes are lost from now on, in both directions.
  var isBroken = false
  /// When the client reads again; it stalls until then.
  var stalledUntil: Int64 = 0

  init(serial: Int, client: any Peer, realm: SimRealm, address: Connection) {
    self.serial = serial
    self.client = client
    self.realm = realm
    self.address = address
  }

  /// Whether nothing is on its way, and both sides use it or neither.
  var isQuiet: Bool { arrivals.isEmpty && unread.isEmpty && endedAtServer == endedAtClient }
}

/// The pretended network between a realm and its clients: carries bytes in order, late, and loses what is on its way
/// when a connection breaks.
final class SimNetwork {
  private unowned let world: World
  private var chance: Chance
  private var lastSerial = 0
  /// The connections the realm's client threads hold, by thread and slot.
  private var slots: [[SimConnection?]]
  private var generations: [[UInt32]]
  /// Those that either side still uses.
  private(set) var connections: [SimConnection] = []

  init(world: World, chance: Chance) {
    self.world = world
    self.chance = chance
    slots = Array(repeating: [], count: world.plan.threads)
    generations = slots.map { _ in [] }
  }

  private var latency: ClosedRange<Int> { world.isCalm ? 0...20 : world.plan.latency }

  // MARK: what a client does

  /// Dials a realm; nil if it does not run.
  func connect(_ client: any Peer, to realm: SimRealm) -> SimConnection? {
    guard realm.isRunning else { return nil }
    lastSerial += 1
    let thread = chance.below(slots.count)
    let slot = slots[thread].firstIndex { $0 == nil } ?? slots[thread].count
    if slot == slots[thread].count {
      slots[thread].append(nil)
      generations[thread].append(0)
    }
    generations[thread][slot] += 1
    let address = Connection(thread: UInt8(thread), slot: UInt32(slot), generation: generations[thread][slot])
    let connection = SimConnection(serial: lastSerial, client: client, realm: realm, address: address)
    slots[thread][slot] = connection
    connections.append(connection)
    carry(.opened, on: connection)
    return connection
  }

  func send(_ lines: [UInt8], on connection: SimConnection) {
    guard !connection.endedAtClient else { return }
    carry(.lines(lines), on: connection)
  }

  /// The client closes its end: what it sent still arrives, what was sent to it is lost.
  func hangUp(_ connection: SimConnection) {
    guard !connection.endedAtClient else { return }
    endAtClient(connection)
    carry(.closed(reason: "Connection closed"), on: connection)
  }

  private func carry(_ what: SimConnection.Arrival, on connection: SimConnection) {
    guard !connection.endedAtServer, !connection.isBroken else { return }
    let at = max(connection.arrivals.last?.at ?? 0, world.now + Int64(chance.within(latency)))
    connection.arrivals.append((at, what))
    world.agenda.add(.arrival(connection), at: at)
  }

  /// What was on its way is there.
  func arrive(_ connection: SimConnection) {
    guard !connection.endedAtServer, let first = connection.arrivals.first, first.at <= world.now else { return }
    connection.arrivals.removeFirst()
    switch first.what {
    case .opened:
      connection.realm.post(.connected(connection.address, host: "127.0.0.1", origin: nil, secure: false))
    case .lines(let lines): connection.realm.post(.input(connection.address, lines))
    case .closed(let reason):
      connection.realm.post(.disconnected(connection.address, reason: reason))
      endAtServer(connection)
    }
  }

  // MARK: what a realm does

  /// Takes what a turn has for the clients of one thread.
  func deliver(_ deliveries: Deliveries, thread: Int) {
    for piece in deliveries.pieces {
      for receiver in deliveries.receivers[piece.receivers] {
        guard let connection = connection(thread, receiver) else { continue }
        if piece.close {
          closeByServer(connection)
        } else {
          queue(deliveries.bytes[piece.bytes], on: connection)
        }
      }
    }
  }

  private func connection(_ thread: Int, _ receiver: Deliveries.Receiver) -> SimConnection? {
    guard let connection = slots[thread][Int(receiver.slot)] else { return nil }
    return connection.address.generation == receiver.generation ? connection : nil
  }

  private func queue(_ bytes: ArraySlice<UInt8>, on connection: SimConnection) {
    guard !connection.endedAtClient, !connection.isBroken else { return }
    connection.unread.append(contentsOf: bytes)
    if connection.unread.count > world.plan.queueLimit {
      connection.realm.post(.disconnected(connection.address, reason: "It does not read"))
      endAtServer(connection)
      connection.unread.removeAll()
    }
    readLater(connection)
  }

  private func closeByServer(_ connection: SimConnection) {
    // The edge may tell the realm of an end that the realm itself has made.
    if chance.percent(30) { connection.realm.post(.disconnected(connection.address, reason: "Closed")) }
    endAtServer(connection)
    readLater(connection)
  }

  private func endAtServer(_ connection: SimConnection) {
    guard !connection.endedAtServer else { return }
    connection.endedAtServer = true
    connection.arrivals.removeAll()
    slots[Int(connection.address.thread)][Int(connection.address.slot)] = nil
    forgetIfOver(connection)
  }

  private func endAtClient(_ connection: SimConnection) {
    connection.endedAtClient = true
    connection.unread.removeAll()
    forgetIfOver(connection)
  }

  private func forgetIfOver(_ connection: SimConnection) {
    guard connection.endedAtServer, connection.endedAtClient else { return }
    connections.removeAll { $0 === connection }
  }

  // MARK: reading

  private func readLater(_ connection: SimConnection) {
    guard !connection.isReadDue, !connection.endedAtClient else { return }
    connection.isReadDue = true
    let slowness = connection.client.readsSlowly ? chance.within(0...800) : 0
    let at = max(world.now + Int64(chance.within(latency) + slowness), connection.stalledUntil)
    world.agenda.add(.read(connection), at: at)
  }

  /// The client takes some or all of what is there for it.
  func read(_ connection: SimConnection) {
    connection.isReadDue = false
    guard !connection.endedAtClient, !connection.isBroken else { return }
    guard connection.stalledUntil <= world.now else { return readLater(connection) }
    let count = connection.client.readsSlowly ? chance.below(connection.unread.count + 1) : connection.unread.count
    let bytes = Array(connection.unread.prefix(max(count, min(200, connection.unread.count))))
    connection.unread.removeFirst(bytes.count)
    connection.client.take(bytes, from: connection)
    guard !connection.endedAtClient else { return }
    if !connection.unread.isEmpty { return readLater(connection) }
    if connection.endedAtServer { end(connection) }
  }

  /// The client notices that nothing comes any more.
  func end(_ connection: SimConnection) {
    guard !connection.endedAtClient else { return }
    endAtClient(connection)
    connection.client.lost(connection)
  }

  // MARK: faults

  /// Breaks a connection: of what is on its way a part arrives, the rest is lost. The server may notice or not, until
  /// its patience is at an end.
  func cut(_ connection: SimConnection) {
    guard !connection.endedAtClient, !connection.isBroken else { return }
    lose(connection)
    guard !connection.endedAtServer else { return }
    let kept = chance.below(connection.arrivals.count + 1)
    // That it was opened is known at once; only what followed can be lost.
    while connection.arrivals.count > kept {
      if case .opened = connection.arrivals[connection.arrivals.count - 1].what { break }
      connection.arrivals.removeLast()
    }
    if !chance.percent(world.plan.faults.halfOpen) {
      let at = max(connection.arrivals.last?.at ?? 0, world.now) + Int64(chance.within(0...3_000))
      connection.arrivals.append((at, .closed(reason: "Connection reset")))
      world.agenda.add(.arrival(connection), at: at)
    }
  }

  /// The realm has died, and all connections with it.
  func breakAll() {
    for connection in connections {
      endAtServer(connection)
      if !connection.endedAtClient { lose(connection) }
    }
  }

  /// The client still reads a part of what was on its way to it, then notices the end.
  private func lose(_ connection: SimConnection) {
    let kept = Array(connection.unread.prefix(chance.below(connection.unread.count + 1)))
    connection.isBroken = true
    connection.unread.removeAll()
    connection.client.take(kept, from: connection)
    guard !connection.endedAtClient else { return }
    world.agenda.add(.ended(connection), at: world.now + Int64(chance.within(0...2_000)))
  }

  /// Whether nothing is on its way.
  var isQuiet: Bool { connections.allSatisfy(\.isQuiet) }

  /// The connections on which something is, for people.
  var restless: String {
    connections.filter { !$0.isQuiet }.map { connection in
      let server = connection.endedAtServer ? ", ended by the server" : ""
      return "a connection of \(connection.client)" + server + (connection.endedAtClient ? ", ended by the client" : "")
    }.joined(separator: ", ")
  }
}
