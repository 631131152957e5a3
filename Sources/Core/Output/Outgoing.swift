import Wire

/// A line on its way to clients, before it is rendered for what each of them has switched on.
struct Outgoing {
  /// The line without tags and CR LF: `:source COMMAND parameters`.
  var line: [UInt8]
  /// 0 for replies, which carry no time.
  var time: Milliseconds = 0
  var id: MessageID?
  /// The account behind the source (IRCv3 account-tag); empty for none.
  var account: [UInt8] = []
  /// Whether a program said it (IRCv3 bot-mode).
  var isBot = false
  /// Client-only tags, as received.
  var clientTags: [UInt8] = []
  /// The reference of the batch it is part of; empty for none.
  var batch: [UInt8] = []
  /// The reference of the batch it opens; empty for none.
  var opens: [UInt8] = []
  /// The label of the command it answers; empty for none.
  var label: [UInt8] = []
  /// The same with the account and real name of who joins, for clients with extended-join; empty where it is the same.
  var extendedLine: [UInt8] = []
  /// The same for clients that do not know edits; empty where it is the same.
  var markedLine: [UInt8] = []
  /// It says something else now than it did.
  var wasEdited = false
  /// What a message of several lines says; then `line` goes up to before the text of each.
  var several: SeveralLines?

  init(line: [UInt8]) { self.line = line }

  /// Bytes of the longest line that comes of it, without tags and CR LF.
  var longestLine: Int { several.map { line.count + 2 + $0.longest } ?? max(line.count, markedLine.count) }

  /// Appends the line with the tags and the form that a client with these capabilities understands.
  func append(to out: inout [UInt8], for capabilities: Capabilities) {
    if let several { return append(several, to: &out, for: capabilities) }
    appendTags(to: &out, for: capabilities)
    if !extendedLine.isEmpty, capabilities.contains(.extendedJoin) {
      out.append(contentsOf: extendedLine)
    } else {
      out.append(contentsOf: markedLine.isEmpty || capabilities.contains(.edit) ? line : markedLine)
    }
    out.append(13)
    out.append(10)
  }

  /// - Parameter isFirst: of several lines, or the only one; the others have no id, no label and no client-only tags.
  func appendTags(to out: inout [UInt8], for capabilities: Capabilities, isFirst: Bool = true) {
    var separator = UInt8(ascii: "@")
    func tag(_ key: StaticString, _ out: inout [UInt8]) {
      out.append(separator)
      key.withUTF8Buffer { out.append(contentsOf: $0) }
      separator = UInt8(ascii: ";")
    }
    if !batch.isEmpty {
      tag("batch=", &out)
      out.append(contentsOf: batch)
    }
    if !label.isEmpty, isFirst {
      tag("label=", &out)
      out.append(contentsOf: label)
    }
    if time != 0, capabilities.contains(.serverTime) {
      tag("time=", &out)
      Timestamp.append(time, to: &out)
    }
    if let id, isFirst, capabilities.contains(.messageTags) {
      tag("msgid=", &out)
      id.append(to: &out)
    }
    if !account.isEmpty, capabilities.contains(.accountTag) {
      tag("account=", &out)
      out.append(contentsOf: account)
    }
    if isBot, capabilities.contains(.messageTags) { tag("bot", &out) }
    if wasEdited, isFirst, capabilities.contains(.messageTags) { tag("moot/edited", &out) }
    if !clientTags.isEmpty, isFirst, capabilities.contains(.messageTags) {
      tag("", &out)
      out.append(contentsOf: clientTags)
    }
    if separator == UInt8(ascii: ";") { out.append(32) }
  }
}

/// Puts a line together: words with a space before each, and a text at the end that may hold spaces.
struct LineBuilder {
  private(set) var bytes: [UInt8] = []

  init(source: [UInt8], _ command: String) {
    bytes.reserveCapacity(128)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: source)
    bytes.append(32)
    bytes.append(contentsOf: command.utf8)
  }

  mutating func word(_ word: String) {
    bytes.append(32)
    bytes.append(contentsOf: word.utf8)
  }

  mutating func word(_ word: some Collection<UInt8>) {
    bytes.append(32)
    bytes.append(contentsOf: word)
  }

  mutating func text(_ text: String) {
    bytes.append(32)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func text(_ text: some Collection<UInt8>) {
    bytes.append(32)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: text)
  }
}
