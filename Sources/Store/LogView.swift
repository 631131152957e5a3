import Core

/// One view of the log, with as much of an index as there is: entries up to `watermark` are found by the index, later
/// ones, the tail, by looking at each of them.
struct LogView {
  let log: Database
  private let index: Database?
  let watermark: Position
  /// The position of the log's last entry.
  let end: Position
  /// Private messages up to here that were too old are gone; the index may still name them.
  let privatesSwept: Position

  init(log: Database, index: (database: Database, watermark: Position)?) throws(StoreError) {
    self.log = log
    self.index = index?.database
    end = try log.number("SELECT max(position) FROM entry")
    watermark = min(index?.watermark ?? 0, end)
    privatesSwept = try log.number("SELECT position FROM privates_swept")
  }

  /// A place in a stream of a conversation.
  struct Item {
    var position: Position
    var time: Milliseconds
    var number: Int64
  }

  // Entries.

  func entry(at position: Position) throws(StoreError) -> Entry? {
    let statement = try log.statement(LogRow.select)
    defer { statement.reset() }
    statement.bind(position, at: 1)
    return try statement.next() ? try statement.entry(path: log.path) : nil
  }

  func entries(at positions: [Position]) throws(StoreError) -> [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(positions.count)
    for position in positions {
      guard let entry = try entry(at: position) else {
        throw .corrupt(path: index?.path ?? log.path, detail: "it names entry \(position), which is not in the log")
      }
      entries.append(entry)
    }
    return entries
  }

  /// The same without private messages that are gone.
  func existing(at positions: [Position]) throws(StoreError) -> [Entry] {
    var entries: [Entry] = []
    for position in positions {
      guard let entry = try entry(at: position) else {
        guard position > privatesSwept else { continue }
        throw .corrupt(path: index?.path ?? log.path, detail: "it names entry \(position), which is not in the log")
      }
      entries.append(entry)
    }
    return entries
  }

  /// The entry of this id in a conversation. One that is set apart is none: it came again, or never will. A group that
  /// was left and is followed anew has the ids of what it was before.
  ///
  /// - Parameter reader: of a private conversation, the side that asks.
  func entry(
    id: MessageID, in key: ConversationKey, for reader: PersonID? = nil
  ) throws(StoreError) -> Entry? {
    let apart = try apart(key)
    return try existing(at: try positions(of: id)).first { entry in
      ConversationKey(target: entry.target.stored, sender: entry.sender.rawValue) == key
        && reader.map { entry.isSeen(by: $0) } ?? true
        && !apart.contains { $0.contains(entry.position) }
    }
  }

  /// Where the log has an id, the newest first.
  func positions(of id: MessageID) throws(StoreError) -> [Position] {
    let unindexed = try log.rows(
      "SELECT position FROM entry WHERE position > ? AND epoch = ? AND counter = ? ORDER BY position DESC",
      .int(watermark), .int(Int64(bitPattern: id.epoch)), .int(Int64(bitPattern: id.counter))
    ) { $0.int(0) }
    return unindexed + (try indexedPositions(id))
  }

  /// What is set apart of a conversation: ranges of positions, in order.
  func apart(_ key: ConversationKey) throws(StoreError) -> [ClosedRange<Position>] {
    guard key.isGroup else { return [] }
    return try log.rows(#"SELECT first, last FROM apart WHERE "group" = ? ORDER BY first"#, .int(-key.low)) {
      $0.int(0)...max($0.int(0), $0.int(1))
    }
  }

  /// Where the index says that an id lies: alone or in a run, the newest first.
  private func indexedPositions(_ id: MessageID) throws(StoreError) -> [Position] {
    guard let index else { return [] }
    let counter = Int64(bitPattern: id.counter)
    var positions = try index.rows(
      "SELECT position FROM lone_id WHERE epoch = ? AND counter = ?", .int(Int64(bitPattern: id.epoch)), .int(counter)
    ) { $0.int(0) }
    let run = try index.first(
      "SELECT position, counter, length FROM id_run WHERE epoch = ? AND counter <= ? ORDER BY counter DESC LIMIT 1",
      .int(Int64(bitPattern: id.epoch)), .int(counter)
    ) { (position: $0.int(0), counter: $0.int(1), length: $0.int(2)) }
    if let run, counter - run.counter < run.length { positions.append(run.position + (counter - run.counter)) }
    return positions.filter { $0 <= watermark }.sorted(by: >)
  }

  // The indexed part of a stream.

  /// The first indexed item from a position on.
  func firstIndexed(_ key: ConversationKey, _ stream: Stream, from: Position) throws(StoreError) -> Item? {
    try indexed(key, stream, in: from...max(from, watermark), newest: false, limit: 1).first
  }

  /// The oldest or the newest indexed items within a range of positions, beginning with the oldest or the newest.
  func indexed(
    _ key: ConversationKey, _ stream: Stream, in range: ClosedRange<Position>, newest: Bool, limit: Int
  ) throws(StoreError) -> [Item] {
    guard let index, range.lowerBound <= watermark else { return [] }
    let end = min(range.upperBound, watermark)
    var found: [Item] = []
    // The chunk in which the range begins may begin before it.
    let lowest = newest ? 0 : try firstOfChunk(index, key, stream, holding: range.lowerBound)
    let chunks = try index.statement(
      """
      SELECT first, items FROM chunk WHERE low = ? AND high = ? AND stream = ? AND first BETWEEN ? AND ?
      ORDER BY first \(newest ? "DESC" : "ASC")
      """)
    defer { chunks.reset() }
    chunks.bind([.int(key.low), .int(key.high), .int(stream.rawValue), .int(lowest), .int(end)])
    while found.count < limit, try chunks.next() {
      guard let items = Chunk.items(chunks.bytes(1)), let last = items.last else {
        throw .corrupt(path: index.path, detail: "a chunk is damaged")
      }
      if newest && last.position < range.lowerBound { break }
      let wanted = items.filter { $0.position >= range.lowerBound && $0.position <= end }
      found += (newest ? wanted.reversed() : wanted).prefix(limit - found.count)
    }
    return found
  }

  /// Where the chunk begins that holds a position, or would.
  private func firstOfChunk(
    _ index: Database, _ key: ConversationKey, _ stream: Stream, holding position: Position
  ) throws(StoreError) -> Position {
    try index.first(
      "SELECT first FROM chunk WHERE low = ? AND high = ? AND stream = ? AND first <= ? ORDER BY first DESC LIMIT 1",
      .int(key.low), .int(key.high), .int(stream.rawValue), .int(position)
    ) { $0.int(0) } ?? position
  }

  /// With whom a person has exchanged indexed messages after a position, with the last of them.
  func correspondents(
    of person: PersonID, after: Position
  ) throws(StoreError) -> [(other: PersonID, position: Position, time: Milliseconds)] {
    guard let index else { return [] }
    return try index.rows(
      "SELECT other, position, time FROM correspondent WHERE person = ? AND position > ?", .int(person.rawValue),
      .int(after)
    ) { (other: PersonID(rawValue: $0.int(0)), position: $0.int(1), time: $0.int(2)) }
  }
}
