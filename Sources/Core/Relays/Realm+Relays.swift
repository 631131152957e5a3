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

  func link(_ event: LinkEvent) {}

  func administerLinks(_ id: AdminID, _ request: AdminRequest) {}
}
