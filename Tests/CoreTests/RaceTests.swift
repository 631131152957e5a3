import Core
import Testing
import Wire

/// What happens between a question and its answer.
@Suite struct RaceTests {
  /// Each command that waits for something, and how often.
  @Test(arguments: [
    ("JOIN #rest", 1), ("LIST", 1), ("CHATHISTORY LATEST bob * 10", 1), ("PRIVMSG #rest :hello", 1),
    ("WHO #rest", 1), ("NAMES #rest", 1), ("MODE #rest", 1), ("DEVICE CREATE phone", 1), ("OPER root toor", 1),
    ("PASSWD sesame opensesame", 2), ("PASSWD wrong opensesame", 1), ("JOIN #rest,#rest2,#rest", 2),
    ("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 10", 1),
  ])
  func theSessionGoesMeanwhile(_ command: String, _ answers: Int) throws {
    var settings = Settings(realm: "alpha")
    settings.operators = [.init(name: "root", verifier: TestRealm.verifier(of: Array("toor".utf8)))]
    for answered in 0..<answers {
      let realm = try TestRealm(settings)
      try realm.register("alice")
      try realm.register("bob")
      try realm.send("bob", "JOIN #rest,#rest2")
      try realm.drop("bob")
      realm.holdsAnswers = true
      try realm.send("alice", "\(command)")
      try realm.send("alice", "PRIVMSG bob :too late")
      for _ in 0..<answered { try realm.answer() }
      try realm.drop("alice")
      realm.holdsAnswers = false
      while !realm.asks.isEmpty { try realm.answer() }
      // Nothing is left behind, and everything goes on.
      try realm.logIn("alice", as: "alice")
      realm.lines("alice")
      try realm.send("alice", "PING x")
      #expect(realm.lines("alice") == [":alpha PONG alpha :x"])
      try realm.send("alice", "PRIVMSG #rest2 :hello")
      #expect(realm.lines("alice").count == 1)
    }
  }

  /// Who shows a token and waits before it goes on does not outlive it.
  @Test func aTokenIsTakenBackWhileItLogsIn() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.send("alice", "DEVICE CREATE phone")
    try realm.connect("thief")
    try realm.send("thief", lines: ["CAP REQ :sasl", "NICK thief", "USER thief 0 * :Thief", "AUTHENTICATE PLAIN"])
    let payload = Base64.encode(Array("\0alice\0moot-token-1".utf8))
    try realm.send("thief", "AUTHENTICATE " + String(decoding: payload, as: UTF8.self))
    #expect(realm.lines("thief").last?.contains(" 903 ") == true)
    try realm.send("alice", "DEVICE REVOKE phone")
    try realm.send("thief", "CAP END")
    #expect(realm.lines("thief") == ["ERROR :This device was revoked", "(closed)"])
    realm.lines("alice")
    try realm.send("alice", "DEVICE LIST")
    #expect(realm.lines("alice").count == 2)
  }

  /// Two sessions that want a token for the same device at once: one gets it.
  @Test func twoTokensForOneDevice() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.logIn("laptop", as: "alice")
    for name in ["alice", "laptop"] { realm.lines(name) }
    realm.holdsAnswers = true
    try realm.send("alice", "DEVICE CREATE phone")
    try realm.send("laptop", "DEVICE CREATE phone")
    for _ in 0..<2 { try realm.answer() }
    #expect(realm.lines("alice") == [":alpha DEVICE CREATE phone moot-token-1"])
    #expect(realm.lines("laptop").map { String($0.prefix(38)) } == [":alpha FAIL DEVICE NAME_IN_USE phone :"])
  }

  /// The name of an operator is not to be told by how long a refusal takes.
  @Test func nobodyIsAnOperatorOfThatName() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    realm.lines("alice")
    realm.holdsAnswers = true
    try realm.send("alice", "OPER root toor")
    #expect(realm.asks.map(\.ask) == [.verify(.nobody, secret: Array("toor".utf8))])
    try realm.answer()
    #expect(realm.lines("alice") == [":alpha 464 alice :Password incorrect"])
  }

  /// Before it has registered, a client may have less wait behind a slow answer.
  @Test func pendingAtLogin() throws {
    let realm = try TestRealm()
    try realm.connect("alice")
    realm.holdsAnswers = true
    try realm.send("alice", lines: ["NICK alice", "REGISTER * * sesame"])
    for _ in 0..<10 { try realm.send("alice", "PING " + String(repeating: "x", count: 1_500)) }
    #expect(realm.lines("alice").isEmpty)
    try realm.send("alice", "PING " + String(repeating: "x", count: 1_500))
    #expect(realm.lines("alice").last == "(closed)")
  }

  @Test func theNameIsFreeAgainWhenARegistrationIsGivenUp() throws {
    let realm = try TestRealm()
    try realm.connect("one")
    try realm.connect("two")
    realm.holdsAnswers = true
    try realm.send("one", lines: ["NICK alice", "REGISTER * * sesame"])
    try realm.send("two", lines: ["NICK alice", "REGISTER * * sesame"])
    #expect(realm.lines("two").first?.contains("FAIL REGISTER ACCOUNT_EXISTS alice") == true)
    try realm.drop("one")
    realm.holdsAnswers = false
    try realm.answer()
    try realm.send("two", "REGISTER * * sesame")
    #expect(realm.lines("two").first?.contains("REGISTER SUCCESS alice") == true)
  }

  /// Suspended or deleted at each point of a login: the session does not come in.
  @Test(arguments: [0, 1, 2, 3], [true, false])
  func shutOutWhileLoggingIn(_ answered: Int, deleted: Bool) throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.register("bob")
    try realm.send("alice", "JOIN #plans")
    try realm.send("bob", "JOIN #plans")
    try realm.drop("alice")
    realm.holdsAnswers = true
    try realm.logIn("alice", as: "alice")
    for _ in 0..<answered { try realm.answer() }
    _ = try realm.administer(deleted ? .delete(account: "alice") : .suspend(account: "alice"))
    realm.holdsAnswers = false
    while !realm.asks.isEmpty { try realm.answer() }
    let lines = realm.lines("alice")
    #expect(lines.last == "(closed)", "\(lines)")
    realm.lines("bob")
    try realm.send("bob", "NAMES #plans")
    #expect(
      realm.lines("bob").first == ":alpha 353 bob = #plans :" + (deleted ? "~alice bob" : "~alice bob") || deleted)
    try realm.send("bob", "PRIVMSG alice :hello")
    #expect(realm.lines("bob").first?.contains(deleted ? " 401 " : " 301 ") == true)
  }

  @Test func anAccountThatIsBeingDeletedStaysShutOut() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.send("alice", "JOIN #plans")
    realm.holdsAnswers = true
    #expect(try realm.administer(.delete(account: "alice")) == nil)
    #expect(try realm.administer(.resume(account: "alice")) == .refused("alice is just being deleted"))
    #expect(try realm.administer(.delete(account: "alice")) == .refused("alice is just being deleted"))
    realm.holdsAnswers = false
    while !realm.asks.isEmpty { try realm.answer() }
    #expect(try realm.administer(.resume(account: "alice")) == .refused("There is no account alice in alpha"))
    #expect(realm.realm.status.contains(StatusLine(name: "groups", value: 0)))
  }

  /// A group leaves memory with the last connected member, and comes back as it was; whoever waits for it gets it once.
  @Test func severalWaitForOneGroup() throws {
    let realm = try TestRealm()
    for name in ["alice", "bob", "carol", "dave"] { try realm.register(name) }
    try realm.send("alice", "JOIN #plans")
    try realm.drop("alice")
    #expect(realm.realm.status.contains(StatusLine(name: "groups_live", value: 0)))
    realm.holdsAnswers = true
    for name in ["bob", "carol", "dave"] { try realm.send(name, "JOIN #plans") }
    #expect(realm.asks.count == 1)
    try realm.drop("carol")
    realm.holdsAnswers = false
    try realm.answer()
    #expect(realm.lines("bob").last == ":dave!dave@alpha JOIN #plans")
    #expect(realm.lines("dave").dropFirst().first == ":alpha 353 dave = #plans :~alice bob dave")
    #expect(realm.realm.status.contains(StatusLine(name: "groups_live", value: 1)))
  }

  /// Nobody who was only looking keeps a group in memory.
  @Test(arguments: [
    "MODE #plans", "NAMES #plans", "WHO #plans", "PRIVMSG #plans :hello", "TOPIC #plans", "PART #plans",
  ])
  func lookingKeepsNothing(_ command: String) throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.register("bob")
    try realm.send("alice", "JOIN #plans")
    try realm.drop("alice")
    try realm.send("bob", command)
    #expect(!realm.lines("bob").isEmpty)
    #expect(realm.realm.status.contains(StatusLine(name: "groups_live", value: 0)))
  }
}
