import Testing

@testable import moot

@Suite struct AddressTests {
  @Test(arguments: [
    ("bob", "bob"), ("bob@beta", "bob/beta"), ("bob/beta", "bob/beta"), ("bob@alpha", "bob"), ("bob@ALPHA", "bob"),
    ("#plans", "#plans"), ("#plans@beta", "#plans/beta"), ("#plans/alpha", "#plans"), ("Jörg", "Jörg"),
  ])
  func isSeenFromHome(text: String, expected: String) throws {
    #expect(try #require(Address(text)).seen(from: "alpha") == expected)
  }

  @Test(arguments: [
    "", "@beta", "bob@", "#", "#@beta", "a b", "a,b", "bob@beta.example", "bob@beta@gamma", ":bob", "a!b", "##x", "a*",
    "bob@#beta", "\u{1}", String(repeating: "x", count: 65),
  ])
  func refuses(text: String) {
    #expect(Address(text) == nil)
  }

  @Test func accountsNeedARealm() throws {
    #expect(try Address.account("alice@alpha") == ("alice", "alpha"))
    #expect(throws: Failure.self) { try Address.account("alice") }
    #expect(throws: Failure.self) { try Address.account("#alice@alpha") }
    #expect(try Address.group("plans@beta").name == "#plans")
    #expect(try Address.group("#plans").description == "#plans")
  }
}
