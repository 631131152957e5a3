import Testing

extension Conformance {
  @Suite("message-redaction", .needs(.capability("draft/message-redaction"))) struct Redaction {
    static let capabilities = ["draft/message-redaction", "message-tags", "echo-message"]

    private func knowing(_ role: String, _ more: String...) throws -> Client {
      let client = try Client(role)
      try client.register(Self.capabilities + more)
      if try Server.underTest.offers(.accounts) { try client.makeAccount() }
      return client
    }

    /// Says something, and gives its id.
    private func said(_ line: String, by client: Client) throws -> String {
      let echo = try client.ask(line).messages.first { $0.nick == client.nick }
      return try #require(echo?.tag("msgid"), "no echo with an id")
    }

    @Test(
      "Command: one's own message, to all who know it, with an id of its own, and to nobody else",
      arguments: ["PRIVMSG target :an example", "NOTICE target :an example", "@+draft/react=x TAGMSG target"])
    func own(_ line: String) throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let carol = try Client.connected("carol", "message-tags")
      let dave = try knowing("dave")
      let room = try channel(of: alice, bob, carol)
      for (target, reason) in [(room, "bad example"), (bob.nick, nil)] {
        let id = try said(line.replacing("target", with: target), by: alice)
        for client in [bob, carol] { try client.heard() }
        let parameters = [target, id] + [reason].compactMap(\.self)
        let echo = try alice.ask("REDACT \(target) \(id)" + (reason.map { " :\($0)" } ?? ""))
        let own = try echo.one("REDACT", parameters, from: alice.nick)
        let seen = try bob.heard().one("REDACT", parameters, from: alice.nick)
        #expect(own.source == seen.source && seen.source.contains("!"))
        #expect(seen.tag("msgid") != nil && seen.tag("msgid") != id && seen.tag("msgid") == own.tag("msgid"))
        try carol.heard().none("REDACT")
        try dave.heard().isNothing()
      }
    }

    @Test("Without echo-message who deletes hears nothing") func silent() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let id = try said("PRIVMSG \(bob.nick) :x", by: alice)
      try bob.heard()
      try alice.ask("CAP REQ :-echo-message")
      try alice.ask("REDACT \(bob.nick) \(id)").isNothing()
      try bob.heard().one("REDACT", bob.nick, id, from: alice)
    }

    @Test("The target in any case, and named as it is called") func targetCase() throws {
      let alice = try knowing("alice")
      let room = try channel(of: alice)
      let id = try said("PRIVMSG \(room) :x", by: alice)
      try alice.ask("REDACT \(room.uppercased()) \(id) :two words").one("REDACT", room, id, "two words", from: alice)
    }

    @Test("With a label: the echo, or the error, has it", .needs(.capability("labeled-response"))) func label() throws {
      let alice = try knowing("alice", "labeled-response", "batch")
      let bob = try knowing("bob", "labeled-response", "batch")
      let room = try channel(of: alice, bob)
      let id = try said("PRIVMSG \(room) :x", by: alice)
      #expect(try alice.ask("@label=a REDACT \(room) \(id)").labelled("a").map(\.command) == ["REDACT"])
      #expect(try alice.ask("@label=b REDACT \(room) \(id)").labelled("b").map(\.command) == ["FAIL"])
      #expect(try bob.heard().messages.allSatisfy { $0.tag("label") == nil })
    }

    @Test("A message of several lines is deleted as one", .needs(.capability("draft/multiline"))) func several() throws
    {
      let alice = try knowing("alice", "draft/multiline", "batch")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      let id = try #require(try alice.say(["one", "two"], to: room).several().opening.tag("msgid"))
      try bob.heard()
      try alice.ask("REDACT \(room) \(id)").one("REDACT", room, id, from: alice)
      try bob.heard().one("REDACT", room, id, from: alice)
    }

    @Test(
      "Server implementation considerations: operators of a channel delete what others have said, also of who left",
      .needs(.named("redact-by-rank")))
    func byRank() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      for hasLeft in [false, true] {
        let id = try said("PRIVMSG \(room) :join my network", by: bob)
        try alice.heard()
        if hasLeft { try bob.ask("PART \(room)") }
        try alice.heard()
        try alice.ask("REDACT \(room) \(id) spam").one("REDACT", room, id, "spam", from: alice)
        if !hasLeft { try bob.heard().one("REDACT", room, id, "spam", from: alice) }
      }
    }

    // MARK: history

    @Test(
      "Chat history: what it said is in no answer any more; REDACT may be, and does not count",
      .needs(.capability("draft/chathistory")), arguments: [false, true])
    func history(_ hasEvents: Bool) throws {
      let alice = try knowing("alice", "batch", "server-time", "draft/chathistory")
      if hasEvents, try Server.underTest.offers(.capability("draft/event-playback")) {
        try alice.ask("CAP REQ :draft/event-playback")
      }
      let room = try channel(of: alice)
      try alice.ask("PRIVMSG \(room) :before")
      let id = try said("PRIVMSG \(room) :secret", by: alice)
      try alice.ask("PRIVMSG \(room) :after")
      try alice.ask("REDACT \(room) \(id) :oops")
      for request in ["LATEST \(room) * 50", "AFTER \(room) timestamp=2010-01-01T00:00:00.000Z 50"] {
        let content = try alice.ask("CHATHISTORY \(request)").batch("chathistory").content
        let texts = content.filter { $0.command == "PRIVMSG" && $0.tag("msgid") != id }.map(\.text)
        #expect(texts == ["before", "after"], "\(content)")
        #expect(!content.contains { $0.text.contains("secret") })
        #expect(content.count { $0.command == "REDACT" } <= 1)
      }
    }

    @Test("Search does not find it", .needs(.capability("soju.im/search"))) func search() throws {
      let alice = try knowing("alice", "batch", "soju.im/search")
      let room = try channel(of: alice)
      let id = try said("PRIVMSG \(room) :secret", by: alice)
      #expect(try alice.ask("SEARCH in=\(room);text=secret").batch("soju.im/search").content.count == 1)
      try alice.ask("REDACT \(room) \(id)")
      #expect(try alice.ask("SEARCH in=\(room);text=secret").batch("soju.im/search").content.isEmpty)
    }
  }

  @Suite("message-redaction, Errors", .needs(.capability("draft/message-redaction"))) struct RedactionErrors {
    private let alice: Client
    private let bob: Client

    init() throws {
      alice = try Client("alice")
      bob = try Client("bob")
      for client in [alice, bob] {
        try client.register(Redaction.capabilities)
        if try Server.underTest.offers(.accounts) { try client.makeAccount() }
      }
    }

    private func said(_ target: String, by client: Client) throws -> String {
      try #require(try client.ask("PRIVMSG \(target) :x").first("PRIVMSG").tag("msgid"))
    }

    private func refused(
      _ client: Client, _ target: String, _ id: String, _ codes: [String],
      at location: SourceLocation = #_sourceLocation
    ) throws {
      let reply = try client.ask("REDACT \(target) \(id) :why")
      let fail = try reply.first("FAIL", at: location)
      #expect(fail[0] == "REDACT" && codes.contains(fail[1]) && fail[2] == target, "\(fail)", sourceLocation: location)
      if fail[1] != "INVALID_TARGET" {
        #expect(fail[3] == id && fail.parameters.count == 5, "\(fail)", sourceLocation: location)
      } else {
        #expect(fail.parameters.count == 4, "\(fail)", sourceLocation: location)
      }
      #expect(reply.messages.count == 1 && !fail.source.contains("!"), "\(reply)", sourceLocation: location)
    }

    @Test("REDACT_FORBIDDEN: what others have said, without a rank, in a channel and in private") func forbidden()
      throws
    {
      let room = try channel(of: alice, bob)
      let inRoom = try said(room, by: alice)
      let toBob = try said(bob.nick, by: alice)
      try bob.heard()
      try refused(bob, room, inRoom, ["REDACT_FORBIDDEN"])
      try refused(bob, alice.nick, toBob, ["REDACT_FORBIDDEN"])
      try alice.heard().isNothing()
    }

    @Test("UNKNOWN_MSGID: ids of nothing, of something deleted, and of another conversation") func unknown() throws {
      let room = try channel(of: alice, bob)
      let other = try channel(of: alice)
      let id = try said(room, by: alice)
      try bob.heard()
      for nothing in ["nonsense", "0", String(id.reversed()), String(repeating: "x", count: 200)] {
        try refused(alice, room, nothing, ["UNKNOWN_MSGID"])
      }
      try refused(alice, other, id, ["UNKNOWN_MSGID"])
      try refused(alice, bob.nick, id, ["UNKNOWN_MSGID"])
      try alice.ask("REDACT \(room) \(id)").one("REDACT", room, id, from: alice)
      try bob.heard()
      try refused(alice, room, id, ["UNKNOWN_MSGID"])
      try bob.heard().isNothing()
    }

    @Test(
      "INVALID_TARGET: channels that are not there, or that one is not on, and nobody's name; nothing is told of them")
    func target() throws {
      let room = try channel(of: alice)
      let id = try said(room, by: alice)
      try refused(bob, room, id, ["INVALID_TARGET", "UNKNOWN_MSGID"])
      try refused(bob, Server.underTest.fresh("#nowhere"), id, ["INVALID_TARGET"])
      try refused(bob, Server.underTest.fresh("nobody"), id, ["INVALID_TARGET", "UNKNOWN_MSGID"])
      let hidden = try bob.ask("REDACT \(room) \(id)").first("FAIL")
      let absent = try bob.ask("REDACT \(room) nonsense").first("FAIL")
      #expect(hidden[1] == absent[1], "whether it exists is not told")
      try alice.heard().isNothing()
    }

    @Test("Nobody deletes what two others say to each other") func ofOthers() throws {
      let carol = try Client("carol")
      try carol.register(Redaction.capabilities)
      if try Server.underTest.offers(.accounts) { try carol.makeAccount() }
      let id = try said(bob.nick, by: alice)
      try bob.heard()
      for target in [alice.nick, bob.nick] { try refused(carol, target, id, ["UNKNOWN_MSGID", "INVALID_TARGET"]) }
      for client in [alice, bob] { try client.heard().isNothing() }
    }

    @Test("A redaction, a JOIN or a TOPIC is not deleted") func events() throws {
      let room = Server.underTest.fresh("#room")
      let join = try alice.ask("JOIN \(room)").first("JOIN").tag("msgid")
      let topic = try alice.ask("TOPIC \(room) :x").first("TOPIC").tag("msgid")
      let id = try said(room, by: alice)
      let redaction = try alice.ask("REDACT \(room) \(id)").first("REDACT").tag("msgid")
      for id in [join, topic, redaction].compactMap(\.self) { try refused(alice, room, id, ["UNKNOWN_MSGID"]) }
    }

    @Test("Too few parameters: 461", arguments: ["REDACT", "REDACT target"]) func parameters(_ line: String) throws {
      try alice.ask(line).one("461", "REDACT", nil)
    }
  }
}
