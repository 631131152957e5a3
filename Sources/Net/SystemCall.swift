import Glibc

/// A system call refused: which one, and the system's reason.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  package var call: String
  /// One of the `E…` numbers of errno(3).
  package var code: Int32

  package init(call: String, code: Int32) {
    self.call = call
    self.code = code
  }

  /// For people: `bind: Address already in use`.
  package var description: String { "\(call): \(reason)" }

  /// The system's words for `code`.
  package var reason: String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The one place where results of system calls are judged.
package enum SystemCall {
  /// Runs a call that reports failure by a negative result and `errno`. An interrupted call is repeated. One that
  /// would block is no error: the result is nil. A bad descriptor or address is a bug of ours and ends the process,
  /// because going on would read from, or write to, a stranger's connection.
  @inline(__always)
  package static func run<Result: SignedInteger>(
    _ name: StaticString, _ call: () -> Result
  ) throws(SystemError) -> Result? {
    while true {
      let result = call()
      if result >= 0 { return result }
      let code = errno
      if code == EAGAIN || code == EINPROGRESS { return nil }
      if code != EINTR { throw refused(name, code) }
    }
  }

  /// The same for a call that cannot block.
  @inline(__always) @discardableResult
  package static func runNow<Result: SignedInteger>(
    _ name: StaticString, _ call: () -> Result
  ) throws(SystemError) -> Result {
    guard let result = try run(name, call) else { throw SystemError(call: name.description, code: EAGAIN) }
    return result
  }

  @inline(never)
  private static func refused(_ name: StaticString, _ code: Int32) -> SystemError {
    precondition(code != EBADF && code != EFAULT, "\(name): bad descriptor or address (errno \(code))")
    return SystemError(call: name.description, code: code)
  }
}
