/// The client-only tags that a realm removes from what its people say, in the words of ISUPPORT CLIENTTAGDENY (IRCv3
/// message-tags, "RPL_ISUPPORT"): names without `+`; `*` for all, then `-name` for one that is let through.
package struct RefusedTags: Equatable, Sendable {
  private let words: [String]

  package init(_ words: [String]) { self.words = words }

  /// Whether this can stand in the list.
  package static func isWord(_ word: String) -> Bool {
    let name = word.utf8.first == UInt8(ascii: "-") ? word.utf8.dropFirst() : word.utf8[...]
    guard !name.isEmpty, name.count <= Limits.identifierBytes else { return false }
    return word == "*" || name.allSatisfy { isNameByte($0) }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    Names.isAlphanumeric(byte) || byte >= UInt8(ascii: "-") && byte <= UInt8(ascii: "/")  // - . and the slash
  }

  /// The value of CLIENTTAGDENY: empty where everything is let through.
  var text: String { words.joined(separator: ",") }

  /// What is left of tags that are joined by `;`.
  func accepted(_ tags: [UInt8]) -> [UInt8] {
    guard !words.isEmpty, !tags.isEmpty else { return tags }
    let left = tags.split(separator: UInt8(ascii: ";")).filter { tag in
      !refuses(String(decoding: tag.dropFirst().prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self))
    }
    return Array(left.joined(separator: [UInt8(ascii: ";")]))
  }

  private func refuses(_ name: String) -> Bool {
    words.contains("*") ? !words.contains("-" + name) : words.contains(name)
  }
}
