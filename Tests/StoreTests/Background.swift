import Core
import Glibc
import Synchronization

@testable import Store

/// A thread that does what workers do beside the realm thread: indexing, reading, checkpoints, and one backup.
final class Background: Sendable {
  private let done = Atomic(false)
  private let failures = Mutex<[String]>([])
  private let folder: String
  private let backup: String
  private let thread = Mutex<pthread_t?>(nil)

  init(folder: String, backup: String) throws {
    self.folder = folder
    self.backup = backup
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Background>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard result == 0 else { throw StoreError(errno: result, path: folder) }
    self.thread.withLock { $0 = thread }
  }

  var isDone: Bool { done.load(ordering: .acquiring) }

  /// Waits for the end, and says what went wrong.
  func wait() -> [String] {
    if let thread = thread.withLock({ $0 }) { pthread_join(thread, nil) }
    return failures.withLock { $0 }
  }

  private func run() {
    defer { done.store(true, ordering: .releasing) }
    do throws(StoreError) {
      let indexer = try Indexer(folder: folder, durability: .simulation)
      let upkeep = try Upkeep(folder: folder, durability: .simulation)
      let reader = try StoreReader(folder: folder)
      for round in 0..<20 {
        _ = try indexer.advance(maxEntries: 50)
        try upkeep.checkpoint()
        try check(reader)
        if round == 10 { _ = try upkeep.backup(to: backup) }
      }
    } catch {
      failures.withLock { $0.append("\(error)") }
    }
  }

  /// Every entry up to the log's end is there, in its place.
  private func check(_ reader: StoreReader) throws(StoreError) {
    guard
      case .missed(let entries, upTo: let upTo) = reader.answer(.missed(person(2), groups: [], after: 0, limit: 50_000))
    else { throw .missing(path: "what was missed") }
    guard entries.map(\.position) == Array(1..<upTo + 1) else {
      throw .missing(path: "an entry up to \(upTo)")
    }
  }
}
