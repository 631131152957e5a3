import Testing

extension Conformance {
  @Suite("webpush", .needs(.capability("soju.im/webpush")), .needs(.accounts)) struct WebPush {
    /// A point of P-256, and a secret of 16 bytes: those of RFC 8291, section 5.
    private static let keys =
      "p256dh=BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4;"
      + "auth=BTBZMqHH6r4Tts7J_aSIgg"
    private static let endpoint = "https://push.example.org/abc-DEF_1?x=y"

    private func client() throws -> Client { try Client.withAccount("alice", "soju.im/webpush", "standard-replies") }

    @Test("VAPID ISUPPORT token: a key of P-256, for clients with the capability, the same throughout") func vapid()
      throws
    {
      let alice = try client()
      let key = try vapid(alice)
      #expect(key.utf8.count == 87 && key.first == "B")
      #expect(!key.contains { "+/=".contains($0) })
      #expect(try vapid(try client()) == key)
    }

    private func vapid(_ client: Client) throws -> String {
      let tokens = try client.ask("VERSION")["005"].flatMap(\.parameters)
      return String(try #require(tokens.first { $0.hasPrefix("VAPID=") }).dropFirst(6))
    }

    @Test("REGISTER is answered with its endpoint; so is the same again, which replaces it") func register() throws {
      let alice = try client()
      for _ in 0..<2 {
        try alice.ask("WEBPUSH REGISTER \(Self.endpoint) \(Self.keys)").one("WEBPUSH", "REGISTER", Self.endpoint)
      }
      try alice.ask("webpush register \(Self.endpoint) \(Self.keys)").one("WEBPUSH", "REGISTER", Self.endpoint)
    }

    @Test("UNREGISTER is echoed, also where there is nothing to end") func unregister() throws {
      let alice = try client()
      try alice.ask("WEBPUSH REGISTER \(Self.endpoint) \(Self.keys)")
      for _ in 0..<2 {
        try alice.ask("WEBPUSH UNREGISTER \(Self.endpoint)").one("WEBPUSH", "UNREGISTER", Self.endpoint)
      }
    }

    @Test(
      "Errors: what cannot be parsed is INVALID_PARAMS",
      arguments: [
        "REGISTER", "REGISTER \(endpoint)", "REGISTER \(endpoint) p256dh=x", "REGISTER nowhere \(keys)",
        "", "REGISTER \(endpoint) auth=BTBZMqHH6r4Tts7J_aSIgg", "REGISTER \(endpoint) p256dh=AAAA;auth=AAAA",
        "UNREGISTER", "DANCE \(endpoint)", "REGISTER ftp://example.org/ \(keys)",
      ])
    func errors(_ parameters: String) throws {
      let alice = try client()
      let fail = try alice.ask("WEBPUSH \(parameters)").first("FAIL")
      #expect(fail[0] == "WEBPUSH" && fail[1] == "INVALID_PARAMS")
    }
  }
}
