import Core
import Net
import Store
import Synchronization

/// The threads that do for the realm what is too slow for a turn, each with a bounded queue: keys (CPU), reads (the
/// store), searches (the store too, for those who can wait), upkeep (indexes, checkpoints, backups), and calls to
/// servers elsewhere. An answer goes back as an event; that a queue is full is an answer.
final class Workers: Sendable {
  private struct Job: Sendable {
    var id: AskID
    var ask: Ask
  }

  private let keys: JobQueue<Job>
  private let reads: JobQueue<Job>
  private let searches: JobQueue<Job>
  private let upkeep: UpkeepWorker
  private let calls: Calls
  private let iterations: Atomic<Int>
  private let answer: @Sendable (AskID, Answer) -> Void
  private let ended: [Latch]

  /// - Parameters:
  ///   - iterations: how many a new password gets, so that one of an account that does not exist takes as long.
  ///   - answer: hands an answer to the realm, from any thread.
  init(iterations: Int, log: Log, answer: @escaping @Sendable (AskID, Answer) -> Void) throws(SystemError) {
    self.keys = try JobQueue(limit: Limits.workerJobs)
    self.reads = try JobQueue(limit: Limits.workerJobs)
    self.searches = try JobQueue(limit: Limits.searches)
    self.upkeep = try UpkeepWorker(log: log, answer: answer)
    self.calls = try Calls(answer: answer)
    self.iterations = Atomic(iterations)
    self.answer = answer
    self.ended = [try Latch(), try Latch(), try Latch(), try Latch()]
  }

  /// Starts the threads on a folder whose store is open.
  ///
  /// - Parameter report: told what the operator should know when the store cannot be read.
  func start(folder: String, report: @escaping @Sendable (StoreError) -> Void) throws {
    let keeper = KeyKeeper(reader: try StoreReader(folder: folder, report: report)) { [self] in
      iterations.load(ordering: .relaxed)
    }
    let reader = try StoreReader(folder: folder, report: report)
    let searcher = try StoreReader(folder: folder, report: report)
    _ = try OSThread(name: "keys") { [self] in
      runKeys(keeper, report)
      ended[0].open()
    }
    _ = try OSThread(name: "reads") { [self] in
      while let jobs = reads.take() {
        for job in jobs { answer(job.id, reader.answer(job.ask)) }
      }
      ended[1].open()
    }
    _ = try OSThread(name: "searches") { [self] in
      while let jobs = searches.take() {
        for job in jobs { answer(job.id, searcher.answer(job.ask)) }
        upkeep.noteWritten()  // the first search of a realm is where its search index begins
      }
      ended[2].open()
    }
    _ = try OSThread(name: "upkeep") { [self] in
      upkeep.run(folder: folder)
      ended[3].open()
    }
  }

  /// What is quick comes first: tokens, and passwords that were right before. Then passwords to be checked, one at a
  /// time, then new ones: whoever guesses or registers in a loop delays others who do the same for the first time.
  private func runKeys(_ keeper: KeyKeeper, _ report: (StoreError) -> Void) {
    var checks: [Job] = []
    var newPasswords: [Job] = []
    func wait(_ job: Job, in queue: inout [Job]) {
      if queue.count < Limits.derivations { queue.append(job) } else { answer(job.id, Self.busy) }
    }
    while let jobs = keys.take(waiting: checks.isEmpty && newPasswords.isEmpty ? nil : 0) {
      for job in jobs {
        if let quick = Self.answer(report, { () throws(StoreError) in try keeper.quickAnswer(job.ask) }) {
          answer(job.id, quick)
        } else if case .derive = job.ask {
          wait(job, in: &newPasswords)
        } else {
          wait(job, in: &checks)
        }
      }
      if let job = checks.first ?? newPasswords.first {
        if checks.isEmpty { newPasswords.removeFirst() } else { checks.removeFirst() }
        if let done = Self.answer(report, { () throws(StoreError) in try keeper.answer(job.ask) }) {
          answer(job.id, done)
        }
      }
    }
  }

  /// What `body` answers; that the store cannot be read is an answer.
  private static func answer(
    _ report: (StoreError) -> Void, _ body: () throws(StoreError) -> Answer?
  ) -> Answer? {
    do throws(StoreError) {
      return try body()
    } catch {
      report(error)
      return .failed("The server cannot read its store right now")
    }
  }

  /// What is answered where too many wait already.
  static let busy = Answer.failed("The server has too much to do right now; try again in a moment")

  /// Hands a question to the worker whose it is. False: too many wait there already.
  func take(_ id: AskID, _ ask: Ask) -> Bool {
    switch ask {
    case .verify, .tokenOwner, .verifyOperator, .scram, .scramProof, .derive, .makeToken:
      keys.add(Job(id: id, ask: ask))
    case .loadAccount, .loadGroup, .devices, .invitations, .listGroups, .history, .conversations, .missed, .outbox,
      .groupLog, .setApart, .groupsShared, .entry, .entries, .revisions, .files:
      reads.add(Job(id: id, ask: ask))
    case .deliver(let delivery): calls.deliver(id, delivery)
    case .push(let push): calls.push(id, push)
    case .aged: reads.add(Job(id: id, ask: ask))
    case .search: searches.add(Job(id: id, ask: ask))
    case .backup(let path): upkeep.backUp(id, to: path)
    }
  }

  /// Tells that a turn has written to the store.
  func noteWritten(_ entries: IndexBatch) { upkeep.noteWritten(entries) }

  /// Takes over what the configuration may change.
  func configure(iterations: Int, calls: CallSettings) {
    self.iterations.store(iterations, ordering: .relaxed)
    self.calls.configure(calls)
  }

  /// Lets the figures of the queues be read.
  func watch(with metrics: Metrics) {
    metrics.watch("keys_jobs", "Jobs that wait for the keys worker.") { [self] in Int64(keys.count) }
    metrics.watch("reads_jobs", "Jobs that wait for the reads worker.") { [self] in Int64(reads.count) }
    metrics.watch("calls", "Requests to servers elsewhere that wait for a thread.") { [self] in Int64(calls.count) }
    metrics.watch("searches_jobs", "Jobs that wait for the searches worker.") { [self] in Int64(searches.count) }
    metrics.watch("upkeep_jobs", "Jobs that wait for the upkeep worker.") { [self] in Int64(upkeep.count) }
  }

  /// Ends the threads after the job each has in hand; what waits is left undone. Does not wait longer than told: a
  /// backup may take minutes.
  func stop(within milliseconds: Int) {
    keys.stop()
    reads.stop()
    searches.stop()
    upkeep.stop()
    calls.stop()
    let until = Clock.monotonicMilliseconds() + Int64(milliseconds)
    for latch in ended { latch.wait(milliseconds: Int(max(0, until - Clock.monotonicMilliseconds()))) }
  }
}

/// Opened once, by one thread; others can wait for that.
final class Latch: Sendable {
  private let wakeUp: WakeUp
  init() throws(SystemError) { wakeUp = try WakeUp() }

  func open() { wakeUp.wake() }

  /// Waits until it is open, at most so long. One thread may wait, once.
  @discardableResult
  func wait(milliseconds: Int) -> Bool { wakeUp.sleep(milliseconds: milliseconds) }
}
