/// Completion of the word before the cursor; pressed again, the next one that fits. Pure.
struct Completion: Equatable {
  private var text: [Character] = []
  private var cursor = 0
  /// Where the word starts, and what it was.
  private var start = 0
  private var stem = ""
  private var matches: [String] = []
  private var index = 0

  /// The line with its word completed and the place of the cursor; nil if nothing fits.
  mutating func next(
    _ text: [Character], cursor: Int, candidates: [String], backward: Bool = false
  ) -> (text: String, cursor: Int)? {
    if !matches.isEmpty, text == self.text, cursor == self.cursor {
      index = (index + (backward ? matches.count - 1 : 1)) % matches.count
    } else {
      start = text[..<cursor].lastIndex(of: " ").map { $0 + 1 } ?? 0
      stem = String(text[start..<cursor])
      matches = stem.isEmpty ? [] : Self.unique(candidates.filter { Self.fits($0, stem) })
      index = backward ? matches.count - 1 : 0
      self.text = text
      self.cursor = cursor
    }
    guard !matches.isEmpty else { return nil }
    let match = matches[index]
    // At the start of a line a name is an address, unless it is that of a command or a group.
    let isAddressed = start == 0 && !match.hasPrefix("/") && !match.hasPrefix("#")
    let rest = self.text[self.cursor...].drop { $0 == " " }
    let done = self.text[..<start] + Array(match) + Array(isAddressed ? ": " : " ")
    // What is shown now is what the next press starts from.
    let result = Array(done) + rest
    self.text = result
    self.cursor = done.count
    return (String(result), done.count)
  }

  private static func fits(_ candidate: String, _ stem: String) -> Bool {
    let candidate = candidate.lowercased()
    let stem = stem.lowercased()
    return candidate.hasPrefix(stem) || candidate.hasPrefix("#" + stem)
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }.sorted { $0.lowercased() < $1.lowercased() }
  }
}
