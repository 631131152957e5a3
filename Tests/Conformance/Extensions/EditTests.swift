import Testing

extension Conformance {
  /// Of Moot's extension `moot/edit`, as docs/clients.md, "Edits", has it.
  @Suite("moot/edit", .needs(.capability("moot/edit")), .needs(.accounts)) struct Edits {
    static let capabilities = ["moot/edit", "message-tags", "echo-message"]

    private func knowing(_ role: String, _ more: String...) throws -> Client {
      let client = try Client(role)
      try client.register(Self.capabilities + more)
      try client.makeAccount()
      return client
    }

    private func said(_ line: String, by client: Client) throws -> String {
      try #require(try client.ask(line).messages.first { $0.nick == client.nick }?.tag("msgid"))
    }

    @Test("An edit is a message with an id of its own and the tag", arguments: ["PRIVMSG", "NOTICE"])
    func edited(_ command: String) throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      for target in [room, bob.nick] {
        let id = try said("\(command) \(target) :helo", by: alice)
        try bob.heard()
        let echo = try alice.ask("@+draft/edit=\(id);+x=1 \(command) \(target.uppercased()) :hello").first(command)
        let seen = try bob.heard().one(command, target, "hello", from: alice)
        #expect(echo.text == "hello" && echo[0] == target && seen.tag("+draft/edit") == id && seen.tag("+x") == "1")
        #expect(seen.tag("msgid") != nil && seen.tag("msgid") != id && seen.tag("msgid") == echo.tag("msgid"))
      }
    }

    @Test("The id of an edit stands for the message: the tag names that, never another edit") func again() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let id = try said("PRIVMSG \(bob.nick) :1", by: alice)
      var newest = id
      for text in ["2", "3", "4"] {
        let echo = try alice.ask("@+draft/edit=\(newest) PRIVMSG \(bob.nick) :\(text)").first("PRIVMSG")
        #expect(echo.tag("+draft/edit") == id)
        newest = echo.tag("msgid") ?? ""
      }
      #expect(try bob.heard()["PRIVMSG"].map { $0.tag("+draft/edit") } == [nil, id, id, id])
    }

    @Test("Who does not know edits is told by `[edit] ` before the text, behind ACTION") func mark() throws {
      let alice = try knowing("alice")
      let bob = try Client.connected("bob", "message-tags")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      for (text, marked) in [("hello", "[edit] hello"), ("\u{1}ACTION waves\u{1}", "\u{1}ACTION [edit] waves\u{1}")] {
        let id = try said("PRIVMSG \(room) :\(text)", by: alice)
        for client in [bob, carol] { try client.heard() }
        try alice.ask("@+draft/edit=\(id) PRIVMSG \(room) :\(text)").one("PRIVMSG", room, text, from: alice)
        let seen = try bob.heard().one("PRIVMSG", room, marked, from: alice)
        #expect(seen.tag("+draft/edit") == id)
        #expect(try carol.heard().one("PRIVMSG", room, marked, from: alice).tags.isEmpty)
      }
    }

    @Test("One line becomes several, and several become one", .needs(.capability("draft/multiline")))
    func several() throws {
      let alice = try knowing("alice", "batch", "draft/multiline")
      let bob = try knowing("bob", "batch", "draft/multiline")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      let id = try said("PRIVMSG \(room) :one", by: alice)
      for client in [bob, carol] { try client.heard() }
      try alice.say(["", "one", "two"], to: room, tags: "+draft/edit=\(id)")
      let (opening, parts) = try bob.heard().several()
      #expect(opening.tag("+draft/edit") == id && parts == ["", "one", "two"])
      #expect(try carol.heard()["PRIVMSG"].map(\.text) == ["[edit] one", "two"])
      try alice.ask("@+draft/edit=\(id) PRIVMSG \(room) :three").one("PRIVMSG", room, "three", from: alice)
      #expect(try bob.heard().one("PRIVMSG", room, "three", from: alice).tag("+draft/edit") == id)
    }

    @Test("With a label the echo has it, and so has what refuses", .needs(.capability("labeled-response")))
    func label() throws {
      let alice = try knowing("alice", "labeled-response", "batch")
      let bob = try knowing("bob")
      let id = try said("PRIVMSG \(bob.nick) :x", by: alice)
      let edit = try alice.ask("@label=a;+draft/edit=\(id) PRIVMSG \(bob.nick) :y").labelled("a")
      #expect(edit.map(\.text) == ["y"] && edit.map(\.command) == ["PRIVMSG"])
      let refused = try alice.ask("@label=b;+draft/edit=none PRIVMSG \(bob.nick) :y").labelled("b")
      #expect(refused.map(\.command) == ["FAIL"])
    }

    @Test(
      "From then on history has the new text where the message was, marked, and the edit where it was said",
      .needs(.capability("draft/chathistory")))
    func history() throws {
      let alice = try knowing("alice", "batch", "server-time", "draft/chathistory")
      let room = try channel(of: alice)
      let id = try said("PRIVMSG \(room) :helo", by: alice)
      try alice.ask("PRIVMSG \(room) :between")
      try alice.ask("@+draft/edit=\(id) PRIVMSG \(room) :hallo")
      try alice.ask("@+draft/edit=\(id) PRIVMSG \(room) :hello")
      let content = try alice.ask("CHATHISTORY LATEST \(room) * 50").batch("chathistory").content
      #expect(content.map(\.text) == ["hello", "between", "hello"], "\(content)")
      #expect(content.first?.tag("msgid") == id && content.first?.tag("moot/edited") != nil)
      #expect(content.last?.tag("+draft/edit") == id)
      #expect(content.dropFirst().allSatisfy { $0.tag("moot/edited") == nil })
      // Who does not know edits has each text once.
      try alice.ask("CAP REQ :-moot/edit")
      let plain = try alice.ask("CHATHISTORY LATEST \(room) * 50").batch("chathistory").content
      #expect(plain.map(\.text) == ["hello", "between"], "\(plain)")
    }

    @Test("Search finds the new text, and not the old", .needs(.capability("soju.im/search"))) func search() throws {
      let alice = try knowing("alice", "batch", "soju.im/search")
      let room = try channel(of: alice)
      let id = try said("PRIVMSG \(room) :the old wording", by: alice)
      try alice.ask("@+draft/edit=\(id) PRIVMSG \(room) :the new phrase")
      func found(_ text: String) throws -> [Message] {
        try alice.ask("SEARCH in=\(room);text=\(text)").batch("soju.im/search").content
      }
      #expect(try found("wording").isEmpty)
      #expect(try found("phrase").contains { $0.tag("msgid") == id })
    }

    @Test("REDACT with the id of a message or of any edit takes back all of them, and names the message")
    func redacted() throws {
      let alice = try knowing("alice", "draft/message-redaction", "batch", "draft/chathistory")
      let bob = try knowing("bob", "draft/message-redaction")
      let room = try channel(of: alice, bob)
      for which in 0..<3 {
        var ids = [try said("PRIVMSG \(room) :1", by: alice)]
        for text in ["2", "3"] { ids.append(try said("@+draft/edit=\(ids[0]) PRIVMSG \(room) :\(text)", by: alice)) }
        try bob.heard()
        try alice.ask("REDACT \(room) \(ids[which])").one("REDACT", room, ids[0], from: alice)
        try bob.heard().one("REDACT", room, ids[0], from: alice)
        let left = try alice.ask("CHATHISTORY LATEST \(room) * 50").batch("chathistory").content
        #expect(!left.contains { $0.command == "PRIVMSG" && ["1", "2", "3"].contains($0.text) }, "\(left)")
        try refused(alice, "@+draft/edit=\(ids[0]) PRIVMSG \(room) :4", "UNKNOWN_MSGID", room)
      }
    }

    /// That an edit is refused with FAIL EDIT, and nobody else hears of it.
    private func refused(
      _ client: Client, _ line: String, _ code: String, _ target: String, others: [Client] = [],
      at location: SourceLocation = #_sourceLocation
    ) throws {
      let reply = try client.ask(line)
      let fail = try reply.first("FAIL", at: location)
      #expect(
        fail.parameters.prefix(3) == ["EDIT", code, target] && reply.messages.count == 1, "\(reply)",
        sourceLocation: location)
      for other in others { try other.heard().isNothing(at: location) }
    }

    @Test("EDIT_FORBIDDEN: not one's own, whatever the rank; a NOTICE for a PRIVMSG and the other way") func forbidden()
      throws
    {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      let bobs = try said("PRIVMSG \(room) :x", by: bob)
      let message = try said("PRIVMSG \(room) :x", by: alice)
      let notice = try said("NOTICE \(room) :x", by: alice)
      for client in [alice, bob] { try client.heard() }
      try refused(alice, "@+draft/edit=\(bobs) PRIVMSG \(room) :y", "EDIT_FORBIDDEN", room, others: [bob])
      try refused(alice, "@+draft/edit=\(message) NOTICE \(room) :y", "EDIT_FORBIDDEN", room, others: [bob])
      try refused(alice, "@+draft/edit=\(notice) PRIVMSG \(room) :y", "EDIT_FORBIDDEN", room, others: [bob])
    }

    @Test("UNKNOWN_MSGID and INVALID_TARGET: what is not there is not told apart from what is not one's own to see")
    func unknown() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let carol = try knowing("carol")
      let room = try channel(of: alice, bob)
      let id = try said("PRIVMSG \(room) :x", by: alice)
      let toBob = try said("PRIVMSG \(bob.nick) :x", by: alice)
      try bob.heard()
      try refused(alice, "@+draft/edit=nonsense PRIVMSG \(room) :y", "UNKNOWN_MSGID", room, others: [bob])
      try refused(alice, "@+draft/edit=\(id) PRIVMSG \(bob.nick) :y", "UNKNOWN_MSGID", bob.nick, others: [bob])
      try refused(carol, "@+draft/edit=\(toBob) PRIVMSG \(bob.nick) :y", "UNKNOWN_MSGID", bob.nick, others: [bob])
      try refused(carol, "@+draft/edit=\(id) PRIVMSG \(room) :y", "INVALID_TARGET", room, others: [alice, bob])
    }

    @Test("A TAGMSG is not edited: INVALID_TARGET") func tagMessage() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let id = try said("@+draft/react=x TAGMSG \(bob.nick)", by: alice)
      try bob.heard()
      try refused(alice, "@+draft/edit=\(id) TAGMSG \(bob.nick)", "INVALID_TARGET", bob.nick, others: [bob])
    }

    @Test("Who may not speak may not edit: 404") func silenced() throws {
      let alice = try knowing("alice")
      let bob = try knowing("bob")
      let room = try channel(of: alice, bob)
      let id = try said("PRIVMSG \(room) :x", by: bob)
      try alice.ask("MODE \(room) +m")
      for client in [alice, bob] { try client.heard() }
      try bob.ask("@+draft/edit=\(id) PRIVMSG \(room) :y").one("404", room, nil)
      try alice.heard().isNothing()
    }
  }
}
