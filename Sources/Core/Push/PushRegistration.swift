import Wire

/// A client that wants to be told of messages through a push service while it is not connected (IRCv3 webpush).
package struct PushRegistration: Equatable, Sendable {
  package var account: PersonID
  /// Where the service takes messages for that client; one account has it once.
  package var endpoint: String
  /// The client's public key, a point of P-256, and its secret (RFC 8291, section 3).
  package var key: [UInt8]
  package var auth: [UInt8]
  /// Those of its session when it registered: messages are rendered for them.
  package var capabilities: Capabilities
  package var created: Milliseconds
  /// The device that registered it, with which it goes; nil where the account had none left for it.
  package var device: DeviceID?
  package init(
    account: PersonID, endpoint: String, key: [UInt8], auth: [UInt8], capabilities: Capabilities, created: Milliseconds,
    device: DeviceID?
  ) {
    self.account = account
    self.endpoint = endpoint
    self.key = key
    self.auth = auth
    self.capabilities = capabilities
    self.created = created
    self.device = device
  }

  /// Bytes of `key` and `auth`.
  static let keyBytes = 65
  static let authBytes = 16

  /// The two keys out of the parameter of REGISTER, which has the form of message tags: nil for what cannot be them.
  static func keys(parsing text: [UInt8]) -> (key: [UInt8], auth: [UInt8])? {
    var found: [String: [UInt8]] = [:]
    Tags.forEach(in: text, 0..<text.count) { key, value in
      found[String(decoding: text[key], as: UTF8.self)] = base64URL(Tags.unescape(text[value]))
    }
    guard let key = found["p256dh"], let auth = found["auth"], key.count == keyBytes, key[0] == 4,
      auth.count == authBytes
    else { return nil }
    return (key, auth)
  }

  /// Reads RFC 4648, section 5, with padding or without; empty for what is none.
  private static func base64URL(_ text: [UInt8]) -> [UInt8] {
    var plain = text.map { byte in
      byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
    }
    while plain.last == UInt8(ascii: "=") { plain.removeLast() }
    while plain.count % 4 != 0 { plain.append(UInt8(ascii: "=")) }
    return Base64.decode(plain) ?? []
  }
}

/// A line for a client, to be sealed and handed to its push service.
package struct Push: Equatable, Sendable {
  package var endpoint: String
  package var key: [UInt8]
  package var auth: [UInt8]
  /// One line of IRC without its end.
  package var text: [UInt8]
  /// Whether the device is to be woken for it (RFC 8030, section 5.3).
  package var isUrgent: Bool
  package init(endpoint: String, key: [UInt8], auth: [UInt8], text: [UInt8], isUrgent: Bool) {
    self.endpoint = endpoint
    self.key = key
    self.auth = auth
    self.text = text
    self.isUrgent = isUrgent
  }
}

/// What an account has registered, in memory.
final class PushAccount {
  var registrations: [LivePushRegistration] = []
  /// The conversations that clients were pushed something of since they were last read.
  var pushed = Table<Target, Bool>()

  /// Replaces a registration with the same endpoint. Gives the one that has to go, where there are too many.
  func add(_ record: PushRegistration) -> PushRegistration? {
    registrations.removeAll { $0.record.endpoint == record.endpoint }
    registrations.append(LivePushRegistration(record))
    guard registrations.count > Limits.pushRegistrations else { return nil }
    return registrations.removeFirst().record
  }
}

/// A registration in memory.
final class LivePushRegistration {
  let record: PushRegistration
  /// Since when its service takes nothing; 0 while all goes well.
  var failingSince: Milliseconds = 0
  /// Pushes are paid for up to this time, by the clock that never jumps.
  private var paidUntil: Milliseconds = .min

  init(_ record: PushRegistration) { self.record = record }

  /// Lets a push pay for itself; false if there were too many.
  func pay(uptime: Milliseconds) -> Bool {
    let interval = Limits.pushMilliseconds
    let due = max(paidUntil, uptime - Limits.pushBurst * interval) + interval
    guard due <= uptime else { return false }
    paidUntil = due
    return true
  }
}

/// A message that somebody is to be told of, unless it is read first.
struct PendingPush {
  var account: PersonID
  var target: Target
  var sender: PersonID
  var time: Milliseconds
  var out: Outgoing
  /// By the clock that never jumps.
  var due: Milliseconds
}

/// A push that its service did not take.
struct PushRetry {
  var registration: LivePushRegistration
  var push: Push
  /// How often it was tried.
  var attempts: Int
  var due: Milliseconds
}
