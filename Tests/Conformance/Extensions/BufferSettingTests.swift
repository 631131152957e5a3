import Testing

extension Conformance {
  /// The keys of soju for what a user has decided about a conversation (soju, doc/ext/metadata.md).
  @Suite(
    "soju metadata keys", .needs(.capability("draft/metadata-2")), .needs(.named("soju-metadata")), .needs(.accounts))
  struct BufferSettings {
    private static let keys = ["soju.im/blocked", "soju.im/muted", "soju.im/pinned"]

    private func client(_ role: String) throws -> Client {
      try Client.withAccount(role, "draft/metadata-2", "batch", "echo-message")
    }

    @Test("0 and 1, for a channel and for a person", arguments: ["soju.im/muted", "soju.im/pinned"])
    func values(_ key: String) throws {
      let alice = try client("alice")
      let bob = try client("bob")
      let room = try channel(of: alice)
      for target in [room, bob.nick] {
        for value in ["1", "0", "1"] {
          try alice.ask("METADATA \(target) SET \(key) \(value)").one("761", target, key, nil, value)
          let got = try alice.ask("METADATA \(target) GET \(key)").batch("metadata").content
          #expect(got.map(\.text) == [value])
        }
        try alice.ask("METADATA \(target) SET \(key) 2").first("FAIL")
      }
    }

    @Test("They are the user's own: its other clients that have subscribed are told, and nobody else", arguments: keys)
    func own(_ key: String) throws {
      let alice = try client("alice")
      let phone = try Client.another(of: alice, "draft/metadata-2", "batch")
      let bob = try client("bob")
      _ = try channel(of: alice, bob)
      for client in [phone, bob] { try client.ask("METADATA * SUB \(key)") }
      try alice.ask("METADATA \(bob.nick) SET \(key) 1")
      let told = try phone.heard().first("METADATA")
      #expect(told[0] == bob.nick && told[1] == key && told.text == "1")
      try bob.heard().isNothing()
      #expect(try bob.ask("METADATA \(alice.nick) LIST").batch("metadata").content.isEmpty)
      #expect(try bob.ask("METADATA * LIST").batch("metadata").content.isEmpty)
    }

    @Test("Who subscribes is told what is set, in another session too") func kept() throws {
      let alice = try client("alice")
      let room = try channel(of: alice)
      try alice.ask("METADATA \(room) SET soju.im/pinned 1")
      let phone = try Client.another(of: alice, "draft/metadata-2", "batch")
      let told = try phone.ask("METADATA * SUB soju.im/pinned").first("METADATA")
      #expect(told[0] == room && told[1] == "soju.im/pinned" && told.text == "1")
    }

    @Test("What is said by who is blocked is hidden, and the sender sees no difference") func blocked() throws {
      let alice = try client("alice")
      let bob = try client("bob")
      let before = try bob.ask("PRIVMSG \(alice.nick) :one")
      try alice.heard().one("PRIVMSG", alice.nick, "one", from: bob)
      try alice.ask("METADATA \(bob.nick) SET soju.im/blocked 1")
      let after = try bob.ask("PRIVMSG \(alice.nick) :two", "NOTICE \(alice.nick) :three")
      #expect(after.commands == before.commands + ["NOTICE"])
      try alice.heard().none("PRIVMSG", "NOTICE")
      try alice.ask("METADATA \(bob.nick) SET soju.im/blocked 0")
      try bob.ask("PRIVMSG \(alice.nick) :four")
      try alice.heard().one("PRIVMSG", alice.nick, "four", from: bob)
    }
  }
}
