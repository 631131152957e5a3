import Testing

extension Conformance {
  @Suite("Modern IRC, RPL_ISUPPORT") struct FeatureAdvertisement {
    @Test("1 to 13 tokens a line, then a text; the parameters in capitals, each once") func form() throws {
      let alice = try Client.connected("alice")
      var seen: Set<String> = []
      for line in alice.welcome["005"] {
        let tokens = line.parameters.dropFirst().dropLast()
        #expect((1...13).contains(tokens.count), "\(line)")
        for token in tokens {
          let name = token.prefix { $0 != "=" }
          let plain = name.hasPrefix("-") ? name.dropFirst() : name
          // Drafts and vendors put their name before it.
          let own = plain.split(separator: "/").last ?? plain
          #expect(own == own.uppercased() && !own.isEmpty, "\(token)")
          #expect(seen.insert(String(name)).inserted, "\(name) stands twice")
          #expect(!(name.hasPrefix("-") && token.contains("=")), "\(token)")
          #expect(token.utf8.allSatisfy { (33...126).contains($0) }, "\(token)")
        }
      }
    }

    @Test("CASEMAPPING is one of those specified") func caseMapping() throws {
      let value = try #require(try Server.underTest.features.tokens["CASEMAPPING"], "servers MUST advertise it")
      #expect(["ascii", "rfc1459", "rfc1459-strict", "rfc7613"].contains(value))
    }

    @Test("Names are folded as CASEMAPPING says", arguments: [("[", "{"), ("]", "}"), ("\\", "|"), ("^", "~")])
    func folding(_ upper: String, _ lower: String) throws {
      let mapping = try Server.underTest.features.tokens["CASEMAPPING"] ?? ""
      let same = mapping == "rfc1459" || mapping == "rfc1459-strict" && upper != "^"
      let alice = try Client.connected("alice")
      let room = Server.underTest.fresh("#fold")
      try alice.join(room + upper)
      let bob = try Client.connected("bob")
      try bob.ask("JOIN \(room + lower)")
      #expect(try alice.heard()["JOIN"].isEmpty != same)
    }

    @Test("CHANTYPES: its characters begin channels", .needs(.token("CHANTYPES"))) func channelTypes() throws {
      let types = try Server.underTest.features.tokens["CHANTYPES"] ?? "#"
      #expect(types.contains("#"))
      let alice = try Client.connected("alice")
      for type in types {
        let name = Server.underTest.fresh("\(type)typed")
        #expect(try !alice.ask("JOIN \(name)")["JOIN"].isEmpty, "\(name)")
      }
    }

    @Test("CHANMODES and PREFIX have no letter in common, and MODE knows them all") func channelModes() throws {
      let types = try Server.underTest.token("CHANMODES").split(separator: ",", omittingEmptySubsequences: false)
      #expect(types.count >= 4)
      let prefix = try Server.underTest.token("PREFIX")
      let ranks = prefix.dropFirst().prefix { $0 != ")" }
      #expect(prefix.hasPrefix("(") && prefix.drop { $0 != ")" }.dropFirst().count == ranks.count)
      let letters = types.joined()
      #expect(Set(letters).count == letters.count && Set(letters).isDisjoint(with: ranks))
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      for letter in letters { try alice.ask("MODE \(room) -\(letter)").none("472") }
      for letter in ranks { try alice.ask("MODE \(room) +\(letter) nobody").none("472") }
    }

    @Test("MAXLIST: the letters are of type A, and the limit holds", .needs(.token("MAXLIST"))) func listLimit() throws
    {
      let lists = try Server.underTest.token("CHANMODES").prefix { $0 != "," }
      var limits: [Character: Int] = [:]
      for pair in try Server.underTest.token("MAXLIST").split(separator: ",") {
        let parts = pair.split(separator: ":")
        let limit = try #require(parts.count == 2 ? Int(parts[1]) : nil, "\(pair)")
        #expect(limit > 0 && parts[0].allSatisfy { lists.contains($0) }, "\(pair)")
        for letter in parts[0] { limits[letter] = limit }
      }
      let limit = try #require(limits["b"])
      guard limit <= 500 else { return }
      let alice = try Client.connected("alice")
      let room = try channel(of: alice)
      for number in 0...limit { try alice.send("MODE \(room) +b n\(number)!*@*") }
      let reply = try alice.heard()
      #expect(reply["MODE"].count == limit)
      #expect(try alice.ask("MODE \(room) b")["367"].count == limit)
    }

    @Test("EXTBAN, where it is there, is a prefix, a comma and letters", .needs(.token("EXTBAN"))) func extendedBans()
      throws
    {
      let value = try Server.underTest.token("EXTBAN")
      let parts = value.split(separator: ",", omittingEmptySubsequences: false)
      #expect(parts.count == 2 && parts[0].count <= 1 && !parts[1].isEmpty)
    }

    @Test("The lengths are positive numbers") func lengths() throws {
      let tokens = try Server.underTest.features.tokens
      for name in [
        "AWAYLEN", "CHANNELLEN", "HOSTLEN", "KICKLEN", "NICKLEN", "TOPICLEN", "USERLEN", "KEYLEN", "LINELEN",
      ] {
        if let value = tokens[name] { #expect((Int(value) ?? 0) > 0, "\(name)=\(value)") }
      }
    }

    @Test("SAFELIST and UTF8ONLY have no value") func flags() throws {
      let tokens = try Server.underTest.features.tokens
      for name in ["SAFELIST", "UTF8ONLY", "WHOX"] { #expect(tokens[name] ?? "" == "", "\(name)") }
    }

    @Test("TARGMAX: commands with a positive number or none", .needs(.token("TARGMAX"))) func targets() throws {
      for pair in try Server.underTest.token("TARGMAX").split(separator: ",") {
        let parts = pair.split(separator: ":", omittingEmptySubsequences: false)
        #expect(parts.count == 2 && (parts[1].isEmpty || (Int(parts[1]) ?? 0) > 0), "\(pair)")
      }
    }

    @Test("STATUSMSG: prefixes of PREFIX; a message goes to members of at least that rank", .needs(.token("STATUSMSG")))
    func statusMessages() throws {
      let prefixes = try Server.underTest.token("PREFIX").drop { $0 != ")" }.dropFirst()
      let offered = try Server.underTest.token("STATUSMSG")
      #expect(!offered.isEmpty && offered.allSatisfy { prefixes.contains($0) })
      guard offered.contains("@"), offered.contains("+") else { return }
      let alice = try Client.connected("alice")
      let bob = try Client.connected("bob")
      let carol = try Client.connected("carol")
      let room = try channel(of: alice, bob, carol)
      try alice.ask("MODE \(room) +v \(bob.nick)")
      for client in [bob, carol] { try client.heard() }
      try alice.ask("PRIVMSG +\(room) :ranks", "PRIVMSG @\(room) :operators", "NOTICE +\(room) :look")
      let seen = try bob.heard()
      try seen.one("PRIVMSG", "+\(room)", "ranks", from: alice)
      try seen.one("NOTICE", "+\(room)", "look", from: alice)
      try carol.heard().isNothing()
      try bob.ask("PRIVMSG @\(room) :up there").none("404")
      try alice.heard().one("PRIVMSG", "@\(room)", "up there", from: bob)
    }
  }
}
