import Testing

extension Conformance {
  @Suite("Modern IRC, NAMES message") struct NamesMessage {
    @Test("The members with their highest prefix, then the end") func members() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("MODE \(room) +o \(bob.nick)", "MODE \(room) +v \(bob.nick)", "MODE \(room) +v \(carol.nick)")
      let reply = try carol.ask("NAMES \(room)")
      let names = Set(reply["353"].flatMap { $0.text.split(separator: " ").map(String.init) })
      #expect(names.count == 3 && names.isSuperset(of: ["@" + bob.nick, "+" + carol.nick]))
      for line in reply["353"] { #expect(line.parameters.dropLast() == [carol.nick, "=", room]) }
      try reply.one("366", room, nil)
      #expect(reply.commands.last { $0 == "353" || $0 == "366" } == "366")
    }

    @Test("A channel that does not exist, or a name that is none: the end alone, with the name as given")
    func nowhere() throws {
      let alice = try Client.connected("alice")
      for name in [Server.underTest.fresh("#Nowhere"), "nochannel"] {
        let reply = try alice.ask("NAMES \(name)")
        reply.none("353")
        try reply.one("366", name, nil)
      }
    }

    @Test("Without a channel: the end alone with *, or 461") func noParameter() throws {
      let reply = try Client.connected("alice").ask("NAMES")
      if reply["461"].isEmpty { try reply.one("366", "*", nil) } else { try reply.one("461", "NAMES", nil) }
    }

    @Test("Several channels: the members and the end of each, as far as TARGMAX goes") func several() throws {
      let alice = try Client.connected("alice")
      let rooms = [try channel(of: alice), try channel(of: alice)]
      let limit = try Server.underTest.targets("NAMES")
      let reply = try alice.ask("NAMES \(rooms.joined(separator: ","))")
      let expected = Array(rooms.prefix(limit ?? 2))
      #expect(reply["366"].map { $0[1] }.starts(with: expected))
      #expect(reply["353"].map { $0[2] }.starts(with: expected))
    }

    @Test("A secret channel: the end alone for others, @ as its symbol for members") func secret() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let room = try channel(of: alice)
      try alice.ask("MODE \(room) +s")
      let outside = try bob.ask("NAMES \(room)")
      outside.none("353")
      try outside.one("366", room, nil)
      try alice.ask("NAMES \(room)").one("353", "@", room, nil)
    }

    @Test("Invisible users are shown to members only") func invisible() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob)
      try alice.ask("MODE \(alice.nick) -i")
      try bob.ask("MODE \(bob.nick) +i")
      let outside = try carol.ask("NAMES \(room)")
      #expect(!outside["353"].contains { $0.text.contains(bob.nick) }, "\(outside)")
      try outside.one("366", room, nil)
      #expect(try alice.ask("NAMES \(room)")["353"].contains { $0.text.contains(bob.nick) })
    }
  }
}
