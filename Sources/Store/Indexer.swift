package import Core

/// Writes the index of the log, behind the turns, on connections of its own that belong to a worker. However far it is
/// behind, `StoreReader` answers the same; it only takes longer.
package final class Indexer {
  private let folder: String
  private let durability: Durability
  let log: Database
  private(set) var index: Database

  /// Everything up to here is indexed.
  package private(set) var position: Position = 0
  private var handed = IndexBatch()
  /// Private messages up to here that are gone were dropped.
  var trimmed: Position = 0

  /// Sorted batches touch pages of many conversations.
  private static let cacheKiB = 16 << 10

  /// Opens the index of a folder whose `Store` is open. One that is missing, damaged, of another version or of another
  /// log is made anew, and catches up with `advance`.
  package init(folder: String, durability: Durability = .full) throws(StoreError) {
    self.folder = folder
    self.durability = durability
    log = try Database(path: Folder.database(folder), access: .readOnly, cacheKiB: 1 << 10)
    do throws(StoreError) {
      index = try Self.open(folder, durability)
      position = try Self.watermark(index, of: log)
    } catch {
      guard error.isDamage(of: Folder.index(folder)) else { throw error }
      try Folder.remove(database: Folder.index(folder))
      index = try Self.open(folder, durability)
    }
  }

  private static func open(_ folder: String, _ durability: Durability) throws(StoreError) -> Database {
    let path = Folder.index(folder)
    let isNew = Folder.size(path) == 0
    try Folder.makeFile(path)
    let index = try Database(path: path, access: .readWrite, cacheKiB: cacheKiB)
    // After a loss of power the last batches may be missing, no more: they are indexed again.
    try index.execute(
      """
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = \(durability == .full ? "NORMAL" : "OFF");
      PRAGMA journal_size_limit = \(16 << 20)
      """)
    if isNew { try index.execute("BEGIN IMMEDIATE; \(IndexFile.schema) COMMIT") }
    guard try IndexFile.isCurrent(index) else { throw .foreign(path: path) }
    return index
  }

  /// How far an index goes, if the entry it ended with still lies there in this log.
  private static func watermark(_ index: Database, of log: Database) throws(StoreError) -> Position {
    let mark = try index.first("SELECT position, epoch, counter FROM watermark") {
      (position: $0.int(0), epoch: $0.int(1), counter: $0.int(2))
    }
    guard let mark else { throw .corrupt(path: index.path, detail: "it does not say how far it goes") }
    guard mark.position > 0 else { return 0 }
    let found = try log.number(
      "SELECT count(*) FROM entry WHERE position = ? AND epoch = ? AND counter = ?", .int(mark.position),
      .int(mark.epoch), .int(mark.counter))
    guard found == 1 else { throw .foreign(path: index.path) }
    return mark.position
  }

  /// Indexes at most so many more entries, in one transaction. Returns whether there are more. After `indexDamaged`
  /// the next call begins again with an empty index.
  package func advance(maxEntries: Int = 10_000) throws(StoreError) -> Bool {
    do throws(StoreError) {
      let entries = try next(maxEntries)
      if !entries.isEmpty { try write(entries) }
      return entries.count == maxEntries
    } catch {
      index.rollback()
      guard error.isDamage(of: index.path) else { throw error }
      index.close()
      try Folder.remove(database: index.path)
      index = try Self.open(folder, durability)
      position = 0
      throw .indexDamaged(path: index.path, detail: error.indexDetail)
    }
  }

  /// Entries that were committed; those of them that follow on what is indexed are not read from the log.
  package func add(_ batch: IndexBatch) { handed.add(batch) }

  private func next(_ count: Int) throws(StoreError) -> [IndexItem] {
    if let items = handed.take(count, after: position) { return items }
    return try log.rows(
      """
      SELECT position, target, sender, kind, number, time, epoch, counter, hidden FROM entry
      WHERE position > ? ORDER BY position LIMIT ?
      """, .int(position), .int(Int64(count))
    ) {
      IndexItem(
        position: $0.int(0), key: ConversationKey(target: $0.int(1), sender: $0.int(2)),
        stream: Stream(kind: $0.int(3), hidden: $0.int(8), target: $0.int(1), sender: $0.int(2)), number: $0.int(4),
        time: $0.int(5), epoch: $0.int(6), counter: $0.int(7))
    }
  }

  private func write(_ entries: [IndexItem]) throws(StoreError) {
    guard let last = entries.last else { return }
    try index.statement("BEGIN IMMEDIATE").run()
    let streams = streams(of: entries)
    try writeItems(streams)
    try writeIDs(entries)
    try writeCorrespondents(streams)
    try index.run(
      "UPDATE watermark SET position = ?, epoch = ?, counter = ?", .int(last.position), .int(last.epoch),
      .int(last.counter))
    try index.statement("COMMIT").run()
    position = last.position
  }

  /// A stream of a conversation.
  private struct StreamKey: Hashable {
    var key: ConversationKey
    var stream: Stream
  }

  private func streams(of entries: [IndexItem]) -> [StreamKey: [LogView.Item]] {
    var streams: [StreamKey: [LogView.Item]] = [:]
    for item in entries {
      streams[StreamKey(key: item.key, stream: item.stream), default: []].append(
        LogView.Item(position: item.position, time: item.time, number: item.number))
    }
    return streams
  }

  /// Conversation by conversation in the order of the table, so that each of its pages is visited once a batch.
  private func writeItems(_ streams: [StreamKey: [LogView.Item]]) throws(StoreError) {
    let sorted = streams.sorted {
      $0.key.key == $1.key.key ? $0.key.stream.rawValue < $1.key.stream.rawValue : $0.key.key < $1.key.key
    }
    for (key, items) in sorted { try append(items[...], to: key) }
  }

  /// Fills up the last chunk of a stream, then begins new ones.
  private func append(_ items: ArraySlice<LogView.Item>, to key: StreamKey) throws(StoreError) {
    var rest = items
    guard let first = rest.popFirst() else { return }
    var chunk = try lastChunk(of: key)
    if chunk == nil { chunk = Chunk(first) } else { chunk?.append(first) }
    while let item = rest.popFirst() {
      if let full = chunk, full.isFull {
        try write(full, of: key)
        chunk = Chunk(item)
      } else {
        chunk?.append(item)
      }
    }
    if let chunk { try write(chunk, of: key) }
  }

  /// The chunk that further items go into; nil if there is none, or it is full.
  private func lastChunk(of key: StreamKey) throws(StoreError) -> Chunk? {
    let bytes = try index.first(
      "SELECT items FROM chunk WHERE low = ? AND high = ? AND stream = ? ORDER BY first DESC LIMIT 1",
      .int(key.key.low), .int(key.key.high), .int(key.stream.rawValue)
    ) { $0.bytes(0) }
    guard let bytes, bytes.count < Chunk.maxBytes else { return nil }
    guard let chunk = Chunk(bytes) else { throw .corrupt(path: index.path, detail: "a chunk is damaged") }
    return chunk
  }

  private func write(_ chunk: Chunk, of key: StreamKey) throws(StoreError) {
    let replace = try index.statement("REPLACE INTO chunk (low, high, stream, first, items) VALUES (?, ?, ?, ?, ?)")
    replace.bind(key.key.low, at: 1)
    replace.bind(key.key.high, at: 2)
    replace.bind(key.stream.rawValue, at: 3)
    replace.bind(chunk.first, at: 4)
    replace.bind(chunk.bytes, at: 5)
    try replace.run()
  }

  /// Ids that follow one another, at positions that do too.
  private struct Run {
    var epoch: Int64
    var counter: Int64
    var position: Position
    var length: Int64

    /// Whether it is the same run, shorter or longer.
    func begins(where other: Run) -> Bool { counter == other.counter && position == other.position }

    /// Takes the next entry in; false if it begins another run.
    mutating func extend(_ item: IndexItem) -> Bool {
      guard item.epoch == epoch, item.counter == counter &+ length, item.position == position + length else {
        return false
      }
      length += 1
      return true
    }
  }

  private func writeIDs(_ entries: [IndexItem]) throws(StoreError) {
    var run = try lastRun()
    let setBack = Set(try log.rows(#"SELECT DISTINCT "group" FROM apart"#) { -$0.int(0) })
    for item in entries {
      if item.key.isGroup, setBack.contains(item.key.low) {
        try putAlone(item.epoch, item.counter, item.position)
        continue
      }
      if run?.extend(item) == true { continue }
      if let run { try write(run) }
      run = Run(epoch: item.epoch, counter: item.counter, position: item.position, length: 1)
    }
    if let run { try write(run) }
  }

  /// The run that ends at the watermark.
  private func lastRun() throws(StoreError) -> Run? {
    let run = try index.first(
      """
      SELECT r.epoch, r.counter, r.position, r.length FROM watermark w
      JOIN id_run r ON r.epoch = w.epoch AND r.counter <= w.counter ORDER BY r.counter DESC LIMIT 1
      """
    ) { Run(epoch: $0.int(0), counter: $0.int(1), position: $0.int(2), length: $0.int(3)) }
    guard let run, run.position + run.length == position + 1 else { return nil }
    return run
  }

  /// Runs never overlap, so that the last one that begins at or before an id is the only one that can hold it. A group
  /// that was left and is followed anew brings ids that the log has already: those are noted one by one.
  private func write(_ run: Run) throws(StoreError) {
    let end = run.counter + run.length
    guard let last = try lastRun(before: end, besides: run), last.counter + last.length > run.counter else {
      return try put(run)
    }
    var rest: Run?
    for offset in 0..<run.length {
      let counter = run.counter + offset
      if let other = try lastRun(before: counter + 1, besides: run), counter < other.counter + other.length {
        if let rest { try put(rest) }
        rest = nil
        try putAlone(run.epoch, counter, run.position + offset)
      } else if rest != nil {
        rest?.length += 1
      } else {
        rest = Run(epoch: run.epoch, counter: counter, position: run.position + offset, length: 1)
      }
    }
    if let rest { try put(rest) }
  }

  /// The last other run that begins before an id.
  private func lastRun(before counter: Int64, besides run: Run) throws(StoreError) -> Run? {
    let runs = try index.rows(
      "SELECT counter, length, position FROM id_run WHERE epoch = ? AND counter < ? ORDER BY counter DESC LIMIT 2",
      .int(run.epoch), .int(counter)
    ) { Run(epoch: run.epoch, counter: $0.int(0), position: $0.int(2), length: $0.int(1)) }
    return runs.first { !run.begins(where: $0) }
  }

  private func put(_ run: Run) throws(StoreError) {
    try index.run(
      "REPLACE INTO id_run (epoch, counter, position, length) VALUES (?, ?, ?, ?)", .int(run.epoch),
      .int(run.counter), .int(run.position), .int(run.length))
  }

  private func putAlone(_ epoch: Int64, _ counter: Int64, _ position: Position) throws(StoreError) {
    try index.run(
      "INSERT OR IGNORE INTO lone_id (epoch, counter, position) VALUES (?, ?, ?)", .int(epoch), .int(counter),
      .int(position))
  }

  /// Once per pair and batch, for each side that sees it.
  private func writeCorrespondents(_ streams: [StreamKey: [LogView.Item]]) throws(StoreError) {
    let replace = try index.statement(
      "REPLACE INTO correspondent (person, other, position, time) VALUES (?, ?, ?, ?)")
    let keys = Set(streams.keys.lazy.map(\.key).filter { !$0.isGroup })
    for key in keys.sorted() {
      func last(_ own: Stream) -> LogView.Item? {
        let items = [Stream.messages, own].compactMap { streams[StreamKey(key: key, stream: $0)]?.last }
        return items.max { $0.position < $1.position }
      }
      let sides = [(key.low, key.high, last(.messagesOfLow)), (key.high, key.low, last(.messagesOfHigh))]
      for case (let person, let other, let item?) in sides {
        replace.bind(person, at: 1)
        replace.bind(other, at: 2)
        replace.bind(item.position, at: 3)
        replace.bind(item.time, at: 4)
        try replace.run()
      }
    }
  }
}

extension StoreError {
  /// Whether this file itself is at fault, not the disk or what it was asked for: what can be made anew then is.
  func isDamage(of file: String) -> Bool {
    switch self {
    case .corrupt(let path, _), .foreign(let path): path == file
    case .failed(let path, let code, _): path == file && code & 0xff == 1  // SQLITE_ERROR: a table is missing
    default: false
    }
  }

  /// What is wrong with an index.
  var indexDetail: String {
    switch self {
    case .corrupt(_, let detail), .failed(_, _, let detail): detail
    default: "it is no index"
    }
  }
}
