import Testing

/// The words of the last parameters of CAP lines of one kind.
func listed(_ reply: Reply, _ subcommand: String) -> [String] {
  reply["CAP"].filter { $0[1] == subcommand }.flatMap { $0.text.split(separator: " ").map(String.init) }
}

/// One of the capabilities that change nothing about CAP itself.
private func capability(_ index: Int) throws -> String { try Server.underTest.harmlessCapabilities[index] }

extension Conformance {
  @Suite("capability-negotiation, Connection Registration") struct CapabilityRegistration {
    @Test(
      "After CAP LS or CAP REQ registration waits for CAP END", arguments: ["CAP LS", "CAP LS 302", "CAP REQ :no-such"])
    func suspends(_ line: String) throws {
      let alice = try Client("alice")
      try alice.send(line, "NICK \(alice.nick)", "USER alice 0 * :Alice")
      #expect(try alice.heard()["001"].isEmpty)
      try alice.send("CAP END")
      try alice.awaitWelcome()
    }

    @Test(
      "NICK and USER before CAP, between, or after: the end is the same", .needs(.capabilities(1)), arguments: 0..<3)
    func order(_ place: Int) throws {
      let alice = try Client("alice")
      let one = try capability(0)
      var lines = ["CAP LS 302", "CAP REQ :\(one)"]
      // After both NICK and USER without CAP the client would be in already.
      lines.insert("NICK \(alice.nick)", at: place)
      for line in lines { try alice.send(line) }
      try alice.send("USER alice 0 * :Alice", "CAP END")
      try alice.awaitWelcome()
      #expect(listed(try alice.ask("CAP LIST"), "LIST").contains(one))
    }

    @Test("CAP END without a negotiation before it changes nothing") func onlyEnd() throws {
      let alice = try Client("alice")
      try alice.send("CAP END", "NICK \(alice.nick)", "USER alice 0 * :Alice")
      try alice.awaitWelcome()
    }

    @Test("CAP END twice: the second is ignored", .needs(.capabilities(1))) func twice() throws {
      let one = try capability(0)
      let alice = try Client.connected("alice", one)
      try alice.ask("CAP END", "CAP END").isNothing()
    }

    @Test("CAP END before NICK and USER: they end the registration") func endFirst() throws {
      let alice = try Client("alice")
      try alice.send("CAP LS 302", "CAP END", "NICK \(alice.nick)", "USER alice 0 * :Alice")
      try alice.awaitWelcome()
    }
  }

  @Suite("capability-negotiation, The CAP command") struct CapabilityCommand {
    @Test("An unknown subcommand: 410 with it, before and after registration", arguments: ["FOO", "ACK", "NAK"])
    func unknown(_ subcommand: String) throws {
      let alice = try Client("alice")
      let early = try alice.ask("CAP \(subcommand)").first("410")
      #expect(early.parameters.count == 3 && early[0] == "*" && early[1] == subcommand)
      try alice.register()
      let late = try alice.ask("CAP \(subcommand)").first("410")
      #expect(late.parameters.count == 3 && late[0] == alice.nick && late[1] == subcommand)
    }

    @Test("Without a subcommand: 461 or 410") func none() throws {
      let reply = try Client.connected("alice").ask("CAP")
      #expect(["461", "410"].contains(reply.commands.first), "\(reply)")
    }

    @Test("It is accepted after registration too, for the client's nick", .needs(.capabilities(1))) func late() throws {
      let one = try capability(0)
      let alice = try Client.connected("alice")
      let reply = try alice.ask("CAP LS 302", "CAP LIST", "CAP REQ :\(one)", "CAP REQ :-\(one)", "CAP END")
      #expect(reply["CAP"].allSatisfy { $0[0] == alice.nick })
      #expect(reply["CAP"].map { $0[1] }.filter { $0 != "LS" } == ["LIST", "ACK", "ACK"])
    }
  }

  @Suite("capability-negotiation, The CAP LS subcommand") struct CapabilityList {
    @Test("Names without values, in one line, for a client without a version") func plain() throws {
      let alice = try Client("alice")
      let reply = try alice.ask("CAP LS")
      #expect(!listed(reply, "LS").isEmpty && listed(reply, "LS").allSatisfy { !$0.contains("=") })
      #expect(reply["CAP"].allSatisfy { $0.parameters.count == 3 && $0[0] == "*" })
    }

    @Test(
      "302 and above: values, and * before the list in all lines but the last", arguments: ["302", "303", "307", "999"])
    func versions(_ version: String) throws {
      let alice = try Client("alice")
      let reply = try alice.ask("CAP LS \(version)")
      let lines = reply["CAP"]
      #expect(lines.dropLast().allSatisfy { $0.parameters.count == 4 && $0[2] == "*" })
      #expect(lines.last?.parameters.count == 3)
      #expect(lines.allSatisfy { $0.bytes.count <= 510 }, "a CAP line fits 512 bytes")
      let names = listed(reply, "LS")
      #expect(Set(names).count == names.count)
      #expect(names.allSatisfy { !$0.hasPrefix("-") })
      if let sasl = names.first(where: { $0.hasPrefix("sasl") }) { #expect(sasl.hasPrefix("sasl=") || sasl == "sasl") }
    }

    @Test("A lower version later: an answer as for it, but the higher stays") func lower() throws {
      let alice = try Client("alice")
      try alice.ask("CAP LS 302")
      #expect(listed(try alice.ask("CAP LS"), "LS").allSatisfy { !$0.contains("=") })
      // What 302 brings cannot be switched off.
      try alice.ask("CAP REQ :-cap-notify")
      #expect(
        try listed(try alice.ask("CAP LS 302"), "LS").count >= min(2, Server.underTest.features.capabilities.count))
    }
  }

  @Suite("capability-negotiation, The CAP LIST subcommand") struct CapabilityEnabled {
    @Test("What is enabled; an empty parameter where nothing is", .needs(.capabilities(2))) func list() throws {
      let one = try capability(0)
      let other = try capability(1)
      let alice = try Client("alice")
      let empty = try alice.ask("CAP LIST").first("CAP")
      #expect(empty.parameters == ["*", "LIST", ""])
      try alice.register([one, other])
      #expect(Set(listed(try alice.ask("CAP LIST"), "LIST")) == [one, other])
    }
  }

  @Suite("capability-negotiation, The CAP REQ, ACK and NAK subcommands") struct CapabilityRequest {
    @Test("What is there: ACK with what was asked for, and it is enabled", .needs(.capabilities(2))) func acknowledged()
      throws
    {
      let one = try capability(0)
      let other = try capability(1)
      let alice = try Client("alice")
      let reply = try alice.ask("CAP REQ :\(one) \(other)")
      #expect(Set(listed(reply, "ACK")) == [one, other])
      #expect(reply["CAP"].first?[0] == "*")
    }

    @Test("One of them unknown: NAK with what was asked for, and nothing changes", .needs(.capabilities(2)))
    func refused() throws {
      let one = try capability(0)
      let other = try capability(1)
      let alice = try Client.connected("alice", one)
      let reply = try alice.ask("CAP REQ :\(other) no-such-thing -\(one)")
      #expect(Set(listed(reply, "NAK")) == [other, "no-such-thing", "-\(one)"])
      #expect(listed(reply, "ACK").isEmpty)
      #expect(listed(try alice.ask("CAP LIST"), "LIST") == [one])
    }

    @Test("- disables", .needs(.capabilities(2))) func disabled() throws {
      let one = try capability(0)
      let other = try capability(1)
      let alice = try Client.connected("alice", one, other)
      let reply = try alice.ask("CAP REQ :-\(one)")
      #expect(listed(reply, "ACK") == ["-\(one)"])
      #expect(listed(try alice.ask("CAP LIST"), "LIST") == [other])
    }

    @Test("Enabling what is enabled and disabling what is not succeed", .needs(.capabilities(2))) func again() throws {
      let one = try capability(0)
      let other = try capability(1)
      let alice = try Client.connected("alice", one)
      #expect(listed(try alice.ask("CAP REQ :\(one)"), "ACK") == [one])
      #expect(listed(try alice.ask("CAP REQ :-\(other)"), "ACK") == ["-\(other)"])
      #expect(listed(try alice.ask("CAP LIST"), "LIST") == [one])
    }

    @Test("Names are compared with regard to case") func caseMatters() throws {
      let alice = try Client.connected("alice")
      #expect(listed(try alice.ask("CAP REQ :BATCH"), "NAK") == ["BATCH"])
    }

    @Test("A value is no part of a name: what is asked for with one is refused") func value() throws {
      let alice = try Client.connected("alice")
      #expect(listed(try alice.ask("CAP REQ :batch=yes"), "NAK") == ["batch=yes"])
    }

    @Test(
      "A single name needs no colon, and spaces at the end do not matter", .needs(.capabilities(1)),
      arguments: ["", ":"])
    func spaces(_ colon: String) throws {
      let one = try capability(0)
      for end in colon.isEmpty ? [""] : ["", " "] {
        #expect(listed(try Client.connected("alice").ask("CAP REQ \(colon)\(one)\(end)"), "ACK") == [one])
      }
    }

    @Test("Everything that is offered can be had") func everything() throws {
      let offered = try Server.underTest.features.capabilities
      let alice = try Client("alice")
      for name in offered.keys.sorted() where name != "sts" {
        let reply = try alice.ask("CAP REQ :\(name)")
        #expect(listed(reply, "ACK") == [name], "\(reply)")
        // Of these one at a time (draft/metadata-3, "Relation with other specifications").
        if name.hasPrefix("draft/metadata-") { try alice.ask("CAP REQ :-\(name)") }
      }
      try alice.register()
    }
  }

  @Suite("capability-negotiation, cap-notify") struct CapabilityNotify {
    @Test("With 302 it is enabled, can be asked for, and cannot be disabled", .needs(.capability("cap-notify")))
    func implied() throws {
      let alice = try Client("alice")
      try alice.ask("CAP LS 302")
      #expect(listed(try alice.ask("CAP REQ :cap-notify"), "ACK") == ["cap-notify"])
      #expect(listed(try alice.ask("CAP REQ :-cap-notify"), "ACK").isEmpty)
    }

    @Test("Without 302 it can be enabled and disabled", .needs(.capability("cap-notify"))) func explicit() throws {
      let alice = try Client("alice")
      #expect(listed(try alice.ask("CAP REQ :cap-notify"), "ACK") == ["cap-notify"])
      #expect(listed(try alice.ask("CAP REQ :-cap-notify"), "ACK") == ["-cap-notify"])
    }
  }
}
