import Wire

/// A person or a group as people write it: `bob`, `bob@beta`, `#plans`, `#plans@beta`; `/` does for `@`.
struct Address: Hashable, CustomStringConvertible {
  /// With its `#` for a group.
  var name: String
  /// nil: at home.
  var realm: String?

  /// nil if the text is no address.
  init?(_ text: String) {
    guard let separator = text.firstIndex(where: { $0 == "@" || $0 == "/" }) else {
      self.init(name: text, realm: nil)
      return
    }
    self.init(name: String(text[..<separator]), realm: String(text[text.index(after: separator)...]))
  }

  private init?(name: String, realm: String?) {
    let label = name.hasPrefix("#") ? name.dropFirst() : name[...]
    guard Self.isName(label), realm.map({ Self.isName($0[...]) }) ?? true else { return nil }
    self.name = name
    self.realm = realm
  }

  var isGroup: Bool { name.hasPrefix("#") }

  /// How the realm `home` writes it.
  func seen(from home: String) -> String {
    guard let realm, fold(realm) != fold(home) else { return name }
    return "\(name)/\(realm)"
  }

  var description: String { realm.map { "\(name)@\($0)" } ?? name }

  /// What can stand in an IRC line as a name; whether such a name exists is for the realm to say.
  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 64 && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
      && !text.contains { "@/,.:!*?#\"".contains($0) }
  }

  /// The address, or what is wrong with it.
  static func parse(_ text: String) throws(Failure) -> Address {
    guard let address = Address(text) else {
      throw .usage("\"\(text)\" is no address: write bob, bob@beta, '#plans' or '#plans@beta'")
    }
    return address
  }

  /// A person with the realm, as `register` and `login` want it.
  static func account(_ text: String) throws(Failure) -> (name: String, realm: String) {
    guard let address = Address(text), let realm = address.realm, !address.isGroup else {
      throw .usage("\"\(text)\" does not say whose account in which realm: write alice@alpha")
    }
    return (address.name, realm)
  }

  /// A group; the `#`, which shells take for a comment, may be left out.
  static func group(_ text: String) throws(Failure) -> Address {
    try parse(text.hasPrefix("#") ? text : "#" + text)
  }
}
