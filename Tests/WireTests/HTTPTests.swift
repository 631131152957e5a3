import Testing
import Wire

@Suite struct HTTPRequestTests {
  private func parse(_ text: String) throws(HTTPError) -> HTTPRequest {
    try HTTPRequest(parsing: Array(text.utf8))
  }

  @Test func readsHead() throws {
    let request = try parse(
      "GET /metrics/x?a=b?c HTTP/1.1\r\nHost: localhost:8101\r\nAccept:\t text/plain , */* \r\nACCEPT: x,,y\r\n"
        + "Empty:\r\n\r\n")
    #expect(request.method == "GET")
    #expect(request.path == "/metrics/x")
    #expect(request.query == "a=b?c")
    #expect(request.isVersion11)
    #expect(request.first("host") == "localhost:8101")
    #expect(request.first("empty") == "")
    #expect(request.first("none") == nil)
    #expect(request.list("accept") == ["text/plain", "*/*", "x", "y"])
  }

  @Test func linesMayEndWithLineFeedAlone() throws {
    let request = try parse("HEAD / HTTP/1.0\nHost: a\n\n")
    #expect(request.method == "HEAD")
    #expect(!request.isVersion11)
    #expect(request.first("host") == "a")
  }

  @Test(
    arguments: [
      ("", .malformed), ("\r\n\r\n", .malformed), ("GET\r\n\r\n", .malformed), ("GET /\r\n\r\n", .malformed),
      ("GET / HTTP/1.1 x\r\n\r\n", .malformed), ("GET  / HTTP/1.1\r\n\r\n", .malformed),
      ("GET x HTTP/1.1\r\n\r\n", .malformed), ("G(T / HTTP/1.1\r\n\r\n", .malformed),
      ("GET /\u{7F} HTTP/1.1\r\n\r\n", .malformed), ("GET /\u{E4} HTTP/1.1\r\n\r\n", .malformed),
      ("GET / HTTP/2.0\r\n\r\n", .unsupportedVersion), ("GET / HTTP/1.2\r\n\r\n", .unsupportedVersion),
      ("GET / IRC/1.1\r\n\r\n", .malformed), ("NICK bob\r\n\r\n", .malformed),
      ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformed), ("GET / HTTP/1.1\r\n: a\r\n\r\n", .malformed),
      ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", .malformed), ("GET / HTTP/1.1\r\nA\r\n\r\n", .malformed),
      ("GET / HTTP/1.1\r\nA: \u{1}\r\n\r\n", .malformed), ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", .malformed),
      ("GET / HTTP/1.1\r\nA: b\r\n", .malformed),
    ] as [(String, HTTPError)])
  func refuses(_ text: String, _ error: HTTPError) {
    #expect(throws: error) { try parse(text) }
  }

  @Test func findsTheEndHoweverItComes() throws {
    for text in ["GET / HTTP/1.1\r\nA: b\r\n\r\nrest", "GET / HTTP/1.1\nA: b\n\nrest", "A\r\n\nrest", "A\n\r\nrest"] {
      let bytes = Array(text.utf8)
      let end = bytes.count - 4
      #expect(try HTTPRequest.endOfHead(in: bytes) == end)
      for count in 0..<end {
        #expect(try HTTPRequest.endOfHead(in: Array(bytes.prefix(count))) == nil)
      }
    }
  }

  @Test func endlessHeadIsRefused() {
    let bytes = [UInt8](repeating: 65, count: HTTPRequest.headBytes)
    #expect(throws: HTTPError.tooLong) { try HTTPRequest.endOfHead(in: bytes) }
    #expect(throws: HTTPError.tooLong) { try HTTPRequest(parsing: bytes + [10, 10]) }
  }

  @Test func garbageNeverTraps() {
    var state: UInt64 = 1
    for _ in 0..<2_000 {
      let bytes = (0..<40).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Array("GET / HTTP/1.1\r\n:\0\u{FF}ab".utf8)[Int(state >> 33) % 22]
      }
      _ = try? HTTPRequest(parsing: bytes)
      _ = try? HTTPRequest.endOfHead(in: bytes)
    }
  }
}

@Suite struct HTTPResponseTests {
  @Test func writesAnswer() {
    let response = HTTPResponse(type: "text/html", fields: [.init(name: "X", value: "y")], body: Array("hi".utf8))
    let head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n"
      + "X-Content-Type-Options: nosniff\r\nX: y\r\n\r\n"
    #expect(response.bytes() == Array("\(head)hi".utf8))
    #expect(response.bytes(headOnly: true) == Array(head.utf8))
  }

  @Test(
    arguments: [
      (.malformed, "400 Bad Request"), (.tooLong, "431 Request Header Fields Too Large"),
      (.unsupportedVersion, "505 HTTP Version Not Supported"), (.unsupportedWebSocket, "426 Upgrade Required"),
    ] as [(HTTPError, String)])
  func refusals(_ error: HTTPError, _ status: String) {
    let bytes = HTTPResponse(refusing: error).bytes()
    #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("HTTP/1.1 \(status)\r\n"))
  }
}
