import Testing

@testable import Core

/// What is hidden from somebody, because it was said by who is blocked or waits to be let in, shows nowhere: by
/// whatever command is asked, live, in replay, after a restart.
@Suite struct HiddenTests {
  enum Reason: String, CaseIterable, Sendable { case blocked, blockedRealm, waits }

  private static let capabilities = "draft/chathistory draft/event-playback batch message-tags server-time"

  /// Alice of alpha reads; bob of hers or of another realm has said things with the word "cellar" in them.
  private func realms(_ reason: Reason, from realm: String) throws -> (TestRealms, id: String) {
    let realms = try TestRealms()
    try realms["alpha"].register("alice", capabilities: Self.capabilities)
    try realms["alpha"].logIn("plain", as: "alice")
    try realms[realm].register("bob", capabilities: Self.capabilities + " echo-message draft/message-redaction")
    let name = realm == "alpha" ? "bob" : "bob/beta"
    let wish = reason == .waits ? "REQUESTS SET all" : "BLOCK \(reason == .blocked ? name : "*/beta")"
    try realms.send("alpha", "alice", wish)
    realms.lines("alpha", "alice")
    let alice = realm == "alpha" ? "alice" : "alice/alpha"
    try realms.send(realm, "bob", "PRIVMSG \(alice) :the word is cellar")
    let echo = realms.lines(realm, "bob").first ?? ""
    let id = String(echo.split(separator: "msgid=").last?.prefix { $0 != " " && $0 != ";" } ?? "")
    for line in [
      "NOTICE \(alice) :cellar", "@+draft/reply=x;+y=cellar TAGMSG \(alice)",
      "@+typing=active;+y=cellar TAGMSG \(alice)", "@+draft/edit=\(id) PRIVMSG \(alice) :the cellar door",
    ] { try realms.send(realm, "bob", line) }
    return (realms, id)
  }

  private func reading(_ name: String, _ id: String) -> [String] {
    [
      "CHATHISTORY LATEST \(name) * 50", "CHATHISTORY BEFORE \(name) timestamp=2040-01-01T00:00:00.000Z 50",
      "CHATHISTORY AFTER \(name) timestamp=2020-01-01T00:00:00.000Z 50", "CHATHISTORY AROUND \(name) msgid=\(id) 50",
      "CHATHISTORY BETWEEN \(name) timestamp=2020-01-01T00:00:00.000Z timestamp=2040-01-01T00:00:00.000Z 50",
      "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2040-01-01T00:00:00.000Z 50",
      "REDACT \(name) \(id)", "@+draft/edit=\(id) NOTICE \(name) :mine", "MARKREAD \(name)", "METADATA *ALL SYNC",
      "METADATA \(name) LIST", "WHOIS \(name)", "WHOWAS bob", "INVITE", "BLOCK", "REQUESTS",
    ]
  }

  @Test(arguments: Reason.allCases, ["alpha", "beta"]) func showsNowhere(_ reason: Reason, _ realm: String) throws {
    guard reason != .blockedRealm || realm == "beta" else { return }
    let (realms, id) = try realms(reason, from: realm)
    let name = realm == "alpha" ? "bob" : "bob/beta"
    var seen = realms.lines("alpha", "alice") + realms.lines("alpha", "plain")
    for line in reading(name, id) where reason != .waits || !line.contains("NOTICE") {
      try realms.send("alpha", "alice", line)
      seen += realms.lines("alpha", "alice")
    }
    try realms.restart("alpha")
    try realms["alpha"].logIn("plain2", as: "alice")
    try realms["alpha"].logIn("alice2", as: "alice", capabilities: Self.capabilities)
    seen += realms.lines("alpha", "plain2")
    for line in reading(name, id) where !line.contains("NOTICE") {
      try realms.send("alpha", "alice2", line)
      seen += realms.lines("alpha", "alice2")
    }
    #expect(!seen.contains { $0.contains("cellar") }, "\(seen.filter { $0.contains("cellar") })")
    #expect(!seen.contains { $0.contains("CHATHISTORY TARGETS bob") })
    // Who has said it reads it all.
    realms.lines(realm, "bob")
    guard realm == "beta" else { return }
    try realms.send("beta", "bob", "CHATHISTORY LATEST alice/alpha * 50")
    #expect(realms.lines("beta", "bob").contains { $0.hasSuffix(":the cellar door") })
  }

  /// Unknown, hidden and taken back messages are answered alike: ids can be guessed.
  @Test func idsAreNotThere() throws {
    let (realms, id) = try realms(.blocked, from: "alpha")
    for named in [id, "AAAAAAAAAAAAAAAAAAAAAA"] {
      realms.lines("alpha", "alice")
      try realms.send("alpha", "alice", "REDACT bob \(named)")
      let line = realms.lines("alpha", "alice").first
      #expect(line?.contains("FAIL REDACT UNKNOWN_MSGID bob \(named) :") == true)
    }
  }
}
