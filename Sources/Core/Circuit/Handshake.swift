import Wire

/// The payload of OPEN and of ACCEPT: the sender's key of the day and its start, signed with its identity.
struct Introduction {
  /// X25519, 32 bytes.
  var key: [UInt8]
  /// Drawn at every start of the sender's process.
  var start: UInt64
  var signature: [UInt8]

  init(key: [UInt8], start: UInt64, signature: [UInt8]) {
    self.key = key
    self.start = start
    self.signature = signature
  }

  /// Nil for anything that is not of the right length.
  init?(_ payload: [UInt8]) {
    guard payload.count == 32 + 8 + 64 else { return nil }
    key = Array(payload[..<32])
    start = payload[32..<40].reduce(0) { $0 << 8 | UInt64($1) }
    signature = Array(payload[40...])
  }

  var payload: [UInt8] {
    var out = key
    out.appendUInt64(start)
    return out + signature
  }
}

/// How two realms agree on the keys of a circuit (docs/link-protocol.md, "Opening a circuit"): a Diffie-Hellman
/// exchange whose two halves are signed; the second signature covers both.
struct Handshake {
  var opener: String
  var acceptor: String
  var circuit: UInt64

  /// What the opener signs.
  func opening(key: [UInt8], start: UInt64) -> [UInt8] {
    var out = labelled("moot circuit open")
    out.append(contentsOf: key)
    out.appendUInt64(start)
    return out
  }

  /// What the acceptor signs.
  func acceptance(openerKey: [UInt8], key: [UInt8], start: UInt64) -> [UInt8] {
    var out = labelled("moot circuit accept")
    out.append(contentsOf: openerKey)
    out.append(contentsOf: key)
    out.appendUInt64(start)
    return out
  }

  /// The keys that seal what the opener says, and what the acceptor says; nil where the other's key is none.
  func keys(
    secret: [UInt8], otherKey: [UInt8], openerKey: [UInt8], acceptorKey: [UInt8], _ cryptography: any Cryptography
  ) -> (opener: [UInt8], acceptor: [UInt8])? {
    guard let shared = cryptography.agree(secret, with: otherKey) else { return nil }
    var label = labelled("moot circuit keys")
    label.append(contentsOf: openerKey)
    label.append(contentsOf: acceptorKey)
    let keys = cryptography.expand(shared, label, count: 64)
    return (Array(keys[..<32]), Array(keys[32...]))
  }

  private func labelled(_ label: String) -> [UInt8] {
    var out: [UInt8] = []
    out.appendField(label)
    out.appendField(opener)
    out.appendField(acceptor)
    out.appendUInt64(circuit)
    return out
  }
}
