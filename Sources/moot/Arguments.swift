import Server

/// An option of a command: `--data DIR`, `--json`, `-n N`.
struct Option: Sendable {
  var name: String
  /// What stands for the value in help; nil for a switch.
  var value: String?
  var help: String
  /// One letter, without `-`.
  var short: Character?

  init(_ name: String, _ value: String, _ help: String, short: Character? = nil) {
    self.name = name
    self.value = value
    self.help = help
    self.short = short
  }

  /// A switch.
  init(_ name: String, _ help: String) {
    self.name = name
    self.help = help
  }
}

/// What stands behind the name of a command, sorted.
struct Arguments: Equatable {
  private(set) var words: [String] = []
  private var values: [String: String] = [:]

  /// Sorts the words of a command line. Options may stand anywhere before `--`.
  init(_ line: [String], options: [Option]) throws(Failure) {
    var rest = line[...]
    while let word = rest.popFirst() {
      if word == "--" {
        words.append(contentsOf: rest)
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        words.append(word)
        continue
      }
      let (name, attached) = Self.split(word)
      let option = try Self.find(name, in: options)
      guard values[option.name] == nil else { throw .usage("\(name) is given twice: leave one out") }
      if let placeholder = option.value {
        guard let value = attached ?? rest.popFirst() else {
          throw .usage("\(name) needs a value: \(name) \(placeholder)")
        }
        values[option.name] = value
      } else {
        guard attached == nil else { throw .usage("\(name) takes no value: write \(name) alone") }
        values[option.name] = ""
      }
    }
  }

  /// Name and attached value of `--name=value`.
  private static func split(_ word: String) -> (name: String, value: String?) {
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }

  private static func find(_ name: String, in options: [Option]) throws(Failure) -> Option {
    let found = options.first { option in
      name == "--" + option.name || option.short.map { name == "-\($0)" } ?? false
    }
    if let found { return found }
    let known = options.map { "--" + $0.name }
    if let near = closest(to: name, among: known) { throw .usage("unknown option \(name): did you mean \(near)?") }
    throw .usage("unknown option \(name)" + (known.isEmpty ? "" : ": there are \(known.joined(separator: ", "))"))
  }

  subscript(option: String) -> String? { values[option] }

  /// Whether a switch is given.
  func has(_ option: String) -> Bool { values[option] != nil }

  /// The only word of a command that takes exactly one.
  func only(_ what: String) throws(Failure) -> String {
    guard let word = words.first else { throw .usage("\(what) is missing") }
    guard words.count == 1 else { throw .usage("\"\(words[1])\" is one word too many: quote what belongs together") }
    return word
  }

  /// Refuses words for a command that takes none.
  func none() throws(Failure) {
    if let word = words.first { throw .usage("\"\(word)\" is one word too many") }
  }

  /// A whole number.
  func number(_ option: String, in range: ClosedRange<Int>, default value: Int) throws(Failure) -> Int {
    guard let text = values[option] else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw .usage("--\(option) \(text): write a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The same without its first word, for commands of two words.
  func dropFirst() -> Arguments {
    var copy = self
    copy.words = Array(words.dropFirst())
    return copy
  }
}
