import Core
import Net
import Wire

// From the realm's deliveries to the sockets.
extension ClientLoop {
  /// A queue that has grown to this is sent from before more is added.
  private static let flushBytes = 64 << 10

  /// Queues what a turn has for the clients, then sends each what it was queued, with one call each.
  func deliver(_ work: Deliveries) {
    work.bytes.withUnsafeBytes { bytes in
      for piece in work.pieces {
        for receiver in work.receivers[piece.receivers] {
          guard let connection = connection(receiver.slot, receiver.generation), connection.phase == .open else {
            continue
          }
          queue(connection, bytes, piece.bytes)
          if piece.close { close(connection, bytes) }
        }
      }
      for slot in dirty {
        guard let connection = slots[Int(slot)].connection else { continue }
        connection.isDirty = false
        flush(connection, bytes)
      }
      dirty.removeAll(keepingCapacity: true)
    }
  }

  private func queue(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    markDirty(connection)
    if case .webSocket(let webSocket) = connection.mode {
      queueMessages(connection, webSocket, UnsafeRawBufferPointer(rebasing: bytes[range]))
    } else if connection.pending.isEmpty, connection.backlog == 0 {
      // Most clients get one piece: it is sent from where it lies.
      connection.pending = range
    } else if connection.pending.upperBound == range.lowerBound, !connection.pending.isEmpty {
      connection.pending = connection.pending.lowerBound..<range.upperBound
    } else {
      movePending(connection, bytes)
      append(connection, UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    guard connection.backlog + connection.pending.count > Self.flushBytes else { return }
    flush(connection, bytes)
    if connection.phase != .gone, connection.backlog > limits.sendQueueBytes { overflow(connection) }
    while statistics.queuedBytes > Limits.sendQueuesBytes, let longest = longestQueue() { overflow(longest) }
  }

  private func markDirty(_ connection: ClientConnection) {
    guard !connection.isDirty else { return }
    connection.isDirty = true
    dirty.append(connection.id.slot)
  }

  /// The client with the most bytes in its send queue.
  private func longestQueue() -> ClientConnection? {
    slots.lazy.compactMap(\.connection).filter { $0.backlog > 0 }.max { $0.backlog < $1.backlog }
  }

  /// Ends a client that does not read what it is sent.
  func overflow(_ connection: ClientConnection) {
    statistics.closedForSendQueue += 1
    drop(connection, "Send queue exceeded")
  }

  private func close(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) {
    markDirty(connection)
    connection.isAnnounced = false
    if case .webSocket = connection.mode { appendClose(connection, code: 1000) }
    finish(connection)
  }

  /// Adds bytes to a connection's own queue.
  func append(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) {
    connection.output.append(contentsOf: bytes)
    statistics.queuedBytes += bytes.count
  }

  /// Adds to a connection's own queue what `write` appends.
  func append(_ connection: ClientConnection, _ write: (inout [UInt8]) -> Void) {
    let before = connection.output.count
    write(&connection.output)
    statistics.queuedBytes += connection.output.count - before
  }

  private func movePending(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) {
    guard !connection.pending.isEmpty else { return }
    append(connection, UnsafeRawBufferPointer(rebasing: bytes[connection.pending]))
    connection.pending = 0..<0
  }

  /// Sends a connection what is queued for it, as much as its socket takes in one call.
  ///
  /// - Parameter bytes: those being delivered, where its `pending` lies.
  func flush(
    _ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    guard connection.phase != .gone else { return }
    do throws(SystemError) {
      if connection.backlog == 0 {
        try sendPending(connection, bytes)
      } else {
        movePending(connection, bytes)
        try sendQueue(connection)
      }
    } catch {
      return drop(connection, error.reason)
    }
    if connection.backlog == 0, connection.phase == .closing {
      connection.descriptor.endSending()
      connection.phase = .draining
    }
    updateInterest(connection)
  }

  private func sendPending(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    guard !connection.pending.isEmpty else { return }
    let piece = UnsafeRawBufferPointer(rebasing: bytes[connection.pending])
    let count = try connection.descriptor.send(piece) ?? 0
    statistics.bytesOut += count
    connection.pending = 0..<0
    if count < piece.count { append(connection, UnsafeRawBufferPointer(rebasing: piece[count...])) }
  }

  private func sendQueue(_ connection: ClientConnection) throws(SystemError) {
    let count = try connection.descriptor.send(connection.output, from: connection.sent) ?? 0
    statistics.bytesOut += count
    statistics.queuedBytes -= count
    connection.sent += count
    if connection.backlog == 0 {
      connection.output = []
      connection.sent = 0
    } else if connection.sent > connection.output.count / 2 {
      connection.output.removeFirst(connection.sent)
      connection.sent = 0
    }
  }
}
