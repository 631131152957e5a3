import Net

/// One connection of the generator.
final class Client {
  /// How far it has come.
  enum Stage: Equatable {
    case connecting
    case loggingIn
    case ready
    case failed(String)
  }

  let nick: String
  let descriptor: Descriptor
  var stage = Stage.connecting
  /// Who is at the other end of its pair, or the group it is in; empty where nobody has asked.
  var partner = ""
  /// Members of the group that NAMES has listed so far, and how many there have to be.
  var names = 0
  var namesWanted = 0
  /// Answers to `PING`, `ISON` and `JOIN` that are still due.
  var awaited = 0
  /// Messages of its own that it was told wait, and that it was told are through.
  var waiting = 0
  var delivered = 0
  /// The start of a line whose end has not come yet.
  var partial: [UInt8] = []
  var output: [UInt8] = []
  /// Whether it is on the list of those that have something to send.
  var isDirty = false
  /// Whether the poller tells when more can be sent.
  var isBlocked = false

  init(nick: String, connectingTo address: SocketAddress) throws(SystemError) {
    self.nick = nick
    descriptor = try Descriptor.connecting(to: address)
  }

  /// Sends what there is, as far as the socket takes it.
  func flush() throws(SystemError) {
    let sent = try Self.send(output, to: descriptor)
    if sent == output.count {
      output.removeAll(keepingCapacity: true)
    } else {
      output.removeFirst(sent)
    }
  }

  private static func send(_ bytes: [UInt8], to descriptor: borrowing Descriptor) throws(SystemError) -> Int {
    var sent = 0
    while sent < bytes.count {
      let count = try bytes.span.bytes.withUnsafeBytes { (all) throws(SystemError) -> Int? in
        try descriptor.send(UnsafeRawBufferPointer(rebasing: all[sent...]))
      }
      guard let count else { break }
      sent += count
    }
    return sent
  }
}
