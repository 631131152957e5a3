/// What a restore did.
package struct RestoreSummary: Equatable, Sendable {
  package var counts: StoreCounts
  /// Where the database that was there before is now; nil if there was none.
  package var replaced: String?
}

extension Store {
  /// Puts a backup in the place of a folder's database. The backup is copied and read from end to end first; what was
  /// there is kept under another name. At every moment the folder holds either the old database or the new one.
  package static func restore(from backup: String, to folder: String) throws(StoreError) -> RestoreSummary {
    guard Folder.exists(backup) else { throw .missing(path: backup) }
    try Folder.make(folder)
    let lock = try FolderLock(folder: folder)
    let path = Folder.database(folder)
    let restoring = path + ".restoring"
    let source = try Database(path: backup, access: .readOnly, cacheKiB: 4 << 10)
    guard try source.schemaVersion() > 0 else { throw .foreign(path: backup) }
    let counts = try Backup.write(source, to: restoring, replacing: true).counts
    source.close()

    var replaced: String?
    if Folder.exists(path) {
      let name = "\(path).replaced-\(Folder.timeStamp())"
      try setAside(path, as: name)
      replaced = name
    }
    // Moved last, and in one step. The indexes are of the old log.
    try Folder.remove(database: Folder.index(folder))
    try Folder.remove(database: Folder.search(folder))
    try Folder.move(restoring, to: path)
    _ = consume lock
    return RestoreSummary(counts: counts, replaced: replaced)
  }

  /// Keeps a database under a second name, in one file if it can be read, and leaves nothing beside the first name that
  /// a new database there would be mixed up with.
  private static func setAside(_ path: String, as name: String) throws(StoreError) {
    let wal = path + "-wal"
    if Folder.exists(wal) { try Folder.keep(wal, as: name + "-wal") }
    try Folder.keep(path, as: name)
    // From here to the move of the new file, a crash leaves the old database complete under its old name.
    if mergeWAL(path) { try Folder.remove(name + "-wal") }
    try Folder.remove(wal)
    try Folder.remove(path + "-shm")
  }

  /// Carries the write-ahead log over into the file. False if the database is too damaged for that, which may be the
  /// very reason for restoring a backup.
  private static func mergeWAL(_ path: String) -> Bool {
    do throws(StoreError) {
      let database = try Database(path: path, access: .readWrite, cacheKiB: 4 << 10)
      defer { database.close() }
      _ = try database.schemaVersion(known: .max)
      return try database.checkpoint()
    } catch {
      return false
    }
  }
}
