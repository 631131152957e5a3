import Testing

extension Conformance {
  /// The client-only tags that have documents: reply, react, typing, channel-context.
  @Suite("client tags", .needs(.capability("message-tags"))) struct ClientTags {
    /// `ID` stands for that of a message, `#room` for a channel.
    private static let tags = [
      "+draft/reply=ID", "+reply=ID", "+draft/reply=ID;+draft/react=lol", "+draft/reply=ID;+draft/react=👋",
      "+reply=ID;+react=:-)", "+draft/reply=ID;+draft/unreact=lol", "+reply=ID;+unreact=lol", "+typing=active",
      "+typing=paused", "+typing=done", "+draft/channel-context=#room", "+channel-context=#room",
    ]

    private func pair(_ capabilities: String...) throws -> (alice: Client, bob: Client, room: String) {
      let alice = try Client("alice")
      let bob = try Client("bob")
      for client in [alice, bob] { try client.register(["message-tags", "echo-message"] + capabilities) }
      return (alice, bob, try channel(of: alice, bob))
    }

    private func isRefused(_ tag: String) throws -> Bool {
      let names = (try Server.underTest.features.tokens["CLIENTTAGDENY"] ?? "").split(separator: ",").map(String.init)
      let name = String(tag.dropFirst().prefix { $0 != "=" })
      return names.contains("*") ? !names.contains("-" + name) : names.contains(name)
    }

    @Test("Format: they reach everybody who knows tags, as they are, in a channel and in private", arguments: tags)
    func relayed(_ template: String) throws {
      let (alice, bob, room) = try pair()
      let parent = try bob.ask("PRIVMSG \(room) :Hello!").first("PRIVMSG")
      try alice.heard()
      let tags = template.replacing("ID", with: parent.tag("msgid") ?? "").replacing("#room", with: room)
      guard try !tags.split(separator: ";").contains(where: { try isRefused(String($0)) }) else { return }
      for target in [room, bob.nick] {
        for command in ["TAGMSG \(target)", "PRIVMSG \(target) :text", "NOTICE \(target) :text"] {
          let echo = try #require(try alice.ask("@\(tags) \(command)").messages.first)
          let seen = try #require(try bob.heard().messages.first)
          for line in [echo, seen] {
            #expect(command.hasPrefix(line.command) && line.nick == alice.nick && line[0] == target, "\(line)")
            for tag in tags.split(separator: ";") {
              let parts = tag.split(separator: "=", maxSplits: 1)
              #expect(line.tag(String(parts[0])) == String(parts[1]), "\(line)")
            }
          }
        }
      }
    }

    @Test("Whoever does not know tags sees the text alone, and nothing of a message without one") func plain() throws {
      let (alice, _, room) = try pair()
      let carol = try Client.connected("carol")
      try carol.join(room)
      try alice.heard()
      try alice.ask("@+draft/reply=x;+draft/react=lol TAGMSG \(room)", "@+typing=active TAGMSG \(room)")
      try carol.heard().isNothing()
      try alice.ask("@+draft/reply=x;+draft/react=lol PRIVMSG \(room) :lol")
      #expect(try carol.heard().one("PRIVMSG", room, "lol", from: alice).tags.isEmpty)
    }

    @Test("react: the value has no restrictions") func values() throws {
      let (alice, bob, room) = try pair()
      guard try !isRefused("+draft/react") else { return }
      for value in ["", #"two\swords"#, #"a\:b\\c"#, "=", "👩‍👩‍👧‍👦", String(repeating: "x", count: 1_000)] {
        try alice.ask("@+draft/reply=abc;+draft/react=\(value) TAGMSG \(room)").first("TAGMSG")
        let meant = value.replacing(#"\s"#, with: " ").replacing(#"\:"#, with: ";").replacing(#"\\"#, with: #"\"#)
        #expect(try bob.heard().first("TAGMSG").tag("+draft/react") == meant)
      }
    }

    @Test("reply: what it names need not be known") func unknown() throws {
      let (alice, bob, room) = try pair()
      guard try !isRefused("+draft/reply") else { return }
      for id in ["nonsense", "", "x/y"] {
        try alice.ask("@+draft/reply=\(id) PRIVMSG \(room) :x")
        #expect(try bob.heard().first("PRIVMSG").tag("+draft/reply") == id)
      }
    }

    @Test("A reaction has an id, so that it can be deleted and replied to") func ids() throws {
      let (alice, bob, room) = try pair()
      guard try !isRefused("+draft/react") else { return }
      let echo = try alice.ask("@+draft/reply=abc;+draft/react=lol TAGMSG \(room)").first("TAGMSG")
      #expect(try echo.tag("msgid") != nil && bob.heard().first("TAGMSG").tag("msgid") == echo.tag("msgid"))
    }

    @Test(
      "History has replies with their tags, reactions for those who play events back, and no typing",
      .needs(.capability("draft/chathistory")))
    func history() throws {
      let (alice, _, room) = try pair("batch", "server-time", "draft/chathistory")
      guard try !isRefused("+draft/reply"), try !isRefused("+draft/react") else { return }
      try alice.ask("@+typing=active TAGMSG \(room)", "@+draft/reply=abc;+draft/channel-context=#x PRIVMSG \(room) :x")
      try alice.ask("@+draft/reply=abc;+draft/react=lol TAGMSG \(room)", "@+typing=done TAGMSG \(room)")
      func content() throws -> [Message] {
        try alice.ask("CHATHISTORY LATEST \(room) * 50").batch("chathistory").content.filter {
          ["PRIVMSG", "NOTICE", "TAGMSG"].contains($0.command)
        }
      }
      let messages = try content()
      #expect(messages.map(\.command) == ["PRIVMSG"] && messages.first?.tag("+draft/reply") == "abc", "\(messages)")
      guard try Server.underTest.offers(.capability("draft/event-playback")) else { return }
      try alice.ask("CAP REQ :draft/event-playback")
      let events = try content()
      #expect(events.map(\.command) == ["PRIVMSG", "TAGMSG"] && events.last?.tag("+draft/react") == "lol", "\(events)")
    }

    @Test("typing: nobody is told of it who was not there") func typingIsNotKept() throws {
      let (alice, bob, room) = try pair()
      try alice.ask("@+typing=active TAGMSG \(room)", "@+typing=active TAGMSG \(bob.nick)")
      #expect(try bob.heard()["TAGMSG"].count == 2)
      let carol = try Client.connected("carol", "message-tags")
      try carol.ask("JOIN \(room)").none("TAGMSG")
    }

    @Test("channel-context: the message stays private", .needs(.capability("message-tags"))) func context() throws {
      let (alice, bob, room) = try pair()
      let carol = try Client.connected("carol", "message-tags")
      try carol.join(room)
      for client in [alice, bob] { try client.heard() }
      try alice.ask("@+draft/channel-context=\(room) NOTICE \(bob.nick) :help")
      try bob.heard().one("NOTICE", bob.nick, "help", from: alice)
      try carol.heard().isNothing()
    }

    @Test("A TAGMSG counts as speaking where that is not allowed: 404", arguments: ["n", "m"])
    func silenced(_ mode: String) throws {
      let (alice, _, room) = try pair()
      let carol = try Client.connected("carol", "message-tags")
      try alice.ask("MODE \(room) +\(mode)")
      if mode == "m" { try carol.join(room) }
      try alice.heard()
      for tags in ["+draft/react=x;+draft/reply=y", "+typing=active"] {
        try carol.ask("@\(tags) TAGMSG \(room)").one("404", room, nil)
      }
      try alice.heard().isNothing()
    }
  }

  @Suite("message-tags, The TAGMSG message") struct TagMessages {
    @Test("RPL_AWAY is not sent, as for NOTICE, nor for PRIVMSG withheld", .needs(.capability("message-tags")))
    func away() throws {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      try bob.ask("AWAY :gone")
      try alice.ask("PRIVMSG \(bob.nick) :x").one("301", bob.nick, "gone")
      try alice.ask("NOTICE \(bob.nick) :x").isNothing()
    }

    @Test("It has no text: what stands in its place is not relayed", .needs(.capability("message-tags"))) func text()
      throws
    {
      let alice = try Client.connected("alice", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      try alice.ask("@+example=1 TAGMSG \(bob.nick) :smuggled")
      #expect(try bob.heard().messages.allSatisfy { $0.parameters == [bob.nick] })
    }
  }
}
