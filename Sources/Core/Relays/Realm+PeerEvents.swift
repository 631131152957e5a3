/// What circuits bring: called by them, carried out by the rules for messages, groups and queries.
extension Realm {
  /// Applies an envelope, or refuses it with an envelope of our own. It counts as taken either way.
  ///
  /// - Returns: false where a group has to be read first. Then it does not count as taken: it and all that follows it
  ///   from that realm wait, in order, until `takeOn` says that it is to be tried again.
  func take(_ envelope: Envelope, from peer: Peer) -> Bool {
    switch envelope {
    case .message(let letter, let name): take(letter, to: name, from: peer)
    case .refusal(let id, let account, let target, let reason):
      takeRefusal(of: id, to: account, target: target, reason, peer)
    case .groupMessage, .request, .replies, .invitation: break
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
    case .fleeting(let fleeting):
      if case .person(let name) = fleeting.target { take(fleeting, toPerson: name, from: peer) }
    default: break
    }
  }

  /// There is a way to the realm, where there was none.
  func reachable(_ peer: Peer) {}

  /// There is no way to the realm any more. Called after `circuitClosed`.
  func unreachable(_ peer: Peer) {}

  /// The circuit is open and both sides know each other's positions.
  func circuitOpened(_ peer: Peer) {}

  /// The circuit is gone; all that was told on it may be lost.
  func circuitClosed(_ peer: Peer) {}

  /// After `tell` had to refuse: there is room again.
  func circuitHasRoom(_ peer: Peer) {}

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
    default: break
    }
  }

  /// The operators have forgotten the realm: what is shared with it ends.
  func realmForgotten(_ name: String) {}
}
