/// What a file is called: read from what a client says, and written for headers and addresses.
package enum FileName {
  /// Bytes of a name: a line of a list, and short enough for every file system.
  package static let mostBytes = 120

  /// What a file is called that has no name.
  static let none = "file"

  /// Makes a name of what a client gives: without folders, and without what cannot be seen or turns text around.
  package static func clean(_ text: String) -> String {
    let last = text.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    var name = ""
    for scalar in last.unicodeScalars where !isHidden(scalar) { name.unicodeScalars.append(scalar) }
    while let first = name.first, first == " " || first == "." { name.removeFirst() }
    while name.last == " " { name.removeLast() }
    return name.isEmpty ? none : shortened(name)
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
    // What a name could be mistaken for parts of a header or of a page with.
    default: scalar == "\"" || scalar == "<" || scalar == ">"
    }
  }

  /// Cut in the middle, so that what follows the last dot stays.
  private static func shortened(_ name: String) -> String {
    guard name.utf8.count > mostBytes else { return name }
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    let ending = name[dot...].utf8.count <= 16 ? name[dot...] : ""
    var start = name[..<dot]
    while start.utf8.count + ending.utf8.count > mostBytes { start.removeLast() }
    return String(start + ending)
  }

  /// The name that the field `Content-Disposition` gives (RFC 6266, section 4); empty for none.
  package static func of(disposition value: String) -> String {
    var plain = ""
    for parameter in parameters(value) {
      if parameter.name == "filename*", let name = extended(parameter.value) { return clean(name) }
      if parameter.name == "filename", plain.isEmpty { plain = parameter.value }
    }
    return plain.isEmpty ? "" : clean(plain)
  }

  private static func parameters(_ value: String) -> [(name: String, value: String)] {
    var parameters: [(name: String, value: String)] = []
    var rest = value.drop { $0 != ";" }
    while rest.first == ";" {
      rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
      let name = rest.prefix { $0 != "=" && $0 != ";" }
      rest = rest[name.endIndex...]
      guard rest.first == "=" else { continue }
      let (text, after) = parameterValue(rest.dropFirst())
      parameters.append((fold(String(name.filter { $0 != " " })), text))
      rest = after.drop { $0 != ";" }
    }
    return parameters
  }

  /// A value, in quotes or not, and what follows it.
  private static func parameterValue(_ text: Substring) -> (String, Substring) {
    guard text.first == "\"" else {
      let value = text.prefix { $0 != ";" && $0 != " " }
      return (String(value), text[value.endIndex...])
    }
    var value = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst(), character != "\"" {
      if character == "\\", let escaped = rest.popFirst() {
        value.append(escaped)
      } else {
        value.append(character)
      }
    }
    return (value, rest)
  }

  /// A value with its encoding (RFC 8187): `UTF-8''na%C3%AFve.txt`.
  private static func extended(_ text: String) -> String? {
    let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, fold(String(parts[0])) == "utf-8" else { return nil }
    var bytes: [UInt8] = []
    var rest = Array(parts[2].utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(code)
      rest = rest.dropFirst(2)
    }
    return isUTF8(bytes, in: bytes.indices) ? String(decoding: bytes, as: UTF8.self) : nil
  }

  /// The name as a part of an address, or as an extended value.
  package static func encoded(_ name: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        out.append(byte)
      default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The field `Content-Disposition` for a file of this name.
  package static func disposition(_ name: String, isShown: Bool) -> String {
    let plain = String(decoding: name.utf8.map { $0 < 0x20 || $0 > 0x7E || $0 == 0x5C ? 0x5F : $0 }, as: UTF8.self)
    let words = "\(isShown ? "inline" : "attachment"); filename=\"\(plain.filter { $0 != "\"" })\""
    return plain == name ? words : words + "; filename*=UTF-8''\(encoded(name))"
  }
}
