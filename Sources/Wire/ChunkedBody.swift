/// Takes a body apart that comes in chunks (RFC 9112, section 7.1). Holds nothing but where it is.
package struct ChunkedBody: Sendable {
  /// The body is not what it says to be.
  package struct Malformed: Error, Equatable, Sendable {
    package init() {}
  }

  private enum Place: Equatable {
    /// The line before a chunk: its length so far, how many digits that had, and whether something follows it.
    case length(Int, digits: Int, isPast: Bool)
    /// So many bytes of a chunk are to come.
    case data(Int)
    /// The end of line behind a chunk.
    case afterData
    /// The lines behind the last chunk; whether the one in hand is empty so far.
    case trailer(isEmpty: Bool)
    case end
  }

  /// Digits of a length: more than any file has.
  private static let mostDigits = 12
  /// Bytes that may stand around the chunks, beside one for each that they hold: extensions and trailers, which nobody
  /// sends, and chunks of a few bytes each.
  private static let overhead = 16 << 10

  private var place = Place.length(0, digits: 0, isPast: false)
  private var around = 0

  package init() {}

  /// Whether all of it has come.
  package var isComplete: Bool { place == .end }

  /// The next part of the body; nil: more has to come first, or that was all.
  ///
  /// - Parameter at: where `bytes` are not looked at yet; moved on.
  package mutating func next(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) throws(Malformed) -> Range<Int>? {
    while at < bytes.count, place != .end {
      if case .data(let left) = place {
        let count = min(left, bytes.count - at)
        around -= count
        place = count == left ? .afterData : .data(left - count)
        defer { at += count }
        return at..<at + count
      }
      try take(bytes[at])
      at += 1
      around += 1
      guard around <= Self.overhead else { throw Malformed() }
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) throws(Malformed) {
    switch place {
    case .length(let length, let digits, let isPast):
      if byte == 10 {
        guard digits > 0 else { throw Malformed() }
        place = length == 0 ? .trailer(isEmpty: true) : .data(length)
      } else if let digit = Self.digit(byte), !isPast {
        guard digits < Self.mostDigits else { throw Malformed() }
        place = .length(length << 4 | digit, digits: digits + 1, isPast: false)
      } else {
        // An extension, or the CR.
        guard digits > 0 else { throw Malformed() }
        place = .length(length, digits: digits, isPast: true)
      }
    case .afterData:
      guard byte == 10 || byte == 13 else { throw Malformed() }
      if byte == 10 { place = .length(0, digits: 0, isPast: false) }
    case .trailer(let isEmpty):
      if byte == 10 {
        place = isEmpty ? .end : .trailer(isEmpty: true)
      } else if byte != 13 {
        place = .trailer(isEmpty: false)
      }
    case .data, .end: break
    }
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
