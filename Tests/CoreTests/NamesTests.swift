import Core
import Testing

@Suite struct NamesTests {
  @Test(arguments: [
    ("alice", true), ("Alice", true), ("a", true), ("a1-_[]\\`^{}|", true), ("_a", true), ("[a]", true),
    (String(repeating: "a", count: 32), true), (String(repeating: "a", count: 33), false), ("", false), ("1a", false),
    ("-a", false), ("a b", false), ("a.b", false), ("a/b", false), ("a@b", false), ("a!b", false), ("#a", false),
    ("a*", false), ("a?", false), ("a:b", false), ("a,b", false), ("é", false), ("a\u{0}", false), ("a~", false),
    ("a+b", false), ("аlice", false),  // a Cyrillic а
  ])
  func nicks(_ name: String, _ isOne: Bool) { #expect(Names.isNick(name) == isOne) }

  @Test(arguments: [
    ("#plans", true), ("#a", true), ("#ä", true), ("##", true), ("#" + String(repeating: "a", count: 63), true),
    ("#" + String(repeating: "a", count: 64), false), ("#" + String(repeating: "é", count: 32), false), ("#", false),
    ("", false), ("plans", false), ("&plans", false), ("#a b", false), ("#a,b", false), ("#a/b", false),
    ("#a@b", false), ("#a.b", false), ("#a:b", false), ("#a!b", false), ("#a*", false), ("#a?", false),
    ("#a\u{7}", false), ("#a\u{7F}", false), ("#a\u{0}", false),
  ])
  func groups(_ name: String, _ isOne: Bool) { #expect(Names.isGroup(name) == isOne) }

  @Test(arguments: [
    ("nickserv", true), ("NickServ", true), ("CHANSERV", true), ("server", true), ("moot", true), ("alice", false),
    ("nickserv1", false),
  ])
  func reserved(_ name: String, _ isOne: Bool) { #expect(Names.isReserved(name) == isOne) }

  @Test(
    arguments: [
      ("bob", "bob", nil, false), ("bob/beta", "bob", "beta", false), ("bob@beta", "bob", "beta", false),
      ("bob/alpha", "bob", nil, false), ("bob@ALPHA", "bob", nil, false), ("#plans", "#plans", nil, true),
      ("#plans/beta", "#plans", "beta", true), ("#plans@Beta", "#plans", "beta", true), ("", "", nil, false),
      ("/beta", "", "beta", false), ("bob/", "bob", "", false), ("bob/beta/gamma", "bob", "beta/gamma", false),
      ("bob@beta/gamma", "bob", "beta/gamma", false),
    ] as [(String, String, String?, Bool)])
  func addresses(_ text: String, _ name: String, _ realm: String?, _ isGroup: Bool) {
    let address = Address(text, home: "alpha")
    #expect(address.name == name)
    #expect(address.realm == realm)
    #expect(address.isGroup == isGroup)
  }

  // Modern IRC, "Wildcard Expressions", without escapes.
  @Test(arguments: [
    ("*", "", true), ("*", "anything", true), ("", "", true), ("", "a", false), ("?", "", false), ("?", "a", true),
    ("a?c", "abc", true), ("a?c", "ac", false), ("a?c", "abbc", false), ("a*c", "ac", true), ("a*c", "abbbc", true),
    ("a*c", "abcb", false), ("*!*@*", "bob!bob@alpha", true), ("bob!*@*", "BOB!x@y", true),
    ("*b*b*", "abab", true), ("*b*b*b", "abab", false), ("**a**", "bab", true), ("*?", "", false), ("*?", "a", true),
    ("a*b*c*d", "aXbXcXd", true), ("a*b*c*d", "aXbXdXc", false), ("*aab", "aaaaab", true), ("é*", "éa", true),
    ("[", "{", false),
  ])
  func masks(_ mask: String, _ text: String, _ expected: Bool) {
    #expect(matches(mask: mask.utf8, text.utf8) == expected)
  }

  /// A mask made to be slow: one that tries every star again would never end.
  @Test(.timeLimit(.minutes(1))) func hostileMask() {
    let mask = String(repeating: "*a", count: 500) + "*b"
    #expect(!matches(mask: mask.utf8, String(repeating: "a", count: 2_000).utf8))
  }
}
