import CSQLite
import Glibc

/// One connection to one SQLite file, used by one thread. Closing it, or letting it go, rolls back what is open.
final class Database {
  enum Access { case readWrite, readOnly }

  let path: String
  private var handle: OpaquePointer?
  private var statements: [String: Statement] = [:]
  /// Pages in the write-ahead log after the last commit of this connection; SQLite's hook writes it.
  private let walCount = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

  /// Once a process, before the first connection.
  private static let configured = moot_sqlite_configure()

  /// - Parameter cacheKiB: the most memory for pages; it is taken as pages are read.
  init(path: String, access: Access, cacheKiB: Int) throws(StoreError) {
    self.path = path
    precondition(Self.configured == SQLITE_OK, "SQLite was used before it was configured")
    walCount.initialize(to: 0)
    let mode = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    let result = sqlite3_open_v2(path, &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard result == SQLITE_OK else {
      let error = StoreError(code: result, connection: handle, path: path)
      sqlite3_close_v2(handle)
      handle = nil
      throw error
    }
    // Locks are only ever held for moments by our own connections; five seconds are for an operator's tools.
    sqlite3_busy_timeout(handle, 5_000)
    try execute("PRAGMA cache_size = -\(cacheKiB); PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
  }

  deinit {
    close()
    walCount.deallocate()
  }

  /// Closes the connection. The last one to close a file carries its write-ahead log over into it.
  func close() {
    for statement in statements.values { statement.finalize() }
    statements.removeAll()
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Lets the connection go as a killed process would: nothing is committed, the write-ahead log stays as it is.
  func abandon() {
    moot_sqlite_keep_wal(handle)
    close()
  }

  // Statements.

  /// The prepared form of one statement, kept for the next time.
  func statement(_ sql: String) throws(StoreError) -> Statement {
    if let statement = statements[sql] { return statement }
    var prepared: OpaquePointer?
    let result = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard result == SQLITE_OK, let prepared else { throw StoreError(code: result, connection: handle, path: path) }
    let statement = Statement(handle: prepared, path: path)
    statements[sql] = statement
    return statement
  }

  /// Runs a script of statements that give no rows.
  func execute(_ script: String) throws(StoreError) {
    let result = sqlite3_exec(handle, script, nil, nil, nil)
    guard result == SQLITE_OK else { throw StoreError(code: result, connection: handle, path: path) }
  }

  func run(_ sql: String, _ values: Value...) throws(StoreError) {
    let statement = try statement(sql)
    statement.bind(values)
    try statement.run()
  }

  /// Reads every row of a query.
  func rows<Row>(
    _ sql: String, _ values: Value..., read: (Statement) throws(StoreError) -> Row
  ) throws(StoreError) -> [Row] {
    let statement = try statement(sql)
    defer { statement.reset() }
    statement.bind(values)
    var rows: [Row] = []
    while try statement.next() { rows.append(try read(statement)) }
    return rows
  }

  /// Reads the first row of a query.
  func first<Row>(
    _ sql: String, _ values: Value..., read: (Statement) throws(StoreError) -> Row
  ) throws(StoreError) -> Row? {
    let statement = try statement(sql)
    defer { statement.reset() }
    statement.bind(values)
    return try statement.next() ? try read(statement) : nil
  }

  /// The single number that a query or a pragma gives; 0 where there is none.
  func number(_ sql: String, _ values: Value...) throws(StoreError) -> Int64 {
    let statement = try statement(sql)
    defer { statement.reset() }
    statement.bind(values)
    return try statement.next() ? statement.int(0) : 0
  }

  /// Takes back what the open transaction wrote. SQLite does that by itself after some errors, hence the question; if
  /// it cannot be done now, it is done when the file is opened next.
  func rollback() {
    if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
  }

  /// Reads with one view of the file from beginning to end.
  func reading<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try statement("BEGIN").run()
    defer { rollback() }
    return try body()
  }

  // The write-ahead log.

  /// Makes commits count the pages in the write-ahead log instead of carrying them over into the file.
  func countWAL() {
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        context?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      }, walCount)
  }

  var walPages: Int { Int(walCount.pointee) }

  /// Carries over into the file what can be without waiting for anyone. Returns whether that is all there is; it is not
  /// if a reader still needs the old pages, or if another connection is just doing the same.
  func checkpoint() throws(StoreError) -> Bool {
    var pages: Int32 = 0
    var copied: Int32 = 0
    let result = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied)
    if result == SQLITE_BUSY { return false }
    guard result == SQLITE_OK else { throw StoreError(code: result, connection: handle, path: path) }
    return copied == pages
  }

  /// Copies all of this database, as this connection's open transaction sees it, over `target`.
  func copyPages(to target: Database) throws(StoreError) {
    guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
      throw StoreError(code: sqlite3_errcode(target.handle), connection: target.handle, path: target.path)
    }
    sqlite3_backup_step(backup, -1)
    let result = sqlite3_backup_finish(backup)
    guard result == SQLITE_OK else { throw StoreError(code: result, connection: target.handle, path: target.path) }
  }
}

extension StoreError {
  /// What SQLite reports, in our words.
  init(code: Int32, connection: OpaquePointer?, path: String) {
    let detail = String(cString: connection == nil ? sqlite3_errstr(code) : sqlite3_errmsg(connection))
    switch code & 0xff {
    case SQLITE_FULL: self = .full(path: path)
    case SQLITE_READONLY, SQLITE_PERM: self = .readOnly(path: path)
    case SQLITE_BUSY, SQLITE_LOCKED: self = .busy(path: path)
    case SQLITE_CORRUPT: self = .corrupt(path: path, detail: detail)
    case SQLITE_NOTADB: self = .foreign(path: path)
    default:
      switch sqlite3_system_errno(connection) {
      case ENOSPC, EDQUOT: self = .full(path: path)
      case EROFS: self = .readOnly(path: path)
      default: self = .failed(path: path, code: code, detail: detail)
      }
    }
  }
}
