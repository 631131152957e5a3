import Testing

@testable import Core

/// Who may see this? Every command that reads, by everyone who could ask, about what only some may see. A secret group
/// is to be no different from one that does not exist.
@Suite struct VisibilityTests {
  /// Who asks: where, and by which client.
  enum Viewer: String, CaseIterable, Sendable {
    case member, invited, left, kicked, stranger, guest, nobody, memberElsewhere, invitedElsewhere, strangerElsewhere

    var realm: String { rawValue.hasSuffix("Elsewhere") ? "beta" : "alpha" }
    /// Whether the secret group is there for them.
    var seesGroup: Bool { isMember || self == .invited || self == .invitedElsewhere }
    var isMember: Bool { self == .member || self == .memberElsewhere }
  }

  /// What reads. `#group` stands for the group's name as the viewer would write it.
  struct Path: Sendable, CustomTestStringConvertible {
    var line: String
    /// Who of those that see the group is shown something by it that others are not.
    var shows: Shows = .whoSees
    var testDescription: String { line }
    /// Of those elsewhere who are no members nobody is asked for.
    enum Shows { case whoSees, members, membersElsewhere }
  }

  static let paths = [
    Path(line: "NAMES #group"),
    Path(line: "WHO #group"),
    Path(line: "WHO #group %tcuhnfar,7"),
    Path(line: "TOPIC #group"),
    Path(line: "MODE #group"),
    Path(line: "MODE #group b"),
    Path(line: "MODE #group +m"),
    Path(line: "TOPIC #group :mine"),
    Path(line: "KICK #group alice :out"),
    Path(line: "INVITE guest #group"),
    Path(line: "DELETE #group"),
    Path(line: "MODLOG #group"),
    Path(line: "RENAME #group #other"),
    Path(line: "PRIVMSG #group :let me in"),
    Path(line: "@+x=y TAGMSG #group"),
    Path(line: "@+draft/edit=AAAAAAAAAAAAAAAAAAAAAA PRIVMSG #group :other words", shows: .members),
    Path(line: "REDACT #group AAAAAAAAAAAAAAAAAAAAAA", shows: .members),
    Path(line: "PRIVMSG @#group :let me in"),
    Path(line: "PART #group", shows: .membersElsewhere),
    Path(line: "CHATHISTORY LATEST #group * 10", shows: .members),
    Path(line: "CHATHISTORY AROUND #group timestamp=2026-01-01T00:00:00.000Z 10", shows: .members),
    Path(line: "SEARCH in=#group", shows: .members),
    Path(line: "SEARCH in=#group;text=cellar;from=alice", shows: .members),
    Path(line: "MARKREAD #group", shows: .members),
    Path(line: "METADATA #group LIST"),
    Path(line: "METADATA #group GET avatar"),
    Path(line: "METADATA #group SYNC"),
    Path(line: "METADATA #group SET avatar :mine"),
    Path(line: "METADATA #group SET soju.im/muted 1"),
    Path(line: "METADATA #group CLEAR"),
  ]

  /// What names no group, and must not show the secret one or anything said in it.
  static let wider = [
    "LIST", "LIST #sec*", "LIST alpha", "WHOIS alice", "WHOIS alice/alpha", "WHO alice", "WHO al*", "WHO alice/alpha",
    "WHOWAS alice", "MONITOR + alice", "MONITOR + alice/alpha", "LIST #sec*/alpha,alpha", "WHOIS alpha alice",
    "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2040-01-01T00:00:00.000Z 50",
    "LUSERS", "LINKS", "MAP", "STATS u", "INFO", "USERHOST alice", "ISON alice", "NAMES", "WHO *", "WHO", "INVITE",
    "METADATA alice LIST", "METADATA alice SYNC", "METADATA *ALL SYNC",
    "BLOCK", "REQUESTS",
    "SEARCH text=cellar", "SEARCH from=alice", "SEARCH from=alice/alpha;text=word",
  ]

  /// Alice has a secret group in alpha, in which something is said; everyone else is what their names say.
  private func realms() throws -> TestRealms {
    let realms = try TestRealms()
    let capabilities = "draft/chathistory batch server-time message-tags echo-message"
    for name in ["alice", "member", "invited", "left", "kicked", "stranger"] {
      try realms["alpha"].register(name, capabilities: capabilities)
    }
    for name in ["memberElsewhere", "invitedElsewhere", "strangerElsewhere"] {
      try realms["beta"].register(name, capabilities: capabilities)
    }
    for name in ["guest", "nobody"] { try realms["alpha"].connect(name) }
    try realms["alpha"].send("guest", lines: ["CAP REQ :\(capabilities)", "NICK guest", "USER g 0 * :g", "CAP END"])
    try realms["alpha"].send("nobody", lines: ["NICK nobody"])
    try realms.send("alpha", "alice", "JOIN #secret")
    for name in ["member", "left", "kicked"] { try realms.send("alpha", name, "JOIN #secret") }
    try realms.send("beta", "memberElsewhere", "JOIN #secret/alpha")
    for line in [
      "MODE #secret +s", "TOPIC #secret :cellar door", "KICK #secret kicked", "INVITE invited #secret",
      "INVITE invitedElsewhere/beta #secret",
      "PRIVMSG #secret :the word is cellar", "METADATA #secret SET display-name :the cellar",
    ] { try realms.send("alpha", "alice", line) }
    try realms.send("alpha", "left", "PART #secret")
    return realms
  }

  private func answer(_ realms: TestRealms, _ viewer: Viewer, _ line: String) throws -> [String] {
    realms.lines(viewer.realm, viewer.rawValue)
    try realms.send(viewer.realm, viewer.rawValue, line)
    return realms.lines(viewer.realm, viewer.rawValue)
  }

  private func withoutName(_ lines: [String], _ name: String) -> [String] {
    lines.map { line in
      line.split(separator: " ").map { $0.hasPrefix("@") ? "@tags" : $0 == name ? "#group" : $0 }
        .joined(separator: " ")
    }
  }

  @Test(arguments: Viewer.allCases)
  func secretGroupIsNone(_ viewer: Viewer) throws {
    for path in Self.paths {
      let realms = try realms()
      let ending = viewer.realm == "alpha" ? "" : "/alpha"
      let (secret, none) = ("#secret" + ending, "#nosuch" + ending)
      let about = try answer(realms, viewer, path.line.replacing("#group", with: secret))
      let aboutNone = try answer(realms, viewer, path.line.replacing("#group", with: none))
      let isSame = withoutName(about, secret) == withoutName(aboutNone, none)
      let shows =
        switch path.shows {
        case .whoSees: viewer.seesGroup
        case .members: viewer.isMember
        case .membersElsewhere: viewer.isMember || viewer == .invited
        }
      #expect(isSame == !shows, "\(viewer), \(path.line): \(about), and for none: \(aboutNone)")
      if !shows { #expect(!about.contains { $0.contains("cellar") }) }
    }
  }

  @Test(arguments: Viewer.allCases)
  func secretGroupIsNowhere(_ viewer: Viewer) throws {
    let realms = try realms()
    for line in Self.wider {
      let lines = try answer(realms, viewer, line)
      guard !viewer.seesGroup else { continue }
      #expect(!lines.contains { $0.contains("#secret") && !$0.contains("LIST #sec") }, "\(viewer), \(line): \(lines)")
      #expect(!lines.contains { $0.contains("cellar") }, "\(viewer), \(line): \(lines)")
    }
    if viewer == .member {
      let lines = try answer(realms, viewer, "LIST") + answer(realms, viewer, "WHOIS alice")
      #expect(lines.filter { $0.contains("#secret") }.count == 2, "else the rest of this shows nothing")
    }
  }
}
