import Testing

extension Conformance {
  @Suite("Modern IRC, MODE message, Channel mode") struct ChannelMode {
    @Test("A channel that does not exist: 403", arguments: ["", " +i", " b"]) func noSuchChannel(_ rest: String) throws
    {
      let nowhere = Server.underTest.fresh("#nowhere")
      try Client.connected("alice").ask("MODE \(nowhere)\(rest)").one("403", nowhere, nil)
    }

    @Test("To view: 324 with the modes, and perhaps 329 with when it was made") func view() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +mt-n")
      try bob.heard()
      let reply = try bob.ask("MODE \(room)")
      let modes = try reply.first("324")
      #expect(modes[1] == room && modes[2].hasPrefix("+"))
      #expect(modes[2].contains("m") && modes[2].contains("t") && !modes[2].contains("n"))
      if let made = reply["329"].first {
        #expect(made[1] == room && (Int(made[2]) ?? 0) > 1_500_000_000)
        reply.order("324", "329")
      }
    }

    @Test("Without a rank: 482, and nothing of it is done") func noRank() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      for change in ["+m", "-t", "+k key", "+l 5", "+b *!*@*.example.org", "+o \(bob.nick)", "-o \(alice.nick)", "+im"]
      {
        let reply = try bob.ask("MODE \(room) \(change)")
        try reply.first("482")
        #expect(reply.messages.allSatisfy { $0.command == "482" && $0.parameters.count == 3 && $0[1] == room })
      }
      let outside = try carol.ask("MODE \(room) +m")
      #expect(["482", "442"].contains(outside.commands.first), "\(outside)")
      try alice.heard().isNothing()
    }

    @Test("A change is told to all members, from who made it") func told() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      let change = try alice.ask("MODE \(room) +m").one("MODE", room, "+m", from: alice)
      #expect(change.source.contains("!"))
      try bob.heard().one("MODE", room, "+m", from: alice)
      try carol.heard().isNothing()
    }

    @Test("Several changes in one, with their parameters in order") func several() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +t")
      try bob.heard()
      let reply = try alice.ask("MODE \(room) +mv-t+l \(bob.nick) 20")
      let seen = try bob.heard()["MODE"]
      #expect(modes(reply["MODE"]) == ["+m", "+v \(bob.nick)", "-t", "+l 20"])
      #expect(modes(seen) == ["+m", "+v \(bob.nick)", "-t", "+l 20"])
    }

    /// Each change by itself, with its parameter: all that these servers' MODE lines say together.
    private func modes(_ lines: [Message]) -> Set<String> {
      var all: Set<String> = []
      for line in lines {
        var sign: Character = "+"
        var parameters = line.parameters.dropFirst(2)
        for letter in line[1] {
          if letter == "+" || letter == "-" {
            sign = letter
          } else if "ovhqabeIk".contains(letter) || letter == "l" && sign == "+" {
            all.insert("\(sign)\(letter) \(parameters.popFirst() ?? "")")
          } else {
            all.insert("\(sign)\(letter)")
          }
        }
      }
      return all
    }

    @Test("MODES: that many changes with a parameter fit one command", .needs(.token("MODES"))) func most() throws {
      let most = min(Int(try Server.underTest.features.tokens["MODES"] ?? "") ?? 10, 12)
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let masks = (0..<most).map { "n\($0)!*@*" }
      let changes = try alice.ask(
        "MODE \(room) +\(String(repeating: "b", count: most)) \(masks.joined(separator: " "))")
      #expect(modes(changes["MODE"]) == Set(masks.map { "+b \($0)" }))
    }

    @Test("A letter that is unknown: 472 with it") func unknown() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let reply = try alice.ask("MODE \(room) +Y")
      let refusal = try reply.first("472")
      #expect(refusal[1] == "Y")
      reply.none("MODE")
    }

    @Test("Types B and C without a parameter are ignored when set", arguments: ["k", "l"])
    func noParameter(_ letter: String) throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +\(letter)").none("MODE")
      #expect(try !alice.ask("MODE \(room)").first("324")[2].contains(letter))
    }

    @Test("Type D takes no parameter", arguments: ["i", "m", "n", "s", "t"]) func setting(_ letter: String) throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) -\(letter)")
      try alice.ask("MODE \(room) +\(letter)").one("MODE", room, "+\(letter)", from: alice)
      #expect(try alice.ask("MODE \(room)").first("324")[2].contains(letter))
      try alice.ask("MODE \(room) -\(letter)").one("MODE", room, "-\(letter)", from: alice)
      #expect(try !alice.ask("MODE \(room)").first("324")[2].contains(letter))
    }

    @Test("Type B has a parameter when it is unset too, type C has none") func unset() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +k secret").one("MODE", room, "+k", nil, from: alice)
      try alice.ask("MODE \(room) -k secret").one("MODE", room, "-k", nil, from: alice)
      try alice.ask("MODE \(room) +l 7").one("MODE", room, "+l", "7", from: alice)
      try alice.ask("MODE \(room) -l").one("MODE", room, "-l", from: alice)
    }

    @Test(
      "Type A without a parameter: the list, to members without a rank too unless it is hidden from them",
      arguments: [("b", "367", "368", 3...5), ("e", "348", "349", 3...5), ("I", "346", "347", 3...5)])
    func list(_ letter: String, _ entry: String, _ end: String, _ parameters: ClosedRange<Int>) throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      guard try Server.underTest.features.tokens["CHANMODES"]?.prefix(while: { $0 != "," }).contains(letter) == true
      else { return }
      try alice.ask("MODE \(room) +\(letter) one!*@*").one("MODE", room, "+\(letter)", "one!*@*", from: alice)
      try alice.ask("MODE \(room) +\(letter) two!*@*")
      try bob.heard()
      for client in [alice, bob] {
        for line in ["MODE \(room) +\(letter)", "MODE \(room) \(letter)"] {
          let reply = try client.ask(line)
          if client === bob, !reply["482"].isEmpty { continue }
          #expect(Set(reply[entry].map { $0[2] }) == ["one!*@*", "two!*@*"])
          #expect(reply[entry].allSatisfy { parameters.contains($0.parameters.count) && $0[1] == room })
          try reply.one(end, room, nil)
          #expect(reply.commands.last == end)
        }
      }
      try alice.ask("MODE \(room) -\(letter) one!*@*").one("MODE", room, "-\(letter)", "one!*@*", from: alice)
      #expect(try alice.ask("MODE \(room) \(letter)")[entry].map { $0[2] } == ["two!*@*"])
    }

    @Test("A list that is empty: its end alone", arguments: [("b", "368"), ("e", "349"), ("I", "347")])
    func emptyList(_ letter: String, _ end: String) throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      guard try Server.underTest.features.tokens["CHANMODES"]?.prefix(while: { $0 != "," }).contains(letter) == true
      else { return }
      let reply = try alice.ask("MODE \(room) \(letter)")
      try reply.one(end, room, nil)
      #expect(reply.messages.count == 1)
    }
  }

  @Suite("Modern IRC, Channel Membership Prefixes") struct MembershipPrefixes {
    @Test("A rank is given and taken, and shows in NAMES", arguments: [("o", "@"), ("v", "+"), ("h", "%")])
    func rank(_ letter: String, _ prefix: String) throws {
      guard try Server.underTest.features.tokens["PREFIX"]?.contains(letter) == true else { return }
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +\(letter) \(bob.nick)").one("MODE", room, "+\(letter)", bob.nick, from: alice)
      try bob.heard().one("MODE", room, "+\(letter)", bob.nick, from: alice)
      #expect(try bob.ask("NAMES \(room)").first("353").text.split(separator: " ").contains("\(prefix)\(bob.nick)"))
      try alice.ask("MODE \(room) -\(letter) \(bob.nick)").one("MODE", room, "-\(letter)", bob.nick, from: alice)
      try bob.heard()
      #expect(try bob.ask("NAMES \(room)").first("353").text.split(separator: " ").contains("\(bob.nick)"))
    }

    @Test("Nobody of that name: 401. Somebody who is not on it: 441") func unknown() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      let nobody = Server.underTest.fresh("nobody")
      try alice.ask("MODE \(room) +o \(nobody)").one("401", nobody, nil)
      try alice.ask("MODE \(room) +o \(bob.nick)").one("441", bob.nick, room, nil)
      try bob.heard().isNothing()
    }

    @Test("Operators moderate: they kick, set modes, and make other operators") func operators() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("MODE \(room) +o \(bob.nick)")
      try bob.heard()
      try bob.ask("MODE \(room) +m").one("MODE", room, "+m", from: bob)
      try bob.ask("MODE \(room) +o \(carol.nick)").one("MODE", room, "+o", carol.nick, from: bob)
      try bob.ask("MODE \(room) -o \(carol.nick)").one("MODE", room, "-o", carol.nick, from: bob)
      try bob.ask("KICK \(room) \(carol.nick) :bye").one("KICK", room, carol.nick, "bye", from: bob)
    }

    @Test("The founder and who is protected cannot be kicked by an operator", .needs(.named("founder")))
    func protected() throws {
      guard try Server.underTest.features.tokens["PREFIX"]?.contains("a") == true else { return }
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("MODE \(room) +o \(bob.nick)", "MODE \(room) +a \(carol.nick)")
      try bob.heard()
      for client in [alice, carol] {
        let reply = try bob.ask("KICK \(room) \(client.nick)")
        try reply.one("482", room, nil)
        reply.none("KICK")
      }
    }

    @Test("A rank is lost with leaving") func lost() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(room) +o \(bob.nick)")
      try bob.ask("PART \(room)", "JOIN \(room)")
      try bob.ask("MODE \(room) +m").one("482", room, nil)
    }
  }
}
