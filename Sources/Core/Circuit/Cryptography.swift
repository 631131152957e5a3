/// The cryptography that circuits and announcements need. Every function depends on its arguments alone, so that the
/// core stays deterministic. The server's is OpenSSL's; tests and the simulator have one of their own.
package protocol Cryptography: Sendable {
  /// The realm's identity, an Ed25519 public key of 32 bytes.
  var identity: [UInt8] { get }
  /// The key by which push services know the realm: a point of P-256, 65 bytes (RFC 8292).
  var pushKey: [UInt8] { get }
  /// Signs with the realm's identity: 64 bytes (RFC 8032).
  func sign(_ message: [UInt8]) -> [UInt8]
  func verify(_ signature: [UInt8], of message: [UInt8], by identity: [UInt8]) -> Bool
  /// So many bytes out of a secret, different for each label (HKDF-SHA256, RFC 5869).
  func expand(_ secret: [UInt8], _ label: [UInt8], count: Int) -> [UInt8]
  /// The public key, 32 bytes, of an X25519 secret of 32 bytes (RFC 7748).
  func publicKey(of secret: [UInt8]) -> [UInt8]
  /// What both ends of an agreement share, 32 bytes; nil for a public key that is none.
  func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]?
  /// ChaCha20-Poly1305 (RFC 8439) under a key of 32 bytes: the ciphertext and 16 bytes more. A counter is used once.
  func seal(_ plain: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]
  /// Nil for what `seal` has not made with the same arguments.
  func open(_ sealed: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]?
}
