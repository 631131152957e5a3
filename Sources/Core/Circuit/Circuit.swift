import Wire

/// One end of the sealed exchange with another realm: keys, counts, what is to be sealed and what was sent and is not
/// acknowledged. It knows nothing of what is said, nor of the way there.
struct Circuit {
  /// Items on their way into one frame.
  struct Plain {
    var bytes: [UInt8] = []
    /// The last of its envelopes, which are all of one epoch.
    var lastEnvelope: EnvelopeName?
    var envelopeBytes = 0
    /// When the first of them was posted.
    var posted: Milliseconds = 0
    /// Whether some of their senders were told that they wait.
    var waited = false
  }

  /// A frame that was sent and is not yet acknowledged.
  struct Sent {
    var count: UInt64
    var bytes: Int
    var lastEnvelope: EnvelopeName?
    var envelopeBytes: Int
    var posted: Milliseconds
    var waited: Bool
    /// By the clock that never jumps.
    var time: Milliseconds
  }

  /// What came of a frame.
  enum Opened: Equatable {
    case plain([UInt8])
    /// It was taken before.
    case again
    /// Frames before it are lost.
    case gap
    /// Nobody who has the key has sealed it.
    case forged
  }

  let id: UInt64
  /// When it was begun, by the clock that never jumps.
  let began: Milliseconds
  private let sendKey: [UInt8]
  private let receiveKey: [UInt8]
  private let from: String
  private let to: String
  /// What is sealed along with a frame, in both directions.
  private let sendAssociated: [UInt8]
  private let receiveAssociated: [UInt8]

  /// Frames sealed, and frames opened.
  private(set) var sent: UInt64 = 0
  private(set) var received: UInt64 = 0
  /// Frames whose items have all been taken; what is said of them to the other end, and whether it is due.
  private(set) var taken: UInt64 = 0
  private(set) var owesAcknowledgement = false
  private(set) var acknowledged: UInt64 = 0

  /// Both sides know each other's positions.
  var isOpen = false
  /// When something other than an acknowledgement was last sent or taken.
  var usedAt: Milliseconds

  private(set) var pending = Queue<Plain>()
  private(set) var unacknowledged = Queue<Sent>()
  /// Of both.
  private(set) var bytesUnacknowledged = 0
  /// The envelopes among them.
  private(set) var envelopeBytes = 0

  init(id: UInt64, from: String, to: String, sendKey: [UInt8], receiveKey: [UInt8], now: Milliseconds) {
    self.id = id
    self.from = from
    self.to = to
    self.sendKey = sendKey
    self.receiveKey = receiveKey
    sendAssociated = Self.associated(from, to, id)
    receiveAssociated = Self.associated(to, from, id)
    began = now
    usedAt = now
  }

  /// Nothing is on its way, and nothing was said since a time.
  func isIdle(since time: Milliseconds) -> Bool { pending.isEmpty && unacknowledged.isEmpty && usedAt <= time }

  // MARK: saying

  /// Adds an item to what is to be sealed.
  mutating func say(_ item: Item) {
    if pending.isEmpty { pending.append(Plain()) }
    let added = pending.changeLast { $0.append(item) }
    bytesUnacknowledged += added
    if let tail = pending.changeLast({ $0.takeTail(added) }) { pending.append(Plain(bytes: tail)) }
  }

  /// Adds the envelopes of a row of the outbox.
  ///
  /// - Parameter isAgain: they had been acknowledged, and the other end has lost them: nobody waits for them.
  mutating func say(_ row: OutboxRow, isAgain: Bool = false) {
    if pending.isEmpty || pending.changeLast({ !$0.hasRoom(for: row) }) { pending.append(Plain()) }
    bytesUnacknowledged += pending.changeLast { $0.append(row, isAgain: isAgain) }
    if !isAgain { envelopeBytes += row.bytes.count }
  }

  /// Seals the next of what waits, with an acknowledgement behind it where one is due.
  mutating func seal(_ cryptography: any Cryptography, now: Milliseconds) -> CircuitFrame? {
    guard let plain = pending.popFirst() else { return nil }
    usedAt = now
    let frame = seal(plain.bytes + acknowledgement(), cryptography)
    unacknowledged.append(
      Sent(
        count: sent, bytes: plain.bytes.count, lastEnvelope: plain.lastEnvelope, envelopeBytes: plain.envelopeBytes,
        posted: plain.posted, waited: plain.waited, time: now))
    return frame
  }

  /// Seals an acknowledgement, where one is due and nothing goes out that could carry it. It is not acknowledged
  /// itself.
  mutating func sealAcknowledgement(_ cryptography: any Cryptography) -> CircuitFrame? {
    guard owesAcknowledgement else { return nil }
    return seal(acknowledgement(), cryptography)
  }

  private mutating func acknowledgement() -> [UInt8] {
    guard owesAcknowledgement else { return [] }
    owesAcknowledgement = false
    var bytes: [UInt8] = []
    ItemCoder.append(.acknowledge(taken), to: &bytes)
    return bytes
  }

  private mutating func seal(_ plain: [UInt8], _ cryptography: any Cryptography) -> CircuitFrame {
    sent += 1
    return CircuitFrame(
      kind: .sealed, from: from, to: to, hops: Limits.hops, circuit: id, count: sent,
      payload: cryptography.seal(plain, key: sendKey, counter: sent, associated: sendAssociated))
  }

  /// The other end has taken all frames up to a count. Nil if it cannot have.
  mutating func acknowledge(upTo count: UInt64) -> [Sent]? {
    guard count <= sent, count >= acknowledged else { return nil }
    acknowledged = count
    var done: [Sent] = []
    while let first = unacknowledged.first, first.count <= count {
      _ = unacknowledged.popFirst()
      bytesUnacknowledged -= first.bytes
      envelopeBytes -= first.envelopeBytes
      done.append(first)
    }
    return done
  }

  /// When the oldest envelope was posted that is not acknowledged; 0 for none.
  var oldestEnvelope: Milliseconds {
    unacknowledged.first(where: { $0.lastEnvelope != nil })?.posted
      ?? pending.first(where: { $0.lastEnvelope != nil })?.posted ?? 0
  }

  // MARK: hearing

  /// Opens the frame that comes next.
  mutating func open(_ frame: CircuitFrame, _ cryptography: any Cryptography) -> Opened {
    guard frame.count > received else { return .again }
    guard frame.count == received + 1 else { return .gap }
    guard
      let plain = cryptography.open(
        frame.payload, key: receiveKey, counter: frame.count, associated: receiveAssociated)
    else { return .forged }
    received += 1
    return .plain(plain)
  }

  /// All items of the frame with this count are taken; `isContent`: it held more than an acknowledgement.
  mutating func tookFrame(_ count: UInt64, isContent: Bool, now: Milliseconds) {
    taken = count
    guard isContent else { return }
    owesAcknowledgement = true
    usedAt = now
  }

  private static func associated(_ from: String, _ to: String, _ id: UInt64) -> [UInt8] {
    var out: [UInt8] = []
    out.appendField(from)
    out.appendField(to)
    out.appendUInt64(id)
    return out
  }
}

extension Circuit.Plain {
  /// Returns how many bytes that took.
  fileprivate mutating func append(_ item: Item) -> Int {
    let start = bytes.count
    ItemCoder.append(item, to: &bytes)
    return bytes.count - start
  }

  /// Takes the last bytes off again, where there is other content before them and all of it is too much for one frame.
  fileprivate mutating func takeTail(_ count: Int) -> [UInt8]? {
    guard bytes.count > Limits.circuitFrameBytes, bytes.count > count else { return nil }
    defer { bytes.removeLast(count) }
    return Array(bytes.suffix(count))
  }

  fileprivate func hasRoom(for row: OutboxRow) -> Bool {
    bytes.count + row.bytes.count <= Limits.circuitFrameBytes && (lastEnvelope?.epoch ?? row.epoch) == row.epoch
  }

  /// Returns how many bytes that took.
  fileprivate mutating func append(_ row: OutboxRow, isAgain: Bool) -> Int {
    if lastEnvelope == nil { posted = row.time }
    lastEnvelope = EnvelopeName(epoch: row.epoch, number: row.last)
    if !isAgain { envelopeBytes += row.bytes.count }
    waited = waited || row.waited
    return append(.envelopes(EnvelopeName(epoch: row.epoch, number: row.first), row.bytes))
  }
}
