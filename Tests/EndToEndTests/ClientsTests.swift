import LiveServer
import Testing

extension EndToEndTests {
  /// Clients that people use, as they come from the distribution.
  @Suite struct ClientsTests {
    private static let password = "correct-horse"

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
  }
}
