/// Why bytes are not what they should be, in words for people.
package struct MalformedBytes: Error, Equatable, Sendable {
  package var message: String
  package init(_ message: String) { self.message = message }
}

/// Binary fields, as links and circuits have them (docs/link-protocol.md, "Fields"): integers are big-endian, texts and
/// byte strings have their length before them in two bytes.
extension [UInt8] {
  /// Appends two bytes.
  package mutating func appendUInt16(_ value: UInt16) { appendBigEndian(value) }
  /// Appends four bytes.
  package mutating func appendUInt32(_ value: UInt32) { appendBigEndian(value) }
  /// Appends eight bytes.
  package mutating func appendUInt64(_ value: UInt64) { appendBigEndian(value) }
  /// Appends eight bytes, in two's complement.
  package mutating func appendInt64(_ value: Int64) { appendBigEndian(value) }
  /// Appends 1 for yes, 0 for no.
  package mutating func appendBool(_ value: Bool) { append(value ? 1 : 0) }

  /// Appends at most 65,535 bytes, with their length.
  package mutating func appendField(_ bytes: [UInt8]) {
    appendUInt16(UInt16(bytes.count))
    append(contentsOf: bytes)
  }

  /// Appends a text of at most 65,535 bytes, with its length.
  package mutating func appendField(_ text: String) {
    appendUInt16(UInt16(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  /// Appends what `body` appends, with its length before it in four bytes.
  package mutating func appendSized(_ body: (inout [UInt8]) -> Void) {
    let start = count
    appendUInt32(0)
    body(&self)
    let length = UInt32(count - start - 4)
    for index in 0..<4 { self[start + index] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
  }

  @inline(__always)
  private mutating func appendBigEndian<Value: FixedWidthInteger>(_ value: Value) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

/// Takes binary fields out of bytes, one after the other. What a field promises and the bytes do not hold is an error,
/// never a trap.
package struct ByteReader {
  private let bytes: [UInt8]
  private var at: Int
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    at = 0
    end = bytes.count
  }

  /// Reads only a part of the bytes, which must hold it.
  package init(_ bytes: [UInt8], in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    at = range.lowerBound
    end = range.upperBound
  }

  /// How many bytes are left.
  package var count: Int { end - at }
  package var isAtEnd: Bool { at == end }

  /// One byte.
  package mutating func uint8() throws(MalformedBytes) -> UInt8 { try integer() }
  /// A number in two bytes.
  package mutating func uint16() throws(MalformedBytes) -> UInt16 { try integer() }
  /// A number in four bytes.
  package mutating func uint32() throws(MalformedBytes) -> UInt32 { try integer() }
  /// A number in eight bytes.
  package mutating func uint64() throws(MalformedBytes) -> UInt64 { try integer() }
  /// A number in eight bytes that may be negative.
  package mutating func int64() throws(MalformedBytes) -> Int64 { try integer() }

  /// 0 or 1, in a byte.
  package mutating func bool() throws(MalformedBytes) -> Bool {
    let value = try uint8()
    guard value < 2 else { throw MalformedBytes("a yes or no that is neither") }
    return value == 1
  }

  /// The next so many bytes.
  package mutating func bytes(_ count: Int) throws(MalformedBytes) -> [UInt8] { Array(bytes[try take(count)]) }

  /// All bytes that are left.
  package mutating func rest() -> [UInt8] {
    defer { at = end }
    return Array(bytes[at..<end])
  }

  /// A byte string with its length.
  package mutating func field(upTo limit: Int) throws(MalformedBytes) -> [UInt8] {
    Array(bytes[try fieldRange(upTo: limit)])
  }

  /// A text with its length.
  package mutating func text(upTo limit: Int) throws(MalformedBytes) -> String {
    let range = try fieldRange(upTo: limit)
    guard isUTF8(bytes, in: range) else { throw MalformedBytes("a text that is not UTF-8") }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// A reader for what follows its length in four bytes; this one goes on behind it.
  package mutating func sized() throws(MalformedBytes) -> ByteReader {
    ByteReader(bytes, in: try take(Int(try uint32())))
  }

  /// The number of elements of a list, each of which takes at least so many bytes: so that no list is longer than the
  /// bytes that are there.
  package mutating func listCount(bytesEach: Int) throws(MalformedBytes) -> Int {
    let elements = Int(try uint32())
    guard elements <= count / bytesEach else { throw MalformedBytes("a list that is cut short") }
    return elements
  }

  /// Nothing may be left over.
  package func finish() throws(MalformedBytes) {
    guard isAtEnd else { throw MalformedBytes("bytes left over at the end") }
  }

  private mutating func fieldRange(upTo limit: Int) throws(MalformedBytes) -> Range<Int> {
    let length = Int(try uint16())
    guard length <= limit else { throw MalformedBytes("a field of \(length) bytes, where \(limit) are allowed") }
    return try take(length)
  }

  private mutating func take(_ count: Int) throws(MalformedBytes) -> Range<Int> {
    guard count <= end - at else { throw MalformedBytes("it is cut short") }
    defer { at += count }
    return at..<at + count
  }

  @inline(__always)
  private mutating func integer<Value: FixedWidthInteger>() throws(MalformedBytes) -> Value {
    let range = try take(MemoryLayout<Value>.size)
    return bytes.withUnsafeBytes {
      Value(bigEndian: $0.loadUnaligned(fromByteOffset: range.lowerBound, as: Value.self))
    }
  }
}
