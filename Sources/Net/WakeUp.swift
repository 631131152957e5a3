import CLinux
import Glibc

/// Wakes a thread that waits in a `Poller` or in `wait`. Waking another core's thread costs about 20 µs, so wake only
/// one that sleeps.
package struct WakeUp: ~Copyable, Sendable {
  /// Readable after `wake` until `clear`.
  package let descriptor: Descriptor

  package init() throws(SystemError) {
    let raw = try SystemCall.runNow("eventfd") { eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) }
    descriptor = Descriptor(adopting: raw)
  }

  /// Wakes the thread, or keeps it from falling asleep. From any thread.
  package borrowing func wake() {
    // It can fail only when the counter is full, and then the thread is awake.
    _ = eventfd_write(descriptor.raw, 1)
  }

  /// Forgets all wake-ups so far.
  package borrowing func clear() {
    var count: eventfd_t = 0
    _ = eventfd_read(descriptor.raw, &count)
  }

  /// Sleeps until woken, at most so long; forgets the wake-up. False: nobody woke it.
  @discardableResult
  package borrowing func wait(timeoutMilliseconds: Int) throws(SystemError) -> Bool {
    guard try descriptor.wait(toRead: true, timeoutMilliseconds: timeoutMilliseconds) else { return false }
    clear()
    return true
  }
}
