import COpenSSL
import Glibc

/// Whom this machine trusts to say who others are: the certificates of the system. For requests to servers in the web,
/// which are known by name; links between realms know each other by key (`TLSIdentity`).
package final class TLSTrust: Sendable {
  private let context: Context

  /// Reads the certificates where OpenSSL's configuration, or `SSL_CERT_FILE` and `SSL_CERT_DIR`, say.
  package init() { context = Context() }

  /// The state of a connection to a host, whose certificate has to name it. Nil for a name that none could have.
  func makeConnection(to host: String) -> OpaquePointer? {
    guard let connection = SSL_new(context.raw) else { fatalError("OpenSSL has no memory for a connection") }
    SSL_set_connect_state(connection)
    // An address is no name, neither in the certificate nor to be asked for (RFC 6066, section 3).
    let isAddress = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host) == 1
    ERR_clear_error()
    if !isAddress {
      guard SSL_set1_host(connection, host) == 1, moot_tls_name(connection, host) == 1 else {
        SSL_free(connection)
        ERR_clear_error()
        return nil
      }
    }
    return connection
  }

  /// OpenSSL locks what connections of several threads share, and nothing is changed after `init`.
  private final class Context: @unchecked Sendable {
    let raw: OpaquePointer

    init() {
      ERR_clear_error()
      guard let raw = SSL_CTX_new(TLS_client_method()) else { fatalError("OpenSSL has no TLS") }
      self.raw = raw
      precondition(moot_tls_for_web(raw) == 1, "OpenSSL refused the settings of TLS")
      // Without any certificates every connection is refused, which is what should happen.
      SSL_CTX_set_default_verify_paths(raw)
      ERR_clear_error()
      SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nil)
    }

    deinit { SSL_CTX_free(raw) }
  }
}
