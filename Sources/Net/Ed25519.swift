import COpenSSL

/// Signatures (RFC 8032).
package enum Ed25519 {
  /// Bytes of a secret, and of a public key.
  package static let keyBytes = 32
  /// Bytes of a signature.
  package static let signatureBytes = 64

  /// The public key of a secret of 32 bytes.
  package static func publicKey(of secret: [UInt8]) -> [UInt8] {
    Key(secret: secret, EVP_PKEY_ED25519).publicBytes
  }

  /// Signs a message: 64 bytes.
  package static func sign(_ message: [UInt8], secret: [UInt8]) -> [UInt8] {
    let key = Key(secret: secret, EVP_PKEY_ED25519)
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: signatureBytes)
    var count = signature.count
    let done =
      EVP_DigestSignInit(context, nil, nil, nil, key.raw) == 1
      && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    precondition(done && count == signatureBytes, "OpenSSL could not sign")
    return signature
  }

  /// Whether the owner of a public key has signed the message. False also for what is no key or no signature.
  package static func verify(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
    guard signature.count == signatureBytes, let key = Key(publicBytes: publicKey, EVP_PKEY_ED25519) else {
      return false
    }
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      // A wrong signature leaves a note for whoever looks for errors next.
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, nil, nil, key.raw) == 1
      && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// Key agreement (RFC 7748).
package enum X25519 {
  /// The public key of a secret of 32 bytes.
  package static func publicKey(of secret: [UInt8]) -> [UInt8] {
    Key(secret: secret, EVP_PKEY_X25519).publicBytes
  }

  /// What the owners of both keys share; nil for a public key that is none, or that would make it the same for all.
  package static func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? {
    guard let other = Key(publicBytes: publicKey, EVP_PKEY_X25519) else { return nil }
    let key = Key(secret: secret, EVP_PKEY_X25519)
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
}

/// A key in OpenSSL's form, freed with its owner.
struct Key: ~Copyable {
  let raw: OpaquePointer

  /// A secret of 32 bytes; any will do.
  init(secret: [UInt8], _ kind: Int32) {
    precondition(secret.count == 32, "a secret has 32 bytes")
    guard let raw = EVP_PKEY_new_raw_private_key(kind, nil, secret, secret.count) else {
      fatalError("OpenSSL could not take a key")
    }
    self.raw = raw
  }

  /// Nil for what cannot be one.
  init?(publicBytes: [UInt8], _ kind: Int32) {
    guard publicBytes.count == 32 else { return nil }
    guard let raw = EVP_PKEY_new_raw_public_key(kind, nil, publicBytes, publicBytes.count) else {
      ERR_clear_error()
      return nil
    }
    self.raw = raw
  }

  deinit { EVP_PKEY_free(raw) }

  /// The public key, 32 bytes.
  var publicBytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    let done = EVP_PKEY_get_raw_public_key(raw, &bytes, &count)
    precondition(done == 1 && count == 32, "OpenSSL has no public key")
    return bytes
  }
}
