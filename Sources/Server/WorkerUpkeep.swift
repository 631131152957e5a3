import Core
import Net
import Store
import Synchronization

/// The worker that keeps the store in order behind the turns: it writes the index, carries the write-ahead log over
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
  /// Entries of one batch, so that a backup or the end of the process need not wait long.
  private static let batch = 10_000

  private let queue: JobQueue<Job>
  private let isTold = Atomic(false)
  private let log: Log
  private let answer: @Sendable (AskID, Answer) -> Void

  init(log: Log, answer: @escaping @Sendable (AskID, Answer) -> Void) throws(SystemError) {
    self.queue = try JobQueue(limit: Limits.workerJobs)
    self.log = log
    self.answer = answer
  }

  var count: Int { queue.count }

  /// Tells that a turn has written. Wakes the thread only if it does not know yet.
  func noteWritten() {
    guard !isTold.exchange(true, ordering: .acquiringAndReleasing) else { return }
    // Where the queue is full of backups, the index is advanced after them.
    if !queue.add(.written) { isTold.store(false, ordering: .releasing) }
  }

  /// Takes a backup on; false if too many wait.
  func backUp(_ id: AskID, to path: String) -> Bool { queue.add(.backup(id, path: path)) }

  func stop() { queue.stop() }

  /// The body of the thread.
  func run(folder: String) {
    let indexer: Indexer
    let upkeep: Upkeep
    do throws(StoreError) {
      indexer = try Indexer(folder: folder)
      upkeep = try Upkeep(folder: folder)
    } catch {
      return refuseAll(because: error)
    }
    // The last run may have left something to index.
    var due: Int64? = Clock.monotonicMilliseconds()
    while let jobs = queue.take(waiting: due.map { Int(max(0, $0 - Clock.monotonicMilliseconds())) }) {
      for job in jobs {
        switch job {
        case .written: due = due ?? Clock.monotonicMilliseconds() + Self.gatherMilliseconds
        case .backup(let id, let path): answer(id, backUp(upkeep, path))
        }
      }
      guard let time = due, time <= Clock.monotonicMilliseconds() else { continue }
      isTold.store(false, ordering: .releasing)
      due = advance(indexer, upkeep)
    }
  }

  /// Indexes one batch. Returns when to go on, nil to wait for more writes.
  private func advance(_ indexer: Indexer, _ upkeep: Upkeep) -> Int64? {
    do throws(StoreError) {
      if try indexer.advance(maxEntries: Self.batch) { return Clock.monotonicMilliseconds() }
      try upkeep.checkpoint()
      return nil
    } catch {
      // Reads do without it meanwhile, only slower; the disk may have room again later.
      log.error("upkeep", "the index cannot be written", ["why": "\(error)"])
      return Clock.monotonicMilliseconds() + 10_000
    }
  }

  private func backUp(_ upkeep: Upkeep, _ path: String) -> Answer {
    let start = Clock.monotonicMilliseconds()
    do throws(StoreError) {
      let bytes = try upkeep.backup(to: path)
      log.info(
        "upkeep", "backup made",
        ["path": .text(path), "bytes": .number(bytes), "ms": .number(Clock.monotonicMilliseconds() - start)])
      return .backedUp(bytes: bytes)
    } catch {
      log.error("upkeep", "backup failed", ["path": .text(path), "why": "\(error)"])
      return .failed("\(error)")
    }
  }

  /// Without its files this worker can do nothing, but the realm can go on without it.
  private func refuseAll(because error: StoreError) {
    log.error("upkeep", "no index and no backups", ["why": "\(error)"])
    while let jobs = queue.take() {
      for case .backup(let id, _) in jobs { answer(id, .failed("\(error)")) }
    }
  }
}
