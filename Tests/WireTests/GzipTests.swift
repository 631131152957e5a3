import Testing

@testable import Wire

@Suite struct GzipTests {
  private static let texts: [[UInt8]] = [
    [], [65], Array("abc".utf8), Array("aaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8), [UInt8](repeating: 0, count: 1_000),
    [UInt8](repeating: 200, count: 258), Array(0...255),
    Array((0..<70_000).map { UInt8(truncatingIfNeeded: $0 / 257) }),
    Array(String(repeating: "export function one(two) { return two; }\n", count: 2_000).utf8),
    Array((0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 7) }),
  ]

  @Test(arguments: texts)
  func comesBack(bytes: [UInt8]) throws {
    let file = Gzip.compressed(bytes)
    #expect(file.starts(with: [0x1f, 0x8b, 8]))
    var reader = BitReader(bytes: Array(file.dropFirst(10).dropLast(8)))
    #expect(reader.inflated() == bytes)
    let count = UInt32(bytes.count)
    #expect(file.suffix(4) == [UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16), 0])
  }

  @Test func saves() {
    let text = Array(String(repeating: "the same again, ", count: 1_000).utf8)
    #expect(Gzip.compressed(text).count < text.count / 50)
  }

  /// The check value of CRC-32: that of the digits 1 to 9.
  @Test func checksums() {
    #expect(Gzip.checksum(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(Gzip.checksum([]) == 0)
  }
}

/// Takes one block of fixed codes apart, as RFC 1951 says in section 3.2.
private struct BitReader {
  var bytes: [UInt8]
  var at = 0

  mutating func bit() -> Int {
    defer { at += 1 }
    return at / 8 < bytes.count ? Int(bytes[at / 8] >> (at % 8)) & 1 : 0
  }

  mutating func bits(_ count: Int) -> Int { (0..<count).reduce(0) { $0 | bit() << $1 } }
  mutating func code(_ count: Int, _ start: Int = 0) -> Int {
    (0..<count).reduce(start) { value, _ in value << 1 | bit() }
  }

  mutating func symbol() -> Int {
    let seven = code(7)
    if seven < 24 { return 256 + seven }
    let eight = code(1, seven)
    if eight < 0xc0 { return eight - 0x30 }
    if eight < 0xc8 { return 280 + eight - 0xc0 }
    return 144 + code(1, eight) - 0x190
  }

  mutating func inflated() -> [UInt8] {
    var output: [UInt8] = []
    guard bits(3) == 3 else { return [] }
    let lengths = [
      3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    while at / 8 < bytes.count {
      let symbol = symbol()
      if symbol == 256 { return output }
      guard symbol > 256 else {
        output.append(UInt8(symbol))
        continue
      }
      let length = lengths[symbol - 257] + bits(lengthBits[symbol - 257])
      let distanceCode = code(5)
      let more = max(0, distanceCode / 2 - 1)
      let base = distanceCode < 4 ? distanceCode + 1 : (2 + distanceCode % 2) << more + 1
      let distance = base + bits(more)
      guard distance <= output.count else { return [] }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
    return []
  }
}
