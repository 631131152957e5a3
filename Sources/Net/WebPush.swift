import COpenSSL

/// Messages to push services: sealed so that only the client they are for can read them (RFC 8291), and signed so that
/// the service knows who sends them (RFC 8292).
package enum WebPush {
  /// Bytes of a client's secret (RFC 8291, section 3.2).
  package static let authBytes = 16
  /// The most bytes of text: with all that is added the body has 4096 (RFC 8291, section 4).
  package static let textBytes = 3_993
  /// Bytes of a record, as the header says (RFC 8188, section 2.1).
  private static let recordBytes: UInt32 = 4_096
  private static let saltBytes = 16
  /// Texts are padded to a multiple of this, so that their length tells little.
  private static let padding = 128

  /// The body for a client, in the coding `aes128gcm`; nil for a public key that is none.
  package static func seal(_ text: [UInt8], to point: [UInt8], auth: [UInt8]) -> [UInt8]? {
    let padded = (text.count + 1 + padding - 1) / padding * padding
    return seal(
      text, padding: min(padded, textBytes + 1) - text.count - 1, to: point, auth: auth, secret: P256.makeSecret(),
      salt: Crypto.randomBytes(saltBytes))
  }

  /// The same with what is drawn at random given, as the specification's example has it.
  static func seal(
    _ text: [UInt8], padding: Int, to point: [UInt8], auth: [UInt8], secret: [UInt8], salt: [UInt8]
  ) -> [UInt8]? {
    precondition(text.count <= textBytes && auth.count == authBytes, "more than fits a push")
    guard let own = P256.publicKey(of: secret), let shared = P256.agree(secret, with: point) else { return nil }
    // RFC 8291, section 3.4.
    let keyInfo = Array("WebPush: info\0".utf8) + point + own
    let input = Crypto.hkdfSHA256(shared, salt: auth, info: keyInfo, count: 32)
    let key = Crypto.hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: aes128gcm\0".utf8), count: 16)
    let nonce = Crypto.hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: nonce\0".utf8), count: 12)
    // RFC 8188, section 2: the one record is the last, which 2 says.
    let record = text + [2] + [UInt8](repeating: 0, count: max(0, padding))
    let size = (0..<4).map { UInt8(truncatingIfNeeded: recordBytes >> (24 - 8 * UInt32($0))) }
    return salt + size + [UInt8(own.count)] + own + Crypto.sealAES128(record, key: key, nonce: nonce)
  }

  /// The field `Authorization` for a service (RFC 8292, sections 2 and 3).
  ///
  /// - Parameters:
  ///   - origin: the service's, `https://push.example.org`.
  ///   - contact: `mailto:` or `https:`, whom the service may write to; empty for nobody.
  ///   - expires: seconds since 1970, within the next day.
  package static func authorization(origin: String, contact: String, expires: Int64, secret: [UInt8]) -> String? {
    guard let point = P256.publicKey(of: secret) else { return nil }
    var claims = #"{"aud":"\#(origin)","exp":\#(expires)"#
    if !contact.isEmpty { claims += #","sub":"\#(contact)""# }
    claims += "}"
    let signed = base64URL(Array(#"{"typ":"JWT","alg":"ES256"}"#.utf8)) + "." + base64URL(Array(claims.utf8))
    guard let signature = P256.sign(Array(signed.utf8), secret: secret) else { return nil }
    return "vapid t=\(signed).\(base64URL(signature)), k=\(base64URL(point))"
  }

  /// RFC 4648, section 5, without padding.
  package static func base64URL(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = (bits & 0x3F) << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        out.append(alphabet[Int(bits >> count & 63)])
      }
    }
    if count > 0 { out.append(alphabet[Int(bits << (6 - count) & 63)]) }
    return String(decoding: out, as: UTF8.self)
  }
}

extension Crypto {
  /// AES-128-GCM (SP 800-38D): the ciphertext, and 16 bytes more that prove who made it. A nonce of 12 bytes is used
  /// once under a key of 16.
  static func sealAES128(_ plain: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
    precondition(key.count == 16 && nonce.count == 12, "AES-128-GCM takes a key of 16 bytes and a nonce of 12")
    guard let context = EVP_CIPHER_CTX_new() else { fatalError("OpenSSL has no memory for a cipher") }
    defer { EVP_CIPHER_CTX_free(context) }
    var sealed = [UInt8](repeating: 0, count: plain.count + sealBytes)
    var count: Int32 = 0
    let done = sealed.withUnsafeMutableBufferPointer { sealed -> Bool in
      guard let out = sealed.baseAddress else { return false }
      return EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nil, key, nonce) == 1
        && EVP_EncryptUpdate(context, out, &count, plain, Int32(plain.count)) == 1
        && EVP_EncryptFinal_ex(context, out + Int(count), &count) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(sealBytes), out + plain.count) == 1
    }
    precondition(done, "OpenSSL could not seal")
    return sealed
  }
}
