import Testing

extension Conformance {
  @Suite("Modern IRC, JOIN message") struct JoinMessage {
    @Test("Without parameters: 461") func noParameter() throws {
      try Client.connected("alice").ask("JOIN").one("461", "JOIN", nil)
    }

    @Test("Who joins gets JOIN, then the names with its own, and no topic where there is none")
    func newChannel() throws {
      let alice = try Client.connected("alice")
      let room = Server.underTest.fresh("#room")
      let reply = try alice.ask("JOIN \(room)")
      let join = try reply.one("JOIN", room, from: alice)
      #expect(join.source.hasPrefix("\(alice.nick)!") && join.source.contains("@"))
      reply.none("331", "332", "333")
      let names = try reply.one("353", "=", room, nil)
      #expect(names.text.split(separator: " ").count == 1 && names.text.contains(alice.nick))
      #expect(names.text.first.map { "~&@".contains($0) } == true, "who makes a channel is its operator: \(names)")
      try reply.one("366", room, nil)
      let place = { (command: String) in reply.commands.firstIndex(of: command) ?? -1 }
      #expect(place("JOIN") < place("353") && place("353") < place("366"))
    }

    @Test("JOIN, then the topic, then who set it, then the names, in this order") func order() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      try alice.ask("TOPIC \(room) :what we do")
      let bob = try Client.connected("bob")
      let reply = try bob.ask("JOIN \(room)")
      reply.order("JOIN", "332", "333", "353", "366")
      try reply.one("332", room, "what we do")
      let who = try reply.one("333", room, nil, nil)
      #expect(who[2].hasPrefix(alice.nick) && Int(who[3]) != nil)
    }

    @Test("Members see the JOIN, one channel in each; others do not") func seen() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice)
      let other = try channel(of: alice)
      try bob.ask("JOIN \(room),\(other)")
      let seen = try alice.heard()
      #expect(seen["JOIN"].map { [$0.nick, $0[0]] } == [[bob.nick, room], [bob.nick, other]])
      #expect(seen["JOIN"].allSatisfy { $0.parameters.count == 1 })
      try carol.heard().isNothing()
    }

    @Test("Several channels with keys: the first key for the first channel") func keys() throws {
      let alice = try Client.connected("alice")
      let first = try channel(of: alice)
      let second = try channel(of: alice)
      let open = try channel(of: alice)
      try alice.ask("MODE \(first) +k one", "MODE \(second) +k two")
      let bob = try Client.connected("bob")
      let right = try bob.ask("JOIN \(first),\(second),\(open) one,two")
      #expect(right["JOIN"].map { $0[0] } == [first, second, open])
      let carol = try Client.connected("carol")
      let wrong = try carol.ask("JOIN \(first),\(second),\(open) two,two")
      #expect(wrong["JOIN"].map { $0[0] } == [second, open])
      try wrong.one("475", first, nil)
    }

    @Test("A name that is no channel's: 403, or 476 for a bad mask", arguments: ["nohash", "#a\u{7}b", "!x"])
    func badName(_ name: String) throws {
      let alice = try Client.connected("alice")
      let reply = try alice.ask("JOIN \(name)")
      let refusal = try #require((reply["403"] + reply["476"] + reply["479"]).first, "not refused: \(reply)")
      #expect(refusal.parameters.contains(name))
      reply.none("JOIN")
    }

    @Test("Joining twice is not told to anybody") func twice() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice, bob)
      try bob.ask("JOIN \(room)").none("JOIN")
      try alice.heard().isNothing()
    }

    @Test("JOIN 0 leaves all channels, as PART would") func zero() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let rooms = [try channel(of: alice, bob), try channel(of: alice, bob)]
      let reply = try bob.ask("JOIN 0")
      #expect(Set(reply["PART"].map { $0[0] }) == Set(rooms))
      #expect(Set(try alice.heard()["PART"].map { $0[0] }) == Set(rooms))
    }

    @Test("Names that differ only by case mean the same channel") func caseMapping() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice, named: "Room")
      let bob = try Client.connected("bob")
      try bob.ask("JOIN \(room.uppercased())")
      let join = try alice.heard().one("JOIN", nil, from: bob)
      #expect(join[0].lowercased() == room.lowercased())
      try alice.ask("PRIVMSG \(room.lowercased()) :hello")
      try bob.heard().one("PRIVMSG", nil, "hello", from: alice)
    }

    @Test("CHANNELLEN: so long a name can be joined, a longer one cannot", .needs(.token("CHANNELLEN")))
    func length() throws {
      let most = try Server.underTest.limit("CHANNELLEN")
      let alice = try Client.connected("alice")
      let name = Server.underTest.fresh("#c")
      let longest = name + String(repeating: "x", count: most - name.utf8.count)
      try alice.ask("JOIN \(longest)").one("JOIN", longest, from: alice)
      let reply = try alice.ask("JOIN \(longest.dropLast())yz")
      if let join = reply["JOIN"].first {
        #expect(join[0].utf8.count <= most)
      } else {
        #expect(!reply.messages.isEmpty)
      }
    }
  }

  @Suite("Modern IRC, ERR_TOOMANYCHANNELS and CHANLIMIT parameter") struct ChannelLimit {
    @Test("CHANLIMIT: that many channels can be joined, and one more gives 405", .needs(.token("CHANLIMIT")))
    func limit() throws {
      let value = try Server.underTest.features.tokens["CHANLIMIT"] ?? ""
      let pair = try #require(value.split(separator: ",").first { $0.prefix { $0 != ":" }.contains("#") })
      guard let limit = Int(pair.drop { $0 != ":" }.dropFirst()), limit <= 1_000 else { return }
      try #require(limit > 0, "a limit is a positive integer, or not there: \(value)")
      let alice = try Client.connected("alice")
      let base = Server.underTest.fresh("#m")
      var joined = 0
      for start in stride(from: 0, to: limit, by: 10) {
        let names = (start..<min(start + 10, limit)).map { "\(base)-\($0)" }
        joined += try alice.ask("JOIN \(names.joined(separator: ","))")["JOIN"].count
      }
      #expect(joined == limit)
      let reply = try alice.ask("JOIN \(base)-more")
      try reply.one("405", "\(base)-more", nil)
      reply.none("JOIN")
      // Leave nothing behind that others would find in LIST.
      try alice.ask("JOIN 0")
    }
  }
}
