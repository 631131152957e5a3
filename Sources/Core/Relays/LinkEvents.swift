package import Wire

/// Names one link of the process, for as long as it lives: given by the edge, never twice.
package struct LinkID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (a: LinkID, b: LinkID) -> Bool { a.rawValue < b.rawValue }
}

/// A link whose hello is through: who is at the other end has proved to hold `key`; whether that is the right key, and
/// whether the link is wanted, the realm decides.
package struct OpenedLink: Equatable, Sendable {
  package var realm: String
  /// Ed25519, 32 bytes.
  package var key: [UInt8]
  /// The other process's start, as its hello has it.
  package var start: UInt64
  /// Whether this side dialled.
  package var isDialled: Bool
  /// The address of the other end, for people.
  package var address: String
  /// By how much the other clock is ahead of ours.
  package var clockAhead: Milliseconds
  package init(
    realm: String, key: [UInt8], start: UInt64, isDialled: Bool, address: String, clockAhead: Milliseconds
  ) {
    self.realm = realm
    self.key = key
    self.start = start
    self.isDialled = isDialled
    self.address = address
    self.clockAhead = clockAhead
  }
}

/// What an edge tells the realm of its links.
package enum LinkEvent: Equatable, Sendable {
  case up(LinkID, OpenedLink)
  /// Frames other than those of the link itself (hello, ping, pong, goodbye).
  case frames(LinkID, [Frame])
  /// So many of the bytes handed over were sent; the round trip as last measured, -1 before that.
  case sent(LinkID, bytes: Int, roundTrip: Milliseconds)
  case down(LinkID, reason: String)
  /// A dial came to nothing; the next is due at that time.
  case failed(realm: String, reason: String, next: Milliseconds)
  /// After a link has ended: the next dial is due at that time.
  case planned(realm: String, next: Milliseconds)
}

/// What the realm wants done with links, after its turn is committed.
package enum LinkOrder: Equatable, Sendable {
  case send(LinkID, Frame)
  /// Says goodbye with this reason, then closes.
  case close(LinkID, reason: String)
  /// A neighbour was heard of: the next dial need not wait.
  case dialNow(realm: String)
}
