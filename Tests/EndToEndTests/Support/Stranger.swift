import Glibc
import Net
import Testing
import Wire

/// Somebody who connects to a realm's relay port and says what a test wants said.
final class Stranger {
  private let stream: TLSStream
  private let socket: Int32
  private var reader = FrameReader(limit: 1 << 20)

  /// Connects, and shakes hands under a key of its own.
  init(port: UInt16, secret: [UInt8] = Crypto.randomBytes(32)) throws {
    let descriptor = try Descriptor.connecting(to: .loopback(port: port))
    socket = descriptor.raw
    stream = TLSStream(adopting: descriptor, TLSIdentity(secret: secret), isClient: true)
    while let wish = try stream.handshake() { try wait(wish) }
  }

  private func wait(_ wish: TLSStream.Wish, milliseconds: Int32 = 20_000) throws {
    var request = pollfd(fd: socket, events: Int16(wish == .read ? POLLIN : POLLOUT), revents: 0)
    try #require(poll(&request, 1, milliseconds) == 1, "nothing happens")
  }

  func send(_ frame: Frame) throws {
    var bytes: [UInt8] = []
    FrameCoder.append(frame, to: &bytes)
    try send(bytes)
  }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let outcome = try bytes[sent...].withUnsafeBytes { try stream.write($0) }
      switch outcome {
      case .done(let count): sent += count
      case .wants(let wish): try wait(wish)
      }
    }
  }

  func sayHello(from: String, to: String) throws {
    let hello = Hello(
      version: 1, from: from, to: to, start: UInt64.random(in: 0 ... .max), clock: Clock.wallMilliseconds())
    try send(.hello(hello))
  }

  /// The next frame; nil: the connection has ended.
  func next() throws -> Frame? {
    var room = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      if let frame = try reader.next() { return frame }
      do {
        switch try room.withUnsafeMutableBytes({ try stream.read(into: $0) }) {
        case .done(let count): reader.feed(room[..<count])
        case .wants(let wish): try wait(wish)
        }
      } catch TLSError.closed, TLSError.cut {
        return nil
      }
    }
  }

  /// What the realm says at the end; nil: it says nothing.
  func goodbye() throws -> String? {
    var last: String?
    while let frame = try next() {
      if case .goodbye(let reason) = frame { last = reason }
    }
    return last
  }
}
