import Testing

extension Conformance {
  @Suite("multiline", .needs(.capability("draft/multiline"))) struct MultilineMessages {
    static let capabilities = ["draft/multiline", "batch", "message-tags"]
    private static let example: [Part] = ["hello", "", "how is ", .joined("everyone?")]

    private func knowing(_ role: String, _ more: String...) throws -> Client {
      let client = try Client(role)
      try client.register(Self.capabilities + more)
      return client
    }

    @Test("Capabilities: a required value with max-bytes, a number; each key once") func value() throws {
      let value = try #require(try Server.underTest.features.capabilities["draft/multiline"])
      let keys = value.split(separator: ",").map { $0.prefix { $0 != "=" } }
      #expect(Set(keys).count == keys.count && keys.contains("max-bytes"))
      for token in value.split(separator: ",") where token.hasPrefix("max-") {
        #expect((Int(token.drop { $0 != "=" }.dropFirst()) ?? 0) > 0, "\(token)")
      }
    }

    @Test("Examples: the same batch reaches those who know it, with its id, and nobody before its end") func example()
      throws
    {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      try alice.open(Self.example, to: room)
      try bob.heard().isNothing()
      try alice.ask("BATCH -several").isNothing()
      let (opening, parts) = try bob.heard().several()
      #expect(opening.nick == alice.nick && opening[2] == room && opening.tag("msgid")?.isEmpty == false)
      #expect(parts == Self.example)
    }

    @Test("Architecture: the order in which the capabilities are asked for does not matter", arguments: [true, false])
    func order(_ isFirst: Bool) throws {
      let bob = try Client("bob")
      try bob.register(isFirst ? ["draft/multiline"] : ["batch"])
      try bob.ask("CAP REQ :\(isFirst ? "batch" : "draft/multiline")", "CAP REQ :message-tags")
      let alice = try knowing("alice")
      try alice.say(Self.example, to: bob.nick)
      #expect(try bob.heard().several().parts == Self.example)
      try bob.say(["back", "again"], to: alice.nick).isNothing()
      #expect(try alice.heard().several().parts == ["back", "again"])
    }

    @Test("Batch types: one line, and many; blank ones at the beginning, between, and at the end")
    func lines() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let messages: [[Part]] = [
        ["alone"], ["", "after a blank one"], ["before a blank one", ""], ["a", "", "", "b"],
        ["one ", .joined("two "), .joined("three"), "four"], [" spaces ", "\u{1}ACTION waves\u{1}", "日本 é"],
      ]
      for message in messages {
        try alice.say(message, to: bob.nick).none("FAIL")
        #expect(try bob.heard().several().parts == message)
      }
    }

    @Test("Batch types: lines of NOTICE alone", .needs(.named("multiline-notice"))) func notices() throws {
      let alice = try knowing("alice", "echo-message")
      let bob = try knowing("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      #expect(try alice.say(Self.example, to: room, as: "NOTICE").several(as: "NOTICE").parts == Self.example)
      #expect(try bob.heard().several(as: "NOTICE").parts == Self.example)
      let plain = try carol.heard()
      #expect(plain.commands == ["NOTICE", "NOTICE", "NOTICE"] && plain.messages.map(\.text).first == "hello")
    }

    @Test("Batch types: the target in any case, of lines too") func targetCase() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      try alice.ask(
        "batch +x draft/multiline \(room.uppercased())", "@batch=x privmsg \(room) :a",
        "@batch=x PRIVMSG \(room.uppercased()) :b", "BATCH -x"
      ).isNothing()
      #expect(try bob.heard().several().parts == ["a", "b"])
    }

    @Test("Two may use the same reference at the same time, and one may use it again") func references() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let carol = try knowing("carol")
      try alice.open(["from", "alice"], to: carol.nick)
      try bob.open(["from", "bob"], to: carol.nick)
      try alice.ask("BATCH -several").isNothing()
      #expect(try carol.heard().several().parts == ["from", "alice"])
      try bob.ask("BATCH -several").isNothing()
      #expect(try carol.heard().several().parts == ["from", "bob"])
      try alice.say(["once", "more"], to: carol.nick).isNothing()
      #expect(try carol.heard().several().parts == ["once", "more"])
    }

    @Test("Nobody else's words come between its lines") func together() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.open(["one", "two"], to: room)
      try carol.ask("PRIVMSG \(room) :between")
      try alice.ask("@batch=several PRIVMSG \(room) :three")
      try alice.ask("BATCH -several")
      let seen = try bob.heard()
      #expect(seen.commands == ["PRIVMSG", "BATCH", "PRIVMSG", "PRIVMSG", "PRIVMSG", "BATCH"], "\(seen)")
      #expect(try seen.several().parts == ["one", "two", "three"])
    }

    // MARK: what others get

    @Test(
      "Fallback: the lines as they were sent, without blank ones and without a batch",
      arguments: [
        [], ["message-tags", "server-time"], ["draft/multiline", "message-tags"], ["batch", "message-tags"],
      ])
    func fallback(_ capabilities: [String]) throws {
      let alice = try knowing("alice")
      let bob = try Client("bob")
      try bob.register(capabilities)
      let room = try channel(of: alice, bob)
      for target in [room, bob.nick] {
        try alice.say(Self.example, to: target)
        let seen = try bob.heard()
        #expect(seen.messages.allSatisfy { $0.command == "PRIVMSG" && $0.nick == alice.nick && $0[0] == target })
        #expect(seen.messages.map(\.text) == ["hello", "how is ", "everyone?"], "\(seen)")
        #expect(seen.messages.allSatisfy { $0.tag("batch") == nil && $0.tag("draft/multiline-concat") == nil })
      }
    }

    @Test("Fallback, Message ids: the tags of the batch on the first line, the id on no other", .needs(.accounts))
    func fallbackTags() throws {
      let alice = try knowing("alice", "echo-message")
      try alice.makeAccount()
      let bob = try Client.connected("bob", "message-tags", "account-tag", "server-time")
      let room = try channel(of: alice, bob)
      // The first line that is sent is not the first that was said.
      let echo = try alice.say(["", "one", "two"], to: room, tags: "+draft/reply=abc").several().opening
      let seen = try bob.heard()["PRIVMSG"]
      try #require(seen.map(\.text) == ["one", "two"])
      #expect(seen[0].tag("msgid") == echo.tag("msgid") && seen[0].tag("+draft/reply") == "abc")
      #expect(seen[0].tag("account") == alice.account && seen[0].tag("time") != nil)
      #expect(seen[1].tag("msgid") == nil, "\(seen)")
    }

    @Test("Message tags: those of the client stand at the opening") func clientTags() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob", "server-time")
      try alice.say(["one", "two"], to: bob.nick, tags: "+draft/reply=abc;other=x")
      let (opening, parts) = try bob.heard().several()
      #expect(opening.tag("+draft/reply") == "abc" && opening.tag("other") == nil && opening.tag("time") != nil)
      #expect(parts.count == 2)
    }

    // MARK: who says it

    @Test("echo-message: it comes back as the others get it", .needs(.capability("echo-message"))) func echo() throws {
      let alice = try knowing("alice", "echo-message")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      let echo = try alice.say(Self.example, to: room).several()
      let seen = try bob.heard().several()
      #expect(echo.parts == Self.example && echo.opening.tag("msgid") == seen.opening.tag("msgid"))
      #expect(echo.opening.source == seen.opening.source && echo.opening[2] == room)
    }

    @Test("Labeled response: the label of the opening, on the opening of the echo alone") func label() throws {
      let alice = try knowing("alice", "echo-message", "labeled-response")
      let bob = try knowing("bob", "labeled-response")
      let reply = try alice.say(["one", "two"], to: bob.nick, tags: "label=l")
      #expect(try reply.labelled("l").map(\.text) == ["one", "two"])
      #expect(try reply.several().opening.tag("label") == "l")
      #expect(try bob.heard().messages.allSatisfy { $0.tag("label") == nil })
      let refused = try alice.say(["one", ""], to: Server.underTest.fresh("nobody"), tags: "label=m")
      #expect(try refused.labelled("m").map(\.command) == ["401"])
    }

    @Test("Without echo-message the label is answered all the same", .needs(.capability("labeled-response")))
    func acknowledged() throws {
      let alice = try knowing("alice", "labeled-response")
      let bob = try knowing("bob")
      let reply = try alice.say(["one", "two"], to: bob.nick, tags: "label=l")
      #expect(try reply.labelled("l").map(\.command) == ["ACK"])
    }

    @Test("It is refused where a PRIVMSG is, once, and nobody sees any of it") func refused() throws {
      let alice = try knowing("alice", "echo-message")
      let bob = try knowing("bob")
      let room = try channel(of: bob)
      try bob.ask("MODE \(room) +n")
      try alice.say(["one", "two"], to: room).one("404", room, nil)
      let nobody = Server.underTest.fresh("nobody")
      try alice.say(["one", "two"], to: nobody).one("401", nobody, nil)
      try bob.heard().isNothing()
    }

    @Test("To who is away: one 301", .needs(.capability("echo-message"))) func away() throws {
      let alice = try knowing("alice", "echo-message")
      let bob = try knowing("bob")
      try bob.ask("AWAY :gone")
      let reply = try alice.say(["one", "two"], to: bob.nick)
      try reply.one("301", bob.nick, "gone")
      #expect(try reply.several().parts == ["one", "two"])
    }

    @Test(
      "In history it is one message, in a batch within that of the history", .needs(.capability("draft/chathistory")))
    func history() throws {
      let alice = try knowing("alice", "echo-message", "draft/chathistory")
      let room = try channel(of: alice)
      try alice.ask("PRIVMSG \(room) :before")
      let id = try alice.say(Self.example, to: room).several().opening.tag("msgid")
      let reply = try alice.ask("CHATHISTORY LATEST \(room) * 1")
      let outer = try reply.batch("chathistory").content
      #expect(outer.map(\.command) == ["BATCH", "BATCH"], "\(reply)")
      #expect(outer.first?.tag("msgid") == id)
      #expect(try reply.batch("draft/multiline").content.map(\.text) == Self.example.map(\.text))
      let all = try alice.ask("CHATHISTORY LATEST \(room) * 2").batch("chathistory").content
      #expect(all.map(\.command) == ["PRIVMSG", "BATCH", "BATCH"])
    }
  }
}
