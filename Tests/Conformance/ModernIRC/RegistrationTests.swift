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

    @Test("001 to 004 have the parameters that Numerics gives them") func welcomeParameters() throws {
      let alice = try Client.connected("alice")
      let text = try alice.welcome.one("001", nil).text
      #expect(text.contains(alice.nick))
      try alice.welcome.one("002", nil)
      try alice.welcome.one("003", nil)
      let information = try #require(alice.welcome["004"].first)
      #expect((5...6).contains(information.parameters.count))
      #expect(information[0] == alice.nick && information[1] == information.source)
    }

    @Test("NICK and USER in either order") func eitherOrder() throws {
      let alice = try Client("alice")
      try alice.send("USER alice 0 * :Alice", "NICK \(alice.nick)")
      try alice.awaitWelcome()
      try alice.welcome.one("001", nil)
    }

    @Test("NICK twice: the last one counts") func secondNick() throws {
      let alice = try Client("alice")
      let other = Server.underTest.fresh("other")
      try alice.send("NICK \(alice.nick)", "NICK \(other)", "USER alice 0 * :Alice")
      try alice.awaitWelcome()
      #expect(alice.nick == other)
    }

    @Test(
      "Commands that need registration are refused with 451 before it",
      arguments: [
        "JOIN #x", "PART #x", "TOPIC #x", "NAMES #x", "LIST", "INVITE x #x", "KICK #x y", "PRIVMSG x :y", "WHO x",
        "WHOIS x", "WHOWAS x", "MODE #x", "LUSERS", "ADMIN", "USERHOST x", "WALLOPS x", "OPER x y", "KILL x y",
      ])
    func tooEarly(_ line: String) throws {
      let alice = try Client("alice")
      try alice.send("NICK \(alice.nick)")
      let refusal = try alice.ask(line).first("451")
      #expect(refusal[0] == "*" || refusal[0] == alice.nick)
      try alice.send("USER alice 0 * :Alice")
      try alice.awaitWelcome()
    }

    @Test("NOTICE before registration is not answered, or with 451") func noticeTooEarly() throws {
      let alice = try Client("alice")
      let reply = try alice.ask("NOTICE x :y")
      #expect(reply.messages.allSatisfy { $0.command == "451" })
    }
  }

  @Suite("Modern IRC, PASS message") struct PassMessage {
    @Test("Without a password: 461") func noParameter() throws {
      let alice = try Client("alice")
      let refusal = try alice.ask("PASS").first("461")
      #expect(refusal[1] == "PASS" && refusal.parameters.count == 3)
    }

    @Test("After registration: 462") func tooLate() throws {
      let alice = try Client.connected("alice")
      try alice.ask("PASS secret").one("462", nil)
    }
  }

  @Suite("Modern IRC, USER message") struct UserMessage {
    @Test("Too few parameters: 461", arguments: ["USER", "USER a", "USER a 0", "USER a 0 *"])
    func tooFew(_ line: String) throws {
      let alice = try Client("alice")
      let refusal = try alice.ask(line).first("461")
      #expect(refusal[1] == "USER" && refusal.parameters.count == 3)
    }

    @Test("After registration: 462, and nothing changes") func tooLate() throws {
      let alice = try Client.connected("alice")
      try alice.ask("USER other 0 * :Other").one("462", nil)
      let who = try alice.ask("WHOIS \(alice.nick)")
      #expect(who["311"].first?.text == alice.nick)
    }

    @Test("The real name may have spaces, and one without needs no colon", arguments: [":Alice A. Liddell", "Alice"])
    func realName(_ parameter: String) throws {
      let alice = try Client("alice")
      try alice.send("NICK \(alice.nick)", "USER alice 0 * \(parameter)")
      try alice.awaitWelcome()
      let user = try alice.ask("WHOIS \(alice.nick)").first("311")
      #expect(user.text == parameter.drop { $0 == ":" })
    }

    @Test("A username is cut to USERLEN without a word", .needs(.token("USERLEN")), .needs(.named("guests")))
    func length() throws {
      let alice = try Client("alice")
      try alice.send("NICK \(alice.nick)", "USER \(String(repeating: "u", count: 100)) 0 * :Alice")
      try alice.awaitWelcome()
      let user = try alice.ask("WHOIS \(alice.nick)").first("311")
      #expect(user[2].utf8.count == (try Server.underTest.limit("USERLEN")))
    }
  }
}
