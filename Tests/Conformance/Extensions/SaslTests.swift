import Net
import Testing

extension Conformance {
  @Suite("sasl-3.1, The AUTHENTICATE command", .needs(.capability("sasl")), .needs(.accounts)) struct Sasl {
    /// A client that has asked for sasl and said NICK and USER.
    private func negotiating() throws -> Client {
      let client = try Client("sasl", isStranger: true)
      try client.request(["sasl"])
      try client.send("NICK \(client.nick)", "USER sasl 0 * :Sasl")
      return client
    }

    @Test("PLAIN: AUTHENTICATE +, then 900 and 903; the account is the client's") func plain() throws {
      let owner = try Client.withAccount("owner")
      let client = try negotiating()
      try client.send("AUTHENTICATE PLAIN")
      #expect(try client.until("AUTHENTICATE").first("AUTHENTICATE").parameters == ["+"])
      try client.respond(Array("\0\(owner.account)\0\(Client.password)".utf8))
      let reply = try client.until("903")
      let loggedIn = try reply.first("900")
      #expect(loggedIn.parameters.count == 4 && loggedIn[2] == owner.account)
      #expect(loggedIn[1].contains("!") && loggedIn[1].contains("@"))
      #expect(try reply.first("903").parameters.count == 2)
      try client.send("CAP END")
      try client.awaitWelcome()
      try client.ask("WHOIS \(client.nick)").one("330", client.nick, owner.account, nil)
    }

    @Test("An unsupported mechanism: 904, perhaps with 908 before it, and another can be tried") func mechanism() throws
    {
      let owner = try Client.withAccount("owner")
      let client = try negotiating()
      let reply = try client.ask("AUTHENTICATE NO-SUCH-MECHANISM")
      #expect(try reply.first("904").parameters.count == 2)
      for line in reply["908"] {
        #expect(line.parameters.count == 3 && line[1].split(separator: ",").contains("PLAIN"))
      }
      #expect(try client.authenticate(owner.account)["903"].count == 1)
    }

    @Test("A wrong password, a wrong name: 904, and one may try again") func wrong() throws {
      let owner = try Client.withAccount("owner")
      let client = try negotiating()
      #expect(try client.authenticate(owner.account, "wrong").messages.last?.command == "904")
      #expect(try client.authenticate(Server.underTest.fresh("nobody")).messages.last?.command == "904")
      #expect(try client.authenticate(owner.account)["903"].count == 1)
    }

    @Test("An authorization identity: one's own is accepted, somebody else's is not") func authorization() throws {
      let owner = try Client.withAccount("owner")
      let other = try Client.withAccount("other")
      let client = try negotiating()
      let refused = try client.authenticate(owner.account, authorization: other.account)
      #expect(refused.messages.last?.command == "904")
      #expect(try client.authenticate(owner.account, authorization: owner.account)["903"].count == 1)
    }

    @Test("A response that is no base64, or nothing, or not of PLAIN: 904", arguments: ["!!!!", "+", "YWJj", "AAAA"])
    func malformed(_ response: String) throws {
      let client = try negotiating()
      try client.send("AUTHENTICATE PLAIN")
      _ = try client.until("AUTHENTICATE")
      #expect(try client.ask("AUTHENTICATE \(response)")["904"].count == 1)
    }

    @Test("Abort with *: 906, and one may begin again") func abort() throws {
      let owner = try Client.withAccount("owner")
      let client = try negotiating()
      try client.send("AUTHENTICATE PLAIN")
      _ = try client.until("AUTHENTICATE")
      #expect(try client.ask("AUTHENTICATE *").first("906").parameters.count == 2)
      #expect(try client.authenticate(owner.account)["903"].count == 1)
    }

    @Test("A response of exactly 400 bytes ends with AUTHENTICATE +; a longer one comes in pieces", arguments: [0, 20])
    func pieces(_ more: Int) throws {
      let owner = try Client("owner", isStranger: true)
      try owner.register()
      // 300 bytes are 400 of base64.
      let authorization = more == 0 ? "" : owner.account
      let length = 300 + more - authorization.utf8.count - owner.account.utf8.count - 2
      let password = String(repeating: "p", count: length)
      try owner.makeAccount(password: password)
      let client = try negotiating()
      let reply = try client.authenticate(owner.account, password, authorization: authorization)
      #expect(reply["903"].count == 1, "\(reply)")
    }

    @Test("A piece of more than 400 bytes: 905") func tooLong() throws {
      let client = try negotiating()
      try client.send("AUTHENTICATE PLAIN")
      _ = try client.until("AUTHENTICATE")
      let reply = try client.ask("AUTHENTICATE \(String(repeating: "A", count: 404))")
      #expect(try reply.first("905").parameters.count == 2)
    }

    @Test("A response without an end is not collected for ever") func endless() throws {
      let client = try negotiating()
      try client.send("AUTHENTICATE PLAIN")
      _ = try client.until("AUTHENTICATE")
      for _ in 0..<100 { try client.send("AUTHENTICATE \(String(repeating: "A", count: 400))") }
      #expect(try client.ask("AUTHENTICATE +").messages.contains { $0.command == "904" || $0.command == "905" })
    }

    @Test("Registration that ends meanwhile: 906, and the client is in without an account") func overtaken() throws {
      let client = try negotiating()
      try client.send("AUTHENTICATE PLAIN", "CAP END")
      try client.awaitWelcome()
      #expect(client.welcome["906"].count == 1)
      try client.ask("WHOIS \(client.nick)").none("330")
    }

    @Test("Authenticated already: 907, or a new exchange (sasl-3.2, SASL Reauthentication)") func again() throws {
      let owner = try Client.withAccount("owner")
      let client = try negotiating()
      #expect(try client.authenticate(owner.account)["903"].count == 1)
      let reply = try client.ask("AUTHENTICATE PLAIN")
      #expect(reply["907"].count + reply["AUTHENTICATE"].count == 1, "\(reply)")
    }

    @Test("Without parameters: 461") func noParameter() throws {
      let client = try negotiating()
      #expect(try client.ask("AUTHENTICATE").first("461")[1] == "AUTHENTICATE")
    }

    @Test("Too many wrong answers end the connection with an ERROR at most, never with silence") func guessing() throws
    {
      let owner = try Client.withAccount("owner")
      let client = try negotiating()
      for _ in 0..<10 {
        let reply = try client.authenticate(owner.account, "wrong")
        guard !reply.isClosed else {
          #expect(reply["904"].count == 1 || reply["ERROR"].count == 1)
          return
        }
        #expect(reply["904"].count == 1)
      }
    }
  }

  @Suite("sasl-3.2", .needs(.capability("sasl")), .needs(.accounts)) struct SaslAdvertised {
    @Test("Mechanism list in CAP LS: commas between; each that is named is known") func list() throws {
      let value = try Server.underTest.features.capabilities["sasl"] ?? ""
      let mechanisms = value.split(separator: ",").map(String.init)
      #expect(mechanisms.contains("PLAIN"))
      for mechanism in mechanisms {
        let client = try Client("sasl", isStranger: true)
        try client.request(["sasl"])
        try client.ask("AUTHENTICATE \(mechanism)").none("904", "908")
      }
    }

    @Test("SASL Reauthentication: after connecting too, or a word why not") func late() throws {
      let owner = try Client.withAccount("owner")
      let client = try Client.connected("client", "sasl")
      let reply = try client.authenticate(owner.account)
      guard reply["907"].isEmpty else { return }
      #expect(reply["900"].count == 1 && reply["903"].count == 1, "\(reply)")
      try client.heard()
      try client.ask("WHOIS \(client.nick)").one("330", client.nick, owner.account, nil)
    }
  }

  @Suite("RFC 7677 SCRAM-SHA-256 over AUTHENTICATE", .needs(.capability("sasl")), .needs(.accounts)) struct Scram {
    private func offers() throws -> Bool {
      (try Server.underTest.features.capabilities["sasl"] ?? "").split(separator: ",").contains("SCRAM-SHA-256")
    }

    /// One exchange: how it ended, and whether the server has proved that it knows the account.
    private func exchange(
      _ client: Client, _ account: String, _ password: String, header: String = "n,,", nonce spoiled: String = ""
    ) throws -> (reply: Reply, isProved: Bool) {
      try client.send("AUTHENTICATE SCRAM-SHA-256")
      _ = try client.until("AUTHENTICATE")
      let own = base64(Crypto.randomBytes(18))
      let first = "n=\(account),r=\(own)"
      try client.respond(Array((header + first).utf8))
      let challenge = try client.until("AUTHENTICATE", "904")
      guard let line = challenge.messages.last, line.command == "AUTHENTICATE" else { return (challenge, false) }
      let text = String(decoding: try #require(decoded(base64: line[0])), as: UTF8.self)
      let fields = Dictionary(
        uniqueKeysWithValues: text.split(separator: ",").map { ($0.first!, String($0.dropFirst(2))) })
      let nonce = try #require(fields["r"])
      let iterations = try #require(Int(fields["i"] ?? ""))
      #expect(nonce.hasPrefix(own) && nonce.count > own.count && iterations >= 4_096)
      let salt = try #require(decoded(base64: fields["s"] ?? "!"))
      let salted = Crypto.pbkdf2SHA256(password: Array(password.utf8), salt: salt, iterations: iterations)
      let key = Crypto.hmacSHA256(key: salted, Array("Client Key".utf8))
      let withoutProof = "c=\(base64(Array(header.utf8))),r=\(nonce)\(spoiled)"
      let message = Array("\(first),\(text),\(withoutProof)".utf8)
      let proof = zip(key, Crypto.hmacSHA256(key: Crypto.sha256(key), message)).map { $0 ^ $1 }
      try client.respond(Array("\(withoutProof),p=\(base64(proof))".utf8))
      let final = try client.until("AUTHENTICATE", "904")
      guard let last = final.messages.last, last.command == "AUTHENTICATE" else { return (final, false) }
      let serverKey = Crypto.hmacSHA256(key: salted, Array("Server Key".utf8))
      let expected = "v=" + base64(Crypto.hmacSHA256(key: serverKey, message))
      let isProved = decoded(base64: last[0]).map { String(decoding: $0, as: UTF8.self) } == expected
      try client.send("AUTHENTICATE +")
      return (try client.until("903", "904"), isProved)
    }

    private func client() throws -> Client {
      let client = try Client("scram")
      try client.request(["sasl"])
      try client.send("NICK \(client.nick)", "USER scram 0 * :Scram")
      return client
    }

    @Test("The right password: the server proves itself, then 900 and 903", arguments: ["n,,", "y,,"])
    func right(_ header: String) throws {
      guard try offers() else { return }
      let owner = try Client.withAccount("owner")
      let result = try exchange(client(), owner.account, Client.password, header: header)
      #expect(result.isProved && result.reply["903"].count == 1 && result.reply["900"].first?[2] == owner.account)
    }

    @Test("A wrong password, an unknown name, a nonce that was changed, a binding that is not there: 904") func wrong()
      throws
    {
      guard try offers() else { return }
      let owner = try Client.withAccount("owner")
      let client = try client()
      #expect(try exchange(client, owner.account, "wrong").reply["904"].count == 1)
      #expect(try exchange(client, Server.underTest.fresh("nobody"), "wrong").reply["904"].count == 1)
      #expect(try exchange(client, owner.account, Client.password, nonce: "x").reply["904"].count == 1)
      let bound = try exchange(self.client(), owner.account, Client.password, header: "p=tls-unique,,")
      #expect(bound.reply["904"].count == 1)
    }
  }
}
