/// A POST that this realm makes, on a connection that ends with it.
package struct HTTPCall: Equatable, Sendable {
  package var address: WebAddress
  /// Fields besides the host, the length and the end of the connection.
  package var fields: [HTTPField]
  package var body: [UInt8]

  package init(_ address: WebAddress, fields: [HTTPField], body: [UInt8]) {
    self.address = address
    self.fields = fields
    self.body = body
  }

  /// The request as it is sent (RFC 9112).
  package var bytes: [UInt8] {
    var head = "POST \(address.target) HTTP/1.1\r\nHost: \(address.authority)\r\n"
    head += "User-Agent: Moot\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    return Array((head + "\r\n").utf8) + body
  }
}

/// The head of an answer to a request of ours. What follows it is not read: nothing here needs it.
package struct HTTPAnswer: Equatable, Sendable {
  /// The most bytes of heads: more than any service sends.
  package static let headBytes = 16 << 10

  package var status: Int
  /// Seconds of the field `Retry-After`; 0 where there is none, or a date.
  package var retryAfter: Int64 = 0

  /// Reads the first answer that is final, behind any that only say to wait (RFC 9110, section 15.2); nil: more is to
  /// come.
  package static func first(in bytes: [UInt8]) throws(HTTPError) -> HTTPAnswer? {
    var start = 0
    while let end = end(of: bytes, from: start) {
      let answer = try HTTPAnswer(parsing: bytes[start..<end])
      if answer.status >= 200 || answer.status == 101 { return answer }
      start = end
    }
    if bytes.count >= headBytes { throw .tooLong }
    return nil
  }

  /// Behind the empty line that ends a head.
  private static func end(of bytes: [UInt8], from start: Int) -> Int? {
    var at = start
    while at < bytes.count {
      if bytes[at] == 10 {
        if at + 1 < bytes.count, bytes[at + 1] == 10 { return at + 2 }
        if at + 2 < bytes.count, bytes[at + 1] == 13, bytes[at + 2] == 10 { return at + 3 }
      }
      at += 1
    }
    return nil
  }

  private init(parsing head: ArraySlice<UInt8>) throws(HTTPError) {
    let lines = head.split(separator: 10).map { line in
      String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
    }
    let words = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
      words[1].utf8.allSatisfy({ (48...57).contains($0) }), let status = Int(words[1]), status >= 100
    else { throw .malformed }
    self.status = status
    for line in lines.dropFirst() {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), fold(String(line[..<colon])) == "retry-after"
      else { continue }
      let value = line[line.index(after: colon)...].filter { $0 != " " && $0 != "\t" }
      guard value.utf8.count <= 9, value.utf8.allSatisfy({ (48...57).contains($0) }) else { continue }
      retryAfter = Int64(value) ?? 0
    }
  }
}
