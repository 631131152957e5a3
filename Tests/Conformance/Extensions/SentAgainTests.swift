import Testing

extension Conformance {
  /// Of Moot's extension `moot/id`, as docs/clients.md, "Sending again", has it.
  @Suite("moot/id", .needs(.capability("moot/id")), .needs(.accounts)) struct SentAgain {
    static let capabilities = ["moot/id", "message-tags", "echo-message", "server-time"]

    private func knowing(_ role: String, _ more: String...) throws -> Client {
      let client = try Client(role)
      try client.register(Self.capabilities + more)
      try client.makeAccount()
      return client
    }

    @Test(
      "The same name to the same target is said once, and echoed each time, with id and time of the first",
      arguments: ["PRIVMSG target :x", "NOTICE target :x", "+draft/react=x TAGMSG target"])
    func once(_ line: String) throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      let isTagged = line.hasPrefix("+")
      for target in [room, bob.nick] {
        let line = "@moot/id=n-\(target.utf8.count)\(isTagged ? ";" : " ")" + line.replacing("target", with: target)
        let echoes = try [line, line, line.replacing(":x", with: ":another text")].map {
          try #require(try alice.ask($0).messages.first)
        }
        #expect(Set(echoes.map { $0.tag("msgid") }).count == 1 && Set(echoes.map { $0.tag("time") }).count == 1)
        #expect(Set(echoes.map(\.text)).count == 1 && echoes.allSatisfy { $0.tag("moot/id") == nil }, "\(echoes)")
        let seen = try bob.heard()
        #expect(seen.messages.count == 1 && seen.messages[0].tag("moot/id") == nil, "\(seen)")
      }
    }

    @Test("Another name, another target, and another account mean another message; case matters in names")
    func others() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let carol = try knowing("carol")
      let room = try channel(of: alice, bob, carol)
      for client in [alice, bob] {
        try client.ask(
          "@moot/id=a PRIVMSG \(room) :x", "@moot/id=A PRIVMSG \(room) :x", "@moot/id=a PRIVMSG \(carol.nick) :x")
      }
      #expect(try carol.heard()["PRIVMSG"].count == 6)
    }

    @Test("The target in any case is the same; of several targets each has its own") func targets() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("@moot/id=a PRIVMSG \(room) :x")
      try alice.ask("@moot/id=a PRIVMSG \(room.uppercased()),\(bob.nick) :x")
      #expect(try bob.heard()["PRIVMSG"].map { $0[0] } == [room, bob.nick])
    }

    @Test("It holds for the account, on every connection, also after the first broke") func anotherDevice() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let first = try alice.ask("@moot/id=a PRIVMSG \(bob.nick) :x").first("PRIVMSG")
      try alice.hangUp()
      let again = try Client.another(of: alice, "moot/id", "message-tags", "echo-message")
      let second = try again.ask("@moot/id=a PRIVMSG \(bob.nick) :x").first("PRIVMSG")
      #expect(second.tag("msgid") == first.tag("msgid"))
      #expect(try bob.heard()["PRIVMSG"].count == 1)
    }

    @Test("The echo has the new label", .needs(.capability("labeled-response"))) func label() throws {
      let alice = try knowing("alice", "labeled-response", "batch")
      let bob = try knowing("bob")
      for label in ["one", "two"] {
        let answer = try alice.ask("@label=\(label);moot/id=a PRIVMSG \(bob.nick) :x").labelled(label)
        #expect(answer.map(\.text) == ["x"])
      }
      #expect(try bob.heard()["PRIVMSG"].count == 1)
    }

    @Test("A message of several lines has it at its opening", .needs(.capability("draft/multiline"))) func several()
      throws
    {
      let alice = try knowing("alice", "draft/multiline", "batch")
      let bob = try knowing("bob", "draft/multiline", "batch")
      let ids = try (0..<2).map { _ in
        try alice.say(["one", "two"], to: bob.nick, tags: "moot/id=a").several().opening.tag("msgid")
      }
      #expect(ids[0] != nil && ids[0] == ids[1])
      #expect(try bob.heard().several().parts == ["one", "two"])
    }

    @Test("Without echoes: NOTE ALREADY_SENT", arguments: ["PRIVMSG", "NOTICE"]) func note(_ command: String) throws {
      let alice = try knowing("alice", "standard-replies")
      let bob = try knowing("bob")
      try alice.ask("CAP REQ :-echo-message")
      try alice.ask("@moot/id=a \(command) \(bob.nick) :x").isNothing()
      let id = try #require(try bob.heard().first(command).tag("msgid"))
      try alice.ask("@moot/id=a \(command) \(bob.nick) :x").one("NOTE", command, "ALREADY_SENT", bob.nick, id, nil)
      try bob.heard().isNothing()
    }

    @Test("Where the message was taken back since: NOTE ALREADY_SENT") func takenBack() throws {
      let alice = try knowing("alice", "standard-replies", "draft/message-redaction")
      let bob = try knowing("bob")
      let id = try #require(try alice.ask("@moot/id=a PRIVMSG \(bob.nick) :x").first("PRIVMSG").tag("msgid"))
      try alice.ask("REDACT \(bob.nick) \(id)")
      try bob.heard()
      try alice.ask("@moot/id=a PRIVMSG \(bob.nick) :x").one("NOTE", "PRIVMSG", "ALREADY_SENT", bob.nick, id, nil)
      try bob.heard().isNothing()
    }

    @Test(
      "An edit is said once too; sent again, it is answered by NOTE ALREADY_SENT with its id",
      .needs(.capability("moot/edit")))
    func edit() throws {
      let alice = try knowing("alice", "standard-replies", "moot/edit")
      let bob = try knowing("bob", "moot/edit")
      let id = try #require(try alice.ask("PRIVMSG \(bob.nick) :helo").first("PRIVMSG").tag("msgid"))
      let line = "@moot/id=a;+draft/edit=\(id) PRIVMSG \(bob.nick) :hello"
      let edit = try #require(try alice.ask(line).first("PRIVMSG").tag("msgid"))
      try alice.ask(line).one("NOTE", "PRIVMSG", "ALREADY_SENT", bob.nick, edit, nil)
      #expect(try bob.heard()["PRIVMSG"].map(\.text) == ["helo", "hello"])
    }

    @Test("What was refused was not sent: the same again is tried anew") func refused() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: bob, alice)
      try bob.ask("MODE \(room) +m")
      try alice.heard()
      for _ in 0..<2 { try alice.ask("@moot/id=a PRIVMSG \(room) :x").one("404", room, nil) }
      try bob.ask("MODE \(room) -m")
      try alice.heard()
      try alice.ask("@moot/id=a PRIVMSG \(room) :x").one("PRIVMSG", room, "x", from: alice)
      #expect(try bob.heard()["PRIVMSG"].count == 1)
    }

    @Test("A name has 1 to 64 bytes: INVALID_ID, and nothing is said") func names() throws {
      let alice = try knowing("alice", "standard-replies")
      let bob = try knowing("bob")
      for name in ["", String(repeating: "x", count: 65)] {
        for command in ["PRIVMSG", "NOTICE"] {
          try alice.ask("@moot/id=\(name) \(command) \(bob.nick) :x").one("FAIL", command, "INVALID_ID", nil)
        }
      }
      try bob.heard().isNothing()
      for name in [String(repeating: "x", count: 64), #"a\sb\:c"#, "é"] {
        for _ in 0..<2 { try alice.ask("@moot/id=\(name) PRIVMSG \(bob.nick) :x").first("PRIVMSG") }
      }
      #expect(try bob.heard()["PRIVMSG"].count == 3)
    }

    @Test("Without the capability the tag is like any unknown one") func withoutCapability() throws {
      let alice = try Client.withAccount("alice", "message-tags", "echo-message")
      let bob = try knowing("bob")
      for _ in 0..<2 { try alice.ask("@moot/id=a PRIVMSG \(bob.nick) :x") }
      #expect(try bob.heard()["PRIVMSG"].count == 2)
    }

    @Test("Typing is kept nowhere, and not remembered") func typing() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      for _ in 0..<2 { try alice.ask("@moot/id=a;+typing=active TAGMSG \(bob.nick)") }
      #expect(try bob.heard()["TAGMSG"].count == 2)
    }
  }
}
