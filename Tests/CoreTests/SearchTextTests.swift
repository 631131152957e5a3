import Testing

@testable import Core

@Suite("Texts in a search")
struct SearchTextTests {
  private func finds(_ wanted: String, _ text: String) -> Bool? {
    SearchText(wanted.utf8)?.matches(SearchText.units(of: Array(text.utf8)))
  }

  @Test(
    "What is found",
    arguments: [
      ("fast", "That was fast!"), ("fast", "Fasting is hard."), ("FAST", "fast"), ("was fast", "Fast it was, faster"),
      ("cafe", "Café"), ("café", "CAFE"), ("cafe\u{301}", "café"), ("strasse", "die Straße"), ("straße", "STRASSE"),
      ("naive", "naïve"), ("ελλαδα", "Ελλάδα"), ("σοφος", "ΣΟΦΟΣ"), ("елка", "Ёлка"), ("tieng viet", "tiếng Việt"),
      ("10.0.0.1", "it is 10.0.0.1:6667"), ("foo-bar", "foo bar"), ("\"quoted words\"", "quoted words"),
      ("OR", "this or that"), ("NOT", "not that"), ("a*", "a b"), ("it's", "it's fine"), ("(x)", "x"),
      ("東京", "私は東京に住んでいます"), ("京", "東京"), ("住んで", "私は東京に住んでいます"), ("ไทย", "ภาษาไทยง่าย"),
      ("학교", "학교에 간다"), ("iphone手", "iPhone手机"), ("ＡＢＣ", "abc"), ("👍", "ok 👍🏽!"), ("हिन्दी", "हिन्दी में"),
      ("שלום", "שָׁלוֹם"), ("مرحبا", "مَرحَبا"), ("bold", "\u{2}bo\u{2}ld"), ("red", "\u{3}04,12red"),
      ("waves", "\u{1}ACTION waves\u{1}"),
      ("café au", "un café au lait"), ("lait cafe", "un café au lait"), ("one two", "one\ntwo"),
    ])
  func found(_ wanted: String, _ text: String) {
    #expect(finds(wanted, text) == true)
  }

  @Test(
    "What is not",
    arguments: [
      ("fas hard", "Fasting is hard."), ("ast", "fast"), ("fast slow", "fast"), ("10.0.0.1", "10.0.1.0 0.1"),
      ("foo-bar", "bar foo"), ("京東", "東京"), ("action", "\u{1}ACTION waves\u{1}"), ("04red", "\u{3}04red"),
      ("one", "two"), ("東京", "東 and 京"),
    ])
  func notFound(_ wanted: String, _ text: String) {
    #expect(finds(wanted, text) == false)
  }

  @Test("Nothing to look for, or too much", arguments: ["", " ", "!?", "\u{301}", String(repeating: "x ", count: 65)])
  func nothing(_ wanted: String) {
    #expect(finds(wanted, "x") == nil)
  }

  @Test("What is no UTF-8 divides")
  func malformed() {
    let units = SearchText.units(of: [97, 0xFF, 98, 0xE6, 0x9D, 99, 0xC3])
    #expect(units == [.word([97]), .word([98]), .word([99])])
  }

  /// The index asks for keys, so a text that is found has to have all of them.
  @Test(
    "The keys of what is looked for are keys of what is found, whatever the texts",
    arguments: 1...4 as ClosedRange<UInt64>)
  func keys(_ seed: UInt64) {
    var state = seed
    func next(_ most: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % most)
    }
    let alphabet = ["a", "B", "é", "東", "京", "ไ", " ", " ", "-", "👍", "1", "\u{301}", "_", "\""]
    func text(_ most: UInt64) -> String {
      (0...next(most)).map { _ in alphabet[next(UInt64(alphabet.count))] }.joined()
    }
    var found = 0
    for _ in 0..<20_000 {
      let said = text(14)
      guard let wanted = SearchText(text(4).utf8) else { continue }
      let units = SearchText.units(of: Array(said.utf8))
      guard wanted.matches(units) else { continue }
      found += 1
      let keys = SearchText.keys(of: units)
      for (key, isBeginning) in wanted.keys {
        #expect(keys.contains { isBeginning ? $0.starts(with: key) : $0 == key }, "\(said)")
        #expect(!key.contains(34) && !key.contains(32) && !key.contains(95))
      }
    }
    #expect(found > 500)
  }

  @Test("Attributes")
  func attributes() throws {
    func parse(_ text: String) throws(SearchRequest.Problem) -> SearchRequest {
      try SearchRequest(Array(text.utf8), most: 50)
    }
    let request = try parse("in=#c;from=bob;after=2019-01-04T14:33:26.123Z;text=two\\swords\\:;limit=7")
    #expect(request.target == "#c" && request.author == "bob" && request.limit == 7 && request.before == nil)
    #expect(request.after == 1_546_612_406_123 && request.text == SearchText("two words".utf8))
    #expect(try parse("before=2010-01-01T00:00:00.000Z").limit == 50)
    #expect(try parse("text=x;limit=1000").limit == 50)
    for (bad, attribute) in [
      ("limit=0", "limit"), ("limit=x", "limit"), ("after=yesterday", "after"), ("before=", "before"), ("in=", "in"),
      ("from=", "from"), ("text=", "text"), ("text=!", "text"), ("word=x", "word"), (";", "*"),
    ] {
      #expect { try parse(bad) } throws: { ($0 as? SearchRequest.Problem)?.attribute == attribute }
    }
  }
}
