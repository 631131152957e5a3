import Core
import Net
import Wire

/// One client as its thread sees it. Between messages it holds no memory but this object: ten thousand idle clients
/// must cost little.
final class ClientConnection {
  enum Phase {
    case open
    /// Nothing more is read or queued; it ends when its queue is sent.
    case closing
    /// All is sent and the other end has been told; what it still sends is thrown away until it ends as well. Closing
    /// at once would make the system cut it off, and it might not see the last lines.
    case draining
    /// Dropped; whoever still holds the object must leave it alone.
    case gone
  }

  /// How bytes become lines.
  enum Mode {
    case irc
    case http
    /// The body of a post is to come, or its answer.
    case posting(IncomingPost)
    case webSocket(WebSocket)
  }

  /// What only a WebSocket needs.
  final class WebSocket {
    var reader = WebSocketReader(expectsMask: true, limit: Limits.inputLine - 2)
    let isText: Bool

    init(isText: Bool) { self.isText = isText }
  }

  let descriptor: Descriptor
  let address: SocketAddress
  let id: Connection
  var mode: Mode
  var phase = Phase.open
  /// Whether the core knows of it.
  var isAnnounced = false

  /// Read but not done with: a part of a line, or lines that must wait.
  var held: [UInt8] = []
  /// Whether what comes up to the next LF belongs to a line that was too long.
  var isSkipping = false
  /// It sent lines too fast, and is not read until its deadline.
  var isPaused = false
  /// Lines are paid for up to this time, in microseconds.
  var paidUntil: Int64 = 0

  /// What waits to be sent, from `sent` on.
  var output: [UInt8] = []
  var sent = 0
  /// What waits to be sent after it and lies in the bytes that are being delivered just now.
  var pending = 0..<0
  /// Whether it is among those to flush.
  var isDirty = false

  /// What the poller tells about it.
  var interest: Poller.Interest = []
  /// When something happens to it: it may be read again, or its time is up.
  var deadline = Int64.max

  init(adopting descriptor: consuming Descriptor, _ address: SocketAddress, _ id: Connection, _ mode: Mode) {
    self.descriptor = descriptor
    self.address = address
    self.id = id
    self.mode = mode
  }

  /// How the poller knows it.
  var token: UInt64 { UInt64(id.generation) << 32 | UInt64(id.slot) }

  /// Bytes in its own send queue.
  var backlog: Int { output.count - sent }

  var isHTTP: Bool { if case .http = mode { true } else { false } }
}
