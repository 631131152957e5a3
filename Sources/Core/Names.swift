import Wire

/// The rules for names (`docs/clients.md`): what an account, a nick, a realm and a group may be called, and how an
/// address is read. Chosen so that every client digests them: see `docs/decisions/`.
package enum Names {
  /// Whether this can name an account or stand as a nick: ASCII letters, digits and `-_[]\`^{}|`, beginning with none
  /// of the digits and `-`.
  package static func isNick(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= Limits.nameBytes else { return false }
    return !isDigit(first) && first != UInt8(ascii: "-") && bytes.allSatisfy(isNickByte)
  }

  /// Whether this can name a realm: a short label of lower-case letters, digits and `-`, beginning with a letter.
  package static func isRealm(_ name: String) -> Bool { FrameCoder.isRealmName(name) }

  /// What `isGroup` asks for, in words.
  static let groupRule =
    "A group's name is # and up to \(Limits.groupNameBytes - 1) bytes without space or , / @ . : ! * ?"

  /// Whether this can name a group: `#` and at least one more byte, without space, comma, control characters,
  /// `/ @ . : ! * ?`.
  package static func isGroup(_ name: String) -> Bool {
    let bytes = name.utf8
    guard bytes.first == UInt8(ascii: "#"), (2...Limits.groupNameBytes).contains(bytes.count) else { return false }
    return bytes.dropFirst().allSatisfy { $0 > 32 && $0 != 127 && !groupStops.contains($0) }
  }

  /// Names that stand for the realm's own services and may not be taken.
  package static func isReserved(_ name: String) -> Bool {
    let folded = fold(name)
    return folded == "nickserv" || folded == "chanserv" || folded == "server" || folded == "moot"
  }

  private static let groupStops = Array(",/@.:!*?".utf8)

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }

  /// An ASCII letter or digit.
  static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte | 0x20) || isDigit(byte) }

  /// What can stand in a nick, but not begin it where it is a digit or `-`.
  static func isNickByte(_ byte: UInt8) -> Bool {
    if isAlphanumeric(byte) { return true }
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\\"),
      UInt8(ascii: "`"), UInt8(ascii: "^"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "|"):
      return true
    default: return false
    }
  }
}

/// A name with the realm it belongs to, as people type it: `bob`, `bob/beta`, `bob@beta`, `#plans/beta`.
package struct Address: Equatable, Sendable {
  package var name: String
  /// nil at home.
  package var realm: String?

  /// Splits at the first `/` or `@`; a realm equal to `home` is dropped.
  package init(_ text: String, home: String) {
    guard let cut = text.utf8.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "@") }) else {
      name = text
      return
    }
    name = String(text[..<cut])
    let realm = fold(String(text[text.utf8.index(after: cut)...]))
    self.realm = realm == home ? nil : realm
  }

  /// As it is shown here: with the realm after a slash where it is not this one.
  package var text: String { realm.map { "\(name)/\($0)" } ?? name }

  package var isGroup: Bool { name.utf8.first == UInt8(ascii: "#") }
}

/// Matches a mask with `*` and `?` against text, without regard to ASCII case, in time linear in practice: only the
/// last star is ever tried again.
package func matches(mask: some Collection<UInt8>, _ text: some Collection<UInt8>) -> Bool {
  let mask = Array(mask)
  let text = Array(text)
  var m = 0
  var t = 0
  var star: Int?
  var retry = 0
  while t < text.count {
    if m < mask.count, mask[m] == UInt8(ascii: "*") {
      star = m
      retry = t
      m += 1
    } else if m < mask.count, mask[m] == UInt8(ascii: "?") || fold(mask[m]) == fold(text[t]) {
      m += 1
      t += 1
    } else if let star {
      m = star + 1
      retry += 1
      t = retry
    } else {
      return false
    }
  }
  return mask[m...].allSatisfy { $0 == UInt8(ascii: "*") }
}
