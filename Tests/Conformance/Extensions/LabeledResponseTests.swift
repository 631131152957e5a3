import Testing

extension Conformance {
  @Suite("labeled-response", .needs(.capability("labeled-response"))) struct LabeledResponse {
    private func labelling(_ role: String = "alice", _ more: String...) throws -> Client {
      let client = try Client(role)
      try client.register(["labeled-response", "batch", "message-tags"] + more)
      return client
    }

    @Test("An answer of one message has the label itself") func single() throws {
      let alice = try labelling()
      try alice.send("@label=one PING token")
      #expect(try alice.until("PONG").first("PONG").tag("label") == "one")
      let away = try alice.ask("@label=two AWAY :gone").labelled("two")
      #expect(away.map(\.command) == ["306"])
    }

    @Test("An answer of several is a batch; its start has the label, its lines have not") func several() throws {
      let alice = try labelling()
      let reply = try alice.ask("@label=abc WHOIS \(alice.nick)")
      let lines = try reply.labelled("abc")
      #expect(lines.first?.command == "311" && lines.last?.command == "318")
      #expect(lines.allSatisfy { $0.tag("label") == nil })
      let batch = try reply.batch("labeled-response")
      #expect(batch.parameters.isEmpty && batch.content.count == lines.count)
      #expect(reply["BATCH"].last?.tag("label") == nil)
    }

    @Test(
      "The ACK response: for a command that has no answer", arguments: ["PONG x", "PRIVMSG bob :x", "NOTICE bob :x"])
    func acknowledged(_ line: String) throws {
      let alice = try labelling()
      let bob = try Client.connected("bob")
      let answer = try alice.ask("@label=quiet " + line.replacing("bob", with: bob.nick)).labelled("quiet")
      #expect(answer.map(\.command) == ["ACK"] && answer[0].parameters.isEmpty && !answer[0].source.contains("!"))
    }

    @Test("Errors have the label") func errors() throws {
      let alice = try labelling()
      let nobody = Server.underTest.fresh("nobody")
      #expect(try alice.ask("@label=e PRIVMSG \(nobody) :x").labelled("e").map(\.command) == ["401"])
      #expect(try alice.ask("@label=f NONSENSE").labelled("f").map(\.command) == ["421"])
      #expect(try alice.ask("@label=g JOIN").labelled("g").map(\.command) == ["461"])
    }

    @Test(
      "Exactly one logical message for every command",
      arguments: [
        "NAMES #room", "WHO #room", "WHO me", "WHOIS me", "WHOWAS me", "LIST #room", "MODE #room", "MODE #room b",
        "MODE me", "MODE #room +v me", "MODE #room +m", "TOPIC #room", "TOPIC #room :new", "MOTD", "VERSION", "ADMIN",
        "TIME", "LUSERS", "LINKS", "INFO", "STATS u", "HELP", "USERHOST me", "AWAY", "NICK", "NICK new", "JOIN #room",
        "JOIN #other", "JOIN #a-{n},#b-{n}", "PART #room", "PART #nowhere", "KICK #room me", "INVITE me #room",
        "INVITE nobody #room", "CAP LS", "CAP LIST", "CAP REQ :server-time", "CAP END", "OPER x y", "KILL x :y",
        "WALLOPS :x", "USER x 0 * :x", "PASS x", "PRIVMSG", "PRIVMSG me :x", "NOTICE me :x", "PING x", "ISON me",
        "TAGMSG me", "MONITOR + me,nobody", "MONITOR - me", "MONITOR L", "MONITOR S", "MONITOR C", "SETNAME :New name",
        "WHO #room %tcuhnf,42", "AUTHENTICATE PLAIN", "STATS", "MODE #room +Y", "TOPIC #nowhere", "NAMES #nowhere",
      ])
    func every(_ line: String) throws {
      let alice = try labelling()
      let room = try channel(of: alice)
      let fresh = Server.underTest.fresh("new")
      let words = line.split(separator: " ").map { word in
        switch word {
        case "#room": room
        case "me": alice.nick
        case "new": fresh
        default: String(word).replacing("{n}", with: fresh)
        }
      }
      let reply = try alice.ask("@label=the-label " + words.joined(separator: " "))
      let answer: [Message]
      if line == "PING x" {
        return
      } else {
        answer = try reply.labelled("the-label")
      }
      // Nothing is said besides, but what a message to oneself brings.
      let outside = reply.messages.filter { $0.tag("label") == nil && $0.tag("batch") == nil && $0.command != "BATCH" }
      #expect(outside.allSatisfy { ["PRIVMSG", "NOTICE", "TAGMSG", "INVITE"].contains($0.command) }, "\(reply)")
      #expect(!answer.isEmpty)
    }

    @Test(
      "Tags: the value comes back as it was", arguments: ["x", #"a\sb\:c\\d"#, String(repeating: "l", count: 64), "é"])
    func value(_ label: String) throws {
      let alice = try labelling()
      let meant = label.replacing(#"\s"#, with: " ").replacing(#"\:"#, with: ";").replacing(#"\\"#, with: #"\"#)
      #expect(try alice.ask("@label=\(label) AWAY").labelled(meant).map(\.command) == ["305"])
    }

    @Test("Nobody else sees the label") func private_() throws {
      let alice = try labelling()
      let bob = try labelling("bob")
      let room = try channel(of: alice, bob)
      try alice.ask("@label=secret PRIVMSG \(room) :x", "@label=more TOPIC \(room) :x", "@label=most PART \(room)")
      #expect(try bob.heard().messages.allSatisfy { $0.tag("label") == nil && $0.tag("batch") == nil })
    }

    @Test("With echo-message the echo has it", .needs(.capability("echo-message"))) func echo() throws {
      let alice = try labelling("alice", "echo-message")
      let bob = try Client.connected("bob")
      for line in ["PRIVMSG \(bob.nick) :x", "NOTICE \(bob.nick) :x", "TAGMSG \(bob.nick)"] {
        let answer = try alice.ask("@label=l;+example=1 \(line)").labelled("l")
        #expect(answer.count == 1 && line.hasPrefix(answer[0].command) && answer[0].nick == alice.nick)
      }
    }

    @Test("A message to oneself: the echo has it, what is received has not", .needs(.capability("echo-message")))
    func toOneself() throws {
      let alice = try labelling("alice", "echo-message")
      let reply = try alice.ask("@label=l PRIVMSG \(alice.nick) :note")
      #expect(try reply.labelled("l").map(\.command) == ["PRIVMSG"])
      #expect(reply["PRIVMSG"].count == 2 && reply["PRIVMSG"].count { $0.tag("label") == nil } == 1)
    }

    @Test("Several targets: one batch with all their answers", .needs(.capability("echo-message")))
    func severalTargets() throws {
      guard (try Server.underTest.targets("PRIVMSG") ?? 2) > 1 else { return }
      let alice = try labelling("alice", "echo-message")
      let bob = try Client.connected("bob")
      let nobody = Server.underTest.fresh("nobody")
      let answer = try alice.ask("@label=l PRIVMSG \(bob.nick),\(nobody) :x").labelled("l")
      #expect(answer.map(\.command) == ["PRIVMSG", "401"])
    }

    @Test("Without the capability a label is like any unknown tag") func withoutCapability() throws {
      let alice = try Client.connected("alice", "message-tags", "batch")
      let reply = try alice.ask("@label=x WHOIS \(alice.nick)", "@label=y AWAY", "@label=z PONG")
      #expect(reply.messages.allSatisfy { $0.tag("label") == nil } && reply["ACK"].isEmpty && reply["BATCH"].isEmpty)
    }

    @Test("Without batch there are no batches") func withoutBatch() throws {
      let alice = try Client.connected("alice", "labeled-response", "message-tags")
      #expect(try alice.ask("@label=x WHOIS \(alice.nick)")["BATCH"].isEmpty)
    }

    @Test("Before registration it holds too") func early() throws {
      let alice = try Client("alice")
      try alice.request(["labeled-response", "batch", "message-tags"])
      #expect(try alice.ask("@label=x JOIN #x").labelled("x").map(\.command) == ["451"])
      #expect(try alice.ask("@label=y CAP LIST").labelled("y").allSatisfy { $0.command == "CAP" })
    }
  }

  @Suite("batch", .needs(.capability("batch"))) struct Batch {
    @Test("Who has not asked for it gets none") func withoutCapability() throws {
      let alice = try Client.connected("alice", "message-tags", "server-time")
      let room = try channel(of: alice)
      let reply = try alice.ask("WHO \(room)", "NAMES \(room)", "LIST \(room)", "WHOIS \(alice.nick)")
      #expect(reply["BATCH"].isEmpty && reply.messages.allSatisfy { $0.tag("batch") == nil })
    }

    @Test("References are different while they are in use", .needs(.capability("labeled-response"))) func references()
      throws
    {
      let alice = try Client.connected("alice", "batch", "labeled-response", "message-tags")
      for number in 0..<20 { try alice.send("@label=l\(number) WHOIS \(alice.nick)") }
      let reply = try alice.heard()
      var open: Set<String> = []
      for line in reply["BATCH"] {
        let reference = String(line[0].dropFirst())
        if line[0].hasPrefix("+") {
          #expect(open.insert(reference).inserted)
        } else {
          #expect(open.remove(reference) != nil)
        }
      }
      #expect(open.isEmpty && reply["BATCH"].count == 40)
      for number in 0..<20 { #expect(try reply.labelled("l\(number)").count > 3) }
    }
  }
}
