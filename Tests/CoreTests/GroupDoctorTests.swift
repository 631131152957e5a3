import Testing

@testable import Core

/// `moot group doctor`: a replica that was made wrong is found to be, and mended.
@Suite struct GroupDoctorTests {
  /// Alice and arthur of alpha and bob of beta are in #plans, which has seen some of everything.
  private func group(_ names: [String] = ["alpha", "beta"]) throws -> TestRealms {
    let realms = try TestRealms(names, neighbours: Array(zip(names, names.dropFirst())))
    let last = names[names.count - 1]
    try realms.pass(seconds: 1)  // until the ways are known
    for name in ["alice", "arthur"] {
      try realms["alpha"].register(name)
      try realms.send("alpha", name, "JOIN #plans")
    }
    try realms[last].register("bob", capabilities: "echo-message")
    try realms.send(last, "bob", "JOIN #plans/alpha")
    try realms.send("alpha", "alice", "MODE #plans +vb arthur *!*@gamma")
    try realms.send("alpha", "alice", "TOPIC #plans :what we do")
    try realms.send(last, "bob", "PRIVMSG #plans/alpha :hello")
    realms.lines("alpha", "alice")
    realms.lines(last, "bob")
    return realms
  }

  /// What is found, an item for each finding: its level, and the word before the colon.
  private func findings(_ realms: TestRealms, _ realm: String, _ name: String) throws -> [Finding] {
    let reply = try administer(.examineGroup(name), realms, realm)
    guard case .findings(let findings)? = reply else {
      Issue.record("no findings: \(String(describing: reply))")
      return []
    }
    return findings
  }

  private func administer(_ request: AdminRequest, _ realms: TestRealms, _ realm: String) throws -> AdminReply? {
    if let reply = try realms[realm].administer(request) { return reply }
    let id = realms[realm].lastAdmin
    try realms.settle()
    for _ in 0..<40 {
      if let reply = realms[realm].reply(id) { return reply }
      try realms.pass(seconds: 1)
    }
    return nil
  }

  /// The steps at which something is not as it should be.
  private func wrong(_ findings: [Finding]) -> [String] {
    findings.filter { $0.level != .ok }.map { String($0.text.prefix { $0 != ":" }) }
  }

  private func replica(_ realms: TestRealms, _ realm: String = "beta") throws -> Group {
    try #require(realms[realm].realm.groups.values.first { $0.home != nil })
  }

  /// A member is missing, another has a rank too many, modes, topic and bans are others: in memory and on disk.
  private func damage(_ realms: TestRealms) throws {
    let replica = try replica(realms)
    let realm = realms["beta"].realm
    let arthur = try #require(realm.accountNames["arthur/alpha"])
    let bob = try #require(realm.accountNames["bob"])
    replica.members[arthur] = nil
    replica.members[bob]?.ranks = .owner
    replica.modes = [.moderated]
    replica.topic = nil
    replica.masks = []
    replica.audienceChanged()
    try realms["beta"].store(.groupReplaced(replica.state))
  }

  @Test(arguments: [["alpha", "beta"], ["alpha", "beta", "gamma"]])
  func soundReplica(_ names: [String]) throws {
    let realms = try group(names)
    let found = try findings(realms, names[names.count - 1], "#plans/alpha")
    #expect(wrong(found).isEmpty, "\(found)")
    let steps = ["group", "way", "followed", "number", "id", "members", "modes", "topic", "bans", "log", "apart"]
    #expect(found.map { String($0.text.prefix { $0 != ":" }) } == steps)
    #expect(try findings(realms, names[names.count - 1], "#PLANS@alpha") == found)
  }

  @Test func damageIsFoundAndMended() throws {
    let realms = try group()
    try damage(realms)
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == ["members", "modes", "topic", "bans"])
    guard case .done? = try administer(.fetchGroup("#plans/alpha"), realms, "beta") else {
      Issue.record("not fetched")
      return
    }
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
    // Bob's client is told what has changed, and nothing that was said is lost or there again.
    let seen = realms.lines("beta", "bob")
    #expect(seen.contains { $0.contains("JOIN #plans/alpha") && $0.hasPrefix(":arthur/alpha!") })
    #expect(seen.contains { $0.contains("TOPIC #plans/alpha :what we do") })
    #expect(!seen.contains { $0.contains("PRIVMSG") })
    try realms.send("alpha", "arthur", "PRIVMSG #plans :now bob hears me")
    #expect(realms.lines("beta", "bob").contains { $0.hasSuffix("PRIVMSG #plans/alpha :now bob hears me") })
    try realms.restart("beta")
    try realms.pass(seconds: 2)
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
  }

  /// What is said while the state is on its way comes before it, each once, and nothing is passed over.
  @Test func fetchingFromABusyGroup() throws {
    let realms = try group()
    try damage(realms)
    let before = realms["beta"].writes.count
    var number = 0
    realms.onTheWay = { from, to, frame in
      // With every frame from alpha another message: the state is always behind what was said.
      if from == "alpha", number < 20 {
        number += 1
        try? realms["alpha"].send("alice", "PRIVMSG #plans :number \(number)")
      }
      return frame
    }
    guard case .done? = try administer(.fetchGroup("#plans/alpha"), realms, "beta") else {
      Issue.record("not fetched")
      return
    }
    try realms.settle()
    let said = realms.lines("beta", "bob").filter { $0.contains("PRIVMSG") }
      .compactMap { $0.split(separator: ":").last }
    #expect(said == (1...20).map { "number \($0)" })
    #expect(realms["beta"].writes[before...].contains { if case .groupReplaced = $0 { true } else { false } })
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
  }

  /// The last entry is not the home's: what the protocol mends by itself is found as well.
  @Test func anotherLastEntry() throws {
    let realms = try group()
    let replica = try replica(realms)
    replica.lastID = MessageID(epoch: 4_711, counter: 1)
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == ["id"])
    guard case .done? = try administer(.fetchGroup("#plans/alpha"), realms, "beta") else {
      Issue.record("not fetched")
      return
    }
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
  }

  @Test func aheadOfItsHome() throws {
    let realms = try group()
    try replica(realms).lastNumber += 3
    let found = wrong(try findings(realms, "beta", "#plans/alpha"))
    #expect(found == ["number", "log"])
    guard case .done? = try administer(.fetchGroup("#plans/alpha"), realms, "beta") else {
      Issue.record("not fetched")
      return
    }
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
  }

  /// What alpha has lost by a restore, and nobody can give back to it, beta still has.
  @Test func lostByTheHome() throws {
    let realms = try group()
    #expect(try administer(.setApart("#plans/alpha"), realms, "beta") == .setApart([]))
    let backup = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms["alpha"].logIn("alice2", as: "alice")
    try realms.send("alpha", "alice2", "PRIVMSG #plans :lost for good")
    try realms.send("alpha", "alice2", "MODE #plans +m")
    try realms.send("alpha", "alice2", "MODE #plans -m")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :comes again")
    try realms.restart("alpha", by: { try $0.restore(backup) })
    try realms.pass(seconds: 5)
    let found = try findings(realms, "beta", "#plans/alpha")
    #expect(wrong(found) == ["apart"], "\(found)")
    #expect(found.last?.text.hasPrefix("apart: 1 message that alpha has lost") == true, "\(found)")
    guard case .setApart(let messages)? = try administer(.setApart("#plans/alpha"), realms, "beta") else {
      Issue.record("nothing is apart")
      return
    }
    #expect(messages.map(\.text) == ["lost for good"])
    #expect(messages.map(\.from) == ["alice/alpha"])
  }

  @Test func entriesMissing() throws {
    let realms = try group()
    let replica = try replica(realms)
    let peer = try #require(realms["beta"].realm.peer("alpha"))
    let home = try #require(replica.home)
    let following = try #require(peer.sharing.following[home.group])
    following.isInterrupted = true
    replica.lastNumber += 1
    try realms.send("alpha", "alice", "PRIVMSG #plans :never to be seen")
    try realms.send("alpha", "alice", "PRIVMSG #plans :seen")
    let found = try findings(realms, "beta", "#plans/alpha")
    #expect(wrong(found) == ["log"])
    let gap = "log: 1 number missing: \(replica.lastNumber - 1),"
    #expect(found.contains { $0.text.hasPrefix(gap) }, "\(found)")
  }

  @Test func homeOutOfReach() throws {
    let realms = try group()
    try realms.cut("alpha", "beta")
    let found = try findings(realms, "beta", "#plans/alpha")
    #expect(found.filter { $0.level == .error }.map(\.text).contains { $0.hasPrefix("way: alpha cannot be reached") })
    #expect(found.contains { $0.text.hasPrefix("log: ") })
    guard case .refused(let why)? = try administer(.fetchGroup("#plans/alpha"), realms, "beta") else {
      Issue.record("fetched from nowhere")
      return
    }
    #expect(why.hasPrefix("alpha cannot be reached"))
  }

  /// The link breaks while the state is on its way: it is asked for again when there is one.
  @Test func fetchingAcrossACut() throws {
    let realms = try group()
    try damage(realms)
    realms.onTheWay = { from, _, frame in from == "alpha" ? nil : frame }
    #expect(try realms["beta"].administer(.fetchGroup("#plans/alpha")) == nil)
    let id = realms["beta"].lastAdmin
    try realms.settle()
    try realms.cut("alpha", "beta")
    realms.onTheWay = { $2 }
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    guard case .done? = realms["beta"].reply(id) else {
      Issue.record("not fetched")
      return
    }
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
  }

  @Test func groupOfThisRealm() throws {
    let realms = try group()
    let found = try findings(realms, "alpha", "#plans")
    #expect(wrong(found).isEmpty)
    #expect(found[0].text.contains("3 members, 2 of them here"))
    #expect(found[1].text == "beta: 1 member; it has been sent everything")
    #expect(found.last?.text.contains("without a gap") == true)
    try realms.cut("alpha", "beta")
    let apart = try findings(realms, "alpha", "#plans")
    #expect(wrong(apart) == ["beta"])
    guard case .refused? = try administer(.fetchGroup("#plans"), realms, "alpha") else {
      Issue.record("fetched from itself")
      return
    }
  }

  @Test(arguments: [
    ("#none", "There is no group #none in beta"), ("#plans/gamma", "beta knows no realm gamma"),
    ("#none/alpha", "beta has no replica of #none/alpha: nobody here is a member. Ask in alpha"),
  ])
  func unknownGroup(_ name: String, _ why: String) throws {
    let realms = try group()
    #expect(try administer(.examineGroup(name), realms, "beta") == .refused(why))
    #expect(try administer(.fetchGroup(name), realms, "beta") == .refused(why))
  }

  /// Who has no members in a group is told nothing of it.
  @Test func strangersAreToldNothing() throws {
    let realms = try group(["alpha", "beta", "gamma"])
    let alpha = realms["alpha"].realm
    let group = try #require(alpha.groups.values.first)
    try realms["beta"].register("eve")
    try realms.send("beta", "eve", "PRIVMSG alice/alpha :hello")
    var answers: [[QueryReply]] = []
    let beta = realms["beta"].realm
    let peer = try #require(beta.peer("alpha"))
    try realms["beta"].act {
      for parameters in [[String(group.id.rawValue), "1"], ["77", "1"], ["x", "y"], [], [String(group.id.rawValue)]] {
        $0.query(peer, "STATE", parameters) { _, replies in answers.append(replies ?? []) }
      }
    }
    try realms.pass(seconds: 2)
    #expect(answers.map { $0.first?.command } == Array(repeating: "FAIL STATE", count: 5))
  }

  /// A realm that asks without end is told no more.
  @Test func askingTooOften() throws {
    let realms = try group()
    let replica = try replica(realms)
    let home = try #require(replica.home)
    let peer = try #require(realms["beta"].realm.peer("alpha"))
    var answers: [[QueryReply]] = []
    try realms["beta"].act {
      for _ in 0..<Limits.stateQueries + 10 {
        $0.query(peer, "STATE", [String(home.group), "1"]) { _, replies in answers.append(replies ?? []) }
      }
    }
    try realms.settle()
    let told = answers.compactMap(\.first)
    #expect(told.filter { $0.command == "NOTE STATE" }.count == Limits.stateQueries)
    #expect(told.filter { $0.words == ["TEMPORARILY_UNAVAILABLE"] }.count == 10)
    try realms.pass(seconds: 2)
    #expect(wrong(try findings(realms, "beta", "#plans/alpha")) == [])
  }
}
