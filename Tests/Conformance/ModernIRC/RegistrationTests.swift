import Testing

extension Conformance {
  @Suite("Modern IRC, Connection Registration") struct ConnectionRegistration {
    @Test("001, 002, 003, 004 and 005 come in this order, then LUSERS, then the message of the day")
    func welcome() throws {
      let alice = try Client.connected("alice")
      let welcome = alice.welcome
      #expect(welcome.commands.prefix(5) == ["001", "002", "003", "004", "005"])
      let after = welcome.commands.drop { $0 != "005" }.drop { $0 == "005" }
      #expect(!after.contains("005"), "consecutive RPL_ISUPPORT SHOULD be adjacent")
      #expect(after.contains("251") && after.contains("255"))
      let motd = try #require(after.firstIndex { $0 == "375" || $0 == "422" })
      let users = try #require(after.lastIndex { ["251", "252", "253", "254", "255", "265", "266"].contains($0) })
      #expect(users < motd)
    }

    @Test("NICK and USER in either order") func eitherOrder() throws {
      let alice = try Client("alice")
      try alice.send("USER alice 0 * :Alice", "NICK \(alice.nick)")
      try alice.awaitWelcome()
      try alice.welcome.one("001", nil)
    }

    @Test("Commands before registration are refused with 451", arguments: ["JOIN #x", "PRIVMSG x :y", "WHO x", "LIST"])
    func tooEarly(_ line: String) throws {
      let alice = try Client("alice")
      try alice.send(line)
      let refusal = try #require(try alice.until("451")["451"].first)
      #expect(refusal[0] == "*")
    }
  }
}
