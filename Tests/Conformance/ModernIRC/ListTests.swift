import Testing

extension Conformance {
  @Suite("Modern IRC, LIST message") struct ListMessage {
    @Test("All channels: 322 with members and topic, then 323") func all() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let quiet = try channel(of: alice)
      try alice.ask("TOPIC \(room) :what we do")
      try bob.heard()
      let reply = try bob.ask("LIST")
      let lines = reply["322"].filter { $0[1] == room || $0[1] == quiet }
      #expect(lines.count == 2)
      #expect(lines.allSatisfy { $0.parameters.count == 4 && $0[0] == bob.nick })
      let line = try #require(lines.first { $0[1] == room })
      #expect(line[2] == "2" && line.text.hasSuffix("what we do"))
      try reply.one("323", nil)
      #expect(reply.commands.last == "323")
      if let start = reply.commands.firstIndex(of: "321") { #expect(start == 0) }
    }

    @Test("Named channels: those alone, and one that does not exist is passed over") func named() throws {
      let alice = try Client.connected("alice")
      let rooms = [try channel(of: alice), try channel(of: alice)]
      _ = try channel(of: alice)
      let nowhere = Server.underTest.fresh("#nowhere")
      let reply = try alice.ask("LIST \(rooms[0]),\(nowhere),\(rooms[1])")
      #expect(Set(reply["322"].map { $0[1] }) == Set(rooms))
      try reply.one("323", nil)
      let none = try alice.ask("LIST \(nowhere)")
      none.none("322")
      try none.one("323", nil)
    }

    @Test("A secret channel is listed to its members only") func secret() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +s")
      for line in ["LIST", "LIST \(room)"] {
        let reply = try bob.ask(line)
        #expect(!reply["322"].contains { $0[1] == room })
        try reply.one("323", nil)
      }
      #expect(try alice.ask("LIST \(room)")["322"].contains { $0[1] == room })
    }
  }

  @Suite("Modern IRC, ELIST parameter") struct ListConditions {
    private func list(_ client: Client, _ condition: String) throws -> Set<String> {
      Set(try client.ask("LIST \(condition)")["322"].map { $0[1] })
    }

    private func offers(_ letter: Character) throws -> Bool {
      (try Server.underTest.features.tokens["ELIST"] ?? "").uppercased().contains(letter)
    }

    @Test("U: <val has fewer, >val more than so many users", .needs(.token("ELIST"))) func users() throws {
      guard try offers("U") else { return }
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let two = try channel(of: alice, bob)
      let one = try channel(of: alice)
      #expect(try list(alice, ">1").isSuperset(of: [two]) && !list(alice, ">1").contains(one))
      #expect(try list(alice, "<2").isSuperset(of: [one]) && !list(alice, "<2").contains(two))
      #expect(try list(alice, ">2").isDisjoint(with: [one, two]))
      #expect(try list(alice, ">0,<2").contains(one) && !list(alice, ">0,<2").contains(two))
    }

    @Test("M: a mask; N: what does not match it", .needs(.token("ELIST"))) func masks() throws {
      let alice = try Client.connected("alice")
      let plans = try channel(of: alice, named: "plans")
      let music = try channel(of: alice, named: "music")
      if try offers("M") {
        let found = try list(alice, "#plan*\(plans.suffix(2))")
        #expect(found.contains(plans) && !found.contains(music))
      }
      if try offers("N") {
        let found = try list(alice, "!#plan*")
        #expect(!found.contains(plans) && found.contains(music))
      }
    }

    @Test("C: C<val was made less than so many minutes ago, C>val more", .needs(.token("ELIST"))) func creation() throws
    {
      guard try offers("C") else { return }
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      #expect(try list(alice, "C<5").contains(room))
      #expect(try !list(alice, "C>5").contains(room))
    }

    @Test("T: T<val has had its topic set less than so many minutes ago, T>val more", .needs(.token("ELIST")))
    func topic() throws {
      guard try offers("T") else { return }
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("TOPIC \(room) :new")
      #expect(try list(alice, "T<5").contains(room))
      #expect(try !list(alice, "T>5").contains(room))
    }
  }
}
