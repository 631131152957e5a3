import Testing

extension Conformance {
  @Suite("Modern IRC, Message Format") struct MessageFormat {
    @Test("Empty messages are ignored without a word") func empty() throws {
      let alice = try Client.connected("alice")
      try alice.send(raw: Array("\r\n\r\n   \r\n".utf8))
      try alice.heard().isNothing()
    }

    @Test("Parameters are separated by one or more spaces") func spaces() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("PRIVMSG   \(bob.nick)    :a  b  ").isNothing()
      let text = try bob.heard().first("PRIVMSG").text
      #expect(text.hasPrefix("a  b"))
    }

    @Test("The last parameter needs no colon where it has no space") func trailing() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      try alice.ask("PRIVMSG \(bob.nick) hello", "PRIVMSG :\(bob.nick) hello")
      try bob.heard().one("PRIVMSG", bob.nick, "hello", from: alice)
    }

    @Test("Commands are known in any case", arguments: ["ping", "Ping", "pInG"]) func commandCase(_ command: String)
      throws
    {
      let alice = try Client.connected("alice")
      try alice.send("\(command) tok")
      try alice.until("PONG").first("PONG")
    }

    @Test("A line that comes in pieces is one, and several that come at once are each") func pieces() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      for piece in [
        "PRIVM", "SG \(bob.nick) :one", " two\r", "\nPRIVMSG \(bob.nick) :three\r\nPRIVMSG \(bob.nick) :four\r\n",
      ] {
        try alice.send(raw: Array(piece.utf8))
      }
      try alice.heard().isNothing()
      #expect(try bob.heard()["PRIVMSG"].map(\.text) == ["one two", "three", "four"])
    }

    @Test("What the server sends ends with CR LF, each line") func lineEnds() throws {
      let alice = try Client.connected("alice")
      try alice.send("LUSERS", "PING end")
      var bytes: [UInt8] = []
      while !String(decoding: bytes, as: UTF8.self).contains(" PONG ") || bytes.last != 10 {
        bytes += try #require(try alice.readBytes())
      }
      let ends = bytes.indices.filter { bytes[$0] == 10 }
      #expect(!ends.isEmpty && ends.allSatisfy { $0 > 0 && bytes[$0 - 1] == 13 })
      #expect(bytes.count { $0 == 13 } == ends.count)
    }

    @Test("A command that is unknown: 421 with it") func unknownCommand() throws {
      try Client.connected("alice").ask("FROBNICATE a b").one("421", "FROBNICATE", nil)
    }

    @Test("A line of the greatest length is taken whole") func greatestLength() throws {
      let alice = try Client.connected("alice")
      let most = try Server.underTest.lineLength
      let start = "PING :"
      let token = String(repeating: "x", count: most - 2 - start.utf8.count - 60)
      try alice.send(start + token)
      #expect(try alice.until("PONG").first("PONG").text == token)
    }

    @Test("A longer line is refused with 417 or cut; nothing that is sent is longer, and the next line is another")
    func tooLong() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let most = try Server.underTest.lineLength
      let reply = try alice.ask(
        "PRIVMSG \(bob.nick) :" + String(repeating: "z", count: most), "PRIVMSG \(bob.nick) :next")
      if !reply.messages.isEmpty { try reply.one("417", nil) }
      let seen = try bob.heard()["PRIVMSG"]
      #expect(seen.last?.text == "next")
      #expect(seen.allSatisfy { $0.bytes.count + 2 <= most })
    }

    @Test("A message that fits as it was sent fits too with its source, is cut at a character, or refused with 417")
    func withSource() throws {
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let most = try Server.underTest.lineLength
      let start = "PRIVMSG \(bob.nick) :"
      let text = String(repeating: "é", count: (most - 2 - start.utf8.count) / 2)
      guard try alice.ask(start + text)["417"].isEmpty else { return }
      let seen = try bob.heard().first("PRIVMSG")
      #expect(seen.bytes.count + 2 <= most)
      guard try Server.underTest.features.tokens["UTF8ONLY"] != nil else { return }
      #expect(text.hasPrefix(seen.text), "cut within a character")
    }

    @Test("Fifteen parameters are taken") func manyParameters() throws {
      let alice = try Client.connected("alice")
      let nicks = Array(repeating: alice.nick, count: 15).joined(separator: " ")
      try alice.ask("USERHOST \(nicks)").first("302")
    }
  }

  @Suite("Modern IRC, Numeric Replies") struct NumericReplies {
    @Test("A numeric has the server as its source and the client as its first parameter") func form() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let reply = try alice.ask(
        "LUSERS", "MOTD", "VERSION", "TIME", "INFO", "ADMIN", "LIST \(room)", "NAMES \(room)", "WHO \(room)",
        "WHOIS \(alice.nick)", "WHOWAS \(alice.nick)", "MODE \(room)", "MODE \(room) b", "MODE \(alice.nick)",
        "TOPIC \(room)", "USERHOST \(alice.nick)", "NONSENSE", "JOIN", "PRIVMSG", "AWAY :x", "AWAY")
      let name = try Server.underTest.features.name
      for line in reply.messages where line.isNumeric {
        #expect(line.source == name && line[0] == alice.nick, "\(line)")
      }
      #expect(reply.messages.count > 40)
    }
  }
}
