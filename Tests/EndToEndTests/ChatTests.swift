import Glibc
import LiveServer
import Testing

extension EndToEndTests {
  @Suite struct ChatTests {
    @Test("Two people meet, in private and in a group, over TCP and WebSocket")
    func chat() throws {
      let server = try ServerProcess(in: try Folder())
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      let bob = try IRCClient("bob", webPort: server.webPort)
      try bob.register()

      let echo = try alice.say("hello bob", to: "bob")
      let heard = try bob.wait("PRIVMSG", "bob", "hello bob")
      #expect(heard.nick == "alice")
      #expect(heard.tags["msgid"] == echo.tags["msgid"])
      #expect(heard.tags["account"] == "alice")
      try bob.say("hello alice", to: "alice")
      try alice.wait("PRIVMSG", "alice", "hello alice")

      try alice.join("#plans")
      try bob.join("#plans")
      try alice.wait(for: "bob's JOIN") { $0.command == "JOIN" && $0.nick == "bob" }
      try bob.say("what now?", to: "#plans")
      try alice.wait("PRIVMSG", "#plans", "what now?")
      #expect(try alice.history(of: "#plans").map { $0.parameters[1] } == ["what now?"])
      try server.stop()
    }

    @Test("Who was away gets what was missed, after a restart, too")
    func missedWhileAway() throws {
      let folder = try Folder()
      var server = try ServerProcess(in: folder)
      let bob = try IRCClient("bob", port: server.ircPort)
      try bob.register()
      try bob.join("#plans")
      try bob.send("QUIT")
      try bob.wait("ERROR")
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      try alice.join("#plans")
      try alice.say("in private", to: "bob")
      try alice.say("in the group", to: "#plans")
      try server.stop()
      server = try ServerProcess(in: folder)

      // A client that knows no history is sent what it missed.
      let plain = try IRCClient("bob", port: server.ircPort)
      try plain.send("CAP REQ :sasl")
      try plain.send("NICK bob")
      try plain.send("USER bob 0 * :bob")
      try plain.wait("CAP", "*", "ACK")
      try plain.send("AUTHENTICATE PLAIN")
      try plain.wait("AUTHENTICATE", "+")
      try plain.send("AUTHENTICATE \(IRCClient.plainSecret("bob", IRCClient.password))")
      try plain.send("CAP END")
      try plain.wait("PRIVMSG", "bob", "in private")
      try plain.wait("PRIVMSG", "#plans", "in the group")

      // One that knows it asks.
      let modern = try IRCClient("bob", port: server.ircPort)
      try modern.login()
      #expect(try modern.history(of: "alice").map { $0.parameters[1] } == ["in private"])
      #expect(try modern.history(of: "#plans").map { $0.parameters[1] } == ["in the group"])
      try server.stop()
    }

    @Test("Clients are told that the server goes, and everything is flushed before")
    func orderlyStop() throws {
      let server = try ServerProcess(in: try Folder())
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      for number in 0..<100 { try alice.send("PRIVMSG alice :\(number)") }
      try alice.send("PING done")
      try alice.wait("PONG")
      server.process.signal(SIGINT)
      try alice.wait("ERROR")
      #expect(server.process.wait() == 0)
      #expect(server.log.contains("stopped"))
    }
  }

  @Suite struct PagesTests {
    @Test func pages() throws {
      let server = try ServerProcess(in: try Folder())
      #expect(try server.get("/").contains("Moot"))
      let metrics = try server.get("/metrics")
      #expect(metrics.hasPrefix("HTTP/1.1 200"))
      #expect(metrics.contains("\nmoot_sessions 0\n"))
      #expect(metrics.contains("\nmoot_commit_seconds_count "))
      let health = try server.get("/health")
      #expect(health.hasPrefix("HTTP/1.1 200"))
      #expect(health.contains(#""ok":true"#))
      #expect(try server.get("/nothing").hasPrefix("HTTP/1.1 404"))
      try server.stop()
    }
  }
}
