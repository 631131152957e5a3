import Testing
import Wire

@Suite struct UTF8Tests {
  private func check(_ bytes: [UInt8]) -> Bool { isUTF8(bytes, in: 0..<bytes.count) }

  // RFC 3629, section 4: the edges of every row of the table.
  @Test(
    arguments: [
      [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xEC, 0xBF, 0xBF], [0xED, 0x9F, 0xBF],
      [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF3, 0xBF, 0xBF, 0xBF],
      [0xF4, 0x8F, 0xBF, 0xBF],
    ] as [[UInt8]])
  func accepts(_ bytes: [UInt8]) {
    // Wherever it stands: the check takes eight bytes at a time.
    for before in 0..<17 {
      #expect(check(Array(repeating: 97, count: before) + bytes + Array(repeating: 98, count: 9)))
    }
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x7F], [0xC2, 0xC0], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0],
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF0, 0x90, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE],
      [0xFF],
    ] as [[UInt8]])
  func refuses(_ bytes: [UInt8]) {
    for before in 0..<17 {
      #expect(!check(Array(repeating: 97, count: before) + bytes))
      #expect(!check(Array(repeating: 97, count: before) + bytes + Array(repeating: 98, count: 9)))
    }
  }

  /// The standard library repairs what is not well-formed: where it changes nothing, all was well.
  @Test func agreesWithTheStandardLibrary() {
    var state: UInt64 = 7
    for _ in 0..<50_000 {
      var bytes: [UInt8] = []
      for _ in 0..<5 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let interesting: [UInt8] = [0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F]
        bytes.append(state & 1 << 40 == 0 ? interesting[Int(state >> 44) % 12] : UInt8(truncatingIfNeeded: state >> 48))
      }
      #expect(check(bytes) == (Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes))
    }
  }

  @Test func readsOnlyItsRange() {
    let bytes: [UInt8] = [0xFF, 0xC3, 0xA9, 0xFF]
    #expect(isUTF8(bytes, in: 1..<3))
    #expect(!isUTF8(bytes, in: 0..<3))
    #expect(!isUTF8(bytes, in: 1..<2))
    #expect(!isUTF8(bytes, in: 1..<9))
  }
}
