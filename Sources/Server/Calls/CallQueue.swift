import Net

/// Work for several threads alike, in the order it came, up to a limit. The threads are started when there is something
/// for them to do.
final class CallQueue<Job: Sendable>: Sendable {
  private struct State {
    var jobs: [Job] = []
    /// Threads there are, and those of them that sleep.
    var threads = 0
    var asleep: [Int] = []
    var isStopped = false
  }

  private let name: String
  private let limit: Int
  private let state = Locked(State())
  private let sleepers: [WakeUpBox]
  private let perform: @Sendable (Job) -> Void

  /// A wake-up that an array can hold.
  private final class WakeUpBox: Sendable {
    let wakeUp: WakeUp
    init() throws(SystemError) { wakeUp = try WakeUp() }
  }

  /// - Parameter perform: does a job, on one of the threads.
  init(
    name: String, threads: Int, limit: Int, _ perform: @escaping @Sendable (Job) -> Void
  ) throws(SystemError) {
    self.name = name
    self.limit = limit
    self.perform = perform
    var sleepers: [WakeUpBox] = []
    for _ in 0..<threads { sleepers.append(try WakeUpBox()) }
    self.sleepers = sleepers
  }

  /// How many jobs wait for a thread.
  var count: Int { state.withLock { $0.jobs.count } }

  /// Adds a job; false if too many wait, or there can be no thread.
  func add(_ job: Job) -> Bool {
    let next = state.withLock { state -> Added in
      guard !state.isStopped, state.jobs.count < limit else { return .refused }
      state.jobs.append(job)
      if let sleeper = state.asleep.popLast() { return .wake(sleeper) }
      guard state.threads < sleepers.count else { return .nothing }
      state.threads += 1
      return .start(state.threads - 1)
    }
    switch next {
    case .refused: return false
    case .nothing: return true
    case .wake(let number):
      sleepers[number].wakeUp.wake()
      return true
    case .start(let number): return start(number)
    }
  }

  /// What follows from a job that was added, by the numbers of threads.
  private enum Added {
    case refused, nothing
    case wake(Int)
    case start(Int)
  }

  /// What a thread does next.
  private enum Next {
    case job(Job)
    case sleep, end
  }

  /// The jobs that a thread has in hand are not waited for: each may take as long as a request, and the process ends.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.jobs = []
    }
    for sleeper in sleepers { sleeper.wakeUp.wake() }
  }

  private func start(_ number: Int) -> Bool {
    do throws(SystemError) {
      _ = try OSThread(name: "\(name) \(number)") { [self] in run(number) }
      return true
    } catch {
      // The others do its work, if there are any.
      return state.withLock { state in
        state.threads -= 1
        if state.threads == 0 { state.jobs = [] }
        return state.threads > 0
      }
    }
  }

  private func run(_ number: Int) {
    while true {
      let next = state.withLock { state -> Next in
        if state.isStopped { return .end }
        guard !state.jobs.isEmpty else {
          if !state.asleep.contains(number) { state.asleep.append(number) }
          return .sleep
        }
        return .job(state.jobs.removeFirst())
      }
      switch next {
      case .job(let job): perform(job)
      case .sleep: sleepers[number].wakeUp.sleep()
      case .end: return
      }
    }
  }
}
