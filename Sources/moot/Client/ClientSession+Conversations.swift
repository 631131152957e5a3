import Wire

extension ClientSession {
  /// What became of a message.
  struct Sent {
    /// As everyone sees it; nil while it waits.
    var echo: Happening?
    var target: String
    var id: String
    var isWaiting: Bool { echo == nil }

    /// For scripts.
    var json: JSON {
      echo?.json ?? ["type": "waiting", "conversation": .string(target), "id": .string(id)]
    }
  }

  /// Bytes of text that fit a message: a line less the longest source, command and target.
  func textBytes(to target: String) -> Int {
    let line = support["LINELEN"].flatMap { Int($0) } ?? 512
    return max(100, line - 200 - target.utf8.count)
  }

  /// Sends a message and waits until the realm has it on disk.
  func deliver(_ text: String, to target: String) throws(Failure) -> Sent {
    let answer = try demand("PRIVMSG \(target) :\(text)")
    return try sent(answer, to: target)
  }

  /// Reads the answer to a message.
  func sent(_ answer: [Message], to target: String) throws(Failure) -> Sent {
    if let refusal = answer.first(where: { $0.isError || $0.isUndelivered }) {
      throw Failure(Output.harmless(refusal.text))
    }
    if let echo = answer.first(where: { $0.command == "PRIVMSG" }),
      let happening = Happening(echo, nick: nick, now: Client.now)
    {
      return Sent(echo: happening, target: target, id: happening.id)
    }
    if let note = answer.first(where: { $0.command == "NOTE" && $0[1] == "WAITING" }) {
      return Sent(echo: nil, target: target, id: note[3])
    }
    throw Failure("the realm did not confirm the message")
  }

  /// The most entries one request may ask for.
  private var page: Int { support["CHATHISTORY"].flatMap { Int($0) }.map { $0 > 0 ? $0 : 200 } ?? 200 }

  /// The newest messages before a point, or of all; oldest first.
  func history(before point: String?, of target: String, count: Int) throws(Failure) -> [Message] {
    var found: [Message] = []
    var point = point
    while found.count < count {
      let wanted = min(page, count - found.count)
      let request = point.map { "BEFORE \(target) \($0)" } ?? "LATEST \(target) *"
      let messages = try entries(try demand("CHATHISTORY \(request) \(wanted)"))
      found = messages + found
      guard messages.count >= wanted, let first = messages.first?.tags["msgid"] else { break }
      point = "msgid=\(first)"
    }
    return found
  }

  /// The messages that follow a point; oldest first.
  func history(after point: String, of target: String, count: Int) throws(Failure) -> [Message] {
    var found: [Message] = []
    var point = point
    while found.count < count {
      let wanted = min(page, count - found.count)
      let messages = try entries(try demand("CHATHISTORY AFTER \(target) \(point) \(wanted)"))
      found += messages
      guard messages.count >= wanted, let last = messages.last?.tags["msgid"] else { break }
      point = "msgid=\(last)"
    }
    return found
  }

  private func entries(_ messages: [Message]) throws(Failure) -> [Message] {
    messages.filter { $0.command != "BATCH" }
  }

  /// Messages with all of these words, the newest, oldest first; and what the realm says where it could not look at
  /// everything.
  func search(_ attributes: [(key: String, value: String)]) throws(Failure) -> (found: [Message], warning: String?) {
    guard capabilities.contains("soju.im/search") else { throw Failure("\(realm) cannot search") }
    let request = attributes.map { attribute in
      var escaped: [UInt8] = []
      Tags.appendEscaped(attribute.value.utf8, to: &escaped)
      return attribute.key + "=" + String(decoding: escaped, as: UTF8.self)
    }
    let answer = try demand("SEARCH " + request.joined(separator: ";"))
    let found = answer.filter { $0.command == "PRIVMSG" || $0.command == "NOTICE" }
    return (found, answer.first { $0.command == "WARN" }.map { Output.harmless($0.text) })
  }

  /// The conversations with something new since a time and when that was, the newest last.
  func conversations(since time: Int64) throws(Failure) -> [(name: String, newest: Int64)] {
    let end = "timestamp=9999-12-31T23:59:59.999Z"
    let answer = try demand("CHATHISTORY TARGETS \(end) \(Text.point(time)) \(page)")
    let targets = answer.filter { $0.command == "CHATHISTORY" && $0[0] == "TARGETS" }
    return targets.sorted { ($0[2], $0[1]) < ($1[2], $1[1]) }.map { ($0[1], Timestamp.parse($0[2].utf8) ?? .max) }
  }

  /// How far the account has read a conversation; nil: not at all.
  func readMarker(of target: String) throws(Failure) -> Int64? {
    let answer = try demand("MARKREAD \(target)")
    guard let marker = answer.first(where: { $0.command == "MARKREAD" })?[1], marker.hasPrefix("timestamp=") else {
      return nil
    }
    return Timestamp.parse(marker.dropFirst("timestamp=".count).utf8)
  }

  /// Remembers at the realm that a conversation was read up to a time.
  func markRead(_ target: String, upTo time: Int64) throws(Failure) {
    _ = try demand("MARKREAD \(target) \(Text.point(time))")
  }

  /// What happened in a conversation since it was last read, at most a thousand messages.
  func unread(in target: String, newest: Int64) throws(Failure) -> [Happening] {
    let messages: [Message]
    if let marker = try readMarker(of: target) {
      guard marker < newest else { return [] }
      messages = try history(after: Text.point(marker), of: target, count: 1_000)
    } else {
      messages = try history(before: nil, of: target, count: 200)
    }
    return messages.compactMap { Happening($0, nick: nick, now: Client.now) }
  }
}
