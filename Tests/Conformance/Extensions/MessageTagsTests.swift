import Testing

extension Conformance {
  @Suite("message-tags", .needs(.capability("message-tags"))) struct MessageTags {
    @Test("Client-only tags: client-only ones are relayed as they are on PRIVMSG, NOTICE and TAGMSG, others never")
    func relayed() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let room = try channel(of: alice, bob)
      for target in [room, bob.nick] {
        for command in ["PRIVMSG \(target) :x", "NOTICE \(target) :x", "TAGMSG \(target)"] {
          try alice.ask("@+example.com/one=1;plain=no;+two;+three=;example.com/vendor=no \(command)").isNothing()
          let seen = try bob.heard().first(String(command.prefix { $0 != " " }))
          #expect(seen.nick == alice.nick && seen[0] == target)
          #expect(seen.tag("+example.com/one") == "1" && seen.tag("+two") == "" && seen.tag("+three") == "")
          #expect(seen.tag("plain") == nil && seen.tag("example.com/vendor") == nil, "\(seen)")
        }
      }
    }

    @Test("Escaping values: they arrive as they were meant")
    func escaping() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let cases = [
        (#"raw+:=,escaped\:\s\\"#, #"raw+:=,escaped; \"#), (#"\r\n"#, "\r\n"), ("日本", "日本"), ("a=b=c", "a=b=c"),
        (#"lone\"#, "lone"), (#"un\known"#, "unknown"), ("", ""),
      ]
      for (sent, meant) in cases {
        try alice.ask("@+example=\(sent) PRIVMSG \(bob.nick) :x")
        let seen = try bob.heard().first("PRIVMSG")
        #expect(seen.tag("+example") == meant, "\(seen)")
      }
    }

    @Test("Format: of a key that stands twice the last one counts; an unknown form of key is no reason to reject")
    func duplicates() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      try alice.ask("@+a=1;+a=2 PRIVMSG \(bob.nick) :x").isNothing()
      let seen = try bob.heard().first("PRIVMSG")
      #expect(seen.tag("+a") == "2")
      #expect(seen.tags.count { $0.key == "+a" } == 1, "a key MUST only be used once: \(seen)")
      try alice.ask("@+we_ird!key=1;;+b=2 PRIVMSG \(bob.nick) :y").isNothing()
      #expect(try bob.heard().first("PRIVMSG").text == "y")
    }

    @Test("Keys are compared with regard to case") func keyCase() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      try alice.ask("@+Key=1;+key=2 PRIVMSG \(bob.nick) :x")
      let seen = try bob.heard().first("PRIVMSG")
      #expect(seen.tag("+Key") == "1" && seen.tag("+key") == "2")
    }

    @Test("Capabilities: who has not asked for tags gets none") func withoutCapability() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("@+example=1 PRIVMSG \(room) :x", "@+example=1 NOTICE \(bob.nick) :x")
      let seen = try bob.heard()
      #expect(seen.messages.count == 2 && seen.messages.allSatisfy { $0.tags.isEmpty }, "\(seen)")
    }

    @Test("Server-sent tags stand before client-only ones") func order() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags", "server-time")
      try alice.ask("@+a=1;+b=2 PRIVMSG \(bob.nick) :x")
      let keys = try bob.heard().first("PRIVMSG").tags.map(\.key)
      let firstOwn = try #require(keys.firstIndex { $0.hasPrefix("+") })
      #expect(firstOwn > 0 && keys[firstOwn...].allSatisfy { $0.hasPrefix("+") }, "\(keys)")
    }

    @Test("The TAGMSG message: it is never delivered without the capability") func tagMessage() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol", "message-tags")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("@+example=1 TAGMSG \(room)", "@+example=1 TAGMSG \(bob.nick)")
      try bob.heard().isNothing()
      try carol.heard().one("TAGMSG", room, from: alice)
    }

    @Test("Examples: a TAGMSG without client-only tags is relayed, without the tags that are none of a client's")
    func withoutTags() throws {
      let (alice, bob) = (try Client.connected("alice", "message-tags"), try Client.connected("bob", "message-tags"))
      for line in ["TAGMSG \(bob.nick)", "@unknown-tag TAGMSG \(bob.nick)"] {
        try alice.ask(line)
        let said = try bob.heard().one("TAGMSG", bob.nick, from: alice)
        #expect(said.tag("unknown-tag") == nil)
      }
    }

    @Test("TAGMSG without a target: 411 or 461; to nobody: 401; where one may not speak: 404") func errors() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let room = try channel(of: bob)
      try bob.ask("MODE \(room) +n")
      let none = try alice.ask("@+a=1 TAGMSG")
      #expect(["411", "461"].contains(none.commands.first), "\(none)")
      let nobody = Server.underTest.fresh("nobody")
      try alice.ask("@+a=1 TAGMSG \(nobody)").one("401", nobody, nil)
      try alice.ask("@+a=1 TAGMSG \(room)").one("404", room, nil)
      try bob.heard().isNothing()
    }

    @Test("TAGMSG to several targets and in any case of the name") func several() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let room = try channel(of: alice, bob)
      try alice.ask("@+a=1 TAGMSG \(room.uppercased())")
      #expect(try bob.heard()["TAGMSG"].count == 1)
      guard (try Server.underTest.targets("TAGMSG") ?? 2) > 1 else { return }
      try alice.ask("@+a=1 TAGMSG \(room),\(bob.nick)")
      #expect(try bob.heard()["TAGMSG"].map { $0[0] } == [room, bob.nick])
    }
  }

  @Suite("message-tags, Size limit", .needs(.capability("message-tags"))) struct TagSizeLimit {
    /// Tags of exactly so many bytes, without `@` and the space.
    private func tags(_ bytes: Int) -> String { "+e=" + String(repeating: "x", count: bytes - 3) }

    @Test("4094 bytes of tag data are taken, and relayed beside the server's own within 8191") func most() throws {
      let alice = try Client.connected("alice", "message-tags", "echo-message")
      let bob = try Client.connected("bob", "message-tags", "server-time")
      try alice.ask("@\(tags(4094)) PRIVMSG \(bob.nick) :x").none("417")
      let seen = try bob.heard().first("PRIVMSG")
      #expect(seen.tag("+e")?.utf8.count == 4091)
      #expect(seen.bytes.prefix { $0 != 32 }.count + 1 <= 8191)
    }

    @Test("One byte more: 417, and nothing is relayed", arguments: [4095, 4200, 7000]) func more(_ bytes: Int) throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let reply = try alice.ask("@\(tags(bytes)) PRIVMSG \(bob.nick) :x", "PRIVMSG \(bob.nick) :next")
      try reply.one("417", nil)
      #expect(try bob.heard()["PRIVMSG"].map(\.text) == ["next"])
    }

    @Test("The rest of the line has its own limit, whatever the tags") func rest() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let text = String(repeating: "y", count: 300)
      try alice.ask("@\(tags(4094)) PRIVMSG \(bob.nick) :\(text)").isNothing()
      #expect(try bob.heard().first("PRIVMSG").text == text)
    }
  }

  @Suite("message-tags, RPL_ISUPPORT Tokens") struct ClientTagDeny {
    @Test("CLIENTTAGDENY is a list of names without +; what it names is dropped", .needs(.token("CLIENTTAGDENY")))
    func denied() throws {
      guard let value = try Server.underTest.features.tokens["CLIENTTAGDENY"] else { return }
      let names = value.split(separator: ",").map(String.init)
      #expect(names.allSatisfy { !$0.hasPrefix("+") && !$0.hasPrefix("-+") })
      #expect(!names.dropFirst().contains("*"), "* MUST be the first")
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      for name in names where !name.hasPrefix("-") && name != "*" {
        try alice.ask("@+\(name)=1 PRIVMSG \(bob.nick) :x")
        #expect(try bob.heard().first("PRIVMSG").tag("+" + name) == nil)
      }
    }
  }

  @Suite("message-ids", .needs(.capability("message-tags"))) struct MessageIDs {
    @Test("Every PRIVMSG and NOTICE has one, of its own, the same for all who see it") func unique() throws {
      let alice = try Client.connected("alice", "message-tags", "echo-message")
      let bob = try Client.connected("bob", "message-tags")
      let carol = try Client.connected("carol", "message-tags")
      let room = try channel(of: alice, bob, carol)
      let lines = (1...10).map { "PRIVMSG \(room) :\($0)" } + (1...10).map { "NOTICE \(room) :\($0)" }
      for line in lines { try alice.send(line) }
      let ids = try [alice, bob, carol].map { try $0.heard().messages.map { $0.tag("msgid") ?? "" } }
      #expect(ids[0].count == 20 && Set(ids[0]).count == 20 && !ids[0].contains(""))
      #expect(ids[1] == ids[0] && ids[2] == ids[0])
    }

    @Test("Without message-tags there is none") func withoutCapability() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "server-time")
      try alice.ask("PRIVMSG \(bob.nick) :x")
      #expect(try bob.heard().first("PRIVMSG").tag("msgid") == nil)
    }

    @Test("A client cannot choose one") func notFromClients() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      try alice.ask("@msgid=mine;time=2001-01-01T00:00:00.000Z;account=root PRIVMSG \(bob.nick) :x")
      let seen = try bob.heard().first("PRIVMSG")
      #expect(seen.tag("msgid") != "mine" && seen.tag("account") != "root")
      #expect(seen.tag("time")?.hasPrefix("2001") != true)
    }
  }
}
