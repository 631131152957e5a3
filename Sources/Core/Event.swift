/// Everything that can happen to a realm. `Realm.handle` takes one at a time.
package enum Event: Sendable {
  /// A client connected. `host` is its address in text form; `origin` what limits by address count it under, nil when
  /// they exempt it; `secure` whether nobody on the way can read along.
  case connected(Connection, host: String, origin: String?, secure: Bool)
  /// One or more whole lines from a client, each ended by LF (a CR before it is dropped). The edge has enforced the
  /// length of lines only in so far as no line is longer than `Limits.inputLine`.
  case input(Connection, [UInt8])
  /// The edge dropped the rest of a line that was longer than `Limits.inputLine`.
  case overlong(Connection)
  /// A client went away, or was dropped by its edge; `reason` is for people in its groups.
  case disconnected(Connection, reason: String)
  case answer(AskID, Answer)
  /// Time passes: about once a second.
  case tick
  /// Clients said more than fitted into a turn: they go on. Due as soon as possible while `Realm.isBehind`.
  case goOn
  /// Free disk fell below the reserve, or rose above it again.
  case diskLow(Bool)
  /// A command of the person who runs the realm, from the socket in the data folder.
  case administer(AdminID, AdminRequest)
  /// New settings, already checked.
  case configured(Settings)
  /// The realm is about to stop: say so to everyone, and save what is only saved every few seconds.
  case stopping(reason: String)
}

/// Names one request over the administration socket.
package typealias AdminID = UInt64

/// A command of the person who runs the realm.
package enum AdminRequest: Equatable, Sendable {
  case create(account: String, secret: [UInt8])
  case resetPassword(account: String, secret: [UInt8])
  case suspend(account: String)
  case resume(account: String)
  case delete(account: String)
  case accounts
  case disconnect(account: String)
  case backup(path: String)
  case status
}

/// The answer to an `AdminRequest`.
package enum AdminReply: Equatable, Sendable {
  case done(String)
  case accounts([AccountRecord])
  case status([StatusLine])
  case refused(String)
}

/// One figure of the realm's state, for people.
package struct StatusLine: Equatable, Sendable {
  package var name: String
  package var value: Int64
  package init(name: String, value: Int64) {
    self.name = name
    self.value = value
  }
}
