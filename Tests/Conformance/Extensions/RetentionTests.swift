import Testing

extension Conformance {
  /// Of Moot's mode `D`, as docs/clients.md has it: for how many days what is said in a group is kept.
  @Suite("retention", .needs(.capability("moot/edit")), .needs(.channelMode("D"))) struct Retention {
    @Test("CHANMODES has it among those with a parameter for setting alone") func announced() throws {
      let kinds = try Server.underTest.token("CHANMODES").split(separator: ",", omittingEmptySubsequences: false)
      try #require(kinds.count >= 4)
      #expect(kinds[2].contains("D") && kinds.count { $0.contains("D") } == 1)
    }

    @Test("Owners set, change and remove it; members see that, and read it with MODE") func set() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      for (line, told) in [("+D 7", ["+D", "7"]), ("+D 30", ["+D", "30"]), ("-D", ["-D"])] {
        try alice.ask("MODE \(room) \(line)").one("MODE", [room] + told, from: alice.nick)
        try bob.heard().one("MODE", [room] + told, from: alice.nick)
        let modes = try bob.ask("MODE \(room)").first("324").parameters.dropFirst(2)
        #expect(modes.first?.contains("D") == line.hasPrefix("+"), "\(modes)")
        if let days = told.dropFirst().first { #expect(modes.dropFirst().contains(days)) }
      }
    }

    @Test("The same again, and removing what is not set, is no news") func unchanged() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) -D").isNothing()
      try alice.ask("MODE \(room) +D 7").one("MODE", room, "+D", "7")
      try alice.ask("MODE \(room) +D 7").isNothing()
    }

    @Test("Ranks q and a may, those below may not: 482", arguments: ["a", "o", "h", "v"])
    func ranks(_ rank: String) throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +\(rank) \(bob.nick)")
      for client in [alice, bob] { try client.heard() }
      let reply = try bob.ask("MODE \(room) +D 7")
      if rank == "a" {
        try reply.one("MODE", room, "+D", "7", from: bob)
      } else {
        try reply.one("482", room, nil)
        try alice.heard().isNothing()
      }
    }

    @Test(
      "A number of days from 1 on: 696 with channel, mode and parameter (Modern IRC, ERR_INVALIDMODEPARAM)",
      arguments: ["0", "-1", "soon", "1.5", "99999999", "7d"])
    func numbers(_ days: String) throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +D \(days)").one("696", room, "D", days, nil)
      #expect(try alice.ask("MODE \(room)").first("324")[2].contains("D") == false)
    }

    @Test("Without a number: 461 or 696") func missing() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let reply = try alice.ask("MODE \(room) +D")
      #expect(["461", "696"].contains(reply.commands.first) && reply.messages.count == 1, "\(reply)")
    }

    @Test("What is said now is in history, as without it", .needs(.capability("draft/chathistory"))) func kept() throws
    {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      let room = try channel(of: alice)
      try alice.ask("PRIVMSG \(room) :before", "MODE \(room) +D 1", "PRIVMSG \(room) :after")
      let content = try alice.ask("CHATHISTORY LATEST \(room) * 10").batch("chathistory").content
      #expect(content.map(\.text) == ["before", "after"])
    }
  }
}
