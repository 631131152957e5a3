package import Core

/// Writes the search index, behind the turns, on connections of its own that belong to a worker. It begins once
/// somebody has searched: who does not search does not pay for it. However far it is behind, `StoreReader` finds the
/// same or says that it cannot yet.
package final class SearchIndexer {
  private let folder: String
  private let durability: Durability
  private let log: Database
  private var index: Database

  /// Everything up to here is indexed.
  package private(set) var position: Position = 0
  /// Everything of `changed` up to here is done.
  private var change: Int64 = 0

  private static let cacheKiB = 16 << 10
  /// Changes of entries that are looked at at once.
  private static let changes = 1_000

  /// Whether there is something to write: somebody has searched in this folder.
  package static func isWanted(folder: String) -> Bool { Folder.exists(Folder.search(folder)) }

  /// Opens the search index of a folder whose `Store` is open. One that is missing, damaged, of another version or of
  /// another log is made anew, and catches up with `advance`.
  package init(folder: String, durability: Durability = .full) throws(StoreError) {
    self.folder = folder
    self.durability = durability
    log = try Database(path: Folder.database(folder), access: .readOnly, cacheKiB: 1 << 10)
    do throws(StoreError) {
      index = try Self.open(folder, durability)
      try readWatermark()
    } catch {
      guard error.isDamage(of: Folder.search(folder)) else { throw error }
      try Folder.remove(database: Folder.search(folder))
      index = try Self.open(folder, durability)
      try readWatermark()
    }
  }

  private static func open(_ folder: String, _ durability: Durability) throws(StoreError) -> Database {
    let path = Folder.search(folder)
    let isNew = Folder.size(path) == 0
    try Folder.makeFile(path)
    let index = try Database(path: path, access: .readWrite, cacheKiB: cacheKiB)
    if isNew { try index.execute("PRAGMA auto_vacuum = INCREMENTAL") }  // a shard that goes gives its space back
    // After a loss of power the last batches may be missing, no more: they are indexed again.
    try index.execute(
      """
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = \(durability == .full ? "NORMAL" : "OFF");
      PRAGMA journal_size_limit = \(16 << 20);
      PRAGMA secure_delete = ON
      """)
    if isNew { try index.execute("BEGIN IMMEDIATE; \(SearchFile.schema) COMMIT") }
    guard try SearchFile.isCurrent(index) else { throw .foreign(path: path) }
    return index
  }

  /// How far the index goes, if the entry it ended with still lies there in this log.
  private func readWatermark() throws(StoreError) {
    let mark = try index.first("SELECT position, epoch, counter, change FROM watermark") {
      (position: $0.int(0), epoch: $0.int(1), counter: $0.int(2), change: $0.int(3))
    }
    guard let mark else { throw .corrupt(path: index.path, detail: "it does not say how far it goes") }
    let last = try log.number("SELECT max(id) FROM changed")
    if mark.position > 0 {
      let found = try log.number(
        "SELECT count(*) FROM entry WHERE position = ? AND epoch = ? AND counter = ?", .int(mark.position),
        .int(mark.epoch), .int(mark.counter))
      guard found == 1, mark.change <= last else { throw .foreign(path: index.path) }
    }
    position = mark.position
    // What has changed before the first entry is indexed is read as it is.
    change = mark.position > 0 ? mark.change : last
  }

  /// Indexes at most so many more entries, in one transaction. Returns whether there are more. After `indexDamaged`
  /// the next call begins again with an empty index.
  package func advance(maxEntries: Int = 2_000) throws(StoreError) -> Bool {
    try makingAnew { () throws(StoreError) in
      let changed = try changes()
      let rows = try log.rows(
        "SELECT \(SearchRow.columns) FROM entry WHERE position > ? ORDER BY position LIMIT ?", .int(position),
        .int(Int64(maxEntries)), read: SearchRow.init)
      guard !rows.isEmpty || !changed.isEmpty else { return false }
      try index.statement("BEGIN IMMEDIATE").run()
      try write(changed)
      try append(rows)
      let change = max(self.change, changed.last?.id ?? 0)
      if let last = rows.last {
        try index.run(
          "UPDATE watermark SET position = ?, epoch = ?, counter = ?, change = ?", .int(last.position),
          .int(last.epoch), .int(last.counter), .int(change))
      } else {
        try index.run("UPDATE watermark SET change = ?", .int(change))
      }
      try index.statement("COMMIT").run()
      position = rows.last?.position ?? position
      self.change = change
      return rows.count == maxEntries || changed.count == Self.changes
    }
  }

  /// Whether a shard holds words of texts that were erased.
  package var isStale: Bool {
    get throws(StoreError) { try index.number("SELECT count(*) FROM shard WHERE is_stale") > 0 }
  }

  /// Makes one shard anew that holds words of texts that were erased, if there is one. Returns whether there was.
  package func forget() throws(StoreError) -> Bool {
    try makingAnew { () throws(StoreError) in
      let shard = try index.first("SELECT id FROM shard WHERE is_stale ORDER BY id LIMIT 1") { $0.int(0) }
      guard let shard else { return false }
      let first = shard << SearchFile.shardBits
      let end = min(position, first + (1 << SearchFile.shardBits) - 1)
      try index.statement("BEGIN IMMEDIATE").run()
      try index.execute("DROP TABLE words_\(shard)")
      try index.run("DELETE FROM shard WHERE id = ?", .int(shard))
      let rows = try log.statement(
        "SELECT \(SearchRow.columns) FROM entry WHERE position BETWEEN ? AND ? ORDER BY position")
      defer { rows.reset() }
      rows.bind([.int(first), .int(end)])
      while try rows.next() { try insert(SearchRow(rows)) }
      try index.statement("COMMIT").run()
      try index.execute("PRAGMA incremental_vacuum")
      return true
    }
  }

  private func makingAnew(_ body: () throws(StoreError) -> Bool) throws(StoreError) -> Bool {
    do throws(StoreError) {
      return try body()
    } catch {
      index.rollback()
      guard error.isDamage(of: index.path) else { throw error }
      index.close()
      try Folder.remove(database: index.path)
      index = try Self.open(folder, durability)
      try readWatermark()
      throw .indexDamaged(path: index.path, detail: error.indexDetail)
    }
  }

  /// Entries before the watermark that have changed since they were indexed.
  private func changes() throws(StoreError) -> [(id: Int64, position: Position)] {
    let first = try log.number("SELECT min(id) FROM changed")
    guard first <= change + 1 else {
      throw .corrupt(path: index.path, detail: "it has missed what was erased and edited")
    }
    return try log.rows(
      "SELECT id, position FROM changed WHERE id > ? ORDER BY id LIMIT ?", .int(change), .int(Int64(Self.changes))
    ) { (id: $0.int(0), position: $0.int(1)) }
  }

  /// Adds what changed entries say now. What they said before stays until their shard is made anew: it finds nothing,
  /// for what is found is compared with the log.
  private func write(_ changed: [(id: Int64, position: Position)]) throws(StoreError) {
    for position in Set(changed.map(\.position)).sorted() where position <= self.position {
      let row = try log.first(
        "SELECT \(SearchRow.columns) FROM entry WHERE position = ?", .int(position), read: SearchRow.init)
      if let row { try insert(row) }
      try index.run("UPDATE shard SET is_stale = 1 WHERE id = ?", .int(position >> SearchFile.shardBits))
    }
  }

  private func append(_ rows: [SearchRow]) throws(StoreError) {
    var spans: [Int64: (first: Milliseconds, last: Milliseconds)] = [:]
    for row in rows {
      try insert(row)
      let span = row.position >> SearchFile.spanBits
      let known = spans[span] ?? (row.time, row.time)
      spans[span] = (min(known.first, row.time), max(known.last, row.time))
    }
    for (span, times) in spans.sorted(by: { $0.key < $1.key }) {
      try index.run(
        """
        INSERT INTO span (id, first_time, last_time) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE
        SET first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time)
        """, .int(span), .int(times.first), .int(times.last))
    }
  }

  private func insert(_ row: SearchRow) throws(StoreError) {
    guard !row.words.isEmpty else { return }
    let shard = row.position >> SearchFile.shardBits
    if try index.number("SELECT count(*) FROM shard WHERE id = ?", .int(shard)) == 0 {
      try index.execute(SearchFile.shardSchema(shard))
      try index.run("INSERT INTO shard (id) VALUES (?)", .int(shard))
    }
    let insert = try index.statement("INSERT INTO words_\(shard) (rowid, words) VALUES (?, ?)")
    insert.bind(row.position, at: 1)
    insert.bind(String(decoding: row.words, as: UTF8.self), at: 2)
    try insert.run()
  }
}
