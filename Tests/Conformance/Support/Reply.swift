import Testing

/// What a server has sent to a client.
struct Reply: CustomStringConvertible {
  let messages: [Message]
  /// Whether the server has closed the connection after it.
  let isClosed: Bool
  /// Whom numerics are for: the client's nick, `*` before it is registered.
  let nick: String

  var description: String {
    messages.isEmpty ? "(nothing)" : "\n" + messages.map { "    \($0)" }.joined(separator: "\n")
  }

  var commands: [String] { messages.map(\.command) }

  /// All messages of a command.
  subscript(_ command: String) -> [Message] { messages.filter { $0.command == command } }

  /// The only message of a command, with exactly these parameters; nil stands for any. Of a numeric they are those
  /// after the client, which is checked, as is that it comes from the server.
  @discardableResult
  func one(
    _ command: String, _ parameters: String?..., from source: Client? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Message {
    try one(command, parameters, from: source?.nick, at: location)
  }

  /// The same, from somebody who may have had another nick.
  @discardableResult
  func one(
    _ command: String, _ parameters: [String?], from source: String?, at location: SourceLocation = #_sourceLocation
  ) throws -> Message {
    let found = self[command]
    let wanted = (found.first?.isNumeric == true ? [nick] : []) + parameters
    let what = "\(command) \(wanted.map { $0 ?? "…" }.joined(separator: " "))"
    let message = try #require(found.first, "no \(what); there is \(self)", sourceLocation: location)
    try #require(found.count == 1, "more than one \(what): \(self)", sourceLocation: location)
    let fits =
      message.parameters.count == wanted.count
      && zip(message.parameters, wanted).allSatisfy { $1 == nil || $0 == $1 }
    try #require(fits, "should be \(what): \(message)", sourceLocation: location)
    if message.isNumeric {
      try #require(!message.source.contains("!"), "is not from the server: \(message)", sourceLocation: location)
    } else if let source {
      try #require(message.nick == source, "should be from \(source): \(message)", sourceLocation: location)
    }
    return message
  }

  /// The first message of a command.
  @discardableResult
  func first(_ command: String, at location: SourceLocation = #_sourceLocation) throws -> Message {
    try #require(self[command].first, "no \(command); there is \(self)", sourceLocation: location)
  }

  /// That nothing of these commands is among it.
  func none(_ commands: String..., at location: SourceLocation = #_sourceLocation) {
    for command in commands {
      #expect(self[command].isEmpty, "no \(command) should be here: \(self)", sourceLocation: location)
    }
  }

  /// That nothing was sent.
  func isNothing(at location: SourceLocation = #_sourceLocation) {
    #expect(messages.isEmpty, "nothing should come: \(self)", sourceLocation: location)
  }

  /// That exactly these commands came, in this order; several of one in a row count as one.
  func order(_ commands: String..., at location: SourceLocation = #_sourceLocation) {
    var came: [String] = []
    for command in self.commands where came.last != command { came.append(command) }
    #expect(came == commands, "the order is another: \(self)", sourceLocation: location)
  }
}
