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
    for realm in world.realms {
      if !realm.relays.isWhole { return "a link of \(realm.name)" }
      for (name, outbox) in zip(realm.ledger.outboxes.keys, realm.ledger.outboxes.values) where outbox.waiting > 0 {
        return "\(outbox.waiting) envelopes from \(realm.name) to \(name)"
      }
    }
    return nil
  }

  /// A realm has logged something: if it comes from elsewhere, it must be on disk there, and the same.
  static func check(_ entry: Entry, in realm: SimRealm) -> String? {
    guard entry.kind != .refusal, let origin = realm.origin(of: entry.sender), case .person(let person) = entry.target
    else { return nil }
    let what = "\(realm.name) logs \(entry.id.text) from \(origin.name)"
    guard let sent = origin.everLogged[entry.id] else { return "\(what), where it is not on disk" }
    guard case .person(let addressee) = sent.target, origin.address(addressee) == realm.address(person),
      origin.address(sent.sender) == realm.address(entry.sender), sent.kind == entry.kind,
      sent.body == entry.body, sent.tags == entry.tags
    else { return "\(what), where it is another: \(sent)" }
    return nil
  }

  /// A client is told what became of a message of its account's.
  static func checkFate(_ code: String, of id: String, to target: String, told client: SimClient) -> String? {
    let what = "\(client) is told \(code) of \(id) to \(target)"
    guard let id = MessageID(id.utf8) else { return "\(what), which is no id" }
    let realm = client.realm
    guard let slash = target.lastIndex(of: "/"),
      let peer = realm.world.realm(named: String(target[target.index(after: slash)...]))
    else { return "\(what), which is in no other realm" }
    guard target.hasPrefix("#") || realm.everLogged[id] != nil else { return "\(what), which is not on disk" }
    switch code {
    case "WAITING": return nil
    case "DELIVERED": return peer.everLogged[id] == nil ? "\(what), and \(peer.name) has not logged it" : nil
    case "UNDELIVERABLE": return peer.everLogged[id] == nil ? nil : "\(what), and \(peer.name) has logged it"
    default: return what
    }
  }

  /// Everything that was accepted is where it should be, once and in order, or its sender can read why not.
  static func finish(_ world: World) -> String? {
    guard world.realms.count > 1 else { return nil }
    for realm in world.realms {
      if let problem = checkSent(realm, world) { return problem }
    }
    return nil
  }

  private static func checkSent(_ realm: SimRealm, _ world: World) -> String? {
    let refused = Set(realm.ledger.log.filter { $0.kind == .refusal }.compactMap { MessageID($0.body.prefix(22)) })
    var last: [String: Position] = [:]
    for entry in realm.ledger.log where entry.kind != .refusal && realm.origin(of: entry.sender) == nil {
      guard case .person(let person) = entry.target, let peer = realm.origin(of: person) else { continue }
      let what = "\(entry.id.text), from \(realm.name) to \(realm.address(person)),"
      let arrived = peer.ledger.entry(id: entry.id)
      if refused.contains(entry.id) {
        if arrived != nil { return "\(what) is refused and arrived all the same" }
        continue
      }
      guard let arrived else { return "\(what) is neither there nor refused" }
      let pair = "\(entry.sender.rawValue) \(person.rawValue)"
      if let before = last[pair], before > arrived.position { return "\(what) overtook one that was said before it" }
      last[pair] = arrived.position
    }
    return nil
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
}
