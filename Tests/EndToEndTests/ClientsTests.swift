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
  }
}
