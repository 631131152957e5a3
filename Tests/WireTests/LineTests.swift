import Testing
import Wire

/// A line taken apart, as text.
struct Parts: Equatable, Sendable {
  var tags = ""
  var source = ""
  var command = ""
  var parameters: [String] = []

  init(tags: String = "", source: String = "", _ command: String, _ parameters: String...) {
    self.tags = tags
    self.source = source
    self.command = command
    self.parameters = parameters
  }

  init(_ bytes: [UInt8], _ line: Line) {
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    tags = text(line.tags)
    source = text(line.source)
    command = text(line.command)
    parameters = (0..<line.count).map { text(line[$0]) }
  }
}

@Suite struct LineTests {
  private func parse(_ text: String) throws -> Parts {
    let bytes = Array(text.utf8)
    return Parts(bytes, try Line(parsing: bytes, in: 0..<bytes.count))
  }

  private func error(_ bytes: [UInt8], tagBytes: Int = 8_191, lineBytes: Int = 512) -> LineError? {
    do {
      _ = try Line(parsing: bytes, in: 0..<bytes.count, tagBytes: tagBytes, lineBytes: lineBytes)
      return nil
    } catch {
      return error
    }
  }

  // Modern IRC, "Parameters"; ircdocs/parser-tests, msg-split.
  @Test(arguments: [
    ("foo bar baz asdf", Parts("foo", "bar", "baz", "asdf")),
    (":coolguy foo bar baz asdf", Parts(source: "coolguy", "foo", "bar", "baz", "asdf")),
    ("foo bar baz :asdf quux", Parts("foo", "bar", "baz", "asdf quux")),
    ("foo bar baz :", Parts("foo", "bar", "baz", "")),
    ("foo bar baz ::asdf", Parts("foo", "bar", "baz", ":asdf")),
    (":coolguy foo bar baz :  asdf quux ", Parts(source: "coolguy", "foo", "bar", "baz", "  asdf quux ")),
    (":coolguy PRIVMSG bar :lol :) ", Parts(source: "coolguy", "PRIVMSG", "bar", "lol :) ")),
    (":coolguy foo bar baz :  ", Parts(source: "coolguy", "foo", "bar", "baz", "  ")),
    ("@a=b;c=32;k;rt=ql7 foo", Parts(tags: "a=b;c=32;k;rt=ql7", "foo")),
    ("@c;h=;a=b :quux ab cd", Parts(tags: "c;h=;a=b", source: "quux", "ab", "cd")),
    (":src JOIN #chan", Parts(source: "src", "JOIN", "#chan")),
    (":src JOIN :#chan", Parts(source: "src", "JOIN", "#chan")),
    (":src AWAY", Parts(source: "src", "AWAY")),
    (":src AWAY ", Parts(source: "src", "AWAY")),
    (":cool\tguy foo bar baz", Parts(source: "cool\tguy", "foo", "bar", "baz")),
    ("COMMAND", Parts("COMMAND")),
    ("001 x", Parts("001", "x")),
    ("   PING   x   ", Parts("PING", "x")),
    (":a   PING   :x", Parts(source: "a", "PING", "x")),
    ("@a   :b   PING", Parts(tags: "a", source: "b", "PING")),
    ("@ PING", Parts("PING")),
    (": PING", Parts("PING")),
    ("PING x\r", Parts("PING", "x")),
    ("MODE #c +b-o :a b", Parts("MODE", "#c", "+b-o", "a b")),
  ])
  func takesApart(_ text: String, _ parts: Parts) throws { #expect(try parse(text) == parts) }

  @Test func theFifteenthParameterTakesTheRest() throws {
    let words = (1...20).map(String.init)
    let parts = try parse("X " + words.joined(separator: " "))
    #expect(parts.parameters == Array(words.prefix(14)) + ["15 16 17 18 19 20"])
    #expect(try parse("X " + words.prefix(14).joined(separator: " ") + " :a b").parameters.last == "a b")
  }

  @Test(arguments: [
    ("", LineError.empty), (" ", .empty), ("\r", .empty), ("    \r", .empty), ("@", .empty), (":", .empty),
    ("@a", .malformed), ("@a ", .malformed), (":a", .malformed), (":a ", .malformed), ("@a :b", .malformed),
    ("#x", .malformed), ("PING? x", .malformed), ("P\u{0}NG", .malformed), ("\u{1}", .malformed), ("+", .malformed),
    ("@a=b @c PING", .malformed), ("é", .malformed), ("PI\rNG", .malformed),
  ])
  func isNone(_ text: String, _ expected: LineError) { #expect(error(Array(text.utf8)) == expected) }

  // IRCv3 message-tags, "Size limit": tag data is what stands between `@` and the space.
  @Test func limitsOfBytes() {
    func line(tags: Int, rest: Int) -> [UInt8] {
      let tagged = tags == 0 ? [] : [UInt8(ascii: "@")] + Array(repeating: UInt8(ascii: "t"), count: tags - 2) + [32]
      return tagged + Array("X ".utf8) + Array(repeating: UInt8(ascii: "a"), count: rest - 4)
    }
    #expect(error(line(tags: 4_096, rest: 512), tagBytes: 4_096) == nil)
    #expect(error(line(tags: 4_097, rest: 512), tagBytes: 4_096) == .tooLong)
    #expect(error(line(tags: 4_096, rest: 513), tagBytes: 4_096) == .tooLong)
    #expect(error(line(tags: 0, rest: 512)) == nil)
    #expect(error(line(tags: 0, rest: 513)) == .tooLong)
    #expect(error(line(tags: 0, rest: 512) + [13]) == nil, "a CR at the end is counted already")
    #expect(error([UInt8(ascii: "@")] + Array(repeating: 97, count: 10_000)) == .tooLong)
    #expect(error(Array(repeating: 32, count: 513)) == .tooLong)
  }

  @Test func readsOnlyItsRange() throws {
    let bytes = Array("JOIN #a\r\nPART #b :x\r\n".utf8)
    #expect(Parts(bytes, try Line(parsing: bytes, in: 0..<8)) == Parts("JOIN", "#a"))
    #expect(Parts(bytes, try Line(parsing: bytes, in: 9..<20)) == Parts("PART", "#b", "x"))
    #expect(Parts(bytes, try Line(parsing: bytes, in: 9..<9 + 4)) == Parts("PART"))
  }

  /// Whatever the bytes are, ranges lie within the line and in order.
  @Test func hostileBytesStayInside() {
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let alphabet: [UInt8] = Array("@:; =+,!abcXYZ019#\r\u{0}\\".utf8) + [0x80, 0xFF, 0xC3]
    for _ in 0..<20_000 {
      let bytes = (0..<next(40)).map { _ in alphabet[next(alphabet.count)] }
      let start = next(bytes.count + 1)
      let range = start..<start + next(bytes.count - start + 1)
      guard let line = try? Line(parsing: bytes, in: range) else { continue }
      var last = range.lowerBound
      for part in [line.tags, line.source, line.command] + (0..<line.count).map({ line[$0] }) where !part.isEmpty {
        #expect(part.lowerBound >= last && part.upperBound <= range.upperBound)
        last = part.upperBound
      }
    }
  }
}
