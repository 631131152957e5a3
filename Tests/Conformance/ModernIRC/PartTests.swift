import Testing

extension Conformance {
  @Suite("Modern IRC, PART message") struct PartMessage {
    @Test("Without parameters: 461") func noParameter() throws {
      try Client.connected("alice").ask("PART").one("461", "PART", nil)
    }

    @Test("A channel that does not exist: 403") func noSuchChannel() throws {
      let name = Server.underTest.fresh("#nowhere")
      try Client.connected("alice").ask("PART \(name)").one("403", name, nil)
    }

    @Test("A channel one is not on: 442") func notOn() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try bob.ask("PART \(room)").one("442", room, nil)
      try alice.heard().isNothing()
    }

    @Test("The client and all members see PART with the reason", arguments: [nil, "so long"])
    func parted(_ reason: String?) throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let reply = try bob.ask("PART \(room)" + (reason.map { " :" + $0 } ?? ""))
      for seen in [reply, try alice.heard()] {
        let part = try #require(seen["PART"].first)
        #expect(seen["PART"].count == 1 && part.nick == bob.nick && part[0] == room)
        if let reason {
          #expect(part[1].contains(reason))
        } else {
          #expect(part.parameters.count == 1 || part[1].isEmpty || part[1] == bob.nick)
        }
      }
      try bob.ask("PRIVMSG \(room) :still here").none("PRIVMSG")
      try alice.ask("PRIVMSG \(room) :gone")
      try bob.heard().isNothing()
    }

    @Test("Several channels: a PART for each, with the reason, and the bad ones are answered one by one")
    func several() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let first = try channel(of: alice, bob)
      let second = try channel(of: alice, bob)
      let third = try channel(of: alice)
      let nowhere = Server.underTest.fresh("#nowhere")
      let reply = try bob.ask("PART \(first),\(nowhere),\(third),\(second) :done")
      #expect(reply["PART"].map { $0[0] } == [first, second])
      #expect(reply["PART"].allSatisfy { $0[1].contains("done") })
      try reply.one("403", nowhere, nil)
      try reply.one("442", third, nil)
      #expect(try alice.heard()["PART"].map { $0[0] } == [first, second])
    }

    @Test("A channel that everybody has left is gone") func lastOne() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +i", "PART \(room)")
      try Client.connected("bob").ask("PART \(room)").one("403", room, nil)
    }
  }
}
