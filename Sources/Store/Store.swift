package import Core

/// What the realm remembers: the one writing connection to the database in the data folder. It belongs to the realm
/// thread; others read through `StoreReader`, index through `Indexer` and copy through `Upkeep`.
package final class Store {
  let folder: String
  let database: Database
  private var lock: FolderLock?
  private let fault: ((Step) -> Bool)?
  /// Written into the database when it was opened. If it is another one day, so is the owner.
  private let token = Int64.random(in: .min ... .max)
  private var crashed = false

  /// The position of the last entry of the log.
  package internal(set) var lastPosition: Position = 0

  /// The rows of realms that were written of, by name.
  var realmIDs: [String: Int64] = [:]
  /// Where the outboxes of realms end that were posted to.
  var outboxEnds: [String: OutboxEnd] = [:]

  /// Why the write-ahead log could not be carried over into the file when it was last due. What was committed is safe
  /// all the same: it stays in the log.
  package private(set) var checkpointFailure: StoreError?
  /// What was committed since it was last cleared, for the indexer; not all of it where that is long ago.
  package var written = IndexBatch()

  private let walLimitPages: Int
  /// The size of the write-ahead log at which the writer carries it over next.
  private var nextCheckpoint: Int

  /// 4 KiB is what the disk writes at least, and a turn of one message dirties one or two pages: smaller ones do not
  /// cost less, larger ones cost more with each commit.
  static let pageSize = 4_096
  /// The writer touches the log's end and the rows of accounts and groups that change.
  private static let cacheKiB = 8 << 10

  /// Opens the store of a folder; what is missing is made, what is older is brought up to date after a copy of it.
  package convenience init(folder: String, options: StoreOptions = StoreOptions()) throws(StoreError) {
    try self.init(folder: folder, options: options, steps: Schema.steps)
  }

  /// - Parameter steps: the migrations, so that tests can bring newer ones.
  init(folder: String, options: StoreOptions, steps: [String]) throws(StoreError) {
    self.folder = folder
    fault = options.fault
    walLimitPages = max(1, Int(options.walLimit) / Self.pageSize)
    nextCheckpoint = walLimitPages
    try Folder.make(folder)
    // Before the lock, which writes a few bytes itself.
    try Reserve.spend(folder, free: try Folder.freeBytes(folder))
    lock = try FolderLock(folder: folder)
    let path = Folder.database(folder)
    try Folder.makeFile(path)
    database = try Database(path: path, access: .readWrite, cacheKiB: Self.cacheKiB)
    let version = try database.schemaVersion(known: steps.count)
    try database.execute("PRAGMA page_size = \(Self.pageSize)")
    guard try database.first("PRAGMA journal_mode = WAL", read: { $0.text(0) }) == "wal" else {
      throw .file(path: path, reason: "this file system lacks the shared memory that the database needs")
    }
    try database.execute(
      """
      PRAGMA synchronous = \(options.durability.pragma);
      PRAGMA journal_size_limit = \(options.walLimit);
      PRAGMA secure_delete = ON
      """)  // what was taken back, and keys and tokens that are gone, are not to be found in the file
    database.countWAL()
    if version > 0 && version < steps.count {
      try Backup.write(database, to: "\(path).before-v\(version + 1)", replacing: true)
    }
    try begin(steps: steps, from: version)
    if options.durability == .full { try Reserve.make(folder, free: try Folder.freeBytes(folder)) }
    try giveSpaceBack(options.freePages)
    lastPosition = try database.number("SELECT max(position) FROM entry")
  }

  deinit { close() }

  /// Makes the file smaller where most of it lies free, and there is room to write the rest anew beside it.
  private func giveSpaceBack(_ most: Int64) throws(StoreError) {
    let free = try database.number("PRAGMA freelist_count")
    let all = try database.number("PRAGMA page_count")
    let needed = 3 * (all - free) * Int64(Self.pageSize)
    guard free >= most, free > all / 2, try Folder.freeBytes(folder) > needed else { return }
    // Not in memory: what is left may be large all the same.
    try database.execute("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY")
    _ = try database.checkpoint()
  }

  /// Brings the schema up to date and takes the database over, in one transaction.
  private func begin(steps: [String], from version: Int) throws(StoreError) {
    try transaction { () throws(StoreError) in
      if version < steps.count {
        for step in steps[version...] {
          try reach(.statement)
          try database.execute(step)
        }
        try database.execute(
          "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(steps.count)")
      }
      try run("DELETE FROM owner")
      try run("INSERT INTO owner (token) VALUES (?)", .int(token))
    }
  }

  /// Closes the store in good order; the write-ahead log is carried over into the file. Using it afterwards throws.
  package func close() {
    database.close()
    lock = nil
  }

  /// Bytes that the file system of the data folder still has for us.
  package var freeBytes: Int64 {
    get throws(StoreError) { try Folder.freeBytes(folder) }
  }

  /// Bytes of the write-ahead log that are in use.
  package var walBytes: Int64 { Int64(database.walPages * Self.pageSize) }

  // Transactions.

  /// Commits what `body` writes, all of it or nothing.
  func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    guard !crashed else { throw .crashed }
    try reach(.begin)
    try database.statement("BEGIN IMMEDIATE").run()
    do throws(StoreError) {
      try body()
      try reach(.commit)
      try database.statement("COMMIT").run()
    } catch {
      if !crashed { database.rollback() }
      throw error
    }
    try reach(.committed)
    boundWAL()
  }

  /// Throws if another server has taken the database over. Within a transaction no other can.
  func checkOwner() throws(StoreError) {
    try reach(.statement)
    guard try database.number("SELECT token FROM owner") == token else { throw .takenOver(path: database.path) }
  }

  /// A step of a transaction is about to be taken: the simulator may want it not to be.
  @inline(__always)
  func reach(_ step: Step) throws(StoreError) {
    if let fault, fault(step) { throw crash() }
  }

  private func crash() -> StoreError {
    crashed = true
    database.abandon()
    lock = nil
    return .crashed
  }

  /// Runs one statement of a transaction.
  func run(_ sql: String, _ values: Value...) throws(StoreError) {
    try reach(.statement)
    let statement = try database.statement(sql)
    statement.bind(values)
    try statement.run()
  }

  /// Keeps the write-ahead log in bounds where upkeep does not. While a reader needs the old pages it cannot start over
  /// from its beginning; then it is tried again a sixteenth later.
  private func boundWAL() {
    let pages = database.walPages
    guard pages >= nextCheckpoint else {
      if pages < walLimitPages { nextCheckpoint = walLimitPages }
      return
    }
    nextCheckpoint = pages + max(1, walLimitPages / 16)
    do throws(StoreError) {
      _ = try database.checkpoint()
      checkpointFailure = nil
    } catch {
      checkpointFailure = error
    }
  }
}
