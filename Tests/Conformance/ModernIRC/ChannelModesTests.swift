import Testing

extension Conformance {
  @Suite("Modern IRC, Channel Modes") struct ChannelModes {
    @Test("Ban: who matches can neither join (474) nor speak (404 or nothing), in any case") func ban() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +b \(bob.nick.uppercased())!*@*", "MODE \(room) +b \(carol.nick)!*@*")
      try bob.heard()
      let spoken = try bob.ask("PRIVMSG \(room) :hello")
      if !spoken.messages.isEmpty { try spoken.one("404", room, nil) }
      let joined = try carol.ask("JOIN \(room)")
      try joined.one("474", room, nil)
      joined.none("JOIN")
      try alice.heard().none("PRIVMSG", "JOIN")
      try alice.ask("MODE \(room) -b \(carol.nick)!*@*")
      try carol.join(room)
    }

    @Test(
      "Ban masks: * is any number of characters, ? exactly one", arguments: [("*", true), ("?", true), ("??", false)])
    func wildcards(_ end: String, _ matches: Bool) throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +b \(bob.nick.dropLast())\(end)!*@*")
      let reply = try bob.ask("JOIN \(room)")
      #expect(reply["JOIN"].isEmpty == matches, "\(reply)")
    }

    @Test("Ban exception: who matches it is not kept out", .needs(.token("EXCEPTS"))) func exception() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      let letter = try Server.underTest.features.tokens["EXCEPTS"].flatMap { $0.isEmpty ? nil : $0 } ?? "e"
      try alice.ask("MODE \(room) +b *!*@*", "MODE \(room) +\(letter) \(bob.nick)!*@*")
      try bob.join(room)
      try bob.ask("PRIVMSG \(room) :hello").none("404")
      try alice.heard().one("PRIVMSG", room, "hello", from: bob)
      try Client.connected("carol").ask("JOIN \(room)").one("474", room, nil)
    }

    @Test("Client limit: 471 when it is reached") func limit() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +l 2")
      try bob.join(room)
      let reply = try carol.ask("JOIN \(room)")
      try reply.one("471", room, nil)
      reply.none("JOIN")
      try alice.ask("MODE \(room) -l")
      try carol.join(room)
    }

    @Test("Invite-only: 473 without an invitation, in with one") func inviteOnly() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +i")
      let reply = try bob.ask("JOIN \(room)")
      try reply.one("473", room, nil)
      reply.none("JOIN")
      try alice.ask("INVITE \(bob.nick) \(room)")
      try bob.heard()
      try bob.join(room)
    }

    @Test("Invite exception: who matches needs no invitation", .needs(.token("INVEX"))) func inviteException() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      let letter = try Server.underTest.features.tokens["INVEX"].flatMap { $0.isEmpty ? nil : $0 } ?? "I"
      try alice.ask("MODE \(room) +i", "MODE \(room) +\(letter) \(bob.nick)!*@*")
      try bob.join(room)
      try Client.connected("carol").ask("JOIN \(room)").one("473", room, nil)
    }

    @Test("Key: 475 without it and with another") func key() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +k sesame")
      for line in ["JOIN \(room)", "JOIN \(room) Sesame"] {
        let reply = try bob.ask(line)
        try reply.one("475", room, nil)
        reply.none("JOIN")
      }
      try bob.join(room, "sesame")
    }

    @Test("Key: one with a space is refused with 696 or 525, changed, or ignored") func badKey() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let reply = try alice.ask("MODE \(room) +k :two words")
      if let refusal = reply["696"].first {
        #expect(refusal.parameters.count == 5 && refusal[1] == room && refusal[2] == "k", "\(refusal)")
      } else if let refusal = reply["525"].first {
        #expect(refusal.parameters.count == 3 && refusal[1] == room, "\(refusal)")
      } else {
        #expect(!reply["MODE"].contains { $0[2].contains(" ") })
      }
    }

    @Test("Moderated: only members with a rank speak") func moderated() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +m")
      try bob.heard()
      try bob.ask("PRIVMSG \(room) :hello").one("404", room, nil)
      try bob.ask("NOTICE \(room) :hello")
      try alice.heard().isNothing()
      try alice.ask("MODE \(room) +v \(bob.nick)")
      try bob.heard()
      try bob.ask("PRIVMSG \(room) :hello").isNothing()
      try alice.heard().one("PRIVMSG", room, "hello", from: bob)
    }

    @Test("Secret: not in WHOIS, nor in WHO, for others") func secret() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      let open = try channel(of: alice)
      try alice.ask("MODE \(room) +s")
      try bob.heard()
      let channels = { (client: Client) in
        try client.ask("WHOIS \(alice.nick)")["319"].flatMap { $0.text.split(separator: " ") }.map { name in
          String(name.drop { $0 != "#" })
        }
      }
      #expect(try Set(channels(bob)) == [room, open])
      #expect(try channels(carol) == [open])
      let who = try carol.ask("WHO \(room)")
      who.none("352")
      try who.one("315", room, nil)
    }

    @Test("No external messages: 404 for who is not on the channel; without it they are let through") func external()
      throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +n")
      try bob.ask("PRIVMSG \(room) :hello").one("404", room, nil)
      try bob.ask("NOTICE \(room) :hello")
      try alice.heard().isNothing()
      try alice.ask("MODE \(room) -n")
      try bob.ask("PRIVMSG \(room) :hello", "NOTICE \(room) :hello").isNothing()
      #expect(try alice.heard().commands == ["PRIVMSG", "NOTICE"])
    }
  }
}
