import Net

/// The work that waits for one thread, in the order it came, up to a limit. Any thread may add; one thread takes.
final class JobQueue<Job: Sendable>: Sendable {
  private struct State {
    var jobs: [Job] = []
    var isStopped = false
  }

  private let limit: Int
  private let state = Locked(State())
  private let work: WakeUp

  init(limit: Int) throws(SystemError) {
    self.limit = limit
    self.work = try WakeUp()
  }

  /// How many jobs wait.
  var count: Int { state.withLock { $0.jobs.count } }

  /// Adds a job; false if the queue is full.
  func add(_ job: Job) -> Bool {
    let (taken, wasEmpty) = state.withLock { state in
      guard state.jobs.count < limit else { return (false, false) }
      state.jobs.append(job)
      return (true, state.jobs.count == 1)
    }
    if wasEmpty { work.wake() }
    return taken
  }

  /// Takes all that waits. Where nothing does, waits for at most `milliseconds` first, or as long as it takes; then
  /// there may be none. nil once the queue is stopped.
  func take(waiting milliseconds: Int? = nil) -> [Job]? {
    guard let jobs = takeNow() else { return nil }
    guard jobs.isEmpty else { return jobs }
    work.sleep(milliseconds: milliseconds)
    return takeNow()
  }

  /// Lets the taking thread end; what waits is left undone.
  func stop() {
    state.withLock { $0.isStopped = true }
    work.wake()
  }

  private func takeNow() -> [Job]? {
    state.withLock { state in
      guard !state.isStopped else { return nil }
      defer { state.jobs = [] }
      return state.jobs
    }
  }
}

extension WakeUp {
  /// Sleeps until woken, at most so long where a time is given. Waiting for a descriptor of our own can only fail where
  /// the kernel has no memory left, and a thread that cannot wait must not spin.
  /// False: nobody woke it.
  @discardableResult
  borrowing func sleep(milliseconds: Int? = nil) -> Bool {
    do {
      return try wait(timeoutMilliseconds: milliseconds ?? Int(Int32.max))
    } catch {
      fatalError("cannot wait: \(error)")
    }
  }
}
