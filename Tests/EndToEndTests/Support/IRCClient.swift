import Net
import Testing
import Wire

/// A line from the server, taken apart.
struct Message: CustomStringConvertible {
  var tags: [String: String] = [:]
  var source = ""
  var command = ""
  var parameters: [String] = []
  var description: String

  init?(_ bytes: [UInt8]) {
    guard let line = try? Line(parsing: bytes, in: 0..<bytes.count, lineBytes: 2_048) else { return nil }
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    description = String(decoding: bytes, as: UTF8.self)
    var tags: [String: String] = [:]
    Tags.forEach(in: bytes, line.tags) { tags[text($0)] = String(decoding: Tags.unescape(bytes[$1]), as: UTF8.self) }
    self.tags = tags
    source = text(line.source)
    command = text(line.command)
    parameters = (0..<line.count).map { text(line[$0]) }
  }

  /// The name before `!`.
  var nick: String { String(source.prefix { $0 != "!" }) }
}

/// A client as a test needs one: over TCP or WebSocket, with every capability that helps to check.
final class IRCClient {
  static let password = "correct horse"
  static let capabilities =
    "sasl message-tags server-time echo-message batch labeled-response account-tag draft/chathistory standard-replies"

  /// What a test waited for did not come: what came instead.
  struct Missing: Error, CustomStringConvertible {
    var what: String
    var seen: [String]
    var description: String { "no \(what); seen:\n" + seen.suffix(30).joined(separator: "\n") }
  }

  let nick: String
  let stream: BlockingStream
  private var webSocket: WebSocketReader?
  private var lines: [[UInt8]] = []
  private var seen: [String] = []

  init(_ nick: String, port: UInt16) throws {
    self.nick = nick
    stream = try BlockingStream.connect(to: .loopback(port: port))
  }

  /// Connects over WebSocket.
  init(_ nick: String, webPort: UInt16) throws {
    self.nick = nick
    stream = try BlockingStream.connect(to: .loopback(port: webPort))
    try stream.write(
      Array(
        """
        GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n
        """.utf8))
    let status = try #require(try stream.readLine(timeoutMilliseconds: 5_000))
    try #require(String(decoding: status, as: UTF8.self).hasPrefix("HTTP/1.1 101"))
    while let field = try stream.readLine(timeoutMilliseconds: 5_000), !field.isEmpty {}
    webSocket = WebSocketReader(expectsMask: false, limit: 16 << 10)
  }

  func send(_ line: String) throws {
    if webSocket != nil {
      var frame: [UInt8] = []
      WebSocketFrame.append(.text, Array(line.utf8), mask: 0x1234_5678, to: &frame)
      try stream.write(frame)
    } else {
      try stream.write(Array("\(line)\r\n".utf8))
    }
  }

  /// The next line; PINGs are answered on the way. nil: none came in time.
  func next(milliseconds: Int = 10_000) throws -> Message? {
    let until = Clock.monotonicMilliseconds() + Int64(milliseconds)
    while true {
      let left = Int(max(0, until - Clock.monotonicMilliseconds()))
      guard let line = try nextLine(milliseconds: left) else { return nil }
      guard let message = Message(line) else { continue }
      seen.append(message.description)
      guard message.command == "PING" else { return message }
      try send("PONG :\(message.parameters.last ?? "")")
    }
  }

  private func nextLine(milliseconds: Int) throws -> [UInt8]? {
    guard webSocket != nil else { return try stream.readLine(timeoutMilliseconds: milliseconds) }
    while lines.isEmpty {
      guard let bytes = try stream.read(timeoutMilliseconds: milliseconds) else { return nil }
      try bytes.withUnsafeBytes { bytes in
        var at = 0
        while at < bytes.count, let message = try webSocket?.next(bytes, &at) {
          if case .text(let line) = message { lines.append(line) }
        }
      }
    }
    return lines.removeFirst()
  }

  /// The next line that is wanted; those before it are passed over.
  @discardableResult
  func wait(
    for what: String, milliseconds: Int = 10_000, _ isWanted: (Message) -> Bool
  ) throws -> Message {
    let until = Clock.monotonicMilliseconds() + Int64(milliseconds)
    while let message = try next(milliseconds: Int(max(0, until - Clock.monotonicMilliseconds()))) {
      if isWanted(message) { return message }
    }
    throw Missing(what: what, seen: seen)
  }

  /// The next line of a command (or numeric), with these parameters where any are given.
  @discardableResult
  func wait(_ command: String, _ parameters: String..., milliseconds: Int = 10_000) throws -> Message {
    try wait(for: ([command] + parameters).joined(separator: " "), milliseconds: milliseconds) {
      $0.command == command && (parameters.isEmpty || $0.parameters.starts(with: parameters))
    }
  }

  /// Waits until the server has done all that was asked of it so far, and returns what it said meanwhile.
  @discardableResult
  func settle() throws -> [Message] {
    let mark = "mark-\(seen.count)"
    try send("PING \(mark)")
    var messages: [Message] = []
    try wait(for: "PONG \(mark)") { message in
      let isPong = message.command == "PONG" && message.parameters.last == mark
      if !isPong { messages.append(message) }
      return isPong
    }
    return messages
  }

  /// Makes the account and logs in.
  func register() throws {
    try send("CAP REQ :\(Self.capabilities) draft/account-registration")
    try send("NICK \(nick)")
    try send("USER \(nick) 0 * :\(nick)")
    try wait("CAP", "*", "ACK")
    try send("REGISTER \(nick) * :\(Self.password)")
    try wait("REGISTER", "SUCCESS")
    try send("CAP END")
    try welcomed()
  }

  /// Logs in to an account that exists.
  func login(password: String = IRCClient.password) throws {
    try send("CAP REQ :\(Self.capabilities)")
    try send("NICK \(nick)")
    try send("USER \(nick) 0 * :\(nick)")
    try wait("CAP", "*", "ACK")
    try send("AUTHENTICATE PLAIN")
    try wait("AUTHENTICATE", "+")
    try send("AUTHENTICATE \(Self.plainSecret(nick, password))")
    try wait("903")
    try send("CAP END")
    try welcomed()
  }

  /// What SASL PLAIN sends.
  static func plainSecret(_ nick: String, _ password: String) -> String {
    String(decoding: Base64.encode(Array("\0\(nick)\0\(password)".utf8)), as: UTF8.self)
  }

  private func welcomed() throws {
    try wait("001")
    try wait(for: "the end of the welcome") { $0.command == "376" || $0.command == "422" }
  }

  /// Joins a group and waits until that is done.
  func join(_ group: String) throws {
    try send("JOIN \(group)")
    try wait("366", nick, group)
  }

  /// Says something and waits for its echo.
  @discardableResult
  func say(_ text: String, to target: String) throws -> Message {
    try send("PRIVMSG \(target) :\(text)")
    return try wait("PRIVMSG", target, text)
  }

  /// All messages of a conversation, oldest first, read page by page.
  func history(of target: String) throws -> [Message] {
    var all: [Message] = []
    var from = "timestamp=1970-01-01T00:00:00.000Z"
    while true {
      try send("CHATHISTORY AFTER \(target) \(from) 100")
      let start = try wait("BATCH").parameters[0]
      var page: [Message] = []
      try wait(for: "the end of the history of \(target)") { message in
        if message.command == "PRIVMSG" { page.append(message) }
        return message.command == "BATCH" && message.parameters[0] == "-" + start.dropFirst()
      }
      all += page
      guard let last = page.last?.tags["msgid"] else { return all }
      from = "msgid=\(last)"
    }
  }
}
