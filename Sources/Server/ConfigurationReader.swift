import Wire

/// Reads the keys of one JSON object, and refuses by line, key and remedy whatever does not fit.
struct ConfigurationReader {
  let place: String
  /// The line of the object.
  let line: Int
  private let members: [JSON.Member]

  /// - Parameter keys: all keys the object may have; any other is refused.
  init(_ json: JSON, in place: String, as what: String, keys: [String]) throws(ConfigurationError) {
    guard case .object(let members) = json.kind else {
      throw ConfigurationError(place, line: json.line, "\(what) must be an object { … }, not \(json.kindName)")
    }
    for member in members where !keys.contains(member.name) {
      let remedy =
        if let key = closest(to: member.name, among: keys) {
          "did you mean \"\(key)\"?"
        } else {
          "remove it; known here: \(keys.joined(separator: ", "))"
        }
      throw ConfigurationError(place, line: member.line, "unknown key \"\(member.name)\": \(remedy)")
    }
    self.place = place
    self.line = json.line
    self.members = members
  }

  subscript(key: String) -> JSON? { members.first { $0.name == key }?.value }

  /// The line of a key, or of the object where the key is missing.
  func line(of key: String) -> Int { members.first { $0.name == key }?.line ?? line }

  func error(_ key: String, _ problem: String) -> ConfigurationError {
    ConfigurationError(place, line: line(of: key), problem)
  }

  /// A required string.
  func string(_ key: String, missing remedy: String) throws(ConfigurationError) -> String {
    guard let text = try string(key) else { throw error(key, "\"\(key)\" is missing: \(remedy)") }
    return text
  }

  /// A string without control characters, nowhere empty.
  func string(_ key: String, maxBytes: Int = 200) throws(ConfigurationError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.text else { throw wrongKind(value, of: key, wanted: "a string") }
    guard !text.isEmpty else { throw error(key, "\"\(key)\" is empty: give it a value or leave the key out") }
    guard !hasControlCharacters(text) else {
      throw error(key, "\"\(key)\" holds a control character: remove it")
    }
    guard text.utf8.count <= maxBytes else {
      throw error(key, "\"\(key)\" has \(text.utf8.count) bytes: shorten it to \(maxBytes)")
    }
    return text
  }

  func bool(_ key: String, default value: Bool) throws(ConfigurationError) -> Bool {
    guard let json = self[key] else { return value }
    guard case .bool(let value) = json.kind else { throw wrongKind(json, of: key, wanted: "true or false") }
    return value
  }

  func integer(_ key: String, in range: ClosedRange<Int>, default value: Int) throws(ConfigurationError) -> Int {
    guard let json = self[key] else { return value }
    guard case .integer(let number) = json.kind else { throw wrongKind(json, of: key, wanted: "a whole number") }
    guard let value = Int(exactly: number), range.contains(value) else {
      throw error(
        key, "\"\(key)\" is \(number): it must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// An array of strings, with the line of each.
  func strings(_ key: String) throws(ConfigurationError) -> [(text: String, line: Int)]? {
    guard let json = self[key] else { return nil }
    guard let elements = json.elements else { throw wrongKind(json, of: key, wanted: "an array of strings") }
    var strings: [(text: String, line: Int)] = []
    for element in elements {
      guard let text = element.text else { throw wrongKind(element, of: key, wanted: "an array of strings") }
      strings.append((text, element.line))
    }
    return strings
  }

  func wrongKind(_ json: JSON, of key: String, wanted: String) -> ConfigurationError {
    ConfigurationError(place, line: json.line, "\"\(key)\" must be \(wanted), not \(json.kindName)")
  }
}

/// Whether a text holds what has no place in one line of text.
func hasControlCharacters(_ text: String) -> Bool {
  text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
}
