import CLinux
import Glibc

/// Tells which of many descriptors can be read or written (epoll, level-triggered). Belongs to one thread.
package struct Poller: ~Copyable {
  /// What to tell about a descriptor, and what there is to tell. Failures are told whether asked for or not.
  package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The connection broke, or both sides have ended it.
    package static let failure = Interest(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
  }

  private let descriptor: Descriptor
  private let events: UnsafeMutablePointer<epoll_event>
  private let capacity: Int
  private var count = 0

  /// - Parameter capacity: how many descriptors one `wait` may tell about; the others follow with the next.
  package init(capacity: Int = 256) throws(SystemError) {
    descriptor = Descriptor(adopting: try SystemCall.runNow("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    self.capacity = capacity
    events = .allocate(capacity: capacity)
    events.initialize(repeating: epoll_event(), count: capacity)
  }

  deinit { events.deallocate() }

  /// Starts telling about a descriptor; `token` is how the caller knows it. It ends when the descriptor is closed.
  package func add(_ target: borrowing Descriptor, _ interest: Interest, token: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_ADD, target, interest, token)
  }

  /// Changes what is told about a descriptor that was added.
  package func change(_ target: borrowing Descriptor, _ interest: Interest, token: UInt64) throws(SystemError) {
    try control(EPOLL_CTL_MOD, target, interest, token)
  }

  /// Stops telling about a descriptor that was added.
  package func remove(_ target: borrowing Descriptor) throws(SystemError) {
    try control(EPOLL_CTL_DEL, target, [], 0)
  }

  private func control(
    _ operation: Int32, _ target: borrowing Descriptor, _ interest: Interest, _ token: UInt64
  ) throws(SystemError) {
    var event = epoll_event()
    moot_epoll_event_set(&event, interest.rawValue, token)
    let raw = target.raw
    try SystemCall.runNow("epoll_ctl") { epoll_ctl(descriptor.raw, operation, raw, &event) }
  }

  /// Waits until there is something to tell, at most so long; a negative time is for ever. Returns how many there are:
  /// `self[0]` and on. An interruption by a signal counts as nothing to tell.
  package mutating func wait(timeoutMilliseconds: Int) throws(SystemError) -> Int {
    let result = epoll_wait(descriptor.raw, events, Int32(capacity), Int32(clamping: timeoutMilliseconds))
    if result < 0 && errno != EINTR { throw SystemError(call: "epoll_wait", code: errno) }
    count = max(0, Int(result))
    return count
  }

  /// What the last `wait` told.
  package subscript(index: Int) -> (token: UInt64, ready: Interest) {
    precondition(index < count)
    return (moot_epoll_event_data(events + index), Interest(rawValue: events[index].events))
  }
}
