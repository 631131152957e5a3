import Testing

extension Conformance {
  @Suite("Modern IRC, NICK message") struct NickMessage {
    @Test("Without a nick: 431, before registration too") func noParameter() throws {
      let alice = try Client("alice")
      try alice.ask("NICK").first("431")
      try alice.register()
      try alice.ask("NICK").one("431", nil)
    }

    @Test(
      "A nick that the grammar cannot carry: 432 with the nick",
      arguments: ["#hash", ":colon", "a b", "a,b", "a!b", "a@b", "a*b"])
    func erroneous(_ nick: String) throws {
      let alice = try Client.connected("alice")
      let reply = try alice.ask("NICK :\(nick)")
      let refusal = try #require(reply["432"].first, "no 432: \(reply)")
      #expect(refusal.parameters.count == 3)
      reply.none("NICK")
    }

    @Test("Letters, digits, and []{}\\| are allowed", .needs(.named("free-nicks"))) func allowed() throws {
      let alice = try Client.connected("alice")
      let old = alice.nick
      let nick = Server.underTest.fresh("Ab9") + "[]{}\\|"
      try alice.ask("NICK \(nick)").one("NICK", [nick], from: old)
    }

    @Test("A nick in use: 433 with the nick, whatever its case, and nothing changes", .needs(.named("free-nicks")))
    func inUse() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      for nick in [bob.nick, bob.nick.uppercased()] {
        let reply = try alice.ask("NICK \(nick)")
        try reply.one("433", nick, nil)
        reply.none("NICK")
      }
    }

    @Test("A nick in use while registering: 433 for *, and another one is taken", .needs(.named("free-nicks")))
    func inUseEarly() throws {
      let alice = try Client.connected("alice")
      let bob = try Client("bob")
      let refusal = try bob.ask("NICK \(alice.nick)", "USER bob 0 * :Bob").first("433")
      #expect(refusal.parameters.dropLast() == ["*", alice.nick])
      try bob.send("NICK \(bob.nick)")
      try bob.awaitWelcome()
    }

    @Test(
      "The change is told to the client and, once, to everybody who shares a channel with it, from the old nick",
      .needs(.named("free-nicks")))
    func change() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      _ = try channel(of: alice, bob, carol)
      _ = try channel(of: bob, alice)
      let dave = try Client.connected("dave")
      let old = alice.nick
      let new = Server.underTest.fresh("alicia")
      let told = try alice.ask("NICK \(new)").one("NICK", [new], from: old)
      #expect(told.source.hasPrefix("\(old)!") && told.source.contains("@"))
      try bob.heard().one("NICK", [new], from: old)
      try carol.heard().one("NICK", [new], from: old)
      try dave.heard().isNothing()
      #expect(alice.nick == new)
    }

    @Test("After a change the new nick is who is reached, and the old one nobody", .needs(.named("free-nicks")))
    func reached() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let old = alice.nick
      let new = Server.underTest.fresh("alicia")
      try alice.ask("NICK \(new)")
      let reply = try bob.ask("PRIVMSG \(new) :hello", "PRIVMSG \(old) :hello")
      try reply.one("401", old, nil)
      try alice.heard().one("PRIVMSG", new, "hello", from: bob)
    }

    @Test("The case of one's own nick can be changed", .needs(.named("free-nicks"))) func caseChange() throws {
      let alice = try Client.connected("alice")
      let old = alice.nick
      try alice.ask("NICK \(old.uppercased())").one("NICK", [old.uppercased()], from: old)
    }

    @Test("The old nick is free for others", .needs(.named("free-nicks"))) func freed() throws {
      let alice = try Client.connected("alice")
      let old = alice.nick
      try alice.ask("NICK \(Server.underTest.fresh("alicia"))")
      let bob = try Client.connected("bob")
      let before = bob.nick
      try bob.ask("NICK \(old)").one("NICK", [old], from: before)
    }

    @Test("NICKLEN: so long a nick can be had, a longer one cannot", .needs(.named("free-nicks"))) func length() throws
    {
      let most = try Server.underTest.limit("NICKLEN")
      let alice = try Client.connected("alice")
      let old = alice.nick
      let name = Server.underTest.fresh("n")
      let longest = name + String(repeating: "x", count: most - name.utf8.count)
      try alice.ask("NICK \(longest)").one("NICK", [longest], from: old)
      let reply = try alice.ask("NICK \(longest.dropLast() + "yz")")
      if let refusal = reply["432"].first {
        #expect(refusal.parameters.count == 3)
      } else {
        #expect(alice.nick.utf8.count <= most)
      }
    }
  }
}
