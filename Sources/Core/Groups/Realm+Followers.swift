/// At the home of a group: the realms that follow its log, and what they are told.
extension Realm {
  // MARK: saying

  /// Says something on the circuit to a realm, as soon as there is room. What was said before on it comes first; with
  /// the circuit it is lost.
  func say(_ item: Item, to peer: Peer) {
    guard peer.isOpen else { return }
    if peer.sharing.unsaid.isEmpty, tell(item, to: peer) { return }
    guard peer.sharing.unsaid.count < Limits.unsaidItems else {
      return closeCircuit(peer, "it takes too little of what it is told")
    }
    peer.sharing.unsaid.append(item)
  }

  /// There is room: what waited for it goes first, then what followers have not got.
  func goOnSaying(to peer: Peer) {
    var said = 0
    for item in peer.sharing.unsaid {
      guard tell(item, to: peer) else { break }
      said += 1
    }
    peer.sharing.unsaid.removeFirst(said)
    guard peer.sharing.unsaid.isEmpty else { return }
    for follower in peer.sharing.followers.values { serve(follower) }
  }

  // MARK: offers

  /// Offers the groups that people of a realm are members of and that it does not follow: it has lost them, perhaps.
  func offerGroups(to peer: Peer) {
    peer.sharing.offersDue = nil
    if !peer.sharing.hasSaidKeeping { takeKeeping(0, from: peer) }
    ask(.groupsShared(realm: peer.name), for: nil) { realm, answer in
      guard peer.isOpen else { return }
      guard case .groupsShared(let groups) = answer else {
        peer.sharing.offersDue = realm.uptime + Limits.offerMilliseconds
        return
      }
      peer.hasMembersHere = !groups.isEmpty
      if peer.hasMembersHere { peer.needsCircuit = true }
      for group in groups where peer.sharing.followers[group] == nil {
        peer.sharing.owed[group] = nil
        realm.say(.offer(group: group.rawValue), to: peer)
      }
      for group in peer.sharing.owed.keys { realm.say(.gone(group: group.rawValue), to: peer) }
      peer.sharing.owed = Table()
    }
  }

  /// A realm follows a group no more. Somebody there may have become a member again meanwhile: then it is offered, once
  /// what else is on its way has come.
  func offerLater(to peer: Peer) {
    if peer.sharing.offersDue == nil { peer.sharing.offersDue = uptime + Limits.offerMilliseconds }
  }

  /// Offers a group to the realm of a member, unless it follows it.
  func offer(_ group: Group, to person: PersonID) {
    guard let peer = realm(of: person).flatMap(peer) else { return }
    peer.hasMembersHere = true
    peer.needsCircuit = true
    guard let follower = peer.sharing.followers[group.id] else {
      peer.sharing.owed[group.id] = nil
      return say(.offer(group: group.id.rawValue), to: peer)
    }
    follower.end = nil
  }

  // MARK: following

  /// A realm wants to follow one of our groups from an entry on.
  func takeFollow(_ mark: EntryMark, needsSnapshot: Bool, of group: GroupID, by peer: Peer) {
    stopFollowing(group, peer)
    peer.sharing.owed[group] = nil
    guard restingGroups[group] != nil, homes[group] == nil else { return say(.gone(group: group.rawValue), to: peer) }
    let follower = Follower(peer, group, sent: 0)
    peer.sharing.followers[group] = follower
    loadGroup(group) { [unowned self] loaded in
      guard isCurrent(follower) else { return }
      guard let loaded, loaded.membersElsewhere[peer.name] != nil else {
        if loaded == nil, restingGroups[group] != nil { return giveUpFollower(follower) }
        peer.sharing.followers[group] = nil
        return say(.gone(group: group.rawValue), to: peer)
      }
      begin(follower, of: loaded, after: mark, needsSnapshot)
    }
  }

  private func begin(_ follower: Follower, of group: Group, after mark: EntryMark, _ needsSnapshot: Bool) {
    let all = followers[group.id] ?? Followers(group.id, last: group.lastNumber)
    followers[group.id] = all
    group.followers = all
    all.realms[follower.peer.name] = follower
    guard mark != .none else {
      // What was said since its first member joined is meant for it.
      follower.sent = max(0, firstNumber(for: follower.peer.name, of: group) - 1)
      follower.isReading = false
      return sendSnapshot(follower, of: group)
    }
    find(mark, in: group) { realm, isThere in
      guard realm.isCurrent(follower) else { return }
      guard let isThere else { return realm.giveUpFollower(follower) }
      guard isThere else {
        realm.stopFollowing(follower.group, follower.peer)
        return realm.say(
          .compared(group: follower.group.rawValue, number: mark.number, isThere: false), to: follower.peer)
      }
      follower.sent = mark.number
      guard needsSnapshot else {
        follower.isReading = false
        return realm.serve(follower)
      }
      realm.loadGroup(follower.group) { group in
        guard realm.isCurrent(follower) else { return }
        guard let group else { return realm.giveUpFollower(follower) }
        follower.isReading = false
        realm.sendSnapshot(follower, of: group)
      }
    }
  }

  /// The number of the entry by which the first of a realm's members joined.
  private func firstNumber(for realm: String, of group: Group) -> Int64 {
    zip(group.members.keys, group.members.values).filter { self.realm(of: $0.0) == realm }.map(\.1.since).min()
      ?? group.lastNumber + 1
  }

  /// Finds out whether an entry is in the log of one of our groups; nil where it cannot be read now.
  private func find(_ mark: EntryMark, in group: Group, then done: @escaping (Realm, Bool?) -> Void) {
    if mark == group.mark { return done(self, true) }
    guard mark.number <= group.lastNumber else { return done(self, false) }
    ask(.groupLog(group.id, after: mark.number - 1, limit: 1, bytes: 0), for: nil) { realm, answer in
      guard case .groupLog(let entries) = answer else { return done(realm, nil) }
      done(realm, entries.first?.mark == mark)
    }
  }

  /// A realm whose log of one of our groups is another wants to know whether an entry is in ours.
  func takeCompare(_ mark: EntryMark, of group: GroupID, by peer: Peer) {
    guard restingGroups[group] != nil, homes[group] == nil else { return say(.gone(group: group.rawValue), to: peer) }
    loadGroup(group) { [unowned self] loaded in
      // Where nothing can be read it asks again, after a while.
      guard let loaded, loaded.membersElsewhere[peer.name] != nil, peer.isOpen else { return }
      find(mark, in: loaded) { realm, isThere in
        guard let isThere else { return }
        realm.say(.compared(group: group.rawValue, number: mark.number, isThere: isThere), to: peer)
      }
    }
  }

  /// What a follower is to be told cannot be read now: the group is offered later, and asked for again; unless that is
  /// over by then.
  private func giveUpFollower(_ follower: Follower) {
    stopFollowing(follower.group, follower.peer)
    follower.peer.sharing.owed[follower.group] = true
    follower.peer.sharing.offersDue = uptime + Limits.offerMilliseconds
  }

  private func isCurrent(_ follower: Follower) -> Bool {
    follower.peer.isOpen && follower.peer.sharing.followers[follower.group] === follower
  }

  /// A realm follows one of our groups no more.
  func stopFollowing(_ group: GroupID, _ peer: Peer) {
    peer.sharing.followers[group] = nil
    guard let all = followers[group] else { return }
    all.realms[peer.name] = nil
    guard all.realms.isEmpty else { return }
    followers[group] = nil
    groups[group]?.followers = nil
  }

  // MARK: telling

  /// Notes an entry that was logged, to be told with this turn.
  func note(_ entry: Entry, for all: Followers) {
    if all.fresh.isEmpty { freshGroups.append(all) }
    all.fresh.append(groupEntry(entry))
    all.last = entry.number
  }

  /// Tells followers what this turn has logged, each realm with its circuit.
  func tellFresh() {
    guard !freshGroups.isEmpty else { return }
    for all in freshGroups {
      for follower in all.realms.values where follower.isLive { tellFresh(all.fresh[...], to: follower) }
      all.fresh.removeAll(keepingCapacity: true)
    }
    freshGroups.removeAll(keepingCapacity: true)
  }

  private func tellFresh(_ fresh: ArraySlice<GroupEntry>, to follower: Follower) {
    let due = fresh.filter { $0.number > follower.sent && $0.number <= follower.end ?? .max }
    follower.isLive = tell(due[...], to: follower)
    endIfDone(follower)
  }

  /// Tells entries as long as there is room; false if not all of them were.
  private func tell(_ entries: ArraySlice<GroupEntry>, to follower: Follower) -> Bool {
    var rest = entries
    while !rest.isEmpty {
      var bytes = 0
      let part = rest.prefix { entry in
        bytes += entry.size
        return bytes <= settings.limits.entriesBytes || bytes == entry.size
      }
      guard follower.peer.sharing.unsaid.isEmpty,
        tell(.entries(group: follower.group.rawValue, Array(part)), to: follower.peer)
      else { return false }
      follower.sent = part[part.endIndex - 1].number
      rest = rest[part.endIndex...]
    }
    return true
  }

  /// Goes on with a follower that has not got everything: the rest of a snapshot, then the log.
  func serve(_ follower: Follower) {
    guard isCurrent(follower), !follower.isLive, !follower.isReading, let all = followers[follower.group] else {
      return
    }
    while let part = follower.parts.first {
      guard tell(.snapshot(part), to: follower.peer) else { return }
      follower.parts.removeFirst()
    }
    guard !endIfDone(follower) else { return }
    guard follower.sent < all.last else {
      follower.isLive = tell(.caughtUp(group: follower.group.rawValue), to: follower.peer)
      if follower.isLive { sayMetadata(of: follower.group, to: follower.peer) }
      return
    }
    follower.isReading = true
    ask(
      .groupLog(follower.group, after: follower.sent, limit: Limits.groupLogEntries, bytes: Limits.groupLogBytes),
      for: nil
    ) { realm, answer in
      guard realm.isCurrent(follower) else { return }
      follower.isReading = false
      guard case .groupLog(let entries) = answer else { return }  // tried again with the next tick
      let begins = realm.groups[follower.group].map(realm.keepsFrom) ?? 0
      let due = entries.filter { $0.number > follower.sent && $0.number <= follower.end ?? .max }
        .map { $0.time < begins ? realm.withoutWords($0) : $0 }
      if realm.tell(due.map(realm.groupEntry)[...], to: follower), !due.isEmpty { realm.serve(follower) }
    }
  }

  /// The last member of a realm has left with the last entry: that is the last it is told.
  func endFollowing(_ group: Group, by realm: String) {
    guard let follower = group.followers?.realms[realm] else { return }
    follower.end = group.lastNumber
    if follower.isLive, let fresh = group.followers?.fresh { tellFresh(fresh[...], to: follower) }
  }

  @discardableResult
  private func endIfDone(_ follower: Follower) -> Bool {
    guard let end = follower.end, follower.sent >= end else { return false }
    stopFollowing(follower.group, follower.peer)
    offerLater(to: follower.peer)
    return true
  }

  /// The group has ended: its followers are told what there is to tell, and that.
  func endFollowing(_ group: Group) {
    guard let all = group.followers else { return }
    for follower in all.realms.values {
      if follower.isLive { _ = tell(all.fresh.filter { $0.number > follower.sent }[...], to: follower) }
      say(.gone(group: group.id.rawValue), to: follower.peer)
      follower.peer.sharing.followers[group.id] = nil
    }
    all.realms = Table()
    followers[group.id] = nil
    group.followers = nil
  }

  // MARK: what they are told

  func groupEntry(_ entry: Entry) -> GroupEntry {
    GroupEntry(
      number: entry.number, kind: entry.kind, time: entry.time, id: entry.id, sender: senderName(of: entry),
      tags: entry.tags, body: entry.body)
  }

  /// Nil for the realm itself; a guest is named by its nick.
  private func senderName(of entry: Entry) -> PersonName? {
    if let name = personName(of: entry.sender) { return name }
    let nick = String(decoding: entry.nick, as: UTF8.self)
    return Names.isNick(nick) && entry.nick != serverSource
      ? PersonName(name: nick, realm: settings.realm, isGuest: true) : nil
  }

  /// Sends the state of a group, and then what follows the entry that was sent last.
  private func sendSnapshot(_ follower: Follower, of group: Group) {
    let members = zip(group.members.keys, group.members.values).compactMap { person, member in
      personName(of: person).map { SnapshotMember(person: $0, ranks: member.ranks, since: member.since) }
    }
    let head = SnapshotPart(
      group: group.id.rawValue, name: group.name, created: group.created, founder: personName(of: group.founder),
      modes: group.modes, topic: group.topic, number: group.lastNumber,
      id: group.lastID ?? MessageID(epoch: 0, counter: 0), members: [], masks: [], isLast: false)
    var parts: [SnapshotPart] = []
    for start in stride(from: 0, to: members.count, by: Limits.snapshotMembers) {
      var part = head
      part.members = Array(members[start..<min(start + Limits.snapshotMembers, members.count)])
      parts.append(part)
    }
    for start in stride(from: 0, to: group.masks.count, by: Limits.snapshotMasks) {
      var part = head
      part.masks = Array(group.masks[start..<min(start + Limits.snapshotMasks, group.masks.count)])
      parts.append(part)
    }
    parts[parts.count - 1].isLast = true
    follower.parts = parts[...]
    serve(follower)
  }
}

extension GroupEntry {
  /// About what it takes in an item.
  fileprivate var size: Int { body.count + tags.count + 128 }
}
