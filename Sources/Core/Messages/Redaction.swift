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

/// An edit (docs/clients.md, "Edits") is a message with a tag that names the one whose text it replaces.
enum Edit {
  private static let key = Array("+draft/edit".utf8)
  /// What stands before the text for clients that do not know edits.
  static let mark = Array("[edit] ".utf8)

  /// The message that tags name as edited; nil where they name none.
  static func subject(of tags: [UInt8]) -> String? {
    guard !tags.isEmpty else { return nil }
    guard let tag = tags.split(separator: UInt8(ascii: ";")).first(where: isEdit), tag.count > key.count + 1 else {
      return nil
    }
    return String(decoding: tag.dropFirst(key.count + 1), as: UTF8.self)
  }

  /// Tags that name the message by another id: by its own, where they have that of an edit of it.
  static func tags(_ tags: [UInt8], naming id: MessageID) -> [UInt8] {
    let named = tags.split(separator: UInt8(ascii: ";")).map {
      isEdit($0) ? key + [UInt8(ascii: "=")] + Array(id.text.utf8) : Array($0)
    }
    return Array(named.joined(separator: [UInt8(ascii: ";")]))
  }

  private static func isEdit(_ tag: ArraySlice<UInt8>) -> Bool {
    tag.starts(with: key) && (tag.count == key.count || tag[tag.startIndex + key.count] == UInt8(ascii: "="))
  }

  /// A text with the mark, behind `ACTION` where it has that.
  static func marked(_ text: some Collection<UInt8>) -> [UInt8] {
    let action = Array("\u{1}ACTION ".utf8)
    return text.starts(with: action) ? action + mark + text.dropFirst(action.count) : mark + text
  }

  /// Whether one message can stand for another: of the same sender, and as PRIVMSG or NOTICE as that.
  static func fits(_ kind: EntryKind, of sender: PersonID, for entry: Entry) -> Bool {
    sender != .nobody && entry.sender == sender
      && (kind.isMessage && entry.kind.isMessage || kind == .notice && entry.kind == .notice)
  }
}

extension Entry {
  /// The id of the entry that this one takes back or edits; nil where it does no such thing.
  package var revised: MessageID? { Self.revised(by: kind, tags, body) }

  static func revised(by kind: EntryKind, _ tags: [UInt8], _ body: [UInt8]) -> MessageID? {
    if kind == .redact { return Redaction.id(in: body) }
    guard kind.canBeTakenBack, kind != .tagMessage else { return nil }
    return Edit.subject(of: tags).flatMap { MessageID($0.utf8) }
  }

  /// It was edited, and says what its newest edit says.
  var wasEdited: Bool { link > position }

  /// It is an edit of another one, as far as that was found.
  var isEdit: Bool { link > 0 && link < position }
}

extension Letter {
  /// The same about the message of another id: that of the message itself, where it names an edit of it. Not everybody
  /// who follows the group has that edit.
  package func naming(_ id: MessageID) -> Letter {
    var letter = self
    if kind == .redact {
      letter.body = Array(id.text.utf8) + body.dropFirst(MessageID.textLength)
    } else {
      letter.tags = Edit.tags(tags, naming: id)
    }
    return letter
  }
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
