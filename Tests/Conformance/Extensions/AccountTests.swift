import Testing

extension Conformance {
  @Suite("account-registration", .needs(.capability("draft/account-registration"))) struct AccountRegistration {
    private var keys: Set<String> {
      get throws {
        let value = try Server.underTest.features.capabilities["draft/account-registration"] ?? ""
        return Set(value.split(separator: ",").map { String($0.prefix { $0 != "=" }) })
      }
    }

    @Test(
      "Commands: REGISTER with * makes an account named like the nick, and logs in to it", arguments: ["*", "nick"])
    func register(_ name: String) throws {
      let alice = try Client.stranger("alice")
      let account = name == "*" ? "*" : alice.nick
      let reply = try alice.ask("REGISTER \(account) * \(Client.password.replacing(" ", with: "-"))")
      try reply.one("REGISTER", "SUCCESS", alice.nick, nil)
      #expect(reply["900"].first?[2] == alice.nick)
      try alice.ask("WHOIS \(alice.nick)").one("330", alice.nick, alice.nick, nil)
    }

    @Test("before-connect: before registration is complete too; else COMPLETE_CONNECTION_REQUIRED") func early() throws
    {
      let alice = try Client("alice")
      try alice.request(["draft/account-registration"])
      try alice.send("NICK \(alice.nick)")
      let reply = try alice.ask("REGISTER * * sesame-street")
      if try keys.contains("before-connect") {
        #expect(reply["REGISTER"].first?.parameters.prefix(2) == ["SUCCESS", alice.nick], "\(reply)")
        try alice.send("USER alice 0 * :Alice")
        try alice.awaitWelcome()
        try alice.ask("WHOIS \(alice.nick)").one("330", alice.nick, alice.nick, nil)
      } else {
        try reply.one("FAIL", "REGISTER", "COMPLETE_CONNECTION_REQUIRED", nil)
      }
    }

    @Test("NEED_NICK before NICK") func needNick() throws {
      guard try keys.contains("before-connect") else { return }
      let alice = try Client("alice")
      try alice.request(["draft/account-registration"])
      let fail = try alice.ask("REGISTER * * sesame-street").first("FAIL")
      #expect(fail.parameters.dropLast() == ["REGISTER", "NEED_NICK", "*"])
    }

    @Test("ACCOUNT_EXISTS for a name that somebody has") func exists() throws {
      let owner = try Client.withAccount("owner")
      let alice = try Client.stranger("alice")
      let reply = try alice.ask("REGISTER \(owner.account) * sesame-street")
      let fail = try reply.first("FAIL")
      let codes =
        try keys.contains("custom-account-name") ? ["ACCOUNT_EXISTS"] : ["ACCOUNT_EXISTS", "ACCOUNT_NAME_MUST_BE_NICK"]
      #expect(
        fail[0] == "REGISTER" && codes.contains(fail[1]) && fail[2] == owner.account && fail.parameters.count == 4)
    }

    @Test("custom-account-name: any name; else ACCOUNT_NAME_MUST_BE_NICK") func customName() throws {
      let alice = try Client.stranger("alice")
      let name = Server.underTest.fresh("custom")
      let reply = try alice.ask("REGISTER \(name) * sesame-street")
      if try keys.contains("custom-account-name") {
        try reply.one("REGISTER", "SUCCESS", name, nil)
        #expect(reply["900"].first?[2] == name)
      } else {
        try reply.one("FAIL", "REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", name, nil)
      }
    }

    @Test("BAD_ACCOUNT_NAME for a name that none can have", arguments: ["a!b", "#a", "a,b"]) func badName(
      _ name: String
    ) throws {
      guard try keys.contains("custom-account-name") else { return }
      let fail = try Client.stranger("alice").ask("REGISTER \(name) * sesame-street").first("FAIL")
      #expect(fail[0] == "REGISTER" && fail[1] == "BAD_ACCOUNT_NAME" && fail[2] == name, "\(fail)")
    }

    @Test("ALREADY_AUTHENTICATED, for REGISTER and VERIFY") func already() throws {
      let alice = try Client.withAccount("alice")
      let fail = try alice.ask("REGISTER \(Server.underTest.fresh("second")) * sesame-street").first("FAIL")
      #expect(fail[0] == "REGISTER" && fail[1] == "ALREADY_AUTHENTICATED" && fail.parameters.count == 4, "\(fail)")
      let verify = try alice.ask("VERIFY \(alice.account) 1234").first("FAIL")
      #expect(verify[0] == "VERIFY" && verify[1] == "ALREADY_AUTHENTICATED" && verify[2] == alice.account, "\(verify)")
    }

    @Test("INVALID_CODE for a code that nobody was given") func code() throws {
      let alice = try Client.stranger("alice")
      let fail = try alice.ask("VERIFY \(alice.nick) nonsense").first("FAIL")
      #expect(fail[0] == "VERIFY" && fail[1] == "INVALID_CODE" && fail[2] == alice.nick && fail.parameters.count == 4)
    }

    @Test("UNACCEPTABLE_PASSWORD or WEAK_PASSWORD, or it works: one of 300 bytes does") func passwords() throws {
      let alice = try Client.stranger("alice")
      let reply = try alice.ask("REGISTER * * \(String(repeating: "p", count: 300))")
      #expect(reply["REGISTER"].count == 1, "\(reply)")
      let bob = try Client.stranger("bob")
      let empty = try bob.ask("REGISTER * * :").messages
      #expect(empty.first?.command == "461" || empty.first?.command == "FAIL", "\(empty)")
      if let fail = empty.first, fail.command == "FAIL" {
        #expect(["WEAK_PASSWORD", "UNACCEPTABLE_PASSWORD"].contains(fail[1]) && fail[2] == bob.nick)
      }
    }

    @Test(
      "Too few parameters: 461, or FAIL with NEED_MORE_PARAMS",
      arguments: ["REGISTER", "REGISTER *", "REGISTER * *", "VERIFY", "VERIFY x"])
    func tooFew(_ line: String) throws {
      let reply = try Client.stranger("alice").ask(line)
      let refusal = try #require(reply.messages.first)
      #expect(refusal.command == "461" || refusal[1] == "NEED_MORE_PARAMS", "\(reply)")
    }

    @Test("An email that is none: INVALID_EMAIL, or it is not looked at") func email() throws {
      let alice = try Client.stranger("alice")
      let reply = try alice.ask("REGISTER * not-an-address sesame-street")
      if let fail = reply["FAIL"].first {
        #expect(["INVALID_EMAIL", "UNACCEPTABLE_EMAIL"].contains(fail[1]) && fail[2] == alice.nick)
      } else {
        #expect(reply["REGISTER"].count == 1)
      }
    }
  }

  @Suite("account-notify", .needs(.capability("account-notify")), .needs(.accounts)) struct AccountNotify {
    @Test("The client itself is told of its account") func own() throws {
      let alice = try Client.stranger("alice", "account-notify")
      let reply = try alice.ask("REGISTER * * sesame-street")
      try reply.one("ACCOUNT", alice.nick, from: alice)
    }

    @Test("Who shares a channel is told, if it asked for it, or sees that the client leaves", .needs(.named("guests")))
    func others() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "account-notify")
      let carol = try Client.connected("carol")
      let dave = try Client.connected("dave", "account-notify")
      _ = try channel(of: alice, bob, carol)
      try alice.ask("REGISTER * * sesame-street")
      let seen = try bob.heard()
      if seen["QUIT"].isEmpty && seen["PART"].isEmpty { try seen.one("ACCOUNT", alice.nick, from: alice) }
      try carol.heard().none("ACCOUNT")
      try dave.heard().isNothing()
    }
  }

  @Suite("account-tag", .needs(.capability("account-tag")), .needs(.accounts)) struct AccountTag {
    @Test(
      "On everything that a user sends; not for who has no account; not to who has not asked for it",
      .needs(.named("guests"))) func tagged()
      throws
    {
      let alice = try Client.withAccount("alice")
      let guest = try Client.connected("guest")
      let bob = try Client.connected("bob", "account-tag")
      let carol = try Client.connected("carol", "server-time")
      let room = try channel(of: bob, carol)
      try bob.ask("MODE \(room) -t")
      for client in [carol] { try client.heard() }
      for client in [alice, guest] {
        let nick = client.nick
        try client.ask(
          "JOIN \(room)", "PRIVMSG \(room) :x", "NOTICE \(room) :x", "TOPIC \(room) :x", "PRIVMSG \(bob.nick) :x",
          "PART \(room)")
        let seen = try bob.heard()
        #expect(seen.commands.sorted() == ["JOIN", "NOTICE", "PART", "PRIVMSG", "PRIVMSG", "TOPIC"], "\(seen)")
        #expect(seen.messages.allSatisfy { $0.nick == nick })
        let account = client === alice ? alice.account : nil
        #expect(seen.messages.allSatisfy { $0.tag("account") == account }, "\(seen)")
        #expect(try carol.heard().messages.allSatisfy { $0.tag("account") == nil })
      }
    }

    @Test("On MODE, KICK, INVITE, NICK and QUIT too") func others() throws {
      let alice = try Client.withAccount("alice")
      let bob = try Client.connected("bob", "account-tag")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      let other = try channel(of: alice)
      try alice.ask("MODE \(room) +m", "KICK \(room) \(carol.nick)", "INVITE \(bob.nick) \(other)")
      try alice.ask("NICK \(Server.underTest.fresh("alicia"))")
      let seen = try bob.heard()
      #expect(Set(seen.commands).isSuperset(of: ["MODE", "KICK", "INVITE"]))
      #expect(seen.messages.allSatisfy { $0.tag("account") == alice.account }, "\(seen)")
    }
  }

  @Suite("extended-join", .needs(.capability("extended-join"))) struct ExtendedJoin {
    @Test(
      "JOIN with the account or *, and the real name; without the capability as ever", .needs(.accounts),
      .needs(.named("guests")))
    func joins() throws {
      let bob = try Client.connected("bob", "extended-join")
      let carol = try Client.connected("carol")
      let room = try channel(of: bob, carol)
      let alice = try Client.withAccount("alice")
      let guest = try Client.connected("guest")
      for client in [alice, guest] {
        try client.join(room)
        try bob.heard().one("JOIN", room, client === alice ? alice.account : "*", client.nick, from: client)
        try carol.heard().one("JOIN", room, from: client)
      }
    }

    @Test("One's own JOIN too") func own() throws {
      let bob = try Client.connected("bob", "extended-join")
      let room = Server.underTest.fresh("#room")
      try bob.ask("JOIN \(room)").one("JOIN", room, bob.isLoggedIn ? bob.account : "*", bob.nick, from: bob)
    }

    @Test("A real name with spaces is one parameter") func realName() throws {
      let bob = try Client.connected("bob", "extended-join")
      let room = try channel(of: bob)
      let alice = try Client("alice")
      try alice.send("NICK \(alice.nick)", "USER alice 0 * :Alice A. Liddell")
      try alice.awaitWelcome()
      try alice.join(room)
      try bob.heard().one("JOIN", room, alice.isLoggedIn ? alice.account : "*", "Alice A. Liddell", from: alice)
    }
  }

  @Suite("account-extban", .needs(.token("ACCOUNTEXTBAN")), .needs(.accounts)) struct AccountExtban {
    @Test("EXTBAN is there too; a ban by account keeps that account out, under any nick, and nobody else") func ban()
      throws
    {
      let prefix = try Server.underTest.token("EXTBAN").prefix { $0 != "," }
      for name in try Server.underTest.token("ACCOUNTEXTBAN").split(separator: ",") {
        let founder = try Client.connected("founder")
        let room = try channel(of: founder)
        let alice = try Client.withAccount("alice")
        let bob = try Client.withAccount("bob")
        try founder.ask("MODE \(room) +b \(prefix)\(name):\(alice.account)").first("MODE")
        try alice.ask("NICK \(Server.underTest.fresh("alicia"))")
        try alice.ask("JOIN \(room)").one("474", room, nil)
        try bob.join(room)
        try Client.connected("guest").join(room)
      }
    }
  }
}
