/// Whether the bytes at `range` are well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above
/// U+10FFFF. ASCII, which is most of what passes, is checked eight bytes at a time.
package func isUTF8(_ bytes: [UInt8], in range: Range<Int>) -> Bool {
  bytes.withUnsafeBytes { raw in
    guard range.lowerBound >= 0, range.upperBound <= raw.count else { return false }
    return isUTF8(UnsafeRawBufferPointer(rebasing: raw[range]))
  }
}

/// Whether the bytes are well-formed UTF-8.
package func isUTF8(_ raw: UnsafeRawBufferPointer) -> Bool {
  var at = 0
  let end = raw.count
  while at < end {
    while end - at >= 8, raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
      at += 8
    }
    guard at < end else { return true }
    let length = sequenceLength(raw, at, end)
    guard length > 0 else { return false }
    at += length
  }
  return true
}

/// The length of the well-formed sequence that starts at `at`, or 0 where there is none.
private func sequenceLength(_ raw: UnsafeRawBufferPointer, _ at: Int, _ end: Int) -> Int {
  let first = raw[at]
  if first < 0x80 { return 1 }
  func continues(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
    at + offset < end && raw[at + offset] >= low && raw[at + offset] <= high
  }
  switch first {
  case 0xC2...0xDF: return continues(1) ? 2 : 0
  case 0xE0: return continues(1, 0xA0) && continues(2) ? 3 : 0
  case 0xED: return continues(1, 0x80, 0x9F) && continues(2) ? 3 : 0
  case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : 0
  case 0xF0: return continues(1, 0x90) && continues(2) && continues(3) ? 4 : 0
  case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : 0
  case 0xF4: return continues(1, 0x80, 0x8F) && continues(2) && continues(3) ? 4 : 0
  default: return 0
  }
}
