import Core
import Net
import Store

/// What the files thread has done so far, and how it stands.
struct FileStatistics: Equatable, Sendable {
  var transfers = 0
  var refused = 0
  var bytesIn = 0
  var bytesOut = 0
  var cut = 0
}

/// One thread that moves files between sockets and the disk, so that neither a slow disk nor a slow line keeps anybody
/// from chatting. The realm decides what may come; whoever knows the address of a file may read it.
final class FileThread: Sendable {
  /// What others want of the thread.
  struct Work {
    var connections: [FileConnection] = []
    var orders: [FileOrder] = []
    var settings: (files: FileSettings, reserve: Int64)?
    var isStopping = false
  }

  let mailbox: Mailbox
  let admissions: Admissions
  let log: Log
  /// Seconds in which a transfer has to come on.
  let patienceSeconds: Int64
  let wakeUp: WakeUp
  private let work = Locked(Work())
  private let published = Locked(FileStatistics())
  private let thread = Locked<OSThread?>(nil)

  init(
    mailbox: Mailbox, admissions: Admissions, log: Log, patienceSeconds: Int64 = Limits.transferSeconds
  ) throws(SystemError) {
    self.patienceSeconds = patienceSeconds
    self.mailbox = mailbox
    self.admissions = admissions
    self.log = log
    wakeUp = try WakeUp()
  }

  /// Starts on a data folder whose store is open.
  func start(folder: String, _ settings: Settings) throws {
    let reader = try StoreReader(folder: folder) { [log] error in
      log.error("store", "cannot be read", ["why": "\(error)"])
    }
    let disk = FileFolder(folder)
    try disk.prepare()
    let loop = try FileLoop(self, disk, reader, settings)
    let started = try OSThread(name: "files") { loop.run() }
    // A closure cannot consume what it captures; an optional can be taken out of.
    var handOver = Optional(started)
    thread.withLock { $0 = handOver.take() }
  }

  /// Cuts what is under way and ends the thread.
  func stop() {
    change { $0.isStopping = true }
    let running = thread.withLock { $0.take() }
    running?.join()
  }

  /// New settings, from now on.
  func update(_ settings: Settings) {
    change { $0.settings = (settings.files, settings.limits.diskReserveBytes) }
  }

  /// Takes over a connection, and its place in `admissions`.
  func take(_ connection: FileConnection) { change { $0.connections.append(connection) } }

  /// Takes what a turn wants.
  func release(_ orders: [FileOrder]) {
    guard !orders.isEmpty else { return }
    change { $0.orders += orders }
  }

  var statistics: FileStatistics { published.withLock { $0 } }

  private func change(_ body: (inout Work) -> Void) {
    work.withLock { body(&$0) }
    wakeUp.wake()
  }

  // For the thread itself.

  func takeWork() -> Work {
    work.withLock { work in
      defer {
        let isStopping = work.isStopping
        work = Work()
        work.isStopping = isStopping
      }
      return work
    }
  }

  func publish(_ statistics: FileStatistics) { published.withLock { $0 = statistics } }
}
