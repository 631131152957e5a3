/// What the rest of the core needs to know of other realms.
extension Realm {
  /// A realm of the directory, or one that something is kept of.
  func peer(_ name: String) -> Peer? { peers[name] }

  /// Puts an envelope into the outbox of a realm: durable with this turn, and applied there once.
  func post(_ envelope: Envelope, to peer: Peer) -> Posting { .waits }

  /// Says something that nobody stores on the circuit to a realm; false if there is none, or it has no room now:
  /// `circuitHasRoom` tells when it has again.
  @discardableResult
  func tell(_ item: Item, to peer: Peer) -> Bool { false }

  /// Whether something said to a realm now gets there soon: its circuit is open, or there is a way to it.
  func canReach(_ peer: Peer) -> Bool { peer.isOpen || peer.isReachable }

  /// Opens a circuit to a realm where there is none: `circuitOpened` tells when it is there. It stays while it is used,
  /// and as long as `Peer.needsCircuit` says so.
  func openCircuit(to peer: Peer) {}

  /// What waited since `take` said "not yet" is to be taken again, in order.
  func takeOn(from peer: Peer) {}

  func link(_ event: LinkEvent) {}

  func administerLinks(_ id: AdminID, _ request: AdminRequest) {}
}
