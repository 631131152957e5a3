/// Something in a file or an option that the person who runs the realm has to put right: where, what, and the remedy.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file as it was named, or the option.
  package var place: String
  package var line: Int?
  /// What is wrong and what to do about it.
  package var problem: String

  package init(_ place: String, line: Int? = nil, _ problem: String) {
    self.place = place
    self.line = line
    self.problem = problem
  }

  package var description: String {
    if let line { "\(place) line \(line): \(problem)" } else { "\(place): \(problem)" }
  }
}

/// The candidate that a mistyped word most likely meant; nil where none is near.
package func closest(to word: String, among candidates: [String]) -> String? {
  let word = Array(word.lowercased().utf8)
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let distance = editDistance(word, Array(candidate.lowercased().utf8))
    if distance <= max(1, min(3, candidate.utf8.count / 3)), distance < best?.distance ?? .max {
      best = (candidate, distance)
    }
  }
  return best?.name
}

/// How many letters to insert, drop, replace or swap with their neighbour to make one word of the other.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  guard !a.isEmpty, !b.isEmpty, a.count < 64, b.count < 64 else { return max(a.count, b.count) }
  var rows = [[Int](0...b.count)]
  for i in 1...a.count {
    var row = [i]
    for j in 1...b.count {
      var cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, rows[i - 2][j - 2] + 1) }
      row.append(cost)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
