import Core
import Wire

/// What is promised between realms, checked by what is on their disks, apart from those who make the traffic.
enum RelayChecker {
  /// In the text of every message that may leave its realm.
  static let mark = Array("in-clear".utf8)

  /// Nobody on the way sees what is said.
  static func checkSealed(_ bytes: [UInt8], _ link: SimLink) -> String? {
    guard bytes.count >= mark.count else { return nil }
    for start in 0...bytes.count - mark.count where bytes[start] == mark[0] {
      if bytes[start..<start + mark.count].elementsEqual(mark) {
        return "the text of a message stands in clear on the link from \(link.peer.name) to \(link.realm.name)"
      }
    }
    return nil
  }

  /// What has not come to an end between the realms; nil where all has.
  static func unsettled(_ world: World) -> String? {
    guard world.realms.count > 1 else { return nil }
    for realm in world.lasting {
      if !realm.relays.isWhole { return "a link of \(realm.name)" }
      if !realm.ledger.revisions.isEmpty { return "what \(realm.name) has to take back or to edit" }
      for (name, outbox) in zip(realm.ledger.outboxes.keys, realm.ledger.outboxes.values) where outbox.waiting > 0 {
        return "\(outbox.waiting) envelopes from \(realm.name) to \(name)"
      }
      for replica in realm.ledger.groups.values {
        guard let home = world.original(of: replica), world.realm(named: replica.home?.realm ?? "")?.isGone == false
        else { continue }
        guard home.lastNumber == replica.lastNumber else {
          return "\(replica.name) in \(realm.name), at \(replica.lastNumber) of \(home.lastNumber)"
        }
      }
    }
    return nil
  }

  /// A realm has logged something: if it comes from elsewhere, it must be on disk there, and the same.
  static func check(_ entry: Entry, in realm: SimRealm) -> String? {
    if let home = realm.ledger.home(of: entry) { return check(entry, of: home, in: realm) }
    guard entry.kind != .refusal, let origin = realm.origin(of: entry.sender) else { return nil }
    let what = "\(realm.name) logs \(entry.id.text) from \(origin.name)"
    guard case .person(let person) = entry.target else {
      guard ReaderChecker.isMessage(entry) || entry.kind == .tagMessage else { return nil }
      var sent = origin.everAccepted[entry.id]
      if let revised = entry.revised { sent = sent?.naming(revised) }
      return sent?.body == entry.body && sent?.tags == entry.tags ? nil : "\(what), which never accepted it"
    }
    guard let sent = origin.everLogged[entry.id] else { return "\(what), where it is not on disk" }
    guard case .person = sent.target, origin.everAddressees[entry.id] == realm.address(person),
      origin.everSenders[entry.id] == realm.address(entry.sender), sent.kind == entry.kind,
      sent.body == entry.body, sent.tags == entry.tags
    else { return "\(what), where it is another: \(sent)" }
    return nil
  }

  /// An entry of a replica is what the home has under that number.
  private static func check(_ entry: Entry, of home: GroupHome, in realm: SimRealm) -> String? {
    let what = "\(realm.name) logs entry \(entry.number) of group \(home.group) of \(home.realm)"
    guard let peer = realm.world.realm(named: home.realm), let original = peer.everLogged[entry.id] else {
      return "\(what), where it is not on disk"
    }
    guard original.target == .group(GroupID(rawValue: home.group)), original.number == entry.number,
      original.time == entry.time, isSame(entry, as: original, in: peer),
      entry.sender == .nobody || peer.everSenders[entry.id] == realm.address(entry.sender)
    else { return "\(what), where it is another: \(original)" }
    return nil
  }

  /// Whether an entry says what another one has said at some time.
  private static func isSame(_ entry: Entry, as original: Entry, in realm: SimRealm) -> Bool {
    if entry.kind == .removed { return realm.everErased.contains(entry.id) && entry.body.isEmpty && entry.tags.isEmpty }
    if [.mode, .kick, .rename].contains(entry.kind) { return original.kind == entry.kind }
    let isAlike = original.kind == entry.kind || ReaderChecker.isMessage(entry) && ReaderChecker.isMessage(original)
    return isAlike && original.tags == entry.tags && realm.everBodies[entry.id]?.contains(entry.body) == true
  }

  /// A client is told what became of a message of its account's.
  static func checkFate(_ code: String, of id: String, to target: String, told client: SimClient) -> String? {
    let what = "\(client) is told \(code) of \(id) to \(target)"
    guard let id = MessageID(id.utf8) else { return "\(what), which is no id" }
    let realm = client.realm
    // A group that is not there (any more) has no name: then the realm is named alone.
    let place = target.lastIndex(of: "/").map { target[target.index(after: $0)...] } ?? target[...]
    guard let peer = realm.world.realm(named: String(place)), peer !== realm else {
      return "\(what), which is in no other realm"
    }
    guard target.hasPrefix("#") || target == place || realm.everLogged[id] != nil else {
      return "\(what), which is not on disk"
    }
    switch code {
    case "WAITING": return nil
    case "DELIVERED":
      // That it was refused may take another way, and longer.
      return peer.everLogged[id] != nil || peer.everRefused[id] != nil
        ? nil : "\(what), and \(peer.name) has not logged it"
    case "UNDELIVERABLE":
      // What waits for a realm that is given up is refused in its place.
      return peer.everRefused[id] != nil || peer.isGone ? nil : "\(what), and \(peer.name) has not refused it"
    default: return what
    }
  }

  /// Everything that was accepted is where it should be, once and in order, or its sender can read why not.
  static func finish(_ world: World) -> String? {
    guard world.realms.count > 1 else { return nil }
    for realm in world.lasting {
      if let problem = checkSent(realm) ?? checkPosted(realm) ?? checkReplicas(realm) ?? checkMembers(realm) {
        return problem
      }
    }
    return nil
  }

  /// Private messages.
  private static func checkSent(_ realm: SimRealm) -> String? {
    var fates = Fates(of: realm)
    for entry in realm.ledger.log where entry.kind != .refusal && realm.origin(of: entry.sender) == nil {
      guard case .person(let person) = entry.target, let peer = realm.origin(of: person) else { continue }
      // What was said to a realm that is given up is taken back here alone.
      if entry.kind == .redact, peer.isGone { continue }
      let problem = fates.check(
        entry.id, of: realm.ledger.accounts[entry.sender], at: peer, "to \(realm.address(person))",
        pair: "\(entry.sender.rawValue) \(person.rawValue)", place: \.position)
      if let problem { return problem }
    }
    return nil
  }

  /// Messages to groups of other realms.
  private static func checkPosted(_ realm: SimRealm) -> String? {
    var fates = Fates(of: realm)
    for posted in realm.everPosted {
      let what = "to group \(posted.home.group) of \(posted.home.realm)"
      guard let home = realm.world.realm(named: posted.home.realm) else {
        return "\(posted.letter.id.text), from \(realm.name) \(what), goes nowhere"
      }
      let problem = fates.check(
        posted.letter.id, of: realm.ledger.account(posted.letter.from), at: home, what,
        pair: "\(fold(posted.letter.from)) \(posted.home)", place: \.number)
      if let problem { return problem }
    }
    return nil
  }

  /// What became of the messages that a realm has accepted for others.
  private struct Fates {
    let realm: SimRealm
    /// Those of which its log says that they were refused.
    let refused: Set<MessageID>
    /// Where the last of each sender to each addressee has arrived.
    var last: [String: Int64] = [:]

    init(of realm: SimRealm) {
      self.realm = realm
      refused = Set(realm.ledger.log.filter { $0.kind == .refusal }.compactMap { MessageID($0.body.prefix(22)) })
    }

    /// Whether a message was refused where nobody can read of it any more: the realm that has refused it is gone, or
    /// the account that has sent it; and where both are, its own realm has refused it to nobody. Or both realms have
    /// lost that it was refused.
    private func isRefusedUnread(_ id: MessageID, by peer: SimRealm, _ sender: AccountRecord?) -> Bool {
      let isSenderGone = sender?.flags.contains(.deleted) == true
      return peer.everRefused[id] != nil
        ? peer.isGone || isSenderGone || realm.wasRestored && peer.wasRestored
        : peer.isGone && isSenderGone
    }

    /// A message is there, once and in order, or refused.
    mutating func check(
      _ id: MessageID, of sender: AccountRecord?, at peer: SimRealm, _ target: String, pair: String,
      place: KeyPath<Entry, Int64>
    ) -> String? {
      let what = "\(id.text), from \(realm.name) \(target),"
      let arrived = peer.ledger.entry(id: id)
      if arrived == nil, isRefusedUnread(id, by: peer, sender) { return nil }
      // It was there, before the realm went back to a copy and then away.
      if arrived == nil, peer.isGone, peer.everLogged[id] != nil { return nil }
      if refused.contains(id) {
        // A realm that has gone back may take again what it had refused.
        return arrived == nil || peer.wasRestored || peer.isGone ? nil : "\(what) is refused and arrived all the same"
      }
      guard let arrived else { return "\(what) is neither there nor refused" }
      if let before = last[pair], before > arrived[keyPath: place] {
        return "\(what) overtook one that was said before it"
      }
      last[pair] = arrived[keyPath: place]
      return nil
    }
  }

  /// The replicas of other realms' groups are what their homes are.
  private static func checkReplicas(_ realm: SimRealm) -> String? {
    for replica in realm.ledger.groups.values {
      guard let home = replica.home, let peer = realm.world.realm(named: home.realm), !peer.isGone else { continue }
      guard let original = realm.world.original(of: replica) else {
        return "\(realm.name) has \(replica.name), which has ended at its home"
      }
      let what = "of \(replica.name) in \(realm.name)"
      if let problem = StateChecker.differs("the name \(what)", replica.name, "\(original.name)/\(home.realm)")
        ?? StateChecker.differs("the modes \(what)", replica.modes, original.modes)
        ?? StateChecker.differs("the topic \(what)", replica.topic?.text, original.topic?.text)
        ?? StateChecker.differs("the bans \(what)", replica.masks.map(\.mask), original.masks.map(\.mask))
        ?? StateChecker.differs("the last id \(what)", replica.lastID, original.lastID)
        ?? StateChecker.differs(
          "the log \(what)", realm.logged(in: replica), peer.logged(in: original, from: replica, of: realm))
        ?? StateChecker.differs("the members \(what)", realm.members(of: replica), peer.members(of: original))
      {
        return problem
      }
    }
    return nil
  }

  /// Who is a member in the eyes of a group's home is one in those of its own realm, too.
  private static func checkMembers(_ realm: SimRealm) -> String? {
    for group in realm.ledger.groups.values where group.home == nil {
      for member in group.members {
        guard let peer = realm.origin(of: member.person) else { continue }
        let home = GroupHome(realm: realm.name, group: group.id.rawValue)
        if peer.isGone { return "\(realm.address(member.person)) is still a member of \(group.name)" }
        guard peer.ledger.groups.values.contains(where: { $0.home == home }) else {
          return "\(realm.address(member.person)) is a member of \(group.name) of \(realm.name), "
            + "which \(peer.name) does not follow"
        }
      }
    }
    return nil
  }
}

extension World {
  /// The group at its home that a replica is one of.
  func original(of replica: GroupState) -> GroupState? {
    guard let home = replica.home else { return nil }
    return realm(named: home.realm)?.ledger.groups[GroupID(rawValue: home.group)]
  }
}

extension SimRealm {
  /// What somebody is called everywhere, in lower case.
  func address(_ person: PersonID) -> String {
    let name = ledger.address(person)
    return name.contains("/") ? name : "\(name)/\(self.name)"
  }

  /// The realm somebody belongs to, where that is not this one.
  func origin(of person: PersonID) -> SimRealm? {
    guard let account = ledger.accounts[person], account.flags.contains(.remote),
      let slash = account.name.lastIndex(of: "/")
    else { return nil }
    return world.realm(named: String(account.name[account.name.index(after: slash)...]))
  }

  /// The log of a replica.
  func logged(in replica: GroupState) -> [String] {
    ledger.log.filter { $0.target == .group(replica.id) && !ledger.isApart($0) }.map(Self.told)
  }

  /// What the log of a replica should be: the home's, from where the first of the other realm's members joined, or from
  /// where the replica begins.
  func logged(in group: GroupState, from replica: GroupState, of other: SimRealm) -> [String] {
    let joined = group.members.filter { origin(of: $0.person) === other }.map(\.since).min() ?? group.lastNumber + 1
    let begins = other.ledger.log.first { $0.target == .group(replica.id) && !other.ledger.isApart($0) }?.number
    let first = min(joined, begins ?? joined)
    return ledger.log.filter { $0.target == .group(group.id) && $0.number >= first }.map(Self.told)
  }

  /// An entry in words that are the same in all realms.
  private static func told(_ entry: Entry) -> String {
    let isSaid = ReaderChecker.isMessage(entry) || entry.kind == .removed
    let text = isSaid ? " \(entry.kind) \(String(decoding: entry.body, as: UTF8.self))" : ""
    return "\(entry.number) \(entry.id.text)\(text)"
  }

  /// The members of a group as everybody would call them, in order.
  func members(of group: GroupState) -> [String] {
    group.members.map { "\(address($0.person)) \($0.ranks.rawValue) \($0.since)" }.sorted()
  }
}
