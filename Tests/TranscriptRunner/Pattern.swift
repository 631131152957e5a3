/// What varies from one run to the next, by the names that stand for it in transcripts: `{time}` matches any time,
/// `{time:1}` the same one wherever it stands in the file.
struct Bindings {
  private(set) var values: [String: String] = [:]
  private var lastNumber: [String: Int] = [:]

  init(_ script: Script) {
    // Numbers in use are not given out again.
    for line in script.lines {
      for part in line.split(separator: "{").dropFirst() {
        let words = part.prefix { $0 != "}" }.split(separator: ":")
        guard words.count == 2, let number = Int(words[1]) else { continue }
        lastNumber[String(words[0])] = max(number, lastNumber[String(words[0])] ?? 0)
      }
    }
  }

  mutating func bind(_ name: String, to value: String) { values[name] = value }

  /// The name under which a value is known, or a new one.
  mutating func name(of value: Substring, kind: String) -> String {
    let known = values.filter { $0.value == value && $0.key.hasPrefix(kind + ":") }.keys.min()
    if let known { return "{\(known)}" }
    let number = (lastNumber[kind] ?? 0) + 1
    lastNumber[kind] = number
    values["\(kind):\(number)"] = String(value)
    return "{\(kind):\(number)}"
  }

  /// The name under which a value is known already.
  func knownName(of value: Substring, kind: String) -> String? {
    values.filter { $0.value == value && $0.key.hasPrefix(kind + ":") }.keys.min().map { "{\($0)}" }
  }
}

/// A line as a transcript gives it, with its placeholders.
struct Pattern {
  private enum Part {
    case literal(String)
    case value(kind: String, name: String?)
  }

  private var parts: [Part] = []

  /// The characters that the values of a kind are made of; nil for a name that stands for nothing.
  private static func accepts(_ kind: String) -> ((Character) -> Bool)? {
    switch kind {
    case "time": { $0.isNumber || "-:.TZ".contains($0) }
    case "id": { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    case "batch": { $0.isLetter || $0.isNumber }
    case "seconds", "position": { $0.isNumber }
    case "token": { $0 != " " }
    case "any": { _ in true }
    default: nil
    }
  }

  init(_ text: String) {
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}") else { break }
      let words = rest[rest.index(after: open)..<close].split(separator: ":", omittingEmptySubsequences: false)
      guard let kind = words.first, Self.accepts(String(kind)) != nil else {
        parts.append(.literal(String(rest[...open])))
        rest = rest[rest.index(after: open)...]
        continue
      }
      parts.append(.literal(String(rest[..<open])))
      parts.append(.value(kind: String(kind), name: words.count > 1 ? words.joined(separator: ":") : nil))
      rest = rest[rest.index(after: close)...]
    }
    parts.append(.literal(String(rest)))
  }

  /// Whether a line is as the pattern says; binds what has a name.
  func matches(_ line: String, _ bindings: inout Bindings) -> Bool {
    var rest = line[...]
    var bound = bindings
    for part in parts {
      switch part {
      case .literal(let text):
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
      case .value(let kind, let name):
        if let name, let known = bound.values[name] {
          guard rest.hasPrefix(known) else { return false }
          rest = rest.dropFirst(known.count)
          continue
        }
        guard let accepts = Self.accepts(kind) else { return false }
        let value = rest.prefix(while: accepts)
        guard !value.isEmpty else { return false }
        if let name { bound.bind(name, to: String(value)) }
        rest = rest.dropFirst(value.count)
      }
    }
    guard rest.isEmpty else { return false }
    bindings = bound
    return true
  }
}

/// Texts of transcripts as they are sent.
enum Sending {
  /// Replaces placeholders by their values, then expands `{byte ff}`, `{500 x a}`, `{plain alice sesame}` and
  /// `{base64 abc}`.
  static func bytes(_ text: String, _ bindings: Bindings) -> [UInt8] {
    var text = text
    for (name, value) in bindings.values { text = text.replacing("{\(name)}", with: value) }
    var out: [UInt8] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let words = rest[rest.index(after: open)..<close].split(separator: " ").map(String.init)
      guard let expanded = expand(words) else {
        out += Array(rest[...open].utf8)
        rest = rest[rest.index(after: open)...]
        continue
      }
      out += Array(rest[..<open].utf8) + expanded
      rest = rest[rest.index(after: close)...]
    }
    return out + Array(rest.utf8)
  }

  private static func expand(_ words: [String]) -> [UInt8]? {
    if words.count == 2, words[0] == "byte", let byte = UInt8(words[1], radix: 16) { return [byte] }
    if words.count == 3, words[1] == "x", let count = Int(words[0]) {
      return Array(repeatElement(Array(words[2].utf8), count: count).joined())
    }
    if words.count == 3, words[0] == "plain" {
      return Array(base64(Array("\0\(words[1])\0\(words[2])".utf8)).utf8)
    }
    if words.count == 2, words[0] == "base64" { return Array(base64(Array(words[1].utf8)).utf8) }
    return nil
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var out = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let chunk = bytes[start..<min(start + 3, bytes.count)]
      var value = 0
      for index in 0..<3 { value = value << 8 | (index < chunk.count ? Int(chunk[start + index]) : 0) }
      for index in 0..<4 {
        out.append(index <= chunk.count ? alphabet[value >> (18 - 6 * index) & 63] : "=")
      }
    }
    return out
  }
}
