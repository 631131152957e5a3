import CLinux
import Glibc

/// Owns one open file descriptor; it is closed when its owner goes.
package struct Descriptor: ~Copyable, Sendable {
  /// For system calls while this lives; never close it.
  package let raw: Int32

  /// Takes over a descriptor that nobody else will close.
  package init(adopting raw: Int32) {
    precondition(raw >= 0, "not a descriptor")
    self.raw = raw
  }

  // The result is not looked at: Linux has let go of the number whatever close(2) says.
  deinit { _ = Glibc.close(raw) }

  /// Reads what there is, at most as much as fits. 0 is the end; nil: nothing there now.
  @inline(__always)
  package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
    let raw = raw
    return try SystemCall.run("read") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
  }

  /// Sends to a socket what it takes now, maybe not all. nil: it takes nothing now.
  @inline(__always)
  package borrowing func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int? {
    let raw = raw
    return try SystemCall.run("send") {
      Glibc.send(raw, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// The same, for bytes from `start` on.
  package borrowing func send(_ bytes: [UInt8], from start: Int = 0) throws(SystemError) -> Int? {
    try bytes.span.bytes.withUnsafeBytes { (all) throws(SystemError) in
      try send(UnsafeRawBufferPointer(rebasing: all[start...]))
    }
  }

  /// Another descriptor of the same socket or file.
  package borrowing func duplicate() throws(SystemError) -> Descriptor {
    let raw = raw
    return Descriptor(adopting: try SystemCall.runNow("fcntl") { moot_duplicate(raw) })
  }

  /// Tells the other end of a socket that nothing more will come.
  package borrowing func endSending() {
    // It fails only where the other end has gone already.
    _ = Glibc.shutdown(raw, Int32(SHUT_WR))
  }

  /// Waits until something can be read (or written, or the other end is gone). False: the time passed.
  package borrowing func wait(
    toRead: Bool = false, toWrite: Bool = false, timeoutMilliseconds: Int
  ) throws(SystemError) -> Bool {
    var request = pollfd()
    request.fd = raw
    if toRead { request.events |= Int16(POLLIN) }
    if toWrite { request.events |= Int16(POLLOUT) }
    let until = Clock.monotonicMilliseconds() + Int64(timeoutMilliseconds)
    while true {
      let left = max(0, until - Clock.monotonicMilliseconds())
      let count = Glibc.poll(&request, 1, Int32(clamping: left))
      if count > 0 { return true }
      if count == 0 { return false }
      guard errno == EINTR else { throw SystemError(call: "poll", code: errno) }
    }
  }
}
