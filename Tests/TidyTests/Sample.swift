import Testing

/// A text, the rule it is about, and the lines at which it breaks it.
struct Sample: Sendable, CustomTestStringConvertible {
  let rule: String
  let path: String
  let lines: [Int]
  let text: String

  var testDescription: String { "\(rule), \(path), \(lines)" }

  init(_ rule: String, _ lines: [Int], in path: String = "Sources/Server/Sample.swift", _ text: String) {
    self.rule = rule
    self.path = path
    self.lines = lines
    self.text = text
  }

  static let all = shape + words + sentences + targets

  private static func function(lines: Int) -> String {
    "func long(\n  a: Int\n) {\n" + String(repeating: "  step()\n", count: lines - 4) + "}\n"
  }

  private static let shape = [
    Sample("line length", [2], "// short\n// " + String(repeating: "x", count: 118)),
    Sample("line length", [], "// " + String(repeating: "é", count: 117)),
    Sample("file length", [501], String(repeating: "\n", count: 501)),
    Sample("file length", [], String(repeating: "\n", count: 500)),
    Sample("function length", [1], function(lines: 71)),
    Sample("function length", [], function(lines: 70)),
    Sample("function length", [1], "var long: Int {\n" + String(repeating: "  step()\n", count: 70) + "}"),
    Sample(
      "function length", [],
      "protocol P {\n  func a()\n  func b(\n    c: Int\n  )\n}\nstruct S {\n" + String(repeating: "\n", count: 70) + "}"
    ),
    Sample("function length", [1], "func a() {\n  let b = \"}\"\n" + String(repeating: "  step()\n", count: 70) + "}"),
  ]

  private static let words = [
    Sample("leftovers", [1, 2], in: "docs/operating.md", "TO" + "DO\nFIX" + "ME: later\n/tmp/load-XX" + "XXXX"),
    Sample("forced try", [1, 2], "let a = try! b()\nlet c = a as! Int\nlet d = \"try!\"  // try!"),
    Sample("machine paths", [2], in: "deploy/up", "cd ..\ncd /ho" + "me/alice/moot"),
    Sample("sleeps", [1, 2], "usleep(1000)\n  sleep(1)\nwork.sleep()  // sleep(2)\nfunc sleep() {}"),
  ]

  private static let sentences = [
    Sample("sentences", [1, 2], "package struct A {\n  package static func b() {}\n  package var c = 1\n}"),
    Sample("sentences", [], "/// An A.\npackage struct A {\n  /// Does.\n  @inlinable\n  package func b() {}\n}"),
    Sample("sentences", [], "package static func < (a: A, b: A) -> Bool { a.c < b.c }\nstruct B {}\npackage let d = 1"),
    Sample("sentences", [], "package init(\n  a: Int\n) {\n  self.a = a\n}"),
    Sample("sentences", [1], "package init(a: Int) {\n  self.a = a\n  open(a)\n}"),
    Sample("sentences", [1], "package final class Box {}"),
    Sample("sentences", [], in: "Tests/WireTests/Sample.swift", "package struct A {}"),
  ]

  private static let targets = [
    Sample("imports", [1], in: "Sources/Wire/Sample.swift", "import Glibc"),
    Sample("imports", [2], in: "Sources/Core/Sample.swift", "package import Wire\npackage import Store"),
    Sample("imports", [1], in: "Sources/Net/Sample.swift", "import Wire\nimport Synchronization"),
    Sample("imports", [1], "import Foundation\n@preconcurrency import Glibc\nimport struct Core.Turn"),
    Sample("imports", [1], in: "Sources/unheard/Sample.swift", "import Wire"),
    Sample(
      "purity", [1, 2], in: "Sources/Core/Sample.swift", "let a = Date()\nlet b = Int.random(in: 1...2)\n// await"),
    Sample("purity", [1], in: "Sources/Wire/Sample.swift", "func a() async {}\nlet updated = 1"),
    Sample("purity", [], "let a = UInt64.random(in: 1...2)"),
  ]
}
