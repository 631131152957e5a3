/// Plays a transcript on a stage and compares what every client receives with what it says, line by line.
package struct Player {
  private let script: Script
  private let stage: any Stage
  var bindings: Bindings
  /// The order in which clients came, which is the order in which new expectations are written.
  private var clients: [String] = []
  /// What clients have received and no step has accounted for.
  private var received: [String: [String]] = [:]
  private var replacements: [(place: Range<Int>, lines: [String])] = []

  /// What did not go as the transcript says, for people.
  package private(set) var problems: [String] = []

  package init(_ script: Script, on stage: any Stage) {
    self.script = script
    self.stage = stage
    bindings = Bindings(script)
  }

  /// Plays it from beginning to end, also past differences.
  package mutating func play() throws {
    try stage.open(configuration: script.configuration)
    for step in script.steps {
      for (action, line) in step.actions {
        do {
          try perform(action)
        } catch {
          problems.append("line \(line + 1): \(error)")
        }
      }
      for _ in 0..<stage.patience where lacksLines(step) { try settle() }
      compare(step)
      received = [:]
    }
  }

  /// The transcript with the expectations that would have been right.
  package var rewritten: String {
    var lines = script.lines
    for (place, new) in replacements.reversed() { lines.replaceSubrange(place, with: new) }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: doing

  private mutating func perform(_ action: Script.Action) throws {
    switch action {
    case .connect(let client):
      note(client)
      try stage.connect(client)
    case .arrive(let client, let account, let capabilities):
      note(client)
      return try arrive(client, account, capabilities)
    case .send(let client, let text): try stage.send(client, Sending.bytes(text, bindings))
    case .drop(let client): try stage.drop(client)
    case .administer(let command):
      note("admin")
      received["admin", default: []].append(try stage.administer(command))
    case .restart: try stage.restart()
    case .pretend(let words): try stage.pretend(words)
    }
    try settle()
  }

  private mutating func note(_ client: String) {
    if !clients.contains(client) { clients.append(client) }
  }

  private mutating func settle() throws {
    for (client, lines) in try stage.settle() { received[client, default: []] += lines }
  }

  /// Connects a client of an account; its welcome is no part of the transcript, what comes after it is.
  private mutating func arrive(_ client: String, _ account: String?, _ capabilities: [String]) throws {
    try stage.connect(client)
    var lines = capabilities.isEmpty ? [] : ["CAP REQ :" + capabilities.joined(separator: " ")]
    if let account { lines.append("PASS \(account):\(Self.password)") }
    let name = String((account ?? client).prefix { $0 != "@" })
    lines += ["NICK \(name)", "USER \(name) 0 * :\(name.prefix(1).uppercased() + name.dropFirst())"]
    if account == nil {
      // After USER a client without capabilities would be connected before it has an account.
      lines.insert("REGISTER \(name) * \(Self.password)", at: lines.count - 1)
    }
    if !capabilities.isEmpty { lines.append("CAP END") }
    for line in lines { try stage.send(client, Array(line.utf8)) }
    try settle()
    let burst = received[client] ?? []
    guard let end = burst.firstIndex(where: Self.endsWelcome) else {
      throw StageError("\(client) was not let in: \(burst)")
    }
    received[client] = Array(burst[(end + 1)...])
  }

  private static let password = "sesame"

  private static func endsWelcome(_ line: String) -> Bool {
    let words = line.split(separator: " ")
    return words.count > 1 && (words[1] == "376" || words[1] == "422")
  }

  // MARK: comparing

  /// Whether fewer lines came than the step says.
  private func lacksLines(_ step: Script.Step) -> Bool {
    let wanted = step.expectations.filter { $0.text != "(nothing)" }.map { ($0.client, 1) }
    return Dictionary(wanted, uniquingKeysWith: +).contains { client, count in
      let lines = received[client] ?? []
      let welcome = lines.firstIndex { $0.contains(" 001 ") }.flatMap { start in
        lines[start...].firstIndex(where: Self.endsWelcome).map { $0 - start }
      }
      return lines.count - (welcome ?? 0) < count
    }
  }

  private mutating func compare(_ step: Script.Step) {
    var rest = received.mapValues { $0[...] }
    var differs = false
    for expected in step.expectations {
      if expected.text == "(nothing)" {
        differs = differs || rest[expected.client]?.isEmpty == false
      } else if expected.text == "{welcome}" {
        differs = !takeWelcome(&rest[expected.client, default: []]) || differs
      } else if let line = rest[expected.client]?.popFirst(), Pattern(expected.text).matches(line, &bindings) {
        continue
      } else {
        differs = true
      }
    }
    guard differs || rest.values.contains(where: { !$0.isEmpty }) else { return }
    let correct = corrected(step)
    let old = step.expectations.map { "\($0.client)< \($0.text)" }
    let place = (step.actions.first?.line ?? 0) + 1
    problems.append(
      "line \(place), \(script.lines[place - 1])\n    the transcript says\n"
        + old.map { "      \($0)\n" }.joined() + "    and this came\n" + correct.map { "      \($0)\n" }.joined())
    replacements.append((step.place, correct))
  }

  /// The run of lines that greets a client: 001 to the end of the message of the day.
  private func takeWelcome(_ lines: inout ArraySlice<String>) -> Bool {
    guard lines.first?.contains(" 001 ") == true, let end = lines.firstIndex(where: Self.endsWelcome) else {
      return false
    }
    lines = lines[(end + 1)...]
    return true
  }

  private mutating func corrected(_ step: Script.Step) -> [String] {
    var out: [String] = []
    for client in clients {
      let old = step.expectations.filter { $0.client == client }.map(\.text)
      let isSpelledOut = old.contains { $0.contains(" 001 ") }
      var lines = (received[client] ?? [])[...]
      if lines.isEmpty, old == ["(nothing)"] { out.append("\(client)< (nothing)") }
      var place = 0
      while !lines.isEmpty {
        if !isSpelledOut, takeWelcome(&lines) {
          out.append("\(client)< {welcome}")
        } else if let line = lines.popFirst() {
          let keeps = place < old.count && Pattern(old[place]).matches(line, &bindings)
          out.append("\(client)< " + (keeps ? old[place] : templated(line)))
        }
        place += 1
      }
    }
    return out
  }
}
