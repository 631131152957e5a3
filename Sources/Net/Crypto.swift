import COpenSSL

/// The cryptography that accounts and WebSocket need, done by OpenSSL. That it fails for such small inputs can only
/// mean that the process is out of memory or OpenSSL is broken, and no password must be accepted then: it ends.
package enum Crypto {
  /// SHA-256 (FIPS 180-4), 32 bytes.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    digest(bytes, EVP_sha256(), count: 32)
  }

  /// SHA-1, 20 bytes: only for the accept key of WebSocket, which asks for it (RFC 6455, section 1.3).
  package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
    digest(bytes, EVP_sha1(), count: 20)
  }

  private static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer, count: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    let done = EVP_Digest(bytes, bytes.count, &result, nil, algorithm, nil)
    precondition(done == 1, "OpenSSL could not compute a digest")
    return result
  }

  /// HMAC with SHA-256 (RFC 2104), 32 bytes.
  package static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let done = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &result, &length)
    precondition(done != nil && length == 32, "OpenSSL could not compute an HMAC")
    return result
  }

  /// PBKDF2 with HMAC-SHA-256 (RFC 8018), 32 bytes: what RFC 5802 calls the salted password. Slow on purpose.
  package static func pbkdf2SHA256(password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
    precondition(iterations > 0 && iterations <= Int(Int32.max))
    var result = [UInt8](repeating: 0, count: 32)
    let done = password.withUnsafeBufferPointer { password in
      password.withMemoryRebound(to: CChar.self) { password in
        PKCS5_PBKDF2_HMAC(
          password.baseAddress, Int32(password.count), salt, Int32(salt.count), Int32(iterations), EVP_sha256(), 32,
          &result)
      }
    }
    precondition(done == 1, "OpenSSL could not derive a key")
    return result
  }

  /// So many bytes that nobody can guess.
  package static func randomBytes(_ count: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&result, Int32(count)) == 1, "OpenSSL has no random bytes")
    return result
  }

  /// Whether two secrets are the same; the time it takes does not tell where they differ.
  package static func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
  }
}

/// SHA-256 of what comes piece by piece. Belongs to one thread.
package final class RunningDigest {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("OpenSSL could not begin a digest")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Takes the next piece.
  package func add(_ bytes: UnsafeRawBufferPointer) {
    let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(done == 1, "OpenSSL could not go on with a digest")
  }

  /// The digest of all pieces, 32 bytes. Nothing can be added after that.
  package func end() -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    precondition(EVP_DigestFinal_ex(context, &result, nil) == 1, "OpenSSL could not end a digest")
    return result
  }
}
