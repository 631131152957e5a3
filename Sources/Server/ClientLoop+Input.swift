import Core
import Glibc
import Net
import Wire

// From bytes to lines.
extension ClientLoop {
  /// Bytes read at once from a connection whose lines are counted: what comes too fast is held, so keep it little.
  private static let countedRead = 16 << 10
  /// The shortest pause of one that sends too fast: waking for every line would cost more than the line.
  private static let shortestPause: Int64 = 100

  /// Reads once from a connection that has something.
  func read(_ connection: ClientConnection) {
    let room = lineRate.isOn ? UnsafeMutableRawBufferPointer(rebasing: buffer[..<Self.countedRead]) : buffer
    do throws(SystemError) {
      guard let count = try connection.descriptor.read(into: room) else { return }
      guard count > 0 else { return drop(connection, "Connection closed") }
      statistics.bytesIn += count
      guard connection.phase == .open else { return }
      take(connection, UnsafeRawBufferPointer(rebasing: room[..<count]))
    } catch {
      return drop(connection, error.reason)
    }
    if eventBytes >= Limits.inputBytes { post() }
  }

  /// Goes on with a connection that sent too fast.
  func resume(_ connection: ClientConnection) {
    connection.isPaused = false
    let bytes = connection.held
    connection.held = []
    bytes.withUnsafeBytes { take(connection, $0) }
    updateInterest(connection)
  }

  /// Takes new bytes of a connection, together with what is held of it, and holds what cannot be done with yet.
  private func take(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) {
    if connection.held.isEmpty {
      let done = process(connection, bytes)
      if done < bytes.count, connection.phase == .open { connection.held = Array(bytes[done...]) }
    } else {
      var all = connection.held
      connection.held = []
      all.append(contentsOf: bytes)
      let done = all.withUnsafeBytes { process(connection, $0) }
      if connection.phase == .open { connection.held = Array(all[done...]) }
    }
  }

  /// Returns how many of the bytes are done with.
  private func process(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) -> Int {
    switch connection.mode {
    case .irc: takeLines(connection, bytes)
    case .http: takeHead(connection, bytes)
    case .posting(let post): takeBody(connection, post, bytes)
    case .webSocket(let webSocket): takeMessages(connection, webSocket, bytes)
    }
  }

  private func takeLines(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) -> Int {
    var start = 0
    var at = 0
    while at < bytes.count {
      guard let end = Self.lineEnd(bytes, at) else {
        pass(connection, bytes[start..<at])
        if connection.isSkipping { return bytes.count }
        guard bytes.count - at >= Limits.inputLine else { return at }
        events.append(.overlong(connection.id))
        connection.isSkipping = true
        return bytes.count
      }
      if connection.isSkipping {
        connection.isSkipping = false
        start = end
      } else {
        guard mayTakeLine(connection) else {
          pass(connection, bytes[start..<at])
          return at
        }
        pay(connection)
        if end - at > Limits.inputLine {
          pass(connection, bytes[start..<at])
          events.append(.overlong(connection.id))
          start = end
        }
      }
      at = end
    }
    pass(connection, bytes[start..<at])
    return at
  }

  /// Whether a connection may send its next line; otherwise it is paused.
  func mayTakeLine(_ connection: ClientConnection) -> Bool {
    let wait = lineRate.wait(paidUntil: connection.paidUntil, now: now)
    guard wait > 0 else { return true }
    connection.isPaused = true
    setDeadline(connection, now + max(wait, Self.shortestPause))
    updateInterest(connection)
    return false
  }

  /// Lets a connection pay for a line that it sent.
  @inline(__always)
  func pay(_ connection: ClientConnection) {
    connection.paidUntil = lineRate.paid(connection.paidUntil, now: now)
  }

  /// Hands whole lines to the core.
  func pass(_ connection: ClientConnection, _ lines: Slice<UnsafeRawBufferPointer>) {
    guard !lines.isEmpty else { return }
    events.append(.input(connection.id, Array(lines)))
    eventBytes += lines.count
  }

  /// Behind the LF of the line that starts at `start`; nil: there is none.
  @inline(__always)
  static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base + start, 10, bytes.count - start) else { return nil }
    return found - UnsafeMutableRawPointer(mutating: base) + 1
  }
}
