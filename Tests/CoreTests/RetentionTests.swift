import Testing

@testable import Core

/// How long what is said is kept (docs/operating.md, "How long messages are kept").
@Suite struct RetentionTests {
  private static let day: Int64 = 86_400
  private static let capabilities = "draft/chathistory batch message-tags soju.im/search draft/event-playback"

  private func said(_ realms: TestRealms, _ realm: String, _ client: String, _ line: String) throws -> [String] {
    realms.lines(realm, client)
    try realms.send(realm, client, line)
    return realms.lines(realm, client).compactMap { line in
      line.contains("PRIVMSG") ? line.split(separator: ":").last.map(String.init) : nil
    }
  }

  /// Days pass while nobody does anything; then what is too old is erased.
  private func pass(days: Int64, _ realms: TestRealms) throws {
    for name in realms.names { try realms[name].sleep(seconds: days * Self.day) }
    try realms.settle()
    try realms.pass(seconds: 10)
  }

  private func erased(_ realm: TestRealm) -> (erased: Int, deleted: Int) {
    var count = (erased: 0, deleted: 0)
    for case .aged(let aged) in realm.writes {
      count.erased += aged.erased.count
      count.deleted += aged.deleted.count
    }
    return count
  }

  private func realm(keepDays: Int = 0) throws -> TestRealms {
    let realms = try TestRealms(["alpha"], neighbours: []) { $0.limits.keepDays = keepDays }
    for name in ["alice", "bob"] { try realms["alpha"].register(name, capabilities: Self.capabilities) }
    for line in ["JOIN #plans", "PRIVMSG #plans :old words", "PRIVMSG bob :old words in private"] {
      try realms.send("alpha", "alice", line)
    }
    try realms.send("alpha", "bob", "JOIN #plans")
    try realms.send("alpha", "alice", "KICK #plans bob :old")
    return realms
  }

  private func comeBack(_ realms: TestRealms) throws {
    for name in ["alice", "bob"] {
      if realms["alpha"].isOpen(name) { try realms["alpha"].drop(name) }
      try realms["alpha"].logIn(name, as: name, capabilities: Self.capabilities)
    }
  }

  @Test func realmWide() throws {
    let realms = try realm(keepDays: 3)
    try pass(days: 2, realms)
    try comeBack(realms)
    #expect(try said(realms, "alpha", "alice", "CHATHISTORY LATEST #plans * 9") == ["old words"])
    #expect(try said(realms, "alpha", "alice", "SEARCH text=words").count == 2)
    try realms.send("alpha", "alice", "PRIVMSG bob :new words")
    // It is not shown from the moment on when it is too old, erased or not.
    try realms["alpha"].sleep(seconds: Self.day)
    #expect(try said(realms, "alpha", "alice", "CHATHISTORY LATEST #plans * 9") == [])
    #expect(try said(realms, "alpha", "alice", "CHATHISTORY LATEST bob * 9") == ["new words"])
    #expect(try said(realms, "alpha", "alice", "SEARCH text=words") == ["new words"])
    try pass(days: 0, realms)
    let count = erased(realms["alpha"])
    #expect(count.erased >= 1 && count.deleted == 1)
    // What is erased is gone, whatever is said later.
    try realms["alpha"].configure { $0.limits.keepDays = 0 }
    #expect(try said(realms, "alpha", "alice", "SEARCH text=words") == ["new words"])
    #expect(try said(realms, "alpha", "alice", "CHATHISTORY LATEST #plans * 9") == [])
    realms.lines("alpha", "alice")
    try realms.send("alpha", "alice", "MODLOG #plans")
    #expect(realms.lines("alpha", "alice").contains { $0.contains("KICK bob") })
  }

  @Test func nothingIsErasedUnlessAsked() throws {
    let realms = try realm()
    try pass(days: 3_000, realms)
    try comeBack(realms)
    #expect(try said(realms, "alpha", "alice", "SEARCH text=words").count == 2)
    #expect(erased(realms["alpha"]) == (0, 0))
    #expect(!realms["alpha"].writes.contains { if case .aged = $0 { true } else { false } })
  }

  @Test func missedButTooOld() throws {
    let realms = try realm(keepDays: 1)
    try realms["alpha"].drop("bob")
    try realms.send("alpha", "alice", "PRIVMSG bob :never seen")
    try pass(days: 2, realms)
    try realms["alpha"].logIn("phone", as: "bob", capabilities: "message-tags")
    try realms.pass(seconds: 2)
    #expect(!realms.lines("alpha", "phone").contains { $0.contains("never seen") })
  }

  @Test func afterRestart() throws {
    let realms = try realm(keepDays: 1)
    try realms["alpha"].sleep(seconds: 2 * Self.day)
    try realms.restart("alpha")
    try realms.pass(seconds: 10)
    #expect(erased(realms["alpha"]).deleted == 1)
    try realms.restart("alpha")
    try comeBack(realms)
    try realms.send("alpha", "alice", "PRIVMSG #plans :after")
    #expect(try said(realms, "alpha", "alice", "CHATHISTORY LATEST #plans * 9") == ["after"])
  }

  @Test func moderationLogHasItsOwnTime() throws {
    let realms = try realm(keepDays: 1)
    try realms["alpha"].configure { $0.limits.moderationDays = 5 }
    for (days, isShown) in [(3, true), (3, false)] as [(Int64, Bool)] {
      try pass(days: days, realms)
      try comeBack(realms)
      realms.lines("alpha", "alice")
      try realms.send("alpha", "alice", "MODLOG #plans")
      #expect(realms.lines("alpha", "alice").contains { $0.contains("KICK bob") } == isShown)
    }
  }

  /// Alice's group in alpha, with bob of beta; both realms log in anew, after a while.
  private func linked(alpha: Int = 0, beta: Int = 0) throws -> TestRealms {
    let realms = try TestRealms(["alpha", "beta"], neighbours: [("alpha", "beta")]) { settings in
      settings.limits.keepDays = settings.realm == "alpha" ? alpha : beta
    }
    try realms["alpha"].register("alice", capabilities: Self.capabilities)
    try realms["beta"].register("bob", capabilities: Self.capabilities)
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    try realms.send("alpha", "alice", "PRIVMSG #plans :old words")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :old words in private")
    return realms
  }

  private func logIn(_ realms: TestRealms) throws {
    if realms["alpha"].isOpen("alice") { try realms["alpha"].drop("alice") }
    if realms["beta"].isOpen("bob") { try realms["beta"].drop("bob") }
    try realms["alpha"].logIn("alice", as: "alice", capabilities: Self.capabilities)
    try realms["beta"].logIn("bob", as: "bob", capabilities: Self.capabilities)
    try realms.settle()
  }

  private func history(_ realms: TestRealms) throws -> (alpha: [String], beta: [String]) {
    try logIn(realms)
    return (
      try said(realms, "alpha", "alice", "CHATHISTORY LATEST #plans * 9"),
      try said(realms, "beta", "bob", "CHATHISTORY LATEST #plans/alpha * 9")
    )
  }

  private func findings(_ realms: TestRealms) throws -> [Finding] {
    try realms["beta"].administer(.examineGroup("#plans/alpha"))
    try realms.settle()
    try realms.pass(seconds: 6)
    guard case .findings(let findings)? = realms["beta"].reply(realms["beta"].lastAdmin) else { return [] }
    return findings
  }

  @Test func groupByItsHome() throws {
    let realms = try linked()
    try realms.send("alpha", "alice", "MODE #plans +D 2")
    #expect(try history(realms) == (["old words"], ["old words"]))
    try pass(days: 3, realms)
    #expect(try history(realms) == ([], []))
    #expect(erased(realms["alpha"]).erased >= 1 && erased(realms["beta"]).erased >= 1)
    #expect(erased(realms["alpha"]).deleted == 0, "private messages have the realm's time")
    try realms.send("alpha", "alice", "PRIVMSG #plans :new words")
    #expect(try history(realms) == (["new words"], ["new words"]))
    let found = try findings(realms)
    #expect(!found.isEmpty && found.allSatisfy { $0.level == .ok }, "\(found)")
  }

  @Test func followerKeepsLess() throws {
    let realms = try linked(beta: 1)
    try pass(days: 2, realms)
    #expect(try history(realms) == (["old words"], []))
    let found = try findings(realms)
    #expect(!found.isEmpty && found.allSatisfy { $0.level == .ok }, "\(found)")
  }

  @Test func followerKeepsNoMoreThanTheHome() throws {
    let realms = try linked(alpha: 1)
    try pass(days: 2, realms)
    #expect(try history(realms) == ([], []))
    // It is remembered, also while the home is out of reach.
    try realms.cut("alpha", "beta")
    try realms.restart("beta")
    #expect(try history(realms).beta == [])
    // The home may think better of it.
    try realms.connect("alpha", "beta")
    try realms["alpha"].configure { $0.limits.keepDays = 0 }
    try realms.settle()
    try realms.send("alpha", "alice", "PRIVMSG #plans :for ever")
    try pass(days: 30, realms)
    #expect(try history(realms) == (["for ever"], ["for ever"]))
  }

  @Test func followerThatWasAway() throws {
    let realms = try linked()
    try realms.send("alpha", "alice", "MODE #plans +D 1")
    try realms.cut("alpha", "beta")
    try realms.send("alpha", "alice", "PRIVMSG #plans :never seen in beta")
    try pass(days: 2, realms)
    try logIn(realms)
    try realms.send("alpha", "alice", "PRIVMSG #plans :new words")
    realms.lines("beta", "bob")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 5)
    let shown = realms.lines("beta", "bob")
    #expect(!shown.contains { $0.contains("never seen") } && shown.contains { $0.contains("new words") })
    #expect(try history(realms) == (["new words"], ["new words"]))
    let found = try findings(realms)
    #expect(!found.isEmpty && found.allSatisfy { $0.level == .ok }, "\(found)")
  }

  @Test func undeliveredIsNotLost() throws {
    let realms = try linked(alpha: 1)
    try realms.cut("alpha", "beta")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :it waits")
    try pass(days: 2, realms)
    try logIn(realms)
    #expect(try said(realms, "alpha", "alice", "SEARCH text=waits") == [])
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 5)
    #expect(try said(realms, "beta", "bob", "SEARCH text=waits") == ["it waits"])
  }

  @Test func homeSetBack() throws {
    let realms = try linked(alpha: 3)
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try logIn(realms)
    try realms.send("alpha", "alice", "PRIVMSG #plans :lost by the home")
    try pass(days: 2, realms)
    try realms.restart("alpha") { try $0.restore(copy) }
    try realms.pass(seconds: 20)
    try pass(days: 2, realms)
    try logIn(realms)
    try realms.send("alpha", "alice", "PRIVMSG #plans :after all that")
    #expect(try history(realms) == (["after all that"], ["after all that"]))
  }

  @Test func whoDecides() throws {
    let realms = try realm(keepDays: 10)
    try realms.send("alpha", "bob", "JOIN #plans")
    try realms.send("alpha", "alice", "MODE #plans +o bob")
    func answer(_ client: String, _ line: String) throws -> String {
      realms.lines("alpha", client)
      try realms.send("alpha", client, line)
      return realms.lines("alpha", client).joined(separator: "\n")
    }
    #expect(try answer("bob", "MODE #plans +D 3").contains(" 482 "))
    for days in ["0", "x", "-1", "11", "99999999999"] {
      #expect(try answer("alice", "MODE #plans +D \(days)").contains(" 696 "), "\(days)")
    }
    #expect(try answer("alice", "MODE #plans +D 10").contains("MODE #plans +D 10"))
    #expect(try answer("alice", "MODE #plans").contains("D"))
    #expect(try answer("alice", "MODE #plans -D").contains("MODE #plans -D"))
    #expect(!(try answer("alice", "MODE #plans").contains("+Dnt")))
  }
}
