import Testing

extension Conformance {
  /// Of soju's extension `search`, by the sections of its document.
  @Suite("soju.im/search", .needs(.capability("soju.im/search")), .needs(.accounts)) struct Search {
    private static let capabilities = ["soju.im/search", "batch", "server-time", "message-tags", "echo-message"]

    /// Two people in a channel in which something is said, and between whom something is.
    private struct Talk {
      let alice: Client
      let bob: Client
      let room: String
      /// As alice saw it: three by turns in the channel, one to bob.
      let said: [Message]

      init() throws {
        alice = try Client("alice")
        bob = try Client("bob")
        for client in [alice, bob] {
          try client.register(Search.capabilities)
          try client.makeAccount()
        }
        room = try channel(of: alice, bob)
        let first = try alice.ask("PRIVMSG \(room) :That was fast!").first("PRIVMSG")
        try bob.heard()
        let second = try bob.ask("PRIVMSG \(room) :Fasting is hard.").first("PRIVMSG")
        try alice.heard()
        let third = try alice.ask("NOTICE \(room) :nothing; at all").first("NOTICE")
        let fourth = try alice.ask("PRIVMSG \(bob.nick) :fast and private").first("PRIVMSG")
        said = [first, second, third, fourth]
        for client in [alice, bob] { try client.heard() }
      }

      func texts(_ request: String, by client: Client? = nil, at location: SourceLocation = #_sourceLocation) throws
        -> [String]
      {
        try (client ?? alice).ask("SEARCH \(request)").batch("soju.im/search", at: location).content.map(\.text)
      }
    }

    @Test("SEARCH Command: a batch of PRIVMSG and NOTICE, in ascending order of time") func order() throws {
      let talk = try Talk()
      let batch = try talk.alice.ask("SEARCH in=\(talk.room)").batch("soju.im/search")
      #expect(batch.content.map(\.text) == ["That was fast!", "Fasting is hard.", "nothing; at all"])
      #expect(batch.content.map(\.command) == ["PRIVMSG", "PRIVMSG", "NOTICE"])
    }

    @Test("Returned message notes: with the time and the msgid as they were first sent") func tags() throws {
      let talk = try Talk()
      let content = try talk.alice.ask("SEARCH in=\(talk.room)").batch("soju.im/search").content
      try #require(content.count == 3)
      for (line, original) in zip(content, talk.said) {
        #expect(line.tag("time") == original.tag("time") && line.tag("msgid") == original.tag("msgid"))
        #expect(line.nick == original.nick && line[0] == talk.room)
      }
    }

    @Test("SEARCH Command: an empty batch where there is nothing to return") func empty() throws {
      let talk = try Talk()
      #expect(try talk.texts("before=2010-01-01T00:00:00.000Z;in=\(talk.room)") == [])
      #expect(try talk.texts("text=zebra;in=\(talk.room)") == [])
    }

    @Test("Standard search attributes: text, with the escapes of message tags") func text() throws {
      let talk = try Talk()
      #expect(try talk.texts("text=fast;in=\(talk.room)").contains("That was fast!"))
      #expect(try talk.texts("text=nothing\\:\\sat\\sall;in=\(talk.room)") == ["nothing; at all"])
      #expect(try talk.texts("in=\(talk.room);text=\"that\\swas") == ["That was fast!"])
    }

    @Test("Standard search attributes: from") func from() throws {
      let talk = try Talk()
      #expect(try talk.texts("from=\(talk.bob.nick);in=\(talk.room)") == ["Fasting is hard."])
      #expect(try talk.texts("from=\(talk.bob.nick.uppercased());in=\(talk.room);text=was") == [])
    }

    @Test("Standard search attributes: in, of a user") func person() throws {
      let talk = try Talk()
      #expect(try talk.texts("in=\(talk.bob.nick)") == ["fast and private"])
      #expect(try talk.texts("in=\(talk.alice.nick)", by: talk.bob) == ["fast and private"])
    }

    @Test("Standard search attributes: after and before include the time they name") func times() throws {
      let talk = try Talk()
      let time = try #require(talk.said[1].tag("time"))
      #expect(try talk.texts("after=\(time);before=\(time);in=\(talk.room)").contains("Fasting is hard."))
      #expect(try talk.texts("after=2100-01-01T00:00:00.000Z;in=\(talk.room)") == [])
    }

    @Test("Standard search attributes: limit; from `after` on, or up to now") func limit() throws {
      let talk = try Talk()
      #expect(try talk.texts("in=\(talk.room);limit=1") == ["nothing; at all"])
      #expect(try talk.texts("in=\(talk.room);limit=1;after=2010-01-01T00:00:00.000Z") == ["That was fast!"])
    }

    @Test("Without `in`, everything that one may read, and nothing else") func everywhere() throws {
      let talk = try Talk()
      let carol = try Client("carol")
      try carol.register(Self.capabilities)
      try carol.makeAccount()
      let found = try talk.texts("text=fast;from=\(talk.alice.nick)")
      #expect(found.contains("That was fast!") && found.contains("fast and private"))
      #expect(try talk.texts("from=\(talk.alice.nick)", by: carol) == [])
      let reply = try carol.ask("SEARCH in=\(talk.room)")
      #expect(!reply.messages.contains { $0.command == "PRIVMSG" })
    }

    @Test("Standard search attributes: `in` in any case, and named as it is called") func targetCase() throws {
      let talk = try Talk()
      let content = try talk.alice.ask("SEARCH in=\(talk.room.uppercased());text=hard").batch("soju.im/search").content
      #expect(content.map { [$0[0], $0.text] } == [[talk.room, "Fasting is hard."]])
    }

    @Test("With a label the batch has it, and so has what refuses", .needs(.capability("labeled-response")))
    func label() throws {
      let talk = try Talk()
      try talk.alice.ask("CAP REQ :labeled-response")
      let found = try talk.alice.ask("@label=a SEARCH in=\(talk.room);text=hard")
      #expect(try found.labelled("a").map(\.text) == ["Fasting is hard."])
      #expect(try talk.alice.ask("@label=b SEARCH limit=x").labelled("b").map(\.command) == ["FAIL"])
    }

    @Test("A message of several lines is found as a whole", .needs(.capability("draft/multiline"))) func several()
      throws
    {
      let talk = try Talk()
      try talk.alice.ask("CAP REQ :draft/multiline")
      try talk.alice.say(["the first line", "", "the zebra in the last"], to: talk.room)
      let reply = try talk.alice.ask("SEARCH in=\(talk.room);text=zebra")
      #expect(try reply.batch("soju.im/search").content.map(\.command) == ["BATCH", "BATCH"])
      #expect(try reply.several().parts == ["the first line", "", "the zebra in the last"])
    }

    @Test("Where one is not, and where nothing is, nothing is found, and the two are not told apart") func elsewhere()
      throws
    {
      let talk = try Talk()
      let carol = try Client("carol")
      try carol.register(Self.capabilities)
      try carol.makeAccount()
      let answers = try [talk.room, Server.underTest.fresh("#nowhere")].map { target in
        try carol.ask("SEARCH in=\(target);text=fast").messages.map {
          [$0.command] + $0.parameters.dropFirst().prefix(1)
        }
      }
      #expect(answers[0].map(\.first) == answers[1].map(\.first), "\(answers)")
      #expect(answers.allSatisfy { !$0.contains { $0[0] == "PRIVMSG" } })
      // What two others say to each other is not in what is between one of them and oneself.
      let between = try carol.ask("SEARCH in=\(talk.bob.nick);text=fast")
      #expect(between["PRIVMSG"].isEmpty, "\(between)")
    }

    @Test("Who has left does not find what was said since") func left() throws {
      let talk = try Talk()
      try talk.bob.ask("PART \(talk.room)")
      try talk.alice.ask("PRIVMSG \(talk.room) :zebra after bob")
      let reply = try talk.bob.ask("SEARCH text=zebra")
      #expect(reply["PRIVMSG"].isEmpty, "\(reply)")
    }

    @Test("Too few parameters: 461 or INVALID_PARAMS") func tooFew() throws {
      let reply = try Talk().alice.ask("SEARCH")
      #expect(reply.commands == ["461"] || (try? reply.first("FAIL")[1]) == "INVALID_PARAMS", "\(reply)")
    }

    @Test(
      "Errors and Warnings: INVALID_PARAMS",
      arguments: ["limit=x", "limit=0", "after=yesterday", "before=2019-01-04", "limit=-1"])
    func errors(_ attributes: String) throws {
      let talk = try Talk()
      let fail = try talk.alice.ask("SEARCH \(attributes)").first("FAIL")
      #expect(fail[0] == "SEARCH" && fail[1] == "INVALID_PARAMS")
    }
  }
}
