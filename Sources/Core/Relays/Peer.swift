/// Another realm as this one knows it: its key, the way to it, the circuit, the outbox. There is one for each realm of
/// the directory, and for each that something is kept of.
final class Peer {
  let name: String
  var record: RealmRecord
  /// Whether a circuit is open: items can be told, and what is posted leaves with the turn.
  var isOpen = false
  /// Whether there is a way to it.
  var isReachable = false
  /// Whether a circuit is wanted for as long as there is a way, though nothing waits: groups are followed, people are
  /// watched. Set by their rules.
  var needsCircuit = false

  init(_ record: RealmRecord) {
    name = record.name
    self.record = record
  }
}

/// What became of an envelope that was posted.
enum Posting: Equatable {
  /// It leaves with this turn.
  case sent
  /// It is kept until the realm can be reached, or has caught up.
  case waits
  /// There is no room for it, in words for its sender.
  case refused(String)
}
