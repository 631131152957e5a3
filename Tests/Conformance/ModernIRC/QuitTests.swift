import Testing

extension Conformance {
  @Suite("Modern IRC, QUIT message and ERROR message") struct QuitMessage {
    @Test("The client gets an ERROR, and the connection is closed", arguments: ["QUIT", "QUIT :bye"])
    func acknowledged(_ line: String) throws {
      let alice = try Client.connected("alice")
      try alice.send(line)
      let end = try alice.untilClosed()
      try end.one("ERROR", nil)
      #expect(end.messages.last?.command == "ERROR")
    }

    @Test("Before registration too") func early() throws {
      let alice = try Client("alice")
      try alice.send("NICK \(alice.nick)", "QUIT :bye")
      try alice.untilClosed().one("ERROR", nil)
    }

    @Test(
      "Who shares a channel sees QUIT once, with `Quit: ` before the reason; others see nothing",
      .needs(.named("quits")))
    func seen() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      _ = try channel(of: alice, bob)
      _ = try channel(of: alice, bob)
      try alice.send("QUIT :gone to have lunch")
      _ = try alice.untilClosed()
      try bob.heard().one("QUIT", "Quit: gone to have lunch", from: alice)
      try carol.heard().isNothing()
    }

    @Test("Without a reason others see `Quit: ` alone", .needs(.named("quits"))) func noReason() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      _ = try channel(of: alice, bob)
      try alice.send("QUIT")
      _ = try alice.untilClosed()
      let text = try bob.heard().one("QUIT", nil, from: alice).text
      #expect(text.hasPrefix("Quit:"))
    }

    @Test("Who loses the connection quits with a reason that the server gives", .needs(.named("quits"))) func lost()
      throws
    {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      _ = try channel(of: alice, bob)
      try alice.hangUp()
      let text = try bob.heard().one("QUIT", nil, from: alice).text
      #expect(!text.isEmpty && !text.hasPrefix("Quit: "))
    }

    @Test("The nick is free again", .needs(.named("quits"))) func nickIsFree() throws {
      let alice = try Client.connected("alice")
      try alice.send("QUIT")
      _ = try alice.untilClosed()
      let bob = try Client.connected("bob")
      let before = bob.nick
      try bob.ask("NICK \(alice.nick)").one("NICK", [alice.nick], from: before)
    }
  }
}
