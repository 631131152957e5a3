import Testing

extension Conformance {
  @Suite("Modern IRC, Server Queries and Commands") struct ServerQueries {
    private let nowhere = "no.such.server.example"

    @Test("MOTD: 375, 372 and 376, or 422") func messageOfTheDay() throws {
      let reply = try Client.connected("alice").ask("MOTD")
      if reply["422"].isEmpty { reply.order("375", "372", "376") } else { try reply.one("422", nil) }
    }

    @Test("The server's own name is as good as none", arguments: ["MOTD", "VERSION", "ADMIN", "TIME"])
    func ownName(_ command: String) throws {
      let alice = try Client.connected("alice")
      let name = try Server.underTest.features.name
      #expect(try alice.ask("\(command) \(name)").commands == alice.ask(command).commands)
    }

    @Test("A server that does not exist: 402 with the name", arguments: ["MOTD", "VERSION", "ADMIN", "TIME"])
    func noSuchServer(_ command: String) throws {
      try Client.connected("alice").ask("\(command) \(nowhere)").one("402", nowhere, nil)
    }

    @Test("VERSION: 351 with version, server and comment, and 005") func version() throws {
      let reply = try Client.connected("alice").ask("VERSION")
      let version = try reply.one("351", nil, nil, nil)
      #expect(version[2] == version.source)
      try reply.first("005")
    }

    @Test("ADMIN: 256, 257, 258 and 259", .needs(.named("admin"))) func admin() throws {
      let reply = try Client.connected("alice").ask("ADMIN")
      #expect(reply.commands == ["256", "257", "258", "259"])
      #expect(reply["259"].first?.text.contains("@") == true, "RPL_ADMINEMAIL MUST contain an address")
    }

    @Test("LUSERS: at least 251 and 255, with their parameters") func users() throws {
      let reply = try Client.connected("alice").ask("LUSERS")
      try reply.one("251", nil)
      try reply.one("255", nil)
      for (numeric, count) in [("252", 3), ("253", 3), ("254", 3)] {
        for line in reply[numeric] { #expect(line.parameters.count == count && Int(line[1]) != nil, "\(line)") }
      }
      for numeric in ["265", "266"] {
        for line in reply[numeric] where line.parameters.count > 2 {
          #expect(line.parameters.count == 4 && (Int(line[1]) ?? 0) > 0 && Int(line[2])! >= Int(line[1])!, "\(line)")
        }
      }
    }

    @Test("LINKS: 364 for each server that is shown, and 365") func links() throws {
      let reply = try Client.connected("alice").ask("LINKS")
      if !reply["421"].isEmpty { return }
      for line in reply["364"] { #expect(line.parameters.count == 4, "\(line)") }
      try reply.one("365", nil, nil)
      #expect(reply.commands.last == "365")
    }

    @Test("TIME: 391 with the server and the time") func time() throws {
      let line = try Client.connected("alice").ask("TIME").first("391")
      #expect((3...5).contains(line.parameters.count) && line[1] == line.source && !line.text.isEmpty)
    }

    @Test("STATS without a letter: 461") func noLetter() throws {
      try Client.connected("alice").ask("STATS").one("461", "STATS", nil)
    }

    @Test("STATS: the answer ends with 219 and the letter, or is refused", arguments: ["u", "m", "l", "o", "c"])
    func statistics(_ letter: String) throws {
      let reply = try Client.connected("alice").ask("STATS \(letter)")
      guard reply["481"].isEmpty && reply["723"].isEmpty else { return }
      try reply.one("219", letter, nil)
      #expect(reply.commands.last == "219")
      if letter == "u" { for line in reply["242"] { #expect(line.parameters.count == 2) } }
      if letter == "m" { for line in reply["212"] { #expect(line.parameters.count >= 3 && Int(line[2]) != nil) } }
    }

    @Test("INFO: 371 for each line and 374") func information() throws {
      let reply = try Client.connected("alice").ask("INFO")
      for line in reply["371"] { #expect(line.parameters.count == 2, "\(line)") }
      try reply.one("374", nil)
      #expect(reply.commands.last == "374")
    }

    @Test("HELP: 704, any number of 705, and 706, all with the subject", arguments: ["", "PRIVMSG"])
    func help(_ subject: String) throws {
      let reply = try Client.connected("alice").ask("HELP \(subject)")
      guard subject.isEmpty || reply["524"].isEmpty else { return }
      try #require(reply["704"].count == 1 && reply["706"].count == 1, "\(reply)")
      reply.order("704", "705", "706")
      for line in reply.messages {
        #expect(line.parameters.count == 3, "\(line)")
        #expect(line[1].uppercased() == (subject.isEmpty ? line[1].uppercased() : subject), "\(line)")
      }
    }

    @Test(
      "HELP for a subject that is unknown: 524 with the subject, * for one that is no parameter",
      arguments: [("nonsense", "nonsense"), (":two words", "*"), ("::colon", "*")])
    func noHelp(_ subject: String, _ name: String) throws {
      let reply = try Client.connected("alice").ask("HELP \(subject)")
      let line = try #require(reply.messages.first { ["524", "704"].contains($0.command) }, "\(reply)")
      #expect(line.parameters.count == 3 && line[1].lowercased() == name, "\(line)")
    }

    @Test(
      "Commands of operators are refused to others with 481 (or 723), or are not known",
      arguments: ["REHASH", "RESTART", "SQUIT no.such.server.example :x", "CONNECT no.such.server.example"])
    func operatorsOnly(_ line: String) throws {
      let reply = try Client.connected("alice").ask(line)
      #expect(["481", "723", "421"].contains(reply.commands.first), "\(reply)")
    }
  }
}
