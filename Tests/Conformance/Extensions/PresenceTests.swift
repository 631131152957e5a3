import Testing

extension Conformance {
  @Suite("away-notify", .needs(.capability("away-notify"))) struct AwayNotify {
    @Test("AWAY with the text and without, to who shares a channel and asked for it, and not to oneself")
    func notified() throws {
      let alice = try Client.connected("alice", "away-notify")
      let bob = try Client.connected("bob", "away-notify")
      let carol = try Client.connected("carol")
      let dave = try Client.connected("dave", "away-notify")
      _ = try channel(of: alice, bob, carol)
      _ = try channel(of: alice, bob)
      try alice.ask("AWAY :gone fishing").none("AWAY")
      try bob.heard().one("AWAY", "gone fishing", from: alice)
      try alice.ask("AWAY :gone sailing")
      try bob.heard().one("AWAY", "gone sailing", from: alice)
      try alice.ask("AWAY").none("AWAY")
      try bob.heard().one("AWAY", from: alice)
      try carol.heard().isNothing()
      try dave.heard().isNothing()
    }

    @Test("Who joins and is away: JOIN, then AWAY; who is not: JOIN alone") func joining() throws {
      let bob = try Client.connected("bob", "away-notify")
      let room = try channel(of: bob)
      let alice = try Client.connected("alice")
      try alice.ask("AWAY :gone")
      try alice.join(room)
      let seen = try bob.heard()
      seen.order("JOIN", "AWAY")
      try seen.one("AWAY", "gone", from: alice)
      let carol = try Client.connected("carol")
      try carol.join(room)
      try bob.heard().none("AWAY")
    }
  }

  @Suite("pre-away", .needs(.capability("draft/pre-away"))) struct PreAway {
    @Test("AWAY is accepted before registration is complete, and holds after it") func early() throws {
      let bob = try Client.connected("bob")
      let alice = try Client("alice")
      try alice.request(["draft/pre-away"])
      #expect(try alice.ask("AWAY :not yet here")["306"].count == 1)
      try alice.register()
      try bob.ask("PRIVMSG \(alice.nick) :x").one("301", alice.nick, "not yet here")
    }

    @Test("Without parameters: present") func back() throws {
      let bob = try Client.connected("bob")
      let alice = try Client("alice")
      try alice.request(["draft/pre-away"])
      try alice.ask("AWAY :gone", "AWAY").first("305")
      try alice.register()
      try bob.ask("PRIVMSG \(alice.nick) :x").isNothing()
    }

    @Test("AWAY *: not present, for no reason that is told", .needs(.accounts)) func unspecified() throws {
      let bob = try Client.connected("bob", "away-notify")
      let alice = try Client.connected("alice", "draft/pre-away")
      _ = try channel(of: alice, bob)
      #expect(try alice.ask("AWAY *")["306"].count == 1)
      let seen = try bob.heard().one("AWAY", nil, from: alice)
      #expect(!seen.text.isEmpty)
      try bob.ask("PRIVMSG \(alice.nick) :x").first("301")
    }

    @Test("Without the capability AWAY before registration is refused") func withoutCapability() throws {
      let alice = try Client("alice")
      try alice.ask("AWAY :gone").first("451")
    }
  }

  @Suite("monitor", .needs(.token("MONITOR"))) struct Monitor {
    private func names(_ reply: Reply, _ numeric: String) -> [String] {
      reply[numeric].flatMap { $0.text.split(separator: ",").map { String($0.prefix { $0 != "!" }) } }
    }

    @Test("MONITOR +: 730 for who is online, 731 for who is not") func add() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let nobody = Server.underTest.fresh("nobody")
      let reply = try alice.ask("MONITOR + \(bob.nick),\(nobody)")
      #expect(names(reply, "730") == [bob.nick] && names(reply, "731") == [nobody])
      #expect(reply.messages.allSatisfy { $0.parameters.count == 2 && ($0[0] == alice.nick || $0[0] == "*") })
    }

    @Test("They are told when a target comes, goes, and takes another nick", .needs(.named("free-nicks"))) func told()
      throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client("bob")
      let other = Server.underTest.fresh("robert")
      try alice.ask("MONITOR + \(bob.nick),\(other)")
      try bob.register()
      #expect(try names(alice.heard(), "730") == [bob.nick])
      try bob.ask("NICK \(other)")
      let renamed = try alice.heard()
      #expect(names(renamed, "731").map { $0.lowercased() } == [bob.account.lowercased()])
      #expect(names(renamed, "730") == [other])
      try bob.send("QUIT")
      _ = try bob.untilClosed()
      #expect(try names(alice.heard(), "731") == [other])
    }

    @Test("A change of case alone is not told") func caseChange() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("MONITOR + \(bob.nick)")
      try bob.ask("NICK \(bob.nick.uppercased())")
      try alice.heard().none("731")
    }

    @Test("MONITOR -: no answer, and nothing more is told") func remove() throws {
      let alice = try Client.connected("alice")
      let bob = try Client("bob")
      try alice.ask("MONITOR + \(bob.nick)")
      try alice.ask("MONITOR - \(bob.nick.uppercased())").isNothing()
      try bob.register()
      try alice.heard().isNothing()
      #expect(try names(alice.ask("MONITOR L"), "732").isEmpty)
    }

    @Test("MONITOR C: no answer, and the list is empty") func clear() throws {
      let alice = try Client.connected("alice")
      try alice.ask("MONITOR + \(Server.underTest.fresh("one")),\(Server.underTest.fresh("two"))")
      try alice.ask("MONITOR C").isNothing()
      #expect(try alice.ask("MONITOR L").commands == ["733"])
    }

    @Test("MONITOR L: 732 and 733. Who is in the list is not added again") func list() throws {
      let alice = try Client.connected("alice")
      let one = Server.underTest.fresh("one")
      let two = Server.underTest.fresh("two")
      try alice.ask("MONITOR + \(one),\(two)", "MONITOR + \(one)", "MONITOR + \(two.uppercased())")
      let reply = try alice.ask("MONITOR L")
      #expect(Set(names(reply, "732").map { $0.lowercased() }) == [one, two] && names(reply, "732").count == 2)
      #expect(try reply.one("733", nil).text.isEmpty == false)
      #expect(reply.commands.last == "733")
    }

    @Test("MONITOR S: 730 and 731 for all of the list") func status() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let nobody = Server.underTest.fresh("nobody")
      try alice.ask("MONITOR + \(bob.nick),\(nobody)")
      let reply = try alice.ask("MONITOR S")
      #expect(names(reply, "730") == [bob.nick] && names(reply, "731") == [nobody])
    }

    @Test("The limit of MONITOR: 734 with it and those that could not be added") func limit() throws {
      guard let limit = Int(try Server.underTest.features.tokens["MONITOR"] ?? ""), limit <= 1_000 else { return }
      let alice = try Client.connected("alice")
      let base = Server.underTest.fresh("m")
      for start in stride(from: 0, to: limit, by: 10) {
        let names = (start..<min(start + 10, limit)).map { "\(base)x\($0)" }
        try alice.ask("MONITOR + \(names.joined(separator: ","))").none("734")
      }
      let reply = try alice.ask("MONITOR + \(base)y,\(base)z")
      try reply.one("734", String(limit), "\(base)y,\(base)z", nil)
      #expect(try names(alice.ask("MONITOR L"), "732").count == limit)
    }

    @Test("Another client's list is its own") func own() throws {
      let alice = try Client.connected("alice")
      let carol = try Client.connected("carol")
      let bob = try Client("bob")
      try alice.ask("MONITOR + \(bob.nick)")
      try bob.register()
      try carol.heard().isNothing()
      #expect(try carol.ask("MONITOR L").commands == ["733"])
    }

    @Test("Without parameters: 461") func noParameter() throws {
      try Client.connected("alice").ask("MONITOR").one("461", "MONITOR", nil)
    }
  }

  @Suite("extended-monitor", .needs(.capability("extended-monitor"))) struct ExtendedMonitor {
    @Test(
      "AWAY of who is monitored, with away-notify and without a channel in common", .needs(.capability("away-notify")))
    func away() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "extended-monitor", "away-notify")
      let carol = try Client.connected("carol", "extended-monitor")
      let dave = try Client.connected("dave", "away-notify")
      for client in [bob, carol, dave] { try client.ask("MONITOR + \(alice.nick)") }
      try alice.ask("AWAY :gone", "AWAY")
      let seen = try bob.heard()["AWAY"]
      #expect(seen.map(\.parameters) == [["gone"], []] && seen.allSatisfy { $0.nick == alice.nick })
      try carol.heard().none("AWAY")
      try dave.heard().none("AWAY")
    }

    @Test("SETNAME of who is monitored, with setname", .needs(.capability("setname"))) func setName() throws {
      let alice = try Client.connected("alice", "setname")
      let bob = try Client.connected("bob", "extended-monitor", "setname")
      try bob.ask("MONITOR + \(alice.nick)")
      try alice.ask("SETNAME :Alice A. Liddell")
      try bob.heard().one("SETNAME", "Alice A. Liddell", from: alice)
    }

    @Test("ACCOUNT of who is monitored, with account-notify", .needs(.accounts), .needs(.named("guests")))
    func account() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "extended-monitor", "account-notify")
      try bob.ask("MONITOR + \(alice.nick)")
      try alice.ask("REGISTER * * sesame-street")
      try bob.heard().one("ACCOUNT", alice.account, from: alice)
    }

    @Test("Who shares a channel and monitors too is told once") func once() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob", "extended-monitor", "away-notify")
      _ = try channel(of: alice, bob)
      try bob.ask("MONITOR + \(alice.nick)")
      try alice.ask("AWAY :gone")
      try bob.heard().one("AWAY", "gone", from: alice)
    }
  }

  @Suite("setname", .needs(.capability("setname"))) struct SetName {
    @Test("SETNAME to the client and to who shares a channel, if they asked for it; the new name is in force")
    func change() throws {
      let alice = try Client.connected("alice", "setname")
      let bob = try Client.connected("bob", "setname")
      let carol = try Client.connected("carol")
      let dave = try Client.connected("dave", "setname")
      _ = try channel(of: alice, bob, carol)
      _ = try channel(of: alice, bob)
      try alice.ask("SETNAME :Bruce Wayne <bruce@wayne.enterprises>")
        .one("SETNAME", "Bruce Wayne <bruce@wayne.enterprises>", from: alice)
      try bob.heard().one("SETNAME", "Bruce Wayne <bruce@wayne.enterprises>", from: alice)
      try carol.heard().isNothing()
      try dave.heard().isNothing()
      #expect(try dave.ask("WHOIS \(alice.nick)").first("311").text == "Bruce Wayne <bruce@wayne.enterprises>")
    }

    @Test("Without the capability it works silently") func silent() throws {
      let alice = try Client.connected("alice")
      try alice.ask("SETNAME Batman").isNothing()
      #expect(try alice.ask("WHOIS \(alice.nick)").first("311").text == "Batman")
    }

    @Test("A name that is not valid: FAIL SETNAME INVALID_REALNAME", arguments: ["", "long"]) func invalid(
      _ kind: String
    ) throws {
      let alice = try Client.connected("alice", "setname")
      let name = kind.isEmpty ? "" : String(repeating: "n", count: 440)
      let reply = try alice.ask("SETNAME :\(name)")
      if kind.isEmpty, !reply["461"].isEmpty { return }
      try reply.one("FAIL", "SETNAME", "INVALID_REALNAME", nil)
      reply.none("SETNAME")
    }

    @Test("Without a parameter: 461") func noParameter() throws {
      try Client.connected("alice", "setname").ask("SETNAME").one("461", "SETNAME", nil)
    }
  }

  @Suite("bot-mode", .needs(.token("BOT"))) struct BotMode {
    @Test("The mode of BOT: MODE tells it, WHOIS has 335, WHO its flag, and messages the tag bot") func bot() throws {
      let letter = try Server.underTest.token("BOT")
      #expect(letter.count == 1)
      let robot = try Client.connected("robot")
      let alice = try Client.connected("alice", "message-tags")
      let carol = try Client.connected("carol")
      let room = try channel(of: robot, alice, carol)
      let mode = try robot.ask("MODE \(robot.nick) +\(letter)").one("MODE", robot.nick, nil)
      #expect(mode[1].contains(letter))
      try alice.ask("WHOIS \(robot.nick)").one("335", robot.nick, nil)
      for mask in [room, robot.nick] {
        #expect(try alice.ask("WHO \(mask)")["352"].first { $0[5] == robot.nick }?[6].contains(letter) == true)
        #expect(try robot.ask("WHO \(mask)")["352"].allSatisfy { $0[5] == robot.nick || !$0[6].contains(letter) })
      }
      try robot.ask("PRIVMSG \(room) :hello", "NOTICE \(room) :hello", "PART \(room)")
      let seen = try alice.heard()
      // Servers MAY send the tag, and never with a value.
      for line in seen.messages { #expect(line.tags.first { $0.key == "bot" }.map { $0.value == nil } ?? true) }
      #expect(try carol.heard().messages.allSatisfy { $0.tags.isEmpty })
      try robot.ask("MODE \(robot.nick) -\(letter)")
      try alice.ask("WHOIS \(robot.nick)").none("335")
    }
  }
}
