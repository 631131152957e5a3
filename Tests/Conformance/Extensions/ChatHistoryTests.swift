import Glibc
import Testing

/// A conversation that is remembered: what was said, with ids and times, all different.
struct Conversation {
  let alice: Client
  let bob: Client
  let target: String
  /// As alice saw them.
  let said: [Message]

  static let capabilities = [
    "draft/chathistory", "batch", "server-time", "message-tags", "echo-message",
  ]

  /// Ten messages, by turns, in a channel or between the two.
  init(private isPrivate: Bool = false, count: Int = 10) throws {
    alice = try Client("alice")
    bob = try Client("bob")
    for client in [alice, bob] {
      try client.register(Self.capabilities)
      if isPrivate { try client.makeAccount() }
    }
    target = isPrivate ? bob.nick : try channel(of: alice, bob)
    var said: [Message] = []
    for number in 0..<count {
      // Times have milliseconds.
      poll(nil, 0, 2)
      let speaker = number % 2 == 0 ? alice : bob
      let to = isPrivate && speaker === bob ? alice.nick : target
      let echo = try speaker.ask("PRIVMSG \(to) :\(number)").first("PRIVMSG")
      said.append(echo)
      try (speaker === alice ? bob : alice).heard()
    }
    self.said = said
  }

  /// How a message is named, by id or by time.
  func reference(_ index: Int, _ kind: String) -> String {
    kind == "msgid" ? "msgid=\(said[index].tag("msgid") ?? "")" : "timestamp=\(said[index].tag("time") ?? "")"
  }

  /// What a request returns, as the numbers that were said.
  func numbers(_ request: String, at location: SourceLocation = #_sourceLocation) throws -> [Int] {
    let batch = try alice.ask("CHATHISTORY \(request)").batch("chathistory", at: location)
    return batch.content.map { Int($0.text) ?? -1 }
  }
}

extension Conformance {
  @Suite("chathistory, Subcommands", .needs(.capability("draft/chathistory"))) struct ChatHistory {
    private static let kinds = ["msgid", "timestamp"]

    @Test("LATEST *: the last so many, oldest first, in a batch with the target's name, with their ids and times")
    func latest() throws {
      let talk = try Conversation()
      let batch = try talk.alice.ask("CHATHISTORY LATEST \(talk.target.uppercased()) * 4").batch("chathistory")
      #expect(batch.parameters == [talk.target], "the canonical name of the target")
      #expect(batch.content.map(\.text) == ["6", "7", "8", "9"])
      for (line, original) in zip(batch.content, talk.said.suffix(4)) {
        #expect(line.tag("msgid") == original.tag("msgid") && line.tag("time") == original.tag("time"))
        #expect(line.nick == original.nick && line.command == "PRIVMSG" && line[0] == talk.target)
      }
    }

    @Test("LATEST with a reference: the last so many after it", arguments: kinds) func latestAfter(_ kind: String)
      throws
    {
      let talk = try Conversation()
      #expect(try talk.numbers("LATEST \(talk.target) \(talk.reference(6, kind)) 10") == [7, 8, 9])
      #expect(try talk.numbers("LATEST \(talk.target) \(talk.reference(2, kind)) 3") == [7, 8, 9])
      #expect(try talk.numbers("LATEST \(talk.target) \(talk.reference(9, kind)) 3") == [])
    }

    @Test("BEFORE: the last so many before and without it", arguments: kinds) func before(_ kind: String) throws {
      let talk = try Conversation()
      #expect(try talk.numbers("BEFORE \(talk.target) \(talk.reference(5, kind)) 3") == [2, 3, 4])
      #expect(try talk.numbers("BEFORE \(talk.target) \(talk.reference(2, kind)) 50") == [0, 1])
      #expect(try talk.numbers("BEFORE \(talk.target) \(talk.reference(0, kind)) 50") == [])
    }

    @Test("AFTER: the first so many after and without it", arguments: kinds) func after(_ kind: String) throws {
      let talk = try Conversation()
      #expect(try talk.numbers("AFTER \(talk.target) \(talk.reference(5, kind)) 3") == [6, 7, 8])
      #expect(try talk.numbers("AFTER \(talk.target) \(talk.reference(7, kind)) 50") == [8, 9])
      #expect(try talk.numbers("AFTER \(talk.target) \(talk.reference(9, kind)) 50") == [])
    }

    @Test("AROUND: before and after it, no more than so many", arguments: kinds) func around(_ kind: String) throws {
      let talk = try Conversation()
      let found = try talk.numbers("AROUND \(talk.target) \(talk.reference(5, kind)) 5")
      #expect(found.count <= 5 && found.contains(5) && found.contains(4) && found.contains(6))
      #expect(found == Array((found.first ?? 0)...(found.last ?? 0)))
      #expect(try talk.numbers("AROUND \(talk.target) \(talk.reference(0, kind)) 3").contains(0))
      #expect(try talk.numbers("AROUND \(talk.target) \(talk.reference(9, kind)) 1").count == 1)
    }

    @Test("BETWEEN: without both ends, counted from the first, forwards and backwards", arguments: kinds, kinds)
    func between(_ kind: String, _ other: String) throws {
      let talk = try Conversation()
      let target = talk.target
      #expect(
        try talk.numbers("BETWEEN \(target) \(talk.reference(2, kind)) \(talk.reference(7, other)) 50") == [3, 4, 5, 6])
      #expect(
        try talk.numbers("BETWEEN \(target) \(talk.reference(7, kind)) \(talk.reference(2, other)) 50") == [3, 4, 5, 6])
      #expect(try talk.numbers("BETWEEN \(target) \(talk.reference(2, kind)) \(talk.reference(7, other)) 2") == [3, 4])
      #expect(try talk.numbers("BETWEEN \(target) \(talk.reference(7, kind)) \(talk.reference(2, other)) 2") == [5, 6])
      #expect(try talk.numbers("BETWEEN \(target) \(talk.reference(4, kind)) \(talk.reference(5, other)) 50") == [])
    }

    @Test("A time between messages need not be that of one") func anyTime() throws {
      let talk = try Conversation()
      #expect(try talk.numbers("AFTER \(talk.target) timestamp=2000-01-01T00:00:00.000Z 3") == [0, 1, 2])
      #expect(try talk.numbers("BEFORE \(talk.target) timestamp=2100-01-01T00:00:00.000Z 3") == [7, 8, 9])
      #expect(try talk.numbers("BEFORE \(talk.target) timestamp=2000-01-01T00:00:00.000Z 3") == [])
    }

    @Test("All pages together are all messages, each once") func pages() throws {
      let talk = try Conversation()
      var found: [Int] = []
      var request = "LATEST \(talk.target) * 3"
      while true {
        let page = try talk.alice.ask("CHATHISTORY \(request)").batch("chathistory").content
        guard let first = page.first else { break }
        found = page.map { Int($0.text) ?? -1 } + found
        request = "BEFORE \(talk.target) msgid=\(first.tag("msgid") ?? "") 3"
        try #require(found.count <= 10)
      }
      #expect(found == Array(0..<10))
    }

    @Test("Between two people: both sides, and nothing of others", .needs(.accounts), arguments: kinds)
    func privately(_ kind: String) throws {
      let talk = try Conversation(private: true)
      let carol = try Client("carol")
      try carol.register(Conversation.capabilities)
      try carol.makeAccount()
      try carol.ask("PRIVMSG \(talk.alice.nick) :100", "PRIVMSG \(talk.bob.nick) :101")
      try talk.alice.heard()
      #expect(try talk.numbers("LATEST \(talk.target) * 50") == Array(0..<10))
      #expect(try talk.numbers("BEFORE \(talk.target) \(talk.reference(5, kind)) 2") == [3, 4])
      let batch = try talk.alice.ask("CHATHISTORY LATEST \(talk.target) * 2").batch("chathistory")
      #expect(batch.parameters == [talk.bob.nick])
      #expect(
        batch.content.map { [$0.nick, $0[0]] } == [
          [talk.alice.nick, talk.bob.nick], [talk.bob.nick, talk.alice.nick],
        ])
    }

    @Test("Without draft/event-playback there are PRIVMSG and NOTICE alone") func messagesAlone() throws {
      let talk = try Conversation(count: 1)
      try talk.alice.ask(
        "NOTICE \(talk.target) :1", "TOPIC \(talk.target) :x", "MODE \(talk.target) +m", "@+x=1 TAGMSG \(talk.target)")
      let carol = try Client.connected("carol")
      try carol.join(talk.target)
      try carol.ask("PART \(talk.target)")
      try talk.alice.heard()
      let lines = try talk.alice.ask("CHATHISTORY LATEST \(talk.target) * 50").batch("chathistory").content
      #expect(lines.map(\.command) == ["PRIVMSG", "NOTICE"])
    }

    @Test(
      "With it there are JOIN, PART, TOPIC, MODE, KICK and NICK too, in their order",
      .needs(.capability("draft/event-playback")))
    func events() throws {
      let talk = try Conversation(count: 1)
      try talk.alice.ask("CAP REQ :draft/event-playback")
      let carol = try Client.connected("carol")
      let room = talk.target
      try talk.alice.ask("TOPIC \(room) :new", "MODE \(room) +m")
      try carol.join(room)
      try carol.ask("PART \(room) :bye")
      try carol.join(room)
      try talk.alice.ask("KICK \(room) \(carol.nick) :out")
      let lines = try talk.alice.ask("CHATHISTORY LATEST \(room) * 50").batch("chathistory").content
      let expected = ["PRIVMSG", "TOPIC", "MODE", "JOIN", "PART", "JOIN", "KICK"]
      #expect(lines.map(\.command).suffix(expected.count) == expected[...], "\(lines)")
      #expect(lines.allSatisfy { $0.tag("time") != nil && $0[0] == room })
    }
  }

  @Suite("chathistory, TARGETS", .needs(.capability("draft/chathistory")), .needs(.accounts)) struct ChatHistoryTargets
  {
    private let ever = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"

    private func targets(_ client: Client, _ request: String) throws -> [[String]] {
      let reply = try client.ask("CHATHISTORY TARGETS \(request)")
      return try reply.batch("draft/chathistory-targets").content.map { line in
        #expect(line.command == "CHATHISTORY" && line[0] == "TARGETS" && line.parameters.count == 3, "\(line)")
        return [line[1], line[2]]
      }
    }

    /// Somebody who has talked to two people and in two channels, in this order, and when.
    private func talker() throws -> (client: Client, spoken: [[String]]) {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      try alice.makeAccount()
      let others = [try Client.withAccount("bob"), try Client.withAccount("carol")]
      let rooms = [try channel(of: alice), try channel(of: alice)]
      var spoken: [[String]] = []
      for target in [others[0].nick, rooms[0], others[1].nick, rooms[1]] {
        poll(nil, 0, 2)
        let echo = try alice.ask("PRIVMSG \(target) :x").first("PRIVMSG")
        spoken.append([target, echo.tag("time") ?? ""])
      }
      return (alice, spoken)
    }

    @Test("Channels and people with the time of the latest message, ordered by it") func all() throws {
      let (alice, spoken) = try talker()
      #expect(try targets(alice, "\(ever) 50") == spoken)
    }

    @Test("Between two times, without them, counted from the first") func between() throws {
      let (alice, spoken) = try talker()
      let first = "timestamp=\(spoken[0][1])"
      let last = "timestamp=\(spoken[3][1])"
      #expect(try targets(alice, "\(first) \(last) 50") == Array(spoken[1...2]))
      #expect(try targets(alice, "\(last) \(first) 50") == Array(spoken[1...2]))
      #expect(try targets(alice, "\(ever) 1") == [spoken[0]])
      let backwards = ever.split(separator: " ").reversed().joined(separator: " ")
      #expect(try targets(alice, "\(backwards) 1") == [spoken[3]])
    }

    @Test("Who has talked to nobody: an empty batch") func nobody() throws {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      try alice.makeAccount()
      #expect(try targets(alice, "\(ever) 50").isEmpty)
    }

    @Test("References that are no times: INVALID_PARAMS") func references() throws {
      let (alice, _) = try talker()
      let fail = try alice.ask("CHATHISTORY TARGETS msgid=a msgid=b 10").first("FAIL")
      #expect(fail[0] == "CHATHISTORY" && ["INVALID_PARAMS", "INVALID_MSGREFTYPE"].contains(fail[1]))
    }
  }

  @Suite("chathistory, ISUPPORT tokens, Errors and Warnings", .needs(.capability("draft/chathistory")))
  struct ChatHistoryErrors {
    @Test("CHATHISTORY is a number, MSGREFTYPES a list of timestamp and msgid") func tokens() throws {
      let most = try Server.underTest.limit("CHATHISTORY")
      #expect(most >= 0)
      let types = (try Server.underTest.features.tokens["MSGREFTYPES"] ?? "timestamp").split(separator: ",")
      #expect(!types.isEmpty && types.allSatisfy { ["timestamp", "msgid"].contains($0) })
    }

    @Test("Nothing to show: an empty batch") func nothing() throws {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      let room = try channel(of: alice)
      let batch = try alice.ask("CHATHISTORY LATEST \(room) * 10").batch("chathistory")
      #expect(batch.content.isEmpty && batch.parameters == [room])
    }

    @Test(
      "Not as the syntax says: FAIL CHATHISTORY INVALID_PARAMS with the subcommand, or 461",
      arguments: [
        "NONSENSE #room * 10", "LATEST", "LATEST #room", "LATEST #room *", "BEFORE #room", "BEFORE #room * 10",
        "BEFORE #room timestamp=yesterday 10", "AFTER #room timestamp=2020-01-01 10", "AROUND #room nonsense 10",
        "LATEST #room * ten", "LATEST #room * -1", "BETWEEN #room timestamp=2020-01-01T00:00:00.000Z 10", "TARGETS",
        "TARGETS timestamp=2020-01-01T00:00:00.000Z 10", "LATEST #room * 10 20",
      ])
    func invalid(_ request: String) throws {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      let room = try channel(of: alice)
      let reply = try alice.ask("CHATHISTORY " + request.replacing("#room", with: room))
      reply.none("BATCH")
      let refusal = try #require(reply.messages.first)
      guard refusal.command != "461" else { return }
      #expect(refusal.command == "FAIL" && refusal[0] == "CHATHISTORY" && refusal[1] == "INVALID_PARAMS", "\(reply)")
      #expect(refusal[2] == String(request.prefix { $0 != " " }) && refusal.parameters.count >= 4, "\(reply)")
    }

    @Test("Without a subcommand: INVALID_PARAMS or 461") func noSubcommand() throws {
      let reply = try Client.connected("alice", "draft/chathistory").ask("CHATHISTORY")
      let refusal = try #require(reply.messages.first)
      #expect(refusal.command == "461" || refusal.command == "FAIL" && refusal[1] == "INVALID_PARAMS", "\(reply)")
    }

    @Test("An unknown kind of reference: INVALID_PARAMS or INVALID_MSGREFTYPE") func kind() throws {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      let room = try channel(of: alice)
      let fail = try alice.ask("CHATHISTORY BEFORE \(room) colour=blue 10").first("FAIL")
      #expect(fail[0] == "CHATHISTORY" && ["INVALID_PARAMS", "INVALID_MSGREFTYPE"].contains(fail[1]))
    }

    @Test("A channel that does not exist, or one is not on: INVALID_TARGET with subcommand and target") func target()
      throws
    {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      let bob = try Client.connected("bob")
      for room in [Server.underTest.fresh("#nowhere"), try channel(of: bob)] {
        let fail = try alice.ask("CHATHISTORY LATEST \(room) * 10").first("FAIL")
        #expect(fail.parameters.dropLast() == ["CHATHISTORY", "INVALID_TARGET", "LATEST", room], "\(fail)")
      }
    }

    @Test("No more than CHATHISTORY says, whatever is asked for") func most() throws {
      let most = try Server.underTest.limit("CHATHISTORY")
      guard (1...300).contains(most) else { return }
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities)
      let room = try channel(of: alice)
      for number in 0...most { try alice.send("PRIVMSG \(room) :\(number)") }
      try alice.heard()
      let exact = try alice.ask("CHATHISTORY LATEST \(room) * \(most)").batch("chathistory").content
      #expect(exact.count == most)
      let reply = try alice.ask("CHATHISTORY LATEST \(room) * \(most + 1)")
      if reply["FAIL"].isEmpty { #expect(try reply.batch("chathistory").content.count <= most) }
    }

    @Test("Without batch the messages come without one") func withoutBatch() throws {
      let alice = try Client.connected("alice", "draft/chathistory")
      let room = try channel(of: alice)
      try alice.ask("PRIVMSG \(room) :one", "PRIVMSG \(room) :two")
      let reply = try alice.ask("CHATHISTORY LATEST \(room) * 10")
      #expect(reply["PRIVMSG"].map(\.text) == ["one", "two"] && reply["BATCH"].isEmpty)
    }

    @Test("A client that has the capability is not played back anything by itself", .needs(.accounts)) func noPlayback()
      throws
    {
      let alice = try Client.withAccount("alice")
      let bob = try Client.withAccount("bob")
      _ = try channel(of: alice)
      try bob.ask("PRIVMSG \(alice.nick) :while you were here")
      try alice.heard()
      let again = try Client.another(of: alice, "draft/chathistory", "batch", "server-time")
      try again.heard().none("PRIVMSG", "NOTICE", "BATCH")
      #expect(again.welcome["PRIVMSG"].isEmpty)
    }

    @Test("With a label the batch has it", .needs(.capability("labeled-response"))) func labelled() throws {
      let alice = try Client("alice")
      try alice.register(Conversation.capabilities + ["labeled-response"])
      let room = try channel(of: alice)
      try alice.ask("PRIVMSG \(room) :one", "PRIVMSG \(room) :two")
      let reply = try alice.ask("@label=h CHATHISTORY LATEST \(room) * 10")
      #expect(try reply.labelled("h").filter { $0.command == "PRIVMSG" }.map(\.text) == ["one", "two"])
      let fail = try alice.ask("@label=f CHATHISTORY NONSENSE \(room) * 10")
      #expect(try fail.labelled("f").map(\.command) == ["FAIL"])
    }
  }
}
