import Testing

extension Conformance {
  @Suite("echo-message", .needs(.capability("echo-message"))) struct EchoMessage {
    @Test("PRIVMSG and NOTICE come back, from oneself, to the target", arguments: ["PRIVMSG", "NOTICE"])
    func echoed(_ command: String) throws {
      let alice = try Client.connected("alice", "echo-message")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      for target in [room, bob.nick] {
        let echo = try alice.ask("\(command) \(target) :hello").one(command, target, "hello", from: alice)
        #expect(echo.source.contains("!"))
        try bob.heard().one(command, target, "hello", from: alice)
      }
    }

    @Test("With message-tags TAGMSG comes back too, and tags with it", .needs(.capability("message-tags")))
    func tagMessage() throws {
      let alice = try Client.connected("alice", "echo-message", "message-tags")
      let bob = try Client.connected("bob", "message-tags")
      let echo = try alice.ask("@+example=1 TAGMSG \(bob.nick)").one("TAGMSG", bob.nick, from: alice)
      #expect(echo.tag("+example") == "1")
      #expect(try alice.ask("@+example=2 PRIVMSG \(bob.nick) :x").first("PRIVMSG").tag("+example") == "2")
    }

    @Test("What is refused does not come back") func refused() throws {
      let alice = try Client.connected("alice", "echo-message")
      let reply = try alice.ask("PRIVMSG \(Server.underTest.fresh("nobody")) :hello")
      reply.none("PRIVMSG")
      try reply.first("401")
    }

    @Test("To several targets: an echo for each") func several() throws {
      guard (try Server.underTest.targets("PRIVMSG") ?? 2) > 1 else { return }
      let alice = try Client.connected("alice", "echo-message")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      #expect(try alice.ask("PRIVMSG \(room),\(bob.nick) :hello")["PRIVMSG"].map { $0[0] } == [room, bob.nick])
    }

    @Test("To oneself: what was sent, and what is received") func toOneself() throws {
      let alice = try Client.connected("alice", "echo-message")
      #expect(try alice.ask("PRIVMSG \(alice.nick) :note")["PRIVMSG"].count == 2)
    }

    @Test("It can be switched off again") func off() throws {
      let alice = try Client.connected("alice", "echo-message")
      let bob = try Client.connected("bob")
      try alice.ask("CAP REQ :-echo-message")
      try alice.ask("PRIVMSG \(bob.nick) :hello").isNothing()
    }
  }

  @Suite("server-time", .needs(.capability("server-time"))) struct ServerTime {
    /// YYYY-MM-DDThh:mm:ss.sssZ
    private func isTime(_ text: String) -> Bool {
      let form = "dddd-dd-ddTdd:dd:dd.dddZ"
      return text.count == form.count && zip(text, form).allSatisfy { $1 == "d" ? $0.isASCII && $0.isNumber : $0 == $1 }
    }

    @Test("The tag has the form that is specified, and goes on") func form() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "server-time")
      let room = try channel(of: alice, bob)
      for number in 1...5 { try alice.ask("PRIVMSG \(room) :\(number)") }
      try alice.ask("TOPIC \(room) :new", "MODE \(room) +m", "PART \(room)")
      let seen = try bob.heard()
      let times = seen.messages.map { $0.tag("time") ?? "" }
      #expect(times.count == 8 && times.allSatisfy(isTime), "\(seen)")
      #expect(times == times.sorted())
    }

    @Test("All who see a message see the same time") func same() throws {
      let alice = try Client.connected("alice", "server-time", "echo-message")
      let bob = try Client.connected("bob", "server-time")
      let room = try channel(of: alice, bob)
      let echo = try alice.ask("PRIVMSG \(room) :x").first("PRIVMSG").tag("time")
      #expect(try echo == bob.heard().first("PRIVMSG").tag("time"))
    }

    @Test("Not before it is acknowledged, nor without it") func notBefore() throws {
      let alice = try Client("alice")
      let reply = try alice.ask("CAP LS 302")
      #expect(reply.messages.allSatisfy { $0.tags.isEmpty })
      try alice.register()
      #expect(alice.welcome.messages.allSatisfy { $0.tags.isEmpty })
    }

    @Test("Without message-tags there is no other tag") func noOthers() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "server-time")
      try alice.ask("PRIVMSG \(bob.nick) :x")
      #expect(try bob.heard().first("PRIVMSG").tags.map(\.key) == ["time"])
    }
  }
}
