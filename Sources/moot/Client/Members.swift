/// The members of a group, as NAMES lists them.
struct Members: Equatable {
  struct Member: Equatable {
    var name: String
    /// The highest rank in words; empty for none.
    var rank: String
  }

  private static let ranks: [Character: String] = [
    "~": "owner", "&": "admin", "@": "operator", "%": "half-operator", "+": "voice",
  ]

  var all: [Member] = []

  /// Reads the numerics 353 of an answer.
  init(_ answer: [Message]) {
    for line in answer where line.command == "353" {
      for word in line.text.split(separator: " ") {
        let name = word.drop { Self.ranks[$0] != nil }
        all.append(Member(name: String(name), rank: word.first.flatMap { Self.ranks[$0] } ?? ""))
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
