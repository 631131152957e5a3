import Core
import Net

/// OpenSSL's cryptography under the realm's key, for the core.
struct RealmCryptography: Cryptography {
  private let key: RealmKey
  let pushKey: [UInt8]

  /// Signs with this key.
  init(_ key: RealmKey) {
    self.key = key
    pushKey = P256.publicKey(of: key.pushSecret) ?? []
  }

  var identity: [UInt8] { key.publicKey }

  func sign(_ message: [UInt8]) -> [UInt8] { Ed25519.sign(message, secret: key.secret) }

  func verify(_ signature: [UInt8], of message: [UInt8], by identity: [UInt8]) -> Bool {
    Ed25519.verify(signature, of: message, by: identity)
  }

  func expand(_ secret: [UInt8], _ label: [UInt8], count: Int) -> [UInt8] {
    Crypto.hkdfSHA256(secret, info: label, count: count)
  }

  func publicKey(of secret: [UInt8]) -> [UInt8] { X25519.publicKey(of: secret) }

  func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? {
    X25519.agree(secret, with: publicKey)
  }

  func seal(_ plain: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8] {
    Crypto.seal(plain, key: key, nonce: Self.nonce(counter), associated: associated)
  }

  func open(_ sealed: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]? {
    Crypto.open(sealed, key: key, nonce: Self.nonce(counter), associated: associated)
  }

  /// Four zero bytes, then the counter, the highest byte first (docs/link-protocol.md).
  private static func nonce(_ counter: UInt64) -> [UInt8] {
    [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: counter >> (56 - 8 * $0)) }
  }
}
