/// A transcript, taken apart. The format is told in `Tests/Transcripts/README.md`.
package struct Script {
  /// What is done in a line of a transcript.
  enum Action: Equatable {
    case connect(client: String)
    /// A new account, registered and connected, or a session of one that there is.
    case arrive(client: String, account: String?, capabilities: [String])
    case send(client: String, text: String)
    case drop(client: String)
    case administer(String)
    case restart
    /// Something that only a stage with a pretended world can do: `clock 10s`, `hold`, `release`, `disk low`.
    case pretend([String])
  }

  /// A line that a client must receive; `admin` receives the answers to the operators' commands.
  struct Expectation: Equatable {
    var client: String
    var text: String
    var line: Int
  }

  /// Some actions, and all that clients receive because of them.
  struct Step {
    var actions: [(action: Action, line: Int)] = []
    var expectations: [Expectation] = []
    /// The lines of the file that hold the expectations; empty where there are none, and begins after the actions.
    var place: Range<Int>
  }

  /// What is wrong with a transcript as a text.
  package struct Malformed: Error, CustomStringConvertible {
    package var description: String
  }

  var lines: [String]
  var steps: [Step] = []
  /// The text of the configuration file, JSON.
  var configuration = "{}"
  /// Why only the core can play it; nil where a server can.
  package private(set) var onlyCore: String?

  package init(_ text: String) throws {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    var isNew = true
    for (index, line) in lines.enumerated() {
      if line.allSatisfy(\.isWhitespace) { isNew = true }
      if line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) { continue }
      if let (client, text) = Self.split(line, at: "< ") {
        try expect(client, text, index)
      } else {
        try act(line, index, isNew: isNew)
        isNew = false
      }
    }
  }

  private mutating func expect(_ client: String, _ text: String, _ index: Int) throws {
    guard let last = steps.indices.last else { throw Malformed(description: "line \(index + 1): nothing was done yet") }
    if steps[last].expectations.isEmpty { steps[last].place = index..<index }
    steps[last].place = steps[last].place.lowerBound..<index + 1
    steps[last].expectations.append(Expectation(client: client, text: text, line: index))
  }

  private mutating func act(_ line: String, _ index: Int, isNew: Bool) throws {
    let words = line.split(separator: " ").map(String.init)
    switch words[0] {
    case "config": configuration = String(line.dropFirst("config ".count))
    case "only": onlyCore = line
    default:
      let action = try Self.action(line, words, index)
      if isNew || steps.last?.expectations.isEmpty != true { steps.append(Step(place: index + 1..<index + 1)) }
      steps[steps.count - 1].actions.append((action, index))
      steps[steps.count - 1].place = index + 1..<index + 1
    }
  }

  private static func action(_ line: String, _ words: [String], _ index: Int) throws -> Action {
    if let (client, text) = split(line, at: "> ") {
      if client == "admin" { return .administer(text) }
      return text == "(disconnect)" ? .drop(client: client) : .send(client: client, text: text)
    }
    switch (words[0], words.count) {
    case ("restart", 1): return .restart
    case ("client", 2): return .connect(client: words[1])
    case ("client", 3...): return try arrival(Array(words[1...]), index)
    case ("cut", 3), ("link", 3), ("restart", 2): return .pretend(words)
    case ("clock", 2), ("hold", 1), ("release", 1...2), ("disk", 2), ("store", 2), ("stop", 1): return .pretend(words)
    default: throw Malformed(description: "line \(index + 1): what is \"\(line)\"?")
    }
  }

  private static func arrival(_ words: [String], _ index: Int) throws -> Action {
    var rest = words.dropFirst()
    var account: String?
    switch rest.popFirst() {
    case "registered": break
    case "of": account = rest.popFirst()
    default: throw Malformed(description: "line \(index + 1): a client is \"registered\" or \"of\" an account")
    }
    guard rest.isEmpty || rest.first == "caps" && rest.count == 2 else {
      throw Malformed(description: "line \(index + 1): after that comes nothing, or caps a,b,c")
    }
    let capabilities = rest.last?.split(separator: ",").map(String.init) ?? []
    return .arrive(client: words[0], account: account, capabilities: capabilities)
  }

  /// `alice> text` into `alice` and `text`, `bob@beta> text` into `bob@beta` and `text`; nil where the line is no such
  /// thing.
  private static func split(_ line: String, at arrow: String) -> (String, String)? {
    let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "@" }
    guard !name.isEmpty, line.dropFirst(name.count).hasPrefix(arrow) else { return nil }
    return (String(name), String(line.dropFirst(name.count + arrow.count)))
  }
}
