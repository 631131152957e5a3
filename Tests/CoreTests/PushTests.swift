import Testing
import Wire

@testable import Core

/// Who is told of what through push services (IRCv3 webpush).
@Suite struct PushTests {
  static let keys = "p256dh=" + String(repeating: "B", count: 86) + "E;auth=" + String(repeating: "A", count: 22)

  private func capabilities(_ more: String = "") -> String { "soju.im/webpush message-tags echo-message \(more)" }

  /// Alice has a phone that is pushed to, and is not there; bob is. Both are in `#plans`.
  private func realm(more: String = "", aliceIsThere: Bool = false) throws -> TestRealm {
    let realm = try TestRealm()
    try realm.register("alice", capabilities: capabilities(more))
    try realm.register("bob", capabilities: "message-tags echo-message draft/read-marker draft/multiline batch")
    for name in ["alice", "bob"] { try realm.send(name, "JOIN #plans") }
    try realm.send("alice", "WEBPUSH REGISTER https://phone/x \(Self.keys)")
    #expect(realm.lines("alice").last == ":alpha WEBPUSH REGISTER https://phone/x")
    if !aliceIsThere { try realm.drop("alice") }
    return realm
  }

  /// A line without its tags.
  private func pushed(_ realm: TestRealm) -> [String] {
    realm.pushed().map { line in
      let words = line.split(separator: " ")
      return words.filter { !$0.hasPrefix("@") }.joined(separator: " ")
    }
  }

  /// Its client wants to know which registration was refused (webpush, "Errors").
  @Test func aLongEndpoint() throws {
    let realm = try realm(aliceIsThere: true)
    let endpoint = "https://phone/" + String(repeating: "x", count: 700)
    try realm.send("alice", "WEBPUSH REGISTER \(endpoint) nonsense")
    let line = try #require(realm.lines("alice").last)
    #expect(line.hasPrefix(":alpha FAIL WEBPUSH INVALID_PARAMS REGISTER \(endpoint) :"))
    let longest = "https://phone/" + String(repeating: "x", count: 1_950)
    try realm.send("alice", "WEBPUSH REGISTER \(longest) x")
    #expect(try #require(realm.lines("alice").last).utf8.count <= 2_046)
  }

  @Test func privateMessages() throws {
    let realm = try realm()
    try realm.send("bob", "PRIVMSG alice :hello there")
    let line = try #require(realm.pushed().first)
    let echo = try #require(realm.lines("bob").first { $0.contains("PRIVMSG") })
    #expect(line.hasPrefix("phone @msgid=") && line.hasSuffix(" :bob!bob@alpha PRIVMSG alice :hello there"))
    #expect(line == "phone \(echo)")
  }

  @Test(arguments: [
    ("alice: hello", true), ("hello ALICE!", true), ("(alice)", true), ("hello", false), ("malice", false),
    ("alice2", false), ("alicé", false), ("\u{1}ACTION pokes alice\u{1}", true), ("\u{1}VERSION alice\u{1}", false),
    ("bob and alice and alice", true), ("alice/gamma knows", false), ("ask alice@gamma", false),
    ("alice/alpha knows", true), ("alice/carol?", false), ("either alice / bob", true), ("alice/", true),
  ])
  func mentions(_ text: String, _ isPushed: Bool) throws {
    let realm = try realm()
    try realm.send("bob", "PRIVMSG #plans :\(text)")
    #expect(pushed(realm) == (isPushed ? ["phone :bob!bob@alpha PRIVMSG #plans :\(text)"] : []))
  }

  @Test func whatIsNoMessage() throws {
    let realm = try realm()
    try realm.send("bob", "NOTICE alice :hello")
    try realm.send("bob", "@+typing=active TAGMSG alice")
    try realm.send("bob", "TOPIC #plans :alice")
    try realm.send("bob", "PRIVMSG bob :alice")
    #expect(realm.pushed().isEmpty)
  }

  /// Only members are told of what is said in a group.
  @Test func whoHasLeft() throws {
    let realm = try realm(aliceIsThere: true)
    try realm.send("alice", "PART #plans")
    try realm.drop("alice")
    try realm.send("bob", "PRIVMSG #plans :alice")
    #expect(realm.pushed().isEmpty)
  }

  /// What somebody has muted stays quiet, and so does who is blocked, in groups too.
  @Test(arguments: [
    ("bob soju.im/muted :1", 0), ("#plans soju.im/muted :1", 1), ("bob soju.im/blocked :1", 0),
    ("bob soju.im/pinned :1", 2),
  ])
  func quiet(_ setting: String, _ count: Int) throws {
    let realm = try realm(more: "draft/metadata-2", aliceIsThere: true)
    let words = setting.split(separator: " ", maxSplits: 1)
    try realm.send("alice", "METADATA \(words[0]) SET \(words[1])")
    #expect(realm.lines("alice").allSatisfy { !$0.contains("FAIL") })
    try realm.drop("alice")
    try realm.send("bob", "PRIVMSG alice :one")
    try realm.send("bob", "PRIVMSG #plans :alice")
    #expect(realm.pushed().count == count)
  }

  /// From other realms, in private and in groups whose home is there or here.
  @Test func elsewhere() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice", capabilities: capabilities())
    try realms["beta"].register("bob", capabilities: "message-tags")
    try realms.send("alpha", "alice", "REQUESTS SET none")
    try realms.send("alpha", "alice", "JOIN #here")
    try realms.send("beta", "bob", "JOIN #here/alpha")
    try realms.send("beta", "bob", "JOIN #there")
    try realms.send("alpha", "alice", "JOIN #there/beta")
    try realms.send("alpha", "alice", "WEBPUSH REGISTER https://phone/x \(Self.keys)")
    try realms["alpha"].drop("alice")
    for target in ["alice/alpha", "#here/alpha", "#there"] {
      try realms.send("beta", "bob", "PRIVMSG \(target) :alice?")
    }
    #expect(
      pushed(realms["alpha"]) == [
        "phone :bob/beta!bob@beta PRIVMSG alice :alice?", "phone :bob/beta!bob@beta PRIVMSG #here :alice?",
        "phone :bob/beta!bob@beta PRIVMSG #there/beta :alice?",
      ])
  }

  /// Of several lines the first is pushed, as one message.
  @Test func severalLines() throws {
    let realm = try realm(more: "draft/multiline batch")
    try realm.send("bob", lines: ["BATCH +1 draft/multiline alice", "@batch=1 PRIVMSG alice :one"])
    try realm.send("bob", lines: ["@batch=1 PRIVMSG alice :two", "BATCH -1"])
    #expect(pushed(realm) == ["phone :bob!bob@alpha PRIVMSG alice :one"])
  }

  /// Who is there has a moment to read it; what is read by then, on any device, is not pushed.
  @Test func readFirst() throws {
    let realm = try realm(more: "draft/read-marker", aliceIsThere: true)
    try realm.send("bob", "PRIVMSG alice :one")
    try realm.pass(seconds: 10)
    #expect(realm.pushed().isEmpty)
    try realm.send("alice", "MARKREAD bob timestamp=\(Timestamp.text(realm.now))")
    try realm.pass(seconds: 15)
    #expect(realm.pushed().isEmpty)
    try realm.send("bob", "PRIVMSG alice :two")
    try realm.pass(seconds: 21)
    #expect(pushed(realm) == ["phone :bob!bob@alpha PRIVMSG alice :two"])
    // Read now, on the desk: the phone takes its notification back.
    let time = realm.now
    try realm.send("alice", "MARKREAD bob timestamp=\(Timestamp.text(time))")
    #expect(realm.pushed() == ["phone :alpha MARKREAD bob timestamp=\(Timestamp.text(time))"])
    try realm.send("alice", "MARKREAD bob timestamp=\(Timestamp.text(time + 10))")
    #expect(realm.pushed().isEmpty)
  }

  /// A client that runs without anybody at it is as good as none (IRCv3 pre-away).
  @Test func nobodyAtIt() throws {
    let realm = try realm(aliceIsThere: true)
    try realm.send("alice", "AWAY :lunch")
    try realm.send("bob", "PRIVMSG alice :one")
    #expect(pushed(realm).count == 1)
  }

  @Test func registrations() throws {
    let realm = try realm(aliceIsThere: true)
    try realm.send("alice", "WEBPUSH REGISTER https://phone/x \(Self.keys)")
    try realm.send("alice", "WEBPUSH REGISTER https://tablet/y \(Self.keys)")
    try realm.restart()
    try realm.logIn("bob", as: "bob")
    try realm.send("bob", "PRIVMSG alice :one")
    #expect(pushed(realm).map { String($0.prefix(6)) } == ["phone ", "tablet"])
    try realm.logIn("alice", as: "alice")
    realm.lines("alice")
    try realm.send("alice", "WEBPUSH UNREGISTER https://phone/x")
    try realm.send("alice", "WEBPUSH UNREGISTER https://none/")
    #expect(
      realm.lines("alice").suffix(2) == [
        ":alpha WEBPUSH UNREGISTER https://phone/x", ":alpha WEBPUSH UNREGISTER https://none/",
      ])
    try realm.drop("alice")
    try realm.restart()
    try realm.logIn("bob", as: "bob")
    try realm.send("bob", "PRIVMSG alice :two")
    #expect(pushed(realm) == ["tablet :bob!bob@alpha PRIVMSG alice :two"])
  }

  /// The oldest of too many goes.
  @Test func tooMany() throws {
    let realm = try realm(aliceIsThere: true)
    for number in 1...Limits.pushRegistrations {
      try realm.send("alice", "WEBPUSH REGISTER https://n\(number)/ \(Self.keys)")
    }
    try realm.drop("alice")
    try realm.restart()
    try realm.logIn("bob", as: "bob")
    try realm.send("bob", "PRIVMSG alice :one")
    let hosts = realm.pushed().compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(hosts.sorted() == (1...Limits.pushRegistrations).map { "n\($0)" }.sorted())
  }

  @Test(arguments: [
    "WEBPUSH", "WEBPUSH REGISTER", "WEBPUSH REGISTER https://a/", "WEBPUSH REGISTER http://a/ KEYS",
    "WEBPUSH REGISTER https://u@a/ KEYS", "WEBPUSH REGISTER https://a/ p256dh=AA;auth=AA",
    "WEBPUSH REGISTER https://a/ auth=AAAAAAAAAAAAAAAAAAAAAA", "WEBPUSH REGISTER https://a/ KEYS more",
    "WEBPUSH UNREGISTER", "WEBPUSH DANCE https://a/",
  ])
  func refused(_ line: String) throws {
    let realm = try realm(aliceIsThere: true)
    try realm.send("alice", line.replacing("KEYS", with: Self.keys))
    #expect(realm.lines("alice").allSatisfy { $0.hasPrefix(":alpha FAIL WEBPUSH INVALID_PARAMS ") })
  }

  /// The service does not know the client any more (RFC 8030, section 7.3).
  @Test(arguments: [404, 410])
  func gone(_ status: Int) throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: status)
    try realm.send("bob", "PRIVMSG alice :one")
    #expect(realm.pushed().count == 1)
    realm.outcome = CallOutcome(status: 201)
    try realm.send("bob", "PRIVMSG alice :two")
    #expect(realm.pushed().isEmpty)
  }

  /// Whoever has a revoked device in their hands is not told of anything, after a restart either.
  @Test(arguments: [false, true])
  func revoked(_ restarts: Bool) throws {
    let realm = try realm()
    if restarts { try realm.restart() }
    try realm.logIn("desk", as: "alice@desk", capabilities: capabilities())
    try realm.send("desk", "WEBPUSH REGISTER https://desk/x \(Self.keys)")
    try realm.send("desk", "DEVICE REVOKE *")
    try realm.drop("desk")
    if restarts { try realm.logIn("bob", as: "bob") }
    try realm.send("bob", "PRIVMSG alice :one")
    #expect(pushed(realm).map { String($0.prefix(5)) } == ["desk "])
  }

  @Test func tryAgain() throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: 503)
    try realm.send("bob", "PRIVMSG alice :one")
    try realm.pass(seconds: 110)
    #expect(pushed(realm).count == 1 + Limits.pushAttempts)
    realm.outcome = CallOutcome(status: 400)
    try realm.send("bob", "PRIVMSG alice :two")
    try realm.pass(seconds: 110)
    #expect(pushed(realm).count == 1)
  }

  @Test func aFlood() throws {
    let realm = try realm()
    for number in 0..<60 { try realm.send("bob", "PRIVMSG alice :\(number)") }
    #expect(realm.pushed().count == Int(Limits.pushBurst))
  }

  @Test func theKeyIsTold() throws {
    let realm = try TestRealm()
    try realm.connect("alice")
    try realm.send("alice", lines: ["CAP REQ :soju.im/webpush", "NICK alice", "USER alice 0 * :x"])
    try realm.send("alice", lines: ["REGISTER * * sesame", "CAP END"])
    let token = "VAPID=BPv7"
    #expect(realm.lines("alice").contains { $0.contains(token) })
    try realm.register("bob")
    try realm.send("bob", "ISUPPORT")
    #expect(!realm.lines("bob").contains { $0.contains("VAPID") })
    try realm.send("bob", "WEBPUSH VAPIDPUBKEY")
    #expect(realm.lines("bob").first?.hasPrefix(":alpha WEBPUSH VAPIDPUBKEY BPv7") == true)
  }

  @Test func deletedWithTheAccount() throws {
    let realm = try realm()
    try realm.administer(.delete(account: "alice"))
    #expect(realm.realm.pushes.isEmpty)
    try realm.restart()
    #expect(realm.realm.pushes.isEmpty)
  }
}
