import Core
import Glibc
import Net

/// Answers of the realm thread on their way to the main thread.
final class AdminReplies: Sendable {
  private let waiting = Locked<[(id: AdminID, reply: AdminReply)]>([])
  /// Readable when there are answers, or when the main thread has to look after something else.
  let wakeUp: WakeUp

  init() throws(SystemError) { wakeUp = try WakeUp() }

  /// Hands over the answers of one turn.
  func add(_ replies: [(id: AdminID, reply: AdminReply)]) {
    waiting.withLock { $0 += replies }
    wakeUp.wake()
  }

  func take() -> [(id: AdminID, reply: AdminReply)] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}

/// The socket in the data folder over which `moot` commands of the person who runs the realm reach the server. Only
/// the owner of the folder can open it. Belongs to the main thread.
final class AdminSocket {
  /// Commands at once: more than one person gives.
  static let clientsMax = 16
  /// The longest request: a password, a path.
  static let lineBytes = 16 << 10
  /// Milliseconds a client may take to send its request or to read the answer.
  static let patience: Int64 = 10_000
  /// Tokens from here on are clients'; the one before is the listening socket's.
  static let listenerToken: UInt64 = 1 << 32

  private final class Client {
    let descriptor: Descriptor
    var input: [UInt8] = []
    var output: [UInt8] = []
    /// The request that waits for its answer, which may take as long as it takes.
    var request: AdminID?
    /// It will send nothing more, but may still be read to.
    var hasEnded = false
    /// When the client last did something, or was last answered.
    var lastActive: Int64
    init(descriptor: consuming Descriptor, now: Int64) {
      self.descriptor = descriptor
      self.lastActive = now
    }
  }

  private let path: String
  private let listener: Descriptor
  private let post: (AdminID, AdminCommand) -> Void
  private var clients: [UInt64: Client] = [:]
  private var lastToken = AdminSocket.listenerToken
  private var lastRequest: AdminID = 0

  /// Listens in the data folder, which must be this process's own by now.
  ///
  /// - Parameter post: hands a command to whom it is for.
  init(
    folder: String, poller: inout Poller, post: @escaping (AdminID, AdminCommand) -> Void
  ) throws(SystemError) {
    path = folder + "/admin.sock"
    self.post = post
    // Nobody else may get in between making the socket and setting its mode.
    let mask = umask(0o177)
    defer { _ = umask(mask) }
    listener = try Descriptor.listening(on: .unix(path: path), backlog: Int32(Self.clientsMax))
    try poller.add(listener, .read, token: Self.listenerToken)
  }

  var hasClients: Bool { !clients.isEmpty }

  /// Takes the file away, so that a command says that no server runs rather than that it does not answer.
  func close() { unlink(path) }

  /// Looks after a descriptor that the poller told about.
  func handle(_ token: UInt64, _ ready: Poller.Interest, _ poller: inout Poller, now: Int64) throws(SystemError) {
    guard token != Self.listenerToken else { return try accept(&poller, now: now) }
    guard let client = clients[token] else { return }
    client.lastActive = now
    if !ready.isDisjoint(with: .failure) {
      clients[token] = nil
    } else {
      attend(to: client, token, &poller) { () throws(SystemError) in
        if ready.contains(.read) { try read(client) }
      }
    }
  }

  /// Passes the realm's answers on.
  func deliver(_ replies: [(id: AdminID, reply: AdminReply)], _ poller: inout Poller, now: Int64) {
    for (id, reply) in replies {
      guard let (token, client) = clients.first(where: { $0.value.request == id }) else { continue }
      client.request = nil
      client.lastActive = now
      client.output += AdminProtocol.line(reply)
      attend(to: client, token, &poller) {}
    }
  }

  /// Drops clients that keep a place without using it.
  func dropIdle(now: Int64) {
    clients = clients.filter { $0.value.request != nil || now - $0.value.lastActive < Self.patience }
  }

  private func accept(_ poller: inout Poller, now: Int64) throws(SystemError) {
    while let socket = try listener.accept() {
      guard clients.count < Self.clientsMax else { continue }
      let client = Client(descriptor: socket.take(), now: now)
      lastToken += 1
      try poller.add(client.descriptor, .read, token: lastToken)
      clients[lastToken] = client
    }
  }

  /// Does `first`, then all that can be done for a client now. One with which nothing more can be done is dropped.
  private func attend(
    to client: Client, _ token: UInt64, _ poller: inout Poller, first: () throws(SystemError) -> Void
  ) {
    do throws(SystemError) {
      try first()
      takeLine(client)
      try write(client)
      let isReading = client.request == nil && !client.hasEnded
      if client.hasEnded && client.request == nil && client.output.isEmpty {
        clients[token] = nil
      } else {
        let interest: Poller.Interest = client.output.isEmpty ? [] : .write
        try poller.change(client.descriptor, isReading ? interest.union(.read) : interest, token: token)
      }
    } catch {
      clients[token] = nil  // it went away
    }
  }

  private func read(_ client: Client) throws(SystemError) {
    var room = [UInt8](repeating: 0, count: 4_096)
    var span = room.mutableSpan
    let count = try span.withUnsafeMutableBytes { (bytes) throws(SystemError) in
      try client.descriptor.read(into: bytes)
    }
    guard let count else { return }
    client.input += room[..<count]
    client.hasEnded = count == 0 || client.input.count > Self.lineBytes
  }

  /// One request at a time: the next is looked at when the last is answered.
  private func takeLine(_ client: Client) {
    while client.request == nil, let end = client.input.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(client.input[..<end])
      client.input.removeFirst(end + 1)
      do {
        let command = try AdminProtocol.command(line)
        lastRequest += 1
        client.request = lastRequest
        post(lastRequest, command)
      } catch {
        client.output += AdminProtocol.line(.refused(error.message))
      }
    }
  }

  private func write(_ client: Client) throws(SystemError) {
    let output = client.output
    var sent = 0
    while sent < output.count {
      let count = try output.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in
        try client.descriptor.send(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      }
      guard let count else { break }
      sent += count
    }
    client.output.removeFirst(sent)
  }
}
