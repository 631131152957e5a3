import Testing

extension Conformance {
  @Suite("Modern IRC, AWAY message") struct AwayMessage {
    @Test("With a text: 306. Without: 305") func acknowledged() throws {
      let alice = try Client.connected("alice")
      try alice.ask("AWAY :gone").one("306", nil)
      try alice.ask("AWAY").one("305", nil)
    }

    @Test("PRIVMSG to who is away is answered with 301; to a channel it is not") func told() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("AWAY :gone fishing")
      try bob.ask("PRIVMSG \(alice.nick) :hello").one("301", alice.nick, "gone fishing")
      try bob.ask("PRIVMSG \(room) :hello").isNothing()
      try alice.ask("AWAY")
      try bob.ask("PRIVMSG \(alice.nick) :hello").isNothing()
    }

    @Test("Others are not told without away-notify") func quiet() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      _ = try channel(of: alice, bob)
      try alice.ask("AWAY :gone", "AWAY")
      try bob.heard().isNothing()
    }

    @Test("AWAYLEN: so long a text is kept whole, a longer one may be cut", .needs(.token("AWAYLEN"))) func length()
      throws
    {
      let most = min(try Server.underTest.limit("AWAYLEN"), 390)
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let text = String(repeating: "a", count: most)
      try alice.ask("AWAY :\(text)")
      try bob.ask("PRIVMSG \(alice.nick) :x").one("301", alice.nick, text)
    }
  }

  @Suite("Modern IRC, USERHOST message") struct UserhostMessage {
    @Test("Without a nick: 461") func noParameter() throws {
      try Client.connected("alice").ask("USERHOST").one("461", "USERHOST", nil)
    }

    @Test("nick=+user@host, - for who is away; who does not exist is left out") func userhost() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try bob.ask("AWAY :gone")
      try bob.ask("PRIVMSG \(alice.nick) :hello")
      let host = try alice.heard().first("PRIVMSG").source.drop { $0 != "@" }
      let reply = try alice.ask("USERHOST \(alice.nick) \(Server.underTest.fresh("nobody")) \(bob.nick)")
      let words = try reply.one("302", nil).text.split(separator: " ").map(String.init)
      #expect(
        words.count == 2 && words[0].hasPrefix("\(alice.nick)=+") && words[1].hasPrefix("\(bob.nick)=-"), "\(reply)")
      #expect(words.allSatisfy { $0.contains("@") } && words[1].hasSuffix(host))
    }

    @Test("Nobody of these names: an empty answer") func nobody() throws {
      try Client.connected("alice").ask("USERHOST \(Server.underTest.fresh("nobody"))").one("302", "")
    }

    @Test("Five nicks are taken") func five() throws {
      let alice = try Client.connected("alice")
      let nicks = Array(repeating: alice.nick, count: 5).joined(separator: " ")
      #expect(try alice.ask("USERHOST \(nicks)").first("302").text.split(separator: " ").count == 5)
    }
  }
}
