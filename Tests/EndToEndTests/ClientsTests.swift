import LiveServer
import Testing

extension EndToEndTests {
  /// Clients that people use, as they come from the distribution and from Python's registry.
  @Suite struct ClientsTests {
    private static let password = "correct-horse"
    private static let notInstalled: Comment = "pydle and obby-client are not installed: deploy/test does it, from PyPI"

    @Test(
      "irssi and WeeChat register, log in, chat, and get what they missed",
      .enabled(if: Terminal.has("irssi", "weechat-headless")))
    func irssiAndWeeChat() throws {
      let server = try ServerProcess(in: try Folder())

      // As somebody who knows nothing but the old ways, and as somebody who reads the documentation.
      var irssi = try Irssi("alice", port: server.ircPort, password: nil)
      try irssi.wait(for: "To chat you need an account")
      try irssi.type("/msg NickServ REGISTER \(Self.password)")
      try irssi.wait(for: "The account alice is yours")
      try irssi.type("/quit")
      var weechat = try WeeChat("bob", port: server.ircPort, password: nil)
      try weechat.type("/quote REGISTER bob * \(Self.password)")
      try weechat.wait(for: "You are now logged in as bob", in: "server.alpha")
      weechat.stop()

      irssi = try Irssi("alice", port: server.ircPort, password: Self.password)
      weechat = try WeeChat("bob", port: server.ircPort, password: Self.password)
      try irssi.type("/join #plans")
      try irssi.wait(for: "Irssi: #plans")
      try weechat.type("/join #plans")
      try weechat.wait(for: "has joined #plans", in: "alpha.#plans")
      try irssi.wait(for: "bob [bob@alpha] has joined #plans")

      try irssi.type("/msg bob hello in private")
      try weechat.wait(for: "hello in private", in: "alpha.alice")
      try weechat.type("and back", in: "alpha.alice")
      try irssi.wait(for: "and back")
      try irssi.type("/msg #plans hello everyone")
      try weechat.wait(for: "hello everyone", in: "alpha.#plans")
      try weechat.type("hello alice", in: "alpha.#plans")
      try irssi.wait(for: "hello alice")

      // What each misses is there when it comes back, once.
      weechat.stop()
      try irssi.type("/msg bob missed in private")
      try irssi.type("/msg #plans missed in the group")
      try irssi.type("/disconnect")
      try irssi.wait(for: "Irssi: Connection lost to")
      weechat = try WeeChat("bob", port: server.ircPort, password: Self.password)
      try weechat.wait(for: "missed in private", in: "alpha.alice")
      try weechat.wait(for: "missed in the group", in: "alpha.#plans")
      try weechat.type("while alice was away", in: "alpha.#plans")
      try irssi.type("/connect alpha")
      try irssi.wait(for: "while alice was away")
      #expect(try irssi.count("while alice was away") == 1)
      #expect(weechat.log(of: "alpha.alice").split(separator: "missed in private").count == 2)
      #expect(weechat.log(of: "alpha.#plans").split(separator: "missed in the group").count == 2)
      try server.stop()
    }

    @Test(
      "irssi in one realm chats with WeeChat in another, through a third",
      .enabled(if: Terminal.has("irssi", "weechat-headless")))
    func acrossRealms() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      for (name, realm) in [("alice", "alpha"), ("carol", "gamma")] {
        let client = try IRCClient(name, port: try federation[realm].ircPort)
        try client.register()
      }
      let irssi = try Irssi("alice", port: try federation["alpha"].ircPort, password: IRCClient.password)
      var weechat = try WeeChat(
        "carol", port: try federation["gamma"].ircPort, realm: "gamma", password: IRCClient.password)

      // In private, either way of writing an address will do.
      try irssi.type("/msg carol/gamma hello carol")
      try weechat.wait(for: "hello carol", in: "gamma.alice/alpha")
      try weechat.type("hello alice", in: "gamma.alice/alpha")
      try irssi.wait(for: "hello alice")
      try weechat.type("/msg alice@alpha with an at sign")
      try irssi.wait(for: "with an at sign")

      // In a group of alpha's.
      try irssi.type("/join #plans")
      try irssi.wait(for: "Irssi: #plans")
      try irssi.type("/topic #plans what alice does")
      try weechat.type("/join #plans/alpha")
      try weechat.wait(for: "what alice does", in: "gamma.#plans/alpha")
      try irssi.wait(for: "carol/gamma [carol@gamma] has joined #plans")
      try irssi.type("/msg #plans hello everyone")
      try weechat.wait(for: "hello everyone", in: "gamma.#plans/alpha")
      try weechat.type("hello to alpha", in: "gamma.#plans/alpha")
      try irssi.wait(for: "hello to alpha")
      #expect(weechat.log(of: "gamma.#plans/alpha").contains("alice/alpha"))
      try irssi.type("/whois carol/gamma")
      try irssi.wait(for: "carol/gamma [carol@gamma]")

      // What carol misses is there when she comes back, once.
      weechat.stop()
      try irssi.type("/msg carol/gamma missed in private")
      try irssi.type("/msg #plans missed in the group")
      weechat = try WeeChat(
        "carol", port: try federation["gamma"].ircPort, realm: "gamma", password: IRCClient.password)
      try weechat.wait(for: "missed in private", in: "gamma.alice/alpha")
      try weechat.wait(for: "missed in the group", in: "gamma.#plans/alpha")
      #expect(weechat.log(of: "gamma.alice/alpha").split(separator: "missed in private").count == 2)
      #expect(weechat.log(of: "gamma.#plans/alpha").split(separator: "missed in the group").count == 2)
      #expect(try irssi.count("hello to alpha") == 1)
      weechat.stop()
      try federation.stop()
    }

    @Test(
      "A bot and a modern client of Python's registry log in, chat, and get what they missed",
      .enabled(if: PythonClient.isInstalled, notInstalled))
    func python() throws {
      let server = try ServerProcess(in: try Folder())
      for name in ["robot", "olga"] { try IRCClient(name, port: server.ircPort).register() }
      var robot = try PythonClient(.bot, "robot", port: server.ircPort)
      var olga = try PythonClient(.modern, "olga", port: server.ircPort)

      try olga.type("join #plans")
      try olga.wait(for: ##""at": "#plans", "event": "channel_joined""##)
      try robot.type("join #plans")
      try robot.wait(for: ##""at": "#plans", "event": "joined", "sender": "robot""##)
      try olga.type("say #plans hello everyone")
      try robot.wait(for: "hello everyone", from: "olga")
      try robot.type("say #plans hello olga")
      try olga.wait(for: "hello olga", from: "robot")
      try olga.type("say robot in private")
      try robot.wait(for: "in private", from: "olga")
      try robot.type("say olga and back")
      try olga.wait(for: "and back", from: "robot")
      try olga.type("topic #plans what robots do")
      try robot.wait(for: "what robots do", from: "olga")
      try robot.type("whois olga")
      try robot.wait(for: #""account": "olga", "event": "whois""#)
      try robot.type("members #plans")
      try robot.wait(for: #""nicks": ["olga", "robot"]"#)
      try olga.type("react #plans 👍 hello olga")
      try olga.wait(for: #""reactions": ["👍"], "redacted": false, "sender": "robot", "text": "hello olga""#)
      try olga.type("redact #plans hello everyone")
      try olga.wait(for: #""redacted": true, "sender": "olga", "text": "hello everyone""#)

      // The bot is replayed to; the other asks for history, which has a message once, and no deleted one.
      robot.stop()
      try olga.type("say #plans missed in the group")
      try olga.type("say robot missed in private")
      try olga.wait(for: "missed in private", from: "olga")
      robot = try PythonClient(.bot, "robot", port: server.ircPort)
      try robot.wait(for: "missed in private", from: "olga")
      olga.stop()
      try robot.type("say #plans while olga was away")
      try robot.type("whois robot")
      try robot.wait(for: #""account": "robot", "event": "whois""#)
      olga = try PythonClient(.modern, "olga", port: server.ircPort)
      try olga.wait(for: ##""at": "#plans", "event": "channel_joined""##)
      try olga.type("history #plans")
      try olga.wait(for: "while olga was away", from: "robot")
      #expect(robot.count("missed in the group", from: "olga") == 1)
      #expect(robot.count("missed in private", from: "olga") == 1)
      #expect(olga.count("while olga was away", from: "robot") == 1)
      #expect(olga.count("hello everyone", from: "olga") == 0)
      try server.stop()
    }

    @Test(
      "A bot in one realm and a modern client in another, through a third",
      .enabled(if: PythonClient.isInstalled, notInstalled))
    func pythonAcrossRealms() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      for (name, realm) in [("robot", "alpha"), ("olga", "gamma")] {
        try IRCClient(name, port: try federation[realm].ircPort).register()
      }
      let robot = try PythonClient(.bot, "robot", port: try federation["alpha"].ircPort)
      let olga = try PythonClient(.modern, "olga", port: try federation["gamma"].ircPort)
      try robot.type("join #plans")
      try robot.wait(for: ##""at": "#plans", "event": "joined", "sender": "robot""##)
      try olga.type("join #plans/alpha")
      try robot.wait(for: ##""at": "#plans", "event": "joined", "sender": "olga/gamma""##)
      try olga.type("say #plans/alpha hello everyone")
      try robot.wait(for: "hello everyone", from: "olga/gamma")
      try robot.type("say #plans hello olga")
      try olga.wait(for: "hello olga", from: "robot/alpha")
      try olga.type("say robot/alpha in private")
      try robot.wait(for: "in private", from: "olga/gamma")
      try robot.type("say olga/gamma and back")
      try olga.wait(for: "and back", from: "robot/alpha")
      #expect(robot.count("hello everyone", from: "olga/gamma") == 1)
      #expect(olga.count("hello olga", from: "robot/alpha") == 1)
      try federation.stop()
    }
  }
}
