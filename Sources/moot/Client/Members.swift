/// The members of a group, as NAMES lists them.
struct Members: Equatable {
  struct Member: Equatable {
    var name: String
    /// The letters of its ranks, the highest first.
    var letters = ""
    /// The highest rank in words; empty for none.
    var rank: String { letters.first.flatMap { letter in Members.ranks.first { $0.letter == letter }?.name } ?? "" }
  }

  private static let ranks: [(prefix: Character, letter: Character, name: String)] = [
    ("~", "q", "owner"), ("&", "a", "admin"), ("@", "o", "operator"), ("%", "h", "half-operator"), ("+", "v", "voice"),
  ]

  /// The ranks in words, the highest first.
  static var names: [String] { ranks.map(\.name) }

  /// The letter of a rank, and nil for `none`; nil where it is neither.
  static func letter(of word: String) -> Character?? {
    if word == "none" { return .some(nil) }
    return ranks.first { $0.name == word }.map(\.letter)
  }

  var all: [Member] = []

  /// Reads the numerics 353 of an answer.
  init(_ answer: [Message]) {
    for line in answer where line.command == "353" {
      for word in line.text.split(separator: " ") {
        let name = word.drop { prefix in Self.ranks.contains { $0.prefix == prefix } }
        let prefixes = word.prefix(word.count - name.count)
        let letters = prefixes.compactMap { prefix in Self.ranks.first { $0.prefix == prefix }?.letter }
        all.append(Member(name: String(name), letters: String(letters)))
      }
    }
    all.sort { $0.name.lowercased() < $1.name.lowercased() }
  }
}

extension ClientSession {
  /// The groups one is in.
  func ownGroups() throws(Failure) -> [String] {
    let answer = try demand("WHOIS \(nick)")
    return answer.filter { $0.command == "319" }.flatMap { line in
      line.text.split(separator: " ").map { String($0.drop { "~&@%+".contains($0) }) }
    }
  }
}
