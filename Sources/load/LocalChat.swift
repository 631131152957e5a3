import Net
import Synchronization

/// Pairs who chat within one realm at a fixed rate while something else goes on there. They have a thread of their own,
/// so that what they measure is the server, not how busy the generator is.
final class LocalChat: @unchecked Sendable {
  private static let pairs = 10
  private static let patience: Int64 = 30_000_000

  // Whoever runs has these: the thread between `begin` and `end`, its owner at all other times.

  private let fleet: Fleet
  private var traffic: Traffic
  private let rate: Int
  private var error: (any Error)?

  private let isOver = Atomic(false)
  private var thread: OSThread?

  init(_ options: Options) throws {
    rate = options.rate
    fleet = try Fleet(options.login)
    try fleet.open(2 * Self.pairs, prefix: options.prefix + "l") { _ in options.server }
    try fleet.settle()
    let names = fleet.clients.map(\.nick)
    traffic = Traffic(
      (0..<Self.pairs).map { (sender: 2 * $0, target: names[2 * $0 + 1]) },
      flowOfClient: names.indices.map { $0 % 2 == 1 ? $0 / 2 : nil }, receivers: 1, window: Traffic.unpaced,
      bytes: options.bytes)
    traffic.repeats = false
  }

  func begin() throws(SystemError) {
    isOver.store(false, ordering: .releasing)
    thread = try OSThread(name: "local chat") { [self] in
      do { try run() } catch { self.error = error }
    }
  }

  /// Returns the traffic since `begin`.
  func end() throws -> Traffic {
    isOver.store(true, ordering: .releasing)
    thread.take()?.join()
    if let error { throw error }
    defer { traffic.resetCounts() }
    return traffic
  }

  /// Sends what is due until it is over, then waits for what is under way.
  private func run() throws {
    let started = Clock.monotonicMicroseconds()
    var ended: Int64 = 0
    var sent = 0
    while ended == 0 || traffic.underWay > 0 {
      let now = Clock.monotonicMicroseconds()
      if ended == 0, isOver.load(ordering: .acquiring) { ended = now }
      guard ended == 0 || now - ended < Self.patience else { throw LoadError("chat within the realm gets stuck") }
      while ended == 0, sent < Int((now - started) * Int64(rate) / 1_000_000) {
        if traffic.hasRoom(sent % Self.pairs) { traffic.send(sent % Self.pairs, by: fleet) }
        sent += 1
      }
      try fleet.step(timeoutMilliseconds: 1) { bytes, text, client in
        traffic.received(bytes, text, client, by: fleet)
      }
    }
  }
}
