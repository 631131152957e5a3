import Core
import Wire

/// What an auditor asks once all is quiet: the whole history of every conversation of its account, page by page, as a
/// client would, and what conversations there are; compared with the ledger.
struct Audit {
  private enum Direction { case forward, backward }

  private var conversations: [(name: String, conversation: Conversation, since: Int64)] = []
  private var direction = Direction.forward
  private var found: [String] = []
  private var page: [String] = []
  private var targets: [String] = []
  private var expectedTargets: [String] = []
  private(set) var isDone = false

  /// Looks up what there is to ask, and asks the first of it.
  mutating func begin(_ client: SimClient) {
    let ledger = client.realm.ledger
    guard let person = ledger.person(client.account.name) else { return }
    let groups = ledger.groups(of: person).compactMap { group in
      ledger.readable(group, by: person).map { GroupSince(group: group, since: $0) }
    }
    let summaries = ReaderChecker.conversations(of: person, groups, ledger)
    for summary in summaries {
      switch summary.target {
      case .person(let other):
        guard ledger.accounts[other]?.flags.contains(.deleted) == false else { continue }
        conversations.append((client.realm.nick(of: other), .pair(person, other), 0))
      case .group(let group):
        guard let since = ledger.readable(group, by: person) else { continue }
        conversations.append((ledger.groupNames[group] ?? "", .group(group), since))
      }
    }
    let limit = client.world.plan.settings.limits.historyPage
    for summary in summaries.prefix(limit) {
      let name =
        switch summary.target {
        case .person(let other): client.realm.nick(of: other)
        case .group(let group): ledger.groupNames[group] ?? ""
        }
      expectedTargets.append("\(name) \(Timestamp.text(summary.time))")
    }
    client.say("CHATHISTORY TARGETS timestamp=1971-01-01T00:00:00.000Z timestamp=2999-01-01T00:00:00.000Z 1000")
  }

  mutating func target(_ line: ServerLine) { targets.append("\(line.parameter(1)) \(line.parameter(2))") }

  mutating func message(_ id: String) { page.append(id) }

  /// A batch of history has ended. Returns what is wrong with it.
  mutating func batchEnded(_ type: String, _ client: SimClient) -> String? {
    if type == "draft/chathistory-targets" {
      ask(client)
      return StateChecker.differs("the conversations that \(client) is told of", targets, expectedTargets)
    }
    guard type == "chathistory", let current = conversations.first else { return nil }
    found = direction == .forward ? found + page : page + found
    let isLast = page.isEmpty
    page = []
    if !isLast {
      ask(client)
      return nil
    }
    let ledger = client.realm.ledger
    let expected = ledger.log.filter {
      ReaderChecker.isKeptAsMessage($0) && $0.kind != .removed && ReaderChecker.belongs($0, to: current.conversation)
        && $0.number >= current.since && !ledger.isApart($0)
    }
    let problem = StateChecker.differs(
      "the history of \(current.name) that \(client) reads", found, expected.map(\.id.text))
    conversations.removeFirst()
    direction = client.chance.percent(50) ? .forward : .backward
    found = []
    ask(client)
    return problem
  }

  private mutating func ask(_ client: SimClient) {
    guard let current = conversations.first else {
      isDone = true
      return
    }
    let limit = client.chance.pick([1, 3, 50])
    switch (direction, found.isEmpty) {
    case (.forward, true): client.say("CHATHISTORY AFTER \(current.name) timestamp=1971-01-01T00:00:00.000Z \(limit)")
    case (.forward, false): client.say("CHATHISTORY AFTER \(current.name) msgid=\(found[found.count - 1]) \(limit)")
    case (.backward, true): client.say("CHATHISTORY LATEST \(current.name) * \(limit)")
    case (.backward, false): client.say("CHATHISTORY BEFORE \(current.name) msgid=\(found[0]) \(limit)")
    }
  }
}
