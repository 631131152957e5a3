/// Base64 with padding (RFC 4648, section 4), as SASL wants it.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let rest = bytes.count - index
      let second = rest > 1 ? bytes[index + 1] : 0
      let third = rest > 2 ? bytes[index + 2] : 0
      let bits = Int(bytes[index]) << 16 | Int(second) << 8 | Int(third)
      out.append(alphabet[bits >> 18])
      out.append(alphabet[bits >> 12 & 63])
      out.append(rest > 1 ? alphabet[bits >> 6 & 63] : UInt8(ascii: "="))
      out.append(rest > 2 ? alphabet[bits & 63] : UInt8(ascii: "="))
      index += 3
    }
    return out
  }
}
