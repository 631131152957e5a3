import Testing

extension Conformance {
  @Suite("multiline, Errors", .needs(.capability("draft/multiline"))) struct MultilineErrors {
    private let alice: Client
    private let bob: Client

    init() throws {
      alice = try Client("alice")
      bob = try Client("bob")
      try alice.register(MultilineMessages.capabilities + ["echo-message", "labeled-response"])
      try bob.register(MultilineMessages.capabilities)
    }

    private func limit(_ key: String) throws -> Int? {
      let value = try #require(try Server.underTest.features.capabilities["draft/multiline"])
      let token = value.split(separator: ",").first { $0.hasPrefix(key + "=") }
      return token.flatMap { Int($0.dropFirst(key.count + 1)) }
    }

    /// That a batch is refused with these parameters, once, and under its label; nobody sees any of it, and what comes
    /// next is a message like any other.
    private func refused(
      _ reply: Reply, _ parameters: String..., at location: SourceLocation = #_sourceLocation
    ) throws {
      let fail = try reply.one("FAIL", (["BATCH"] + parameters).map(Optional.some) + [nil], from: nil, at: location)
      #expect(fail.tag("label") == "l" && !fail.source.contains("!"), "\(fail)", sourceLocation: location)
      reply.none("BATCH", "PRIVMSG", at: location)
      try bob.heard().isNothing(at: location)
      try alice.ask("PRIVMSG \(bob.nick) :next").one("PRIVMSG", bob.nick, "next", from: alice, at: location)
      try bob.heard().one("PRIVMSG", bob.nick, "next", from: alice, at: location)
    }

    private func say(_ parts: [Part]) throws -> Reply { try alice.say(parts, to: bob.nick, tags: "label=l") }

    /// Says these lines within a batch for bob, `bob` standing for his nick.
    private func within(_ lines: String...) throws -> Reply {
      try alice.send("@label=l BATCH +x draft/multiline \(bob.nick)")
      for line in lines { try alice.send(line.replacing("bob", with: bob.nick)) }
      return try alice.ask("BATCH -x")
    }

    @Test("MULTILINE_MAX_LINES: so many are taken, one more is not") func lines() throws {
      guard let most = try limit("max-lines") else { return }
      let parts = (1...most).map { Part("\($0)", isJoined: false) }
      try say(parts).none("FAIL")
      #expect(try bob.heard().several().parts == parts)
      try refused(try say(parts + ["more"]), "MULTILINE_MAX_LINES", "\(most)")
    }

    @Test("MULTILINE_MAX_BYTES: so many are taken, a line feed counts, a joint does not") func bytes() throws {
      let most = try #require(try limit("max-bytes"))
      let line = 300
      guard most > line, try limit("max-lines") ?? 1_000 > (most - 1) / line + 1, most <= 1 << 16 else { return }
      /// Lines of so many bytes together.
      func parts(_ bytes: Int) -> [Part] {
        stride(from: 0, to: bytes, by: line).map { start in
          Part(String(repeating: "x", count: min(line, bytes - start)), isJoined: start > 0)
        }
      }
      try say(parts(most)).none("FAIL")
      #expect(try bob.heard().several().parts == parts(most))
      try refused(try say(parts(most + 1)), "MULTILINE_MAX_BYTES", "\(most)")
      var divided = parts(most - 1)
      divided[1].isJoined = false
      try say(divided).none("FAIL")
      #expect(try bob.heard().several().parts == divided)
      divided = parts(most)
      divided[1].isJoined = false
      try refused(try say(divided), "MULTILINE_MAX_BYTES", "\(most)")
    }

    @Test("MULTILINE_INVALID_TARGET with the batch's target and the line's", arguments: [0, 1, 2])
    func target(_ place: Int) throws {
      var lines = ["@batch=x PRIVMSG bob :1", "@batch=x PRIVMSG bob :2"]
      lines.insert("@batch=x PRIVMSG #elsewhere :stray", at: place)
      try alice.send("@label=l BATCH +x draft/multiline \(bob.nick)")
      for line in lines { try alice.send(line.replacing("bob", with: bob.nick)) }
      try refused(try alice.ask("BATCH -x"), "MULTILINE_INVALID_TARGET", bob.nick, "#elsewhere")
    }

    @Test(
      "Examples, MULTILINE_INVALID: a blank line that is joined, and blank lines alone",
      arguments: [
        ["hello ", .joined(""), "there"], ["", ""], [""],
      ] as [[Part]])
    func blank(_ parts: [Part]) throws { try refused(try say(parts), "MULTILINE_INVALID") }

    @Test("MULTILINE_INVALID: no line at all") func empty() throws { try refused(try within(), "MULTILINE_INVALID") }

    @Test("Examples, MULTILINE_INVALID: PRIVMSG and NOTICE mixed") func mixed() throws {
      try refused(
        try within("@batch=x PRIVMSG bob :begins with", "@batch=x NOTICE bob :ends with"), "MULTILINE_INVALID")
    }

    @Test(
      "MULTILINE_INVALID: other commands in it",
      arguments: ["TAGMSG bob", "JOIN #somewhere", "AWAY :gone", "NONSENSE", "WHO bob"])
    func others(_ line: String) throws {
      try refused(try within("@batch=x PRIVMSG bob :1", "@batch=x \(line)"), "MULTILINE_INVALID")
      try alice.ask("AWAY").one("305", nil)
    }

    @Test("client-batch: what is no part of it may not come before its end") func stray() throws {
      let reply = try within("@batch=x PRIVMSG bob :1", "PRIVMSG bob :stray", "@batch=x PRIVMSG bob :2")
      let fail = try reply.first("FAIL")
      #expect(fail[0] == "BATCH" && fail[1] == "MULTILINE_INVALID" && fail.tag("label") == "l", "\(fail)")
      reply.none("BATCH")
      #expect(try bob.heard()["PRIVMSG"].allSatisfy { $0.text == "stray" })
    }

    @Test("client-batch: batches are not nested") func nested() throws {
      let reply = try within(
        "@batch=x PRIVMSG bob :1", "@batch=x BATCH +y draft/multiline bob", "@batch=y PRIVMSG bob :2", "BATCH -y")
      #expect(reply["FAIL"].contains { $0[0] == "BATCH" && $0[1].hasPrefix("MULTILINE_INVALID") }, "\(reply)")
      reply.none("BATCH", "PRIVMSG")
      try bob.heard().isNothing()
    }

    @Test("Signs of life are taken while a batch is open") func ping() throws {
      try alice.open(["one"], to: bob.nick)
      try alice.ask("PONG x", "PING y").one("PONG", nil, "y")
      try alice.ask("@batch=several PRIVMSG \(bob.nick) :two", "BATCH -several").none("FAIL")
      #expect(try bob.heard().several().parts == ["one", "two"])
    }

    @Test(
      "An end without a beginning, a type that is none, a reference that is none, and no target: FAIL BATCH",
      arguments: [
        "BATCH -nothing", "BATCH +x example.com/none bob", "BATCH +a_b draft/multiline bob",
        "BATCH x draft/multiline bob",
        "BATCH + draft/multiline bob", "BATCH +x draft/multiline",
      ])
    func nonsense(_ line: String) throws {
      let reply = try alice.ask("@label=l " + line.replacing("bob", with: bob.nick))
      let answer = try reply.labelled("l")
      #expect(answer.map(\.command) == ["FAIL"] && answer[0][0] == "BATCH" || answer[0].command == "461", "\(reply)")
      try alice.ask("BATCH -x")
      try alice.ask("PRIVMSG \(bob.nick) :next").one("PRIVMSG", bob.nick, "next", from: alice)
    }

    @Test("Without the capability a batch is refused, and none of its lines is said") func withoutCapability() throws {
      let carol = try Client.connected("carol", "message-tags", "batch")
      try carol.ask("BATCH +x draft/multiline \(bob.nick)").none("BATCH")
      let reply = try carol.ask("BATCH -x")
      #expect(reply["FAIL"].count + reply["421"].count == 1, "\(reply)")
      try bob.heard().isNothing()
    }
  }
}
