import Glibc
import LiveServer
import Net
import Testing
import Wire

/// A realm in the middle of two others, played by the tests: it links to both, passes on what is for the other, and
/// keeps all that it sees once TLS is taken off. It ends when one of the two does.
final class Middle: Sendable {
  private let name: String
  private let seen = Locked<[UInt8]>([])
  private let sealed = Locked(0)

  /// One of the two links. It belongs to the thread.
  private final class Side {
    let realm: String
    let stream: TLSStream
    var reader = FrameReader(limit: 1 << 20)
    var unsent: [UInt8] = []

    init(_ realm: String, _ stream: TLSStream) {
      self.realm = realm
      self.stream = stream
    }
  }

  /// Dials both realms.
  init(_ name: String, between realms: [(name: String, port: UInt16)]) throws {
    self.name = name
    _ = try OSThread(name: "middle") { [self] in
      do {
        try run(realms)
      } catch TLSError.closed, TLSError.cut {
        // One of the two has stopped.
      } catch {
        Issue.record("middle: \(error)")
      }
    }
  }

  /// All bytes that the two realms have said to it.
  var recorded: [UInt8] { seen.withLock { $0 } }

  /// How many sealed frames it has passed on.
  var sealedFrames: Int { sealed.withLock { $0 } }

  private func run(_ realms: [(name: String, port: UInt16)]) throws {
    let secret = Crypto.randomBytes(32)
    let sides = try realms.map { realm in
      let descriptor = try Descriptor.connecting(to: .loopback(port: realm.port))
      return Side(realm.name, TLSStream(adopting: descriptor, TLSIdentity(secret: secret), isClient: true))
    }
    for side in sides {
      while let wish = try side.stream.handshake() { try wait(side, wish) }
      let hello = Hello(
        version: 1, from: name, to: side.realm, start: UInt64.random(in: 0 ... .max),
        clock: Clock.wallMilliseconds())
      FrameCoder.append(.hello(hello), to: &side.unsent)
    }
    var announcement = Announcement(
      realm: name, number: UInt64(clamping: Clock.wallMilliseconds()), transit: true,
      key: Ed25519.publicKey(of: secret), links: sides.map(\.realm).sorted())
    announcement.signature = Ed25519.sign(announcement.signedBytes, secret: secret)
    for side in sides { FrameCoder.append(.announcement(announcement), to: &side.unsent) }
    while true {
      for side in sides { try flush(side) }
      var requests = try sides.map { side in
        let raw = try side.stream.withSocket { $0.raw }
        return pollfd(fd: raw, events: Int16(side.unsent.isEmpty ? POLLIN : POLLIN | POLLOUT), revents: 0)
      }
      poll(&requests, nfds_t(requests.count), -1)
      for (index, side) in sides.enumerated() { try read(side, other: sides[1 - index]) }
    }
  }

  private func wait(_ side: Side, _ wish: TLSStream.Wish) throws {
    let raw = try side.stream.withSocket { $0.raw }
    var request = pollfd(fd: raw, events: Int16(wish == .read ? POLLIN : POLLOUT), revents: 0)
    try #require(poll(&request, 1, 20_000) == 1, "nothing happens")
  }

  private func flush(_ side: Side) throws {
    while !side.unsent.isEmpty {
      guard case .done(let count) = try side.unsent.withUnsafeBytes({ try side.stream.write($0) }) else { return }
      side.unsent.removeFirst(count)
    }
  }

  private func read(_ side: Side, other: Side) throws {
    var room = [UInt8](repeating: 0, count: 16 << 10)
    while case .done(let count) = try room.withUnsafeMutableBytes({ try side.stream.read(into: $0) }) {
      seen.withLock { $0 += room[..<count] }
      side.reader.feed(room[..<count])
      while let frame = try side.reader.next() { take(frame, from: side, other: other) }
    }
  }

  private func take(_ frame: Frame, from side: Side, other: Side) {
    switch frame {
    case .ping(let number): FrameCoder.append(.pong(number), to: &side.unsent)
    case .announcement(let announcement) where announcement.realm != name:
      FrameCoder.append(frame, to: &other.unsent)
    case .circuit(var circuit) where circuit.to == other.realm:
      circuit.hops -= 1
      if circuit.kind == .sealed { sealed.withLock { $0 += 1 } }
      FrameCoder.append(.circuit(circuit), to: &other.unsent)
    case .dropped(let dropped) where dropped.to == other.realm: FrameCoder.append(frame, to: &other.unsent)
    default: break
    }
  }
}
