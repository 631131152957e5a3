import Testing

@testable import Core

/// Groups across realms when something goes wrong: restores, realms forgotten, snapshots of large groups.
@Suite struct ReplicaTests {
  /// Alice of alpha has founded #plans, and bob of beta is a member.
  private func group() throws -> TestRealms {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob", capabilities: "echo-message")
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    realms.lines("alpha", "alice")
    realms.lines("beta", "bob")
    return realms
  }

  /// What members are called, their ranks, and the state of a group, as a realm has it in memory.
  private func picture(_ name: String, in realm: TestRealm) throws -> String {
    let inspection = realm.realm.inspection
    let record = try #require(inspection.groupNames.first { $0.name == name })
    let group = try #require(inspection.groups.first { $0.id == record.id })
    let names = Dictionary(uniqueKeysWithValues: inspection.accounts.map { ($0.id, $0.name) })
    let members = group.members.map { member -> String in
      let name = names[member.person] ?? "?"
      let full = name.contains("/") ? name : name + "/" + realm.settings.realm
      return "\(full) \(member.ranks.rawValue) \(member.since)"
    }
    let topic = group.topic.map { String(decoding: $0.text, as: UTF8.self) } ?? ""
    return members.sorted().joined(separator: ", ")
      + "; \(group.modes.text()) \(topic) \(group.masks.map(\.mask)) \(group.lastNumber) \(group.lastID?.text ?? "")"
  }

  private func expectSame(_ realms: TestRealms) throws {
    let home = try picture("#plans", in: realms["alpha"])
    let replica = try picture("#plans/alpha", in: realms["beta"])
    #expect(home == replica)
  }

  @Test func replicaEqualsHome() throws {
    let realms = try group()
    try realms.send("alpha", "alice", "MODE #plans +ob bob/beta *!*@gamma")
    try realms.send("beta", "bob", "TOPIC #plans/alpha :what bob does")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :hello")
    try realms.send("beta", "bob", "MODE #plans/alpha +i-t")
    try expectSame(realms)
  }

  /// What a home cannot read when it is asked to tell it, it owes: also that the membership has ended meanwhile.
  @Test func kickedWhileTheHomeCannotRead() throws {
    let realms = try group()
    try realms.restart("alpha", dials: false)
    realms["alpha"].refusesReads = true
    try realms.connect("beta", "alpha")
    realms["alpha"].refusesReads = false
    try realms["alpha"].logIn("alice2", as: "alice")
    try realms.send("alpha", "alice2", "KICK #plans bob/beta :enough")
    try realms.pass(seconds: 10)
    #expect(realms.lines("beta", "bob").contains { $0.contains(" KICK #plans/alpha bob :") })
    #expect(realms["beta"].realm.replicas.isEmpty)
    // The home is asked: bob is no member there either.
    try realms.send("beta", "bob", "NAMES #plans/alpha")
    let answer = [
      ":beta 353 bob = #plans/alpha :~alice/alpha", ":beta 366 bob #plans/alpha :End of /NAMES list",
    ]
    #expect(realms.lines("beta", "bob") == answer)
  }

  @Test func restoredHome() throws {
    let realms = try group()
    try realms.send("alpha", "alice", "PRIVMSG #plans :before")
    let backup = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms.pass(seconds: 3)
    try realms["alpha"].logIn("alice2", as: "alice")
    try realms.send("alpha", "alice2", "PRIVMSG #plans :lost")
    try realms.send("alpha", "alice2", "MODE #plans +m")
    try realms.send("alpha", "alice2", "MODE #plans +v bob/beta")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :comes again")
    #expect(realms.lines("beta", "bob").filter { $0.contains("comes again") }.count == 1)

    try realms.restart("alpha", by: { try $0.restore(backup) })
    try realms.pass(seconds: 5)
    try realms["alpha"].logIn("alice3", as: "alice")
    try realms.settle()
    try expectSame(realms)
    let seen = realms.lines("beta", "bob")
    #expect(seen.filter { $0.contains("comes again") }.isEmpty, "shown again: \(seen)")
    #expect(seen.contains { $0.contains("MODE #plans/alpha -m") })
    #expect(realms["beta"].notes.contains { $0.event.hasPrefix("set back with its home") })
    // What bob said came by his outbox, and is in the log of the home.
    try realms.send("alpha", "alice3", "PRIVMSG #plans :and on")
    #expect(realms.lines("beta", "bob").contains(":alice/alpha!alice@alpha PRIVMSG #plans/alpha :and on"))
    try expectSame(realms)
    let home = realms["alpha"].writes.contains {
      if case .entry(let entry) = $0 { String(decoding: entry.body, as: UTF8.self) == "comes again" } else { false }
    }
    #expect(home)
  }

  @Test func restoredFollower() throws {
    let realms = try group()
    let backup = try realms["beta"].backUp()
    try realms.restart("beta")
    try realms["beta"].logIn("bob2", as: "bob", capabilities: "echo-message")
    try realms.settle()
    try realms.send("alpha", "alice", "PRIVMSG #plans :one")
    try realms.send("beta", "bob2", "PRIVMSG #plans/alpha :two")
    try realms.send("alpha", "alice", "PRIVMSG #plans :three")
    realms.lines("alpha", "alice")

    try realms.restart("beta", by: { try $0.restore(backup) })
    try realms.pass(seconds: 3)
    try realms["beta"].logIn("bob3", as: "bob", capabilities: "echo-message")
    try realms.settle()
    try expectSame(realms)
    let missed = realms.lines("beta", "bob3").filter { $0.contains(" PRIVMSG #") }
    #expect(missed.map { $0.split(separator: ":").last } == ["one", "two", "three"])
    #expect(realms.lines("alpha", "alice").filter { $0.contains(" PRIVMSG #") }.isEmpty)
  }

  /// The follower's copy is older than the membership: the home offers the group.
  @Test func lostReplica() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    let backup = try realms["beta"].backUp()
    try realms.restart("beta")
    try realms["beta"].logIn("bob2", as: "bob")
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("beta", "bob2", "JOIN #plans/alpha")
    try realms.restart("beta", by: { try $0.restore(backup) })
    try realms.pass(seconds: 5)
    try realms["beta"].logIn("bob3", as: "bob")
    try realms.settle()
    #expect(realms.lines("beta", "bob3").contains(":bob!bob@beta JOIN #plans/alpha"))
    try expectSame(realms)
  }

  @Test func largeSnapshot() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms.send("alpha", "alice", "JOIN #plans")
    for index in 0..<30 {
      let masks = (0..<6).map { "x\(index)y\($0)!*@*" }.joined(separator: " ")
      try realms.send("alpha", "alice", "MODE #plans +bbbbbb \(masks)")
    }
    for index in 0..<150 {
      try realms["alpha"].register("a\(index)")
      try realms.send("alpha", "a\(index)", "JOIN #plans")
    }
    try realms["beta"].register("bob")
    try realms.send("beta", "bob", "JOIN #plans/alpha")
    try expectSame(realms)
  }

  @Test func manyEntriesToCatchUp() throws {
    let realms = try group()
    try realms.cut("alpha", "beta")
    for index in 0..<3_000 { try realms["alpha"].send("alice", "PRIVMSG #plans :number \(index) of many") }
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    let seen = realms.lines("beta", "bob").filter { $0.contains("PRIVMSG") }
    #expect(seen.count == 3_000)
    #expect(seen.last?.hasSuffix(":number 2999 of many") == true)
    try expectSame(realms)
  }

  @Test func forgottenRealm() throws {
    let realms = try group()
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :hello")
    try realms["alpha"].configure { $0.directory = [] }
    try realms.settle()
    guard case .done? = try realms["alpha"].administer(.forgetRealm("beta")) else {
      Issue.record("not forgotten")
      return
    }
    #expect(realms.lines("alpha", "alice").contains(":bob/beta!bob@beta PART #plans :beta is forgotten by alpha"))
    try realms["beta"].configure { $0.directory = [] }
    guard case .done? = try realms["beta"].administer(.forgetRealm("alpha")) else {
      Issue.record("not forgotten")
      return
    }
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :anybody?")
    try realms.send("beta", "bob", "PART #plans/alpha")
    let seen = realms.lines("beta", "bob")
    #expect(seen.contains { $0.contains("this is an archive now") })
    #expect(seen.contains { $0.contains(" 403 ") || $0.contains(" 404 ") })
    #expect(seen.contains(":bob!bob@beta PART #plans/alpha"))
  }

  /// Taken out of the directory and forgotten in one turn: nobody there is online any more, and nobody follows.
  @Test func forgottenAtOnce() throws {
    let realms = try group()
    try realms.send("alpha", "alice", "MONITOR + bob/beta")
    #expect(realms.lines("alpha", "alice").contains(":alpha 730 alice :bob/beta!bob@beta"))
    var settings = realms["alpha"].settings
    settings.directory = []
    try realms["alpha"].takeTurn(.configured(settings), .administer(1, .forgetRealm("beta")))
    while !realms["alpha"].asks.isEmpty { try realms["alpha"].answer() }
    let seen = realms.lines("alpha", "alice")
    #expect(seen.contains(":alpha 731 alice :bob/beta"))
    #expect(seen.contains(":bob/beta!bob@beta PART #plans :beta is forgotten by alpha"))
    #expect(realms["alpha"].realm.followers.isEmpty)
    try realms.settle()
  }

  /// An account that ends leaves groups elsewhere too.
  @Test func deletedAccount() throws {
    let realms = try group()
    try realms["beta"].administer(.delete(account: "bob"))
    try realms.settle()
    #expect(realms.lines("alpha", "alice").contains(":bob/beta!bob@beta PART #plans :Account deleted"))
  }

  /// Who is connected under a free nick is called the same in the log as it was shown.
  @Test func freeNick() throws {
    let realms = try TestRealms { $0.nickIsAccount = false }
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms["beta"].register("carol", capabilities: "batch draft/chathistory")
    try realms.send("alpha", "alice", "JOIN #plans")
    for name in ["bob", "carol"] { try realms.send("beta", name, "JOIN #plans/alpha") }
    try realms.send("beta", "bob", "NICK bobby")
    realms.lines("beta", "carol")
    try realms.send("beta", "bob", "PRIVMSG #plans/alpha :hello")
    let line = ":bobby!bob@beta PRIVMSG #plans/alpha :hello"
    #expect(realms.lines("beta", "carol") == [line])
    try realms.send("beta", "carol", "CHATHISTORY LATEST #plans/alpha * 1")
    #expect(realms.lines("beta", "carol").contains { $0.hasSuffix(line) })
    #expect(realms.lines("alpha", "alice").contains(":bob/beta!bob@beta PRIVMSG #plans :hello"))
    // Elsewhere one is reached by the account alone, so that is what questions are answered with.
    try realms.send("alpha", "alice", "WHOIS bob/beta")
    #expect(realms.lines("alpha", "alice").contains(":alpha 311 alice bob/beta bob beta * :bob"))
    try realms.send("alpha", "alice", "WHO bob/beta")
    #expect(realms.lines("alpha", "alice").contains { $0.hasPrefix(":alpha 352 alice * bob beta beta bob/beta H") })
  }

  /// The last member of a realm says something and leaves in one breath: its replica ends before that comes back.
  @Test func saysAndLeaves() throws {
    let realms = try group()
    let client = realms["beta"]
    try client.logIn("bob2", as: "bob", capabilities: "echo-message labeled-response batch standard-replies")
    client.lines("bob2")
    try client.send("bob2", lines: ["@label=1 PRIVMSG #plans/alpha :good night", "@label=2 PART #plans/alpha"])
    try realms.settle()
    #expect(
      realms.lines("alpha", "alice") == [
        ":bob/beta!bob@beta PRIVMSG #plans :good night", ":bob/beta!bob@beta PART #plans",
      ])
    let told = client.lines("bob2")
    #expect(told.count == 2)
    #expect(told.contains("@label=2 :bob!bob@beta PART #plans/alpha"))
    #expect(told.contains { $0.hasPrefix("@label=1 :beta NOTE PRIVMSG WAITING #plans/alpha ") })
    #expect(client.realm.echoes.isEmpty && client.realm.waiting.isEmpty)
  }

  // MARK: homes and followers that keep to no rules

  private func replica(in realm: Realm) throws -> (Group, GroupHome) {
    let group = try #require(realm.groups.values.first { $0.home != nil })
    return (group, try #require(group.home))
  }

  private func entry(
    _ number: Int64, _ id: MessageID, by name: String, of realm: String, _ body: String
  ) -> GroupEntry {
    GroupEntry(
      number: number, kind: .message, time: 1_790_000_000_000, id: id, sender: PersonName(name: name, realm: realm),
      tags: [], body: Array(body.utf8))
  }

  @Test func homeCannotSpeakForOurPeople() throws {
    let realms = try group()
    let realm = realms["beta"].realm
    let (replica, home) = try replica(in: realm)
    let peer = try #require(realm.peer("alpha"))
    let id = MessageID(epoch: realms["beta"].epoch, counter: 4_711)
    let next = replica.lastNumber + 1
    realm.take(.entries(group: home.group, [entry(next, id, by: "bob", of: "beta", "not mine")]), from: peer)
    let logged = realm.turn.writes.compactMap { write -> Entry? in
      if case .entry(let entry) = write { entry } else { nil }
    }
    #expect(logged.map(\.sender) == [.nobody])
    #expect(logged.map(\.nick) == [Array("alpha".utf8)])
    #expect(replica.lastNumber == next)
  }

  @Test func entriesOutOfOrder() throws {
    let realms = try group()
    let realm = realms["beta"].realm
    let (replica, home) = try replica(in: realm)
    let peer = try #require(realm.peer("alpha"))
    let last = replica.lastNumber
    let id = MessageID(epoch: 1, counter: 4_711)
    realm.take(.entries(group: home.group, [entry(last, id, by: "alice", of: "alpha", "again")]), from: peer)
    realm.take(.entries(group: home.group, [entry(last + 2, id, by: "alice", of: "alpha", "too early")]), from: peer)
    realm.take(.entries(group: home.group + 1, [entry(1, id, by: "alice", of: "alpha", "elsewhere")]), from: peer)
    #expect(replica.lastNumber == last)
    #expect(realm.turn.writes.isEmpty)
    #expect(peer.sharing.following[home.group]?.isInterrupted == true)
    realm.take(.entries(group: home.group, [entry(last + 1, id, by: "alice", of: "alpha", "in time")]), from: peer)
    #expect(replica.lastNumber == last + 1)
    #expect(peer.sharing.following[home.group]?.isInterrupted == false)
  }

  /// Who has no members in a group cannot follow it, nor one that is a replica itself.
  @Test func strangersDoNotFollow() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "JOIN #secret")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :hello")
    let realm = realms["alpha"].realm
    let peer = try #require(realm.peer("beta"))
    let group = try #require(realm.groups.values.first)
    realm.take(.follow(group: group.id.rawValue, group.mark, needsSnapshot: false), from: peer)
    realm.take(.follow(group: group.id.rawValue, .none, needsSnapshot: true), from: peer)
    #expect(peer.sharing.followers.isEmpty)
    #expect(group.followers == nil)
  }

  @Test(arguments: [
    ("JOIN", ["#a,#b"]), ("JOIN", []), ("JOIN", ["#new"]), ("PRIVMSG", ["#plans", "x"]), ("MODE", ["alice", "+o"]),
    ("KICK", ["#plans", ":x y", "z"]), ("INVITE", ["alice"]), ("OPER", ["a", "b"]), ("TOPIC", ["#plans", "mine"]),
    ("KICK", ["#plans"]), ("MODE", ["#plans", "+ooooooooo", "alice"]), ("PART", [""]),
  ])
  func requestsThatAreNotCarriedOut(_ command: String, _ parameters: [String]) throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "JOIN #plans")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :hello")
    let realm = realms["alpha"].realm
    let before = realm.inspection.groups
    let peer = try #require(realm.peer("beta"))
    let id = MessageID(epoch: 9, counter: 1)
    #expect(realm.take(.request(id, from: "bob", command: command, parameters: parameters), from: peer))
    #expect(realm.inspection.groups == before)
  }

  /// What a home says that our people have said is known by the ids that were given here; the oldest are forgotten.
  @Test func spokenElsewhere() {
    var spoken = SpokenElsewhere()
    let (home, other) = (GroupHome(realm: "alpha", group: 1), GroupHome(realm: "alpha", group: 2))
    func id(_ counter: Int) -> MessageID { MessageID(epoch: 1, counter: UInt64(counter)) }
    func comes(_ counter: Int, from home: GroupHome) -> Bool { spoken.take(id(counter), from: home) }
    for counter in 1...Limits.spokenElsewhere { spoken.add(id(2 * counter), to: home) }
    #expect(!comes(1, from: home))
    #expect(!comes(4, from: other))
    #expect(comes(4, from: home))
    #expect(!comes(4, from: home))
    for counter in 1...3 { spoken.add(id(Int(Int32.max) + counter), to: home) }
    #expect(comes(1, from: other), "nobody knows")
    #expect(!comes(7, from: home))
    #expect(comes(8, from: home))
  }
}
