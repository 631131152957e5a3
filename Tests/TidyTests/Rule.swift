import Testing

/// A house rule that a text can break: where, and what to do about it.
struct Rule: Sendable, CustomTestStringConvertible {
  let name: String
  let remedy: String
  /// Returns the lines, counted from 1, that break the rule in a file.
  let violations: @Sendable (SourceFile) -> [Int]

  var testDescription: String { name }

  init(_ name: String, _ remedy: String, _ violations: @escaping @Sendable (SourceFile) -> [Int]) {
    self.name = name
    self.remedy = remedy
    self.violations = violations
  }

  static let all: [Rule] = [
    lineLength, fileLength, functionLength, leftovers, forcedTry, sentences, imports, purity, machinePaths, sleeps,
  ]

  static func named(_ name: String) -> Rule? { all.first { $0.name == name } }
}

extension Rule {
  static let lineLength = Rule("line length", "Break the line: at most 120 characters.") { file in
    guard file.isSwift else { return [] }
    return file.lines.indices.filter { file.lines[$0].unicodeScalars.count > 120 }.map { $0 + 1 }
  }

  static let fileLength = Rule("file length", "Divide the file by topic: at most 500 lines.") { file in
    file.isSwift && file.lines.count > 500 ? [501] : []
  }

  static let functionLength = Rule("function length", "Give a part of it a name: at most 70 lines.") { file in
    file.code.indices.compactMap { index in
      guard let declaration = Declaration(file.code[index]), declaration.isFunction,
        let extent = file.extent(from: index), extent.count > 70
      else { return nil }
      return index + 1
    }
  }

  /// Spelled in halves, so that this file does not break the rule.
  private static let leftoverWords = ["FIX" + "ME", "TO" + "DO", "XX" + "X"]

  static let leftovers = Rule("leftovers", "Do it now, or open an issue and take the note out.") { file in
    file.lines.indices.filter { holds(file.lines[$0], oneOf: leftoverWords) }.map { $0 + 1 }
  }

  /// Whether one of the words stands in the line, whole.
  static func holds(_ line: String, oneOf words: [String]) -> Bool {
    words.contains { line.contains($0) }
      && line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { words.contains(String($0)) }
  }

  static let forcedTry = Rule("forced try", "Handle the error, or use `#require` in a test.") { file in
    file.code.indices.filter { file.code[$0].contains("try!") || file.code[$0].contains("as!") }.map { $0 + 1 }
  }

  static let sentences = Rule("sentences", "Say in a sentence of `///` what it is for.") { file in
    guard file.target != nil else { return [] }
    return file.code.indices.compactMap { index in
      guard let declaration = Declaration(file.code[index]), declaration.needsSentence else { return nil }
      var above = index - 1
      while above >= 0, file.code[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
      if above >= 0, file.lines[above].drop(while: { $0 == " " }).hasPrefix("///") { return nil }
      if declaration.keyword == "init", let extent = file.extent(from: index), file.isPlainInitialiser(extent) {
        return nil
      }
      return index + 1
    }
  }

  static let sleeps = Rule("sleeps", "Wait for the event itself, with a time-out.") { file in
    guard file.target != nil else { return [] }
    return file.code.indices.filter { index in
      [" sleep(", "usleep(", "nanosleep(", "Task.sleep("].contains { file.code[index].contains($0) }
        && !file.code[index].contains("func ")
    }.map { $0 + 1 }
  }

  /// Parts of paths that exist on one machine only, spelled in halves.
  private static let machineFolders = ["/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/", "/wo" + "rk/"]

  static let machinePaths = Rule("machine paths", "Find the place at run time, or from the top of the repository.") {
    file in
    file.lines.indices.filter { index in
      machineFolders.contains { file.lines[index].contains($0) }
    }.map { $0 + 1 }
  }
}
