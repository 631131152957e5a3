/// What a line of code declares, as far as the house rules care.
struct Declaration {
  /// `func`, `init`, `struct`, …
  var keyword: String
  /// Whether other targets see it.
  var isShared: Bool
  /// What follows the keyword.
  var rest: String

  private static let modifiers: Set<String> = [
    "package", "public", "open", "internal", "fileprivate", "private", "private(set)", "static", "class", "final",
    "mutating", "nonmutating", "borrowing", "consuming", "override", "convenience", "required", "indirect",
    "nonisolated", "nonisolated(unsafe)", "isolated", "lazy", "weak", "unowned", "prefix", "postfix", "infix",
  ]
  private static let keywords: Set<String> = [
    "func", "init", "deinit", "subscript", "struct", "class", "enum", "protocol", "actor", "extension", "var", "let",
    "import",
  ]

  /// Nil where the line begins no declaration.
  init?(_ line: String) {
    var words = line.split(separator: " ")[...]
    var shared = false
    while let word = words.first {
      words = words.dropFirst()
      let name = String(word.prefix { $0 != "(" && $0 != "<" && $0 != "?" && $0 != ":" })
      // `class` is a modifier in `class func`, and a keyword in `final class Name`.
      let isModifier = Self.modifiers.contains(String(word)) || word.hasPrefix("@")
      if isModifier, word != "class" || words.first == "func" || words.first == "var" {
        shared = shared || word == "package" || word == "public" || word == "open"
        continue
      }
      guard Self.keywords.contains(name) else { return nil }
      keyword = name
      isShared = shared
      rest = words.joined(separator: " ")
      return
    }
    return nil
  }

  /// Whether it has a body of statements, whose length counts.
  var isFunction: Bool { ["func", "init", "deinit", "subscript", "var"].contains(keyword) }

  /// Whether it is to be explained where other targets see it.
  var needsSentence: Bool {
    guard isShared else { return false }
    // What an operator does is known from its protocol.
    if keyword == "func" { return rest.first.map { $0.isLetter || $0 == "_" || $0 == "`" } ?? false }
    return ["init", "subscript", "struct", "class", "enum", "protocol", "actor"].contains(keyword)
  }
}

extension SourceFile {
  /// The lines, counted from 0, of the body that begins at or after `start`, from the declaration to the closing
  /// brace; nil for a requirement of a protocol or a stored property, which have none.
  func extent(from start: Int) -> ClosedRange<Int>? {
    let indentation = code[start].prefix { $0 == " " }.count
    var depth = 0
    var opened = false
    for index in start..<code.count {
      let line = code[index]
      if index > start, !opened, !line.isEmpty, !Self.continues(line, beyond: indentation) { return nil }
      for byte in line.utf8 {
        if byte == UInt8(ascii: "{") {
          depth += 1
          opened = true
        } else if byte == UInt8(ascii: "}") {
          depth -= 1
          // A requirement that ends the protocol: this brace is not its own.
          if depth < 0 { return nil }
        }
      }
      if opened, depth == 0 { return start...index }
    }
    return nil
  }

  /// Whether a line goes on with a declaration that began `indentation` deep and whose body has not begun.
  private static func continues(_ line: String, beyond indentation: Int) -> Bool {
    let own = line.prefix { $0 == " " }.count
    if own > indentation { return true }
    return own == indentation && [")", "{", "-", "w"].contains { line.dropFirst(own).hasPrefix($0) }
  }

  /// Whether an initialiser only sets properties, one a line, or takes nothing: its signature says all there is to say.
  func isPlainInitialiser(_ extent: ClosedRange<Int>) -> Bool {
    let text = code[extent].joined(separator: "\n")
    guard let open = text.firstIndex(of: "{"), let close = text.lastIndex(of: "}"), open < close else { return false }
    return text.contains("init()")
      || text[text.index(after: open)..<close].split(separator: "\n").allSatisfy { line in
        let words = line.split(separator: " ")
        return words.isEmpty || words[0].hasPrefix("self.") || (words.count > 1 && words[1] == "=")
      }
  }
}
