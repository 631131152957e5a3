package import Core
import Net

/// Passwords as they are stored: SCRAM-SHA-256's verifier (RFC 5802, section 3; RFC 7677), from which the password
/// cannot be read back and which SCRAM can use as it is.
package enum Password {
  /// Bytes of salt.
  package static let saltBytes = 16

  /// Makes the stored form of a new password, under a fresh salt.
  package static func verifier(of secret: [UInt8], iterations: Int) -> Verifier {
    verifier(of: secret, salt: Crypto.randomBytes(saltBytes), iterations: iterations)
  }

  /// Makes the stored form under a given salt.
  package static func verifier(of secret: [UInt8], salt: [UInt8], iterations: Int) -> Verifier {
    let salted = Crypto.pbkdf2SHA256(password: secret, salt: salt, iterations: iterations)
    return Verifier(
      salt: salt, iterations: iterations,
      storedKey: Crypto.sha256(Crypto.hmacSHA256(key: salted, Array("Client Key".utf8))),
      serverKey: Crypto.hmacSHA256(key: salted, Array("Server Key".utf8)))
  }

  /// Whether this is the password; takes as long for a wrong one as for the right one.
  package static func matches(_ secret: [UInt8], _ known: Verifier) -> Bool {
    let given = verifier(of: secret, salt: known.salt, iterations: known.iterations)
    return Crypto.equalInConstantTime(given.storedKey, known.storedKey)
  }

  /// Checks a client's proof over the messages of a SCRAM exchange.
  ///
  /// - Returns: the server's signature over the same; nil for a proof that is none.
  package static func signature(of message: [UInt8], proof: [UInt8], _ known: Verifier) -> [UInt8]? {
    let signature = Crypto.hmacSHA256(key: known.storedKey, message)
    guard proof.count == signature.count else { return nil }
    let clientKey = zip(proof, signature).map { $0 ^ $1 }
    guard Crypto.equalInConstantTime(Crypto.sha256(clientKey), known.storedKey) else { return nil }
    return Crypto.hmacSHA256(key: known.serverKey, message)
  }
}

/// The tokens that devices log in with instead of the password: 32 random bytes, so that one SHA-256 is enough to
/// keep them by.
package enum DeviceToken {
  /// What every token begins with, so that people and scanners see what it is.
  package static let prefix = "moot-"
  static let randomCount = 32
  /// Characters of base64 that 32 bytes take.
  static let digits = 43

  /// Makes a token.
  static func make() -> (secret: String, hash: [UInt8]) {
    let secret = prefix + base64URL(Crypto.randomBytes(randomCount))
    return (secret, hash(Array(secret.utf8)))
  }

  /// What the store knows a token by.
  static func hash(_ secret: [UInt8]) -> [UInt8] { Crypto.sha256(secret) }

  /// Whether a secret can be a token; a password that looks like one is still tried as a password.
  static func isPossible(_ secret: [UInt8]) -> Bool {
    secret.count == prefix.utf8.count + digits && secret.starts(with: prefix.utf8)
  }

  /// RFC 4648, section 5, without padding.
  static func base64URL(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        out.append(alphabet[Int(bits >> UInt32(count) & 63)])
      }
      bits &= (1 << UInt32(count)) - 1
    }
    if count > 0 { out.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
    return String(decoding: out, as: UTF8.self)
  }
}
