/// Something that happened, for the log of those who run the realm: who did what, from where. Never what was said, and
/// no secret.
package struct Note: Equatable, Sendable {
  /// How much it matters.
  package enum Level: Sendable {
    case info
    /// Somebody may want to look at it: a password guessed at, a session that was thrown out.
    case warning
  }

  /// A value and what it is called.
  package struct Field: Equatable, Sendable {
    package var name: String
    package var value: String
  }

  package var level: Level
  package var area: String
  package var event: String
  package var fields: [Field]
}

extension Realm {
  /// Adds a note to the turn; fields without a value are left out.
  func note(_ area: String, _ event: String, level: Note.Level = .info, _ fields: KeyValuePairs<String, String>) {
    let fields = fields.filter { !$0.value.isEmpty }.map { Note.Field(name: $0.key, value: $0.value) }
    turn.notes.append(Note(level: level, area: area, event: event, fields: fields))
  }

  /// The name of the account a session is logged in to; a guest's nick in brackets; empty for neither.
  func noted(_ session: Session) -> String {
    guard let user = session.user else { return session.login.flatMap { accounts[$0.account]?.name } ?? "" }
    return user.isGuest ? "(\(user.nick))" : user.account
  }
}
