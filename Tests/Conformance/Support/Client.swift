import Net
import Testing

/// One connection to the server under test. It answers PING, and leaves everything else to the test.
///
/// The server takes up a client's lines in order and answers each before the next, and what a line means for others is
/// on its way to them before the answer (`Conformance.PingMessage` holds it to that). So `ask` and `heard` end with a
/// PING of their own, and nobody ever waits for something that may not come.
final class Client {
  private(set) var nick: String
  /// Whether it has made an account, which is named like its first nick.
  var isAccount = false
  /// Whether the server has said that it is logged in.
  private(set) var isLoggedIn = false
  /// Whether it makes no account by itself where one is needed to talk.
  let isStranger: Bool
  /// The account that it has made.
  let account: String
  let stream: BlockingStream
  /// What came between 001 and the end of the message of the day.
  private(set) var welcome = Reply(messages: [], isClosed: false, nick: "*")
  private(set) var isRegistered = false
  private var isClosed = false
  private var tokens = 0
  /// Whether registration waits for CAP END.
  private var isNegotiating = false

  /// Connects, and says nothing.
  init(_ role: String = "nobody", isStranger: Bool = false) throws {
    self.isStranger = isStranger
    nick = Server.underTest.fresh(role)
    account = nick
    stream = try BlockingStream.connect(to: Server.underTest.address)
  }

  /// Connects and registers with a fresh nick.
  static func connected(_ role: String, _ capabilities: String...) throws -> Client {
    let client = try Client(role)
    try client.register(capabilities)
    return client
  }

  /// Connects and registers, and has no account, whatever the server allows those who have none.
  static func stranger(_ role: String, _ capabilities: String...) throws -> Client {
    let client = try Client(role, isStranger: true)
    try client.register(capabilities)
    // Some servers tell whoever has none how to get one.
    try client.heard()
    return client
  }

  /// Registers, with these capabilities.
  func register(_ capabilities: [String] = []) throws {
    if !capabilities.isEmpty { try request(capabilities) }
    try send("NICK \(nick)", "USER \(nick) 0 * :\(nick)")
    try awaitWelcome()
  }

  /// Reads on to the end of the message of the day, after NICK and USER were sent; ends the negotiation where one is
  /// under way.
  func awaitWelcome() throws {
    if isNegotiating { try send("CAP END") }
    let reply = try until("376", "422")
    try #require(!reply.isClosed, "not let in: \(reply)")
    isRegistered = true
    nick = try #require(reply["001"].first?.parameters.first, "no 001: \(reply)")
    welcome = Reply(messages: reply.messages, isClosed: false, nick: nick)
    if !isStranger, !isLoggedIn, try Server.underTest.needsAccounts { try makeAccount() }
  }

  /// Asks for capabilities and waits until they are there.
  func request(_ capabilities: [String]) throws {
    let wanted = capabilities.joined(separator: " ")
    try send("CAP REQ :\(wanted)")
    while let message = try next() {
      guard message.command == "CAP" else { continue }
      try #require(message[1] == "ACK", "the server refuses \(wanted): \(message)")
      return
    }
    throw Silent(nick: nick)
  }

  /// The server has closed the connection, or says nothing.
  struct Silent: Error {
    var nick: String
  }

  // MARK: lines

  func send(_ lines: String...) throws {
    for line in lines where !isRegistered && line.hasPrefix("CAP ") {
      isNegotiating = line != "CAP END" && (isNegotiating || line.hasPrefix("CAP LS") || line.hasPrefix("CAP REQ"))
    }
    try send(raw: Array(lines.map { $0 + "\r\n" }.joined().utf8))
  }

  /// Sends bytes as they are.
  func send(raw bytes: [UInt8]) throws {
    do {
      try stream.write(bytes)
    } catch StreamError.closed {
      // What the server said before it closed is still to be read.
    }
  }

  /// The next line; nil: the connection is closed. PINGs are answered on the way.
  func next() throws -> Message? {
    while !isClosed {
      do {
        guard let line = try stream.readLine(timeoutMilliseconds: Self.patience) else { throw Silent(nick: nick) }
        let message = try Message(line)
        guard message.command == "PING" else {
          if message.command == "NICK", message.nick == nick { nick = message[0] }
          if message.command == "900" { isLoggedIn = true }
          return message
        }
        try send("PONG :\(message.text)")
      } catch StreamError.closed {
        isClosed = true
      }
    }
    return nil
  }

  /// Bytes as they come; nil: none came in time.
  func readBytes() throws -> [UInt8]? { try stream.read(timeoutMilliseconds: Self.patience) }

  /// How long a server may take for anything, in milliseconds: it is only ever waited for where an answer must come.
  private static let patience = 20_000

  /// All that comes up to and with one of these commands.
  func until(_ commands: String...) throws -> Reply {
    var messages: [Message] = []
    while let message = try next() {
      messages.append(message)
      if commands.contains(message.command) { break }
    }
    return reply(messages)
  }

  /// All that comes until the server closes the connection.
  func untilClosed() throws -> Reply {
    var messages: [Message] = []
    while let message = try next() { messages.append(message) }
    return reply(messages)
  }

  /// Says something and gives all that the server has sent when it is done, what had come before included.
  @discardableResult
  func ask(_ lines: String...) throws -> Reply {
    for line in lines { try send(line) }
    return try heard()
  }

  /// All that the server has sent since last asked.
  @discardableResult
  func heard() throws -> Reply {
    tokens += 1
    let token = "MARK-\(tokens)"
    let early = !isRegistered && Server.underTest.lacks("early-ping")
    // Some servers let every CAP begin a negotiation.
    isNegotiating = isNegotiating || early
    // A subcommand that is none is answered in order, and never comes from a test (capability-negotiation, 410).
    try send(early ? "CAP \(token)" : "PING \(token)")
    var messages: [Message] = []
    while let message = try next() {
      if early ? message.command == "410" && message[1] == token : message.command == "PONG" && message.text == token {
        break
      }
      messages.append(message)
    }
    return reply(messages)
  }

  private func reply(_ messages: [Message]) -> Reply {
    Reply(messages: messages, isClosed: isClosed, nick: isRegistered ? nick : "*")
  }

  /// Breaks the connection without a word, and waits until the server has noticed.
  func hangUp() throws {
    stream.endSending()
    _ = try untilClosed()
  }

  // MARK: what many tests do

  /// Joins a channel.
  func join(_ channel: String, _ key: String = "") throws {
    let reply = try ask("JOIN \(channel) \(key)")
    try #require(reply["JOIN"].contains { $0.nick == nick }, "\(nick) cannot join \(channel): \(reply)")
  }
}

/// Some clients in a new channel, the first of them its founder; none has anything left to read.
func channel(of clients: Client..., named role: String = "room") throws -> String {
  let channel = Server.underTest.fresh("#" + role)
  for client in clients { try client.join(channel) }
  for client in clients { try client.heard() }
  return channel
}
