import Wire

/// What a group is like after an entry, in numbers and digests: by it a replica and its home find out whether they
/// agree without telling each other everything.
struct GroupDigest: Equatable {
  /// The last entry.
  var number: Int64
  /// The entry that was asked for; `-` for none.
  var id: String
  var members: Int
  /// Names, ranks and since when.
  var membersDigest: String
  /// `+nt`
  var modes: String
  var topic: String
  var bans: Int
  var bansDigest: String

  /// As it crosses from realm to realm.
  var reply: QueryReply {
    QueryReply(
      command: "NOTE STATE",
      words: [String(number), id, String(members), membersDigest, modes, topic, String(bans), bansDigest], text: nil)
  }

  /// Nil for what is none.
  init?(_ reply: QueryReply) {
    let words = reply.words
    guard reply.command == "NOTE STATE", words.count >= 8, let number = Int64(words[0]), let members = Int(words[2]),
      let bans = Int(words[6])
    else { return nil }
    self.number = number
    id = words[1]
    self.members = members
    membersDigest = words[3]
    modes = words[4]
    topic = words[5]
    self.bans = bans
    bansDigest = words[7]
  }

  init(
    number: Int64, id: String, members: [String], modes: String, topic: String, bans: [String],
    digest: (String) -> String
  ) {
    self.number = number
    self.id = id
    self.members = members.count
    membersDigest = digest(Self.joined(members))
    self.modes = modes
    self.topic = digest(topic)
    self.bans = bans.count
    bansDigest = digest(Self.joined(bans))
  }

  /// In an order that all realms agree on.
  private static func joined(_ lines: [String]) -> String {
    lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: "\n")
  }
}

extension Realm {
  /// What a group is like now. Names are written with their realms, so that all realms write the same.
  func digest(of group: Group, id: String) -> GroupDigest {
    let members = zip(group.members.keys, group.members.values).compactMap { person, member in
      personName(of: person).map { "\(fold($0.name))/\($0.realm) \(member.ranks.rawValue) \(member.since)" }
    }
    let topic = group.topic.map { "\($0.time) " + String(decoding: $0.text, as: UTF8.self) } ?? ""
    let modes = group.modes.text().split(separator: " ").joined(separator: ",")
    return GroupDigest(
      number: group.lastNumber, id: id, members: members, modes: modes, topic: topic,
      bans: group.masks.map { "\($0.time) \($0.list.letter) \($0.mask)" }
    ) { text in
      guard !text.isEmpty else { return "-" }
      let bytes = cryptography.expand(Array(text.utf8), Array("moot group state".utf8), count: 16)
      return String(decoding: Base64.encode(bytes), as: UTF8.self)
    }
  }

  // MARK: at the home

  /// A realm that has members in one of our groups asks what the group is like, and which entry has a number.
  func takeStateQuery(_ id: UInt64, _ parameters: [String], _ peer: Peer) {
    let refusal = QueryReply(
      command: "FAIL STATE", words: ["NO_SUCH_GROUP"],
      text: "\(settings.realm) has no such group, or nobody of \(peer.name) is a member of it")
    guard parameters.count == 2, let group = Int64(parameters[0]).map({ GroupID(rawValue: $0) }),
      let number = Int64(parameters[1]), number >= 0, restingGroups[group] != nil, homes[group] == nil
    else { return say(.answer(id: id, [refusal]), to: peer) }
    peer.sharing.answering += 1
    ask(.groupLog(group, after: max(0, number - 1), limit: 1, bytes: 0), for: nil) { realm, answer in
      var entry = "-"
      if case .groupLog(let entries) = answer, let first = entries.first, first.number == number {
        entry = first.id.text
      }
      realm.loadGroup(group) { [unowned realm] group in
        peer.sharing.answering = max(0, peer.sharing.answering - 1)
        let isShared = group?.membersElsewhere[peer.name] != nil
        let reply = group.map { realm.digest(of: $0, id: entry).reply }
        realm.say(.answer(id: id, [isShared ? reply ?? refusal : refusal]), to: peer)
      }
    }
  }
}
