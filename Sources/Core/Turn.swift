/// What one turn decided: gathered by the core, then carried out by whoever runs it, in this order: `writes` are
/// committed in one transaction; only then are `deliveries`, `links`, `files`, `asks`, `replies` and `notes` released.
package struct Turn: Sendable {
  /// The time of the turn, by the wall clock, which may jump. Set by the runner before the first event.
  package var now: Milliseconds
  /// The time of the turn by a clock that never jumps, for time-outs; where it starts does not matter.
  package var uptime: Milliseconds
  package var writes: [Write] = []
  /// What each client thread has to send, indexed by thread.
  package var deliveries: [Deliveries]
  package var asks: [(id: AskID, ask: Ask)] = []
  /// For the relay threads, in order.
  package var links: [LinkOrder] = []
  /// For the thread that moves files, in order.
  package var files: [FileOrder] = []
  package var replies: [(id: AdminID, reply: AdminReply)] = []
  /// For the log.
  package var notes: [Note] = []

  /// Bytes of the lines that clients said.
  package var bytesTaken = 0
  /// Rows that were looked at and left no trace in the rest: everybody a mask was compared with, say.
  package var rowsSearched = 0

  /// What the turn comes to so far, measured in bytes to be sent: others weigh by the time they take.
  package var cost: Int {
    var cost = bytesTaken + writes.count * Self.writeCost + rowsSearched * Self.rowCost
    for thread in deliveries.indices {
      cost += deliveries[thread].bytes.count + deliveries[thread].receivers.count * Self.rowCost
    }
    return cost
  }

  private static let writeCost = 256
  private static let rowCost = 8

  package init(threads: Int, now: Milliseconds) {
    self.now = now
    uptime = now
    self.deliveries = Array(repeating: Deliveries(), count: threads)
  }

  /// Empties the turn for the next one, keeping its memory.
  ///
  /// - Parameter uptime: where it is left out, `now` has to do: in a simulation the two are one.
  package mutating func reset(now: Milliseconds, uptime: Milliseconds? = nil) {
    self.now = now
    self.uptime = uptime ?? now
    writes.removeAll(keepingCapacity: true)
    asks.removeAll(keepingCapacity: true)
    links.removeAll(keepingCapacity: true)
    files.removeAll()
    replies.removeAll(keepingCapacity: true)
    notes.removeAll(keepingCapacity: true)
    bytesTaken = 0
    rowsSearched = 0
    for index in deliveries.indices { deliveries[index].removeAll() }
  }

  package var isEmpty: Bool {
    writes.isEmpty && asks.isEmpty && links.isEmpty && files.isEmpty && replies.isEmpty && notes.isEmpty
      && deliveries.allSatisfy(\.isEmpty)
  }
}

/// The work of one turn for one client thread: bytes rendered once, each piece with the connections it goes to, in
/// order. Handing it over costs one wake-up, however many receivers it names.
package struct Deliveries: Sendable {
  /// One piece of `bytes` for some of `receivers`. With `close`, those connections end once it is sent.
  package struct Piece: Sendable {
    package var bytes: Range<Int>
    package var receivers: Range<Int>
    package var close: Bool
  }

  /// A connection of this client thread.
  package struct Receiver: Sendable {
    package var slot: UInt32
    package var generation: UInt32
  }

  package private(set) var bytes: [UInt8] = []
  package private(set) var receivers: [Receiver] = []
  package private(set) var pieces: [Piece] = []

  package init() {}

  package var isEmpty: Bool { pieces.isEmpty }

  /// Empties it, keeping its memory.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    receivers.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
  }

  /// Queues what `append` adds for one connection; joined with the piece before where that went to the same one.
  package mutating func send(to connection: Connection, _ append: (inout [UInt8]) -> Void) {
    let start = bytes.count
    append(&bytes)
    if let last = pieces.indices.last, !pieces[last].close, pieces[last].receivers.count == 1,
      let receiver = receivers.last, receiver.slot == connection.slot, receiver.generation == connection.generation
    {
      pieces[last].bytes = pieces[last].bytes.lowerBound..<bytes.count
      return
    }
    receivers.append(Receiver(slot: connection.slot, generation: connection.generation))
    pieces.append(
      Piece(bytes: start..<bytes.count, receivers: receivers.count - 1..<receivers.count, close: false))
  }

  /// Queues the same bytes for many connections of this thread.
  package mutating func send(_ data: [UInt8], toAll connections: [Receiver]) {
    guard !connections.isEmpty else { return }
    let start = bytes.count
    bytes.append(contentsOf: data)
    let first = receivers.count
    receivers.append(contentsOf: connections)
    pieces.append(Piece(bytes: start..<bytes.count, receivers: first..<receivers.count, close: false))
  }

  /// Ends a connection after all that was queued for it before.
  package mutating func close(_ connection: Connection) {
    receivers.append(Receiver(slot: connection.slot, generation: connection.generation))
    let end = bytes.count
    pieces.append(Piece(bytes: end..<end, receivers: receivers.count - 1..<receivers.count, close: true))
  }
}
