import Testing

extension Conformance {
  @Suite("Modern IRC, PRIVMSG message") struct PrivateMessage {
    @Test("Without a recipient: 411 (or 461). Without a text: 412 (or 461)") func tooFew() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let nobody = try alice.ask("PRIVMSG")
      if nobody["461"].isEmpty { try nobody.one("411", nil) } else { try nobody.one("461", "PRIVMSG", nil) }
      let nothing = try alice.ask("PRIVMSG \(bob.nick)")
      if nothing["461"].isEmpty { try nothing.one("412", nil) } else { try nothing.one("461", "PRIVMSG", nil) }
      try bob.heard().isNothing()
    }

    @Test("An empty text: 412, or it arrives empty") func emptyText() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let reply = try alice.ask("PRIVMSG \(bob.nick) :")
      let seen = try bob.heard()
      if reply.messages.isEmpty {
        try seen.one("PRIVMSG", bob.nick, "", from: alice)
      } else {
        try reply.one("412", nil)
      }
    }

    @Test("To a user: it arrives once, under the nick, from nick!user@host; the sender gets nothing")
    func toUser() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      try alice.ask("PRIVMSG \(bob.nick) :hello there").isNothing()
      let message = try bob.heard().one("PRIVMSG", bob.nick, "hello there", from: alice)
      let parts = message.source.split { $0 == "!" || $0 == "@" }
      #expect(parts.count == 3)
      #expect(message.tags.isEmpty, "tags MUST NOT be sent unless a capability asks for them")
      try carol.heard().isNothing()
    }

    @Test("To a channel: every other member, not the sender, nobody else") func toChannel() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let dave = try Client.connected("dave")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("PRIVMSG \(room) :hello all").isNothing()
      for client in [bob, carol] { try client.heard().one("PRIVMSG", room, "hello all", from: alice) }
      try dave.heard().isNothing()
    }

    @Test("Nobody of that name: 401") func nobody() throws {
      let nobody = Server.underTest.fresh("nobody")
      try Client.connected("alice").ask("PRIVMSG \(nobody) :hello").one("401", nobody, nil)
    }

    @Test("A channel that does not exist: 401, 403 or 404 with its name") func nowhere() throws {
      let nowhere = Server.underTest.fresh("#nowhere")
      let reply = try Client.connected("alice").ask("PRIVMSG \(nowhere) :hello")
      let refusal = try #require(reply.messages.first)
      #expect(["401", "403", "404"].contains(refusal.command) && refusal[1] == nowhere, "\(refusal)")
    }

    @Test("Several targets: a copy for each, and an error for each that cannot be reached") func several() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let nobody = Server.underTest.fresh("nobody")
      guard (try Server.underTest.targets("PRIVMSG") ?? 3) >= 3 else { return }
      let reply = try alice.ask("PRIVMSG \(bob.nick),\(nobody),\(room) :both")
      try reply.one("401", nobody, nil)
      #expect(try bob.heard()["PRIVMSG"].map { [$0[0], $0[1]] } == [[bob.nick, "both"], [room, "both"]])
    }

    @Test("To oneself") func toOneself() throws {
      let alice = try Client.connected("alice")
      try alice.ask("PRIVMSG \(alice.nick) :note").one("PRIVMSG", alice.nick, "note", from: alice)
    }

    @Test("The nick is compared without regard to case") func caseMapping() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("PRIVMSG \(bob.nick.uppercased()) :hello")
      try bob.heard().one("PRIVMSG", nil, "hello", from: alice)
    }

    @Test("To somebody who is away: 301 with the message, and it arrives") func away() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try bob.ask("AWAY :gone fishing")
      let reply = try alice.ask("PRIVMSG \(bob.nick) :hello")
      if !reply.messages.isEmpty { try reply.one("301", bob.nick, "gone fishing") }
      try bob.heard().one("PRIVMSG", bob.nick, "hello", from: alice)
    }

    @Test(
      "The text arrives as it was sent",
      arguments: [
        ":", "::-)", " leading and  double  spaces ", "\u{1}ACTION waves\u{1}", "\u{1}VERSION\u{1}", "\u{2}bold\u{F}",
        "grüße, 日本語, 🎉", "@tag=like :looks PRIVMSG like :a line", "%s%n\\r\\n", "tab\there",
      ])
    func text(_ text: String) throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("PRIVMSG \(bob.nick) :\(text)")
      try bob.heard().one("PRIVMSG", bob.nick, text, from: alice)
    }

    @Test("TARGMAX: so many targets are served; more are refused with 407, or dropped", .needs(.token("TARGMAX")))
    func limit() throws {
      guard let limit = try Server.underTest.targets("PRIVMSG"), limit < 30 else { return }
      let alice = try Client.connected("alice")
      let others = try (0...limit).map { _ in try Client.connected("t") }
      let most = others.prefix(limit).map(\.nick).joined(separator: ",")
      try alice.ask("PRIVMSG \(most) :all of you").isNothing()
      for other in others.prefix(limit) { try other.heard().one("PRIVMSG", other.nick, "all of you", from: alice) }
      let reply = try alice.ask("PRIVMSG \(most),\(others[limit].nick) :one more")
      if !reply.messages.isEmpty { try reply.first("407") }
      try others[limit].heard().isNothing()
    }
  }

  @Suite("Modern IRC, NOTICE message") struct NoticeMessage {
    @Test("To users and channels, like PRIVMSG") func arrives() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("NOTICE \(bob.nick),\(room) :look").isNothing()
      let expected = (try Server.underTest.targets("NOTICE") ?? 2) > 1 ? [bob.nick, room] : [bob.nick]
      #expect(try bob.heard()["NOTICE"].map { $0[0] }.starts(with: expected))
    }

    @Test("Nothing is ever answered: no error, nor that somebody is away") func noErrors() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: bob)
      try bob.ask("AWAY :gone", "MODE \(room) +n")
      let nobody = Server.underTest.fresh("nobody")
      try alice.ask(
        "NOTICE", "NOTICE \(bob.nick)", "NOTICE \(bob.nick) :", "NOTICE \(nobody) :x", "NOTICE #\(nobody) :x",
        "NOTICE \(room) :x", "NOTICE \(bob.nick) :hello"
      ).isNothing()
      #expect(try bob.heard()["NOTICE"].last?.text == "hello")
    }
  }
}
