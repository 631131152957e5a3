import Testing

extension Conformance {
  @Suite("Modern IRC, KICK message") struct KickMessage {
    @Test("Too few parameters: 461", arguments: ["KICK", "KICK #x"]) func tooFew(_ line: String) throws {
      try Client.connected("alice").ask(line).one("461", "KICK", nil)
    }

    @Test("Everybody on the channel sees KICK with the comment, who is kicked too") func kicked() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("KICK \(room) \(bob.nick) :that will do").one("KICK", room, bob.nick, "that will do", from: alice)
      try bob.heard().one("KICK", room, bob.nick, "that will do", from: alice)
      try carol.heard().one("KICK", room, bob.nick, "that will do", from: alice)
      try carol.ask("PRIVMSG \(room) :he is gone")
      try bob.heard().isNothing()
      try bob.ask("PART \(room)").one("442", room, nil)
    }

    @Test("Without a comment the server puts one of its own") func noComment() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let kick = try alice.ask("KICK \(room) \(bob.nick)").one("KICK", room, bob.nick, nil, from: alice)
      #expect(!kick.text.isEmpty)
    }

    @Test("A channel that does not exist: 403. One that one is not on: 442") func where_() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let nowhere = Server.underTest.fresh("#nowhere")
      try alice.ask("KICK \(nowhere) \(bob.nick)").one("403", nowhere, nil)
      let room = try channel(of: bob)
      try alice.ask("KICK \(room) \(bob.nick)").one("442", room, nil)
      try bob.heard().isNothing()
    }

    @Test("Without a rank: 482. Somebody who is not on it: 441") func refused() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      try bob.ask("KICK \(room) \(alice.nick)").one("482", room, nil)
      try alice.ask("KICK \(room) \(carol.nick)").one("441", carol.nick, room, nil)
      try carol.heard().isNothing()
    }

    @Test("Several users: a KICK for each, as far as TARGMAX goes") func several() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      let limit = try Server.underTest.targets("KICK")
      let reply = try alice.ask("KICK \(room) \(bob.nick),\(carol.nick) :both")
      let expected = Array([bob.nick, carol.nick].prefix(limit ?? 2))
      #expect(reply["KICK"].map { $0[1] }.starts(with: expected))
      #expect(reply["KICK"].allSatisfy { $0.parameters.count == 3 && $0[2] == "both" })
    }

    @Test("KICKLEN: a longer comment may be cut, a shorter one is not", .needs(.token("KICKLEN"))) func length() throws
    {
      let most = min(try Server.underTest.limit("KICKLEN"), 300)
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let comment = String(repeating: "k", count: most)
      try alice.ask("KICK \(room) \(bob.nick) :\(comment)").one("KICK", room, bob.nick, comment, from: alice)
    }
  }
}
