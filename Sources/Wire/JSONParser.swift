/// Why a text is not JSON, and in which line.
package struct JSONError: Error, Equatable, Sendable {
  /// What is wrong with the text.
  package enum Problem: Equatable, Sendable {
    case tooLarge(limit: Int)
    case tooDeep(limit: Int)
    /// The text ends where this was expected.
    case ended(expected: String)
    /// This character or word stands where something else was expected.
    case unexpected(String, expected: String)
    case duplicateKey(String)
    case badNumber
    case badEscape
    case controlCharacter
    case notUTF8
  }

  package var line: Int
  package var problem: Problem

  package init(line: Int, problem: Problem) {
    self.line = line
    self.problem = problem
  }

  /// What is wrong and what to do about it, in words for people.
  package var message: String {
    switch problem {
    case .tooLarge(let limit): "larger than \(limit) bytes"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .ended(let expected): "the text ends where \(expected) is expected"
    case .unexpected(let found, let expected): "found \(found) where \(expected) is expected"
    case .duplicateKey(let name): "the key \"\(name)\" is there twice: remove one"
    case .badNumber: "not a number: JSON writes numbers like 12, -3 or 0.5"
    case .badEscape: "unknown escape in a string: write a backslash as \\\\"
    case .controlCharacter: "a string holds a line break or another control character: write it as \\n or \\u00XX"
    case .notUTF8: "not UTF-8: save the file as UTF-8"
    }
  }
}

extension JSON {
  /// Reads exactly one value, with white space around it, and nothing else.
  package init(parsing bytes: [UInt8], maxBytes: Int = 1 << 20, maxDepth: Int = 32) throws(JSONError) {
    guard bytes.count <= maxBytes else { throw JSONError(line: 1, problem: .tooLarge(limit: maxBytes)) }
    var parser = JSONParser(bytes: bytes, maxDepth: maxDepth)
    self = try parser.document()
  }
}

/// Reads a JSON text. Every step checks the end, so no input can trap it; depth is bounded, so none exhausts the stack.
private struct JSONParser {
  let bytes: [UInt8]
  let maxDepth: Int
  var at = 0
  var line = 1

  init(bytes: [UInt8], maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  mutating func document() throws(JSONError) -> JSON {
    // Some editors write a byte order mark, which RFC 8259, section 8.1, allows to ignore.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    skipWhiteSpace()
    let value = try value(depth: 0)
    skipWhiteSpace()
    guard at == bytes.count else { throw unexpected("the end of the text") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    let start = line
    guard let byte = peek() else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"): return JSON(.object(try object(depth: depth + 1)), line: start)
    case UInt8(ascii: "["): return JSON(.array(try array(depth: depth + 1)), line: start)
    case UInt8(ascii: "\""): return JSON(.string(try string()), line: start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return JSON(try number(), line: start)
    default: break
    }
    if word("true") { return JSON(.bool(true), line: start) }
    if word("false") { return JSON(.bool(false), line: start) }
    if word("null") { return JSON(.null, line: start) }
    throw unexpected("a value")
  }

  private mutating func object(depth: Int) throws(JSONError) -> [JSON.Member] {
    try enter(depth)
    var members: [JSON.Member] = []
    var names: Set<String> = []
    if take(UInt8(ascii: "}")) { return members }
    while true {
      let start = line
      guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let name = try string()
      guard names.insert(name).inserted else { throw JSONError(line: start, problem: .duplicateKey(name)) }
      skipWhiteSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
      members.append(JSON.Member(name: name, line: start, value: try value(depth: depth)))
      skipWhiteSpace()
      if take(UInt8(ascii: "}")) { return members }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or }") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
    try enter(depth)
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try value(depth: depth))
      skipWhiteSpace()
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else { throw unexpected("a comma or ]") }
    }
  }

  /// Steps over an opening bracket.
  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= maxDepth else { throw JSONError(line: line, problem: .tooDeep(limit: maxDepth)) }
    at += 1
    skipWhiteSpace()
  }

  private mutating func number() throws(JSONError) -> JSON.Kind {
    let start = at
    let bad = JSONError(line: line, problem: .badNumber)
    var isInteger = true
    if peek() == UInt8(ascii: "-") { at += 1 }
    let first = at
    guard digits() else { throw bad }
    guard bytes[first] != UInt8(ascii: "0") || at == first + 1 else { throw bad }
    if peek() == UInt8(ascii: ".") {
      isInteger = false
      at += 1
      guard digits() else { throw bad }
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      at += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { at += 1 }
      guard digits() else { throw bad }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw bad }
    return .number(value)
  }

  private mutating func digits() -> Bool {
    let start = at
    while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { at += 1 }
    return at > start
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = peek() {
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw JSONError(line: line, problem: .notUTF8)
        }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw JSONError(line: line, problem: .controlCharacter)
      default: text.append(byte)
      }
    }
    throw unexpected("the closing quote of a string")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = peek() else { throw unexpected("the closing quote of a string") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try unicodeEscape()).utf8)
    default: throw JSONError(line: line, problem: .badEscape)
    }
  }

  /// The four digits after `\u`, and the second half where they are the first of a surrogate pair.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    var code = try fourHexDigits()
    if code >= 0xD800, code < 0xDC00, word("\\u") {
      let low = try fourHexDigits()
      guard low >= 0xDC00, low < 0xE000 else { throw JSONError(line: line, problem: .badEscape) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw JSONError(line: line, problem: .badEscape) }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 128 else {
        throw JSONError(line: line, problem: .badEscape)
      }
      code = code << 4 | UInt32(digit)
      at += 1
    }
    return code
  }

  private func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    at += 1
    skipWhiteSpace()
    return true
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - at >= count else { return false }
    let matches = word.withUTF8Buffer { $0.elementsEqual(bytes[at..<at + count]) }
    if matches { at += count }
    return matches
  }

  private mutating func skipWhiteSpace() {
    while let byte = peek(), byte == 32 || byte == 9 || byte == 10 || byte == 13 {
      if byte == 10 { line += 1 }
      at += 1
    }
  }

  private func unexpected(_ expected: String) -> JSONError {
    guard let byte = peek() else { return JSONError(line: line, problem: .ended(expected: expected)) }
    let found =
      switch byte {
      case 0x21..<0x7F: "`\(Character(Unicode.Scalar(byte)))`"
      default: "a stray character"
      }
    return JSONError(line: line, problem: .unexpected(found, expected: expected))
  }
}
