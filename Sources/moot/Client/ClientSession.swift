import Net
import Server
import Wire

/// A connection to a realm, logged in. Every wait is bounded.
final class ClientSession {
  /// The realm's name.
  let realm: String
  let nick: String
  let capabilities: Set<String>
  /// ISUPPORT.
  let support: [String: String]
  private let stream: BlockingStream
  private var responses = Responses()
  private var lastLabel = 0
  /// What arrived while the answer to a request was waited for.
  private var waiting: [Arrival] = []

  private init(_ stream: BlockingStream, realm: String, _ handshake: Handshake) {
    self.stream = stream
    self.realm = realm
    nick = handshake.nick
    capabilities = handshake.capabilities
    support = handshake.support
  }

  /// Connects, and logs in or registers.
  static func open(
    realm: String, at endpoint: Endpoint, _ handshake: Handshake, connectMilliseconds: Int
  ) throws(Failure) -> ClientSession {
    let stream: BlockingStream
    do {
      stream = try BlockingStream.connect(
        to: try address(of: endpoint), timeoutMilliseconds: connectMilliseconds)
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure(.unreachable, "\(realm) does not answer at \(endpoint): \(error). Is it running?")
    }
    var handshake = handshake
    // Deriving a key takes a moment, and many may log in at once.
    let deadline = Clock.monotonicMilliseconds() + 60_000
    try write(handshake.opening, to: stream, of: realm)
    while !handshake.isDone {
      let message = try nextMessage(of: stream, realm: realm, deadline: deadline)
      try write(try handshake.take(message), to: stream, of: realm)
    }
    return ClientSession(stream, realm: realm, handshake)
  }

  private static func address(of endpoint: Endpoint) throws(Failure) -> SocketAddress {
    do {
      return try SocketAddress.resolve(endpoint.description)
    } catch {
      throw Failure(.unreachable, error.description)
    }
  }

  /// The bytes of some lines. A line break or NUL within one would make it another command.
  private static func lines(_ lines: [String]) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      guard !line.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
        throw Failure("a line break or NUL cannot be sent here")
      }
      bytes += Array(line.utf8) + [13, 10]
    }
    return bytes
  }

  private static func write(_ lines: [String], to stream: BlockingStream, of realm: String) throws(Failure) {
    let bytes = try self.lines(lines)
    do throws(StreamError) {
      try stream.write(bytes)
    } catch {
      throw Failure(.unreachable, "\(realm): \(error)")
    }
  }

  private static func nextMessage(
    of stream: BlockingStream, realm: String, deadline: Int64
  ) throws(Failure) -> Message {
    while true {
      let left = Int(max(0, deadline - Clock.monotonicMilliseconds()))
      do throws(StreamError) {
        guard let line = try stream.readLine(timeoutMilliseconds: left) else { throw .timedOut }
        if let message = Message(line) { return message }
      } catch {
        throw Failure(.unreachable, "\(realm): \(error)")
      }
    }
  }

  /// For poll(2) beside the terminal; ask `hasArrivals` before waiting.
  var rawDescriptor: Int32 { stream.rawDescriptor }

  /// Whether `next` would return something without waiting.
  var hasArrivals: Bool { !waiting.isEmpty || stream.hasLine }

  /// Sends one line.
  func send(_ line: String) throws(Failure) { try Self.write([line], to: stream, of: realm) }

  /// Sends one line with a label; the answer comes as `Arrival.response` with it.
  func sendLabelled(_ line: String) throws(Failure) -> String {
    lastLabel += 1
    let label = "m\(lastLabel)"
    try send(line.hasPrefix("@") ? "@label=\(label);\(line.dropFirst())" : "@label=\(label) \(line)")
    return label
  }

  /// Sends one line and waits for the whole answer.
  func request(_ line: String, timeoutMilliseconds: Int = 30_000) throws(Failure) -> [Message] {
    let label = try sendLabelled(line)
    let deadline = Clock.monotonicMilliseconds() + Int64(timeoutMilliseconds)
    while true {
      guard let arrival = try receive(deadline: deadline) else { continue }
      if case .response(label, let messages) = arrival { return messages }
      waiting.append(arrival)
    }
  }

  /// The same; an answer that holds a refusal is thrown.
  func demand(_ line: String) throws(Failure) -> [Message] {
    let messages = try request(line)
    if let refusal = messages.first(where: \.isError) { throw Failure(Output.harmless(refusal.refusal)) }
    return messages
  }

  /// What arrives next; nil if nothing comes in time.
  func next(timeoutMilliseconds: Int) throws(Failure) -> Arrival? {
    if !waiting.isEmpty { return waiting.removeFirst() }
    let deadline = Clock.monotonicMilliseconds() + Int64(timeoutMilliseconds)
    // Looks at the socket at least once, however short the time.
    repeat {
      let line: [UInt8]?
      do throws(StreamError) {
        line = try stream.readLine(timeoutMilliseconds: Int(max(0, deadline - Clock.monotonicMilliseconds())))
      } catch {
        throw Failure(.unreachable, "\(realm): \(error)")
      }
      guard let line else { return nil }
      if let message = Message(line), let arrival = try arrival(message) { return arrival }
    } while stream.hasLine || Clock.monotonicMilliseconds() < deadline
    return nil
  }

  private func receive(deadline: Int64) throws(Failure) -> Arrival? {
    try arrival(try Self.nextMessage(of: stream, realm: realm, deadline: deadline))
  }

  private func arrival(_ message: Message) throws(Failure) -> Arrival? {
    switch message.command {
    case "PING":
      try send("PONG :\(message[0])")
      return nil
    case "ERROR": throw Failure(.unreachable, "\(realm) ended the connection: \(Output.harmless(message.text))")
    default: return responses.take(message)
    }
  }

  /// Says good-bye. Errors no longer matter: whatever was asked for was answered before.
  func close() {
    try? send("QUIT")
    stream.endSending()
  }
}
