import Glibc
import LiveServer
import Net
import Testing
import Wire

extension EndToEndTests {
  /// Webhooks and web push, between real processes (docs/bots.md).
  @Suite struct BotTests {
    private static let configuration = """
      {"webhooks": {"privateAddresses": ["127.0.0.1"]},
      "push": {"privateAddresses": ["127.0.0.0/8"], "contact": "mailto:a@b"}}
      """

    /// Posts to a webhook: status line, fields and body of the answer.
    private func post(_ server: ServerProcess, _ secret: String, _ body: String, key: String) throws -> String {
      let stream = try BlockingStream.connect(to: .loopback(port: server.webPort))
      let head = "POST /hooks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(secret)\r\nIdempotency-Key: \(key)\r\n"
      try stream.write(Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
      var answer: [UInt8] = []
      do {
        while let more = try stream.read(timeoutMilliseconds: 10_000) { answer += more }
      } catch StreamError.closed {
        // That is its end.
      }
      return String(decoding: answer, as: UTF8.self)
    }

    private func run(_ folder: Folder, _ words: String...) throws -> String {
      let output = folder.path + "/output"
      let file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      defer { close(file) }
      let process = try ChildProcess([ServerProcess.program] + words, output: file, errors: folder.path + "/errors")
      #expect(process.wait() == 0, "\(folder.read("errors"))")
      return folder.read("output")
    }

    @Test("What is posted is there after a kill, once")
    func postedAndKilled() throws {
      let folder = try Folder()
      var server = try ServerProcess(in: folder)
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      try alice.join("#ops")
      let made = try run(folder, "webhook", "create", "#ops", "deploy", "--data", server.data)
      let path = try #require(made.split(separator: "\n").first)
      let secret = String(path.dropFirst("/hooks/".count))
      var ids: [String] = []
      for number in 0..<5 {
        let answer = try post(server, secret, "message \(number)", key: "key \(number)")
        try #require(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
        ids.append(answer)
        server.process.kill()
        server = try ServerProcess(in: folder)
        #expect(try post(server, secret, "message \(number)", key: "key \(number)") == answer)
      }
      #expect(Set(ids).count == 5)
      let again = try IRCClient("alice", port: server.ircPort)
      try again.login()
      let said = try again.history(of: "#ops").filter { $0.command == "PRIVMSG" }.map(\.parameters.last)
      #expect(said == (0..<5).map { "message \($0)" })
      #expect(try run(folder, "webhook", "list", "--data", server.data).contains("to #ops  by deploy"))
      try server.stop()
      #expect(!server.log.contains(secret), "the log keeps no secrets")
    }

    @Test("What is said is posted, signed, in order, each at least once, whatever is killed")
    func heardAndKilled() throws {
      let folder = try Folder()
      let receiver = try Receiver(in: folder)
      func start() throws -> ServerProcess {
        try ServerProcess(
          in: folder, configuration: Self.configuration, environment: ["SSL_CERT_FILE=\(receiver.certificate)"])
      }
      var server = try start()
      var alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      try alice.join("#ops")
      let made = try server.administer([
        "command": "create-outgoing-webhook", "group": "#ops",
        "address": .string("https://127.0.0.1:\(receiver.port)/in"), "trigger": "",
      ])
      let secret = try #require(made["secret"]?.text)
      var said = 0
      for round in 0..<4 {
        for _ in 0..<5 {
          said += 1
          try alice.send("PRIVMSG #ops :message \(said)")
        }
        try alice.send("PING round\(round)")
        try alice.wait("PONG")
        server.process.kill()
        server = try start()
        alice = try IRCClient("alice", port: server.ircPort)
        try alice.login()
      }
      try alice.send("PRIVMSG #ops :last")
      var requests = try receiver.wait(for: said + 1)
      while text(try #require(requests.last)) != "last" { requests = try receiver.wait(for: requests.count + 1) }
      var distinct: [String] = []
      for request in requests {
        #expect(isSigned(request, secret))
        if distinct.last != text(request) { distinct.append(text(request)) }
      }
      #expect(distinct == (1...said).map { "message \($0)" } + ["last"])
      try server.stop()
    }

    private func text(_ request: Receiver.Request) -> String {
      let json = try? JSON(parsing: request.body)
      return json?["data"]?["text"]?.text ?? "?"
    }

    private func isSigned(_ request: Receiver.Request, _ secret: String) -> Bool {
      let key = Base64.decode(Array(secret.utf8.dropFirst("whsec_".utf8.count))) ?? []
      let head = "\(request.fields["webhook-id"] ?? "").\(request.fields["webhook-timestamp"] ?? "")."
      let good = Base64.encode(Crypto.hmacSHA256(key: key, Array(head.utf8) + request.body))
      return request.fields["webhook-signature"] == "v1," + String(decoding: good, as: UTF8.self)
    }

    @Test("A server whose certificate is not trusted, or names another host, is told nothing")
    func notTrusted() throws {
      for (name, isTrusted) in [("IP:127.0.0.1", false), ("DNS:elsewhere.example", true)] {
        let folder = try Folder()
        let receiver = try Receiver(in: folder, name: name)
        let trust = isTrusted ? receiver.certificate : "/dev/null"
        let server = try ServerProcess(
          in: folder, configuration: Self.configuration,
          environment: ["SSL_CERT_FILE=\(trust)", "SSL_CERT_DIR=\(folder.path)"])
        let alice = try IRCClient("alice", port: server.ircPort)
        try alice.register()
        try alice.join("#ops")
        _ = try server.administer([
          "command": "create-outgoing-webhook", "group": "#ops",
          "address": .string("https://127.0.0.1:\(receiver.port)/in"), "trigger": "",
        ])
        try alice.send("PRIVMSG #ops :secret")
        var answer = ""
        let until = Clock.monotonicMilliseconds() + 20_000
        while answer.isEmpty, Clock.monotonicMilliseconds() < until {
          let webhooks = try server.administer(["command": "webhooks"])["webhooks"]?.elements
          answer = webhooks?.first?["lastAnswer"]?.text ?? ""
          poll(nil, 0, 10)
        }
        #expect(answer.contains("certificate is not accepted"), "\(answer)")
        #expect(receiver.requests.isEmpty)
        try server.stop()
      }
    }

    @Test("A push reaches the service, sealed and with the realm's word for itself")
    func pushed() throws {
      let folder = try Folder()
      let receiver = try Receiver(in: folder)
      let server = try ServerProcess(
        in: folder, configuration: Self.configuration, environment: ["SSL_CERT_FILE=\(receiver.certificate)"])
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      let bob = try IRCClient("bob", port: server.ircPort)
      try bob.register()
      let point = try #require(P256.publicKey(of: P256.makeSecret()))
      let keys = "p256dh=\(WebPush.base64URL(point));auth=\(WebPush.base64URL(Crypto.randomBytes(16)))"
      try alice.send("WEBPUSH VAPIDPUBKEY")
      let key = try #require(try alice.wait("WEBPUSH").parameters.last)
      try alice.send("WEBPUSH REGISTER https://127.0.0.1:\(receiver.port)/410 \(keys)")
      try alice.wait("WEBPUSH")
      try alice.send("WEBPUSH REGISTER https://127.0.0.1:\(receiver.port)/phone \(keys)")
      try alice.wait("WEBPUSH")
      try alice.send("QUIT")
      try alice.wait("ERROR")
      for text in ["one", "two"] { try bob.send("PRIVMSG alice :\(text)") }
      // The other service may be asked twice before it is known to be gone.
      let push = try #require(try receiver.wait(for: 2, at: "/phone").first)
      try server.waitForLog("registration removed")
      #expect(receiver.requests.count { $0.path == "/phone" } == 2)
      #expect(push.fields["content-encoding"] == "aes128gcm" && push.fields["urgency"] == "high")
      #expect(push.fields["ttl"] == "604800" && push.body.count > 86)
      #expect(push.fields["authorization"]?.hasSuffix(", k=\(key)") == true)
      let holds = push.body.indices.contains { push.body[$0...].starts(with: "PRIVMSG".utf8) }
      #expect(!holds, "the service can read along")
      try server.stop()
    }
  }
}
