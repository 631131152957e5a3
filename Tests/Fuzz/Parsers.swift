import Wire

@testable import Core
@testable import Server

// Each reads the bytes, and checks what has to hold for whatever came out.

func fuzzLine(_ bytes: [UInt8]) {
  if let time = Timestamp.parse(bytes) { precondition(Timestamp.parse(Timestamp.text(time).utf8) == time) }
  _ = isUTF8(bytes, in: bytes.indices)
  guard let end = bytes.firstIndex(of: 10) ?? bytes.indices.last.map({ $0 + 1 }),
    let line = try? Line(
      parsing: bytes, in: 0..<end, tagBytes: Limits.clientTagBytes, lineBytes: Limits.lineBytes)
  else { return }
  var parts = [line.tags, line.source, line.command]
  for index in 0..<line.count { parts.append(line[index]) }
  for part in parts { precondition(part.lowerBound >= 0 && part.upperBound <= end) }
  Tags.forEach(in: bytes, line.tags) { key, value in
    precondition(!key.isEmpty && key.upperBound <= value.lowerBound && value.upperBound <= line.tags.upperBound)
    let meant = Tags.unescape(bytes[value])
    var written: [UInt8] = []
    Tags.appendEscaped(meant, to: &written)
    precondition(Tags.unescape(written[...]) == meant)
  }
}

func fuzzJSON(_ bytes: [UInt8]) {
  guard let value = try? JSON(parsing: bytes) else { return }
  guard let again = try? JSON(parsing: value.bytes, maxBytes: 8 << 20) else {
    preconditionFailure("what was written cannot be read")
  }
  precondition(again == value || containsNumber(value))
}

/// A fraction may be written with other digits than it was read from.
private func containsNumber(_ value: JSON) -> Bool {
  switch value.kind {
  case .number: true
  case .array(let elements): elements.contains(where: containsNumber)
  case .object(let members): members.contains { containsNumber($0.value) }
  default: false
  }
}

func fuzzHTTP(_ bytes: [UInt8]) {
  guard let end = try? HTTPRequest.endOfHead(in: bytes) else { return }
  precondition(end <= bytes.count)
  guard let request = try? HTTPRequest(parsing: bytes[..<end]) else { return }
  precondition(request.path.hasPrefix("/"))
  if let upgrade = try? WebSocketUpgrade(request) {
    precondition(!upgrade.answer(acceptDigest: Array(repeating: 1, count: 20)).isEmpty)
  }
}

/// What programs post, and what servers elsewhere answer.
func fuzzCalls(_ bytes: [UInt8]) {
  _ = try? HTTPAnswer.first(in: bytes)
  if let address = WebAddress(String(decoding: bytes, as: UTF8.self)) {
    precondition(WebAddress(address.text) == address)
  }
  _ = PushRegistration.keys(parsing: bytes)
  for isJSON in [false, true] {
    let post = WebhookPost(secretHash: [], key: "", isJSON: isJSON, body: bytes)
    guard let text = try? WebhookText(post) else { continue }
    precondition(isUTF8(text.body, in: text.body.indices) && (text.name.isEmpty || Names.isNick(text.name)))
    precondition(text.isMultiline ? Multiline.isBody(text.body) : !text.body.contains { $0 == 10 || $0 == 13 })
    precondition(!text.body.isEmpty && !text.body.contains(0) && !text.body.contains(1))
  }
}

/// What is said of files, and what is in them.
func fuzzFiles(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  let name = FileName.of(disposition: "attachment;" + text)
  precondition(name.utf8.count <= FileName.mostBytes && !name.utf8.contains { $0 < 0x20 || $0 == 0x2F })
  precondition(FileName.disposition(name, isShown: true).utf8.allSatisfy { (32...126).contains($0) })
  precondition(FileName.of(disposition: FileName.disposition(name, isShown: false)) == name || name.isEmpty)
  if case .part(let part) = ByteRange("bytes=" + text, size: 1_000) {
    precondition(part.lowerBound >= 0 && part.upperBound <= 1_000 && !part.isEmpty)
  }
  let type = MediaType(claim: text, head: bytes[...])
  precondition(type.isShown ? !type.isFalse : type.type == MediaType.unknown)
  // However the bytes are cut on their way, the same comes out of them.
  precondition(body(of: bytes, cutEvery: max(1, bytes.count)) == body(of: bytes, cutEvery: 3))
}

/// What is in a body that comes in chunks; nil where it is malformed.
private func body(of bytes: [UInt8], cutEvery count: Int) -> [UInt8]? {
  var body = ChunkedBody()
  var data: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: count) {
    let piece = Array(bytes[start...].prefix(count))
    do throws(ChunkedBody.Malformed) {
      try piece.span.bytes.withUnsafeBytes { (piece) throws(ChunkedBody.Malformed) in
        var at = 0
        while let range = try body.next(piece, &at) { data += piece[range] }
      }
    } catch {
      return nil
    }
  }
  return data
}

func fuzzWebSocket(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  // However the bytes are cut on their way, the same messages come out of them.
  let whole = messages(of: stream, cutEvery: max(1, stream.count))
  let pieces = messages(of: stream, cutEvery: Int(first & 31) + 1)
  precondition(whole.error == pieces.error && whole.messages == pieces.messages)
}

private func messages(of stream: [UInt8], cutEvery count: Int) -> (messages: [WebSocketMessage], error: UInt16?) {
  var reader = WebSocketReader(expectsMask: true, limit: Limits.inputLine)
  var messages: [WebSocketMessage] = []
  for start in stride(from: 0, to: stream.count, by: count) {
    let piece = Array(stream[start..<min(stream.count, start + count)])
    do throws(WebSocketError) {
      try piece.span.bytes.withUnsafeBytes { (bytes) throws(WebSocketError) in
        var at = 0
        while let message = try reader.next(bytes, &at) { messages.append(message) }
        precondition(at == bytes.count)
      }
    } catch {
      return (messages, error.closeCode)
    }
  }
  return (messages, nil)
}

func fuzzBase64(_ bytes: [UInt8]) {
  precondition(Base64.decode(Base64.encode(bytes)) == bytes)
  if let decoded = Base64.decode(bytes) { precondition(Base64.encode(decoded) == bytes) }
}

func fuzzDirectory(_ bytes: [UInt8]) {
  guard let directory = try? Directory(parsing: bytes, of: "realms.json") else { return }
  for name in directory.names { precondition(isRealmName(name) && directory[name] != nil) }
}

func fuzzConfiguration(_ bytes: [UInt8]) {
  let directory = #"{ "realms": [ { "name": "alpha", "irc": "127.0.0.1:6667", "trust": "first-use" } ] }"#
  guard let directory = try? Directory(parsing: Array(directory.utf8), of: "realms.json"),
    let alpha = directory["alpha"]
  else { preconditionFailure("the directory of the test is bad") }
  let verifier = Verifier(salt: [], iterations: 1, storedKey: [], serverKey: [])
  _ = try? Configuration(
    ServeOptions(realm: "alpha"), alpha, directory, text: bytes, of: "alpha.json", derive: { _, _ in verifier })
}
