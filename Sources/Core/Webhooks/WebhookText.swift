import Wire

/// Why a post cannot become a message: the status of the answer, and a sentence that says what to do.
struct WebhookRefusal: Error, Equatable {
  var status: Int
  var text: String
  /// Seconds after which it may go better; 0 where it will not.
  var retryAfter: Int64 = 0
}

/// What a program wants said, taken out of what it has posted.
struct WebhookText: Equatable {
  /// Of several lines, as the log keeps them.
  var isMultiline: Bool
  var body: [UInt8]
  /// Under what nick, where it is not the writer's own; empty for none.
  var name: String

  init(_ post: WebhookPost) throws(WebhookRefusal) {
    var text = post.body
    name = ""
    if post.isJSON {
      let json: JSON
      do {
        json = try JSON(parsing: post.body)
      } catch {
        throw WebhookRefusal(status: 400, text: "This is not JSON: line \(error.line), \(error.message).")
      }
      guard let said = json["text"]?.text else {
        throw WebhookRefusal(status: 400, text: #"The message belongs into "text": {"text": "hello"}."#)
      }
      text = Array(said.utf8)
      name = Self.nick(from: json["name"]?.text ?? json["username"]?.text ?? "")
    }
    guard isUTF8(text, in: 0..<text.count), !text.contains(0) else {
      throw WebhookRefusal(status: 400, text: "The text has to be UTF-8, without NUL.")
    }
    (isMultiline, body) = try Self.body(of: text)
  }

  /// Lines as the log keeps them, without blank ones at the beginning and the end. What is too long for one line goes
  /// on in the next without a break. Nothing begins with what would make it a question of client to client (CTCP).
  private static func body(of text: [UInt8]) throws(WebhookRefusal) -> (isMultiline: Bool, body: [UInt8]) {
    var lines: [ArraySlice<UInt8>] = [[]]
    var previous: UInt8 = 0
    for byte in text {
      if byte == 13 || byte == 10 && previous != 13 {
        lines.append([])
      } else if byte != 10, byte != 1 {
        lines[lines.count - 1].append(byte)
      }
      previous = byte
    }
    let isBlank = { (line: ArraySlice<UInt8>) in line.allSatisfy { $0 == 32 || $0 == 9 } }
    while let last = lines.last, isBlank(last) { lines.removeLast() }
    lines.removeFirst(lines.prefix(while: isBlank).count)
    guard !lines.isEmpty else { throw WebhookRefusal(status: 400, text: "There is no text in it.") }
    var body: [UInt8] = []
    var count = 0
    var bytes = lines.count - 1
    for (index, line) in lines.enumerated() {
      if index > 0 { body.append(Multiline.lineBreak) }
      bytes += line.count
      for (number, part) in parts(of: line).enumerated() {
        if number > 0 { body.append(Multiline.joint) }
        body += part
        count += 1
      }
    }
    guard bytes <= Limits.multilineBytes, count <= Limits.multilineLines else {
      throw WebhookRefusal(
        status: 413,
        text: "A message has \(Limits.multilineBytes) bytes and \(Limits.multilineLines) lines at most: "
          + "this one has \(bytes) and \(count).")
    }
    return (count > 1, body)
  }

  /// A line in parts that fit one of IRC's, divided behind spaces where that can be, never within a character.
  private static func parts(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var rest = line
    while rest.count > Limits.webhookLineBytes {
      let full = rest.startIndex + Limits.webhookLineBytes
      var end = full
      while end > rest.startIndex, rest[end] & 0xC0 == 0x80 { end -= 1 }
      if let space = rest[rest.startIndex..<end].lastIndex(of: 32), space > rest.startIndex { end = space + 1 }
      parts.append(rest[rest.startIndex..<end])
      rest = rest[end...]
    }
    return parts + [rest]
  }

  /// A nick made of what a program calls itself: `Grafana Alerts` becomes `Grafana-Alerts`.
  private static func nick(from name: String) -> String {
    var out = ""
    for character in name.unicodeScalars {
      let nick = out.isEmpty ? String(character) : out + String(character)
      if Names.isNick(nick) { out = nick } else if out.last.map({ $0 != "-" }) ?? false { out += "-" }
    }
    while out.last == "-" { out.removeLast() }
    return String(out.prefix(Limits.nameBytes))
  }
}
