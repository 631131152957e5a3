import Testing

extension Conformance {
  @Suite("Modern IRC, PING message: after all that was said before") struct Synchrony {
    /// Every command, with what it is answered with at the latest before the PONG; `|` between those that may be.
    /// `me` and `bob` stand for nicks, `#room` for a channel one is an operator of, `ID` for a message in it, `new` for
    /// a name that nobody has.
    private static let commands = [
      "NICK new": "NICK|400|433", "JOIN #new": "366", "PART #room": "PART", "TOPIC #room": "331",
      "TOPIC #room :x": "TOPIC",
      "NAMES #room": "366", "LIST": "323", "INVITE bob #room": "341|443", "KICK #room bob": "KICK", "MODE #room": "324",
      "MODE #room b": "368", "MODE #room +v bob": "MODE", "MODE me": "221", "WHO #room": "315", "WHOIS bob": "318",
      "WHOWAS new": "369", "MOTD": "376|422", "VERSION": "351", "ADMIN": "256|423", "LUSERS": "255", "TIME": "391",
      "STATS u": "219|481", "LINKS": "365", "INFO": "374", "HELP": "704|705|706|524|290", "USERHOST me": "302",
      "ISON me": "303", "AWAY :gone": "306", "AWAY": "305", "OPER x y": "464|491", "KILL bob :x": "481",
      "WALLOPS :x": "481", "PRIVMSG new :x": "401", "PRIVMSG": "411|461", "USER x 0 * :x": "462", "PASS x": "462",
      "CAP LS 302": "CAP", "CAP LIST": "CAP", "NONSENSE": "421",
    ]

    /// Those of extensions, by capability.
    private static let extensions = [
      "draft/chathistory": ["CHATHISTORY LATEST #room * 10": "BATCH|FAIL", "CHATHISTORY TARGETS x y 1": "FAIL"],
      "draft/read-marker": ["MARKREAD #room": "MARKREAD", "MARKREAD": "FAIL|461"],
      "draft/message-redaction": ["REDACT #room ID": "REDACT", "REDACT #room none": "FAIL"],
      "draft/metadata-2": [
        "METADATA * LIST": "BATCH", "METADATA * SET status :x": "761", "METADATA * SUB avatar": "770",
        "METADATA bob LIST": "BATCH", "METADATA * CLEAR": "BATCH",
      ],
      "draft/multiline": ["BATCH +x draft/none #room": "FAIL", "BATCH -x": "FAIL"],
      "draft/channel-rename": ["RENAME #room #new": "RENAME|PART"],
      "draft/account-registration": ["REGISTER me * x": "FAIL|REGISTER", "VERIFY me x": "FAIL"],
      "draft/extended-isupport": ["ISUPPORT": "005"],
      "soju.im/search": ["SEARCH in=#room": "BATCH", "SEARCH limit=x": "FAIL"],
      "soju.im/webpush": ["WEBPUSH UNREGISTER https://push.example.org/x": "WEBPUSH", "WEBPUSH": "FAIL|461"],
      "setname": ["SETNAME :New name": "SETNAME"],
      "moot/edit": [
        "MODLOG #room": "NOTE", "DEVICE LIST": "DEVICE", "DEVICE CREATE phone": "DEVICE", "DEVICE REVOKE none": "FAIL",
        "PASSWD wrong right-password": "FAIL", "UNREGISTER me wrong": "FAIL", "BLOCK": "BLOCK|NOTE",
        "BLOCK bob": "BLOCK|NOTE",
        "REQUESTS": "REQUESTS|NOTE", "NS HELP": "NOTICE", "DELETE #room": "NOTE",
        "@+draft/edit=none PRIVMSG #room :x": "FAIL",
      ],
    ]

    private static let capabilities = ["message-tags", "echo-message", "batch", "standard-replies"]

    private func check(_ line: String, _ expected: String, _ capabilities: [String]) throws {
      let offered = try (capabilities + Self.capabilities).filter { try Server.underTest.offers(.capability($0)) }
      let alice = try Client("alice")
      try alice.register(offered)
      if try Server.underTest.offers(.accounts) { try alice.makeAccount() }
      let bob = try Client.connected("bob")
      if alice.isAccount { try bob.makeAccount() }
      let room = try channel(of: alice, bob)
      let id = line.contains("ID") ? try alice.ask("PRIVMSG \(room) :x").first("PRIVMSG").tag("msgid") ?? "" : ""
      let fresh = Server.underTest.fresh("new")
      let words = line.split(separator: " ").map { word in
        let names = ["me": alice.nick, "bob": bob.nick, "#room": room, "new": fresh, "#new": "#" + fresh, "ID": id]
        return names[String(word)] ?? String(word).replacing("#room", with: room)
      }
      let reply = try alice.ask(words.joined(separator: " "))
      let codes = expected.split(separator: "|").map(String.init)
      #expect(reply.messages.contains { codes.contains($0.command) }, "\(expected) should be before the PONG: \(reply)")
      // Nothing comes late: not with another's command, which waits for all workers too, nor with one's own.
      try bob.ask("PRIVMSG \(bob.nick) :x")
      try alice.ask("PING late").one("PONG", nil, "late")
    }

    @Test("The answer to a command comes before the PONG", arguments: commands.sorted { $0.key < $1.key })
    func command(_ line: String, _ expected: String) throws { try check(line, expected, []) }

    @Test(
      "The answers to commands of an extension come before the PONG",
      arguments: extensions.sorted { $0.key < $1.key }.map(\.key))
    func ofExtension(_ capability: String) throws {
      guard try Server.underTest.offers(.capability(capability)) else { return }
      for (line, expected) in (Self.extensions[capability] ?? [:]).sorted(by: { $0.key < $1.key }) {
        try check(line, expected, [capability])
      }
    }

    @Test("All at once: answers in the order of the questions") func order() throws {
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      let questions = [
        ("MODE \(room)", "324"), ("NAMES \(room)", "366"), ("WHO \(room)", "315"), ("WHOIS \(alice.nick)", "318"),
        ("TOPIC \(room)", "331"), ("ISON \(alice.nick)", "303"), ("NONSENSE", "421"), ("USERHOST \(alice.nick)", "302"),
      ]
      for (line, _) in questions + questions { try alice.send(line) }
      let answers = try alice.heard().commands.filter { command in questions.contains { $0.1 == command } }
      #expect(answers == (questions + questions).map(\.1))
    }
  }
}
