import Testing
import Wire

@testable import Core

/// What programs post to webhooks (docs/bots.md).
@Suite struct WebhookTests {
  /// Alice is the founder of `#ops`, to which `deploy` writes.
  private func realm() throws -> (TestRealm, secret: String) {
    let realm = try TestRealm()
    try realm.register("alice", capabilities: "message-tags account-tag draft/multiline batch")
    try realm.send("alice", "JOIN #ops")
    realm.lines("alice")
    return (realm, try make(realm))
  }

  private func make(_ realm: TestRealm, _ group: String = "#ops", _ name: String = "deploy") throws -> String {
    guard case .webhook(_, let secret)? = try realm.administer(.createWebhook(group: group, name: name)) else {
      throw TestFailure(text: "no webhook was made")
    }
    return secret
  }

  private struct TestFailure: Error {
    var text: String
  }

  private func post(
    _ realm: TestRealm, _ body: String, _ secret: String, key: String = "", isJSON: Bool = false
  ) throws -> String {
    let slot = try realm.post(body, to: secret, key: key, isJSON: isJSON)
    return realm.answers[slot] ?? ""
  }

  private func id(_ answer: String) -> String {
    answer.hasPrefix("HTTP/1.1 200 ") ? String(answer.split(separator: "\"").dropLast().last ?? "") : "(none)"
  }

  @Test func aLineIsSaidByTheWriter() throws {
    let (realm, secret) = try realm()
    let answer = try post(realm, "deployed\n", secret)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(
      realm.lines("alice") == [
        "@msgid=\(id(answer));account=deploy;bot :deploy!deploy@alpha PRIVMSG #ops :deployed"
      ])
  }

  @Test func severalLinesAreOneMessage() throws {
    let (realm, secret) = try realm()
    let answer = try post(realm, #"{"text":"\none\r\n\ntwo\n\n","name":"Grafana Alerts!"}"#, secret, isJSON: true)
    let lines = realm.lines("alice")
    #expect(
      lines.first
        == "@msgid=\(id(answer));account=deploy;bot :Grafana-Alerts!deploy@alpha BATCH +1 draft/multiline #ops")
    #expect(lines.count == 5)
    #expect(lines[1].hasSuffix("PRIVMSG #ops :one") && lines[2].hasSuffix("#ops :") && lines[3].hasSuffix("#ops :two"))
  }

  @Test func aLongLineGoesOn() throws {
    let line = Array(repeating: "é", count: 800).joined()
    let text = try WebhookText(WebhookPost(secretHash: [], key: "", isJSON: false, body: Array(line.utf8)))
    let parts = Multiline.parts(of: text.body)
    #expect(text.isMultiline && Multiline.isBody(text.body) && parts.map(\.isJoined) == [false, true])
    #expect(parts.flatMap { Array($0.text) } == Array(line.utf8))
    #expect(parts.allSatisfy { isUTF8(Array($0.text), in: 0..<$0.text.count) })
  }

  @Test(arguments: [
    ("", false, 400), (" \n\t\n", false, 400), ("a\0b", false, 400), ("{", true, 400), ("[]", true, 400),
    (#"{"text":1}"#, true, 400), (#"{"text":""}"#, true, 400),
    (String(repeating: "x", count: 4_097), false, 413), (String(repeating: "x\n", count: 33), false, 413),
    (#"{"text":"x","name":"alice"}"#, true, 403), (#"{"text":"x","name":"NickServ"}"#, true, 403),
  ])
  func refused(_ body: String, _ isJSON: Bool, _ status: Int) throws {
    let (realm, secret) = try realm()
    let answer = try post(realm, body, secret, isJSON: isJSON)
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
    #expect(answer.contains("\r\n\r\n") && answer.hasSuffix(".\n"))
    #expect(realm.lines("alice").isEmpty)
  }

  /// Nothing of a client's own language comes out of a webhook.
  @Test func noQuestionsToClients() throws {
    let (realm, secret) = try realm()
    _ = try post(realm, "\u{1}VERSION\u{1}", secret)
    #expect(realm.lines("alice").first?.hasSuffix("#ops :VERSION") == true)
  }

  /// Accepted is on disk with its key: posted again it is the same message, also after a crash.
  @Test func theSameKeyIsTheSameMessage() throws {
    let (realm, secret) = try realm()
    let first = id(try post(realm, "one", secret, key: "k"))
    #expect(id(try post(realm, "one", secret, key: "k")) == first)
    try realm.restart()
    #expect(id(try post(realm, "one", secret, key: "k")) == first)
    #expect(id(try post(realm, "one", secret, key: "other")) != first)
    try realm.sleep(seconds: 86_401)
    #expect(id(try post(realm, "one", secret, key: "k")) != first)
    #expect(id(try post(realm, "one", secret)) != id(try post(realm, "one", secret)))
  }

  /// The same is posted twice while the group is being read.
  @Test func theSameKeyAtOnce() throws {
    let (realm, secret) = try realm()
    try realm.restart()
    realm.holdsAnswers = true
    let slots = [try realm.post("one", to: secret, key: "k"), try realm.post("one", to: secret, key: "k")]
    #expect(slots.map { realm.answers[$0] } == ["", ""])
    realm.holdsAnswers = false
    try realm.answer()
    let ids = slots.map { id(realm.answers[$0] ?? "") }
    #expect(ids[0] == ids[1] && ids[0] != "(none)")
  }

  @Test func tooMany() throws {
    let (realm, secret) = try realm()
    let answers = try (0..<40).map { _ in try post(realm, "one", secret) }
    #expect(answers.prefix(Int(Limits.webhookBurst)).allSatisfy { $0.hasPrefix("HTTP/1.1 200 ") })
    let last = try #require(answers.last)
    #expect(last.hasPrefix("HTTP/1.1 429 ") && last.contains("\r\nRetry-After: 1\r\n"))
    try realm.sleep(seconds: 2)
    #expect(try post(realm, "one", secret).hasPrefix("HTTP/1.1 200 "))
  }

  /// A webhook has voice, so to speak: modes do not stop it, bans do.
  @Test(arguments: [
    ("+mn", 200), ("+R", 200), ("+b deploy!*@*", 403), ("+b ~a:deploy", 403), ("+b ~m:deploy!*@*", 403),
  ])
  func modes(_ change: String, _ status: Int) throws {
    let (realm, secret) = try realm()
    try realm.send("alice", "MODE #ops \(change)")
    #expect(try post(realm, "one", secret).hasPrefix("HTTP/1.1 \(status) "))
  }

  @Test func whoEndsIt() throws {
    let (realm, secret) = try realm()
    try realm.administer(.suspend(account: "deploy"))
    #expect(try post(realm, "one", secret).hasPrefix("HTTP/1.1 403 "))
    try realm.administer(.resume(account: "deploy"))
    #expect(try post(realm, "one", secret).hasPrefix("HTTP/1.1 200 "))
    try realm.administer(.revokeWebhook(1))
    #expect(try post(realm, "one", secret).hasPrefix("HTTP/1.1 404 "))
    let second = try make(realm)
    try realm.send("alice", "RENAME #ops #more")
    #expect(try post(realm, "one", second).hasPrefix("HTTP/1.1 200 "))
    try realm.send("alice", "DELETE #more")
    #expect(try post(realm, "one", second).hasPrefix("HTTP/1.1 404 "))
    #expect(try realm.administer(.webhooks) == .webhooks([]))
    try realm.restart()
    #expect(try post(realm, "one", second).hasPrefix("HTTP/1.1 404 "))
  }

  @Test func withItsWriterItEnds() throws {
    let (realm, secret) = try realm()
    try realm.administer(.delete(account: "deploy"))
    #expect(try post(realm, "one", secret).hasPrefix("HTTP/1.1 404 "))
    guard case .refused? = try realm.administer(.createWebhook(group: "#ops", name: "deploy")) else {
      Issue.record("the name of a deleted account was given again")
      return
    }
  }

  @Test(arguments: [("#none", "deploy"), ("#ops", "alice"), ("#ops", "1x"), ("#ops/beta", "deploy"), ("#ops", "moot")])
  func notMade(_ group: String, _ name: String) throws {
    let (realm, _) = try realm()
    guard case .refused? = try realm.administer(.createWebhook(group: group, name: name)) else {
      Issue.record("it was made")
      return
    }
  }

  /// Nobody logs in as a writer, gets its name or writes to it.
  @Test func theWriterIsNobody() throws {
    let (realm, _) = try realm()
    try realm.send("alice", "PRIVMSG deploy :hello")
    #expect(realm.lines("alice") == [":alpha 531 alice deploy :deploy only writes: nobody reads this"])
    try realm.logIn("eve", as: "deploy")
    #expect(!realm.lines("eve").contains { $0.contains(" 001 ") })
    guard case .refused? = try realm.administer(.resetPassword(account: "deploy", secret: Array("sesame".utf8))) else {
      Issue.record("it has a password")
      return
    }
  }

  @Test func noRoom() throws {
    let (realm, secret) = try realm()
    try realm.handle(.diskLow(true))
    let answer = try post(realm, "one", secret)
    #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 60\r\n"))
  }
}
