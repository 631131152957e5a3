/// What keeps the store in order beside the realm thread, on a connection of its own that belongs to a worker.
package final class Upkeep {
  private let database: Database

  /// Opens the database of a folder whose `Store` is open.
  package init(folder: String, durability: Durability = .full) throws(StoreError) {
    database = try Database(path: Folder.database(folder), access: .readWrite, cacheKiB: 1 << 10)
    try database.execute("PRAGMA synchronous = \(durability.pragma)")
    database.countWAL()
  }

  /// Carries the write-ahead log over into the file as far as nobody needs it, without holding anyone up, so that the
  /// writer can start it anew. Returns whether that was all of it.
  @discardableResult
  package func checkpoint() throws(StoreError) -> Bool { try database.checkpoint() }

  /// Copies the whole database, as it is at this moment, into a new file while the realm goes on, reads the file back,
  /// and returns its size. Until then the write-ahead log cannot start anew and grows.
  package func backup(to path: String) throws(StoreError) -> Int64 {
    try Backup.write(database, to: path).bytes
  }
}
