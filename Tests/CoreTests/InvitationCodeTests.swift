import Testing

@testable import Core

/// Registration by invitation: what transcripts cannot show, because it depends on time and on who is faster.
@Suite struct InvitationCodeTests {
  private func realm() throws -> TestRealm {
    var settings = Settings(realm: "alpha")
    settings.registration = .invite
    return try TestRealm(settings)
  }

  private func makeCode(_ realm: TestRealm, uses: Int = 1, days: Int = 14) throws -> String {
    guard
      case .invitation(_, let text, true)? = try realm.administer(
        .createInvitation(uses: uses, days: days, note: ""))
    else {
      Issue.record("no code was made")
      return ""
    }
    return text
  }

  private func begin(_ realm: TestRealm, _ name: String, code: String) throws {
    try realm.connect(name)
    try realm.send(name, lines: ["NICK \(name)", "USER \(name) 0 * :x", "REGISTER \(name) \(code) sesame"])
  }

  private func isRegistered(_ realm: TestRealm, _ name: String) -> Bool {
    realm.lines(name).contains { $0.contains("REGISTER SUCCESS") }
  }

  private func names(_ realm: TestRealm) -> [String] { realm.realm.inspection.accounts.map(\.name) }

  @Test func theTextOfACode() {
    #expect(InvitationCode.text(of: Array(repeating: 0, count: 10)) == "0000-0000-0000-0000")
    #expect(InvitationCode.text(of: Array(repeating: 255, count: 10)) == "zzzz-zzzz-zzzz-zzzz")
    #expect(InvitationCode.text(of: [0x08, 0x42, 0x10, 0x84, 0x21, 0, 0, 0, 0, 1]) == "1111-1111-0000-0001")
  }

  @Test(arguments: ["k3f0-1xmt", "K3FO-LXMT", "k3f0ixmt", "k3f01xmt@invite", "-k3f0--1xmt-@"])
  func howItIsTyped(_ text: String) {
    #expect(InvitationCode.plain(text) == Array("k3f01xmt".utf8))
  }

  /// The code's last use is spoken for while the key of who came first is derived.
  @Test func oneUseIsForOne() throws {
    let realm = try realm()
    let code = try makeCode(realm)
    realm.holdsAnswers = true
    try begin(realm, "alice", code: code)
    try begin(realm, "bob", code: code)
    #expect(realm.lines("bob").contains { $0.contains("FAIL REGISTER UNACCEPTABLE_EMAIL bob") })
    realm.holdsAnswers = false
    try realm.answer()
    #expect(isRegistered(realm, "alice"))
    #expect(names(realm) == ["alice"])
  }

  /// Account and use are in one turn: after a crash both have happened, or neither.
  @Test func theUseIsStoredWithTheAccount() throws {
    let realm = try realm()
    let code = try makeCode(realm, uses: 2)
    realm.forgetWrites()
    realm.holdsAnswers = true
    try begin(realm, "alice", code: code)
    #expect(realm.writes.isEmpty)
    try realm.answer()
    let kinds = realm.writes.prefix(2).map { write in
      switch write {
      case .invitationCode(let code): "uses \(code.uses)"
      case .account(let account, _): account.name
      default: "?"
      }
    }
    #expect(kinds == ["uses 1", "alice"])
  }

  /// Who goes away before the account is made leaves the use to others; so does a key that cannot be derived.
  @Test func aUseThatWasNotMade() throws {
    let realm = try realm()
    let code = try makeCode(realm)
    realm.holdsAnswers = true
    try begin(realm, "alice", code: code)
    try realm.drop("alice")
    try realm.answer()
    try begin(realm, "bob", code: code)
    let ask = try #require(realm.asks.last)
    try realm.handle(.answer(ask.id, .failed("too much to do")))
    #expect(realm.lines("bob").contains { $0.contains("FAIL REGISTER TEMPORARILY_UNAVAILABLE bob") })
    realm.holdsAnswers = false
    try begin(realm, "carol", code: code)
    #expect(isRegistered(realm, "carol"))
    #expect(names(realm) == ["carol"])
  }

  @Test func revokedWhileItIsInHand() throws {
    let realm = try realm()
    let code = try makeCode(realm)
    realm.holdsAnswers = true
    try begin(realm, "alice", code: code)
    try realm.administer(.revokeInvitation(1))
    realm.holdsAnswers = false
    try realm.answer()
    #expect(realm.lines("alice").contains { $0.contains("FAIL REGISTER UNACCEPTABLE_EMAIL alice") })
    #expect(names(realm).isEmpty)
  }

  @Test func itExpires() throws {
    let realm = try realm()
    let short = try makeCode(realm, uses: 5, days: 1)
    let long = try makeCode(realm, uses: 5, days: 0)
    try realm.sleep(seconds: 86_390)
    try begin(realm, "alice", code: short)
    #expect(isRegistered(realm, "alice"))
    try realm.sleep(seconds: 11)
    try begin(realm, "bob", code: short)
    #expect(!isRegistered(realm, "bob"))
    try begin(realm, "carol", code: long)
    #expect(isRegistered(realm, "carol"))
    guard case .invitations(let codes)? = try realm.administer(.invitations) else {
      Issue.record("no list")
      return
    }
    #expect(codes.map(\.id) == [2])
  }

  /// An address has as many guesses an hour as it may make accounts, over all its connections, and then good codes do
  /// not help either.
  @Test func guessesFromOneAddress() throws {
    let realm = try realm()
    try realm.configure { $0.limits.registrationsPerHour = 3 }
    let code = try makeCode(realm)
    func attempt(_ name: String, _ code: String) throws -> [String] {
      try realm.connect(name, origin: "10.0.0.1")
      try realm.send(name, lines: ["NICK \(name)", "USER \(name) 0 * :x", "REGISTER \(name) \(code) sesame"])
      return realm.lines(name).filter { $0.contains("REGISTER") && !$0.contains("NickServ") }
    }
    for index in 1...3 {
      #expect(try attempt("guest\(index)", "a-\(index)").allSatisfy { $0.contains("UNACCEPTABLE_EMAIL") })
    }
    #expect(try attempt("guest4", "a-4").allSatisfy { $0.contains("TEMPORARILY_UNAVAILABLE") })
    #expect(try attempt("guest5", code).allSatisfy { $0.contains("TEMPORARILY_UNAVAILABLE") })
    try realm.sleep(seconds: 3_601)
    #expect(try attempt("guest6", code).contains { $0.contains("SUCCESS") })
  }

  /// Clients learn how accounts are made while they are connected.
  @Test func theOfferChanges() throws {
    let realm = try TestRealm()
    try realm.connect("alice")
    try realm.send("alice", lines: ["CAP LS 302", "NICK alice", "USER alice 0 * :x", "CAP END"])
    realm.lines("alice")
    try realm.configure { $0.registration = .invite }
    #expect(
      realm.lines("alice") == [
        ":alpha CAP alice NEW :draft/account-registration=before-connect,email-required,custom-account-name"
      ])
  }
}
