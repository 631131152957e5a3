/// The tags of a line, taken apart one by one (IRCv3 message-tags, "Format").
package enum Tags {
  /// Calls `body` with the ranges of key and raw (still escaped) value of each tag in `range` of `bytes`; an absent
  /// value is an empty range.
  package static func forEach(
    in bytes: [UInt8], _ range: Range<Int>, _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      var end = start
      var equals: Int?
      while end < range.upperBound, bytes[end] != UInt8(ascii: ";") {
        if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
        end += 1
      }
      let keyEnd = equals ?? end
      if keyEnd > start { body(start..<keyEnd, min(keyEnd + 1, end)..<end) }
      start = end + 1
    }
  }

  /// The value a client meant (message-tags, "Escaping values"): an unknown escape is its character, a lone backslash
  /// at the end is dropped.
  package static func unescape(_ raw: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(raw.count)
    var escaped = false
    for byte in raw {
      guard escaped || byte == UInt8(ascii: "\\") else {
        out.append(byte)
        continue
      }
      guard escaped else {
        escaped = true
        continue
      }
      escaped = false
      switch byte {
      case UInt8(ascii: ":"): out.append(UInt8(ascii: ";"))
      case UInt8(ascii: "s"): out.append(32)
      case UInt8(ascii: "r"): out.append(13)
      case UInt8(ascii: "n"): out.append(10)
      default: out.append(byte)
      }
    }
    return out
  }

  /// Appends a value in its escaped form.
  package static func appendEscaped(_ value: some Sequence<UInt8>, to out: inout [UInt8]) {
    for byte in value {
      switch byte {
      case UInt8(ascii: ";"): out.append(contentsOf: "\\:".utf8)
      case 32: out.append(contentsOf: "\\s".utf8)
      case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
      case 13: out.append(contentsOf: "\\r".utf8)
      case 10: out.append(contentsOf: "\\n".utf8)
      default: out.append(byte)
      }
    }
  }
}
