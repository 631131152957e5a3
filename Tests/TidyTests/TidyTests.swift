import Testing

/// The house rules, on every file of the repository and on samples that show that each rule can fail.
@Suite struct TidyTests {
  @Test func findsTheSources() {
    #expect(SourceTree.shared.files.contains { $0.path == "Sources/Wire/Line.swift" })
    #expect(SourceTree.shared.files.contains { $0.path == "Package.swift" })
  }

  @Test(arguments: Rule.all)
  func holds(_ rule: Rule) {
    for file in SourceTree.shared.files {
      for line in rule.violations(file) {
        Issue.record("\(file.path):\(line): \(rule.name). \(rule.remedy)")
      }
    }
  }

  @Test(arguments: Sample.all)
  func finds(_ sample: Sample) throws {
    let rule = try #require(Rule.named(sample.rule))
    #expect(rule.violations(SourceFile(path: sample.path, text: Array(sample.text.utf8))) == sample.lines)
  }

  @Test(arguments: Rule.all)
  func canFail(_ rule: Rule) {
    #expect(Sample.all.contains { $0.rule == rule.name && !$0.lines.isEmpty }, "Add a sample that breaks it.")
  }

  @Test func stripsCommentsAndLiterals() {
    let text = """
      let a = "{ \\(b["}"]) }"  // {
      /* { /* { */
      } */ let c = #"\\"{"#
      """
    var stripper = Stripper()
    let code = String(decoding: stripper.strip(Array(text.utf8)), as: UTF8.self)
    #expect(code == "let a = \"(b[\"\"])\"  \n\n let c = \"\"")
  }
}
