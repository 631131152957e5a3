import Wire

/// The switches of a group. The raw values are stored and told to other realms: never reuse one.
package struct GroupSwitches: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package static let inviteOnly = GroupSwitches(rawValue: 1)  // i
  package static let moderated = GroupSwitches(rawValue: 2)  // m
  package static let noOutside = GroupSwitches(rawValue: 4)  // n
  package static let secret = GroupSwitches(rawValue: 8)  // s
  package static let topicLock = GroupSwitches(rawValue: 16)  // t
  /// No CTCP but ACTION.
  package static let noCTCP = GroupSwitches(rawValue: 32)  // C
  /// Only people with an account may join and speak.
  package static let accountsOnly = GroupSwitches(rawValue: 64)  // R

  /// All there are.
  package static let all = GroupSwitches(rawValue: 127)

  /// The letters of MODE and ISUPPORT CHANMODES, in the order they are shown.
  static let letters: [(letter: Character, mode: GroupSwitches)] = [
    ("C", .noCTCP), ("R", .accountsOnly), ("i", .inviteOnly), ("m", .moderated), ("n", .noOutside), ("s", .secret),
    ("t", .topicLock),
  ]

  /// The switch of a letter of MODE.
  package static func named(_ letter: Character) -> GroupSwitches? { letters.first { $0.letter == letter }?.mode }

  /// `nt`
  var text: String { String(Self.letters.filter { contains($0.mode) }.map(\.letter)) }
}

/// How far members can look back in a group's history. The raw values are stored and told to other realms.
package enum LookingBack: UInt8, Sendable, CaseIterable {
  /// To where they joined.
  case joined = 0
  /// To the beginning.
  case all = 1
  /// Not at all; what their devices have missed still comes to them.
  case none = 2

  /// As MODE `H` names it.
  package var name: String {
    switch self {
    case .joined: "joined"
    case .all: "all"
    case .none: "none"
    }
  }

  /// Reads what MODE `H` was given.
  package init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name == fold(name) }) else { return nil }
    self = found
  }
}

/// What MODE sets of a group but ranks and lists.
package struct GroupModes: Equatable, Sendable, ExpressibleByArrayLiteral {
  package var switches: GroupSwitches
  /// What JOIN has to give; nil for nothing.
  package var key: String?
  /// How many members there may be; nil for as many as the realm allows.
  package var limit: Int?
  package var lookingBack: LookingBack
  /// For how many days what is said is kept; 0 for as long as its realms keep it.
  package var keepDays: Int

  package init(
    switches: GroupSwitches = [], key: String? = nil, limit: Int? = nil, lookingBack: LookingBack = .joined,
    keepDays: Int = 0
  ) {
    self.switches = switches
    self.key = key
    self.limit = limit
    self.lookingBack = lookingBack
    self.keepDays = keepDays
  }

  package init(arrayLiteral elements: GroupSwitches...) { self.init(switches: GroupSwitches(elements)) }

  /// Whether a switch is set.
  package func contains(_ mode: GroupSwitches) -> Bool { switches.contains(mode) }

  /// Changes one mode as MODE says it: a switch, or `k`, `l`, `H`, `D` with their parameter.
  ///
  /// - Returns: false where that is no such mode, or no such value.
  package mutating func set(_ letter: Character, _ adds: Bool, _ parameter: String?) -> Bool {
    if let mode = GroupSwitches.named(letter) {
      if adds { switches.insert(mode) } else { switches.remove(mode) }
      return true
    }
    switch letter {
    case "k":
      guard !adds || parameter.map(Self.isKey) == true else { return false }
      key = adds ? parameter : nil
    case "l":
      let number = parameter.flatMap { Int($0) }
      guard !adds || number.map((1...1_000_000).contains) == true else { return false }
      limit = adds ? number : nil
    case "H":
      let value = parameter.flatMap { LookingBack(name: $0) }
      guard !adds || value != nil else { return false }
      lookingBack = adds ? value ?? .joined : .joined
    case "D":
      let days = parameter.flatMap { Int($0) }
      guard !adds || days.map(Limits.keepDaysRange.contains) == true else { return false }
      keepDays = adds ? days ?? 0 : 0
    default: return false
    }
    return true
  }

  /// Whether a word can be a key: nothing that JOIN could not give among others.
  package static func isKey(_ word: String) -> Bool {
    let bytes = word.utf8
    return (1...Limits.keyBytes).contains(bytes.count) && bytes.first != UInt8(ascii: ":")
      && bytes.allSatisfy { $0 > 32 && $0 != 127 && $0 != UInt8(ascii: ",") }
  }

  /// As RPL_CHANNELMODEIS shows them: `+klnt sesame 20`, or `+` for none. Who is no member reads no key.
  func text(withKey: Bool = true) -> String {
    var letters = switches.text
    var parameters = ""
    if keepDays > 0 {
      letters += "D"
      parameters += " \(keepDays)"
    }
    if lookingBack != .joined {
      letters += "H"
      parameters += " " + lookingBack.name
    }
    if let key {
      letters += "k"
      parameters += " " + (withKey ? key : "*")
    }
    if let limit {
      letters += "l"
      parameters += " \(limit)"
    }
    return "+" + letters + parameters
  }

  /// What MODE would say to make these of others: `-i`, `+k sesame`.
  func changes(from old: GroupModes) -> [String] {
    var changes: [String] = []
    let removed =
      old.switches.subtracting(switches).text + (old.limit != nil && limit == nil ? "l" : "")
      + (old.keepDays > 0 && keepDays == 0 ? "D" : "")
    if !removed.isEmpty { changes.append("-" + removed) }
    let added = switches.subtracting(old.switches).text
    if !added.isEmpty { changes.append("+" + added) }
    if let oldKey = old.key, oldKey != key { changes.append("-k \(oldKey)") }
    if let key, key != old.key { changes.append("+k \(key)") }
    if let limit, limit != old.limit { changes.append("+l \(limit)") }
    if lookingBack != old.lookingBack { changes.append("+H \(lookingBack.name)") }
    if keepDays > 0, keepDays != old.keepDays { changes.append("+D \(keepDays)") }
    return changes
  }

  /// How a letter of MODE takes parameters (Modern IRC, "CHANMODES parameter").
  enum Kind {
    case list(MaskList)
    case rank(Ranks)
    case setting
    case onOff
  }

  static func kind(of letter: Character) -> Kind? {
    if let list = MaskList(letter: letter) { return .list(list) }
    if let rank = Ranks.named(letter) { return .rank(rank) }
    if ["k", "l", "H", "D"].contains(letter) { return .setting }
    return GroupSwitches.named(letter) == nil ? nil : .onOff
  }

  /// Whether a letter takes a parameter. A key's is also taken, and ignored, when it is removed.
  static func takesParameter(_ letter: Character, _ adds: Bool) -> Bool {
    switch kind(of: letter) {
    case .list, .rank: true
    case .setting: adds || letter == "k"
    case .onOff, nil: false
    }
  }

  /// ISUPPORT CHANMODES.
  static let supported = "\(MaskList.letters),k,DHl," + String(GroupSwitches.letters.map(\.letter))
  /// RPL_MYINFO: all letters, and those with a parameter.
  static let letters = String(lettersWithParameter + GroupSwitches.letters.map(\.letter)).sortedLetters
  static let lettersWithParameter = String("DHkl" + MaskList.letters + Ranks.ladder.map(\.letter)).sortedLetters
}

extension String {
  fileprivate var sortedLetters: String { String(sorted()) }
}

/// The lists of masks that a group keeps (Modern IRC, "Channel Modes"). The raw values are stored and told to other
/// realms: never reuse one.
package enum MaskList: UInt8, Sendable, CaseIterable {
  case bans = 1  // b
  case exceptions = 2  // e
  case invited = 3  // I

  var letter: Character {
    switch self {
    case .bans: "b"
    case .exceptions: "e"
    case .invited: "I"
    }
  }

  /// `beI`
  static let letters = String(allCases.map(\.letter))

  /// The list of a letter of MODE.
  package init?(letter: Character) {
    guard let found = Self.allCases.first(where: { $0.letter == letter }) else { return nil }
    self = found
  }
}

/// A mask of one of a group's lists.
package struct MaskRecord: Equatable, Sendable {
  package var list: MaskList
  package var mask: String
  package var setBy: String
  package var time: Milliseconds
  package init(_ list: MaskList, mask: String, setBy: String, time: Milliseconds) {
    self.list = list
    self.mask = mask
    self.setBy = setBy
    self.time = time
  }
}

/// A mask as it is understood: `nick!user@host`, or an extended one (ISUPPORT EXTBAN): `~a:bob` for an account,
/// `~m:` before any other for one that only silences. Long names (`~account:`, `~mute:`) mean the same
/// (IRCv3 account-extban).
struct Mask {
  var isMute = false
  var isAccount = false
  /// A part of the text, not a copy: every message to a group with bans looks at them.
  var pattern: Substring.UTF8View

  init(_ text: String) {
    var rest = text[...].utf8
    while rest.first == UInt8(ascii: "~"), let cut = rest.firstIndex(of: UInt8(ascii: ":")) {
      switch fold(String(Substring(rest[..<cut]))) {
      case "~a", "~account": isAccount = true
      case "~m", "~mute": isMute = true
      default:
        pattern = rest
        return
      }
      rest = rest[rest.index(after: cut)...]
    }
    pattern = rest
  }

  /// Whether a text begins as extended masks do, and is none that is known.
  static func isUnknown(_ text: String) -> Bool {
    let mask = Mask(text)
    return mask.pattern.isEmpty || mask.pattern.first == UInt8(ascii: "~") && mask.pattern.contains(UInt8(ascii: ":"))
  }

  /// The form in which a mask is kept: `bob` means `bob!*@*`, `bob@beta` means `*!bob@beta`; extended ones get their
  /// short names.
  static func whole(_ text: String) -> String {
    let mask = Mask(text)
    let pattern = String(Substring(mask.pattern))
    let prefix = (mask.isMute ? "~m:" : "") + (mask.isAccount ? "~a:" : "")
    guard !mask.isAccount else { return prefix + pattern }
    switch (pattern.contains("!"), pattern.contains("@")) {
    case (true, true): return prefix + pattern
    case (true, false): return prefix + pattern + "@*"
    case (false, true): return prefix + "*!" + pattern
    case (false, false): return prefix + pattern + "!*@*"
    }
  }
}
