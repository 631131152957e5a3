import Testing

extension Conformance {
  @Suite("Modern IRC, TOPIC message") struct TopicMessage {
    @Test("Without parameters: 461") func noParameter() throws {
      try Client.connected("alice").ask("TOPIC").one("461", "TOPIC", nil)
    }

    @Test("A channel that does not exist: 403", arguments: ["", " :new"]) func noSuchChannel(_ rest: String) throws {
      let name = Server.underTest.fresh("#nowhere")
      let reply = try Client.connected("alice").ask("TOPIC \(name)\(rest)")
      // Servers need not tell whether it exists.
      if reply["442"].isEmpty { try reply.one("403", name, nil) } else { try reply.one("442", name, nil) }
    }

    @Test("No topic: 331. A topic: 332, then 333 with who and when") func view() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("TOPIC \(room)").one("331", room, nil)
      try alice.ask("TOPIC \(room) :plans")
      let reply = try alice.ask("TOPIC \(room)")
      reply.order("332", "333")
      try reply.one("332", room, "plans")
      let set = try reply.one("333", room, nil, nil)
      #expect(set[2].hasPrefix(alice.nick) && Int(set[3]).map { $0 > 1_500_000_000 } == true)
    }

    @Test("A change is told to every member, its author too; clearing is an empty topic") func change() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      try alice.ask("TOPIC \(room) :new plans").one("TOPIC", room, "new plans", from: alice)
      try bob.heard().one("TOPIC", room, "new plans", from: alice)
      try alice.ask("TOPIC \(room) :").one("TOPIC", room, "", from: alice)
      try bob.heard().one("TOPIC", room, "", from: alice)
      try bob.ask("TOPIC \(room)").one("331", room, nil)
      try carol.heard().isNothing()
      try carol.ask("JOIN \(room)").none("332", "333")
    }

    @Test("Not a member: 442 for a change") func notOn() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) -t")
      let reply = try bob.ask("TOPIC \(room) :mine")
      try reply.one("442", room, nil)
      try alice.heard().isNothing()
    }

    @Test("+t: 482 for members without a rank; -t: all members may") func protected() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +t")
      try bob.heard()
      try bob.ask("TOPIC \(room) :mine").one("482", room, nil)
      try alice.heard().isNothing()
      try alice.ask("MODE \(room) -t")
      try bob.heard()
      try bob.ask("TOPIC \(room) :mine").one("TOPIC", room, "mine", from: bob)
      try alice.heard().one("TOPIC", room, "mine", from: bob)
    }

    @Test("TOPICLEN: so long a topic is kept whole, a longer one is not longer than that", .needs(.token("TOPICLEN")))
    func length() throws {
      let most = try Server.underTest.limit("TOPICLEN")
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let longest = String(repeating: "t", count: most)
      guard longest.utf8.count + room.utf8.count + 120 < (try Server.underTest.lineLength) else { return }
      try alice.ask("TOPIC \(room) :\(longest)").one("TOPIC", room, longest, from: alice)
      try alice.ask("TOPIC \(room)").one("332", room, longest)
      try alice.ask("TOPIC \(room) :\(longest)more")
      let kept = try alice.ask("TOPIC \(room)").one("332", room, nil)
      #expect(kept.text == longest)
    }
  }
}
