import Testing
import Wire

@testable import Core

/// What is said in a group goes to a program elsewhere: each message at least once, in order (docs/bots.md).
@Suite struct OutgoingWebhookTests {
  private static let address = "https://hooks.example.org/in?x=1"

  private func realm(trigger: String = "") throws -> TestRealm {
    let realm = try TestRealm()
    try realm.register("alice", capabilities: "message-tags echo-message draft/multiline batch draft/message-redaction")
    try realm.register("bob")
    for name in ["alice", "bob"] { try realm.send(name, "JOIN #ops") }
    let made = try realm.administer(.createOutgoingWebhook(group: "#ops", address: Self.address, trigger: trigger))
    guard case .webhook(let status, let secret)? = made else {
      Issue.record("no webhook was made: \(String(describing: made))")
      return realm
    }
    #expect(status.address == Self.address && secret.hasPrefix("whsec_") && secret.utf8.count == 50)
    return realm
  }

  private func status(_ realm: TestRealm) throws -> WebhookStatus {
    guard case .webhooks(let all)? = try realm.administer(.webhooks) else { throw Missing() }
    return try #require(all.first)
  }

  private struct Missing: Error {}

  @Test func aMessage() throws {
    let realm = try realm()
    try realm.send("bob", "PRIVMSG #ops :hello")
    let delivery = try #require(realm.deliveries.first)
    let entries = realm.writes.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
    let entry = try #require(entries.last)
    #expect(delivery.address == Self.address && delivery.id == entry.id.text && delivery.secret.count == 32)
    #expect(delivery.time == entry.time / 1_000)
    #expect(
      String(decoding: delivery.body, as: UTF8.self)
        == #"{"type":"message","timestamp":"\#(Timestamp.text(entry.time))","#
        + ##""data":{"id":"\##(entry.id.text)","realm":"alpha","group":"#ops","number":\##(entry.number),"##
        + #""from":"bob","isGuest":false,"isBot":false,"kind":"message","text":"hello"}}"#)
    #expect(try status(realm).messages == 1)
  }

  @Test func whatIsSaidAndWhatIsNot() throws {
    let realm = try realm()
    try realm.send("alice", lines: ["BATCH +1 draft/multiline #ops", "@batch=1 PRIVMSG #ops :one"])
    try realm.send("alice", lines: ["@batch=1 PRIVMSG #ops :two", "BATCH -1"])
    try realm.send("alice", "@+draft/react=x TAGMSG #ops")
    try realm.send("alice", "TOPIC #ops :no")
    try realm.send("alice", "PRIVMSG #ops :\u{1}ACTION waves\u{1}")
    try realm.send("bob", "NOTICE #ops :three")
    try realm.send("bob", "PRIVMSG alice :private")
    #expect(realm.delivered() == ["one\ntwo", "waves", "three"])
  }

  /// Two programs could keep each other talking for ever.
  @Test func notWhatWebhooksSay() throws {
    let realm = try realm()
    guard case .webhook(_, let secret)? = try realm.administer(.createWebhook(group: "#ops", name: "deploy")) else {
      throw Missing()
    }
    try realm.post("hello", to: secret)
    #expect(realm.delivered().isEmpty)
    #expect(try status(realm).waiting == 0)
  }

  @Test(arguments: [("!roll", true), ("!ROLL 2", true), ("!rolls", false), ("x !roll", false), ("!rol", false)])
  func triggers(_ text: String, _ isWanted: Bool) throws {
    let realm = try realm(trigger: "!roll")
    try realm.send("bob", "PRIVMSG #ops :\(text)")
    #expect(realm.delivered() == (isWanted ? [text] : []))
    #expect(try status(realm).waiting == 0)
  }

  /// While one message is not taken, those behind it wait; then all come, in order.
  @Test func inOrder() throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: 503)
    for number in 1...3 { try realm.send("bob", "PRIVMSG #ops :\(number)") }
    #expect(realm.delivered() == ["1"])
    #expect(try status(realm).waiting == 3)
    #expect(try status(realm).lastAnswer == "503")
    try realm.pass(seconds: 6)
    #expect(realm.delivered() == ["1"])
    realm.outcome = CallOutcome(status: 204)
    try realm.pass(seconds: 7)
    #expect(realm.delivered().isEmpty, "the pause is longer now")
    try realm.pass(seconds: 5)
    #expect(realm.delivered() == ["1", "2", "3"])
    #expect(try status(realm).waiting == 0)
  }

  /// Nothing is called before it is on disk, and after a crash what was not answered is called again, with the same id.
  @Test func afterACrash() throws {
    let realm = try realm()
    realm.holdsAnswers = true
    try realm.send("bob", "PRIVMSG #ops :1")
    #expect(realm.asks.count { if case .deliver = $0.ask { true } else { false } } == 1)
    try realm.send("bob", "PRIVMSG #ops :2")
    realm.holdsAnswers = false
    try realm.restart()
    try realm.pass(seconds: 1)
    #expect(realm.delivered() == ["1", "2"])
    try realm.restart()
    try realm.pass(seconds: 2)
    #expect(realm.delivered().isEmpty)
    try realm.logIn("bob", as: "bob")
    try realm.send("bob", "PRIVMSG #ops :3")
    #expect(realm.delivered() == ["3"])
  }

  /// More than fits a page, said while the program is away; what is taken back meanwhile is not told any more.
  @Test func aBacklog() throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: 0, problem: "connection refused")
    let count = Limits.deliveriesAtOnce * 2 + 10
    for number in 1...count { try realm.send("bob", "PRIVMSG #ops :\(number)") }
    try realm.send("alice", "PRIVMSG #ops :secret")
    let line = try #require(realm.lines("alice").last)
    let id = try #require(line.split(whereSeparator: { ";= ".contains($0) }).dropFirst().first)
    try realm.send("alice", "REDACT #ops \(id)")
    realm.delivered()
    realm.outcome = CallOutcome(status: 200)
    try realm.pass(seconds: 10)
    #expect(realm.delivered() == (1...count).map(String.init))
  }

  /// What is erased for its age before it could be posted is missing there, and that is said.
  @Test(arguments: [false, true]) func erasedBefore(_ isErased: Bool) throws {
    let realm = try realm()
    try realm.configure { $0.limits.keepDays = 1 }
    realm.outcome = CallOutcome(status: isErased ? 410 : 503)
    try realm.send("bob", "PRIVMSG #ops :1")
    try realm.send("alice", "PRIVMSG #ops :taken back")
    let line = try #require(realm.lines("alice").last)
    let id = try #require(line.split(whereSeparator: { ";= ".contains($0) }).dropFirst().first)
    try realm.send("alice", "REDACT #ops \(id)")
    try realm.send("bob", "PRIVMSG #ops :2")
    try realm.send("bob", "TOPIC #ops :no message")
    try realm.sleep(seconds: 86_400)
    if isErased { for _ in 0..<5 { try realm.pass(seconds: 1) } }
    try realm.logIn("carl", as: "bob")
    try realm.send("carl", "PRIVMSG #ops :3")
    realm.delivered()
    realm.outcome = CallOutcome(status: 200)
    if isErased { try realm.administer(.resumeWebhook(1)) }
    try realm.pass(seconds: 10)
    #expect(realm.delivered() == ["3"])
    let status = try status(realm)
    // Once erased, what was taken back looks like all else.
    #expect(status.erased == (isErased ? 3 : 2))
    #expect(status.waiting == 0)
    #expect(realm.notes.count { $0.event == "messages erased for their age before they were posted" } == 1)
  }

  @Test func givenUpAndResumed() throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: 500)
    try realm.send("bob", "PRIVMSG #ops :1")
    for _ in 0..<120 { try realm.sleep(seconds: 3_600) }
    #expect(try status(realm).isOff)
    #expect(realm.notes.contains { $0.event == "switched off" })
    realm.delivered()
    realm.outcome = CallOutcome(status: 200)
    try realm.restart()
    try realm.pass(seconds: 5)
    #expect(realm.delivered().isEmpty)
    try realm.administer(.resumeWebhook(1))
    #expect(realm.delivered() == ["1"])
    #expect(try status(realm).failingSince == 0)
  }

  @Test func goneIsGone() throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: 410)
    try realm.send("bob", "PRIVMSG #ops :1")
    #expect(try status(realm).isOff)
  }

  /// It says itself when to come again.
  @Test func retryAfter() throws {
    let realm = try realm()
    realm.outcome = CallOutcome(status: 429, retryAfter: 60)
    try realm.send("bob", "PRIVMSG #ops :1")
    realm.delivered()
    try realm.pass(seconds: 55)
    #expect(realm.delivered().isEmpty)
    try realm.pass(seconds: 8)
    #expect(realm.delivered() == ["1"])
  }

  @Test func revokedAndEnded() throws {
    let realm = try realm()
    try realm.administer(.revokeWebhook(1))
    try realm.send("bob", "PRIVMSG #ops :1")
    #expect(realm.delivered().isEmpty)
    try realm.administer(.createOutgoingWebhook(group: "#ops", address: Self.address, trigger: ""))
    try realm.send("alice", "DELETE #ops")
    #expect(try realm.administer(.webhooks) == .webhooks([]))
  }

  @Test(arguments: [
    ("#none", "https://a/", ""), ("#ops", "ftp://a/", ""), ("#ops", "https://user@a/", ""),
    ("#ops", "https://a/", "a b"),
    ("#ops@beta", "https://a/", ""),
  ])
  func notMade(_ group: String, _ address: String, _ trigger: String) throws {
    let realm = try realm()
    let reply = try realm.administer(.createOutgoingWebhook(group: group, address: address, trigger: trigger))
    guard case .refused? = reply else {
      Issue.record("it was made")
      return
    }
  }
}
