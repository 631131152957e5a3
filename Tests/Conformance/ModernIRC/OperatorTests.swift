import Testing

extension Client {
  /// Becomes an operator of the server.
  func becomeOperator() throws {
    let secret = try #require(Server.underTest.operatorSecret)
    try ask("OPER \(secret)").first("381")
  }
}

extension Conformance {
  @Suite("Modern IRC, OPER message") struct OperMessage {
    @Test("Too few parameters: 461", arguments: ["OPER", "OPER root"]) func tooFew(_ line: String) throws {
      try Client.connected("alice").ask(line).one("461", "OPER", nil)
    }

    @Test("A wrong name or password: 464 or 491, and nothing changes") func wrong() throws {
      let alice = try Client.connected("alice")
      for line in ["OPER root wrong", "OPER nobody sesame"] {
        let reply = try alice.ask(line)
        if reply["491"].isEmpty { try reply.one("464", nil) } else { try reply.one("491", nil) }
        reply.none("381", "MODE")
      }
      try alice.ask("WHOIS \(alice.nick)").none("313")
    }

    @Test("381, and MODE with the new mode; WHOIS, WHO and USERHOST show it", .needs(.operators)) func success() throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let secret = try #require(Server.underTest.operatorSecret)
      let reply = try alice.ask("OPER \(secret)")
      try reply.one("381", nil)
      #expect(reply["MODE"].contains { $0[0] == alice.nick && $0[1].contains("o") })
      #expect(try alice.ask("MODE \(alice.nick)").first("221")[1].contains("o"))
      try bob.ask("WHOIS \(alice.nick)").one("313", alice.nick, nil)
      #expect(try bob.ask("WHO \(alice.nick)").first("352")[6].hasPrefix("H*"))
      #expect(try bob.ask("USERHOST \(alice.nick)").first("302").text.hasPrefix("\(alice.nick)*=+"))
    }

    @Test("MODE -o gives it back", .needs(.operators)) func back() throws {
      let alice = try Client.connected("alice")
      try alice.becomeOperator()
      try alice.ask("MODE \(alice.nick) -o").first("MODE")
      try alice.ask("WHOIS \(alice.nick)").none("313")
      #expect(try ["481", "723"].contains(alice.ask("KILL \(alice.nick) :x").commands.first))
    }
  }

  @Suite("Modern IRC, KILL message") struct KillMessage {
    @Test("Without privileges: 481 or 723") func refused() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let reply = try alice.ask("KILL \(bob.nick) :bye")
      #expect(["481", "723"].contains(reply.commands.first), "\(reply)")
      try bob.heard().isNothing()
    }

    @Test("Too few parameters: 461", .needs(.operators)) func tooFew() throws {
      let alice = try Client.connected("alice")
      try alice.becomeOperator()
      try alice.ask("KILL").one("461", "KILL", nil)
    }

    @Test("Nobody of that name: 401", .needs(.operators)) func nobody() throws {
      let alice = try Client.connected("alice")
      try alice.becomeOperator()
      let nobody = Server.underTest.fresh("nobody")
      try alice.ask("KILL \(nobody) :bye").one("401", nobody, nil)
    }

    @Test("KILL and ERROR to the victim, which is disconnected; QUIT with the reason to others", .needs(.operators))
    func killed() throws {
      let root = try Client.connected("root")
      try root.becomeOperator()
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      _ = try channel(of: alice, bob)
      try root.ask("KILL \(alice.nick) :that will do").none("401", "481")
      let end = try alice.untilClosed()
      let kill = try end.first("KILL")
      #expect(kill.nick == root.nick && kill[0] == alice.nick && kill.text.contains("that will do"))
      let error = try end.first("ERROR")
      #expect(error.text.contains("that will do") && end.commands.last == "ERROR")
      let quit = try bob.heard().one("QUIT", nil, from: alice)
      #expect(quit.text.contains("that will do") && quit.text.hasPrefix("Killed"))
    }
  }

  @Suite("Modern IRC, WALLOPS message") struct WallopsMessage {
    @Test("Without privileges: 481 or 723") func refused() throws {
      let reply = try Client.connected("alice").ask("WALLOPS :hello")
      #expect(["481", "723"].contains(reply.commands.first), "\(reply)")
    }

    @Test("Without a text: 461", .needs(.operators)) func noText() throws {
      let root = try Client.connected("root")
      try root.becomeOperator()
      try root.ask("WALLOPS").one("461", "WALLOPS", nil)
    }

    @Test("Who has +w gets it, others do not", .needs(.operators)) func wallops() throws {
      let root = try Client.connected("root")
      try root.becomeOperator()
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("MODE \(alice.nick) +w")
      try bob.ask("MODE \(bob.nick) -w")
      let text = Server.underTest.fresh("the end is near ")
      try root.ask("WALLOPS :\(text)")
      let seen = try alice.heard()["WALLOPS"].filter { $0.text.hasSuffix(text) }
      #expect(seen.count == 1 && seen[0].nick == root.nick)
      #expect(try !bob.heard()["WALLOPS"].contains { $0.text.hasSuffix(text) })
    }
  }
}
