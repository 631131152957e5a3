/// What a person or a group shows of itself: values by key (IRCv3 draft/metadata-3, "Keys and Values").
package struct Metadata: Equatable, Sendable {
  /// A key and its value.
  package struct Field: Equatable, Sendable {
    package var key: String
    package var value: String
    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// In order of their keys.
  package private(set) var fields: [Field] = []

  package init() {}

  package var isEmpty: Bool { fields.isEmpty }

  /// The value of a key; nil where there is none, and to remove it.
  package subscript(key: String) -> String? {
    get { fields.first { $0.key == key }?.value }
    set {
      let place = fields.firstIndex { $0.key >= key } ?? fields.count
      let isThere = place < fields.count && fields[place].key == key
      switch (newValue, isThere) {
      case (let value?, true): fields[place].value = value
      case (let value?, false): fields.insert(Field(key: key, value: value), at: place)
      case (nil, true): fields.remove(at: place)
      case (nil, false): break
      }
    }
  }

  /// Whether this can be a key. Those of vendors that mean something to servers are none but where they do so here.
  static func isKey(_ key: String) -> Bool {
    guard !key.isEmpty, key.utf8.count <= Limits.metadataKeyBytes, key.utf8.allSatisfy(isKeyByte) else { return false }
    return Preference.named(key) != nil || !key.hasPrefix("soju.im/") && !key.hasPrefix("moot/")
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
      || byte >= UInt8(ascii: "-") && byte <= UInt8(ascii: "9")  // - . / and digits
  }

  /// What both capabilities say of the limits.
  static let capabilityValue = [
    "before-connect", "max-subs=\(Limits.metadataSubscriptions)", "max-keys=\(Limits.metadataKeys)",
    "max-key-bytes=\(Limits.metadataKeyBytes)", "max-value-bytes=\(Limits.metadataValueBytes)",
  ].joined(separator: ",")
}

/// A row of what people and groups show.
package struct MetadataRecord: Equatable, Sendable {
  package var target: Target
  package var key: String
  package var value: String
  package init(target: Target, key: String, value: String) {
    self.target = target
    self.key = key
    self.value = value
  }
}

/// What an account has decided for itself about a conversation: private, and the same on all its devices. The raw
/// values are stored: never reuse one.
package struct Preference: OptionSet, Hashable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Clients and pushes keep quiet about it.
  package static let muted = Preference(rawValue: 1)
  /// Clients show it first.
  package static let pinned = Preference(rawValue: 2)
  /// Private messages and invitations from there are not delivered.
  package static let blocked = Preference(rawValue: 4)
  /// It has written to them or let them in: what they say does not wait. No key stands for it.
  package static let known = Preference(rawValue: 8)

  /// The keys of metadata that stand for them (soju, doc/ext/metadata.md).
  static let keys: [(key: String, preference: Preference)] = [
    ("soju.im/blocked", .blocked), ("soju.im/muted", .muted), ("soju.im/pinned", .pinned),
  ]

  static let withKeys: Preference = [.blocked, .muted, .pinned]

  static func named(_ key: String) -> Preference? { keys.first { $0.key == key }?.preference }
}

/// What a preference is about.
package enum PreferenceTarget: Hashable, Sendable {
  case person(PersonID)
  case group(GroupID)
  /// Everybody of another realm: `*/beta`.
  case realm(String)
}

/// A row of what accounts have decided.
package struct PreferenceRecord: Equatable, Sendable {
  package var person: PersonID
  package var target: PreferenceTarget
  package var preference: Preference
  package init(person: PersonID, target: PreferenceTarget, preference: Preference) {
    self.person = person
    self.target = target
    self.preference = preference
  }
}
