import Testing

extension Conformance {
  @Suite("Modern IRC, INVITE message") struct InviteMessage {
    @Test("With a nick alone: 461") func tooFew() throws {
      let alice = try Client.connected("alice")
      try alice.ask("INVITE \(alice.nick)").one("461", "INVITE", nil)
    }

    @Test("341 to who invites, INVITE to who is invited, nothing to the other members") func invited() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, carol)
      let reply = try alice.ask("INVITE \(bob.nick) \(room)")
      try reply.one("341", bob.nick, room)
      reply.none("INVITE")
      let invitation = try bob.heard().one("INVITE", bob.nick, room, from: alice)
      #expect(invitation.source.contains("!"))
      try carol.heard().isNothing()
    }

    @Test("A channel that does not exist: 403. One that one is not on: 442") func where_() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let nowhere = Server.underTest.fresh("#nowhere")
      let reply = try alice.ask("INVITE \(bob.nick) \(nowhere)")
      try reply.one("403", nowhere, nil)
      let room = try channel(of: bob)
      let carol = try Client.connected("carol")
      try alice.ask("INVITE \(carol.nick) \(room)").one("442", room, nil)
      try carol.heard().isNothing()
    }

    @Test("Nobody of that name: 401. Somebody who is on it: 443") func who() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let nobody = Server.underTest.fresh("nobody")
      try alice.ask("INVITE \(nobody) \(room)").one("401", nobody, nil)
      try alice.ask("INVITE \(bob.nick) \(room)").one("443", bob.nick, room, nil)
      try bob.heard().isNothing()
    }

    @Test("+i: members without a rank get 482") func rank() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +i")
      try bob.heard()
      try bob.ask("INVITE \(carol.nick) \(room)").one("482", room, nil)
      try carol.heard().isNothing()
    }

    @Test("Without parameters: 336 for each invitation and 337, or 461") func list() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("INVITE \(bob.nick) \(room)")
      try bob.heard()
      let reply = try bob.ask("INVITE")
      guard reply["461"].isEmpty else { return }
      try reply.one("336", room)
      try reply.one("337", nil)
    }
  }
}
