import Testing
import Wire

@Suite struct JSONTests {
  static func parse(_ text: String) throws(JSONError) -> JSON { try JSON(parsing: Array(text.utf8)) }

  static let values: [(String, JSON)] = [
    ("null", JSON(.null)),
    (" true ", true),
    ("false", false),
    ("0", 0),
    ("-12", -12),
    ("9223372036854775807", JSON(.integer(.max))),
    ("9223372036854775808", JSON(.number(9_223_372_036_854_775_808))),
    ("-0.5e+2", JSON(.number(-50))),
    ("1E2", JSON(.number(100))),
    ("\"\"", ""),
    (#""a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00""#, "a\"\\/\u{8}\u{c}\n\r\tAé😀"),
    ("[]", []),
    ("[1,[2,{}]]", [1, [2, [:]]]),
    ("\u{FEFF}{ \"a\" : { \"b\" : null } }\r\n", ["a": ["b": nil]]),
  ]

  @Test(arguments: values)
  func reads(text: String, expected: JSON) throws {
    #expect(try Self.parse(text) == expected)
  }

  static let errors: [(String, String)] = [
    ("", "the text ends where a value is expected"),
    ("{", "the text ends where a key in quotes is expected"),
    ("{\"a\"", "the text ends where a colon is expected"),
    ("{\"a\":", "the text ends where a value is expected"),
    ("{\"a\":1", "the text ends where a comma or } is expected"),
    ("{\"a\":1,}", "found `}` where a key in quotes is expected"),
    ("[1,]", "found `]` where a value is expected"),
    ("[1 2]", "found `2` where a comma or ] is expected"),
    ("{a:1}", "found `a` where a key in quotes is expected"),
    ("1 1", "found `1` where the end of the text is expected"),
    ("tru", "found `t` where a value is expected"),
    ("// no", "found `/` where a value is expected"),
    ("é", "found a stray character where a value is expected"),
    ("\"a", "the text ends where the closing quote of a string is expected"),
    ("\"\\", "the text ends where the closing quote of a string is expected"),
    ("\"a\nb\"", JSONError(line: 1, problem: .controlCharacter).message),
    (#""\x""#, JSONError(line: 1, problem: .badEscape).message),
    (#""\u12""#, JSONError(line: 1, problem: .badEscape).message),
    (#""\ud800""#, JSONError(line: 1, problem: .badEscape).message),
    (#""\ud800\u0041""#, JSONError(line: 1, problem: .badEscape).message),
    (#""\udc00""#, JSONError(line: 1, problem: .badEscape).message),
    ("01", JSONError(line: 1, problem: .badNumber).message),
    ("-", JSONError(line: 1, problem: .badNumber).message),
    ("1.", JSONError(line: 1, problem: .badNumber).message),
    ("1e", JSONError(line: 1, problem: .badNumber).message),
    ("1e999", JSONError(line: 1, problem: .badNumber).message),
    ("{\"a\":1,\"a\":2}", "the key \"a\" is there twice: remove one"),
  ]

  @Test(arguments: errors)
  func refuses(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try Self.parse(text) }
    #expect(error?.message == message)
  }

  @Test func refusesWhatIsNotUTF8() {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
    #expect(error?.problem == .notUTF8)
  }

  @Test func boundsSizeAndDepth() throws {
    let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    _ = try Self.parse(deep)
    #expect(throws: JSONError(line: 1, problem: .tooDeep(limit: 32))) { try Self.parse("[" + deep + "]") }
    #expect(throws: JSONError(line: 1, problem: .tooDeep(limit: 32))) {
      try Self.parse(String(repeating: "[", count: 500_000))
    }
    #expect(throws: JSONError(line: 1, problem: .tooLarge(limit: 3))) {
      try JSON(parsing: Array("null".utf8), maxBytes: 3)
    }
  }

  @Test func knowsLines() throws {
    let value = try Self.parse("{\n  \"a\":\n 1,\n  \"b\": [\n\n true]\n}")
    guard case .object(let members) = value.kind else { throw TestError() }
    #expect(members.map(\.line) == [2, 4])
    #expect(members.map(\.value.line) == [3, 4])
    #expect(members[1].value.elements?.map(\.line) == [6])
    #expect(throws: JSONError(line: 3, problem: .unexpected("`]`", expected: "a value"))) {
      try Self.parse("[\n1,\n]")
    }
    #expect(throws: JSONError(line: 3, problem: .duplicateKey("a"))) { try Self.parse("{\"a\":1\n,\n\"a\":1}") }
  }

  @Test func readsBackWhatItWrites() throws {
    let value: JSON = [
      "text": "q\" b\\ n\n r\r t\t c\u{1}\u{7F} é😀", "list": [1, JSON(.number(0.5)), true, nil], "empty": [:],
      "nested": ["a": []],
    ]
    #expect(try JSON(parsing: value.bytes) == value)
    #expect(
      String(decoding: (["a": "b\n\u{1}", "c": [1, nil]] as JSON).bytes, as: UTF8.self)
        == #"{"a":"b\n\u0001","c":[1,null]}"#)
    #expect(JSON(.number(.infinity)).bytes == Array("null".utf8))
  }

  /// Cutting and damaging a text at every place gives an error or a value, never a trap.
  @Test func neverTraps() {
    let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,null],"b":{"c":false}}"#.utf8)
    for index in text.indices {
      _ = try? JSON(parsing: Array(text[..<index]))
      for byte in [0, 0x22, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
        var damaged = text
        damaged[index] = byte
        _ = try? JSON(parsing: damaged)
      }
    }
  }

  struct TestError: Error {}
}
