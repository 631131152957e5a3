import Testing

@testable import moot

@Suite struct ArgumentsTests {
  static let options = [
    Option("json", "a switch"), Option("data", "DIR", "a value"), Option("number", "N", "a number", short: "n"),
  ]

  static func read(_ line: String...) throws(Failure) -> Arguments { try Arguments(line, options: options) }

  @Test func sortsWordsAndOptions() throws {
    let arguments = try Self.read("a", "--json", "--data", "x", "b", "-n", "5", "-", "--", "--data")
    #expect(arguments.words == ["a", "b", "-", "--data"])
    #expect(arguments.has("json"))
    #expect(arguments["data"] == "x")
    #expect(try arguments.number("number", in: 1...9, default: 1) == 5)
    #expect(try Self.read("--data=a=b")["data"] == "a=b")
    #expect(try Self.read("--data=")["data"] == "")
    #expect(try Self.read().number("number", in: 1...9, default: 7) == 7)
  }

  static let refusals: [([String], String)] = [
    (["--jsno"], "unknown option --jsno: did you mean --json?"),
    (["-x"], "unknown option -x: there are --json, --data, --number"),
    (["--data"], "--data needs a value: --data DIR"),
    (["--json=1"], "--json takes no value: write --json alone"),
    (["--json", "--json"], "--json is given twice: leave one out"),
  ]

  @Test(arguments: refusals)
  func refuses(line: [String], message: String) {
    #expect(throws: Failure.usage(message)) { try Arguments(line, options: Self.options) }
  }

  @Test func countsWords() throws {
    #expect(try Self.read("a").only("NAME") == "a")
    #expect(throws: Failure.usage("NAME is missing")) { try Self.read().only("NAME") }
    #expect(throws: Failure.usage("\"b\" is one word too many: quote what belongs together")) {
      try Self.read("a", "b").only("NAME")
    }
    #expect(throws: Failure.usage("\"a\" is one word too many")) { try Self.read("a").none() }
    #expect(throws: Failure.usage("--number x: write a number from 1 to 9")) {
      try Self.read("-n", "x").number("number", in: 1...9, default: 1)
    }
  }

  static let lines: [([String], Int32)] = [
    (["help"], 0), (["help", "send"], 0), (["send", "--help"], 0), (["--version"], 0), ([], 2), (["sned"], 2),
    (["help", "sned"], 2), (["send", "--jsn"], 2), (["send", "bob"], 2), (["init", "a.b"], 2), (["group", "jion"], 2),
    (["register", "alice"], 2), (["history"], 2), (["hash-password", "x"], 2),
  ]

  @Test(arguments: lines)
  func exits(line: [String], code: Int32) {
    #expect(Command.run(line) == code)
  }
}
