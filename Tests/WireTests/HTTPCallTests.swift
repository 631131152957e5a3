import Testing
import Wire

@Suite struct WebAddressTests {
  @Test(arguments: [
    ("https://example.org", "https://example.org/"), ("HTTPS://Example.ORG:443/a?b=c", "https://example.org/a?b=c"),
    ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
    ("https://[2001:DB8::1]:8443?q", "https://[2001:db8::1]:8443/?q"),
    ("http://a:80/", "http://a/"), ("https://a_b-c.d/%20", "https://a_b-c.d/%20"),
  ])
  func read(_ text: String, _ form: String) throws {
    let address = try #require(WebAddress(text))
    #expect(address.text == form)
    #expect(WebAddress(form) == address)
  }

  @Test(arguments: [
    "", "example.org", "ftp://a/", "https:/a", "https://", "https:///a", "https://a:0/", "https://a:65536/",
    "https://a:/", "https://user@a/", "https://u:p@a/", "https://a/#b", "https://a#b", "https://a b/", "https://[a",
    "https://[::1", "https://a\\@b/", "https://ä/", "https://a/\u{1}", "https://a%00b/", "https://[::1%25eth0]/",
    "https://a/" + String(repeating: "x", count: 2_048), "https://a?" + String(repeating: "x", count: 2_038),
  ])
  func refused(_ text: String) {
    #expect(WebAddress(text) == nil)
  }
}

@Suite struct HTTPCallTests {
  @Test func aRequest() throws {
    let address = try #require(WebAddress("https://example.org:8443/in?x"))
    let call = HTTPCall(address, fields: [HTTPField(name: "TTL", value: "5")], body: Array("hi".utf8))
    #expect(
      String(decoding: call.bytes, as: UTF8.self)
        == "POST /in?x HTTP/1.1\r\nHost: example.org:8443\r\nUser-Agent: Moot\r\nContent-Length: 2\r\n"
        + "Connection: close\r\nTTL: 5\r\n\r\nhi")
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n\r\n", 200, 0), ("HTTP/1.0 404 Not Found\n\n", 404, 0),
    ("HTTP/1.1 201 \r\nA: b\r\n\r\nbody", 201, 0),
    ("HTTP/1.1 429 Slow\r\nretry-AFTER:  120 \r\n\r\n", 429, 120),
    ("HTTP/1.1 503 x\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n", 503, 0),
    ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 204, 0),
  ])
  func answers(_ text: String, _ status: Int, _ retryAfter: Int64) throws {
    let answer = try #require(try HTTPAnswer.first(in: Array(text.utf8)))
    #expect(answer.status == status && answer.retryAfter == retryAfter)
    for end in 0..<text.utf8.count where !text.utf8.prefix(end).elementsEqual(text.utf8) {
      _ = try HTTPAnswer.first(in: Array(text.utf8.prefix(end)))
    }
  }

  @Test(arguments: ["HTTP/2 200\r\n\r\n", "hello\r\n\r\n", "HTTP/1.1 20 x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "\r\n\r\n"])
  func noAnswer(_ text: String) {
    #expect(throws: HTTPError.malformed) { try HTTPAnswer.first(in: Array(text.utf8)) }
  }

  @Test func endlessHead() {
    let bytes = Array("HTTP/1.1 200 OK\r\n".utf8) + [UInt8](repeating: 65, count: HTTPAnswer.headBytes)
    #expect(throws: HTTPError.tooLong) { try HTTPAnswer.first(in: bytes) }
  }
}
