import Server
import Testing
import Wire

@testable import moot

@Suite struct HappeningTests {
  static func read(_ line: String) -> Happening? {
    Message(line).flatMap { Happening($0, nick: "alice", now: 7) }
  }

  static let lines: [(String, String, String, String)] = [
    (":bob!bob@a PRIVMSG alice :hello", "bob", "<bob> hello", "message"),
    (":bob!bob@a PRIVMSG #p :hello", "#p", "<bob> hello", "message"),
    (":bob!bob@a PRIVMSG @#p :hello", "#p", "<bob> hello", "message"),
    (":alice!alice@a PRIVMSG bob :hello", "bob", "<alice> hello", "message"),
    (":bob!bob@a PRIVMSG #p :\u{1}ACTION waves\u{1}", "#p", "* bob waves", "action"),
    (":bob!bob@a NOTICE alice :\u{7}hey\u{1B}[2J", "bob", "-bob- hey[2J", "notice"),
    (":bob!bob@a JOIN #p bob :Bob", "#p", "→ bob joined", "join"),
    (":bob!bob@a PART #p", "#p", "← bob left", "part"),
    (":bob!bob@a PART #p :bye", "#p", "← bob left (bye)", "part"),
    (":bob!bob@a KICK #p carol :out", "#p", "← bob removed carol (out)", "kick"),
    (":bob!bob@a TOPIC #p :new", "#p", "— bob set the topic: new", "topic"),
    (":bob!bob@a TOPIC #p :", "#p", "— bob cleared the topic", "topic"),
    (":bob!bob@a MODE #p +o carol", "#p", "— bob set +o carol", "mode"),
    (":bob!bob@a INVITE alice #p", "#p", "— bob invited alice to #p", "invite"),
    (":bob!bob@a QUIT :gone", "", "← bob is gone (gone)", "quit"),
    (
      ":a FAIL PRIVMSG UNDELIVERABLE bob/b AAAA :There is no bob", "bob/b",
      "✗ not delivered to bob/b: There is no bob", "undelivered"
    ),
  ]

  @Test(arguments: lines)
  func tells(line: String, conversation: String, text: String, kind: String) throws {
    let happening = try #require(Self.read(line))
    #expect(happening.conversation == conversation)
    #expect(happening.line == text)
    #expect(happening.kind.rawValue == kind)
    #expect(happening.time == 7)
  }

  @Test(arguments: [
    ":alpha NOTICE alice :hi", ":bob!bob@a PRIVMSG alice :\u{1}VERSION\u{1}", "PING :x", ":a 001 alice :hi",
    ":alice!a@a MODE alice +i", ":bob!b@a TAGMSG alice",
  ])
  func leavesOut(line: String) {
    #expect(Self.read(line) == nil)
  }

  /// Numerics say what they are about before their text; standard replies say it in the text.
  @Test(arguments: [
    (":a 443 alice bob #p :is already on channel", "bob #p: is already on channel"),
    (":a 481 alice :Permission denied", "Permission denied"),
    (":a FAIL DEVICE NO_SUCH_DEVICE x :You have no device of that name", "You have no device of that name"),
  ])
  func refusals(line: String, text: String) throws {
    #expect(try #require(Message(line)).refusal == text)
  }

  @Test func readsTags() throws {
    let happening = try #require(
      Self.read("@time=2026-11-22T14:05:06.789Z;msgid=x\\:y :ALICE!a@a PRIVMSG #p :hi"))
    #expect(Timestamp.text(happening.time) == "2026-11-22T14:05:06.789Z")
    #expect(happening.id == "x;y")
    #expect(happening.isOwn)
    let json = try JSON(parsing: happening.json.bytes)
    #expect(
      json == [
        "type": "message", "time": "2026-11-22T14:05:06.789Z", "id": "x;y", "conversation": "#p", "from": "ALICE",
        "text": "hi", "own": true,
      ])
  }
}

@Suite struct TextTests {
  @Test func cutsBetweenWords() {
    #expect(Text.messages("one two three", maxBytes: 8) == ["one two ", "three"])
    #expect(Text.messages("abcdefghij", maxBytes: 4) == ["abcd", "efgh", "ij"])
    #expect(Text.messages("ééé", maxBytes: 5) == ["éé", "é"])
    #expect(Text.messages("a\r\nb\n\nc\n", maxBytes: 100) == ["a", "b", "c"])
    #expect(Text.messages("", maxBytes: 100) == [])
  }

  @Test(arguments: [
    ("2026-11-22", "timestamp=2026-11-22T00:00:00.000Z"),
    ("2026-11-22T14:05:06", "timestamp=2026-11-22T14:05:06.000Z"),
    ("2026-11-22T14:05:06.789Z", "timestamp=2026-11-22T14:05:06.789Z"),
    ("BRF3LIhB8dcAAAAAAAAAAI", "msgid=BRF3LIhB8dcAAAAAAAAAAI"),
  ])
  func readsPoints(text: String, point: String) throws {
    #expect(try Text.point(text) == point)
  }

  @Test(arguments: ["", "14:05", "a b", "2026-11-22 14:05", "yesterday"])
  func refusesPoints(text: String) {
    #expect(throws: Failure.self) { try Text.point(text) }
  }
}

@Suite struct LoginsTests {
  static func login(_ account: String, _ realm: String, token: String = "t") -> Login {
    Login(account: account, realm: realm, endpoint: Endpoint(host: "::1", port: 6_667), device: "d", token: token)
  }

  @Test func readsBackWhatItKeeps() throws {
    var logins = Logins()
    logins.keep(Self.login("alice", "alpha"))
    logins.keep(Self.login("bob", "alpha"))
    logins.keep(Self.login("Alice", "alpha", token: "new"))
    #expect(logins.all.map(\.address) == ["bob@alpha", "Alice@alpha"])
    #expect(Logins(logins.bytes) == logins)
    for damaged in ["", "{}", "{\"logins\":[{}]}", "{\"logins\":1}"] { #expect(Logins(Array(damaged.utf8)) == nil) }
  }

  @Test func chooses() throws {
    var logins = Logins()
    #expect(throws: Failure(.refusedLogin, "not logged in: `moot login NAME@REALM` first")) {
      try logins.choose(nil)
    }
    logins.keep(Self.login("alice", "alpha"))
    logins.keep(Self.login("alice", "beta"))
    #expect(try logins.choose(nil).realm == "beta")
    #expect(try logins.choose("ALICE@alpha").realm == "alpha")
    #expect(throws: Failure.usage("--as alice could be several: alice@alpha, alice@beta")) {
      try logins.choose("alice")
    }
    #expect(throws: Failure.self) { try logins.choose("bob@alpha") }
    logins.forget(Self.login("alice", "beta"))
    #expect(try logins.choose("alice").realm == "alpha")
  }
}

@Suite struct MembersTests {
  @Test func readsRanks() throws {
    let answer = try [":a 353 x = #p :~@carol +bob", ":a 353 x = #p :dave", ":a 366 x #p :end"].map {
      try #require(Message($0))
    }
    #expect(Members(answer).all.map { "\($0.name) \($0.rank)" } == ["bob voice", "carol owner", "dave "])
  }
}
