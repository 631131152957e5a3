import Core
import Net
import Store
import Synchronization

/// The worker that keeps the store in order behind the turns: it writes the indexes, carries the write-ahead log over
/// and makes backups.
final class UpkeepWorker: Sendable {
  private enum Job: Sendable {
    /// Turns have written since the index was last advanced.
    case written
    case backup(AskID, path: String)
  }

  /// Milliseconds for which turns are gathered before their entries are indexed: many entries in one sorted batch cost
  /// far less than few in many, and reads find what is not indexed yet all the same.
  private static let gatherMilliseconds: Int64 = 200

  private let queue: JobQueue<Job>
  private let isTold = Atomic(false)
  private let written = Locked(IndexBatch())
  private let log: Log
  private let answer: @Sendable (AskID, Answer) -> Void

  init(log: Log, answer: @escaping @Sendable (AskID, Answer) -> Void) throws(SystemError) {
    self.queue = try JobQueue(limit: Limits.workerJobs)
    self.log = log
    self.answer = answer
  }

  var count: Int { queue.count }

  /// Tells that a turn has written, and which entries. Wakes the thread only if it does not know yet.
  func noteWritten(_ entries: IndexBatch = IndexBatch()) {
    written.withLock { $0.add(entries) }
    guard !isTold.exchange(true, ordering: .acquiringAndReleasing) else { return }
    // Where the queue is full of backups, the index is advanced after them.
    if !queue.add(.written) { isTold.store(false, ordering: .releasing) }
  }

  private func takeWritten() -> IndexBatch {
    written.withLock { written in
      defer { written = IndexBatch() }
      return written
    }
  }

  /// Takes a backup on; false if too many wait.
  func backUp(_ id: AskID, to path: String) -> Bool { queue.add(.backup(id, path: path)) }

  func stop() { queue.stop() }

  /// The body of the thread.
  func run(folder: String) {
    let keeper = StoreKeeper(folder: folder, log: log)
    // The last run may have left something to index.
    var due: Int64? = Clock.monotonicMilliseconds()
    while let jobs = queue.take(waiting: due.map { Int(max(0, $0 - Clock.monotonicMilliseconds())) }) {
      for job in jobs {
        switch job {
        case .written: due = min(due ?? .max, Clock.monotonicMilliseconds() + Self.gatherMilliseconds)
        case .backup(let id, let path): answer(id, keeper.backUp(to: path))
        }
      }
      guard let time = due, time <= Clock.monotonicMilliseconds() else { continue }
      isTold.store(false, ordering: .releasing)
      due = keeper.advance(takeWritten())
    }
  }
}

/// What the upkeep worker does. Belongs to its thread.
final class StoreKeeper {
  /// Entries of one batch, so that a backup or the end of the process need not wait long.
  private static let batch = 30_000
  /// Milliseconds between two times that the write-ahead log is carried over: each of them waits for the disk, as the
  /// commits of the realm do.
  private static let checkpointInterval: Int64 = 1_000
  /// Milliseconds until something is tried again that the disk refused.
  private static let retryInterval: Int64 = 10_000
  /// Milliseconds between two times that a part of the search index is made anew because texts were erased: each takes
  /// a second or two of a core.
  private static let forgetInterval: Int64 = 60_000

  private let folder: String
  private let log: Log
  /// Opened when they are needed, and again when that failed.
  private var indexer: Indexer?
  private var searchIndexer: SearchIndexer?
  private var upkeep: Upkeep?
  private var nextForget: Int64 = 0
  private var nextCheckpoint: Int64 = 0

  init(folder: String, log: Log) {
    self.folder = folder
    self.log = log
  }

  /// Indexes one batch and looks after the write-ahead log. Returns when to go on; nil: when there is more written.
  func advance(_ written: IndexBatch) -> Int64? {
    do throws(StoreError) {
      try openIndexer().add(written)
      if try openIndexer().advance(maxEntries: Self.batch) { return Clock.monotonicMilliseconds() }
      try openIndexer().trim()
      let due = try advanceSearch()
      guard Clock.monotonicMilliseconds() >= nextCheckpoint else { return min(due ?? .max, nextCheckpoint) }
      try openUpkeep().checkpoint()
      nextCheckpoint = Clock.monotonicMilliseconds() + Self.checkpointInterval
      return due
    } catch {
      // Reads do without the index meanwhile, only slower; the disk may have room again later.
      log.error("upkeep", "the store cannot be kept in order; trying again", ["why": "\(error)"])
      return Clock.monotonicMilliseconds() + Self.retryInterval
    }
  }

  /// The search index comes after the other, which more wait for. Returns when to go on with it; nil: when there is
  /// more written.
  private func advanceSearch() throws(StoreError) -> Int64? {
    guard SearchIndexer.isWanted(folder: folder) else {
      searchIndexer = nil
      return nil
    }
    let indexer = try openSearchIndexer()
    if try indexer.advance() { return Clock.monotonicMilliseconds() }
    guard try indexer.isStale else { return nil }
    guard Clock.monotonicMilliseconds() >= nextForget else { return nextForget }
    _ = try indexer.forget()
    nextForget = Clock.monotonicMilliseconds() + Self.forgetInterval
    return nextForget
  }

  func backUp(to path: String) -> Answer {
    let start = Clock.monotonicMilliseconds()
    do throws(StoreError) {
      let bytes = try openUpkeep().backup(to: path)
      log.info(
        "upkeep", "backup made",
        ["path": .text(path), "bytes": .number(bytes), "ms": .number(Clock.monotonicMilliseconds() - start)])
      return .backedUp(bytes: bytes)
    } catch {
      log.error("upkeep", "backup failed", ["path": .text(path), "why": "\(error)"])
      return .failed("\(error)")
    }
  }

  private func openIndexer() throws(StoreError) -> Indexer {
    if let indexer { return indexer }
    let opened = try Indexer(folder: folder)
    indexer = opened
    return opened
  }

  private func openSearchIndexer() throws(StoreError) -> SearchIndexer {
    if let searchIndexer { return searchIndexer }
    let opened = try SearchIndexer(folder: folder)
    searchIndexer = opened
    return opened
  }

  private func openUpkeep() throws(StoreError) -> Upkeep {
    if let upkeep { return upkeep }
    let opened = try Upkeep(folder: folder)
    upkeep = opened
    return opened
  }
}
