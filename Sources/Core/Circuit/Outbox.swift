/// What memory holds of the envelopes for one realm: numbers and sums, however many wait. The envelopes themselves are
/// in the store, and those of this turn in `rows`.
struct Outbox {
  /// The envelopes posted by one start of the process, counted from 1.
  struct Epoch {
    var name: UInt64
    var last: UInt64
    /// Up to here they are known to be applied, or were given up.
    var acknowledged: UInt64
    /// Up to here they were handed to the circuit, or applied before it was opened.
    var sent: UInt64
    /// Up to here those who were told that they wait have been told that they are through.
    var confirmed: UInt64
  }

  /// In the order in which they began.
  private(set) var epochs: [Epoch] = []
  /// Of rows that are not acknowledged. It may be an estimate while a circuit catches up.
  private(set) var bytes = 0
  /// When the oldest of them was posted, or earlier; 0 where there are none.
  private(set) var oldest: Milliseconds = 0
  /// What is posted goes out with its turn: a circuit is open and everything before was handed to it.
  private(set) var isLive = false
  /// A circuit is open: its other end has told how much it has applied, and `sent` counts from there.
  private var hasBegun = false
  /// What this turn has posted; `isLive`: it goes to the circuit at the end of the turn.
  private(set) var rows: [(row: OutboxRow, isLive: Bool)] = []
  /// Bytes of those that are live.
  private(set) var liveBytes = 0
  /// Names up to which envelopes are known to be applied, one for each epoch, since that was last noted in the store.
  private var acknowledgements: [EnvelopeName] = []
  /// They are to be noted with this turn: something follows from them that would be told twice after a crash.
  private var mustNote = false
  /// Bytes by account, of what was not handed to a circuit at once, since the circuit last had all there was.
  private var shares: [String: Int] = [:]

  init() {}

  /// What start-up has read, of one realm.
  mutating func load(_ state: OutboxState) {
    let acknowledged = state.first == 0 ? 0 : state.first - 1
    epochs.append(
      Epoch(
        name: state.epoch, last: state.last, acknowledged: min(acknowledged, state.last), sent: 0,
        confirmed: min(acknowledged, state.last)))
    guard state.bytes > 0 else { return }
    bytes += state.bytes
    oldest = oldest == 0 ? state.oldest : min(oldest, state.oldest)
  }

  /// Envelopes that are not acknowledged.
  var count: Int { epochs.reduce(0) { $0 + Int(clamping: $1.last - $1.acknowledged) } }
  var isEmpty: Bool { epochs.allSatisfy { $0.last == $0.acknowledged } }

  // MARK: posting

  /// How many bytes wait on behalf of an account.
  func share(of account: String) -> Int { shares.isEmpty ? 0 : shares[account] ?? 0 }

  /// How many wait on behalf of the account that has the most.
  var largestShare: Int { shares.values.max() ?? 0 }

  /// Adds an envelope to the rows of this turn.
  ///
  /// - Parameters:
  ///   - waits: whether its sender is told that it waits.
  ///   - limit: bytes after which another row is begun.
  mutating func post(
    _ envelope: Envelope, epoch: UInt64, realm: String, now: Milliseconds, account: String?, waits: Bool,
    rowBytes limit: Int
  ) {
    if epochs.last?.name != epoch {
      epochs.append(Epoch(name: epoch, last: 0, acknowledged: 0, sent: 0, confirmed: 0))
    }
    let number = epochs[epochs.count - 1].last + 1
    epochs[epochs.count - 1].last = number
    if isLive { epochs[epochs.count - 1].sent = number }
    if rows.last.map({ $0.isLive != isLive || $0.row.waited != waits || $0.row.bytes.count >= limit }) ?? true {
      let row = OutboxRow(
        realm: realm, epoch: epoch, first: number, last: number, time: now, waited: waits, bytes: [])
      rows.append((row, isLive))
    }
    let place = rows.count - 1
    let before = rows[place].row.bytes.count
    ItemCoder.append(envelope, to: &rows[place].row.bytes)
    rows[place].row.last = number
    let added = rows[place].row.bytes.count - before
    bytes += added
    if oldest == 0 { oldest = now }
    if isLive {
      liveBytes += added
    } else if let account {
      shares[account, default: 0] += added
    }
  }

  /// Takes the rows of this turn.
  mutating func takeRows() -> [(row: OutboxRow, isLive: Bool)] {
    liveBytes = 0
    defer { rows.removeAll() }
    return rows
  }

  // MARK: sending

  /// A circuit is open, and the destination has told how much it has applied. Envelopes that it does not have any more
  /// are sent again.
  ///
  /// - Returns: nil if it says that it has what was never posted. Else whether it has forgotten what it had.
  mutating func begin(_ told: [EnvelopeName], current: UInt64) -> Bool? {
    var hasForgotten = false
    for index in epochs.indices {
      let position = told.last { $0.epoch == epochs[index].name }?.number ?? 0
      if position > epochs[index].last {
        // Of older epochs it may know more than we do: then it is us who went back in time.
        guard epochs[index].name != current else { return nil }
      }
      if position < epochs[index].acknowledged { hasForgotten = true }
      let applied = min(position, epochs[index].last)
      if applied > epochs[index].acknowledged {
        let waiting = epochs[index].last - epochs[index].acknowledged
        let through = applied - epochs[index].acknowledged
        acknowledge(
          EnvelopeName(epoch: epochs[index].name, number: applied),
          bytes: Int(Double(bytes) * Double(through) / Double(waiting)), waited: true, nextPosted: nil)
      }
      epochs[index].sent = applied
    }
    hasBegun = true
    isLive = unsent == nil
    return hasForgotten
  }

  /// The circuit is gone, and what was to leave with this turn waits for the next one.
  mutating func end() {
    hasBegun = false
    isLive = false
    liveBytes = 0
    for index in rows.indices { rows[index].isLive = false }
  }

  /// The last envelope before what is to be handed to the circuit next; nil if there is nothing.
  var unsent: EnvelopeName? {
    epochs.first { $0.sent < $0.last }.map { EnvelopeName(epoch: $0.name, number: $0.sent) }
  }

  /// Whether a row holds something that was not handed to the circuit.
  func isUnsent(_ row: OutboxRow) -> Bool {
    epochs.first { $0.name == row.epoch }.map { row.last > $0.sent } ?? false
  }

  /// Whether all of a row was applied, or given up.
  func isAcknowledged(_ row: OutboxRow) -> Bool {
    epochs.first { $0.name == row.epoch }.map { row.last <= $0.acknowledged } ?? true
  }

  /// The epoch of that name.
  func epoch(_ name: UInt64) -> Epoch? { epochs.first { $0.name == name } }

  /// All up to an envelope has been handed to the circuit.
  mutating func sent(_ name: EnvelopeName) {
    guard let index = epochs.firstIndex(where: { $0.name == name.epoch }) else { return }
    epochs[index].sent = max(epochs[index].sent, min(name.number, epochs[index].last))
    resume()
  }

  /// The window is full: what is posted from here on waits.
  mutating func pause() { isLive = false }

  /// There is room: where nothing is unsent, what is posted goes out at once. Before the other end has told what it
  /// has, nothing does: what the circuit before had under way may be lost.
  mutating func resume() { isLive = hasBegun && unsent == nil }

  /// Nothing is unsent: what the circuit has under way is all that waits. Sums that were estimates are exact again.
  mutating func isUnderWay(bytes: Int, oldest: Milliseconds) {
    self.bytes = bytes
    self.oldest = oldest
    shares.removeAll(keepingCapacity: true)
  }

  // MARK: acknowledging

  /// All of an epoch up to an envelope is applied, or given up.
  ///
  /// - Parameters:
  ///   - through: bytes of those that were not acknowledged before.
  ///   - waited: whether senders of some of them were told that they wait.
  ///   - nextPosted: when what comes after it was posted, where that is known.
  ///   - isFinal: whether nobody would say so again if it were forgotten.
  mutating func acknowledge(
    _ name: EnvelopeName, bytes through: Int, waited: Bool, nextPosted: Milliseconds?, isFinal: Bool = true
  ) {
    guard let index = epochs.firstIndex(where: { $0.name == name.epoch }), name.number > epochs[index].acknowledged
    else { return }
    let number = min(name.number, epochs[index].last)
    if !waited, epochs[index].confirmed == epochs[index].acknowledged { epochs[index].confirmed = number }
    epochs[index].acknowledged = number
    bytes = max(0, bytes - through)
    if let nextPosted { oldest = max(oldest, nextPosted) }
    if isEmpty {
      bytes = 0
      oldest = 0
      shares.removeAll()
    }
    if waited || isFinal { mustNote = true }
    if let place = acknowledgements.firstIndex(where: { $0.epoch == name.epoch }) {
      acknowledgements[place].number = number
    } else {
      acknowledgements.append(EnvelopeName(epoch: name.epoch, number: number))
    }
  }

  /// The last envelope before what is not acknowledged; nil if everything is.
  var unacknowledged: EnvelopeName? {
    epochs.first { $0.acknowledged < $0.last }.map { EnvelopeName(epoch: $0.name, number: $0.acknowledged) }
  }

  /// It is known when the oldest that waits was posted.
  mutating func oldestIs(_ time: Milliseconds) { if !isEmpty { oldest = time } }

  /// Those who waited for word of envelopes up to here have it.
  mutating func confirm(_ name: EnvelopeName) {
    guard let index = epochs.firstIndex(where: { $0.name == name.epoch }) else { return }
    epochs[index].confirmed = max(epochs[index].confirmed, name.number)
  }

  /// The last envelope before those whose senders may wait for word that they are through, and the last of them.
  var unconfirmed: (after: EnvelopeName, last: UInt64)? {
    epochs.first { $0.confirmed < $0.acknowledged }.map {
      (EnvelopeName(epoch: $0.name, number: $0.confirmed), $0.acknowledged)
    }
  }

  /// Whether something is known to be applied that the store does not know of.
  var hasAcknowledgements: Bool { !acknowledgements.isEmpty }

  /// Takes what is to be noted in the store; `isDue`: whether that is everything.
  mutating func takeAcknowledgements(isDue: Bool) -> [EnvelopeName] {
    guard isDue || mustNote else { return [] }
    mustNote = false
    defer { acknowledgements.removeAll() }
    return acknowledgements
  }
}
