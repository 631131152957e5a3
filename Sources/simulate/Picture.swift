import Core
import Wire

/// What a client believes about the groups it is in and the people it watches, from the lines of one connection: what
/// a person would see on the screen.
struct Picture {
  struct Group {
    var name: String
    /// The prefixes of each member, by folded nick.
    var members = Table<String, String>()
    var topic: [UInt8] = []
    /// What NAMES has listed so far.
    var listing: Table<String, String>?
  }

  private(set) var groups = Table<String, Group>()
  /// Who of those watched is there, by folded name.
  private(set) var watched = Table<String, Bool>()

  private static let prefixes: [Character: Character] = ["q": "~", "a": "&", "o": "@", "h": "%", "v": "+"]

  mutating func watch(_ name: String, _ online: Bool) { watched[fold(name)] = online }
  mutating func unwatch(_ name: String?) {
    guard let name else {
      watched = Table()
      return
    }
    watched[fold(name)] = nil
  }

  mutating func joined(_ group: String, _ nick: String, own: Bool) {
    if own { groups[fold(group)] = Group(name: group) }
    groups[fold(group)]?.members[fold(nick)] = ""
  }

  mutating func left(_ group: String, _ nick: String, own: Bool) {
    if own { groups[fold(group)] = nil } else { groups[fold(group)]?.members[fold(nick)] = nil }
  }

  mutating func quit(_ nick: String) {
    for group in groups.keys { groups[group]?.members[fold(nick)] = nil }
  }

  mutating func renamed(_ old: String, _ new: String) {
    for group in groups.keys {
      guard let prefixes = groups[group]?.members[fold(old)] else { continue }
      groups[group]?.members[fold(old)] = nil
      groups[group]?.members[fold(new)] = prefixes
    }
  }

  /// A group is called otherwise from now on.
  mutating func groupRenamed(_ old: String, _ new: String) {
    guard var group = groups[fold(old)] else { return }
    groups[fold(old)] = nil
    group.name = new
    groups[fold(new)] = group
  }

  mutating func topic(_ group: String, _ text: [UInt8]) { groups[fold(group)]?.topic = text }

  mutating func listed(_ group: String, _ names: String) {
    guard var listing = groups[fold(group)].map({ $0.listing ?? Table() }) else { return }
    for word in names.split(separator: " ") {
      let prefixes = word.prefix { "~&@%+".contains($0) }
      listing[fold(String(word.dropFirst(prefixes.count)))] = String(prefixes)
    }
    groups[fold(group)]?.listing = listing
  }

  mutating func listingEnded(_ group: String) {
    guard let listing = groups[fold(group)]?.listing else { return }
    groups[fold(group)]?.members = listing
    groups[fold(group)]?.listing = nil
  }

  /// MODE: of interest are the ranks.
  mutating func changed(_ group: String, _ words: [String]) {
    var parameters = words.dropFirst()
    var adds = true
    for letter in words.first ?? "" {
      switch letter {
      case "+": adds = true
      case "-": adds = false
      case "b", "e", "I", "k": parameters = parameters.dropFirst()
      case "l", "D", "H": if adds { parameters = parameters.dropFirst() }
      default:
        guard let prefix = Self.prefixes[letter], let nick = parameters.popFirst() else { continue }
        guard let held = groups[fold(group)]?.members[fold(nick)] else { continue }
        let others = held.filter { $0 != prefix }
        let all = adds ? others + String(prefix) : others
        groups[fold(group)]?.members[fold(nick)] = String("~&@%+".filter { all.contains($0) })
      }
    }
  }

  // MARK: checking

  /// Whether somebody is there, in this realm or in another one that can be reached.
  private func isOnline(_ name: String, _ realm: SimRealm, _ memory: Inspection) -> Bool {
    guard let slash = name.lastIndex(of: "/") else { return memory.people.contains { fold($0.nick) == name } }
    // To other realms everybody is called as the account is, whatever the nick.
    guard let peer = realm.world.realm(named: String(name[name.index(after: slash)...])),
      let person = peer.ledger.person(String(name[..<slash]))
    else { return false }
    return peer.realm?.inspection.people.contains { $0.id == person } ?? false
  }

  /// Compares with what is so, once nothing is under way.
  func compare(_ client: SimClient, _ ledger: Ledger, _ memory: Inspection) -> String? {
    guard let person = ledger.person(client.account.name) else { return nil }
    func nick(_ person: PersonID) -> String {
      fold(memory.people.first { $0.id == person }?.nick ?? ledger.accounts[person]?.name ?? "*")
    }
    let own = ledger.groups(of: person).compactMap { ledger.groups[$0] }
    let names = own.map { fold($0.name) }.sorted()
    if let problem = StateChecker.differs("the groups \(client) sees", groups.keys.sorted(), names) { return problem }
    for group in own.compactMap({ group in memory.groups.first { $0.id == group.id } }) {
      guard let seen = groups[fold(group.name)] else { continue }
      var expected: [String] = []
      for member in group.members {
        let prefixes = "qaohv".compactMap { letter in
          GroupReplay.ranks[letter].map { member.ranks.contains($0) } == true ? Self.prefixes[letter] : nil
        }
        expected.append(nick(member.person) + " " + (client.has("multi-prefix") ? String(prefixes) : ""))
      }
      let found = zip(seen.members.keys, seen.members.values)
        .map { $0 + " " + (client.has("multi-prefix") ? $1 : "") }
      if let problem = StateChecker.differs(
        "the members of \(group.name) that \(client) sees", found.sorted(), expected.sorted())
        ?? StateChecker.differs("the topic of \(group.name) that \(client) sees", seen.topic, group.topic?.text ?? [])
      {
        return problem
      }
    }
    for (name, online) in zip(watched.keys, watched.values) {
      let isOnline = isOnline(name, client.realm, memory)
      if online != isOnline { return "\(client) sees \(name) \(online ? "online" : "offline"), which is not so" }
    }
    return nil
  }
}
