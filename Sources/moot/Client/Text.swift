import Core
import Wire

/// Text on its way into lines.
enum Text {
  /// The messages that a text makes: one a line, and long lines in pieces, cut between words where that can be.
  static func messages(_ text: String, maxBytes: Int) -> [String] {
    text.split(whereSeparator: \.isNewline).flatMap { pieces(of: $0, maxBytes: maxBytes) }
  }

  private static func pieces(of line: Substring, maxBytes: Int) -> [String] {
    var rest = line
    var pieces: [String] = []
    while rest.utf8.count > maxBytes {
      var bytes = 0
      var end = rest.startIndex
      var space: Substring.Index?
      for index in rest.indices {
        bytes += rest[index].utf8.count
        guard bytes <= maxBytes else { break }
        end = rest.index(after: index)
        if rest[index] == " " { space = end }
      }
      // A character too long for a piece is not to be had from people: let the realm refuse it.
      guard end > rest.startIndex else { break }
      let cut = space ?? end
      pieces.append(String(rest[..<cut]))
      rest = rest[cut...]
    }
    if !rest.isEmpty { pieces.append(String(rest)) }
    return pieces
  }

  /// A place in a history, as the realm reads it.
  static func point(_ time: Int64) -> String { "timestamp=\(Timestamp.text(time))" }

  /// A place in a history as people name it: a day, a time or the id of a message.
  static func point(_ text: String) throws(Failure) -> String {
    for time in [text, text + "T00:00:00Z", text + "Z"] {
      if let milliseconds = Timestamp.parse(time.utf8) { return point(milliseconds) }
    }
    guard MessageID(Array(text.utf8)) != nil else {
      throw .usage("\"\(text)\" is no time: write 2026-11-22, 2026-11-22T14:05:00Z, or the id of a message")
    }
    return "msgid=\(text)"
  }
}
