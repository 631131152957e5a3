/// How the log keeps a message of several lines (IRCv3 draft/multiline): as the client divided them, with LF between
/// two lines and CR where one goes on without a break. Neither can be part of a line.
package enum Multiline {
  static let lineBreak: UInt8 = 10
  static let joint: UInt8 = 13

  /// Bytes of a body: the joints do not count for clients.
  static let bodyBytes = Limits.multilineBytes + Limits.multilineLines

  /// A line, as it is sent.
  struct Part {
    var text: ArraySlice<UInt8>
    /// Goes on where the line before ends.
    var isJoined: Bool
  }

  static func parts(of body: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var start = 0
    var isJoined = false
    for (index, byte) in body.enumerated() where byte == lineBreak || byte == joint {
      parts.append(Part(text: body[start..<index], isJoined: isJoined))
      start = index + 1
      isJoined = byte == joint
    }
    return parts + [Part(text: body[start...], isJoined: isJoined)]
  }

  /// Whether bytes from elsewhere are such a body, within the limits of this realm.
  static func isBody(_ bytes: [UInt8]) -> Bool {
    let parts = parts(of: bytes)
    return !bytes.contains(0) && bytes.count <= bodyBytes && parts.count <= Limits.multilineLines
      && parts.contains { !$0.text.isEmpty } && parts.allSatisfy { !$0.isJoined || !$0.text.isEmpty }
  }

  /// The text of a message as people read it, and search for it.
  package static func text(of entry: Entry) -> [UInt8] {
    entry.kind == .multiline ? entry.body.filter { $0 != joint } : entry.body
  }
}
