/// A line from a server, taken apart as the grammar says (Modern IRC, "Message Format"; message-tags, "Format"). It
/// shares no code with the server, and takes nothing that the grammar does not allow.
struct Message: Sendable, CustomStringConvertible {
  /// In the order in which they came, unescaped; nil: without a value.
  var tags: [(key: String, value: String?)] = []
  /// Empty where there is none.
  var source = ""
  /// In upper case.
  var command = ""
  var parameters: [String] = []
  /// The line as it came, without CR LF.
  let bytes: [UInt8]

  var description: String { String(decoding: bytes, as: UTF8.self) }

  struct Malformed: Error, CustomStringConvertible {
    var description: String
  }

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    guard !bytes.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else { throw Self.malformed(bytes, "a byte") }
    var rest = bytes[...]
    if rest.first == UInt8(ascii: "@") {
      tags = try Self.tags(Self.word(&rest).dropFirst(), bytes)
    }
    if rest.first == UInt8(ascii: ":") { source = Self.text(Self.word(&rest).dropFirst()) }
    let command = Self.word(&rest)
    let isNumeric = command.count == 3 && command.allSatisfy { (48...57).contains($0) }
    guard isNumeric || !command.isEmpty && command.allSatisfy({ (65...90).contains($0 & 0xdf) }) else {
      throw Self.malformed(bytes, "the command")
    }
    guard !isNumeric || !source.isEmpty else { throw Self.malformed(bytes, "a numeric without a source") }
    self.command = Self.text(command).uppercased()
    while !rest.isEmpty {
      if rest.first == UInt8(ascii: ":") {
        parameters.append(Self.text(rest.dropFirst()))
        return
      }
      parameters.append(Self.text(Self.word(&rest)))
    }
  }

  /// The next word; the spaces behind it go too.
  private static func word(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let word = rest.prefix { $0 != 32 }
    rest = rest.dropFirst(word.count).drop { $0 == 32 }
    return word
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func malformed(_ bytes: [UInt8], _ what: String) -> Malformed {
    Malformed(description: "\(what) is against the grammar: \(String(decoding: bytes, as: UTF8.self))")
  }

  private static func tags(_ bytes: ArraySlice<UInt8>, _ line: [UInt8]) throws -> [(key: String, value: String?)] {
    try bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { tag in
      let parts = tag.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      // What else a key may hold is not for who reads it to judge.
      guard !parts[0].isEmpty else { throw malformed(line, "a tag without a key") }
      return (text(parts[0]), parts.count > 1 ? unescaped(text(parts[1])) : nil)
    }
  }

  /// message-tags, "Escaping values".
  private static func unescaped(_ value: String) -> String {
    var out = ""
    var isEscaped = false
    for character in value {
      if isEscaped {
        out.append([":": ";", "s": " ", "r": "\r", "n": "\n"][character] ?? character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        out.append(character)
      }
    }
    return out
  }

  // MARK: reading

  /// The value of a tag, empty where it has none; nil: the tag is not there.
  func tag(_ key: String) -> String? { tags.last { $0.key == key }.map { $0.value ?? "" } }

  /// The name before `!` and `@`.
  var nick: String { String(source.prefix { $0 != "!" && $0 != "@" }) }

  /// The last parameter.
  var text: String { parameters.last ?? "" }

  var isNumeric: Bool { command.first?.isNumber == true }

  /// A parameter, or nothing.
  subscript(_ index: Int) -> String { index < parameters.count ? parameters[index] : "" }
}
