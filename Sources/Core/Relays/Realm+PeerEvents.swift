import Wire

/// What circuits bring: called by them, carried out by the rules for messages, groups and queries.
extension Realm {
  /// Applies an envelope, or refuses it with an envelope of our own. It counts as taken either way.
  ///
  /// - Returns: false where a group has to be read first. Then it does not count as taken: it and all that follows it
  ///   from that realm wait, in order, until `takeOn` says that it is to be tried again.
  func take(_ envelope: Envelope, from peer: Peer) -> Bool {
    if case .replies = envelope {} else { sendPartAnswer() }
    switch envelope {
    case .message(let letter, let name): return take(letter, to: name, from: peer)
    case .groupMessage(let letter, let group): return take(letter, toGroup: group, from: peer)
    case .request(let id, let account, let command, let parameters):
      return takeRequest(id, from: account, command, parameters, peer)
    case .replies(let id, let account, let replies): takeReplies(replies, to: id, account, from: peer)
    case .refusal(let id, let kind, let account, let target, let reason):
      takeRefusal(of: id, kind, to: account, target: target, reason, peer)
    case .invitation(let inviter, let account, _, let name): takeInvitation(from: inviter, to: account, name, peer)
    case .expired: note("relay", "envelope had expired", ["realm": peer.name])
    case .unreadable(let envelope):
      note("relay", "unreadable envelope", level: .warning, ["realm": peer.name, "kind": String(envelope.kind)])
      guard !envelope.from.isEmpty else { return true }
      refuse(
        envelope.id, .message, of: envelope.from, to: "*", "\(settings.realm) does not understand it", peer)
    }
    return true
  }

  /// Takes an item other than those of the circuit itself.
  func take(_ item: Item, from peer: Peer) {
    sendPartAnswer()
    switch item {
    case .positions, .acknowledge, .envelopes: break  // the circuit's own
    case .offer(let group): takeOffer(group, from: peer)
    case .follow(let group, let mark, let needsSnapshot):
      takeFollow(mark, needsSnapshot: needsSnapshot, of: GroupID(rawValue: group), by: peer)
    case .compare(let group, let mark): takeCompare(mark, of: GroupID(rawValue: group), by: peer)
    case .compared(let group, let number, let isThere): takeCompared(number, isThere, of: group, from: peer)
    case .unfollow(let group):
      stopFollowing(GroupID(rawValue: group), peer)
      offerLater(to: peer)
    case .snapshot(let part): takeSnapshot(part, from: peer)
    case .entries(let group, let entries): takeEntries(entries, of: group, from: peer)
    case .caughtUp(let group): takeCaughtUp(group, from: peer)
    case .gone(let group): takeGone(group, from: peer)
    case .fleeting(let fleeting):
      switch fleeting.target {
      case .person(let name): take(fleeting, toPerson: name, from: peer)
      case .group(let group) where !fleeting.rank.isEmpty: take(fleeting, toRankOf: group, from: peer)
      case .groupAtHome(let group) where !fleeting.rank.isEmpty: take(fleeting, toRankOfReplica: group, from: peer)
      case .group(let group): take(fleeting, toGroup: group, from: peer)
      case .groupAtHome(let group): take(fleeting, toReplicaOf: group, from: peer)
      }
    case .query(let id, let account, let command, let parameters):
      takeQuery(id, from: account, command, parameters, peer)
    case .answer(let id, let replies): takeAnswer(replies, to: id, from: peer)
    case .watch(let names): takeWatch(names, from: peer)
    case .unwatch(let names): takeUnwatch(names, from: peer)
    case .keeping(let days): takeKeeping(days, from: peer)
    case .presence(let name, let away, let realName, let isOnline):
      takePresence(Presence(name: name, away: away, realName: realName, isOnline: isOnline), from: peer)
    case .wantMetadata(let names): takeWantMetadata(names, from: peer)
    case .metadata(let owner, let fields): takeMetadata(owner, fields, from: peer)
    case .fileWanted(let number, let id, let start, let end):
      takeFileWanted(number, id, from: start, to: end, by: peer)
    case .filePart(let number, let head, let at, let bytes): takeFilePart(number, head, at: at, bytes, from: peer)
    case .fileMissing(let number, let isBusy): takeFileMissing(number, isBusy: isBusy, from: peer)
    }
  }

  /// There is a way to the realm, where there was none.
  func reachable(_ peer: Peer) {
    if !peer.watches.isEmpty || homes.values.contains(where: { $0.realm == peer.name }) { peer.needsCircuit = true }
    peer.outOfReachSince = nil
    if peer.isKnownOutOfReach {
      peer.isKnownOutOfReach = false
      tellMembers("\(peer.name) can be reached again", of: peer.name)
    }
    // It may have been set back to an older copy meanwhile, and not know what it has lost: positions tell.
    if peer.needsCircuit || peer.hasExchanged { openCircuit(to: peer) }
    // People there may be members of groups here, and their realm may have lost that.
    if !peer.needsCircuit { findMembers(of: peer) }
  }

  private func findMembers(of peer: Peer) {
    peer.mustFindMembers = false
    ask(.groupsShared(realm: peer.name), for: nil) { realm, answer in
      guard case .groupsShared(let groups) = answer else {
        peer.mustFindMembers = true
        return
      }
      peer.hasMembersHere = !groups.isEmpty
      guard peer.hasMembersHere else { return }
      peer.needsCircuit = true
      realm.openCircuit(to: peer)
    }
  }

  /// There is no way to the realm any more. Called after `circuitClosed`.
  func unreachable(_ peer: Peer) {
    peer.outOfReachSince = (uptime, now)
    endQueries(of: peer.name)
    forgetPresence(of: peer)
    endFetches(of: peer)
  }

  /// The circuit is open and both sides know each other's positions.
  func circuitOpened(_ peer: Peer) {
    peer.sharing = Sharing()
    peer.sharing.offersDue = uptime + Limits.offerMilliseconds
    sayKeeping(to: peer)
    followReplicas(of: peer)
    sayWatches(to: peer)
    sayWantsMetadata(to: peer)
    sayQueries(to: peer)
    goOnFetchingFiles(of: peer)
  }

  /// The circuit is gone; all that was told on it may be lost.
  func circuitClosed(_ peer: Peer) {
    endWatches(of: peer)
    endMetadata(of: peer)
    stopFollowing(peer)
    breakOffFiles(of: peer)
  }

  /// After `tell` had to refuse: there is room again.
  func circuitHasRoom(_ peer: Peer) {
    goOnSaying(to: peer)
    goOnSendingFiles(to: peer)
    goOnFetchingFiles(of: peer)
  }

  /// These have been applied by the realm; their senders were told that they wait.
  func delivered(_ envelopes: [Envelope], to peer: Peer) {
    for case .message(let letter, let name) in envelopes { tellDelivered(letter, to: name, peer) }
  }

  /// It waited for too long: nobody knows whether it arrived, and it is not sent again.
  func expired(_ envelope: Envelope, to peer: Peer) {
    undeliverable(envelope, to: peer, why: "Not confirmed: \(peer.name) could not be reached for too long")
  }

  /// It will never be sent, for a reason in words: the realm is forgotten.
  func undeliverable(_ envelope: Envelope, to peer: Peer, why: String) {
    switch envelope {
    case .message(let letter, let name):
      takeRefusal(of: letter.id, letter.kind, to: letter.from, target: name, why, peer)
    case .groupMessage(let letter, let group):
      let id = replicas[GroupHome(realm: peer.name, group: group)]
      let name = id.flatMap { restingGroups[$0] }.map { Address($0, home: settings.realm).name }
      takeRefusal(of: letter.id, letter.kind, to: letter.from, target: name ?? "*", why, peer)
    case .request(let id, let account, let command, _):
      takeReplies(
        [QueryReply(command: "FAIL \(command)", words: ["UNDELIVERABLE"], text: why)], to: id, account, from: peer)
    case .replies, .refusal, .invitation, .expired, .unreadable: break
    }
  }

  /// The operators have forgotten the realm: its members leave our groups, its groups become archives.
  func realmForgotten(_ name: String) {
    endQueries(of: name)
    endRequests(to: name)
    forgetMetadata(of: name)
    for group in liveReplicas(of: name) {
      group.isFollowed = false
      idleGroups.append(group.id)
    }
    tellMembers(archived(name), of: name)
    ask(.groupsShared(realm: name), for: nil) { realm, answer in
      guard case .groupsShared(let groups) = answer else {
        return realm.note("group", "members of a forgotten realm stay", level: .warning, ["why": answer.problem])
      }
      for id in groups { realm.loadGroup(id) { group in group.map { realm.dismiss(peopleOf: name, from: $0) } } }
    }
  }

  private func archived(_ realm: String) -> String { "\(realm) is forgotten here: this is an archive now" }

  private func dismiss(peopleOf realm: String, from group: Group) {
    for person in group.members.keys where self.realm(of: person) == realm {
      let body = Array(":\(realm) is forgotten by \(settings.realm)".utf8)
      var line = LineBuilder(source: source(of: person), "PART")
      line.word(group.name)
      line.word(body)
      let entry = log(group, .part, sender: person, nick: [], body)
      broadcast(outgoing(line.bytes, entry), to: group, position: entry.position)
      removeMember(person, from: group)
    }
  }

  /// What is due with other realms once a second.
  func tickPeers() {
    rememberOn()
    endOldRequests()
    endQueries()
    tellWaiting()
    goOnExamining()
    goOnFetching()
    for peer in peers.values {
      // What is over in a moment is not told.
      if let since = peer.outOfReachSince, !peer.isKnownOutOfReach,
        uptime - since.uptime >= Limits.outOfReachMilliseconds
      {
        peer.isKnownOutOfReach = true
        tellMembers(away(peer), of: peer.name)
      }
      if peer.mustFindMembers, peer.isReachable { findMembers(of: peer) }
      guard peer.isOpen else { continue }
      if let due = peer.sharing.offersDue, due <= uptime { offerGroups(to: peer) }
      if peer.sharing.retriesFollowing { followReplicas(of: peer) }
      if peer.sharing.retriesTaking {
        peer.sharing.retriesTaking = false
        takeOn(from: peer)
      }
      for follower in peer.sharing.followers.values where !follower.isLive { serve(follower) }
      goOnComparing(with: peer)
      if peer.sharing.offersDue == nil {
        let sharing = peer.sharing
        peer.needsCircuit =
          peer.hasMembersHere || !sharing.following.isEmpty || !sharing.followers.isEmpty || !peer.watches.isEmpty
      }
    }
  }

  /// The replicas of a realm's groups that are in memory, in order.
  private func liveReplicas(of realm: String) -> [Group] {
    groups.values.filter { $0.home?.realm == realm }.sorted { $0.id < $1.id }
  }

  /// Tells members of a realm's groups what has become of it.
  private func tellMembers(_ text: String, of realm: String) {
    for group in liveReplicas(of: realm) {
      var out = Outgoing(line: reachLine(of: group, text))
      out.time = now
      broadcast(out, to: group)
    }
  }

  private func reachLine(of group: Group, _ text: String) -> [UInt8] {
    var line = LineBuilder(source: serverSource, "NOTICE")
    line.word(group.name)
    line.text(text)
    return line.bytes
  }

  private func away(_ peer: Peer) -> String {
    let since = peer.outOfReachSince.map { "since \(Timestamp.text($0.time))" } ?? "now"
    return "\(peer.name) cannot be reached from \(settings.realm) \(since) - reading goes on, and what you say waits"
  }

  /// Tells a session that has just been shown a group that its home is out of reach, or gone for good.
  func tellReach(of group: Group, to session: Session) {
    guard let home = group.home else { return }
    guard let peer = peer(home.realm) else {
      return send(Outgoing(line: reachLine(of: group, archived(home.realm))), to: session)
    }
    if !canReach(peer) { send(Outgoing(line: reachLine(of: group, away(peer))), to: session) }
  }
}
