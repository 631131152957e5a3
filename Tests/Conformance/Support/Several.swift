import Testing

/// A line of a message of several (draft/multiline).
struct Part: Equatable, ExpressibleByStringLiteral, CustomStringConvertible {
  var text: String
  /// Goes on where the line before it ends.
  var isJoined = false

  init(stringLiteral text: String) { self.text = text }

  init(_ text: String, isJoined: Bool) {
    self.text = text
    self.isJoined = isJoined
  }

  static func joined(_ text: String) -> Part { Part(text, isJoined: true) }

  var description: String { (isJoined ? "+" : "") + "\"\(text)\"" }
}

extension Client {
  /// Says a message of several lines, and gives all that the server has sent when it is done.
  @discardableResult
  func say(
    _ parts: [Part], to target: String, as command: String = "PRIVMSG", tags: String = ""
  ) throws -> Reply {
    try open(parts, to: target, as: command, tags: tags)
    return try ask("BATCH -several")
  }

  /// Says it, without the end.
  func open(_ parts: [Part], to target: String, as command: String = "PRIVMSG", tags: String = "") throws {
    try send("\(tags.isEmpty ? "" : "@\(tags) ")BATCH +several draft/multiline \(target)")
    for part in parts {
      try send("@batch=several\(part.isJoined ? ";draft/multiline-concat" : "") \(command) \(target) :\(part.text)")
    }
  }
}

extension Reply {
  /// The only message of several lines in it: what opens it, and its lines, which have no tags but those that join them
  /// (draft/multiline, "Message tags").
  func several(
    as command: String = "PRIVMSG", at location: SourceLocation = #_sourceLocation
  ) throws -> (opening: Message, parts: [Part]) {
    let opening = try #require(
      self["BATCH"].first { $0[1] == "draft/multiline" }, "no message of several lines: \(self)",
      sourceLocation: location)
    let batch = try batch("draft/multiline", at: location)
    try #require(batch.parameters.count == 1, "the target alone: \(opening)", sourceLocation: location)
    let parts = try batch.content.map { line in
      try #require(
        line.command == command && line.source == opening.source && line.parameters.count == 2
          && line[0] == opening[2], "\(line)", sourceLocation: location)
      let isJoined = line.tag("draft/multiline-concat") != nil
      #expect(line.tags.count == (isJoined ? 2 : 1), "no other tags: \(line)", sourceLocation: location)
      return Part(line.text, isJoined: isJoined)
    }
    return (opening, parts)
  }
}
