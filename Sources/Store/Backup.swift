package import Core

/// What a database holds, counted: how a copy is compared with its original, and what is said of it to people.
package struct StoreCounts: Equatable, Sendable {
  package var accounts: Int64
  package var groups: Int64
  package var entries: Int64
  package var lastPosition: Position
  /// The time of the last entry; 0 where there is none.
  package var lastTime: Milliseconds

  /// For people.
  package var text: String { "accounts \(accounts), groups \(groups), entries \(entries)" }
}

/// Whole copies of a database.
enum Backup {
  private static let cacheKiB = 4 << 10
  /// Left free where a copy is written: it must not fill the disk that the server itself needs.
  private static let reserve: Int64 = 64 << 20

  /// Writes all that the source holds now into one new file, reads it back, and only then gives it its name. Returns
  /// the size of the file.
  @discardableResult
  static func write(
    _ source: Database, to path: String, replacing: Bool = false
  ) throws(StoreError) -> (bytes: Int64, counts: StoreCounts) {
    guard replacing || !Folder.exists(path) else { throw .exists(path: path) }
    let partial = path + ".partial"
    do throws(StoreError) {
      let counts = try copy(source, to: partial)
      guard try check(partial) == counts else {
        throw .unsound(path: path, detail: "it does not hold as much as what it was copied from")
      }
      try Folder.sync(partial)
      guard replacing || !Folder.exists(path) else { throw .exists(path: path) }
      try Folder.move(partial, to: path)
      return (Folder.size(path), counts)
    } catch {
      try? Folder.remove(database: partial)  // what is left of it hurts nobody; why it failed is what matters
      throw error
    }
  }

  private static func copy(_ source: Database, to path: String) throws(StoreError) -> StoreCounts {
    try Folder.remove(database: path)  // left there by a copy that was interrupted
    return try source.reading { () throws(StoreError) in
      let counts = try source.counts()
      let needed = try source.number("PRAGMA page_count") * source.number("PRAGMA page_size")
      guard try Folder.freeBytes(Folder.parent(path)) >= needed + reserve else { throw .full(path: path) }
      try Folder.makeFile(path)
      let target = try Database(path: path, access: .readWrite, cacheKiB: cacheKiB)
      defer { target.close() }
      try target.execute("PRAGMA synchronous = OFF")  // synced as a whole when it is complete
      try source.copyPages(to: target)
      try target.execute("PRAGMA journal_mode = DELETE")  // one file, without a write-ahead log beside it
      return counts
    }
  }

  /// Reads a copy from end to end: that it is sound, ours, and of a version this Moot knows.
  static func check(_ path: String) throws(StoreError) -> StoreCounts {
    guard Folder.exists(path) else { throw .missing(path: path) }
    let database = try Database(path: path, access: .readOnly, cacheKiB: cacheKiB)
    defer { database.close() }
    guard try database.schemaVersion() > 0 else { throw .foreign(path: path) }
    let findings = try database.rows("PRAGMA integrity_check(1)") { $0.text(0) }
    guard findings == ["ok"] else { throw .corrupt(path: path, detail: findings.first ?? "it cannot be read") }
    return try database.counts()
  }
}

extension Store {
  /// Reads the database of a folder from end to end and changes nothing: whether this version can run on it. nil where
  /// there is none yet.
  package static func examine(folder: String) throws(StoreError) -> StoreCounts? {
    let path = Folder.database(folder)
    return Folder.exists(path) ? try Backup.check(path) : nil
  }
}

extension Database {
  fileprivate func counts() throws(StoreError) -> StoreCounts {
    let last = try first("SELECT position, time FROM entry ORDER BY position DESC LIMIT 1") {
      (position: $0.int(0), time: $0.int(1))
    }
    return StoreCounts(
      accounts: try number("SELECT count(*) FROM account"), groups: try number(#"SELECT count(*) FROM "group""#),
      entries: try number("SELECT count(*) FROM entry"), lastPosition: last?.position ?? 0, lastTime: last?.time ?? 0)
  }
}
