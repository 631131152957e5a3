import Testing
import Wire

@testable import moot

@Suite struct HandshakeTests {
  static let offer = "batch echo-message labeled-response message-tags server-time sasl=PLAIN draft/unknown"

  /// Feeds lines and returns all that was answered.
  static func feed(_ handshake: inout Handshake, _ lines: String...) throws -> [String] {
    try lines.flatMap { try handshake.take(#require(Message($0))) }
  }

  static func base64(_ text: String) -> String { String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self) }

  @Test func logsIn() throws {
    var handshake = Handshake(account: "alice", entry: .login(name: "alice@phone", secret: "secret"))
    #expect(handshake.opening == ["CAP LS 302", "NICK alice", "USER alice 0 * :alice"])
    #expect(try Self.feed(&handshake, ":a CAP * LS * :multi-prefix") == [])
    #expect(
      try Self.feed(&handshake, ":a CAP * LS :\(Self.offer)")
        == ["CAP REQ :batch echo-message labeled-response message-tags multi-prefix sasl server-time"])
    #expect(try Self.feed(&handshake, ":a CAP * ACK :batch echo-message") == ["AUTHENTICATE PLAIN"])
    #expect(
      try Self.feed(&handshake, "AUTHENTICATE +") == ["AUTHENTICATE \(Self.base64("\0alice@phone\0secret"))"])
    #expect(try Self.feed(&handshake, ":a 900 alice x alice :in", ":a 903 alice :ok") == ["CAP END"])
    #expect(try Self.feed(&handshake, "PING :x") == ["PONG :x"])
    #expect(try Self.feed(&handshake, ":a 001 Alice :hi", ":a 005 Alice LINELEN=2048 SAFE :are supported") == [])
    #expect(!handshake.isDone)
    #expect(try Self.feed(&handshake, ":a 422 Alice :no motd") == [])
    #expect(handshake.isDone)
    #expect(handshake.nick == "Alice")
    #expect(handshake.support == ["LINELEN": "2048", "SAFE": ""])
    #expect(handshake.capabilities == ["batch", "echo-message"])
  }

  @Test func cutsLongSecrets() throws {
    // 300 bytes are 400 in base64: the piece that ends them is empty.
    var handshake = Handshake(account: "a", entry: .login(name: "a", secret: String(repeating: "s", count: 297)))
    let lines = try Self.feed(&handshake, "AUTHENTICATE +")
    #expect(lines.map(\.utf8.count) == [13 + 400, 13 + 1])
    #expect(lines.last == "AUTHENTICATE +")
  }

  @Test func registersByInvitation() throws {
    let offer = "\(Self.offer) draft/account-registration=before-connect,email-required,custom-account-name"
    var invited = Handshake(account: "alice", entry: .registration(secret: "x", code: "k3f9-2xmt"))
    _ = try Self.feed(&invited, ":a CAP * LS :\(offer)")
    #expect(try Self.feed(&invited, ":a CAP * ACK :batch") == ["REGISTER alice k3f9-2xmt :x"])
    var uninvited = Handshake(account: "alice", entry: .registration(secret: "x", code: nil))
    _ = try Self.feed(&uninvited, ":a CAP * LS :\(offer)")
    #expect(throws: Failure.self) { try Self.feed(&uninvited, ":a CAP * ACK :batch") }
  }

  @Test func registersEarlyOrLate() throws {
    var early = Handshake(account: "alice", entry: .registration(secret: "a b", code: nil), realmPassword: "door")
    #expect(early.opening[1] == "PASS :door")
    _ = try Self.feed(&early, ":a CAP * LS :\(Self.offer) draft/account-registration=before-connect")
    #expect(try Self.feed(&early, ":a CAP * ACK :batch") == ["REGISTER alice * :a b"])
    #expect(try Self.feed(&early, ":a REGISTER SUCCESS alice :ok") == ["CAP END"])
    _ = try Self.feed(&early, ":a 001 alice :hi", ":a 376 alice :end")
    #expect(early.isDone)

    var late = Handshake(account: "alice", entry: .registration(secret: "x", code: nil))
    _ = try Self.feed(&late, ":a CAP * LS :\(Self.offer) draft/account-registration")
    #expect(try Self.feed(&late, ":a CAP * ACK :batch") == ["CAP END"])
    #expect(
      try Self.feed(&late, ":a 001 alice :hi", ":a 005 alice A :x", ":a 376 alice :end") == ["REGISTER alice * :x"])
    #expect(!late.isDone)
    #expect(try Self.feed(&late, ":a REGISTER SUCCESS alice :ok") == [])
    #expect(late.isDone)
  }

  @Test(arguments: [
    (":a 904 alice :wrong", 4, "alice cannot log in: wrong"),
    (":a 904 alice :SASL authentication failed: no", 4, "alice cannot log in: no"),
    (":a 464 alice :no", 4, "the realm asks for its own password: put it into MOOT_REALM_PASSWORD"),
    (":a 433 * alice :in use", 1, "\"alice\" cannot be used: in use"),
    (":a FAIL REGISTER ACCOUNT_EXISTS alice :taken", 1, "taken"), ("ERROR :go away\u{7}", 1, "go away"),
    (":a CAP * NAK :batch", 1, "the realm takes back what it offered: batch"),
    (":a CAP * LS :sasl batch", 1, "this server does not know `echo-message`: is it a Moot realm?"),
    (":a REGISTER VERIFICATION_REQUIRED alice :look at your mail", 1, "not registered yet: look at your mail"),
  ])
  func fails(line: String, code: Int32, message: String) {
    var handshake = Handshake(account: "alice", entry: .registration(secret: "x", code: nil))
    let failure = #expect(throws: Failure.self) { try Self.feed(&handshake, line) }
    #expect(failure?.code == code)
    #expect(failure?.message == message)
  }
}

@Suite struct ResponsesTests {
  static func feed(_ lines: String...) throws -> [Arrival] {
    var responses = Responses()
    return try lines.compactMap { responses.take(try #require(Message($0))) }
  }

  @Test func putsAnswersTogether() throws {
    let ping = try #require(Message(":a PONG a :x"))
    #expect(try Self.feed(":a PONG a :x") == [.message(ping)])
    #expect(try Self.feed("@label=m1 :a ACK") == [.response(label: "m1", [])])
    let answers = try Self.feed(
      "@label=m2 :a BATCH +1 labeled-response", "@batch=1 :a BATCH +2 chathistory #p", ":x!x@x PRIVMSG me :between",
      "@batch=2 :b!b@a PRIVMSG #p :one", "@batch=2 :b!b@a PRIVMSG #p :two", "@batch=1 :a BATCH -2",
      "@batch=1 :a NOTE X Y :end", ":a BATCH -1")
    #expect(answers.count == 2)
    guard case .response("m2", let messages)? = answers.last else { throw Failure("no answer") }
    #expect(messages.map(\.text) == ["one", "two", "end"])
  }

  @Test func takesBatchesNobodyAskedFor() throws {
    let arrivals = try Self.feed(":a BATCH +x netjoin a b", "@batch=x :b!b@a JOIN #p", ":a BATCH -x", ":a BATCH -y")
    guard case .batch("netjoin", let messages)? = arrivals.first, arrivals.count == 1 else { throw Failure("no batch") }
    #expect(messages.map(\.command) == ["JOIN"])
  }
}
