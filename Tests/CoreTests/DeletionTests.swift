import Testing

@testable import Core

/// Accounts that end, and what becomes of what they had to do with other realms.
@Suite struct DeletionTests {
  /// Alice of alpha has founded #plans; bob and carol of beta are members.
  private func group(change: (inout Settings) -> Void = { _ in }) throws -> TestRealms {
    let realms = try TestRealms(change: change)
    try realms["alpha"].register("alice", capabilities: "standard-replies")
    try realms["beta"].register("bob", capabilities: "echo-message")
    try realms["beta"].register("carol")
    try realms.send("alpha", "alice", "JOIN #plans")
    for name in ["bob", "carol"] { try realms.send("beta", name, "JOIN #plans/alpha") }
    for name in ["bob", "carol"] { realms.lines("beta", name) }
    realms.lines("alpha", "alice")
    return realms
  }

  private func members(of name: String, in realm: TestRealm) throws -> [String] {
    let inspection = realm.realm.inspection
    let record = try #require(inspection.groupNames.first { $0.name == name })
    let group = try #require(inspection.groups.first { $0.id == record.id })
    let names = Dictionary(uniqueKeysWithValues: inspection.accounts.map { ($0.id, $0.name) })
    return group.members.map { names[$0.person] ?? "?" }.sorted()
  }

  /// What waits for somebody who is not there any more is refused.
  @Test func whatWaitsForItIsRefused() throws {
    let realms = try group()
    try realms.cut("alpha", "beta")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :are you there?")
    try realms["beta"].administer(.delete(account: "bob"))
    realms.lines("alpha", "alice")
    try realms.connect("alpha", "beta")
    let refusal = realms.lines("alpha", "alice").first { $0.contains("UNDELIVERABLE") }
    #expect(refusal?.hasSuffix(":There is nobody called bob in beta") == true)
    #expect(try members(of: "#plans", in: realms["alpha"]) == ["alice", "carol/beta"])
  }

  /// What it has said before is said: it arrives, in its name, before it leaves the group.
  @Test func whatItHasSaidArrives() throws {
    let realms = try group()
    try realms.cut("alpha", "beta")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :last words")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :farewell to all")
    try realms["beta"].administer(.delete(account: "bob"))
    try realms.connect("alpha", "beta")
    let seen = realms.lines("alpha", "alice").filter { $0.contains("bob/beta!bob@beta") }
    #expect(
      seen == [
        ":bob/beta!bob@beta PRIVMSG alice :last words", ":bob/beta!bob@beta PRIVMSG #plans :farewell to all",
        ":bob/beta!bob@beta PART #plans :Account deleted",
      ])
    // It comes back to its own realm as what it is: a message of the account.
    #expect(realms.lines("beta", "carol").contains(":bob!bob@beta PRIVMSG #plans/alpha :farewell to all"))
    let bob = try #require(realms["beta"].realm.inspection.accounts.first { $0.name == "bob" })
    let entry = realms["beta"].writes.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
      .first { $0.body.elementsEqual("farewell to all".utf8) }
    #expect(entry?.sender == bob.id)
  }

  /// A stranger must not come by its conversations.
  @Test func itsNameIsNotGivenAgain() throws {
    let realms = try group()
    try realms["beta"].administer(.delete(account: "bob"))
    try realms["beta"].restart()
    try realms["beta"].connect("stranger")
    try realms["beta"].send("stranger", lines: ["NICK Bob", "USER x 0 * :x", "REGISTER Bob * sesame"])
    #expect(realms.lines("beta", "stranger").contains { $0.contains("FAIL REGISTER ACCOUNT_EXISTS Bob") })
  }

  /// Its memberships end, however much of it waits already.
  @Test func itHasSaidTooMuch() throws {
    let realms = try group { $0.limits.outboxBytes = 40_000 }
    try realms.cut("alpha", "beta")
    for _ in 0..<50 { try realms.send("beta", "bob", "PRIVMSG alice/alpha :" + String(repeating: "x", count: 400)) }
    #expect(realms.lines("beta", "bob").contains { $0.contains("Too much of yours waits") })
    try realms["beta"].administer(.delete(account: "bob"))
    try realms.connect("alpha", "beta")
    #expect(try members(of: "#plans", in: realms["alpha"]) == ["alice", "carol/beta"])
    #expect(try members(of: "#plans/alpha", in: realms["beta"]) == ["alice/alpha", "carol"])
  }

  /// A JOIN that is under way while its account is deleted comes to nothing.
  @Test(arguments: [true, false])
  func itJoinsMeanwhile(_ isAlreadyFollowed: Bool) throws {
    let realms = try group()
    try realms["beta"].register("dora")
    try realms.send("beta", "dora", "JOIN #rest")
    if !isAlreadyFollowed {
      for name in ["bob", "carol"] { try realms.send("beta", name, "PART #plans/alpha") }
    }
    realms.holdsFrames = true
    try realms.send("beta", "dora", "JOIN #plans/alpha")
    realms["beta"].holdsAnswers = true
    try realms["beta"].administer(.delete(account: "dora"))
    // It is known by now which groups it is to leave, and the first of them is being read.
    try realms["beta"].answer()
    try #require(realms["beta"].asks.count == 1)
    realms.holdsFrames = false
    try realms.settle()
    realms["beta"].holdsAnswers = false
    while !realms["beta"].asks.isEmpty { try realms["beta"].answer() }
    try realms.pass(seconds: 5)
    #expect(try members(of: "#plans", in: realms["alpha"]).contains("dora/beta") == false)
    if isAlreadyFollowed {
      #expect(try members(of: "#plans/alpha", in: realms["beta"]) == ["alice/alpha", "bob", "carol"])
    } else {
      #expect(realms["beta"].realm.inspection.groupNames.isEmpty)
    }
  }

  /// Its owner ends it; groups of other realms are left as soon as they can be reached.
  @Test func byItsOwner() throws {
    let realms = try group()
    try realms.cut("alpha", "beta")
    try realms.send("beta", "bob", "UNREGISTER bob sesame")
    #expect(realms.lines("beta", "bob").suffix(2) == ["ERROR :This account was deleted", "(closed)"])
    try realms.connect("alpha", "beta")
    #expect(try members(of: "#plans", in: realms["alpha"]) == ["alice", "carol/beta"])
    #expect(try members(of: "#plans/alpha", in: realms["beta"]) == ["alice/alpha", "carol"])
  }

  /// What was begun goes on, whatever comes in between: the end of the process, or a store that cannot be read.
  @Test(arguments: [true, false])
  func itIsInterrupted(_ byRestart: Bool) throws {
    let realms = try group()
    let beta = realms["beta"]
    beta.holdsAnswers = true
    try beta.send("bob", "UNREGISTER bob sesame")
    try beta.answer()
    #expect(beta.lines("bob").last == "(closed)")
    if byRestart {
      beta.holdsAnswers = false
      try realms.restart("beta")
    } else {
      beta.refusesReads = true
      beta.holdsAnswers = false
      while !beta.asks.isEmpty { try beta.answer() }
      try realms.pass(seconds: 3)
      beta.refusesReads = false
    }
    let bob = try #require(beta.realm.inspection.accounts.first { $0.name == "bob" })
    #expect(bob.flags == [.suspended, .ending])
    #expect(try beta.administer(.resume(account: "bob")) == .refused("bob is just being deleted"))
    try realms.pass(seconds: 3)
    #expect(beta.realm.inspection.accounts.first { $0.name == "bob" }?.flags == .deleted)
    #expect(try members(of: "#plans", in: realms["alpha"]) == ["alice", "carol/beta"])
  }
}
