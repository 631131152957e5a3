import Glibc

/// Why a `BlockingStream` cannot go on.
package enum StreamError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The other end closed the connection.
  case closed
  case timedOut
  /// A line longer than `BlockingStream.lineBytes`.
  case lineTooLong
  case system(SystemError)

  /// For people.
  package var description: String {
    switch self {
    case .closed: "the other end closed the connection"
    case .timedOut: "no answer in time"
    case .lineTooLong: "the other end sent a line without an end"
    case .system(let error): error.description
    }
  }
}

/// A connection for programs that do one thing at a time: every call waits, but never longer than it is told to.
package final class BlockingStream {
  /// The longest line it reads: twice what a server may send, tags included.
  package static let lineBytes = 32 << 10

  private let descriptor: Descriptor
  private var buffer: [UInt8] = []
  private var start = 0

  /// Takes over a connected socket.
  package init(adopting descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  /// Connects to a TCP or unix socket.
  package static func connect(
    to address: SocketAddress, timeoutMilliseconds: Int = 10_000
  ) throws(StreamError) -> BlockingStream {
    do throws(SystemError) {
      let descriptor = try Descriptor.connecting(to: address)
      guard try descriptor.wait(toWrite: true, timeoutMilliseconds: timeoutMilliseconds) else {
        throw SystemError(call: "connect", code: ETIMEDOUT)
      }
      if let error = try descriptor.connectionError() { throw error }
      return BlockingStream(adopting: descriptor)
    } catch {
      throw .system(error)
    }
  }

  /// For poll(2) beside other descriptors, standard input for example; never close it. Ask `hasLine` before waiting.
  package var rawDescriptor: Int32 { descriptor.raw }

  /// Writes all of it.
  package func write(_ bytes: [UInt8], timeoutMilliseconds: Int = 30_000) throws(StreamError) {
    var sent = 0
    while sent < bytes.count {
      do throws(SystemError) {
        if let count = try descriptor.send(bytes, from: sent) {
          sent += count
        } else if try !descriptor.wait(toWrite: true, timeoutMilliseconds: timeoutMilliseconds) {
          throw SystemError(call: "send", code: ETIMEDOUT)
        }
      } catch {
        throw Self.judge(error)
      }
    }
  }

  /// Whether `readLine` would return without waiting.
  package var hasLine: Bool { buffer[start...].contains(10) }

  /// The next line, without its end (LF or CR LF). nil: none came in time; what came of it so far is kept.
  package func readLine(timeoutMilliseconds: Int) throws(StreamError) -> [UInt8]? {
    let until = Clock.monotonicMilliseconds() + Int64(timeoutMilliseconds)
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: 10) {
        let line = buffer[start..<end]
        start = end + 1
        return Array(line.last == 13 ? line.dropLast() : line)
      }
      guard buffer.count - start <= Self.lineBytes else { throw .lineTooLong }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      let left = max(0, until - Clock.monotonicMilliseconds())
      guard let more = try receive(timeoutMilliseconds: Int(left)) else { return nil }
      buffer.append(contentsOf: more)
    }
  }

  /// Whatever comes next, whether lines or not. nil: nothing came in time.
  package func read(timeoutMilliseconds: Int) throws(StreamError) -> [UInt8]? {
    guard start < buffer.count else { return try receive(timeoutMilliseconds: timeoutMilliseconds) }
    defer {
      buffer.removeAll()
      start = 0
    }
    return Array(buffer[start...])
  }

  /// Tells the other end that nothing more will come; reading goes on.
  package func endSending() { descriptor.endSending() }

  private func receive(timeoutMilliseconds: Int) throws(StreamError) -> [UInt8]? {
    do throws(SystemError) {
      guard try descriptor.wait(toRead: true, timeoutMilliseconds: timeoutMilliseconds) else { return nil }
      var room = [UInt8](repeating: 0, count: 16 << 10)
      var span = room.mutableSpan
      let count = try span.withUnsafeMutableBytes { (bytes) throws(SystemError) in try descriptor.read(into: bytes) }
      guard let count else { return [] }
      guard count > 0 else { throw SystemError(call: "read", code: ECONNRESET) }
      return Array(room[..<count])
    } catch {
      throw Self.judge(error)
    }
  }

  private static func judge(_ error: SystemError) -> StreamError {
    switch error.code {
    case ECONNRESET, EPIPE: .closed
    case ETIMEDOUT: .timedOut
    default: .system(error)
    }
  }
}
