import Wire

/// How the log has it that a message was taken back: the message's id, and behind ` :` the reason.
enum Redaction {
  static func body(_ id: MessageID, _ reason: [UInt8]) -> [UInt8] {
    Array(id.text.utf8) + (reason.isEmpty ? [] : Array(" :".utf8) + reason)
  }

  static func isBody(_ bytes: [UInt8]) -> Bool {
    let reason = bytes.dropFirst(MessageID.textLength)
    return id(in: bytes) != nil && (reason.isEmpty || reason.starts(with: " :".utf8))
  }

  static func id(in body: [UInt8]) -> MessageID? { MessageID(body.prefix(MessageID.textLength)) }
}

extension Entry {
  /// The id of the entry that this one takes back; nil where it does no such thing.
  package var revised: MessageID? { kind == .redact ? Redaction.id(in: body) : nil }
}

/// The message that an envelope is about, while it is looked for and until the envelope is taken.
struct Lookup {
  enum Result {
    case pending
    /// Nil: it is not in that conversation.
    case found(FoundEntry?)
  }

  /// The envelope's own id.
  var letter: MessageID
  var result = Result.pending
}
