import Testing

extension Conformance {
  @Suite("Modern IRC, MODE message, User mode") struct UserMode {
    @Test("Without parameters: 461") func noParameter() throws {
      try Client.connected("alice").ask("MODE").one("461", "MODE", nil)
    }

    @Test("One's own modes: 221") func view() throws {
      let alice = try Client.connected("alice")
      let modes = try alice.ask("MODE \(alice.nick)").one("221", nil)
      #expect(modes[1].hasPrefix("+"))
    }

    @Test("A nick that does not exist: 401. Somebody else's: 502, to view and to set", arguments: ["", " +i", " -i"])
    func others(_ change: String) throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let nobody = Server.underTest.fresh("nobody")
      let reply = try alice.ask("MODE \(nobody)\(change)")
      try reply.one("401", nobody, nil)
      try alice.ask("MODE \(bob.nick)\(change)").one("502", nil)
      try bob.heard().isNothing()
    }

    @Test("What is set is told with MODE, and shows in 221") func set() throws {
      let alice = try Client.connected("alice")
      try alice.ask("MODE \(alice.nick) -i")
      let set = try alice.ask("MODE \(alice.nick) +i").one("MODE", alice.nick, nil)
      #expect(set[1].contains("+i"))
      #expect(try alice.ask("MODE \(alice.nick)").first("221")[1].contains("i"))
      let unset = try alice.ask("MODE \(alice.nick) -i").one("MODE", alice.nick, nil)
      #expect(unset[1].contains("-i"))
      #expect(try !alice.ask("MODE \(alice.nick)").first("221")[1].contains("i"))
    }

    @Test("Unknown letters: 501, and the known ones are set nevertheless") func unknown() throws {
      let alice = try Client.connected("alice")
      try alice.ask("MODE \(alice.nick) -i")
      let reply = try alice.ask("MODE \(alice.nick) +Yi")
      try reply.first("501")
      let set = try reply.one("MODE", alice.nick, nil)
      #expect(set[1].contains("i") && !set[1].contains("Y"))
    }

    @Test("Nobody makes themselves operator with MODE") func noOperator() throws {
      let alice = try Client.connected("alice")
      try alice.ask("MODE \(alice.nick) +o")
      #expect(try !alice.ask("MODE \(alice.nick)").first("221")[1].contains("o"))
      try alice.ask("WHOIS \(alice.nick)").none("313")
    }

    @Test("The nick is compared without regard to case") func caseMapping() throws {
      let alice = try Client.connected("alice")
      try alice.ask("MODE \(alice.nick.uppercased())").first("221")
    }
  }
}
