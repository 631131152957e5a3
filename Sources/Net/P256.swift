import COpenSSL

/// Keys of the curve P-256, which web push agrees on keys and signs with (RFC 8291, RFC 8292).
package enum P256 {
  /// Bytes of a secret, of a public key (a point, not compressed), and of a signature (RFC 7518, section 3.4).
  package static let secretBytes = 32
  package static let pointBytes = 65
  package static let signatureBytes = 64

  /// A key in OpenSSL's form, freed with its owner.
  private struct Key: ~Copyable {
    let raw: OpaquePointer

    init?(secret: [UInt8]) {
      guard secret.count == secretBytes, let raw = moot_p256_secret(secret) else { return nil }
      self.raw = raw
    }

    init?(point: [UInt8]) {
      guard point.count == pointBytes, point[0] == 4, let raw = moot_p256_public(point) else {
        ERR_clear_error()
        return nil
      }
      self.raw = raw
    }

    deinit { EVP_PKEY_free(raw) }
  }

  /// A secret made of another, `seed`, and the same for the same one. Of all strings of 32 bytes but one in four
  /// thousand millions is one.
  package static func secret(from seed: [UInt8], info: String) -> [UInt8] {
    var number: UInt8 = 0
    while true {
      let secret = Crypto.hkdfSHA256(seed, info: Array(info.utf8) + [number], count: secretBytes)
      if publicKey(of: secret) != nil { return secret }
      number += 1
    }
  }

  /// A fresh secret.
  package static func makeSecret() -> [UInt8] { secret(from: Crypto.randomBytes(32), info: "P-256") }

  /// The public key of a secret; nil for what is none.
  package static func publicKey(of secret: [UInt8]) -> [UInt8]? {
    guard let key = Key(secret: secret) else { return nil }
    var point = [UInt8](repeating: 0, count: pointBytes)
    return moot_p256_point(key.raw, &point) == 1 ? point : nil
  }

  /// What the owners of both keys share, 32 bytes; nil for a public key that is no point of the curve (SP 800-56A).
  package static func agree(_ secret: [UInt8], with point: [UInt8]) -> [UInt8]? {
    guard let key = Key(secret: secret), let other = Key(point: point) else { return nil }
    let context = EVP_PKEY_CTX_new(key.raw, nil)
    defer {
      EVP_PKEY_CTX_free(context)
      ERR_clear_error()
    }
    var shared = [UInt8](repeating: 0, count: 32)
    var count = shared.count
    guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, other.raw) == 1,
      EVP_PKEY_derive(context, &shared, &count) == 1, count == 32
    else { return nil }
    return shared
  }

  /// Signs a message with SHA-256 (ES256, RFC 7518, section 3.4); nil for what is no secret.
  package static func sign(_ message: [UInt8], secret: [UInt8]) -> [UInt8]? {
    guard let key = Key(secret: secret) else { return nil }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var encoded = [UInt8](repeating: 0, count: 80)
    var count = encoded.count
    var signature = [UInt8](repeating: 0, count: signatureBytes)
    let done =
      EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.raw) == 1
      && EVP_DigestSign(context, &encoded, &count, message, message.count) == 1
      && moot_p256_signature(encoded, count, &signature) == 1
    precondition(done, "OpenSSL could not sign")
    return signature
  }

  /// Whether the owner of a public key has signed the message so.
  package static func verify(_ signature: [UInt8], of message: [UInt8], by point: [UInt8]) -> Bool {
    guard signature.count == signatureBytes, let key = Key(point: point) else { return false }
    let encoded = der(signature)
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key.raw) == 1
      && EVP_DigestVerify(context, encoded, encoded.count, message, message.count) == 1
  }

  /// The form of RFC 3279, section 2.2.3: a sequence of two numbers, which are positive.
  private static func der(_ signature: [UInt8]) -> [UInt8] {
    func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      var digits = Array(bytes.drop { $0 == 0 })
      if digits.first.map({ $0 > 127 }) ?? true { digits.insert(0, at: 0) }
      return [2, UInt8(digits.count)] + digits
    }
    let numbers = number(signature[..<32]) + number(signature[32...])
    return [0x30, UInt8(numbers.count)] + numbers
  }
}
