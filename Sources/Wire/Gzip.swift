/// Compresses what is sent often (RFC 1951 and 1952): repetitions by reference, everything else by the fixed codes.
///
/// The codes that a file's own letters would deserve save another fifth, and are three times the code.
package enum Gzip {
  private static let window = 32_768
  private static let longest = 258
  /// How many earlier places are compared: more find little.
  private static let candidates = 48

  /// The bytes as a gzip file.
  package static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var output = BitWriter()
    // One block, the last, of fixed codes.
    output.put(1, 1)
    output.put(1, 2)
    var places = Places(bytes)
    var at = 0
    while at < bytes.count {
      let match = places.match(at, longest: longest, window: window, candidates: candidates)
      if match.length >= 3 {
        putLength(match.length, &output)
        putDistance(match.distance, &output)
      } else {
        putLiteral(Int(bytes[at]), &output)
      }
      for _ in 0..<max(1, match.length) {
        places.add(at)
        at += 1
      }
    }
    putLiteral(256, &output)
    let head: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]
    return head + output.finished() + littleEndian(checksum(bytes))
      + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
  }

  private static func littleEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  // MARK: fixed codes (RFC 1951, section 3.2.6)

  private static func putLiteral(_ symbol: Int, _ output: inout BitWriter) {
    switch symbol {
    case 0..<144: output.putCode(0x30 + symbol, 8)
    case 144..<256: output.putCode(0x190 + symbol - 144, 9)
    case 256..<280: output.putCode(symbol - 256, 7)
    default: output.putCode(0xc0 + symbol - 280, 8)
    }
  }

  /// Where each code begins, and the bits that follow it: lengths from 257 on, distances from 0 on (section 3.2.5).
  private static let lengths: [(base: Int, bits: Int)] = steps(first: 3, group: 4, plain: 8, count: 28) + [(258, 0)]
  private static let distances: [(base: Int, bits: Int)] = steps(first: 1, group: 2, plain: 4, count: 30)

  private static func steps(first: Int, group: Int, plain: Int, count: Int) -> [(base: Int, bits: Int)] {
    var base = first
    return (0..<count).map { index in
      let bits = index < plain ? 0 : (index - plain) / group + 1
      defer { base += 1 << bits }
      return (base, bits)
    }
  }

  private static func putLength(_ length: Int, _ output: inout BitWriter) {
    let index = lengths.lastIndex { $0.base <= length } ?? 0
    putLiteral(257 + index, &output)
    output.put(length - lengths[index].base, lengths[index].bits)
  }

  private static func putDistance(_ distance: Int, _ output: inout BitWriter) {
    let index = distances.lastIndex { $0.base <= distance } ?? 0
    output.putCode(index, 5)
    output.put(distance - distances[index].base, distances[index].bits)
  }

  // MARK: the checksum (RFC 1952, section 8)

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }
}

/// Bits, the lowest first.
private struct BitWriter {
  private var bytes: [UInt8] = []
  private var waiting: UInt64 = 0
  private var count = 0

  mutating func put(_ value: Int, _ bits: Int) {
    waiting |= UInt64(truncatingIfNeeded: value) << UInt64(count)
    count += bits
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: waiting))
      waiting >>= 8
      count -= 8
    }
  }

  /// Codes stand with their highest bit first.
  mutating func putCode(_ code: Int, _ bits: Int) {
    for bit in stride(from: bits - 1, through: 0, by: -1) { put(code >> bit & 1, 1) }
  }

  func finished() -> [UInt8] {
    count > 0 ? bytes + [UInt8(truncatingIfNeeded: waiting)] : bytes
  }
}

/// Where three bytes that stand somewhere stood before.
private struct Places {
  private let bytes: [UInt8]
  private var newest = [Int](repeating: -1, count: 1 << 14)
  private var before: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    before = [Int](repeating: -1, count: bytes.count)
  }

  private func slot(_ at: Int) -> Int {
    let three = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
    return (three &* 0x9e37_79b1) >> 12 & (1 << 14 - 1)
  }

  mutating func add(_ at: Int) {
    guard at + 2 < bytes.count else { return }
    let slot = slot(at)
    before[at] = newest[slot]
    newest[slot] = at
  }

  func match(_ at: Int, longest: Int, window: Int, candidates: Int) -> (length: Int, distance: Int) {
    guard at + 2 < bytes.count else { return (0, 0) }
    let most = min(longest, bytes.count - at)
    var best = (length: 0, distance: 0)
    var place = newest[slot(at)]
    var left = candidates
    while place >= 0, at - place <= window, left > 0, best.length < most {
      var length = 0
      while length < most, bytes[place + length] == bytes[at + length] { length += 1 }
      if length > best.length { best = (length, at - place) }
      place = before[place]
      left -= 1
    }
    return best
  }
}
