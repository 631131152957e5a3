import Testing

extension Conformance {
  @Suite("extended-isupport", .needs(.capability("draft/extended-isupport"))) struct ExtendedSupport {
    @Test("The ISUPPORT command gives the list, before registration too") func command() throws {
      let alice = try Client("alice")
      try alice.request(["draft/extended-isupport"])
      let early = try alice.ask("ISUPPORT")
      #expect(!early["005"].isEmpty && early.messages.allSatisfy { $0.command == "005" && $0[0] == "*" }, "\(early)")
      try alice.register()
      #expect(try alice.ask("ISUPPORT").supported == Server.underTest.features.tokens)
    }

    @Test("After registration it needs no capability") func withoutCapability() throws {
      #expect(try Client.connected("alice").ask("ISUPPORT").supported == Server.underTest.features.tokens)
    }

    @Test(
      "With batch in a batch of nothing else, whatever the order in which they are enabled",
      arguments: ["batch draft/extended-isupport", "draft/extended-isupport batch"])
    func batched(_ names: String) throws {
      let alice = try Client("alice")
      try alice.request([names])
      let early = try alice.ask("ISUPPORT")
      let batch = try early.batch("draft/isupport")
      #expect(!batch.content.isEmpty && batch.content.count == early["005"].count)
      #expect(batch.content.allSatisfy { $0.command == "005" })
      try alice.register()
      #expect(alice.welcome["005"].allSatisfy { $0.tag("batch") != nil })
      let version = try alice.ask("VERSION")
      #expect(version["005"].allSatisfy { $0.tag("batch") != nil }, "\(version)")
      // What was left out before comes with the welcome.
      let all = early.supported.merging(alice.welcome.supported) { $1 }
      #expect(try all == Server.underTest.features.tokens)
    }
  }

  @Suite("standard-replies", .needs(.capability("standard-replies"))) struct StandardReplies {
    @Test("Message Format: from the server; the command, a code, perhaps more, and a text", arguments: [true, false])
    func form(_ isAsked: Bool) throws {
      let alice = try Client("alice")
      try alice.register(isAsked ? ["standard-replies"] : [])
      let reply = try alice.ask("CHATHISTORY NONSENSE x * 1", "MARKREAD", "REGISTER a b", "VERIFY x y")
      for line in reply["FAIL"] + reply["WARN"] + reply["NOTE"] {
        #expect(line.parameters.count >= 3 && !line.text.isEmpty && !line.source.contains("!"), "\(line)")
        #expect(line[0] == line[0].uppercased() && line[1] == line[1].uppercased() && !line[1].contains(" "), "\(line)")
      }
      #expect(!reply["FAIL"].isEmpty)
    }
  }

  @Suite("UTF8ONLY", .needs(.token("UTF8ONLY"))) struct UTF8Only {
    private func line(_ start: String, _ bytes: [UInt8]) -> [UInt8] { Array(start.utf8) + bytes + [13, 10] }

    private func isUTF8(_ bytes: [UInt8]) -> Bool { Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes }

    @Test(
      "What is not UTF-8 is not relayed: refused with FAIL, or changed with WARN, INVALID_UTF8",
      arguments: [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func messages(_ bytes: [UInt8]) throws {
      let alice = try Client.connected("alice", "standard-replies")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      for (command, start) in [
        ("PRIVMSG", "PRIVMSG \(room) :a"), ("NOTICE", "NOTICE \(room) :a"), ("TOPIC", "TOPIC \(room) :a"),
      ] {
        try alice.send(raw: line(start, bytes))
        let reply = try alice.heard()
        for answer in reply["FAIL"] + reply["WARN"] {
          #expect([command, "*"].contains(answer[0]) && answer[1] == "INVALID_UTF8", "\(answer)")
        }
        #expect(reply["FAIL"].count + reply["WARN"].count <= 1)
      }
      let seen = try bob.heard()
      #expect(seen.messages.allSatisfy { isUTF8($0.bytes) }, "\(seen)")
    }

    @Test("Nor in tags, real names, part and quit reasons, away texts") func others() throws {
      let bob = try Client.connected("bob", "message-tags", "away-notify")
      let room = try channel(of: bob)
      let alice = try Client("alice")
      try alice.request(["message-tags"])
      try alice.send("NICK \(alice.nick)")
      try alice.send(raw: line("USER alice 0 * :Al", [0xff]))
      // Where that was refused.
      try alice.send("USER alice 0 * :Alice")
      try alice.awaitWelcome()
      try alice.join(room)
      try alice.send(raw: line("@+x=", [0xff, 32] + Array("PRIVMSG \(room) :tagged".utf8)))
      try alice.send(raw: line("AWAY :", [0xff]))
      try alice.send(raw: line("PART \(room) :", [0xff]))
      try alice.heard()
      #expect(try bob.heard().messages.allSatisfy { isUTF8($0.bytes) })
      #expect(try bob.ask("WHOIS \(alice.nick)").messages.allSatisfy { isUTF8($0.bytes) })
    }

    @Test("UTF-8 of all lengths passes") func good() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let text = "a é € 𝄞 👩‍👩‍👧 \u{FFFD} \u{10FFFF}"
      try alice.ask("PRIVMSG \(bob.nick) :\(text)").isNothing()
      try bob.heard().one("PRIVMSG", bob.nick, text, from: alice)
    }
  }

  @Suite("WHOX", .needs(.token("WHOX"))) struct WhoX {
    @Test("354 with exactly the fields that were asked for, in the order that is specified, and no 352") func fields()
      throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("PRIVMSG \(bob.nick) :x")
      let source = try bob.heard().first("PRIVMSG").source
      let parts = source.split { $0 == "!" || $0 == "@" }.map(String.init)
      let server = try Server.underTest.features.name
      let expected: [(Character, String?)] = [
        ("t", "42"), ("c", room), ("u", parts[1]), ("i", nil), ("h", parts[2]), ("s", server), ("n", alice.nick),
        ("f", nil), ("l", nil), ("a", alice.isLoggedIn ? alice.account : "0"), ("r", alice.nick),
      ]
      for asked in ["tcuihsnflar", "ralfnshiuct", "cuhsnfar", "tn", "n", "r", "ta", "cnf"] {
        let token = asked.contains("t") ? ",42" : ""
        let reply = try bob.ask("WHO \(room) %\(asked)\(token)")
        reply.none("352")
        let line = try reply.first("354")
        let wanted = expected.filter { asked.contains($0.0) }.map(\.1)
        #expect(line.parameters.count == wanted.count + 1, "\(asked): \(line)")
        for (value, want) in zip(line.parameters.dropFirst(), wanted) {
          #expect(want == nil || value == want, "\(asked): \(line)")
        }
        try reply.one("315", room, nil)
      }
    }

    @Test("Flags, idle time and address have their form") func forms() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let line = try alice.ask("WHO \(room) %ifl").first("354")
      #expect(line[1].contains(".") || line[1].contains(":"))
      #expect(line[2].hasPrefix("H") && line[2].count >= 2)
      #expect((Int(line[3]) ?? -1) >= 0)
    }

    @Test("The account, 0 for none", .needs(.accounts), .needs(.named("guests"))) func account() throws {
      let alice = try Client.withAccount("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let rows = try bob.ask("WHO \(room) %na")["354"].map { [$0[1], $0[2]] }
      #expect(Set(rows) == [[alice.nick, alice.account], [bob.nick, "0"]])
    }

    @Test("By nick too; unknown fields are ignored; * for no channel") func others() throws {
      let alice = try Client.connected("alice")
      #expect(try alice.ask("WHO \(alice.nick) %n").first("354").parameters == [alice.nick, alice.nick])
      #expect(try alice.ask("WHO \(alice.nick) %cn").first("354").parameters == [alice.nick, "*", alice.nick])
      #expect(try alice.ask("WHO \(alice.nick) %nZ").first("354").parameters == [alice.nick, alice.nick])
      let nobody = Server.underTest.fresh("nobody")
      let reply = try alice.ask("WHO \(nobody) %n")
      #expect(reply.commands == ["315"])
    }
  }
}
