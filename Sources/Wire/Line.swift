/// Why a line is none.
package enum LineError: Error, Equatable, Sendable {
  /// Nothing but white space: to be ignored (Modern IRC, "Compatibility with incorrect software").
  case empty
  /// No command after tags or source, or one that is not letters or three digits.
  case malformed
  /// Longer than allowed: ERR_INPUTTOOLONG.
  case tooLong
  /// Not UTF-8 (ISUPPORT UTF8ONLY).
  case notUTF8
}

/// One IRC line, taken apart without copying: ranges into the bytes it was read from
/// (Modern IRC, "Message Format"; IRCv3 message-tags, "Format").
package struct Line: Sendable {
  /// The most parameters a line can have (RFC 1459, section 2.3).
  package static let parametersMax = 15

  /// The tags without `@` and the space after; empty where there are none.
  package private(set) var tags: Range<Int>
  /// The source without `:`; empty where there is none.
  package private(set) var source: Range<Int>
  package private(set) var command: Range<Int>
  package private(set) var count = 0
  private var starts = InlineArray<15, Int32>(repeating: 0)
  private var ends = InlineArray<15, Int32>(repeating: 0)

  /// The range of parameter `index`, which must be below `count`.
  package subscript(index: Int) -> Range<Int> {
    precondition(index < count)
    return Int(starts[index])..<Int(ends[index])
  }

  /// Takes the line at `range` of `bytes` apart; the range holds no LF, and at most one CR at its end.
  ///
  /// - Parameters:
  ///   - tagBytes: bytes the tags may take, with `@` and the space.
  ///   - lineBytes: bytes the rest may take, with CR LF.
  package init(
    parsing bytes: [UInt8], in range: Range<Int>, tagBytes: Int = 8_191, lineBytes: Int = 512
  ) throws(LineError) {
    var at = range.lowerBound
    var end = range.upperBound
    tags = at..<at
    source = at..<at
    command = at..<at
    guard at >= 0, end <= bytes.count, end < Int(Int32.max) else { throw .malformed }
    if end > at, bytes[end - 1] == 13 { end -= 1 }
    if at < end, bytes[at] == UInt8(ascii: "@") {
      let start = at + 1
      while at < end, bytes[at] != 32 { at += 1 }
      tags = start..<at
      guard at - start + 2 <= tagBytes else { throw .tooLong }
      Self.skipSpaces(bytes, &at, end)
    }
    guard end - at + 2 <= lineBytes else { throw .tooLong }
    Self.skipSpaces(bytes, &at, end)
    if at < end, bytes[at] == UInt8(ascii: ":") {
      let start = at + 1
      while at < end, bytes[at] != 32 { at += 1 }
      source = start..<at
      Self.skipSpaces(bytes, &at, end)
    }
    let start = at
    while at < end, bytes[at] != 32 {
      guard Self.isCommandByte(bytes[at]) else { throw .malformed }
      at += 1
    }
    command = start..<at
    guard !command.isEmpty else {
      throw tags.isEmpty && source.isEmpty ? .empty : .malformed
    }
    parseParameters(bytes, &at, end)
  }

  private mutating func parseParameters(_ bytes: [UInt8], _ at: inout Int, _ end: Int) {
    while count < Self.parametersMax {
      Self.skipSpaces(bytes, &at, end)
      guard at < end else { return }
      let trailing = bytes[at] == UInt8(ascii: ":")
      if trailing { at += 1 }
      starts[count] = Int32(at)
      if trailing || count == Self.parametersMax - 1 {
        at = end
      } else {
        while at < end, bytes[at] != 32 { at += 1 }
      }
      ends[count] = Int32(at)
      count += 1
    }
  }

  @inline(__always)
  private static func skipSpaces(_ bytes: [UInt8], _ at: inout Int, _ end: Int) {
    while at < end, bytes[at] == 32 { at += 1 }
  }

  @inline(__always)
  private static func isCommandByte(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
  }
}
