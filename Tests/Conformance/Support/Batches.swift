import Testing

/// What belongs together: batches and labelled answers.
extension Reply {
  /// Sends a command with a label and checks that exactly one logical message has it; gives what that is made of:
  /// the one message, or all that lies between the two ends of a batch (labeled-response, "Tags").
  func labelled(_ label: String, at location: SourceLocation = #_sourceLocation) throws -> [Message] {
    let found = messages.filter { $0.tag("label") == label }
    try #require(found.count == 1, "exactly one message has the label: \(self)", sourceLocation: location)
    let first = found[0]
    guard first.command == "BATCH" else { return [first] }
    return try batch(opened: first, at: location).content
  }

  /// The only batch of a type.
  func batch(
    _ type: String, at location: SourceLocation = #_sourceLocation
  ) throws -> (parameters: [String], content: [Message]) {
    let starts = self["BATCH"].filter { $0[0].hasPrefix("+") && $0[1] == type }
    try #require(starts.count == 1, "there should be one batch \(type): \(self)", sourceLocation: location)
    return try batch(opened: starts[0], at: location)
  }

  /// What lies in a batch: every message that names it, which is all that does, between its start and its end.
  private func batch(
    opened start: Message, at location: SourceLocation
  ) throws -> (parameters: [String], content: [Message]) {
    let reference = String(start[0].dropFirst())
    try #require(
      start[0].hasPrefix("+") && !reference.isEmpty
        && reference.utf8.allSatisfy { (65...90).contains($0 & 0xdf) || (48...57).contains($0) || $0 == 45 },
      "a reference has letters, digits and hyphens: \(start)", sourceLocation: location)
    let from = try #require(messages.firstIndex { $0.bytes == start.bytes })
    let isEnd: (Message) -> Bool = { $0.command == "BATCH" && $0.parameters == ["-" + reference] }
    let end = try #require(
      messages[from...].firstIndex(where: isEnd), "the batch has no end: \(self)", sourceLocation: location)
    // A reference may be used again once its batch has ended.
    var isOpen = false
    for message in messages {
      if isEnd(message) {
        isOpen = false
      } else if message.command == "BATCH", message[0] == "+" + reference {
        try #require(!isOpen, "two batches have one reference: \(self)", sourceLocation: location)
        isOpen = true
      } else if message.tag("batch") == reference {
        try #require(isOpen, "the batch is named outside of it: \(self)", sourceLocation: location)
      }
    }
    let inside = messages[from...end].filter { $0.tag("batch") == reference }
    try #require(
      messages[end].tag("batch") == start.tag("batch"), "both ends lie in the same batch: \(self)",
      sourceLocation: location)
    return (Array(start.parameters.dropFirst(2)), inside)
  }
}
