import Testing

extension Conformance {
  @Suite("Modern IRC, WHO message and RPL_WHOREPLY") struct WhoMessage {
    @Test("A channel: 352 for each member with its name, and 315 with the mask as it was given") func ofChannel() throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      let reply = try bob.ask("WHO \(room)")
      #expect(Set(reply["352"].map { $0[5] }) == [alice.nick, bob.nick])
      #expect(reply["352"].allSatisfy { $0.parameters.count == 8 && $0[0] == bob.nick && $0[1] == room })
      let end = try reply.one("315", nil, nil)
      #expect(end[1].lowercased() == room.lowercased())
      #expect(reply.commands.last == "315")
    }

    @Test("352: username, host, server, nick, flags, and hop count with real name") func parameters() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("PRIVMSG \(bob.nick) :hello")
      let source = try bob.heard().first("PRIVMSG").source
      let line = try bob.ask("WHO \(alice.nick)").first("352")
      #expect("\(line[5])!\(line[2])@\(line[3])" == source)
      #expect(line[4] == line.source)
      #expect(line[6].hasPrefix("H"))
      let words = line.text.split(separator: " ", maxSplits: 1)
      #expect(Int(words[0]) != nil && words[1] == alice.nick)
    }

    @Test("A nick: that user alone, in any case") func ofNick() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let reply = try bob.ask("WHO \(alice.nick.uppercased())")
      #expect(reply["352"].map { $0[5] } == [alice.nick])
      let end = try reply.one("315", nil, nil)
      #expect(end[1].lowercased() == alice.nick.lowercased())
    }

    @Test("A mask: the visible users whose nick matches, or nobody") func ofMask() throws {
      let alice = try Client.connected("walice")
      let bob = try Client.connected("wbob")
      let carol = try Client.connected("wcarol")
      for client in [alice, bob, carol] { try client.ask("MODE \(client.nick) -i") }
      try bob.ask("MODE \(bob.nick) +i")
      let mask = "w*\(alice.nick.dropFirst(6).dropLast(1))*"
      let reply = try carol.ask("WHO \(mask)")
      let nicks = reply["352"].map { $0[5] }
      #expect(nicks.isEmpty || nicks.contains(alice.nick), "\(reply)")
      #expect(!nicks.contains(bob.nick), "an invisible user with no channel in common is not shown")
      try reply.one("315", mask, nil)
    }

    @Test("Nobody: the end alone", arguments: ["", "#"]) func nobody(_ prefix: String) throws {
      let name = prefix + Server.underTest.fresh("nobody")
      let reply = try Client.connected("alice").ask("WHO \(name)")
      try reply.one("315", name, nil)
      #expect(reply.messages.count == 1)
    }

    @Test("Flags: H or G, and the highest prefix in the channel") func flags() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +v \(bob.nick)", "MODE \(room) +o \(bob.nick)")
      try bob.ask("AWAY :gone")
      let reply = try alice.ask("WHO \(room)")
      let flags = Dictionary(uniqueKeysWithValues: reply["352"].map { ($0[5], $0[6]) })
      #expect(flags[bob.nick]?.hasPrefix("G@") == true && flags[bob.nick]?.contains("+") == false, "\(reply)")
      #expect(flags[alice.nick]?.first == "H")
      try bob.ask("AWAY")
      #expect(try alice.ask("WHO \(bob.nick)").first("352")[6].first == "H")
    }

    @Test("Invisible members are shown to members of the channel only") func invisible() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(alice.nick) -i")
      try bob.ask("MODE \(bob.nick) +i")
      #expect(try !carol.ask("WHO \(room)")["352"].contains { $0[5] == bob.nick })
      #expect(try alice.ask("WHO \(room)")["352"].contains { $0[5] == bob.nick })
    }
  }

  @Suite("Modern IRC, WHOIS message") struct WhoisMessage {
    @Test("Without a nick: 431 or 461") func noParameter() throws {
      let reply = try Client.connected("alice").ask("WHOIS")
      if reply["461"].isEmpty { try reply.one("431", nil) } else { try reply.one("461", "WHOIS", nil) }
    }

    @Test("311 with username, host, * and real name; 318 at the end, with the nick as it was asked for") func whois()
      throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("PRIVMSG \(bob.nick) :hello")
      let source = try bob.heard().first("PRIVMSG").source
      let asked = alice.nick.uppercased()
      let reply = try bob.ask("WHOIS \(asked)")
      let user = try reply.one("311", alice.nick, nil, nil, "*", alice.nick)
      #expect("\(user[1])!\(user[2])@\(user[3])" == source)
      try reply.one("318", asked, nil)
      #expect(reply.commands.last == "318")
      for line in reply.messages.dropLast() { #expect(line[0] == bob.nick && line[1] == alice.nick, "\(line)") }
    }

    @Test("312 with the server, 317 with idle and signon time") func details() throws {
      let alice = try Client.connected("alice")
      let reply = try alice.ask("WHOIS \(alice.nick)")
      for line in reply["312"] { #expect(line.parameters.count == 4 && line[2] == line.source, "\(line)") }
      for line in reply["317"] {
        #expect(
          line.parameters.count == 5 && (Int(line[2]) ?? -1) >= 0 && (Int(line[3]) ?? 0) > 1_500_000_000, "\(line)")
      }
    }

    @Test("319: the channels with the highest prefix in each") func channels() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let first = try channel(of: alice, bob)
      let second = try channel(of: alice, bob)
      try alice.ask("MODE \(first) +v \(bob.nick)", "MODE \(first) +o \(bob.nick)")
      try alice.heard()
      let names = try alice.ask("WHOIS \(bob.nick)")["319"].flatMap { $0.text.split(separator: " ").map(String.init) }
      #expect(Set(names) == ["@" + first, second])
    }

    @Test("301 for who is away") func away() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("AWAY :gone fishing")
      try bob.ask("WHOIS \(alice.nick)").one("301", alice.nick, "gone fishing")
    }

    @Test("Nobody of that name: 401, and 318 all the same") func nobody() throws {
      let nobody = Server.underTest.fresh("Nobody")
      let reply = try Client.connected("alice").ask("WHOIS \(nobody)")
      let refusal = try reply.one("401", nil, nil)
      #expect(refusal[1].lowercased() == nobody.lowercased())
      try reply.one("318", nobody, nil)
      #expect(reply.commands == ["401", "318"])
    }

    @Test("With a server or a nick before: the same answer") func target() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let plain = try bob.ask("WHOIS \(alice.nick)")
      for target in [try Server.underTest.features.name, alice.nick] {
        let reply = try bob.ask("WHOIS \(target) \(alice.nick)")
        #expect(Set(reply.commands).isSuperset(of: plain.commands))
        try reply.one("318", alice.nick, nil)
      }
    }

    @Test("A server before it that does not exist: 402, or 318 in the end") func noSuchServer() throws {
      let alice = try Client.connected("alice")
      let reply = try alice.ask("WHOIS no.such.server.example \(alice.nick)")
      #expect(["402", "318"].contains(reply.commands.last), "\(reply)")
    }

    @Test("Several nicks, where TARGMAX allows it: each, and one end with the list") func several() throws {
      guard (try Server.underTest.targets("WHOIS") ?? 2) >= 2 else { return }
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let reply = try alice.ask("WHOIS \(alice.nick),\(bob.nick)")
      #expect(reply["311"].map { $0[1] } == [alice.nick, bob.nick])
      try reply.one("318", "\(alice.nick),\(bob.nick)", nil)
    }
  }

  @Suite("Modern IRC, WHOWAS message") struct WhowasMessage {
    /// Somebody who has been there so often, and gone.
    private func gone(_ times: Int) throws -> String {
      let name = Server.underTest.fresh("ghost")
      for round in 1...times {
        let ghost = try Client("ghost")
        try ghost.send("NICK \(name)", "USER ghost 0 * :Round \(round)")
        try ghost.awaitWelcome()
        try ghost.send("QUIT")
        _ = try ghost.untilClosed()
      }
      return name
    }

    @Test("Without a nick: 431 or 461") func noParameter() throws {
      let reply = try Client.connected("alice").ask("WHOWAS")
      if reply["461"].isEmpty { try reply.one("431", nil) } else { try reply.one("461", "WHOWAS", nil) }
    }

    @Test("A nick that nobody has had: 406, then 369") func never() throws {
      let name = Server.underTest.fresh("never")
      let reply = try Client.connected("alice").ask("WHOWAS \(name)")
      #expect(reply.commands == ["406", "369"])
      #expect(reply["406"].first?.parameters.last?.isEmpty == false)
      try reply.one("369", name, nil)
    }

    @Test("An entry for each time, the latest first, and 369", .needs(.named("quits"))) func entries() throws {
      let name = try gone(3)
      let reply = try Client.connected("alice").ask("WHOWAS \(name)")
      #expect(reply["314"].map(\.text) == ["Round 3", "Round 2", "Round 1"])
      #expect(reply["314"].allSatisfy { $0.parameters.count == 6 && $0[1] == name && $0[4] == "*" })
      #expect(reply.commands.first == "314" && reply.commands.last == "369")
      try reply.one("369", name, nil)
    }

    @Test("A count: so many at most; one that is not positive: all", .needs(.named("quits"))) func count() throws {
      let name = try gone(3)
      let alice = try Client.connected("alice")
      #expect(try alice.ask("WHOWAS \(name) 2")["314"].map(\.text) == ["Round 3", "Round 2"])
      #expect(try alice.ask("WHOWAS \(name) 0")["314"].count == 3)
      #expect(try alice.ask("WHOWAS \(name) -1")["314"].count == 3)
    }

    @Test("A nick that was changed is remembered too", .needs(.named("free-nicks"))) func changed() throws {
      let alice = try Client.connected("alice")
      let old = alice.nick
      try alice.ask("NICK \(Server.underTest.fresh("alicia"))")
      let reply = try alice.ask("WHOWAS \(old)")
      #expect(reply["314"].map { $0[1] } == [old])
    }
  }
}
