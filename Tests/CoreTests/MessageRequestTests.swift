import Testing

@testable import Core

/// Message requests where a transcript would be long: limits, races, and what is refused.
@Suite struct MessageRequestTests {
  private func realms() throws -> TestRealms {
    let realms = try TestRealms()
    try realms["alpha"].register("alice", capabilities: "standard-replies draft/chathistory batch")
    try realms["beta"].register("bob", capabilities: "standard-replies")
    try realms.send("alpha", "alice", "REQUESTS SET elsewhere")
    realms.lines("alpha", "alice")
    return realms
  }

  @Test func strangersAreLimited() throws {
    let realms = try realms()
    for number in 0..<Limits.messagesPerRequest + 2 { try realms.send("beta", "bob", "PRIVMSG alice/alpha :\(number)") }
    #expect(realms.lines("beta", "bob").filter { $0.contains("FAIL PRIVMSG UNDELIVERABLE") }.count == 2)
    for number in 1..<Limits.messageRequests + 2 {
      try realms["beta"].register("s\(number)", capabilities: "standard-replies")
      try realms.send("beta", "s\(number)", "PRIVMSG alice/alpha :hello")
      let isRefused = realms.lines("beta", "s\(number)").contains { $0.contains("FAIL PRIVMSG UNDELIVERABLE") }
      #expect(isRefused == (number >= Limits.messageRequests), "\(number)")
    }
    realms.lines("alpha", "alice")
    try realms.send("alpha", "alice", "REQUESTS ACCEPT bob/beta")
    let shown = realms.lines("alpha", "alice").filter { $0.contains("PRIVMSG alice :") }
    #expect(shown.count == Limits.messagesPerRequest)
    #expect(shown.first?.hasSuffix(":0") == true && shown.last?.hasSuffix(":\(Limits.messagesPerRequest - 1)") == true)
  }

  /// Two devices let in at once, while more comes: all of it is shown once, in order.
  @Test func devicesRace() throws {
    let realms = try realms()
    try realms["alpha"].logIn("desk", as: "alice", capabilities: "standard-replies")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :one")
    for name in ["alice", "desk"] { realms.lines("alpha", name) }
    realms["alpha"].holdsAnswers = true
    try realms.send("alpha", "alice", "REQUESTS ACCEPT bob/beta")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :two")
    try realms.send("alpha", "desk", "PRIVMSG bob/beta :come in")
    realms["alpha"].holdsAnswers = false
    try realms["alpha"].handle(.tick)
    try realms.settle()
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :three")
    for name in ["alice", "desk"] {
      let texts = realms.lines("alpha", name).filter { $0.contains("PRIVMSG alice :") }.map { $0.suffix(4) }
      #expect(texts == [":one", ":two", "hree"], "\(name)")
    }
    #expect(try realms["alpha"].snapshot().messageRequests.isEmpty)
  }

  /// While it is found out whether somebody is known, the addressee writes: nothing waits.
  @Test func bothWriteAtOnce() throws {
    let realm = try TestRealm()
    for name in ["alice", "bob"] { try realm.register(name) }
    try realm.send("alice", "REQUESTS SET all")
    for name in ["alice", "bob"] { realm.lines(name) }
    realm.holdsAnswers = true
    try realm.send("bob", "PRIVMSG alice :one")
    try realm.send("alice", "PRIVMSG bob :two")
    realm.holdsAnswers = false
    try realm.handle(.tick)
    #expect(realm.lines("bob").contains { $0.hasSuffix("PRIVMSG bob :two") })
    #expect(realm.lines("alice").contains { $0.hasSuffix("PRIVMSG alice :one") })
    #expect(try realm.snapshot().messageRequests.isEmpty)
  }

  /// The store cannot be asked whether somebody is known: nothing is lost.
  @Test func storeIsBusy() throws {
    let realms = try realms()
    realms["alpha"].refusesReads = true
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :hello")
    #expect(!realms.lines("alpha", "alice").contains { $0.contains("WAITING") })
    realms["alpha"].refusesReads = false
    try realms["alpha"].pass(seconds: 1)
    try realms.settle()
    #expect(realms.lines("alpha", "alice").contains { $0.contains("NOTE REQUESTS WAITING bob/beta") })
  }

  /// Whoever has exchanged messages before it was switched on is no stranger.
  @Test func oldAcquaintances() throws {
    let realms = try realms()
    try realms.send("alpha", "alice", "REQUESTS SET none")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :hello")
    try realms.send("alpha", "alice", "REQUESTS SET elsewhere")
    realms.lines("alpha", "alice")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :again")
    #expect(realms.lines("alpha", "alice").contains { $0.hasSuffix("PRIVMSG alice :again") })
  }

  /// What waits goes on waiting when it is switched off: nothing overtakes it.
  @Test func switchedOff() throws {
    let realms = try realms()
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :one")
    try realms.send("alpha", "alice", "REQUESTS SET none")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :two")
    realms.lines("alpha", "alice")
    try realms.send("alpha", "alice", "REQUESTS ACCEPT bob/beta")
    let texts = realms.lines("alpha", "alice").filter { $0.contains("PRIVMSG alice :") }.map { $0.suffix(4) }
    #expect(texts == [":one", ":two"])
  }

  /// With the account all that waits for it goes.
  @Test func accountEnds() throws {
    let realms = try realms()
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :hello")
    try realms.send("alpha", "alice", "UNREGISTER alice sesame")
    try realms.settle()
    #expect(try realms["alpha"].snapshot().messageRequests.isEmpty)
    #expect(try realms["alpha"].snapshot().preferences.isEmpty)
  }
}
