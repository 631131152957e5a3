import Foundation
import Testing

@testable import Core

/// Groups across realms when one of them goes back to an older copy of itself.
@Suite struct SetBackTests {
  private static let capabilities = "echo-message draft/chathistory batch server-time message-tags"

  /// Alice of alpha has founded #plans, and bob of beta is a member.
  private func group() throws -> TestRealms {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob", capabilities: Self.capabilities)
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    try realms.send("alpha", "alice", "PRIVMSG #plans :before")
    return realms
  }

  private func replica(in realms: TestRealms) throws -> Group {
    try #require(realms["beta"].realm.groups.values.first { $0.home != nil && !$0.ended })
  }

  private func expectSame(_ realms: TestRealms) throws {
    let replica = try replica(in: realms)
    let home = try #require(realms["alpha"].realm.groups.values.first { $0.name == "#plans" })
    #expect(replica.mark == home.mark)
    #expect(!replica.isAhead)
    #expect(replica.members.count == home.members.count)
    #expect(replica.modes == home.modes)
  }

  /// What a client has been told was said in the group, live or from the history, in order.
  private func said(_ realms: TestRealms, _ realm: String, _ client: String) -> [String] {
    realms.lines(realm, client).filter { $0.contains(" PRIVMSG #plans") }
      .compactMap { $0.split(separator: ":").last.map(String.init) }
  }

  /// Alpha loses "lost" and "returns", and says two things before beta can hear of it.
  private func setBackHome() throws -> TestRealms {
    let realms = try group()
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms["alpha"].logIn("alice2", as: "alice")
    try realms.send("alpha", "alice2", "PRIVMSG #plans :lost")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :returns")
    try realms.send("alpha", "alice2", "MODE #plans +m")
    try realms.send("alpha", "alice2", "MODE #plans -m+v bob/beta")
    #expect(said(realms, "beta", "bob") == ["before", "lost", "returns"])
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].sleep(seconds: 1)
    try realms["alpha"].logIn("alice3", as: "alice")
    try realms["alpha"].send("alice3", "PRIVMSG #plans :new")
    try realms["alpha"].send("alice3", "TOPIC #plans :what is new")
    try realms["alpha"].send("alice3", "PRIVMSG #plans :newer")
    return realms
  }

  @Test func homeSetBack() throws {
    let realms = try setBackHome()
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    try expectSame(realms)
    #expect(try replica(in: realms).topic?.text == Array("what is new".utf8))
    #expect(said(realms, "beta", "bob") == ["new", "newer"], "what the home says anew, and nothing again")
    let note = try #require(realms["beta"].notes.first { $0.event.hasPrefix("set back with its home") })
    #expect(note.fields.first { $0.name == "both have" }?.value == "5")
    #expect(note.fields.first { $0.name == "apart" }?.value == "4")

    // The history is the home's, and knows nothing of what was lost.
    try realms.send("beta", "bob", "CHATHISTORY LATEST #plans/alpha * 50")
    #expect(said(realms, "beta", "bob") == ["before", "new", "newer", "returns"])
    try realms.send("alpha", "alice3", "PRIVMSG #plans :and on")
    #expect(said(realms, "beta", "bob") == ["and on"])
    try expectSame(realms)
  }

  /// Time stands still in the home, and an entry comes again to the number that it had: the logs differ before it.
  @Test func sameNumberAfterAnother() throws {
    let realms = try group()
    try realms["alpha"].sleep(seconds: -3_600)
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms["alpha"].logIn("alice2", as: "alice")
    try realms.send("alpha", "alice2", "PRIVMSG #plans :lost")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :returns")
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].logIn("alice3", as: "alice")
    try realms["alpha"].send("alice3", "PRIVMSG #plans :new")
    // The comparison does not come to its end before bob's message has come again.
    realms["alpha"].refusesReads = true
    try realms.connect("alpha", "beta")
    realms["alpha"].refusesReads = false
    try realms.pass(seconds: 30)
    realms.lines("beta", "bob")
    try realms.send("beta", "bob", "CHATHISTORY LATEST #plans/alpha * 50")
    #expect(said(realms, "beta", "bob").suffix(3) == ["before", "new", "returns"])
    try expectSame(realms)
  }

  /// A device that is new has been shown nothing from before it came, also if its client does not ask for history.
  @Test func shownToANewDevice() throws {
    let realms = try setBackHome()
    try realms["beta"].logIn("tablet", as: "bob@tablet")
    try realms.send("beta", "bob", "PRIVMSG bob :something is logged after that")
    realms.lines("beta", "tablet")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(said(realms, "beta", "tablet") == ["new", "newer", "returns"])
  }

  /// Who comes between the two has not seen what returns.
  @Test func shownToWhoHasNotSeenIt() throws {
    let realms = try setBackHome()
    // Nothing from the outbox gets through yet: the group is set back, and bob's message stays away.
    try realms["beta"].logIn("bob2", as: "bob", capabilities: Self.capabilities)
    let ours = try #require(realms["beta"].realm.peer("alpha"))
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(ours.outbox.isEmpty)
    #expect(said(realms, "beta", "bob") == ["new", "newer"])
    #expect(said(realms, "beta", "bob2") == ["new", "newer", "returns"])
  }

  /// Who has left a group is not shown as missed what was said there before, and is when that returns to a member.
  @Test func shownToWhoHadLeft() throws {
    let realms = try TestRealms(["alpha", "beta", "gamma"], neighbours: [("alpha", "beta"), ("alpha", "gamma")])
    try realms["alpha"].register("alice")
    try realms.send("alpha", "alice", "JOIN #plans")
    for (realm, nick) in [("beta", "bob"), ("beta", "dave"), ("gamma", "carol")] {
      try realms[realm].register(nick, capabilities: Self.capabilities)
      try realms.send(realm, nick, "JOIN #plans/alpha")
    }
    try realms["beta"].logIn("tablet", as: "bob@tablet")
    try realms["beta"].drop("tablet")
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms.send("gamma", "carol", "PRIVMSG #plans/alpha :returns")
    #expect(said(realms, "beta", "bob") == ["returns"])
    try realms.send("beta", "bob", "PART #plans/alpha")
    try realms["beta"].logIn("tablet 2", as: "bob@tablet")
    #expect(said(realms, "beta", "tablet 2") == [])
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].sleep(seconds: 1)
    try realms.connect("alpha", "beta")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    try realms.pass(seconds: 3)
    try realms.connect("alpha", "gamma")
    try realms.pass(seconds: 3)
    #expect(said(realms, "beta", "bob") == [])
    #expect(said(realms, "beta", "dave") == ["returns"])
    #expect(said(realms, "beta", "tablet 2") == ["returns"])
  }

  /// Nothing at all has happened between what a client was sent as missed and the loss of it.
  @Test func notShownAgainToWhoHasBeenReplayedTo() throws {
    let realms = try group()
    try realms["beta"].logIn("tablet", as: "bob@tablet")
    try realms["beta"].drop("tablet")
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :returns")
    try realms["beta"].logIn("tablet 2", as: "bob@tablet")
    #expect(said(realms, "beta", "tablet 2") == ["returns"])
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].sleep(seconds: 1)
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(realms["beta"].notes.contains { $0.event.hasPrefix("set back with its home") })
    #expect(said(realms, "beta", "tablet 2") == [])
  }

  /// The follower dies before what was lost has returned.
  @Test func followerRestarts() throws {
    let realms = try setBackHome()
    try realms.connect("alpha", "beta")
    try realms.restart("beta")
    try realms.pass(seconds: 12)
    try realms["beta"].logIn("bob2", as: "bob", capabilities: Self.capabilities)
    try realms.settle()
    try expectSame(realms)
    try realms.send("beta", "bob2", "CHATHISTORY LATEST #plans/alpha * 50")
    #expect(said(realms, "beta", "bob2") == ["before", "new", "newer", "returns"])
  }

  /// Twice in a row, and to a copy from before there was anything in common.
  @Test func setBackTwice() throws {
    let realms = try group()
    let copy = try realms["alpha"].backUp()
    let second = copy.appendingPathExtension("2")
    try FileManager.default.copyItem(at: copy, to: second)
    defer { try? FileManager.default.removeItem(at: second) }
    try realms.restart("alpha")
    for round in 1...2 {
      try realms["alpha"].logIn("alice of \(round)", as: "alice")
      try realms.send("alpha", "alice of \(round)", "PRIVMSG #plans :lost \(round)")
      try realms.send("beta", "bob", "PRIVMSG #plans/alpha :returns \(round)")
      try realms.restart("alpha") { try $0.restore(round == 1 ? copy : second) }
      try realms.pass(seconds: 12)
      try realms["alpha"].logIn("alice at \(round)", as: "alice")
      try realms.settle()
      try expectSame(realms)
    }
    #expect(said(realms, "beta", "bob") == ["before", "lost 1", "returns 1", "lost 2", "returns 2"])
    try realms.send("beta", "bob", "CHATHISTORY LATEST #plans/alpha * 50")
    #expect(said(realms, "beta", "bob") == ["before", "returns 1", "returns 2"])
  }

  private func id(of text: String, _ realms: TestRealms) throws -> String {
    let line = try #require(realms.lines("alpha", "alice").last { $0.hasSuffix(":\(text)") })
    let tag = try #require(line.dropFirst().prefix { $0 != " " }.split(separator: ";").first { $0.hasPrefix("msgid=") })
    return String(tag.dropFirst("msgid=".count))
  }

  /// What the home has lost had edited and taken back some of what it still has: the replica has that again too.
  @Test func whatWasLostHadChangedWhatBothHave() throws {
    let realms = try TestRealms()
    let all = "\(Self.capabilities) draft/message-redaction moot/edit"
    try realms["alpha"].register("alice", capabilities: all)
    try realms["beta"].register("bob", capabilities: all)
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    var ids: [String] = []
    for text in ["one", "two", "three"] {
      try realms.send("alpha", "alice", "PRIVMSG #plans :\(text)")
      ids.append(try id(of: text, realms))
    }
    func edit(_ index: Int, _ text: String, _ client: String) throws {
      try realms.send("alpha", client, "@+draft/edit=\(ids[index]) PRIVMSG #plans :\(text)")
      try realms.pass(seconds: 1)
    }
    try edit(0, "one a", "alice")
    try edit(1, "two a", "alice")
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms["alpha"].logIn("alice2", as: "alice", capabilities: all)
    try edit(0, "one b", "alice2")
    try realms.send("alpha", "alice2", "REDACT #plans \(ids[1])")
    try edit(2, "three b", "alice2")
    func history() throws -> [String] {
      realms.lines("beta", "bob")
      try realms.send("beta", "bob", "CHATHISTORY LATEST #plans/alpha * 50")
      return said(realms, "beta", "bob")
    }
    let changed = try history()
    #expect(changed == ["one b", "three b", "one b", "three b"], "what was edited, and the edits")
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].sleep(seconds: 1)
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    let restored = try history()
    #expect(restored == ["one a", "two a", "three", "one a", "two a"])
    // The next edit, and taking back, change what there is now.
    try realms["alpha"].logIn("alice3", as: "alice", capabilities: all)
    try expectSame(realms)
    try edit(0, "one c", "alice3")
    try realms.send("alpha", "alice3", "REDACT #plans \(ids[2])")
    try realms.pass(seconds: 1)
    let last = try history()
    #expect(last == ["one c", "two a", "two a", "one c"])
  }

  /// The last member is thrown out while the log cannot be read: what it has seen is remembered later.
  @Test func rememberedLater() throws {
    let realms = try group()
    try realms["beta"].register("dave", capabilities: Self.capabilities)
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms["alpha"].logIn("alice2", as: "alice")
    realms["beta"].refusesReads = true
    try realms.send("alpha", "alice2", "KICK #plans bob/beta")
    realms["beta"].refusesReads = false
    try realms.pass(seconds: 2)
    #expect(said(realms, "beta", "bob") == ["before"])
    try realms.send("beta", "dave", "JOIN #plans/alpha")
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].sleep(seconds: 1)
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(realms.lines("beta", "bob").contains { $0.contains(" JOIN #plans/alpha") })
    #expect(said(realms, "beta", "bob") == [])
  }

  /// The home's copy is older than the group, whose number it gives to another one.
  @Test func numberGivenToAnother() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob", capabilities: Self.capabilities)
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms["alpha"].logIn("alice2", as: "alice")
    try realms.send("alpha", "alice2", "JOIN #plans")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].logIn("alice3", as: "alice")
    try realms["alpha"].send("alice3", "JOIN #other")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(!realms["beta"].realm.inspection.groupNames.contains { $0.name == "#plans/alpha" })
    #expect(realms.lines("beta", "bob").contains { $0.contains(" KICK #plans/alpha bob") })
  }

  /// The replica has a snapshot and nothing of the log yet, and the home's log is shorter now than it was then.
  @Test func shorterThanTheSnapshot() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob", capabilities: Self.capabilities)
    try realms.send("alpha", "alice", "JOIN #plans")
    let copy = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms["alpha"].logIn("alice2", as: "alice")
    for number in 1...5 { try realms.send("alpha", "alice2", "PRIVMSG #plans :\(number)") }
    realms["alpha"].refusesReads = true
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    #expect(try replica(in: realms).mark == .none)
    #expect(try replica(in: realms).lastNumber > 5)
    realms["alpha"].refusesReads = false
    try realms.restart("alpha", dials: false) { try $0.restore(copy) }
    try realms["alpha"].logIn("alice3", as: "alice")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 30)
    try expectSame(realms)
    try realms.send("alpha", "alice3", "PRIVMSG #plans :and on")
    #expect(said(realms, "beta", "bob") == ["and on"])
  }

  /// The follower's copy is older than the membership: it is given back all that was said since.
  @Test func followerSetBackBeforeItJoined() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    let copy = try realms["beta"].backUp()
    try realms.restart("beta")
    try realms["beta"].logIn("bob2", as: "bob")
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("alpha", "alice", "PRIVMSG #plans :not for bob")
    try realms.send("beta", "bob2", "JOIN #plans/alpha")
    try realms.send("alpha", "alice", "PRIVMSG #plans :one")
    try realms.send("beta", "bob2", "PRIVMSG #plans/alpha :two")
    try realms.send("alpha", "alice", "TOPIC #plans :three")
    try realms.restart("beta") { try $0.restore(copy) }
    try realms.pass(seconds: 5)
    try realms["beta"].logIn("bob3", as: "bob", capabilities: Self.capabilities)
    try realms.settle()
    try expectSame(realms)
    try realms.send("beta", "bob3", "CHATHISTORY LATEST #plans/alpha * 50")
    #expect(said(realms, "beta", "bob3") == ["one", "two"])
  }

  /// Whoever watched somebody of a realm that is given up learns that nothing is known of it any more.
  @Test func watchedInForgottenRealm() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "MONITOR + bob/beta")
    #expect(realms.lines("alpha", "alice").contains { $0.contains(" 730 ") })
    // In one turn with what takes it out of the directory: routes are found at the end of it.
    let realm = realms["alpha"].realm
    let peer = try #require(realm.peers["beta"])
    peer.known = nil
    guard case .done? = try realms["alpha"].administer(.forgetRealm("beta")) else {
      Issue.record("not forgotten")
      return
    }
    #expect(realms.lines("alpha", "alice").contains(":alpha 731 alice :bob/beta"))
  }
}
