import Testing

extension Conformance {
  @Suite("multi-prefix", .needs(.capability("multi-prefix"))) struct MultiPrefix {
    @Test("All prefixes, from the highest to the lowest, in NAMES, WHO and WHOIS; the highest alone without it")
    func prefixes() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "multi-prefix")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("MODE \(room) +v \(bob.nick)", "MODE \(room) +o \(bob.nick)")
      for client in [bob, carol] { try client.heard() }
      for (client, prefix) in [(bob, "@+"), (carol, "@")] {
        let names = try client.ask("NAMES \(room)").first("353").text.split(separator: " ").map(String.init)
        #expect(names.contains(prefix + bob.nick), "\(names)")
        let who = try client.ask("WHO \(room)")["352"].first { $0[5] == bob.nick }
        #expect(who?[6] == "H" + prefix, "\(who?.description ?? "nothing")")
        #expect(try client.ask("WHOIS \(bob.nick)").first("319").text.split(separator: " ") == ["\(prefix)\(room)"])
      }
    }

    @Test("In the names after JOIN too") func join() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +v \(alice.nick)")
      let bob = try Client.connected("bob", "multi-prefix")
      let names = try bob.ask("JOIN \(room)").first("353").text.split(separator: " ").map(String.init)
      let own = try #require(names.first { $0.hasSuffix(alice.nick) })
      #expect(own.hasSuffix("+" + alice.nick) && own.count >= alice.nick.count + 2)
    }
  }

  @Suite("userhost-in-names", .needs(.capability("userhost-in-names"))) struct UserhostInNames {
    @Test("NAMES, and the names after JOIN, have nick!user@host, with the prefix before it") func names() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "userhost-in-names")
      try alice.ask("PRIVMSG \(bob.nick) :x")
      let source = try bob.heard().first("PRIVMSG").source
      let room = try channel(of: alice)
      for line in ["JOIN \(room)", "NAMES \(room)"] {
        let names = try bob.ask(line).first("353").text.split(separator: " ").map(String.init)
        #expect(names.count == 2 && names.allSatisfy { $0.contains("!") && $0.contains("@") })
        #expect(names.contains { $0.hasSuffix(source) && $0.count == source.count + 1 }, "\(names)")
      }
    }
  }

  @Suite("no-implicit-names") struct NoImplicitNames {
    @Test(
      "JOIN brings no names, an explicit NAMES does, also under the draft's name",
      arguments: ["no-implicit-names", "draft/no-implicit-names"])
    func join(_ name: String) throws {
      guard try Server.underTest.features.capabilities[name] != nil else { return }
      let alice = try Client.connected("alice", name)
      let room = Server.underTest.fresh("#room")
      let reply = try alice.ask("JOIN \(room)")
      try reply.one("JOIN", room, from: alice)
      reply.none("353", "366")
      try alice.ask("NAMES \(room)").first("353")
      try alice.ask("TOPIC \(room) :new", "PART \(room)")
      let bob = try Client.connected("bob")
      try bob.join(room)
      try bob.ask("TOPIC \(room) :new")
      try alice.ask("JOIN \(room)").first("332")
    }
  }

  @Suite("invite-notify", .needs(.capability("invite-notify"))) struct InviteNotify {
    @Test("Members who asked for it see INVITE with who is invited; nobody else does") func notified() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "invite-notify")
      let carol = try Client.connected("carol")
      let dave = try Client.connected("dave", "invite-notify")
      let erin = try Client.connected("erin", "invite-notify")
      let room = try channel(of: alice, bob, carol)
      // Servers may tell only those who may invite.
      try alice.ask("MODE \(room) +o \(bob.nick)")
      for client in [bob, carol] { try client.heard() }
      try alice.ask("INVITE \(erin.nick) \(room)").one("341", erin.nick, room)
      try bob.heard().one("INVITE", erin.nick, room, from: alice)
      try erin.heard().one("INVITE", erin.nick, room, from: alice)
      try carol.heard().isNothing()
      try dave.heard().isNothing()
    }
  }

  @Suite("chghost", .needs(.capability("chghost")), .needs(.named("sethost")), .needs(.operators))
  struct ChangeHost {
    @Test("CHGHOST with the new user and host to who asked for it, others see the user come back") func changed() throws
    {
      let alice = try Client.connected("alice", "chghost")
      let bob = try Client.connected("bob", "chghost")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.becomeOperator()
      let reply = try alice.ask("SETHOST some.other.host")
      try reply.one("CHGHOST", nil, "some.other.host", from: alice)
      try bob.heard().one("CHGHOST", nil, "some.other.host", from: alice)
      let seen = try carol.heard()
      seen.none("CHGHOST")
      if !seen.messages.isEmpty {
        #expect(seen["QUIT"].count == 1 && seen["JOIN"].first?[0] == room)
      }
    }
  }

  @Suite("channel-rename", .needs(.capability("draft/channel-rename"))) struct ChannelRename {
    private func renaming(_ role: String) throws -> Client { try Client.connected(role, "draft/channel-rename") }

    @Test("RENAME with the reason, empty where there is none, to members who know it", arguments: ["because", nil])
    func renamed(_ reason: String?) throws {
      let alice = try renaming("alice")
      let bob = try renaming("bob")
      let room = try channel(of: alice, bob)
      let new = Server.underTest.fresh("#new")
      try alice.ask("RENAME \(room) \(new)" + (reason.map { " :" + $0 } ?? ""))
        .one("RENAME", room, new, reason ?? "", from: alice)
      try bob.heard().one("RENAME", room, new, reason ?? "", from: alice)
    }

    @Test("Fallback: PART with the reason, then JOIN, topic and names, to members who do not") func fallback() throws {
      let alice = try renaming("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("TOPIC \(room) :plans")
      try bob.heard()
      let new = Server.underTest.fresh("#new")
      try alice.ask("RENAME \(room) \(new) :because")
      let seen = try bob.heard()
      seen.order("PART", "JOIN", "332", "333", "353", "366")
      let part = try seen.one("PART", room, nil, from: bob)
      #expect(part.text.contains("because"))
      try seen.one("JOIN", new, from: bob)
      try seen.one("332", new, "plans")
      #expect(try seen.first("353").text.split(separator: " ").count == 2)
    }

    @Test("Who renames without the capability sees the fallback itself") func plain() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let new = Server.underTest.fresh("#new")
      let reply = try alice.ask("RENAME \(room) \(new)")
      reply.none("RENAME")
      try reply.first("PART")
      try reply.one("JOIN", new, from: alice)
    }

    @Test("Members, ranks, modes and topic are kept, and the old name is free or points to the new") func kept() throws
    {
      let alice = try renaming("alice")
      let bob = try renaming("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +mv \(bob.nick)", "MODE \(room) +b x!*@*", "TOPIC \(room) :plans")
      let names = try alice.ask("NAMES \(room)").first("353").text
      let new = Server.underTest.fresh("#new")
      try alice.ask("RENAME \(room) \(new)")
      try bob.heard()
      #expect(try alice.ask("NAMES \(new)").first("353").text == names)
      #expect(try alice.ask("MODE \(new)").first("324")[2].contains("m"))
      #expect(try alice.ask("MODE \(new) b").first("367")[2] == "x!*@*")
      try alice.ask("TOPIC \(new)").one("332", new, "plans")
      try bob.ask("PRIVMSG \(new) :here").isNothing()
      try alice.heard().one("PRIVMSG", new, "here", from: bob)
      let carol = try renaming("carol")
      let joined = try carol.ask("JOIN \(room)")
      if let fail = joined["FAIL"].first {
        #expect(fail.parameters.dropLast() == ["JOIN", "CHANNEL_RENAMED", room, new])
      } else {
        try joined.first("JOIN")
      }
    }

    @Test("Only the case: allowed, and without the fallback") func caseAlone() throws {
      let alice = try renaming("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let new = "#" + room.dropFirst().uppercased()
      try alice.ask("RENAME \(room) \(new)").one("RENAME", room, new, "", from: alice)
      try bob.heard().none("PART", "JOIN")
    }

    @Test("Errors: a name in use, a name that is none") func refused() throws {
      let alice = try renaming("alice")
      let room = try channel(of: alice)
      let other = try channel(of: alice)
      try alice.ask("RENAME \(room) \(other)").one("FAIL", "RENAME", "CHANNEL_NAME_IN_USE", room, other, nil)
      let bad = try alice.ask("RENAME \(room) nochannel").first("FAIL")
      #expect(bad.parameters.dropLast() == ["RENAME", "CANNOT_RENAME", room, "nochannel"])
    }

    @Test("Errors: existing numerics where they are more appropriate") func numerics() throws {
      let alice = try renaming("alice")
      let bob = try renaming("bob")
      let carol = try renaming("carol")
      let room = try channel(of: alice, bob)
      let new = Server.underTest.fresh("#new")
      let nowhere = Server.underTest.fresh("#nowhere")
      try bob.ask("RENAME \(room) \(new)").one("482", room, nil)
      let outside = try carol.ask("RENAME \(room) \(new)")
      #expect(["442", "482"].contains(outside.commands.first))
      try alice.ask("RENAME \(nowhere) \(new)").one("403", nowhere, nil)
      for line in ["RENAME", "RENAME \(room)"] { try alice.ask(line).one("461", "RENAME", nil) }
    }
  }
}
