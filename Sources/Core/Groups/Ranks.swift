/// The five ranks and what each may do (ISUPPORT `PREFIX=(qaohv)~&@%+`).
extension Ranks {
  /// From the highest down: the letter of MODE, the prefix in lists, the rank.
  static let ladder: [(letter: Character, prefix: Character, rank: Ranks)] = [
    ("q", "~", .owner), ("a", "&", .admin), ("o", "@", .groupOperator), ("h", "%", .halfOperator), ("v", "+", .voice),
  ]

  private static let signs: [UInt8] = ladder.compactMap(\.prefix.asciiValue)

  static func named(_ letter: Character) -> Ranks? { ladder.first { $0.letter == letter }?.rank }

  /// Takes the prefixes of ranks off a target of a message (ISUPPORT `STATUSMSG`): `@#plans` is for operators and
  /// those above them, `@+#plans` for the lowest that it names.
  static func addressed(by target: String) -> (rank: Ranks, name: String) {
    // Nearly all are for everybody; letters of a String take their time.
    guard let first = target.utf8.first, signs.contains(first) else { return ([], target) }
    let prefixes = target.prefix(while: isPrefix)
    let name = target.dropFirst(prefixes.count)
    guard name.utf8.first == UInt8(ascii: "#"), let least = ladder.last(where: { prefixes.contains($0.prefix) }) else {
      return ([], target)
    }
    return (least.rank, String(name))
  }

  /// The highest rank held, as a number: 5 for an owner down to 1 for voice, 0 for none.
  var height: Int {
    for (index, step) in Self.ladder.enumerated() where contains(step.rank) { return 5 - index }
    return 0
  }

  static func isPrefix(_ sign: Character) -> Bool { ladder.contains { $0.prefix == sign } }

  /// The prefixes held, the highest first.
  var prefixes: String { String(Self.ladder.filter { contains($0.rank) }.map(\.prefix)) }

  /// The letters held, the highest first.
  var letters: String { String(Self.ladder.filter { contains($0.rank) }.map(\.letter)) }

  /// May kick, invite where invite only, set the topic where locked, change modes and lists: half-operators and above.
  var canModerate: Bool { height >= 2 }

  /// May speak where moderated.
  var canSpeak: Bool { height >= 1 }

  /// Whether one who holds these may give or take `rank`: ranks below the own; owners also their own, and operators
  /// theirs, as clients expect of `o`.
  func canGrant(_ rank: Ranks) -> Bool {
    switch rank.height {
    case 5, 4: height == 5
    case 3: height >= 3
    case 2: height >= 3
    default: height >= 2
    }
  }

  /// Whether one who holds these may kick or demote one who holds `other`.
  func outranks(_ other: Ranks) -> Bool {
    canModerate && (height > other.height || height == other.height && height >= 3)
  }
}
