import Testing

extension Conformance {
  /// Both versions of the draft, for what they have in common.
  @Suite(
    "metadata", .needs(.capability("draft/metadata-2")), .needs(.capability("draft/metadata-3")), .needs(.accounts))
  struct MetadataCommand {
    static let versions = ["draft/metadata-2", "draft/metadata-3"]

    private func client(_ role: String, _ version: String, _ more: String...) throws -> Client {
      let client = try Client(role)
      try client.register([version, "batch"] + more)
      try client.makeAccount()
      return client
    }

    @Test("The two are not accepted together", arguments: versions) func notBoth(_ version: String) throws {
      let alice = try Client.connected("alice", version, "batch")
      let other = try #require(Self.versions.first { $0 != version })
      #expect(try alice.ask("CAP REQ :\(other)").first("CAP")[1] == "NAK")
    }

    @Test("Its value names limits") func value() throws {
      for version in Self.versions {
        let value = try #require(try Server.underTest.features.capabilities[version])
        for token in value.split(separator: ",") where token.hasPrefix("max-") {
          let parts = token.split(separator: "=")
          #expect(parts.count == 2 && Int(parts[1]) != nil, "\(token)")
        }
      }
    }

    @Test("GET: a batch with one answer for each key, in order", arguments: versions)
    func get(_ version: String) throws {
      let alice = try client("alice", version)
      try alice.ask("METADATA * SET avatar :https://example.org/a.png")
      let batch = try alice.ask("METADATA * GET display-name avatar $no status").batch("metadata")
      #expect(batch.parameters == [alice.nick])
      #expect(batch.content.map { $0.isNumeric ? $0.command : "problem" } == ["766", "761", "problem", "766"])
      #expect(batch.content[1].parameters == [alice.nick, alice.nick, "avatar", "*", "https://example.org/a.png"])
    }

    @Test("LIST: all that is set; of nobody FAIL, and no batch", arguments: versions)
    func list(_ version: String) throws {
      let alice = try client("alice", version)
      let bob = try client("bob", version)
      #expect(try alice.ask("METADATA * LIST").batch("metadata").content.isEmpty)
      try alice.ask("METADATA * SET status :here", "METADATA * SET pronouns :she/her")
      let seen = try bob.ask("METADATA \(alice.nick) LIST").batch("metadata")
      #expect(seen.parameters == [alice.nick])
      #expect(Set(seen.content.map { $0[2] }) == ["status", "pronouns"])
      let none = try bob.ask("METADATA nosuchnick LIST")
      #expect(try none.first("FAIL").parameters.prefix(3) == ["METADATA", "INVALID_TARGET", "nosuchnick"])
      none.none("BATCH", "761")
    }

    @Test("SET answers with what is set; without a value, and again, with RPL_KEYNOTSET", arguments: versions)
    func set(_ version: String) throws {
      let alice = try client("alice", version)
      for value in ["Alice", "Alice the Second", "\u{1F49C}"] {
        try alice.ask("METADATA * SET display-name :\(value)").one("761", alice.nick, "display-name", "*", value)
      }
      for _ in 0..<2 { try alice.ask("METADATA * SET display-name").one("766", alice.nick, "display-name", nil) }
    }

    @Test("SET refuses what is too long, keys that are none, and keys of others", arguments: versions)
    func refused(_ version: String) throws {
      let alice = try client("alice", version)
      let bob = try client("bob", version)
      let isOld = version == "draft/metadata-2"
      for (line, code) in [
        ("METADATA * SET avatar :" + String(repeating: "x", count: 480), isOld ? "VALUE_INVALID" : "INVALID_VALUE"),
        ("METADATA * SET $no :x", isOld ? "KEY_INVALID" : "INVALID_KEY"),
        ("METADATA \(bob.nick) SET avatar :x", "KEY_NO_PERMISSION"),
      ] {
        let reply = try alice.ask(line)
        #expect(try reply.first("FAIL")[1] == code, "\(line)")
        reply.none("761")
      }
      try bob.heard().isNothing()
    }

    @Test("CLEAR: RPL_KEYNOTSET for each key", arguments: versions) func clear(_ version: String) throws {
      let alice = try client("alice", version)
      try alice.ask("METADATA * SET status :here", "METADATA * SET pronouns :she/her")
      let cleared = try alice.ask("METADATA * CLEAR").batch("metadata").content
      #expect(cleared.map(\.command) == ["766", "766"])
      #expect(try alice.ask("METADATA * LIST").batch("metadata").content.isEmpty)
      let bob = try client("bob", version)
      let other = try bob.ask("METADATA \(alice.nick) CLEAR")
      #expect(try other.first("FAIL").parameters.prefix(4) == ["METADATA", "KEY_NO_PERMISSION", alice.nick, "*"])
    }

    @Test("SUB, UNSUB and SUBS, each key once", arguments: versions) func subscriptions(_ version: String) throws {
      let alice = try client("alice", version)
      func listed() throws -> Set<String> {
        let keys = try alice.ask("METADATA * SUBS").batch("metadata-subs").content.flatMap { $0.parameters.dropFirst() }
        #expect(Set(keys).count == keys.count)
        return Set(keys)
      }
      #expect(try listed().isEmpty)
      let reply = try alice.ask("METADATA * SUB avatar status avatar")
      #expect(Set(reply["770"].flatMap { $0.parameters.dropFirst() }) == ["avatar", "status"])
      #expect(try listed() == ["avatar", "status"])
      #expect(try alice.ask("METADATA * UNSUB status website").first("771").parameters.contains("website"))
      #expect(try listed() == ["avatar"])
      let bob = try client("bob", version)
      #expect(try alice.ask("METADATA \(bob.nick) SUB avatar").first("FAIL")[1] == "INVALID_TARGET")
    }

    /// The parameters of what tells a change, from the target on.
    private func news(_ reply: Reply, _ version: String) -> [[String]] {
      if version == "draft/metadata-2" { return reply["METADATA"].map(\.parameters) }
      let numerics = reply.messages.filter { $0.command == "761" || $0.command == "766" }
      return numerics.map { Array($0.parameters.dropFirst()) }
    }

    @Test("A change is told to who has subscribed and shares a channel, or watches", arguments: versions)
    func changes(_ version: String) throws {
      let alice = try client("alice", version)
      let bob = try client("bob", version)
      let carol = try client("carol", version)
      let dave = try client("dave", version)
      for client in [bob, carol, dave] { try client.ask("METADATA * SUB status") }
      try dave.ask("MONITOR + \(alice.nick)")
      _ = try channel(of: alice, bob)
      try alice.ask("METADATA * SET status :here", "METADATA * SET avatar :nobody asked for it")
      for client in [bob, dave] {
        #expect(news(try client.heard(), version) == [[alice.nick, "status", "*", "here"]])
      }
      try carol.heard().isNothing()
      try alice.ask("METADATA * SET status")
      #expect(news(try bob.heard(), version).first?.prefix(2) == [alice.nick, "status"])
    }

    @Test("Keys of a channel: whose rank allows it sets them, members are told", arguments: versions)
    func channels(_ version: String) throws {
      let alice = try client("alice", version)
      let bob = try client("bob", version)
      let room = try channel(of: alice, bob)
      try bob.ask("METADATA * SUB display-name")
      try alice.ask("METADATA \(room) SET display-name :Room").one("761", room, "display-name", "*", "Room")
      #expect(news(try bob.heard(), version) == [[room, "display-name", "*", "Room"]])
      let refused = try bob.ask("METADATA \(room) SET display-name :Mine")
      #expect(
        try refused.first("FAIL").parameters.prefix(4) == ["METADATA", "KEY_NO_PERMISSION", room, "display-name"])
      try alice.heard().isNothing()
    }

    @Test("Who joins is told what holds, of the channel and of its members", arguments: versions)
    func joining(_ version: String) throws {
      let alice = try client("alice", version)
      let bob = try client("bob", version)
      try alice.ask("METADATA * SET status :here")
      let room = try channel(of: alice)
      try alice.ask("METADATA \(room) SET status :open")
      try bob.ask("METADATA * SUB status")
      let told = try bob.ask("JOIN \(room)")
      let batch = try told.batch("metadata")
      #expect(batch.parameters == [room])
      #expect(Set(news(told, version).map { $0[0] }) == [alice.nick, room])
      let again = try bob.ask("METADATA \(room) SYNC").batch("metadata")
      #expect(again.content.count == batch.content.count)
    }

    @Test("What is subscribed to is told of all that is seen") func subscribing() throws {
      let alice = try client("alice", "draft/metadata-3")
      let bob = try client("bob", "draft/metadata-3")
      try alice.ask("METADATA * SET status :here")
      _ = try channel(of: alice, bob)
      let batch = try bob.ask("METADATA * SUB status avatar").batch("metadata")
      #expect(batch.parameters == ["*ALL"])
      #expect(batch.content.map { Array($0.parameters.dropFirst()) } == [[alice.nick, "status", "*", "here"]])
      // Nothing new, nothing to be told.
      try bob.ask("METADATA * SUB status").none("BATCH")
    }

    @Test("Somebody who is watched comes: a batch follows") func watched() throws {
      let alice = try client("alice", "draft/metadata-3")
      let bob = try client("bob", "draft/metadata-3")
      try alice.ask("METADATA * SET status :here")
      try bob.ask("METADATA * SUB status")
      let batch = try bob.ask("MONITOR + \(alice.nick)").batch("metadata")
      #expect(batch.parameters == [alice.nick] && batch.content.map { $0[2] } == ["status"])
    }

    @Test("before-connect: what is set before holds after it, and the welcome tells it", arguments: versions)
    func early(_ version: String) throws {
      let before = try client("alice", version)
      try before.hangUp()
      let alice = try Client("again")
      try alice.request([version, "batch", "sasl"])
      let set = try alice.ask("METADATA * SET status :early")
      #expect(set["761"].map { Array($0.parameters.dropFirst()) } == [["*", "status", "*", "early"]])
      try alice.ask("METADATA * SUB status")
      try alice.send("NICK \(before.nick)", "USER again 0 * :again")
      try #require(try alice.authenticate(before.account)["903"].count == 1)
      try alice.send("CAP END")
      try alice.awaitWelcome()
      let told = try alice.welcome.batch("metadata")
      #expect(told.parameters == [alice.nick] && told.content.count == 1)
      #expect(try alice.ask("METADATA * SUBS")["772"].first?.parameters.last == "status")
    }

    /// A number of the capability's value; nil: it names none.
    private func limit(_ key: String, _ version: String) throws -> Int? {
      let tokens = (try Server.underTest.features.capabilities[version] ?? "").split(separator: ",")
      return tokens.first { $0.hasPrefix(key + "=") }.flatMap { Int($0.dropFirst(key.count + 1)) }
    }

    @Test("max-keys: so many are kept, one more is LIMIT_REACHED, and changing one of them is not", arguments: versions)
    func mostKeys(_ version: String) throws {
      guard let most = try limit("max-keys", version), most <= 100 else { return }
      let alice = try client("alice", version)
      for number in 0..<most { try alice.ask("METADATA * SET key-\(number) :x").first("761") }
      let refused = try alice.ask("METADATA * SET one-more :x")
      #expect(try refused.first("FAIL")[1] == "LIMIT_REACHED", "\(refused)")
      try alice.ask("METADATA * SET key-0 :y").first("761")
      try alice.ask("METADATA * SET key-0")
      try alice.ask("METADATA * SET one-more :x").first("761")
      #expect(try alice.ask("METADATA * LIST").batch("metadata").content.count == most)
    }

    @Test(
      "max-subs: so many are taken, one more is TOO_MANY_SUBS (of 3: LIMIT_REACHED) with the key", arguments: versions)
    func mostSubscriptions(_ version: String) throws {
      guard let most = try limit("max-subs", version), most <= 200 else { return }
      let alice = try client("alice", version)
      for number in 0..<most { try alice.ask("METADATA * SUB key-\(number)").first("770") }
      let fail = try alice.ask("METADATA * SUB one-more").first("FAIL")
      let code = version == "draft/metadata-2" ? "TOO_MANY_SUBS" : "LIMIT_REACHED"
      #expect(fail[1] == code && fail.parameters.contains("one-more"), "\(fail)")
      try alice.ask("METADATA * UNSUB key-0").first("771")
      try alice.ask("METADATA * SUB one-more").first("770")
    }

    @Test("SYNC and GET of nobody, and of a channel that is not there: INVALID_TARGET with it", arguments: versions)
    func nobody(_ version: String) throws {
      let alice = try client("alice", version)
      for target in [Server.underTest.fresh("nobody"), Server.underTest.fresh("#nowhere")] {
        for line in ["METADATA \(target) SYNC", "METADATA \(target) GET avatar", "METADATA \(target) LIST"] {
          let reply = try alice.ask(line)
          #expect(try reply.first("FAIL").parameters.prefix(3) == ["METADATA", "INVALID_TARGET", target], "\(reply)")
          reply.none("BATCH", "761", "766")
        }
      }
    }

    @Test("Wrong syntax is INVALID_PARAMS") func syntax() throws {
      let alice = try client("alice", "draft/metadata-3")
      for line in ["METADATA", "METADATA * GET", "METADATA * SNEEZE", "METADATA * LIST more"] {
        let reply = try alice.ask(line)
        #expect(reply["461"].count == 1 || (try? reply.first("FAIL")[1]) == "INVALID_PARAMS", "\(line): \(reply)")
      }
    }
  }
}
