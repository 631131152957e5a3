import Core
import Glibc
import Net

/// Why a connection to another realm came to nothing, or to an end, in words.
struct LinkFailure: Error, Equatable {
  var reason: String
}

/// A connection to another realm: socket, TLS and the `Link` over them, from dialling or accepting on. It belongs to
/// one thread at a time: the door's until its hello is there, then its relay thread's.
final class LinkConnection {
  private enum Phase {
    case connecting, handshake, open
  }

  /// Bytes that are read before others have their turn.
  private static let readAtOnce = Limits.inputBytes

  var link: Link
  /// Given by the relay thread once the link is up.
  var id: LinkID?
  /// Of the other end, for people.
  let address: SocketAddress
  /// How the poller of its thread knows it.
  var token: UInt64
  /// The other side's key, once the handshake is done.
  private(set) var key: [UInt8] = []
  /// There may be more to be read than the poller knows of.
  var hasMore = false
  /// What the realm's frames weigh that were sent and not reported.
  var sentWeight = 0
  /// The last round trip that was reported.
  var reportedRoundTrip: Milliseconds = -1
  /// Counted since somebody last looked.
  var bytesIn = 0
  var bytesOut = 0
  /// When the rest of what is to be sent has to be gone, once the link is closed.
  var closeBy: Int64?
  /// When the link came up.
  var upSince: Int64 = 0
  private let stream: TLSStream
  private var phase: Phase
  private var interest: Poller.Interest?

  init(_ stream: TLSStream, _ link: Link, _ address: SocketAddress, token: UInt64) {
    self.stream = stream
    self.link = link
    self.address = address
    self.token = token
    phase = link.isDialled ? .connecting : .handshake
  }

  /// Whether the handshake is done.
  var isEncrypted: Bool { phase == .open }

  /// What there is to say when it has not come so far in time.
  var silence: String {
    phase == .connecting ? "\(address) does not answer" : "\(address) accepts connections, but answers no TLS handshake"
  }

  /// Tells a poller what this waits for now. While nothing may be read, only what has to be sent counts.
  func watch(_ poller: inout Poller, mayRead: Bool) throws(SystemError) {
    var wanted: Poller.Interest = mayRead && !hasMore && phase != .connecting ? .read : []
    if phase == .connecting || stream.hasUnsent || phase == .open && link.hasUnsent { wanted.insert(.write) }
    guard wanted != interest else { return }
    let (token, isNew) = (token, interest == nil)
    try stream.withSocket { (socket) throws(SystemError) in
      if isNew {
        try poller.add(socket, wanted, token: token)
      } else {
        try poller.change(socket, wanted, token: token)
      }
    }
    interest = wanted
  }

  /// Takes it from the poller that it was told to last.
  func unwatch(_ poller: inout Poller) throws(SystemError) {
    guard interest != nil else { return }
    interest = nil
    try stream.withSocket { (socket) throws(SystemError) in try poller.remove(socket) }
  }

  /// Goes on as far as the socket lets it: connects, shakes hands, reads. `room` is memory to read into.
  func advance(_ room: UnsafeMutableRawBufferPointer, now: Int64) throws(LinkFailure) -> [Link.Happening] {
    do {
      if phase == .connecting {
        if let error = try stream.withSocket({ (socket) throws(SystemError) in try socket.connectionError() }) {
          throw error
        }
        phase = .handshake
      }
      if phase == .handshake {
        guard try stream.handshake() == nil else { return [] }
        guard let key = stream.peerKey else { throw LinkFailure(reason: "the other side shows no Ed25519 key") }
        self.key = key
        phase = .open
      }
      return try read(room, now)
    } catch {
      throw Self.failure(error)
    }
  }

  private func read(_ room: UnsafeMutableRawBufferPointer, _ now: Int64) throws(TLSError) -> [Link.Happening] {
    var happenings: [Link.Happening] = []
    var count = 0
    hasMore = false
    while !link.isClosed {
      // What comes behind a hello waits for the thread that the link belongs to.
      if case .hello = happenings.last, !link.isDialled { break }
      guard count < Self.readAtOnce else {
        hasMore = true
        break
      }
      do throws(TLSError) {
        guard case .done(let taken) = try stream.read(into: room) else { break }
        count += taken
        bytesIn += taken
        happenings += link.receive(UnsafeRawBufferPointer(rebasing: room[..<taken]), now: now)
      } catch {
        // What came before the end counts, and the end is met again.
        guard !happenings.isEmpty else { throw error }
        hasMore = true
        break
      }
    }
    return happenings
  }

  /// Sends what there is, as far as the socket takes it.
  func flush() throws(LinkFailure) {
    guard phase == .open else { return }
    do throws(TLSError) {
      while link.hasUnsent {
        let outcome = try Self.write(link.unsent, stream)
        guard case .done(let count) = outcome else { return }
        bytesOut += count
        sentWeight += link.sent(count)
      }
      try stream.flush()
    } catch {
      throw Self.failure(error)
    }
  }

  private static func write(_ bytes: ArraySlice<UInt8>, _ stream: TLSStream) throws(TLSError) -> TLSStream.Outcome {
    let span = bytes.span
    return try span.bytes.withUnsafeBytes { (bytes) throws(TLSError) in try stream.write(bytes) }
  }

  /// Whether everything that was to be sent is on its way.
  var isFlushed: Bool { phase != .open || !link.hasUnsent && !stream.hasUnsent }

  /// Ends TLS in order. The socket is closed when this goes.
  func end() { stream.end() }

  private static func failure(_ error: any Error) -> LinkFailure {
    switch error {
    case let failure as LinkFailure: failure
    case TLSError.system(let error): LinkFailure(reason: error.reason)
    case let error as SystemError: LinkFailure(reason: error.reason)
    default: LinkFailure(reason: "\(error)")
    }
  }
}
