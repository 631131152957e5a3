import Wire

/// Something that happened in a conversation, as people and scripts read it.
struct Happening: Equatable {
  enum Kind: String {
    case message, notice, action, join, part, kick, topic, mode, invite, quit
    /// A message to another realm could not be delivered; `from` is whom it was to.
    case undelivered
  }

  var kind: Kind
  var time: Int64
  /// The message's id; empty where it has none.
  var id: String
  /// The group or the person it was with.
  var conversation: String
  var from: String
  var text: String
  var isOwn: Bool

  /// nil for what belongs to no conversation. `nick` is one's own, `now` the time where the realm gives none.
  init?(_ message: Message, nick: String, now: Int64) {
    guard !message.source.isEmpty, let (kind, text) = Self.read(message) else { return nil }
    self.kind = kind
    self.text = text
    time = message.time ?? now
    id = message.tags["msgid"] ?? ""
    if kind == .undelivered {
      from = message[2]
      isOwn = false
      conversation = from
      return
    }
    from = message.nick
    isOwn = sameName(from.utf8, nick.utf8)
    // An operator's message to those of a rank goes to `@#plans`.
    let target = kind == .invite ? message[1] : String(message[0].drop { "~&@%+".contains($0) })
    conversation = target.hasPrefix("#") || isOwn ? target : from
    if kind == .quit { conversation = "" }
  }

  private static func read(_ message: Message) -> (Kind, String)? {
    let reason = message.parameters.count > 1 ? message[1] : ""
    switch message.command {
    case "PRIVMSG":
      let text = message.text
      guard text.hasPrefix("\u{1}") else { return (.message, text) }
      let inner = text.dropFirst().prefix { $0 != "\u{1}" }
      return inner.hasPrefix("ACTION ") ? (.action, String(inner.dropFirst(7))) : nil
    // Without `!` the source is the server itself.
    case "NOTICE": return message.source.contains("!") ? (.notice, message.text) : nil
    case "JOIN": return (.join, "")
    case "PART": return (.part, reason)
    case "KICK": return (.kick, message.parameters.count > 2 ? "\(message[1]) (\(message[2]))" : message[1])
    case "TOPIC": return (.topic, message.text)
    case "MODE": return message[0].hasPrefix("#") ? (.mode, message.parameters.dropFirst().joined(separator: " ")) : nil
    case "INVITE": return (.invite, message[0])
    case "QUIT": return (.quit, message.text)
    case "FAIL": return message.isUndelivered ? (.undelivered, message.text) : nil
    default: return nil
    }
  }

  /// Whether it is something to read, and so counts as unread.
  var isForReading: Bool { kind == .message || kind == .notice || kind == .action || kind == .undelivered }

  /// `<bob> hello`, without time and conversation.
  var line: String {
    let reason = text.isEmpty ? "" : " (\(text))"
    let line =
      switch kind {
      case .message: "<\(from)> \(text)"
      case .notice: "-\(from)- \(text)"
      case .action: "* \(from) \(text)"
      case .join: "→ \(from) joined"
      case .part: "← \(from) left\(reason)"
      case .kick: "← \(from) removed \(text)"
      case .topic: text.isEmpty ? "— \(from) cleared the topic" : "— \(from) set the topic: \(text)"
      case .mode: "— \(from) set \(text)"
      case .invite: "— \(from) invited \(text) to \(conversation)"
      case .quit: "← \(from) is gone\(reason)"
      case .undelivered: "✗ not delivered to \(from): \(text)"
      }
    return Output.harmless(line)
  }

  /// For scripts.
  var json: JSON {
    [
      "type": .string(kind.rawValue), "time": .string(Timestamp.text(time)), "id": .string(id),
      "conversation": .string(conversation), "from": .string(from), "text": .string(text), "own": JSON(.bool(isOwn)),
    ]
  }

  /// How it stands in a list of happenings: `14:05 #plans <bob> hello`.
  func entry(now: Int64, withConversation: Bool) -> String {
    let place = withConversation ? "\(Output.harmless(conversation)) " : ""
    return "\(LocalTime.text(time, now: now)) \(place)\(line)\n"
  }
}
