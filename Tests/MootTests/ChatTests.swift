import Testing

@testable import moot

@Suite struct KeyTests {
  static func read(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.take(Array(text.utf8))
  }

  static let keys: [(String, [Key])] = [
    ("aé😀", [.text("a"), .text("é"), .text("😀")]),
    ("\r\t\u{7F}\u{8}", [.enter, .tab, .backspace, .backspace]),
    ("\u{1}\u{5}\u{1A}", [.control("a"), .control("e"), .control("z")]),
    ("\u{1B}[A\u{1B}OB\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
    ("\u{1B}[H\u{1B}[4~\u{1B}[3~\u{1B}[Z", [.home, .end, .delete, .backTab]),
    ("\u{1B}[1;5C\u{1B}b\u{1B}d\u{1B}1", [.wordRight, .wordLeft, .alt("d"), .alt("1")]),
    ("\u{1B}[99;99Xx\u{1B}", [.text("x")]),
    ("\u{1B}[200~one\r\ntwo\rthree\u{1B}[201~!", [.paste("one\ntwo\nthree"), .text("!")]),
  ]

  @Test(arguments: keys)
  func decodes(text: String, expected: [Key]) {
    #expect(Self.read(text) == expected)
  }

  /// What arrives in pieces gives the same keys, wherever it is cut.
  @Test func survivesCuts() {
    let text = Array("é\u{1B}[200~a\u{1B}[b\u{1B}[201~\u{1B}[1;5Cx".utf8)
    let whole: [Key] = [.text("é"), .paste("a\u{1B}[b"), .wordRight, .text("x")]
    for cut in text.indices where cut == 0 || text[cut - 1] != 0x1B || (4...13).contains(cut) {
      var decoder = KeyDecoder()
      #expect(decoder.take(text[..<cut]) + decoder.take(text[cut...]) == whole, "cut at \(cut)")
    }
  }

  @Test func neverTraps() {
    var decoder = KeyDecoder()
    for byte in UInt8.min...UInt8.max { _ = decoder.take([byte, 0x1B, byte, 0x5B, byte]) }
  }
}

@Suite struct LineEditorTests {
  /// What is in the line after some keys.
  static func line(_ text: String, _ keys: [Key]) -> String {
    var editor = LineEditor()
    for character in text { _ = editor.take(.text(character)) }
    for key in keys { _ = editor.take(key) }
    var line = editor.text
    line.insert("|", at: editor.cursor)
    return String(line)
  }

  static let cases: [([Key], String)] = [
    ([.backspace], "one tw|"), ([.home, .delete], "|ne two"), ([.wordLeft, .backspace], "one|two"),
    ([.left, .text("x")], "one twx|o"), ([.control("a"), .right, .control("k")], "o|"),
    ([.control("w"), .control("y"), .control("y")], "one twotwo|"), ([.control("u")], "|"),
    ([.wordLeft, .wordLeft, .wordRight], "one| two"), ([.home, .alt("d")], "| two"), ([.control("t")], "one tow|"),
    ([.control("c"), .text("x")], "x|"), ([.paste("\na\u{7}")], "one two\na|"),
    ([.home, .left, .backspace], "|one two"),
    ([.end, .right, .delete], "one two|"), ([.home, .control("t")], "|one two"),
  ]

  @Test(arguments: cases)
  func edits(keys: [Key], expected: String) {
    #expect(Self.line("one two", keys) == expected)
  }

  @Test func remembersLines() {
    var editor = LineEditor()
    for text in ["a", "b", "b"] {
      editor.set(text)
      #expect(editor.take(.enter) == .submitted(text))
    }
    editor.set("draft")
    var seen: [String] = []
    for key in [Key.up, .up, .up, .down, .down, .down] {
      _ = editor.take(key)
      seen.append(editor.string)
    }
    #expect(seen == ["b", "a", "a", "b", "draft", "draft"])
  }

  @Test func tellsWhatItCannotDo() {
    var editor = LineEditor()
    #expect(editor.take(.control("d")) == .end)
    #expect(editor.take(.control("c")) == .end)
    #expect(editor.take(.tab) == .complete(backward: false))
    #expect(editor.take(.backTab) == .complete(backward: true))
    #expect(editor.take(.alt("3")) == .jump(3))
    #expect(editor.take(.control("z")) == .suspend)
    #expect(editor.take(.control("l")) == .redraw)
    editor.set("x", cursor: 9)
    #expect(editor.take(.control("d")) == .editing)
    #expect(editor.string == "x")
  }

  @Test func showsThePartAroundTheCursor() {
    let text = Array("abcdefghij")
    #expect(Row(prompt: "p> ", text, cursor: 10, columns: 80).text == "p> abcdefghij")
    #expect(Row(prompt: "p> ", text, cursor: 10, columns: 80).cursor == 13)
    let narrow = Row(prompt: "p> ", text, cursor: 10, columns: 9)
    #expect(narrow.text == "p> ghij")
    #expect(narrow.cursor == 7)
    #expect(Row(prompt: "p> ", text, cursor: 0, columns: 9).text == "p> abcde")
    #expect(
      Row(prompt: "", Array("日本\n語"), cursor: 2, columns: 80) == Row(prompt: "", Array("日本⏎語"), cursor: 2, columns: 80))
    #expect(Row(prompt: "", Array("日本語"), cursor: 2, columns: 80).cursor == 4)
    #expect(Row(prompt: "long prompt", text, cursor: 10, columns: 1).cursor <= 15)
  }

  @Test(arguments: [("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("😀", 2), ("", 0), ("❤️", 2)])
  func knowsWidths(text: String, width: Int) {
    #expect(displayWidth(text) == width)
  }
}

@Suite struct CompletionTests {
  static let names = ["bob", "Bea", "alice", "#plans", "#bees", "/join"]

  static func complete(_ text: String, presses: Int = 1) -> String? {
    var completion = Completion()
    var line = (text: text, cursor: text.count)
    for _ in 0..<presses {
      guard let next = completion.next(Array(line.text), cursor: line.cursor, candidates: names) else { return nil }
      line = next
    }
    return line.text
  }

  @Test(arguments: [
    ("al", 1, "alice: "), ("hi al", 1, "hi alice "), ("b", 1, "#bees "), ("b", 2, "Bea: "), ("b", 3, "bob: "),
    ("b", 4, "#bees "), ("#p", 1, "#plans "), ("/jo", 1, "/join "), ("/to pl", 1, "/to #plans "),
  ])
  func completes(text: String, presses: Int, expected: String) {
    #expect(Self.complete(text, presses: presses) == expected)
  }

  @Test func leavesTheRestAlone() {
    var completion = Completion()
    let done = completion.next(Array("al and bob"), cursor: 2, candidates: Self.names)
    #expect(done?.text == "alice: and bob")
    #expect(done?.cursor == 7)
    let back = completion.next(Array("b"), cursor: 1, candidates: Self.names, backward: true)
    #expect(back?.text == "bob: ")
    #expect(Self.complete("zz") == nil)
    #expect(Self.complete("") == nil)
    #expect(Self.complete("hi ") == nil)
  }
}

@Suite struct ConversationsTests {
  static func happening(_ line: String, time: Int64 = 1) throws -> Happening {
    try #require(Message(line).flatMap { Happening($0, nick: "me", now: time) })
  }

  @Test func countsWhatIsUnread() throws {
    var conversations = Conversations()
    conversations.open(conversations.ensure("#p"))
    #expect(conversations.take(try Self.happening(":bob!b@a PRIVMSG #P :hi")) == .show)
    #expect(conversations.take(try Self.happening(":bob!b@a PRIVMSG me :hi", time: 2)) == .announce(2))
    #expect(conversations.take(try Self.happening(":bob!b@a PRIVMSG me :ho", time: 3)) == .nothing)
    #expect(conversations.unreadSummary == "2:bob(2)")
    #expect(conversations.nextUnread == 1)
    conversations.setRead("bob", upTo: 2)
    #expect(conversations.all[1].unread == 1)
    // Answered at another device.
    #expect(conversations.take(try Self.happening(":me!m@a PRIVMSG bob :yes", time: 4)) == .nothing)
    #expect(conversations.nextUnread == nil)
    conversations.open(1)
    #expect(conversations.previous == 0)
    #expect(conversations.open?.name == "bob")
  }

  @Test func knowsMembers() throws {
    var conversations = Conversations()
    let index = conversations.ensure("#p")
    conversations.update(index) { $0.members = ["me", "bob"] }
    #expect(conversations.take(try Self.happening(":carol!c@a JOIN #p")) == .nothing)
    #expect(conversations.take(try Self.happening(":me!m@a JOIN #q")) == .nothing)
    #expect(conversations.all.map(\.name) == ["#p", "#q"])
    #expect(conversations.all[1].log.isEmpty)
    conversations.open(index)
    #expect(conversations.names == ["me", "bob", "carol", "#p", "#q", "me", "bob", "carol"])
    _ = conversations.take(try Self.happening(":me!m@a KICK #p bob :out"))
    #expect(conversations.take(try Self.happening(":carol!c@a QUIT :x")) == .show)
    #expect(conversations.take(try Self.happening(":zed!z@a QUIT :x")) == .nothing)
    #expect(conversations.all[0].members == ["me"])
    _ = conversations.take(try Self.happening(":bob!b@a TOPIC #p :new"))
    #expect(conversations.all[0].topic == "new")
  }

  @Test func putsEarlierMessagesFirstAndOnce() throws {
    var conversations = Conversations()
    let index = conversations.ensure("bob")
    let messages = try (1...3).map { try Self.happening("@msgid=\($0) :bob!b@a PRIVMSG me :\($0)", time: Int64($0)) }
    _ = conversations.take(messages[2])
    #expect(conversations.prepend(messages, to: index).map(\.text) == ["1", "2"])
    #expect(conversations.all[index].log.map(\.text) == ["1", "2", "3"])
    conversations.countUnread(index)
    #expect(conversations.all[index].unread == 3)
  }

  @Test func bounds() throws {
    var conversations = Conversations()
    for number in 0..<1_000 { _ = conversations.take(try Self.happening(":bob!b@a PRIVMSG me :\(number)")) }
    #expect(conversations.all[0].log.count <= Conversations.logLength)
    #expect(conversations.all[0].log.last?.text == "999")
  }

  @Test func forgets() throws {
    var conversations = Conversations()
    for name in ["a", "b", "c"] { _ = conversations.ensure(name) }
    conversations.open(0)
    conversations.open(2)
    conversations.remove(0)
    #expect(conversations.open?.name == "c")
    #expect(conversations.previous == nil)
    conversations.remove(1)
    #expect(conversations.open == nil)
  }
}
