import Core
import Net

/// Another realm that this one is linked to, and where it can be dialled.
package struct Neighbour: Equatable, Sendable {
  package var name: String
  /// Nil where the directory gives it no relay address: then it has to dial.
  package var relay: Endpoint?
}

/// What links need to know of this realm.
struct RelayIdentity: Sendable {
  let realm: String
  /// Of this process.
  let start: UInt64
  let tls: TLSIdentity
}

/// The relay threads of a realm, one for each neighbour, and the way to them.
final class Relays: Sendable {
  private struct State {
    var realms: [String] = []
    /// By name of the neighbour.
    var threads: [String: RelayThread] = [:]
    var lastNumber: UInt32 = 0
    var isStopping = false
  }

  let identity: RelayIdentity
  private let mailbox: Mailbox
  private let log: Log
  private let state = Locked(State())

  init(_ identity: RelayIdentity, mailbox: Mailbox, log: Log) {
    self.identity = identity
    self.mailbox = mailbox
    self.log = log
    mailbox.whenRoom { [weak self] in self?.wakeAll() }
  }

  private func wakeAll() {
    for thread in state.withLock({ Array($0.threads.values) }) { thread.wakeUp.wake() }
  }

  /// Starts, changes and ends relay threads so that there is one for each neighbour. Only for the main thread.
  ///
  /// - Parameter realms: all realms of the directory, for what is said to strangers.
  func configure(_ neighbours: [Neighbour], realms: [String]) throws(SystemError) {
    var gone = state.withLock { state in
      state.realms = realms
      return state.threads
    }
    for neighbour in neighbours {
      if let thread = gone.removeValue(forKey: neighbour.name) {
        thread.change(to: neighbour)
      } else {
        let number = state.withLock { state in
          state.lastNumber += 1
          return state.lastNumber
        }
        let thread = try RelayThread(neighbour, number: number, identity, mailbox, log)
        state.withLock { $0.threads[neighbour.name] = thread }
        try thread.start()
      }
    }
    for (name, thread) in gone {
      _ = state.withLock { $0.threads.removeValue(forKey: name) }
      // It ends by itself.
      thread.beginStop(reason: "\(identity.realm) is no longer linked to \(name)", withinMilliseconds: 1_000)
    }
  }

  /// Hands each relay thread what a turn has for it. Only for the realm thread.
  func release(_ orders: [LinkOrder]) {
    guard !orders.isEmpty else { return }
    let threads = state.withLock { $0.threads }
    var byNumber: [UInt32: RelayThread] = [:]
    for thread in threads.values { byNumber[thread.number] = thread }
    var work: [UInt32: [LinkOrder]] = [:]
    for order in orders {
      switch order {
      case .send(let id, _), .close(let id, _): work[id.thread, default: []].append(order)
      case .dialNow(let realm):
        if let thread = threads[realm] { work[thread.number, default: []].append(order) }
      }
    }
    for (number, orders) in work { byNumber[number]?.perform(orders) }
  }

  /// The relay thread for a realm that wants a link; else why there can be none, in words.
  func thread(for realm: String) -> Result<RelayThread, LinkFailure> {
    state.withLock { state in
      if let thread = state.threads[realm] { return .success(thread) }
      if state.isStopping { return .failure(LinkFailure(reason: "\(identity.realm) is shutting down")) }
      if state.realms.contains(realm) {
        return .failure(
          LinkFailure(
            reason: "\(realm) is no neighbour of \(identity.realm): name the link in the directory that "
              + "\(identity.realm) reads"))
      }
      return .failure(
        LinkFailure(reason: "the directory of \(identity.realm) has no realm \(realm): add it there, with its link"))
    }
  }

  /// Says goodbye on all links, and ends the threads.
  func stop(reason: String, withinMilliseconds: Int) {
    let threads = state.withLock { state in
      state.isStopping = true
      defer { state.threads = [:] }
      return state.threads.values.sorted { $0.number < $1.number }
    }
    // All are told first, so that they say goodbye at the same time.
    for thread in threads { thread.beginStop(reason: reason, withinMilliseconds: withinMilliseconds) }
    for thread in threads { thread.waitForEnd() }
  }

  /// How they stand.
  var statistics: RelayStatistics {
    state.withLock { Array($0.threads.values) }.reduce(into: RelayStatistics()) { $0.add($1.statistics) }
  }
}

extension LinkID {
  /// Links of one relay thread have its number in the upper half.
  init(thread: UInt32, count: UInt32) { self.init(rawValue: UInt64(thread) << 32 | UInt64(count)) }

  /// The number of the relay thread.
  var thread: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}

/// What relay threads have done so far, and how they stand.
struct RelayStatistics: Equatable, Sendable {
  var links = 0
  var bytesIn = 0
  var bytesOut = 0
  /// What waits to be sent.
  var queuedBytes = 0

  mutating func add(_ other: RelayStatistics) {
    links += other.links
    bytesIn += other.bytesIn
    bytesOut += other.bytesOut
    queuedBytes += other.queuedBytes
  }
}
