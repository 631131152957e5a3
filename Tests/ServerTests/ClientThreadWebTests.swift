import Core
import Net
import Server
import Testing
import Wire

@Suite struct ClientThreadHTTPTests {
  private func fixture() throws -> ClientThreadFixture {
    try ClientThreadFixture(routes: Self.answer)
  }

  @Sendable private static func answer(_ request: HTTPRequest) -> HTTPResponse? {
    switch request.path {
    case "/health": HTTPResponse(status: 200, text: "fine")
    case "/large": HTTPResponse(body: [UInt8](repeating: 65, count: 4 << 20))
    default: nil
    }
  }

  private func ask(_ request: String, pieces: Int = .max) throws -> String {
    let fixture = try fixture()
    let client = try BlockingStream.connect(to: fixture.web)
    let bytes = Array(request.utf8)
    for start in stride(from: 0, to: bytes.count, by: min(pieces, bytes.count)) {
      try client.write(Array(bytes[start...].prefix(pieces)))
    }
    let answer = String(decoding: try client.rest(), as: UTF8.self)
    fixture.drain()
    #expect(fixture.heard.isEmpty)
    return answer
  }

  @Test(arguments: [
    ("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\nfine\n"),
    ("GET /health?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\nfine\n"),
    ("HEAD /health HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n"),
    ("GET /none HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", "page here.\n"),
    ("POST /health HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 405 Method Not Allowed\r\n", "here.\n"),
    ("GET /hooks/x HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n", ".\n"),
    ("POST /hooks HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 401 Unauthorized\r\n", ".\n"),
    ("POST /hooks/x HTTP/1.1\r\n\r\n", "HTTP/1.1 411 Length Required\r\n", ".\n"),
    ("POST /hooks/x HTTP/1.1\r\nContent-Length: -2\r\n\r\nhi", "HTTP/1.1 400 Bad Request\r\n", ".\n"),
    (
      "POST /hooks/x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 400 Bad Request\r\n",
      ".\n"
    ),
    ("POST /hooks/x HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413 Content Too Large\r\n", ".\n"),
    (
      "POST /hooks/x HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
      "HTTP/1.1 415 Unsupported Media Type\r\n", ".\n"
    ),
    ("NICK bob\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "\n"),
    ("GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n", "\n"),
    ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n", "\n"),
  ])
  func answers(_ request: String, _ status: String, _ end: String) throws {
    for pieces in [1, 10, .max] {
      let answer = try ask(request, pieces: pieces)
      #expect(answer.hasPrefix(status))
      #expect(answer.hasSuffix(end))
    }
  }

  /// A post is handed to the realm whole, and its connection waits for the answer.
  @Test(arguments: [1, 10, .max])
  func aPostIsHandedOver(pieces: Int) throws {
    let fixture = try fixture()
    let client = try BlockingStream.connect(to: fixture.web)
    let bytes = Array(
      ("POST /hooks HTTP/1.1\r\nAuthorization: Bearer secret\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
        + "Idempotency-Key: k\r\nContent-Length: 5\r\n\r\nhello and more").utf8)
    for start in stride(from: 0, to: bytes.count, by: min(pieces, bytes.count)) {
      try client.write(Array(bytes[start...].prefix(pieces)))
    }
    try fixture.listen { _ in !fixture.posts.isEmpty }
    let (connection, post) = try #require(fixture.posts.first)
    #expect(
      post
        == WebhookPost(
          secretHash: Crypto.sha256(Array("secret".utf8)), key: "k", isJSON: true, body: Array("hello".utf8)))
    fixture.deliver {
      $0.send(to: connection) { $0 += HTTPResponse(status: 200, text: "done").bytes() }
      $0.close(connection)
    }
    #expect(String(decoding: try client.rest(), as: UTF8.self).hasSuffix("done\n"))
    #expect(fixture.posts.count == 1 && fixture.heard.isEmpty)
  }

  /// Who wants to hear first that a body is welcome (RFC 9110, section 10.1.1).
  @Test func expectsToGoOn() throws {
    let fixture = try fixture()
    let client = try BlockingStream.connect(to: fixture.web)
    try client.write("POST /hooks/x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(try client.line() == "HTTP/1.1 100 Continue")
    try client.write("hi")
    try fixture.listen { _ in !fixture.posts.isEmpty }
    #expect(fixture.posts[0].post.body == Array("hi".utf8) && !fixture.posts[0].post.isJSON)
  }

  @Test func endlessHeadIsRefused() throws {
    let answer = try ask("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: HTTPRequest.headBytes))
    #expect(answer.hasPrefix("HTTP/1.1 431 "))
  }

  @Test func headThatNeverEndsIsGivenUp() throws {
    let fixture = try fixture()
    let client = try BlockingStream.connect(to: fixture.web)
    try client.write("GET / HTTP/1.1\r\n")
    let answer = try #require(try client.read(timeoutMilliseconds: 20_000))
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
  }

  @Test func largePageArrivesWhole() throws {
    #expect(try ask("GET /large HTTP/1.1\r\n\r\n").utf8.count > 4 << 20)
  }
}

@Suite struct ClientThreadWebSocketTests {
  /// A client of a WebSocket, written with the same code as the server; the frames are checked in WireTests.
  final class Client {
    let stream: BlockingStream
    var reader = WebSocketReader(expectsMask: false, limit: 1 << 20)
    private var bytes: [UInt8] = []
    private var at = 0

    init(_ fixture: ClientThreadFixture, offer: String?) throws {
      stream = try BlockingStream.connect(to: fixture.web)
      var request = "GET /any HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      if let offer { request += "Sec-WebSocket-Protocol: \(offer)\r\n" }
      try stream.write("\(request)\r\n")
      #expect(try stream.line() == "HTTP/1.1 101 Switching Protocols")
      var head: [String] = []
      while let line = try stream.line(), !line.isEmpty { head.append(line) }
      #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
      let chosen = offer.map { "Sec-WebSocket-Protocol: \($0.split(separator: ",")[0])" }
      #expect(head.first { $0.hasPrefix("Sec-WebSocket-Protocol") } == chosen)
    }

    func send(_ opcode: WebSocketOpcode, _ payload: [UInt8]) throws {
      var frame: [UInt8] = []
      WebSocketFrame.append(opcode, payload, mask: 0x1234_5678, to: &frame)
      try stream.write(frame)
    }

    func next() throws -> WebSocketMessage {
      while true {
        let message = try bytes.withUnsafeBytes { try reader.next($0, &at) }
        if let message { return message }
        bytes = try #require(try stream.read(timeoutMilliseconds: 10_000))
        at = 0
      }
    }
  }

  private func connect(
    _ offer: String? = "text.ircv3.net", _ change: (inout Limits) -> Void = { _ in }
  ) throws -> (fixture: ClientThreadFixture, client: Client, connection: Connection) {
    let fixture = try ClientThreadFixture(change)
    let client = try Client(fixture, offer: offer)
    try fixture.listen { !$0.isEmpty }
    return (fixture, client, fixture.heard[0].connection)
  }

  @Test(arguments: ["text.ircv3.net", "binary.ircv3.net", "binary.ircv3.net, text.ircv3.net", nil])
  func carriesOneLineAMessage(_ offer: String?) throws {
    let (fixture, client, connection) = try connect(offer)
    try client.send(.text, Array("NICK b\u{E5}b".utf8))
    try client.send(.binary, Array("USER b 0 * :Bob\r\n".utf8))
    try client.send(.text, Array("PING x".utf8))
    try fixture.listen { $0[0].lines == 3 }
    #expect(try fixture.heard(of: connection).text == "NICK b\u{E5}b\nUSER b 0 * :Bob\r\nPING x\n")
    fixture.deliver { deliveries in
      deliveries.send(to: connection) { $0 += Array(":s PONG\r\n:s 001 b\u{E5}b :hi\r\n".utf8) }
      deliveries.send(to: connection) { $0 += Array("raw ".utf8) + [0xFF] + Array("\r\n".utf8) }
    }
    if offer?.hasPrefix("binary") == true {
      #expect(try client.next() == .binary(Array(":s PONG".utf8)))
      #expect(try client.next() == .binary(Array(":s 001 b\u{E5}b :hi".utf8)))
      #expect(try client.next() == .binary(Array("raw ".utf8) + [0xFF]))
    } else {
      #expect(try client.next() == .text(Array(":s PONG".utf8)))
      #expect(try client.next() == .text(Array(":s 001 b\u{E5}b :hi".utf8)))
      #expect(try client.next() == .text(Array("raw \u{FFFD}".utf8)))
    }
  }

  @Test func bytesOneByOne() throws {
    let (fixture, client, connection) = try connect { $0.lineBurst = 3 }
    var frame: [UInt8] = []
    WebSocketFrame.append(.text, Array("PRIVMSG a :one by one".utf8), mask: 77, to: &frame)
    for byte in frame { try client.stream.write([byte]) }
    try fixture.listen { $0[0].lines == 1 }
    #expect(try fixture.heard(of: connection).text == "PRIVMSG a :one by one\n")
  }

  @Test func answersPingAndClose() throws {
    let (fixture, client, connection) = try connect()
    try client.send(.ping, [1, 2, 3])
    #expect(try client.next() == .pong([1, 2, 3]))
    try client.send(.text, Array("QUIT".utf8))
    try client.send(.close, [0x03, 0xE9])
    #expect(try client.next() == .close(code: 1001))
    #expect(throws: StreamError.closed) { try client.next() }
    try fixture.listen { $0[0].gone != nil }
    #expect(try fixture.heard(of: connection).text == "QUIT\n")
  }

  @Test func closesWithAFrame() throws {
    let (fixture, client, connection) = try connect()
    fixture.deliver { deliveries in
      deliveries.send(to: connection) { $0 += Array("ERROR :bye\r\n".utf8) }
      deliveries.close(connection)
    }
    #expect(try client.next() == .text(Array("ERROR :bye".utf8)))
    #expect(try client.next() == .close(code: 1000))
    #expect(throws: StreamError.closed) { try client.next() }
  }

  @Test func oversizedMessageIsDroppedAndTold() throws {
    let (fixture, client, connection) = try connect()
    try client.send(.text, Array("before".utf8))
    try client.send(.text, [UInt8](repeating: 65, count: 1 << 20))
    try client.send(.text, Array("after".utf8))
    try fixture.listen { $0[0].lines == 2 }
    let heard = try fixture.heard(of: connection)
    #expect(heard.overlong == 1)
    #expect(heard.text == "before\nafter\n")
  }

  @Test(
    arguments: [
      ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007), ([0x81, 0x01, 65], 1002), ([0xFF, 0xFF, 0xFF, 0xFF], 1002),
      ([0x80, 0x80, 0, 0, 0, 0], 1002), ([0x00], 1002), (Array("GET / HTTP/1.1\r\n\r\n".utf8), 1002),
    ] as [([UInt8], UInt16)])
  func brokenFramesEndIt(_ bytes: [UInt8], _ code: UInt16) throws {
    let (fixture, client, connection) = try connect()
    try client.send(.text, Array("before".utf8))
    try client.stream.write(bytes)
    if bytes == [0x00] { try client.stream.write([0x80, 0, 0, 0, 0]) }
    #expect(try client.next() == .close(code: code))
    try fixture.listen { $0[0].gone != nil }
    #expect(try fixture.heard(of: connection).text == "before\n")
  }

  @Test func tooFastIsReadLater() throws {
    let (fixture, client, connection) = try connect {
      $0.linesPerSecond = 100
      $0.lineBurst = 5
    }
    for number in 0..<30 { try client.send(.text, Array("PING \(number)".utf8)) }
    try fixture.listen { $0[0].lines == 30 }
    #expect(try fixture.heard(of: connection).text == (0..<30).map { "PING \($0)\n" }.joined())
  }

  @Test func oneThatNeverReadsItsPongsIsClosed() throws {
    let (fixture, client, connection) = try connect {
      $0.linesPerSecond = 0
      $0.sendQueueBytes = 10_000
    }
    let ping: [UInt8] = {
      var frames: [UInt8] = []
      for _ in 0..<5_000 {
        WebSocketFrame.append(.ping, [UInt8](repeating: 0, count: 125), mask: 1, to: &frames)
      }
      return frames
    }()
    for _ in 0..<100 where try fixture.heard(of: connection).gone == nil {
      // The end may come while this is written.
      try? client.stream.write(ping)
      fixture.drain()
    }
    try fixture.listen { $0[0].gone != nil }
    #expect(try fixture.heard(of: connection).gone == "Send queue exceeded")
  }
}
