/// What circuits bring: called by them, carried out by the rules for messages, groups and queries.
extension Realm {
  /// Applies an envelope, or refuses it with an envelope of our own. It counts as taken either way.
  ///
  /// - Returns: false where a group has to be read first. Then it does not count as taken: it and all that follows it
  ///   from that realm wait, in order, until `takeOn` says that it is to be tried again.
  func take(_ envelope: Envelope, from peer: Peer) -> Bool {
    switch envelope {
    case .message(let letter, let name): take(letter, to: name, from: peer)
    case .groupMessage(let letter, let group): return take(letter, toGroup: group, from: peer)
    case .request(let id, let account, let command, let parameters):
      return takeRequest(id, from: account, command, parameters, peer)
    case .replies(let id, let account, let replies): takeReplies(replies, to: id, account, from: peer)
    case .refusal(let id, let account, let target, let reason):
      takeRefusal(of: id, to: account, target: target, reason, peer)
    case .invitation(let inviter, let account, _, let name): takeInvitation(from: inviter, to: account, name, peer)
    case .expired: note("relay", "envelope had expired", ["realm": peer.name])
    case .unreadable(let envelope):
      note("relay", "unreadable envelope", level: .warning, ["realm": peer.name, "kind": String(envelope.kind)])
      guard !envelope.from.isEmpty else { return true }
      refuse(envelope.id, of: envelope.from, to: "*", "\(settings.realm) does not understand it", peer)
    }
    return true
  }

  /// Takes an item other than those of the circuit itself.
  func take(_ item: Item, from peer: Peer) {
    switch item {
    case .positions, .acknowledge, .envelopes: break  // the circuit's own
    case .offer(let group): takeOffer(group, from: peer)
    case .follow(let group, let number, let id): takeFollow(number, id, of: GroupID(rawValue: group), by: peer)
    case .unfollow(let group): stopFollowing(GroupID(rawValue: group), peer)
    case .snapshot(let part): takeSnapshot(part, from: peer)
    case .entries(let group, let entries): takeEntries(entries, of: group, from: peer)
    case .caughtUp(let group): takeCaughtUp(group, from: peer)
    case .gone(let group): takeGone(group, from: peer)
    case .fleeting(let fleeting):
      switch fleeting.target {
      case .person(let name): take(fleeting, toPerson: name, from: peer)
      case .group(let group): take(fleeting, toGroup: group, from: peer)
      }
    case .query, .answer, .watch, .unwatch, .presence: break
    }
  }

  /// There is a way to the realm, where there was none.
  func reachable(_ peer: Peer) {
    if homes.values.contains(where: { $0.realm == peer.name }) { peer.needsCircuit = true }
    tellMembers(isReachable: true, peer)
    guard !peer.needsCircuit else { return openCircuit(to: peer) }
    // People there may be members of groups here, and their realm may have lost that.
    ask(.groupsShared(realm: peer.name), for: nil) { realm, answer in
      guard case .groupsShared(let groups) = answer, !groups.isEmpty else { return }
      peer.needsCircuit = true
      realm.openCircuit(to: peer)
    }
  }

  /// There is no way to the realm any more. Called after `circuitClosed`.
  func unreachable(_ peer: Peer) { tellMembers(isReachable: false, peer) }

  /// The circuit is open and both sides know each other's positions.
  func circuitOpened(_ peer: Peer) {
    peer.sharing = Sharing()
    peer.sharing.offersDue = uptime + Limits.offerMilliseconds
    followReplicas(of: peer)
  }

  /// The circuit is gone; all that was told on it may be lost.
  func circuitClosed(_ peer: Peer) { stopFollowing(peer) }

  /// After `tell` had to refuse: there is room again.
  func circuitHasRoom(_ peer: Peer) { goOnSaying(to: peer) }

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
    case .message(let letter, let name): takeRefusal(of: letter.id, to: letter.from, target: name, why, peer)
    case .groupMessage(let letter, let group):
      let id = replicas[GroupHome(realm: peer.name, group: group)]
      let name = id.flatMap { restingGroups[$0] }.map { Address($0, home: settings.realm).name }
      takeRefusal(of: letter.id, to: letter.from, target: name ?? "*", why, peer)
    case .request(let id, let account, let command, _):
      takeReplies(
        [QueryReply(command: "FAIL \(command)", words: ["UNDELIVERABLE"], text: why)], to: id, account, from: peer)
    case .replies, .refusal, .invitation, .expired, .unreadable: break
    }
  }

  /// The operators have forgotten the realm: what is shared with it ends.
  func realmForgotten(_ name: String) {}

  /// What is due with other realms once a second.
  func tickPeers() {
    endOldRequests()
    tellWaiting()
    for peer in peers.values where peer.isOpen {
      if let due = peer.sharing.offersDue, due <= uptime { offerGroups(to: peer) }
      if peer.sharing.retriesTaking {
        peer.sharing.retriesTaking = false
        takeOn(from: peer)
      }
      for follower in peer.sharing.followers.values where !follower.isLive { serve(follower) }
    }
  }

  /// Tells members of a realm's groups that it got out of reach, or is back.
  private func tellMembers(isReachable: Bool, _ peer: Peer) {
    guard peer.isKnownOutOfReach == isReachable else { return }
    peer.isKnownOutOfReach = !isReachable
    let text =
      isReachable
      ? "\(peer.name) can be reached again" : outOfReach(peer) + ": reading goes on, and what you say waits"
    for group in groups.values.filter({ $0.home?.realm == peer.name }).sorted(by: { $0.id < $1.id }) {
      var line = LineBuilder(source: serverSource, "NOTICE")
      line.word(group.name)
      line.text(text)
      var out = Outgoing(line: line.bytes)
      out.time = now
      broadcast(out, to: group)
    }
  }
}
