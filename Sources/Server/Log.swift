import Core
import Glibc
package import Net

/// The log of the process: one line an event, to the standard error. Whoever logs only appends to a bounded buffer; a
/// thread of the log's own writes it out, so that a stopped terminal or a slow disk holds nobody up. What does not fit
/// meanwhile is counted, and the count is logged once there is room again.
///
/// Bodies of messages, secrets and passwords never go here.
package final class Log: Sendable {
  private struct Waiting {
    var bytes: [UInt8] = []
    var dropped = 0
    var closing = false
  }

  /// Bytes that may wait for the writing thread: some thousand lines.
  static let capacity = 256 << 10

  private let format: LogFormat
  private let least: LogLevel
  private let descriptor: Int32
  private let waiting = Locked(Waiting())
  /// Wakes the writing thread.
  private let work: WakeUp
  /// Tells `close` that everything is written.
  private let written: Latch

  /// Opens the log and starts its thread.
  ///
  /// - Parameters:
  ///   - least: events below this level are left out.
  ///   - descriptor: where lines go; it stays the caller's.
  package init(format: LogFormat = .text, least: LogLevel = .info, descriptor: Int32 = 2) throws(SystemError) {
    self.format = format
    self.least = least
    self.descriptor = descriptor
    self.work = try WakeUp()
    self.written = try Latch()
    _ = try OSThread(name: "log") { [self] in run() }
  }

  /// Logs what only somebody who looks for a mistake wants to know.
  package func debug(_ area: String, _ event: String, _ fields: LogFields = [:]) { add(.debug, area, event, fields) }

  /// Logs what is as it should be.
  package func info(_ area: String, _ event: String, _ fields: LogFields = [:]) { add(.info, area, event, fields) }

  /// Logs what works, but somebody should put right.
  package func warning(_ area: String, _ event: String, _ fields: LogFields = [:]) {
    add(.warning, area, event, fields)
  }

  /// Logs what does not work.
  package func error(_ area: String, _ event: String, _ fields: LogFields = [:]) { add(.error, area, event, fields) }

  /// Logs what the realm has noted.
  func add(_ note: Note) {
    let level: LogLevel =
      switch note.level {
      case .info: .info
      case .warning: .warning
      }
    add(level, note.area, note.event, note.fields.map { ($0.name, .text($0.value)) })
  }

  private func add(_ level: LogLevel, _ area: String, _ event: String, _ fields: LogFields) {
    add(level, area, event, fields.map { ($0.key, $0.value) })
  }

  private func add(_ level: LogLevel, _ area: String, _ event: String, _ fields: [(String, LogValue)]) {
    guard level >= least else { return }
    let line = format.line(
      LogEvent(time: Clock.wallMilliseconds(), level: level, area: area, event: event, fields: fields))
    let wake = waiting.withLock { waiting in
      guard waiting.bytes.count + line.count <= Self.capacity else {
        waiting.dropped += 1
        return false
      }
      waiting.bytes += line
      return waiting.bytes.count == line.count
    }
    if wake { work.wake() }
  }

  /// Writes out what waits, but for no longer than `milliseconds`, and ends the thread.
  package func close(within milliseconds: Int = 1_000) {
    waiting.withLock { $0.closing = true }
    work.wake()
    written.wait(milliseconds: milliseconds)
  }

  private func run() {
    while true {
      var (bytes, dropped, closing) = waiting.withLock { waiting in
        defer {
          waiting.bytes = []
          waiting.dropped = 0
        }
        return (waiting.bytes, waiting.dropped, waiting.closing)
      }
      if dropped > 0 {
        bytes += format.line(
          LogEvent(
            time: Clock.wallMilliseconds(), level: .warning, area: "log", event: "lines dropped",
            fields: ["lines": .number(Int64(dropped))]))
      }
      write(bytes)
      guard bytes.isEmpty else { continue }
      guard !closing else { break }
      work.sleep()
    }
    written.open()
  }

  /// Writes all of it, or as much as the other end takes: a log that nobody can read is not worth stopping for.
  private func write(_ bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        start += count
      } else if errno == EAGAIN {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, -1)
      } else if errno != EINTR {
        return
      }
    }
  }
}
