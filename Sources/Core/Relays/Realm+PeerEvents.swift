/// What circuits bring: called by them, carried out by the rules for messages, groups and queries.
extension Realm {
  /// Applies an envelope, or refuses it with an envelope of our own. It counts as taken either way.
  ///
  /// - Returns: false where a group has to be read first. Then it does not count as taken: it and all that follows it
  ///   from that realm wait, in order, until `takeOn` says that it is to be tried again.
  func take(_ envelope: Envelope, from peer: Peer) -> Bool { true }

  /// Takes an item other than those of the circuit itself.
  func take(_ item: Item, from peer: Peer) {}

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
  func delivered(_ envelopes: [Envelope], to peer: Peer) {}

  /// It waited for too long: nobody knows whether it arrived, and it is not sent again.
  func expired(_ envelope: Envelope, to peer: Peer) {}

  /// It will never be sent, for a reason in words: the realm is forgotten.
  func undeliverable(_ envelope: Envelope, to peer: Peer, why: String) {}

  /// The operators have forgotten the realm: what is shared with it ends.
  func realmForgotten(_ name: String) {}
}
