import Core
import Testing
import TranscriptRunner
import Wire

/// Plays transcripts on a realm whose clients, clock and cryptography are pretended.
final class TestRealmStage: Stage {
  let patience = 0
  private var realms: TestRealms?

  /// The realm that clients without another are at.
  private var realm: TestRealm? { realms?["alpha"] }

  func open(configuration: String) throws {
    let json = try JSON(parsing: Array(configuration.utf8))
    let names = json["realms"]?.elements?.compactMap(\.text) ?? ["alpha"]
    let links = (json["links"]?.elements ?? []).map { $0.elements?.compactMap(\.text) ?? [] }
    guard links.allSatisfy({ $0.count == 2 }) else { throw StageError("a link has two ends") }
    var problem: (any Error)?
    realms = try TestRealms(names, neighbours: links.map { ($0[0], $0[1]) }) { settings in
      do { try self.apply(json, to: &settings) } catch { problem = error }
    }
    if let problem { throw problem }
  }

  /// A client and its realm: `bob@beta`.
  private func place(_ client: String) throws -> (realm: TestRealm, name: String) {
    guard let realms else { throw StageError("nothing is open") }
    let parts = client.split(separator: "@").map(String.init)
    let realm = parts.count == 2 ? parts[1] : "alpha"
    guard realms.names.contains(realm) else { throw StageError("there is no realm \(realm)") }
    return (realms[realm], parts[0])
  }

  func connect(_ client: String) throws {
    let (realm, name) = try place(client)
    try realm.connect(name)
    try realms?.settle()
  }

  func send(_ client: String, _ line: [UInt8]) throws {
    let (realm, name) = try place(client)
    try realm.send(name, line)
    try realms?.settle()
  }

  func drop(_ client: String) throws {
    let (realm, name) = try place(client)
    try realm.drop(name)
    try realms?.settle()
  }

  func restart() throws {
    for name in realms?.names ?? [] { try realms?.restart(name) }
  }

  func settle() throws -> [String: [String]] {
    guard let realms else { return [:] }
    var lines: [String: [String]] = [:]
    for name in realms.names {
      let suffix = name == "alpha" ? "" : "@\(name)"
      for client in realms[name].clientNames { lines[client + suffix] = realms[name].lines(client) }
    }
    return lines
  }

  func administer(_ command: String) throws -> String {
    let words = command.split(separator: " ").map(String.init)
    let request: AdminRequest
    switch (words[0], words.count) {
    case ("suspend", 2): request = .suspend(account: words[1])
    case ("resume", 2): request = .resume(account: words[1])
    case ("delete", 2): request = .delete(account: words[1])
    case ("disconnect", 2): request = .disconnect(account: words[1])
    case ("reset-password", 3): request = .resetPassword(account: words[1], secret: Array(words[2].utf8))
    case ("accounts", 1): request = .accounts
    case ("invite", 3...):
      request = .createInvitation(
        uses: Int(words[1]) ?? 0, days: Int(words[2]) ?? 0, note: words.dropFirst(3).joined(separator: " "))
    case ("invitations", 1): request = .invitations
    case ("log", 2): request = .moderationLog(words[1])
    case ("revoke", 2): request = .revokeInvitation(Int64(words[1]) ?? 0)
    default: throw StageError("the operators know no command \"\(command)\"")
    }
    switch try realm?.administer(request) {
    case .done(let text)?: return text
    case .refused(let text)?: return "refused: " + text
    case .accounts(let accounts)?: return accounts.map(\.name).joined(separator: " ")
    case .invitation(let code, let text, _)?: return "invitation \(code.id) \(text)"
    case .invitations(let codes)?:
      return codes.map { "\($0.id) \($0.uses) \($0.note)" }.joined(separator: ", ")
    case .moderationLog(let acts)?: return acts.map { "\($0.number) \($0.from): \($0.text)" }.joined(separator: ", ")
    case .webhook?, .webhooks?, .status?, .links?, .findings?, .setApart?, .fileUsage?, .files?, nil:
      return "(no answer)"
    }
  }

  func pretend(_ words: [String]) throws {
    switch (words[0], words.count) {
    case ("clock", 2):
      guard let seconds = Int(words[1].dropLast()) else { throw StageError("clock takes seconds: 10s") }
      try realms?.pass(seconds: seconds)
    case ("cut", 3): try realms?.cut(words[1], words[2])
    case ("link", 3): try realms?.connect(words[1], words[2])
    case ("restart", 2): try realms?.restart(words[1])
    case ("hold", 1): realm?.holdsAnswers = true
    case ("release", 1):
      realm?.holdsAnswers = false
      try realm?.answer()
    case ("release", 2): try realm?.answer()
    case ("store", 2): realm?.refusesReads = words[1] == "fails"
    case ("disk", 2): try realm?.handle(.diskLow(words[1] == "low"))
    case ("stop", 1): try realm?.handle(.stopping(reason: "The realm is stopping"))
    default: throw StageError("nothing is called \"\(words.joined(separator: " "))\"")
    }
  }

  /// The keys of the configuration file that transcripts use.
  private func apply(_ json: JSON, to settings: inout Settings) throws {
    guard case .object(let members) = json.kind else { throw StageError("config takes an object") }
    for member in members {
      let value = member.value
      switch member.name {
      case "guests": settings.guests = value == true
      case "requests": settings.requests = Settings.Requests(rawValue: value.text ?? "") ?? .none
      case "nickIsAccount": settings.nickIsAccount = value == true
      case "registerBeforeConnect": settings.registerBeforeConnect = value == true
      case "registration": settings.registration = Settings.Registration(rawValue: value.text ?? "") ?? .open
      case "password": settings.password = value.text
      case "motd": settings.motd = (value.elements ?? []).compactMap(\.text)
      case "admin": settings.admin = (value.elements ?? []).compactMap(\.text)
      case "refusedTags": settings.refusedTags = RefusedTags((value.elements ?? []).compactMap(\.text))
      case "operators":
        settings.operators = (value.elements ?? []).map {
          Settings.Operator(
            name: $0["name"]?.text ?? "",
            verifier: TestRealm.verifier(of: Array(($0["password"]?.text ?? "").utf8)))
        }
      case "limits": try limit(&settings.limits, value)
      case "history": settings.limits.historyPage = value["page"]?.number ?? settings.limits.historyPage
      case "realms", "links": break
      default: throw StageError("config knows no key \(member.name)")
      }
    }
  }

  private func limit(_ limits: inout Limits, _ json: JSON) throws {
    let known: [String: WritableKeyPath<Limits, Int>] = [
      "loginAttempts": \.loginAttempts, "sessionsPerAccount": \.sessionsPerAccount, "monitor": \.monitor,
      "groupsPerAccount": \.groupsPerAccount, "members": \.members, "bans": \.bans, "topicBytes": \.topicBytes,
      "reasonBytes": \.reasonBytes, "devicesPerAccount": \.devicesPerAccount, "pendingBytes": \.pendingBytes,
      "sendQueueBytes": \.sendQueueBytes,
    ]
    guard case .object(let members) = json.kind else { throw StageError("limits takes an object") }
    for member in members {
      guard let path = known[member.name], let value = member.value.number else {
        throw StageError("config knows no limit \(member.name)")
      }
      limits[keyPath: path] = value
    }
  }
}

extension JSON {
  /// The number, where this is a whole one.
  fileprivate var number: Int? {
    if case .integer(let value) = kind { Int(value) } else { nil }
  }
}
