import COpenSSL

extension Crypto {
  /// So many bytes out of a secret, different for each `info` (HKDF with SHA-256, RFC 5869).
  package static func hkdfSHA256(_ secret: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int) -> [UInt8] {
    precondition(count >= 0 && count <= 255 * 32, "HKDF gives 8160 bytes at most")
    let key = hmacSHA256(key: salt, secret)
    var result: [UInt8] = []
    var block: [UInt8] = []
    var number: UInt8 = 0
    while result.count < count {
      number += 1
      block = hmacSHA256(key: key, block + info + [number])
      result += block
    }
    return Array(result.prefix(count))
  }

  /// Bytes that a seal adds.
  package static let sealBytes = 16

  /// ChaCha20-Poly1305 (RFC 8439): the ciphertext, and 16 bytes more that prove who made it. A nonce of 12 bytes is
  /// used once under a key of 32.
  package static func seal(_ plain: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
    let context = cipher(key, nonce)
    defer { EVP_CIPHER_CTX_free(context) }
    var sealed = [UInt8](repeating: 0, count: plain.count + sealBytes)
    var count: Int32 = 0
    let done = sealed.withUnsafeMutableBufferPointer { sealed -> Bool in
      guard let out = sealed.baseAddress else { return false }
      return EVP_EncryptInit_ex(context, nil, nil, key, nonce) == 1
        && EVP_EncryptUpdate(context, nil, &count, associated, Int32(associated.count)) == 1
        && EVP_EncryptUpdate(context, out, &count, plain, Int32(plain.count)) == 1
        && EVP_EncryptFinal_ex(context, out + Int(count), &count) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(sealBytes), out + plain.count) == 1
    }
    precondition(done, "OpenSSL could not seal")
    return sealed
  }

  /// What was sealed; nil for what `seal` has not made with the same arguments.
  package static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8]? {
    guard sealed.count >= sealBytes else { return nil }
    let context = cipher(key, nonce)
    defer {
      EVP_CIPHER_CTX_free(context)
      // A bad seal leaves a note for whoever looks for errors next.
      ERR_clear_error()
    }
    let length = sealed.count - sealBytes
    var tag = Array(sealed[length...])
    // One byte more, so that there is an address to write nothing to.
    var plain = [UInt8](repeating: 0, count: length + 1)
    var count: Int32 = 0
    let isSound = plain.withUnsafeMutableBufferPointer { plain -> Bool in
      guard let out = plain.baseAddress else { return false }
      return EVP_DecryptInit_ex(context, nil, nil, key, nonce) == 1
        && EVP_DecryptUpdate(context, nil, &count, associated, Int32(associated.count)) == 1
        && EVP_DecryptUpdate(context, out, &count, sealed, Int32(length)) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(sealBytes), &tag) == 1
        && EVP_DecryptFinal_ex(context, out + Int(count), &count) == 1
    }
    guard isSound else { return nil }
    plain.removeLast()
    return plain
  }

  private static func cipher(_ key: [UInt8], _ nonce: [UInt8]) -> OpaquePointer {
    precondition(key.count == 32 && nonce.count == 12, "ChaCha20-Poly1305 takes a key of 32 bytes and a nonce of 12")
    guard let context = EVP_CIPHER_CTX_new(),
      EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), nil, nil, nil, -1) == 1
    else { fatalError("OpenSSL has no ChaCha20-Poly1305") }
    return context
  }
}
