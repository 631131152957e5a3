/// What is remembered of another realm.
package struct RealmRecord: Equatable, Sendable {
  package var name: String
  /// Ed25519, 32 bytes; empty before one is known.
  package var key: [UInt8]
  /// Whether the realm itself has shown the key on a link, or the directory names it; not by hearsay.
  package var isVerified: Bool
  /// For how many days it keeps what is said in its groups; 0 for ever.
  package var keepDays: Int
  package init(name: String, key: [UInt8], isVerified: Bool, keepDays: Int = 0) {
    self.name = name
    self.key = key
    self.isVerified = isVerified
    self.keepDays = keepDays
  }
}

/// Envelopes that one turn has posted to one realm.
package struct OutboxRow: Equatable, Sendable {
  package var realm: String
  package var epoch: UInt64
  /// The numbers of its first and last envelope.
  package var first: UInt64
  package var last: UInt64
  /// When they were posted.
  package var time: Milliseconds
  /// Whether some of their senders were told that they wait.
  package var waited: Bool
  /// The envelopes, one after the other, as `ItemCoder` writes them.
  package var bytes: [UInt8]
  package init(
    realm: String, epoch: UInt64, first: UInt64, last: UInt64, time: Milliseconds, waited: Bool, bytes: [UInt8]
  ) {
    self.realm = realm
    self.epoch = epoch
    self.first = first
    self.last = last
    self.time = time
    self.waited = waited
    self.bytes = bytes
  }
}

/// What start-up reads of an outbox: one for each epoch of which rows are kept, in the order in which they began.
package struct OutboxState: Equatable, Sendable {
  package var realm: String
  package var epoch: UInt64
  /// The numbers that are not acknowledged: first and last. Where all are, the first is one above the last: that the
  /// epoch is known tells when a destination has forgotten what it took of it.
  package var first: UInt64
  package var last: UInt64
  /// Of the rows that are not acknowledged, and when the oldest of them was posted; 0 where there are none.
  package var bytes: Int
  package var oldest: Milliseconds
  package init(realm: String, epoch: UInt64, first: UInt64, last: UInt64, bytes: Int, oldest: Milliseconds) {
    self.realm = realm
    self.epoch = epoch
    self.first = first
    self.last = last
    self.bytes = bytes
    self.oldest = oldest
  }
}

/// A message of ours that a realm has refused: it counts as taken there, and must not be called delivered.
package struct RefusedMessage: Equatable, Sendable {
  package var realm: String
  package var id: MessageID
  package init(realm: String, id: MessageID) {
    self.realm = realm
    self.id = id
  }
}

/// How much of one epoch's envelopes of a realm was applied here.
package struct AppliedPosition: Equatable, Sendable {
  package var realm: String
  package var name: EnvelopeName
  package init(realm: String, name: EnvelopeName) {
    self.realm = realm
    self.name = name
  }
}
