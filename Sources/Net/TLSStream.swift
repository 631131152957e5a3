import COpenSSL
import Glibc

/// Why a TLS connection cannot go on.
package enum TLSError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The other side ended the connection in order.
  case closed
  /// The connection ended in the middle.
  case cut
  /// What the other side sends is no TLS 1.3, or it refuses ours.
  case refused(String)
  case system(SystemError)

  /// For people.
  package var description: String {
    switch self {
    case .closed: "the other side closed the connection"
    case .cut: "the connection was cut off"
    case .refused(let why): "TLS: \(why)"
    case .system(let error): error.description
    }
  }
}

/// A TLS 1.3 connection over a non-blocking socket; nothing here ever waits. Both sides show a certificate of their
/// key; whose it is, the caller judges by `peerKey`.
///
/// A client's handshake is done before the server has judged its certificate: only what it reads afterwards shows that
/// it was accepted.
package final class TLSStream {
  /// What has to happen to the socket before it makes sense to try again.
  package enum Wish: Equatable, Sendable {
    case read, write
  }

  /// What came of an attempt.
  package enum Outcome: Equatable, Sendable {
    case done(Int)
    case wants(Wish)
  }

  /// The most that one TLS record holds (RFC 8446, section 5.1).
  private static let recordBytes = 16 << 10

  private let socket: Descriptor
  /// The other side is known by name, not by key.
  private let isWeb: Bool
  private let connection: OpaquePointer
  /// What came from the socket and OpenSSL has not looked at, and what it wants sent. Both belong to `connection`.
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: recordBytes + 512, alignment: 16)
  /// Encrypted bytes on their way, from `sent` on.
  private var unsent: [UInt8] = []
  private var sent = 0
  private var hasEnded = false

  /// - Parameters:
  ///   - socket: connected, or on its way to be.
  ///   - isClient: whether this side dialled.
  package convenience init(adopting socket: consuming Descriptor, _ identity: TLSIdentity, isClient: Bool) {
    self.init(adopting: socket, identity.makeConnection(isClient: isClient), isWeb: false)
  }

  /// Dials a server in the web, whose certificate has to name the host. Nil for a name that none could have.
  convenience init?(adopting socket: consuming Descriptor, _ trust: TLSTrust, host: String) {
    guard let connection = trust.makeConnection(to: host) else { return nil }
    self.init(adopting: socket, connection, isWeb: true)
  }

  private init(adopting socket: consuming Descriptor, _ connection: OpaquePointer, isWeb: Bool) {
    self.socket = socket
    self.connection = connection
    self.isWeb = isWeb
    guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
      fatalError("OpenSSL has no memory for a connection")
    }
    self.incoming = incoming
    self.outgoing = outgoing
    SSL_set_bio(connection, incoming, outgoing)
  }

  deinit {
    SSL_free(connection)
    buffer.deallocate()
  }

  /// For a poller.
  package func withSocket<Result>(
    _ body: (borrowing Descriptor) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    try body(socket)
  }

  /// The other side's Ed25519 key, 32 bytes; nil before the handshake is done.
  package var peerKey: [UInt8]? {
    guard let certificate = SSL_get1_peer_certificate(connection) else { return nil }
    defer { X509_free(certificate) }
    guard let key = X509_get0_pubkey(certificate), EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Ed25519.keyBytes)
    var count = bytes.count
    guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == bytes.count else { return nil }
    return bytes
  }

  /// Whether encrypted bytes wait for the socket: `flush` when it can be written to.
  package var hasUnsent: Bool { sent < unsent.count || BIO_ctrl_pending(outgoing) > 0 }

  /// Goes on with the handshake. Done once it returns nil.
  package func handshake() throws(TLSError) -> Wish? {
    while true {
      ERR_clear_error()
      let result = SSL_do_handshake(connection)
      let problem = result == 1 ? nil : judge(result)
      // Also after a failure: it may be an alert that tells the other side why.
      let wish: Wish?
      do throws(TLSError) { wish = try flush() } catch { throw problem ?? error }
      if let problem { throw problem }
      if let wish { return wish }
      if result == 1 { return nil }
      guard try fill() else { return .read }
    }
  }

  /// Reads what has come, at most as much as fits. Read until it wants something: the poller knows nothing of what
  /// has been taken from the socket already.
  package func read(into room: UnsafeMutableRawBufferPointer) throws(TLSError) -> Outcome {
    while true {
      ERR_clear_error()
      var count = 0
      let result = SSL_read_ex(connection, room.baseAddress, room.count, &count)
      if result == 1 { return .done(count) }
      if let problem = judge(result) { throw problem }
      // The other side may have asked for new keys; who sends that without end has to take the answers.
      if let wish = try flush() { return .wants(wish) }
      guard try fill() else { return .wants(.read) }
    }
  }

  /// Takes bytes to be sent, maybe not all of them: what was taken is on its way, and `flush` sends on what the socket
  /// has no room for now.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Outcome {
    var taken = 0
    while taken < bytes.count {
      if let wish = try flush() { return taken > 0 ? .done(taken) : .wants(wish) }
      ERR_clear_error()
      var count = 0
      let piece = UnsafeRawBufferPointer(rebasing: bytes[taken...].prefix(Self.recordBytes))
      let result = SSL_write_ex(connection, piece.baseAddress, piece.count, &count)
      guard result == 1 else {
        if let problem = judge(result) { throw problem }
        return .wants(.read)
      }
      taken += count
    }
    _ = try flush()
    return .done(taken)
  }

  /// Sends what waits for the socket. Nil: all of it is gone.
  @discardableResult
  package func flush() throws(TLSError) -> Wish? {
    while true {
      if sent == unsent.count {
        let waiting = BIO_ctrl_pending(outgoing)
        guard waiting > 0 else { return nil }
        unsent = [UInt8](repeating: 0, count: waiting)
        sent = 0
        let count = BIO_read(outgoing, &unsent, Int32(clamping: waiting))
        unsent.removeLast(waiting - Int(max(0, count)))
      }
      do throws(SystemError) {
        guard let count = try socket.send(unsent, from: sent) else { return .write }
        sent += count
      } catch {
        throw Self.judge(error)
      }
    }
  }

  /// Tells the other side that this was all, as far as the socket takes it now.
  package func end() {
    guard !hasEnded else { return }
    hasEnded = true
    ERR_clear_error()
    // Before the handshake is done, or after a failure, there is nothing to be said.
    guard SSL_is_init_finished(connection) == 1, SSL_shutdown(connection) >= 0 else { return ERR_clear_error() }
    // The other side may be gone; then nobody misses it.
    _ = try? flush()
    socket.endSending()
  }

  /// Takes what the socket has. False: nothing now.
  private func fill() throws(TLSError) -> Bool {
    do throws(SystemError) {
      guard let count = try socket.read(into: buffer) else { return false }
      guard count > 0 else { throw SystemError(call: "read", code: EPIPE) }
      let stored = BIO_write(incoming, buffer.baseAddress, Int32(count))
      precondition(Int(stored) == count, "OpenSSL has no memory for what came")
      return true
    } catch {
      throw Self.judge(error)
    }
  }

  private static func judge(_ error: SystemError) -> TLSError {
    switch error.code {
    case EPIPE, ECONNRESET: .cut
    default: .system(error)
    }
  }

  /// What a result means; nil: more bytes are needed.
  private func judge(_ result: Int32) -> TLSError? {
    switch SSL_get_error(connection, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: nil
    case SSL_ERROR_ZERO_RETURN: .closed
    default: .refused(isWeb ? webReason() : Self.reason())
    }
  }

  /// Why a server in the web is not talked to: what is wrong with its certificate, before all else.
  private func webReason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    let verdict = SSL_get_verify_result(connection)
    if verdict != Int(X509_V_OK) {
      return "the certificate is not accepted: \(String(cString: X509_verify_cert_error_string(verdict)))"
    }
    return ERR_reason_error_string(code).map { String(cString: $0) } ?? "the handshake failed"
  }

  /// The first of OpenSSL's reasons, in our words where they are clearer.
  private static func reason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    switch Int32(truncatingIfNeeded: code & 0x7F_FFFF) {
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_BAD_RECORD_TYPE,
      SSL_R_UNEXPECTED_MESSAGE:
      return "the other side does not speak TLS 1.3"
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "the other side speaks an older TLS only; 1.3 is needed"
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "one side shows no certificate of its key"
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
      SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_WRONG_SIGNATURE_TYPE:
      return "the other side has no Ed25519 key"
    default: break
    }
    guard let words = ERR_reason_error_string(code) else { return "the handshake failed" }
    return String(cString: words)
  }
}
