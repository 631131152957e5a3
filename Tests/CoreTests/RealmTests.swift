import Core
import Testing
import Wire

/// What transcripts would be too long for.
@Suite struct RealmTests {
  /// Lists that do not fit one line are told in several, nothing left out.
  @Test func longLists() throws {
    let realm = try TestRealm()
    let names = (0..<60).map { "somebody_with_a_long_name_\($0)" }
    try realm.register("alice")
    try realm.send("alice", "JOIN #plans")
    for name in names {
      try realm.register(name)
      try realm.send(name, "JOIN #plans,#" + name)
    }
    realm.lines("alice")
    try realm.send("alice", "NAMES #plans")
    var lines = realm.lines("alice")
    #expect(lines.count > 4)
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix(":alpha 353 alice = #plans :") && $0.utf8.count < 512 })
    #expect(
      lines.dropLast().flatMap { $0.split(separator: ":")[1].split(separator: " ").map(String.init) }
        == ["~alice"] + names)
    try realm.send("alice", "MONITOR + " + names.joined(separator: ","))
    lines = realm.lines("alice")
    #expect(lines.count > 4)
    #expect(lines.allSatisfy { $0.hasPrefix(":alpha 730 alice :") && $0.utf8.count < 512 })
    try realm.send("alice", "MONITOR L")
    lines = realm.lines("alice").dropLast()
    #expect(lines.flatMap { $0.split(separator: ":")[1].split(separator: ",").map(String.init) } == names)
    try realm.send("alice", "LIST")
    #expect(realm.lines("alice").count == 63)
    try realm.send("alice", "WHO #plans")
    #expect(realm.lines("alice").count == 62)
  }

  /// Who says a lot at once gets a share of each turn: others are served in between, and nothing is lost or doubled.
  @Test func sharesOfTurns() throws {
    var settings = Settings(realm: "alpha")
    settings.limits.turnShare = 5_000
    let realm = try TestRealm(settings)
    for name in ["alice", "bob", "carol"] { try realm.register(name) }
    realm.lines("alice")
    realm.holdsAnswers = true
    try realm.send("bob", lines: (0..<200).map { "PRIVMSG alice :\($0)" })
    try realm.send("bob", "PRIVMSG alice :200")
    #expect(realm.realm.isBehind)
    let first = realm.lines("alice").count
    #expect((2..<50).contains(first))
    try realm.send("carol", "PRIVMSG alice :between")
    #expect(realm.lines("alice") == [":carol!carol@alpha PRIVMSG alice :between"])
    while realm.realm.isBehind { try realm.takeTurn(.goOn) }
    #expect(realm.lines("alice") == (first...200).map { ":bob!bob@alpha PRIVMSG alice :\($0)" })
  }

  /// A client that goes while it waits for its share leaves nothing behind.
  @Test func goesBeforeItsShare() throws {
    var settings = Settings(realm: "alpha")
    settings.limits.turnShare = 1
    let realm = try TestRealm(settings)
    try realm.register("alice")
    realm.holdsAnswers = true
    try realm.send("alice", lines: ["PING 1", "PING 2", "QUIT"])
    #expect(realm.lines("alice") == [":alpha PONG alpha :1"])
    try realm.drop("alice")
    try realm.takeTurn(.goOn)
    #expect(!realm.realm.isBehind)
    #expect(realm.realm.status.first { $0.name == "sessions" }?.value == 0)
  }

  /// One origin may make so many accounts an hour; without one (loopback) it is exempt.
  @Test func registrationsByAddress() throws {
    var settings = Settings(realm: "alpha")
    settings.limits.registrationsPerHour = 2
    let realm = try TestRealm(settings)
    func register(_ name: String, from origin: String?) throws -> Bool {
      try realm.connect(name, origin: origin)
      try realm.send(name, lines: ["NICK \(name)", "REGISTER * * sesame"])
      return realm.lines(name).contains { $0.contains("SUCCESS") }
    }
    #expect(try register("one", from: "192.0.2.1"))
    #expect(try register("two", from: "192.0.2.1"))
    #expect(try !register("three", from: "192.0.2.1"))
    #expect(try register("four", from: "192.0.2.2"))
    for name in ["five", "six", "seven"] { #expect(try register(name, from: nil)) }
    try realm.pass(seconds: 3_700)
    #expect(try register("eleven", from: "192.0.2.1"))
  }

  /// Settings change while the realm runs.
  @Test func newSettings() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    var settings = Settings(realm: "alpha", title: "Alpha", serverName: "irc.example.org")
    settings.registration = .closed
    settings.motd = ["New"]
    settings.guests = true
    try realm.handle(.configured(settings))
    // Modern IRC, "RPL_ISUPPORT Parameters": a minus for what holds no more.
    #expect(
      realm.lines("alice") == [
        ":irc.example.org 005 alice -draft/ACCOUNTREQUIRED NETWORK=Alpha :are supported by this server"
      ])
    try realm.send("alice", "MOTD")
    #expect(
      realm.lines("alice") == [
        ":irc.example.org 375 alice :- irc.example.org Message of the day - ", ":irc.example.org 372 alice :- New",
        ":irc.example.org 376 alice :End of /MOTD command",
      ])
    try realm.connect("bob")
    try realm.send("bob", lines: ["NICK bob", "USER bob 0 * :Bob", "JOIN #plans", "REGISTER bob * sesame"])
    #expect(realm.lines("bob").contains(":bob!~bob@alpha JOIN #plans"))
  }

  /// HELP lists commands; each of them has a help of its own.
  @Test func everyCommandInHelpHasHelp() throws {
    let realm = try TestRealm()
    try realm.register("alice")
    try realm.send("alice", "HELP")
    let words = realm.lines("alice").dropFirst().dropLast().flatMap { $0.split(separator: " ") }
    let commands = words.filter { $0.count > 3 && $0.allSatisfy { $0.isUppercase && $0.isASCII } }
    #expect(commands.count > 30)
    for command in commands {
      try realm.send("alice", "HELP \(command)")
      #expect(realm.lines("alice").first?.hasPrefix(":alpha 704 alice \(command) :") == true, "\(command)")
    }
  }

  /// Whatever clients say, the realm goes on, and what others are sent are lines: the fixture checks each of them.
  @Test func nonsenseBreaksNoLines() throws {
    let realm = try TestRealm()
    for name in ["alice", "bob"] {
      try realm.register(name, capabilities: "message-tags server-time batch labeled-response echo-message")
    }
    try realm.send("alice", "JOIN #plans")
    try realm.send("bob", "JOIN #plans")
    var state: UInt64 = 11
    func pick<T>(_ from: [T]) -> T {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return from[Int(state >> 33) % from.count]
    }
    let long = String(repeating: "é", count: 900)
    let words = [
      "#plans", "bob", "alice", ":", ":a b", "::x", ":  ", "*", "+o", "-b", "+bbb", "LS", "x,y,#z", "#plans,#plans",
      "timestamp=2020-01-01T00:00:00.000Z", "msgid=x", "10", long, ":" + long, "🙂", ",", "a!b@c", "#é", "/", "@", "0",
      "nickserv", "\u{1}", "LATEST", "CREATE", "REGISTER", "SET", "SUB", "GET", "avatar", "+ ", "#" + long, ":\u{7F}",
    ]
    let commands = [
      "PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "PART", "KICK", "INVITE", "TOPIC", "NAMES", "LIST", "WHO", "WHOIS", "MODE",
      "AWAY", "MONITOR", "CHATHISTORY", "MARKREAD", "NICK", "USER", "PASS", "CAP", "AUTHENTICATE", "REGISTER", "VERIFY",
      "DEVICE", "NS", "HELP", "MOTD", "VERSION", "TIME", "ISON", "USERHOST", "PING", "PONG", "DELETE", "METADATA",
      "BLOCK", "UNBLOCK", "REQUESTS", "NONSENSE", long,
    ]
    let tags = ["", "", "@label=x ", "@+a=\\s;label=1;b ", "@", "@;;= ", "@+typing=active "]
    for _ in 0..<4_000 {
      let parameters = (0..<pick([0, 1, 2, 3, 4])).map { _ in pick(words) }
      let line = pick(tags) + ([pick(commands)] + parameters).joined(separator: " ")
      try realm.send(pick(["alice", "bob"]), line)
    }
    try realm.send("alice", "PING the-end")
    #expect(realm.lines("alice").last?.hasSuffix("PONG alpha :the-end") == true)
  }
}
