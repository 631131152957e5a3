import Core

/// One view of the log, with as much of an index as there is: entries up to `watermark` are found by the index, later
/// ones, the tail, by looking at each of them.
struct LogView {
  let log: Database
  private let index: Database?
  let watermark: Position
  /// The position of the log's last entry.
  let end: Position

  init(log: Database, index: (database: Database, watermark: Position)?) throws(StoreError) {
    self.log = log
    self.index = index?.database
    end = try log.number("SELECT max(position) FROM entry")
    watermark = min(index?.watermark ?? 0, end)
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

  /// The entries of this id; more than one only if a message went to several conversations.
  func entries(id: MessageID) throws(StoreError) -> [Entry] {
    let epoch = Value.int(Int64(bitPattern: id.epoch))
    let counter = Value.int(Int64(bitPattern: id.counter))
    var positions: [Position] = []
    if let index {
      positions = try index.rows(
        "SELECT position FROM message_id WHERE epoch = ? AND counter = ? AND position <= ?", epoch, counter,
        .int(watermark)
      ) { $0.int(0) }
    }
    positions += try log.rows(
      "SELECT position FROM entry WHERE position > ? AND epoch = ? AND counter = ?", .int(watermark), epoch, counter
    ) { $0.int(0) }
    return try entries(at: positions)
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
    return try index.rows(
      """
      SELECT position, time, number FROM item
      WHERE low = ? AND high = ? AND stream = ? AND position BETWEEN ? AND ?
      ORDER BY position \(newest ? "DESC" : "ASC") LIMIT ?
      """, .int(key.low), .int(key.high), .int(stream.rawValue), .int(range.lowerBound),
      .int(min(range.upperBound, watermark)), .int(Int64(limit))
    ) { Item(position: $0.int(0), time: $0.int(1), number: $0.int(2)) }
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
