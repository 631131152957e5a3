/// Why the head of a request cannot be served.
package enum HTTPError: Error, Equatable, Sendable {
  /// Not the head of an HTTP request.
  case malformed
  /// Longer than `HTTPRequest.headBytes`.
  case tooLong
  /// Neither HTTP/1.0 nor HTTP/1.1.
  case unsupportedVersion
  /// An upgrade to a WebSocket of a version other than 13.
  case unsupportedWebSocket
}

/// A named value in the head of a request or an answer.
package struct HTTPField: Equatable, Sendable {
  /// In lower case where it was read.
  package var name: String
  /// Without the white space around it.
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// The head of an HTTP/1 request (RFC 9112). A body, which only webhooks take, is the caller's to read.
package struct HTTPRequest: Equatable, Sendable {
  /// The most bytes of a head: more than any browser sends without cookies.
  package static let headBytes = 8 << 10

  package private(set) var method: String
  /// The target up to its `?`; starts with `/`.
  package private(set) var path: String
  /// What follows the `?` of the target; empty where there is none.
  package private(set) var query: String
  /// Whether it is HTTP/1.1 and not 1.0.
  package private(set) var isVersion11: Bool
  package private(set) var fields: [HTTPField] = []

  /// Where the head ends, behind its empty line; nil: more is to come.
  package static func endOfHead(in bytes: [UInt8]) throws(HTTPError) -> Int? {
    var at = 0
    let end = min(bytes.count, headBytes)
    while at < end {
      if bytes[at] == 10 {
        if at + 1 < end, bytes[at + 1] == 10 { return at + 2 }
        if at + 2 < end, bytes[at + 1] == 13, bytes[at + 2] == 10 { return at + 3 }
      }
      at += 1
    }
    if bytes.count >= headBytes { throw .tooLong }
    return nil
  }

  /// Reads a head, which ends with its empty line. Lines may end with LF alone (RFC 9112, section 2.2).
  package init(parsing head: some Collection<UInt8>) throws(HTTPError) {
    guard head.count <= Self.headBytes else { throw .tooLong }
    let lines = head.split(separator: 10, omittingEmptySubsequences: false).map { line in
      Array(line.last == 13 ? line.dropLast() : line)
    }
    guard let first = lines.first else { throw .malformed }
    let words = first.split(separator: 32, omittingEmptySubsequences: false)
    guard words.count == 3, Self.isToken(words[0]), words[1].first == UInt8(ascii: "/"),
      words[1].allSatisfy({ $0 > 32 && $0 < 127 })
    else { throw .malformed }
    switch words[2] {
    case ArraySlice("HTTP/1.1".utf8): isVersion11 = true
    case ArraySlice("HTTP/1.0".utf8): isVersion11 = false
    default: throw words[2].starts(with: Array("HTTP/".utf8)) ? .unsupportedVersion : .malformed
    }
    method = String(decoding: words[0], as: UTF8.self)
    let parts = words[1].split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    path = String(decoding: parts[0], as: UTF8.self)
    query = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
    // What follows the last LF is not a line.
    for line in lines.dropFirst().dropLast() {
      if line.isEmpty { return }
      fields.append(try Self.field(line))
    }
    throw .malformed
  }

  private static func field(_ line: [UInt8]) throws(HTTPError) -> HTTPField {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else { throw .malformed }
    var value = line[(colon + 1)...]
    guard value.allSatisfy({ $0 == 9 || ($0 >= 32 && $0 != 127) }) else { throw .malformed }
    while let last = value.last, last == 32 || last == 9 { value.removeLast() }
    value = value.drop { $0 == 32 || $0 == 9 }
    return HTTPField(
      name: String(decoding: line[..<colon].map { fold($0) }, as: UTF8.self),
      value: String(decoding: value, as: UTF8.self))
  }

  private static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// The value of the first field of that name, given in lower case.
  package func first(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// The items of all fields of that name, which are lists separated by commas.
  package func list(_ name: String) -> [String] {
    fields.filter { $0.name == name }.flatMap { field in
      field.value.split(separator: ",").map { item in
        let start = item.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
      }.filter { !$0.isEmpty }
    }
  }
}
