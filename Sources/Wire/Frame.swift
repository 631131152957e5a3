/// What neighbouring realms say to each other over a link (docs/link-protocol.md, "Frames").
package enum Frame: Equatable, Sendable {
  /// The first frame in both directions.
  case hello(Hello)
  /// A sign of life, answered by a `pong` with the same number.
  case ping(UInt64)
  case pong(UInt64)
  case announcement(Announcement)
  /// A part of the exchange of two realms, which need not be those at the ends of this link.
  case circuit(CircuitFrame)
  /// A realm on the way could not pass a frame of a circuit on.
  case dropped(Dropped)
  /// The last frame: why the link is closed, in words for the operators of both realms.
  case goodbye(String)
}

/// Who opens a link.
package struct Hello: Equatable, Sendable {
  /// Of the link protocol.
  package var version: UInt16
  package var from: String
  package var to: String
  /// Drawn at random at every start of the realm's process.
  package var start: UInt64
  /// Milliseconds of the wall clock since 1970, UTC.
  package var clock: Int64
  package init(version: UInt16, from: String, to: String, start: UInt64, clock: Int64) {
    self.version = version
    self.from = from
    self.to = to
    self.start = start
    self.clock = clock
  }
}

/// The live links of a realm, as it says itself.
package struct Announcement: Equatable, Sendable {
  package var realm: String
  /// Of two announcements of a realm the one with the higher number holds.
  package var number: UInt64
  /// Whether the realm passes on what is for others.
  package var transit: Bool
  /// The realm's identity, an Ed25519 public key of 32 bytes.
  package var key: [UInt8]
  /// Its neighbours, in alphabetical order.
  package var links: [String]
  /// Of all the rest, by that key: 64 bytes (RFC 8032).
  package var signature: [UInt8]
  package init(
    realm: String, number: UInt64, transit: Bool, key: [UInt8], links: [String], signature: [UInt8] = []
  ) {
    self.realm = realm
    self.number = number
    self.transit = transit
    self.key = key
    self.links = links
    self.signature = signature
  }
}

/// A frame between the two ends of a circuit: what is needed to carry it is clear, the payload is sealed.
package struct CircuitFrame: Equatable, Sendable {
  /// What a frame of a circuit is for.
  package enum Kind: UInt8, Sendable {
    /// Asks for a circuit; the payload is the opener's key of the day, signed.
    case open = 1
    /// Accepts it; the payload is the other key, signed.
    case accept = 2
    /// Sealed items, counted from 1 in each direction.
    case sealed = 3
    /// The sender of this knows no such circuit (any more): it has to be opened anew.
    case unknown = 4
    /// Reserved for the content of files.
    case bulk = 5
  }
  package var kind: Kind
  package var from: String
  package var to: String
  /// Realms that may still pass it on.
  package var hops: UInt8
  package var circuit: UInt64
  package var count: UInt64
  package var payload: [UInt8]
  package init(
    kind: Kind, from: String, to: String, hops: UInt8, circuit: UInt64, count: UInt64, payload: [UInt8]
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.hops = hops
    self.circuit = circuit
    self.count = count
    self.payload = payload
  }
}

/// Tells the origin of a frame that it got no further.
package struct Dropped: Equatable, Sendable {
  /// Why it got no further.
  package enum Reason: UInt8, Sendable {
    /// The next link has more to carry than it can.
    case congested = 1
    /// No way to the destination is known.
    case noRoute = 2
    /// It has been passed on too often.
    case hops = 3
    /// The realm passes nothing on.
    case noTransit = 4
  }
  /// The realm that dropped it.
  package var by: String
  /// The origin of the frame, to which this goes.
  package var to: String
  package var destination: String
  package var circuit: UInt64
  package var hops: UInt8
  package var reason: Reason
  package init(by: String, to: String, destination: String, circuit: UInt64, hops: UInt8, reason: Reason) {
    self.by = by
    self.to = to
    self.destination = destination
    self.circuit = circuit
    self.hops = hops
    self.reason = reason
  }
}
