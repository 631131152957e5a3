import Wire

/// Replicas of other realms' groups: they are followed as long as somebody here is a member, and changed by nothing but
/// what their homes say.
extension Realm {
  /// The replicas of a realm's groups, in order.
  private func replicas(of realm: String) -> [GroupID] {
    homes.filter { $0.value.realm == realm }.keys.sorted()
  }

  /// Follows all replicas of a realm's groups, one after the other, as they are read.
  func followReplicas(of peer: Peer) {
    peer.sharing.retriesFollowing = false
    let replicas = replicas(of: peer.name)
    if !replicas.isEmpty { peer.needsCircuit = true }
    followNext(replicas[...], of: peer)
  }

  private func followNext(_ replicas: ArraySlice<GroupID>, of peer: Peer) {
    guard let id = replicas.first, peer.isOpen else { return }
    loadGroup(id) { [unowned self] group in
      if let group, let home = group.home, peer.isOpen, peer.sharing.following[home.group] == nil {
        follow(group, home, of: peer)
      } else if group == nil, restingGroups[id] != nil {
        peer.sharing.retriesFollowing = true  // it cannot be read now
      }
      followNext(replicas.dropFirst(), of: peer)
    }
  }

  func follow(_ group: Group, _ home: GroupHome, of peer: Peer) {
    group.isFollowed = true
    peer.sharing.following[home.group] = Following(group: home.group, replica: group)
    sayFollow(group, home, to: peer)
  }

  private func sayFollow(_ group: Group, _ home: GroupHome, to peer: Peer) {
    say(.follow(group: home.group, group.mark, needsSnapshot: group.isAhead || group.mark == .none), to: peer)
  }

  /// Entries are missing, or of no use: the home is asked for what comes after those there are.
  func followAnew(_ following: Following, of peer: Peer) {
    guard let replica = following.replica, let home = replica.home else { return }
    following.isInterrupted = true
    following.isLive = false
    following.parts = []
    following.search = nil
    sayFollow(replica, home, to: peer)
  }

  /// People here are members of a group that is not followed: its home says so.
  func takeOffer(_ group: Int64, from peer: Peer) {
    if let following = peer.sharing.following[group] {
      return askAgain(following, of: peer)
    }
    let home = GroupHome(realm: peer.name, group: group)
    guard let id = replicas[home] else {
      let following = Following(group: group, replica: nil)
      peer.sharing.following[group] = following
      return askForSnapshot(following, of: peer)
    }
    loadGroup(id) { [unowned self] loaded in
      guard let loaded, peer.isOpen, peer.sharing.following[group] == nil else { return }
      follow(loaded, home, of: peer)
    }
  }

  private func askForSnapshot(_ following: Following, of peer: Peer) {
    following.askedAt = uptime
    say(.follow(group: following.group, .none, needsSnapshot: true), to: peer)
  }

  /// The home takes it that a group is not followed which is: it could not begin, or our word crossed with its own.
  private func askAgain(_ following: Following, of peer: Peer) {
    if following.replica != nil {
      if following.search == nil { followAnew(following, of: peer) }
    } else if uptime - following.askedAt >= Limits.offerMilliseconds {
      askForSnapshot(following, of: peer)
    }
  }

  /// The circuit is gone: nothing comes any more until it is open again.
  func stopFollowing(_ peer: Peer) {
    for following in peer.sharing.following.values {
      guard let replica = following.replica else { continue }
      replica.isFollowed = false
      idleGroups.append(replica.id)
    }
    for group in peer.sharing.followers.keys { stopFollowing(group, peer) }
    peer.sharing = Sharing()
  }

  // MARK: the end

  /// The group has ended at its home, or nobody of this realm is a member of it any more.
  func takeGone(_ group: Int64, from peer: Peer) {
    if peer.sharing.following[group]?.replica == nil { peer.sharing.following[group] = nil }
    guard let id = replicas[GroupHome(realm: peer.name, group: group)] else { return }
    loadGroup(id) { [unowned self] loaded in
      guard let loaded else { return }
      // A home that was set back may get the membership again, and what was said, out of our outbox.
      remember(loaded, after: 0)
      dismissAll(from: loaded, "Your membership ended at \(peer.name)")
    }
  }

  /// Ends all memberships of this realm's people in a replica, and with them the replica.
  func dismissAll(from replica: Group, _ why: String) {
    let people = replica.members.keys.filter { realm(of: $0) == nil }
    for person in people {
      if let user = users[person] { tellKick(of: user, from: replica, why) }
      removeMember(person, from: replica)
    }
    if !replica.ended { endIfEmpty(replica) }
  }

  /// Tells the sessions of one of our people that the realm has taken it out of a group.
  func tellKick(of user: User, from group: Group, _ why: String) {
    var line = LineBuilder(source: serverSource, "KICK")
    line.word(group.name)
    line.word(user.nick)
    line.text(why)
    tell(line, to: user.sessions)
  }

  /// Forgets that a group was a replica: called as it ends.
  func endReplica(_ group: Group, _ home: GroupHome) {
    group.isFollowed = false
    homes[group.id] = nil
    replicas[home] = nil
    endEchoes(in: group, home)
    guard let peer = peer(home.realm), peer.sharing.following[home.group] != nil else { return }
    peer.sharing.following[home.group] = nil
    say(.unfollow(group: home.group), to: peer)
  }

  // MARK: snapshots

  func takeSnapshot(_ part: SnapshotPart, from peer: Peer) {
    guard let following = peer.sharing.following[part.group] else { return }
    if let first = following.parts.first, first.number != part.number { following.parts = [] }
    let rows = following.parts.reduce(part.members.count + part.masks.count) { $0 + $1.members.count + $1.masks.count }
    guard rows <= Limits.snapshotRows, following.parts.count <= Limits.snapshotRows / Limits.snapshotMasks else {
      return note("relay", "snapshot too large", level: .warning, ["realm": peer.name, "group": part.name])
    }
    following.parts.append(part)
    guard part.isLast else { return }
    let parts = following.parts
    following.parts = []
    if let replica = following.replica {
      // One that was asked for twice is here already. Where nothing is logged yet, any is as good as the one before:
      // the home may have been set back since.
      let isWanted = part.number >= replica.lastNumber && (replica.isAhead || following.isFetching)
      guard following.search == nil, replica.mark == .none || isWanted else { return }
    }
    install(parts, following, peer)
  }

  private func install(_ parts: [SnapshotPart], _ following: Following, _ peer: Peer) {
    guard let head = parts.first else { return }
    let home = GroupHome(realm: peer.name, group: head.group)
    let members = members(parts, home, peer)
    guard members.contains(where: { realm(of: $0.person) == nil }) else {
      if let replica = following.replica {
        dismissAll(from: replica, "Your membership ended at \(peer.name)")
      } else {
        peer.sharing.following[head.group] = nil
        say(.unfollow(group: head.group), to: peer)
      }
      return
    }
    let replica = following.replica ?? makeReplica(head, home)
    guard replica.created == head.created else {
      // Set back, the home has given the number of a group it has lost to another one.
      return dismissAll(from: replica, "The group has ended at \(peer.name)")
    }
    takeName("\(head.name)/\(home.realm)", replica)
    let old = replica.picture
    if replica.mark == .none {
      let since = members.filter { realm(of: $0.person) == nil }.map(\.since).min() ?? 0
      replica.lastNumber = min(max(0, since - 1), head.number)
    }
    replica.stateNumber = head.number
    replica.founder = head.founder.flatMap { person($0, from: peer) } ?? .nobody
    if replica.modes.keepDays != head.modes.keepDays || head.modes.keepDays > 0 { keepingChanged() }
    replica.modes = head.modes
    replica.topic = head.topic.map {
      Topic(text: $0.text, setBy: translatedSource($0.setBy, from: peer.name), time: $0.time)
    }
    replica.masks = parts.flatMap(\.masks).prefix(settings.limits.bans).map {
      MaskRecord($0.list, mask: $0.mask, setBy: translated($0.setBy, from: peer.name), time: $0.time)
    }
    replace(members, of: replica)
    turn.writes.append(.groupReplaced(replica.state))
    following.replica = replica
    following.isInterrupted = false
    replica.isFollowed = true
    tellDifference(from: old, to: replica)
    endJoins(of: replica, peer)
    endFetch(of: replica)
  }

  /// Whom the parts of a snapshot name. Who is no account here (any more) is taken out at the home.
  private func members(_ parts: [SnapshotPart], _ home: GroupHome, _ peer: Peer) -> [MemberRecord] {
    var members: [MemberRecord] = []
    var seen: Set<PersonID> = []
    for member in parts.flatMap(\.members) where !member.person.isGuest {
      guard let person = person(member.person, from: peer), mayBecomeMember(person) else {
        if member.person.realm == settings.realm, let part = parts.first {
          leave(referenceAtHome(part.name, part.group), member.person.name, peer)
        }
        continue
      }
      guard seen.insert(person).inserted else { continue }
      members.append(MemberRecord(person: person, ranks: member.ranks, since: member.since))
    }
    return members
  }

  /// Ends a membership, at the home, of somebody who is not here.
  func leave(_ group: String, _ account: String, _ peer: Peer) {
    let part = Envelope.request(nextMessageID(), from: account, command: "PART", parameters: [group])
    _ = post(part, to: peer, isOwed: true)
  }

  private func makeReplica(_ head: SnapshotPart, _ home: GroupHome) -> Group {
    let name = "\(head.name)/\(home.realm)"
    makeRoom(for: name)
    lastGroup += 1
    let id = GroupID(rawValue: lastGroup)
    let group = Group(
      GroupState(id: id, name: name, created: head.created, founder: .nobody, modes: head.modes, home: home))
    groups[id] = group
    groupNames[fold(name)] = id
    restingGroups[id] = name
    homes[id] = home
    replicas[home] = id
    turn.writes.append(.group(id, name: name, founder: .nobody, created: head.created, modes: head.modes))
    turn.writes.append(.replica(id, home))
    return group
  }

  private func replace(_ members: [MemberRecord], of replica: Group) {
    let before = Set(replica.members.keys)
    for (person, member) in zip(replica.members.keys, replica.members.values) {
      if let user = member.user { user.groups[replica.id] = nil }
      replica.members[person] = nil
    }
    replica.membersElsewhere = Table()
    replica.liveMembers = 0
    for record in members {
      let user = users[record.person]
      noteMember(record.person, of: replica)
      if !before.contains(record.person) { endInvitation(of: record.person, to: replica) }
      replica.members[record.person] = Member(ranks: record.ranks, since: record.since, user: user)
      if let realm = realm(of: record.person) { replica.count(1, of: realm) }
      guard let user else { continue }
      replica.liveMembers += 1
      user.groups[replica.id] = replica
    }
    replica.audienceChanged()
  }
}
