import Wire

/// A code by which people register where that takes an invitation. The store keeps a hash of it: who reads a backup
/// cannot register with it.
package struct InvitationCode: Equatable, Sendable {
  package var id: Int64
  package var hash: [UInt8]
  /// How many accounts it still makes.
  package var uses: Int
  package var created: Milliseconds
  /// From when on it is good for nothing; 0 for never.
  package var expires: Milliseconds
  /// What it is for, in the words of who made it.
  package var note: String

  package init(
    id: Int64, hash: [UInt8], uses: Int, created: Milliseconds, expires: Milliseconds = 0, note: String = ""
  ) {
    self.id = id
    self.hash = hash
    self.uses = uses
    self.created = created
    self.expires = expires
    self.note = note
  }

  func isExpired(at now: Milliseconds) -> Bool { expires != 0 && expires <= now }

  // The text that people pass on: 80 bits, which nobody guesses, in an alphabet (Crockford's base 32) that can be read
  // out on the telephone.

  static let randomBytes = 10
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// The code that random bytes make: `k3f9-2xmt-8vqc-p7dn`.
  static func text(of bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = (bits & 0xFF) << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        if out.count % 5 == 4 { out.append(UInt8(ascii: "-")) }
        out.append(alphabet[Int(bits >> count & 31)])
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// A code as somebody typed it, reduced to what counts. Forms that insist on an e-mail address get
  /// `k3f9-2xmt-8vqc-p7dn@invite`: what follows the `@` is left out.
  static func plain(_ given: String) -> [UInt8] {
    fold(given).utf8.prefix { $0 != UInt8(ascii: "@") }.filter { $0 != UInt8(ascii: "-") }.map {
      switch $0 {
      case UInt8(ascii: "o"): UInt8(ascii: "0")
      case UInt8(ascii: "i"), UInt8(ascii: "l"): UInt8(ascii: "1")
      default: $0
      }
    }
  }
}
