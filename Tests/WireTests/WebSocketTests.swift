import Testing
import Wire

@Suite struct WebSocketUpgradeTests {
  private func upgrade(_ fields: String, line: String = "GET /chat HTTP/1.1") throws(HTTPError) -> WebSocketUpgrade? {
    try WebSocketUpgrade(HTTPRequest(parsing: Array("\(line)\r\n\(fields)\r\n".utf8)))
  }
  private static let good = """
    Upgrade: WebSocket\r\nConnection: keep-alive, UPGRADE\r\nSec-WebSocket-Version: 13\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n
    """

  @Test func accepts() throws {
    let upgrade = try #require(try upgrade(Self.good))
    #expect(upgrade.subprotocol == nil)
    #expect(upgrade.acceptInput == Array("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
    // RFC 6455, section 1.3: the digest and the answer it belongs to.
    let digest: [UInt8] = [
      0xB3, 0x7A, 0x4F, 0x2C, 0xC0, 0x62, 0x4F, 0x16, 0x90, 0xF6, 0x46, 0x06, 0xCF, 0x38, 0x59, 0x45, 0xB2, 0xBE, 0xC4,
      0xEA,
    ]
    let answer = String(decoding: upgrade.answer(acceptDigest: digest), as: UTF8.self)
    #expect(answer.hasPrefix("HTTP/1.1 101 "))
    #expect(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    #expect(!answer.contains("Sec-WebSocket-Protocol"))
    #expect(answer.hasSuffix("\r\n\r\n"))
  }

  @Test(
    arguments: [
      ("text.ircv3.net", .text), ("binary.ircv3.net", .binary), ("binary.ircv3.net, text.ircv3.net", .binary),
      ("chat, text.ircv3.net,binary.ircv3.net", .text), ("chat", nil), ("TEXT.IRCV3.NET", nil), ("", nil),
    ] as [(String, WebSocketSubprotocol?)])
  func chooses(_ list: String, _ chosen: WebSocketSubprotocol?) throws {
    let upgrade = try #require(try upgrade("\(Self.good)Sec-WebSocket-Protocol: \(list)\r\n"))
    #expect(upgrade.subprotocol == chosen)
    let answer = String(decoding: upgrade.answer(acceptDigest: []), as: UTF8.self)
    #expect(answer.contains("Sec-WebSocket-Protocol: ") == (chosen != nil))
  }

  @Test func otherRequestsAreNone() throws {
    #expect(try upgrade("") == nil)
    #expect(try upgrade("Upgrade: h2c\r\nConnection: Upgrade\r\n") == nil)
  }

  @Test func refuses() {
    #expect(throws: HTTPError.malformed) { try upgrade(Self.good, line: "POST /chat HTTP/1.1") }
    #expect(throws: HTTPError.malformed) { try upgrade(Self.good, line: "GET /chat HTTP/1.0") }
    #expect(throws: HTTPError.malformed) { try upgrade(Self.good.replacing("UPGRADE", with: "close")) }
    #expect(throws: HTTPError.malformed) { try upgrade(Self.good.replacing("dGhl", with: "dGhlIH")) }
    #expect(throws: HTTPError.malformed) { try upgrade(Self.good.replacing("Sec-WebSocket-Key", with: "X-Key")) }
    #expect(throws: HTTPError.unsupportedWebSocket) { try upgrade(Self.good.replacing("13", with: "8")) }
  }
}

@Suite struct WebSocketReaderTests {
  private enum Seen: Equatable {
    case message(WebSocketMessage)
    case broken(WebSocketError)
  }

  /// What a reader makes of the bytes, given to it in pieces of so many bytes.
  private func read(_ bytes: [UInt8], pieces: Int = .max, masked: Bool = true, limit: Int = 100) -> [Seen] {
    var reader = WebSocketReader(expectsMask: masked, limit: limit)
    var seen: [Seen] = []
    var start = 0
    while start < bytes.count {
      let end = start + min(pieces, bytes.count - start)
      let piece = Array(bytes[start..<end])
      let broken = piece.withUnsafeBytes { raw -> WebSocketError? in
        var at = 0
        do throws(WebSocketError) {
          while let message = try reader.next(raw, &at) { seen.append(.message(message)) }
          return nil
        } catch {
          return error
        }
      }
      if let broken { return seen + [.broken(broken)] }
      start = end
    }
    return seen
  }

  private func frame(
    _ first: UInt8, _ payload: [UInt8], mask: UInt32? = 0x0102_0304, length: [UInt8]? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    WebSocketFrame.append(.binary, payload, mask: mask, to: &bytes)
    bytes[0] = first
    if let length { bytes.replaceSubrange(1..<2, with: [length[0] | (mask == nil ? 0 : 0x80)] + length.dropFirst()) }
    return bytes
  }

  @Test(arguments: [1, 2, 3, 5, 7, .max])
  func messagesHoweverTheyCome(_ pieces: Int) {
    let long = [UInt8](repeating: 66, count: 300)
    let bytes =
      frame(0x81, Array("hej \u{E5}".utf8)) + frame(0x82, [0xFF, 0]) + frame(0x81, []) + frame(0x82, long)
      + frame(0x01, Array("on".utf8)) + frame(0x89, [1, 2]) + frame(0x00, []) + frame(0x80, Array("e".utf8))
      + frame(0x8A, []) + frame(0x82, [UInt8](repeating: 1, count: 70_000)) + frame(0x88, [0x03, 0xE8, 65])
    let messages: [WebSocketMessage] = [
      .text(Array("hej \u{E5}".utf8)), .binary([0xFF, 0]), .text([]), .binary(long), .ping([1, 2]),
      .text(Array("one".utf8)), .pong([]), .oversized, .close(code: 1000),
    ]
    #expect(read(bytes, pieces: pieces, limit: 300) == messages.map { .message($0) })
  }

  @Test func unmaskedFromAServer() {
    let bytes = frame(0x81, Array("hi".utf8), mask: nil)
    #expect(read(bytes, masked: false) == [.message(.text(Array("hi".utf8)))])
    #expect(read(bytes) == [.broken(.protocolViolation)])
    #expect(read(frame(0x81, []), masked: false) == [.broken(.protocolViolation)])
  }

  // RFC 6455, section 5.7.
  @Test func samples() {
    #expect(
      read([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        == [.message(.text(Array("Hello".utf8)))])
    #expect(
      read([0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F], masked: false)
        == [.message(.text(Array("Hello".utf8)))])
  }

  @Test func limitCountsAllFragments() {
    let fragments = frame(0x02, [UInt8](repeating: 1, count: 60)) + frame(0x80, [UInt8](repeating: 1, count: 41))
    #expect(read(fragments + frame(0x82, [7])) == [.message(.oversized), .message(.binary([7]))])
    #expect(
      read(frame(0x82, [UInt8](repeating: 1, count: 100)))
        == [.message(.binary([UInt8](repeating: 1, count: 100)))])
  }

  @Test func hugeLengthsAreTakenCalmly() {
    let head = frame(0x82, [], length: [127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(read(head + [UInt8](repeating: 9, count: 10_000)) == [])
  }

  @Test(
    arguments: [
      ([0xC1], .protocolViolation), ([0xA1], .protocolViolation), ([0x91], .protocolViolation),
      ([0x83], .protocolViolation), ([0x8B], .protocolViolation), ([0x81, 0x00], .protocolViolation),
      // Control frames: in fragments, too long.
      ([0x09, 0x80], .protocolViolation), ([0x89, 0xFE], .protocolViolation),
      // A continuation of nothing, a new message within another.
      ([0x80, 0x80], .protocolViolation), ([0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80], .protocolViolation),
      // Lengths in more bytes than they need, and one above 2^63.
      ([0x82, 0xFE, 0, 125, 0, 0, 0, 0], .protocolViolation),
      ([0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0], .protocolViolation),
      ([0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .protocolViolation),
      // Close: half a code, codes that must not be sent, a reason that is not UTF-8.
      ([0x88, 0x81, 0, 0, 0, 0, 3], .protocolViolation), ([0x88, 0x82, 0, 0, 0, 0, 3, 0xED], .protocolViolation),
      ([0x88, 0x82, 0, 0, 0, 0, 0, 0], .protocolViolation), ([0x88, 0x82, 0, 0, 0, 0, 0xFF, 0xFF], .protocolViolation),
      ([0x88, 0x83, 0, 0, 0, 0, 3, 0xE8, 0xFF], .notUTF8),
      ([0x81, 0x81, 0, 0, 0, 0, 0xFF], .notUTF8),
    ] as [([UInt8], WebSocketError)])
  func broken(_ bytes: [UInt8], _ error: WebSocketError) {
    #expect(read(bytes) == [.broken(error)])
    #expect(read(bytes, pieces: 1) == [.broken(error)])
  }

  @Test func textIsJudgedAcrossFragments() {
    #expect(read(frame(0x01, [0xC3]) + frame(0x80, [0xA5])) == [.message(.text([0xC3, 0xA5]))])
    #expect(read(frame(0x01, [0xC3]) + frame(0x80, [])) == [.broken(.notUTF8)])
  }

  @Test func closeWithoutCode() {
    #expect(read(frame(0x88, [])) == [.message(.close(code: nil))])
    var bytes: [UInt8] = []
    WebSocketFrame.appendClose(code: WebSocketError.notUTF8.closeCode, mask: 7, to: &bytes)
    #expect(read(bytes) == [.message(.close(code: 1007))])
  }

  @Test func garbageNeverTraps() {
    var state: UInt64 = 1
    for _ in 0..<5_000 {
      let bytes = (0..<64).map { index -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let byte = UInt8(truncatingIfNeeded: state >> 40)
        return index == 1 ? byte | 0x80 : index == 0 ? byte & 0x8F : byte
      }
      #expect(read(bytes) == read(bytes, pieces: 3))
    }
  }
}
