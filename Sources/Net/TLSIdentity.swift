import COpenSSL
import Glibc

/// Who this side of every TLS connection is: an Ed25519 key and a certificate that it has signed itself. There are no
/// authorities and no names: what counts is the key at the other end, and whoever connects looks at it.
package final class TLSIdentity: Sendable {
  /// 32 bytes.
  package let publicKey: [UInt8]
  private let context: Context

  /// - Parameter secret: the Ed25519 key, 32 bytes.
  package init(secret: [UInt8]) {
    publicKey = Ed25519.publicKey(of: secret)
    context = Context(secret: secret)
  }

  /// One connection's state.
  func makeConnection(isClient: Bool) -> OpaquePointer {
    guard let connection = SSL_new(context.raw) else { fatalError("OpenSSL has no memory for a connection") }
    if isClient { SSL_set_connect_state(connection) } else { SSL_set_accept_state(connection) }
    return connection
  }

  /// OpenSSL locks what connections of several threads share, and nothing is changed after `init`.
  private final class Context: @unchecked Sendable {
    let raw: OpaquePointer

    init(secret: [UInt8]) {
      // Broken pipes are looked at where they are written to, but OpenSSL's errors have to be empty to be understood.
      ERR_clear_error()
      guard let raw = SSL_CTX_new(TLS_method()) else { fatalError("OpenSSL has no TLS") }
      self.raw = raw
      let key = Key(secret: secret, EVP_PKEY_ED25519)
      let certificate = Self.certificate(of: key)
      defer { X509_free(certificate) }
      // TLS 1.3 has no renegotiation and no compression; tickets and early data must be switched off.
      moot_tls_no_sessions(raw)
      let done =
        moot_tls13_only(raw) == 1 && moot_tls_algorithms(raw) == 1 && SSL_CTX_set_num_tickets(raw, 0) == 1
        && SSL_CTX_set_max_early_data(raw, 0) == 1 && SSL_CTX_use_certificate(raw, certificate) == 1
        && SSL_CTX_use_PrivateKey(raw, key.raw) == 1
      precondition(done, "OpenSSL refused the realm's key or the settings of TLS")
      SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
      // Any certificate will do: the handshake proves that the other side has its key.
      SSL_CTX_set_cert_verify_callback(raw, { _, _ in 1 }, nil)
    }

    deinit { SSL_CTX_free(raw) }

    /// A certificate that says nothing but the key.
    private static func certificate(of key: borrowing Key) -> OpaquePointer {
      guard let certificate = X509_new() else { fatalError("OpenSSL has no memory for a certificate") }
      let subject = X509_get_subject_name(certificate)
      // Times that no clock can find wrong (RFC 5280, section 4.1.2.5, has the last).
      let done =
        X509_set_version(certificate, 2) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1
        && ASN1_TIME_set_string(X509_getm_notBefore(certificate), "19700101000000Z") == 1
        && ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1
        && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, "moot", -1, -1, 0) == 1
        && X509_set_issuer_name(certificate, subject) == 1
        && X509_set_pubkey(certificate, key.raw) == 1
        && X509_sign(certificate, key.raw, nil) > 0
      precondition(done, "OpenSSL could not make a certificate")
      return certificate
    }
  }
}
