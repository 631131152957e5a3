import Testing

extension Conformance {
  @Suite("Modern IRC, PING message and PONG message") struct PingMessage {
    @Test("A PING is answered with a PONG from the server: its name and the same token")
    func answered() throws {
      let alice = try Client.connected("alice")
      for token in ["one", "two words", ":colon", "1234567890"] {
        try alice.send("PING :\(token)")
        let pong = try alice.until("PONG").one("PONG", nil, token)
        #expect(pong[0] == pong.source)
      }
    }

    @Test("A PING without a token: 461 or 409") func noToken() throws {
      let reply = try Client.connected("alice").ask("PING")
      if reply["409"].isEmpty { try reply.one("461", "PING", nil) } else { try reply.one("409", nil) }
    }

    @Test("A PONG is never answered") func pong() throws {
      let alice = try Client.connected("alice")
      try alice.ask("PONG x", "PONG :x y").isNothing()
    }

    @Test("A PONG comes after the answers to all that was said before, and what others see is on its way to them")
    func order() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let said = (1...50).map { "line \($0)" }
      for text in said {
        try alice.send("PRIVMSG \(room) :\(text)", "NAMES \(room)", "PRIVMSG \(bob.nick) :\(text)")
      }
      let answers = try alice.heard()
      #expect(answers["366"].count == 50)
      let messages = try bob.heard()["PRIVMSG"]
      #expect(messages.map { [$0[0], $0[1]] } == said.flatMap { [[room, $0], [bob.nick, $0]] })
    }
  }
}
