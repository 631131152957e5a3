import Testing

@testable import Core

@Suite struct MultilineTests {
  static let bodies: [(String, [String], [Bool])] = [
    ("", [""], [false]),
    ("one", ["one"], [false]),
    ("one\ntwo", ["one", "two"], [false, false]),
    ("one\n\nthree\n", ["one", "", "three", ""], [false, false, false, false]),
    ("lo\rng\nx", ["lo", "ng", "x"], [false, true, false]),
    ("\nx\r\ry", ["", "x", "", "y"], [false, false, true, true]),
  ]

  @Test(arguments: bodies) func comesApart(_ body: String, _ texts: [String], _ joined: [Bool]) {
    let parts = Multiline.parts(of: Array(body.utf8))
    #expect(parts.map { String(decoding: $0.text, as: UTF8.self) } == texts)
    #expect(parts.map(\.isJoined) == joined)
  }

  /// What another realm says is looked at as what a client says.
  @Test func bodiesFromElsewhere() {
    let longest = String(repeating: "a\n", count: Limits.multilineLines - 1) + "a"
    for body in ["a", "a\nb", "\na", "a\n", "a\rb", longest] { #expect(Multiline.isBody(Array(body.utf8)), "\(body)") }
    let full = [UInt8](repeating: 97, count: Limits.multilineBytes)
    #expect(Multiline.isBody(full))
    for body in ["", "\n", "\n\n", "a\r", "\ra\r\n", "a\r\rb", "a\0", longest + "\n"] {
      #expect(!Multiline.isBody(Array(body.utf8)), "\(body)")
    }
    #expect(!Multiline.isBody(full + [UInt8](repeating: 97, count: Limits.multilineLines + 1)))
  }

  @Test func textForPeople() {
    var entry = Entry(
      position: 1, target: .person(PersonID(rawValue: 1)), number: 0, kind: .multiline, time: 1, sender: .nobody,
      id: MessageID(epoch: 1, counter: 1), body: Array("lo\rng\nline".utf8))
    #expect(Multiline.text(of: entry) == Array("long\nline".utf8))
    entry.kind = .message
    entry.body = Array("a line".utf8)
    #expect(Multiline.text(of: entry) == entry.body)
  }
}
