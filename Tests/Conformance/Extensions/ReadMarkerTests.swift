import Testing

extension Conformance {
  @Suite("read-marker", .needs(.capability("draft/read-marker")), .needs(.accounts)) struct ReadMarker {
    private let early = "timestamp=2020-01-01T00:00:00.000Z"
    private let late = "timestamp=2021-01-01T00:00:00.000Z"

    private func reader() throws -> Client { try Client.withAccount("alice", "draft/read-marker", "server-time") }

    @Test("Command flows: after JOIN and before the end of the names, * where there is none") func join() throws {
      let alice = try reader()
      let room = Server.underTest.fresh("#room")
      let reply = try alice.ask("JOIN \(room)")
      try reply.one("MARKREAD", room, "*")
      let place = { (command: String) in reply.commands.firstIndex(of: command) ?? -1 }
      #expect(place("JOIN") < place("MARKREAD") && place("MARKREAD") < place("366"))
    }

    @Test("What was set is told at the next JOIN") func rejoin() throws {
      let alice = try reader()
      let bob = try Client.connected("bob")
      let room = try channel(of: bob, alice)
      try alice.ask("MARKREAD \(room) \(late)", "PART \(room)")
      try alice.ask("JOIN \(room)").one("MARKREAD", room, late)
    }

    @Test("Set and get, of a channel and of a person, in any case") func setAndGet() throws {
      let alice = try reader()
      let bob = try Client.withAccount("bob")
      let room = try channel(of: alice)
      for target in [room, bob.nick] {
        try alice.ask("MARKREAD \(target)").one("MARKREAD", target, "*")
        try alice.ask("MARKREAD \(target) \(early)").one("MARKREAD", target, early)
        let again = try alice.ask("MARKREAD \(target.uppercased())").first("MARKREAD")
        #expect(again[1] == early)
      }
    }

    @Test("Read timestamp notes: it only ever increases; an older one is answered with what is stored") func increases()
      throws
    {
      let alice = try reader()
      let room = try channel(of: alice)
      try alice.ask("MARKREAD \(room) \(late)").one("MARKREAD", room, late)
      try alice.ask("MARKREAD \(room) \(early)").one("MARKREAD", room, late)
      try alice.ask("MARKREAD \(room) \(late)").one("MARKREAD", room, late)
      try alice.ask("MARKREAD \(room)").one("MARKREAD", room, late)
    }

    @Test("A change is told to the user's other clients, and to nobody else") func told() throws {
      let alice = try reader()
      let phone = try Client.another(of: alice, "draft/read-marker")
      let plain = try Client.another(of: alice)
      let bob = try Client.withAccount("bob", "draft/read-marker")
      let room = try channel(of: alice, bob)
      for client in [phone, plain] { try client.heard() }
      try alice.ask("MARKREAD \(room) \(late)", "MARKREAD \(bob.nick) \(late)")
      #expect(try phone.heard()["MARKREAD"].map(\.parameters) == [[room, late], [bob.nick, late]])
      try plain.heard().none("MARKREAD")
      try bob.heard().none("MARKREAD")
      try bob.ask("MARKREAD \(room)").one("MARKREAD", room, "*")
    }

    @Test("What does not change is told to nobody") func unchanged() throws {
      let alice = try reader()
      let phone = try Client.another(of: alice, "draft/read-marker")
      let room = try channel(of: alice)
      try alice.ask("MARKREAD \(room) \(late)")
      try phone.heard()
      try alice.ask("MARKREAD \(room) \(early)", "MARKREAD \(room)")
      try phone.heard().none("MARKREAD")
    }

    @Test("Errors: NEED_MORE_PARAMS without a target") func noTarget() throws {
      let fail = try reader().ask("MARKREAD").first("FAIL")
      #expect(fail[0] == "MARKREAD" && fail[1] == "NEED_MORE_PARAMS" && fail.parameters.count >= 3)
    }

    @Test(
      "Errors: INVALID_PARAMS for a time that is none",
      arguments: ["*", "timestamp=yesterday", "timestamp=2020-01-01", "2020-01-01T00:00:00.000Z", "msgid=abc"])
    func invalid(_ time: String) throws {
      let alice = try reader()
      let room = try channel(of: alice)
      let fail = try alice.ask("MARKREAD \(room) \(time)").first("FAIL")
      #expect(fail[0] == "MARKREAD" && fail[1] == "INVALID_PARAMS", "\(fail)")
      try alice.ask("MARKREAD \(room)").one("MARKREAD", room, "*")
    }
  }
}
