package import Core
package import Net

/// What waits for the realm thread: events in the order they came. Edges post what their clients cause up to a bound;
/// past it they stop reading, so that a flood stays in the sockets of those who send it.
package final class Mailbox: Sendable {
  private struct State {
    var events: [Event] = []
    var bytes = 0
    /// The realm thread waits. Nobody wakes it otherwise: a wake-up costs about 20 µs.
    var isAsleep = false
    /// An edge was refused and wants to know when there is room.
    var hasRefused = false
    var edges: [@Sendable () -> Void] = []

    /// Whether the realm thread has to be woken; only the first who asks is told so.
    mutating func takeAsleep() -> Bool {
      defer { isAsleep = false }
      return isAsleep
    }
  }

  private let state = Locked(State())
  private let arrived: WakeUp
  private let maxEvents: Int
  private let maxBytes: Int

  /// The bounds are those of `Limits`; tests take smaller ones.
  package init(
    maxEvents: Int = Limits.mailboxEvents, maxBytes: Int = Limits.mailboxBytes
  ) throws(SystemError) {
    arrived = try WakeUp()
    self.maxEvents = maxEvents
    self.maxBytes = maxBytes
  }

  /// Tells an edge, from the realm thread, that there is room again after a post was refused.
  package func whenRoom(_ wake: @escaping @Sendable () -> Void) {
    state.withLock { $0.edges.append(wake) }
  }

  /// Takes all of `events` over, leaving it empty, or none of them: false, the mailbox is full. One post may go beyond
  /// the bounds, which is why an edge posts no more than `Limits.inputBytes` and a read at once.
  package func post(_ events: inout [Event], bytes: Int) -> Bool {
    let (taken, wake) = state.withLock { state -> (Bool, Bool) in
      guard state.events.count < maxEvents, state.bytes < maxBytes else {
        state.hasRefused = true
        return (false, false)
      }
      if state.events.isEmpty {
        swap(&state.events, &events)
      } else {
        state.events.append(contentsOf: events)
        events.removeAll(keepingCapacity: true)
      }
      state.bytes += bytes
      return (true, state.takeAsleep())
    }
    if wake { arrived.wake() }
    return taken
  }

  /// Adds an event whatever waits. For those of which there can only be a few: ticks, answers to what the realm asked.
  package func postAlways(_ event: Event) {
    let wake = state.withLock { state in
      state.events.append(event)
      return state.takeAsleep()
    }
    if wake { arrived.wake() }
  }

  /// Waits until there is something, at most so long. Only for the realm thread. False: there is nothing (yet).
  package func wait(timeoutMilliseconds: Int) throws(SystemError) -> Bool {
    let hasEvents = state.withLock { state in
      state.isAsleep = state.events.isEmpty
      return !state.events.isEmpty
    }
    if hasEvents { return true }
    try arrived.wait(timeoutMilliseconds: timeoutMilliseconds)
    return state.withLock { state in
      state.isAsleep = false
      return !state.events.isEmpty
    }
  }

  /// Takes all that waits into `events`, which must be empty and whose memory is used again.
  package func drain(into events: inout [Event]) {
    precondition(events.isEmpty)
    let edges = state.withLock { state in
      swap(&state.events, &events)
      state.bytes = 0
      defer { state.hasRefused = false }
      return state.hasRefused ? state.edges : []
    }
    for wake in edges { wake() }
  }

  /// How many events wait, and how many bytes of input are in them.
  package var waiting: (events: Int, bytes: Int) { state.withLock { ($0.events.count, $0.bytes) } }
}
