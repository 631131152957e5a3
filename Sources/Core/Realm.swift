import Wire

/// One realm: its accounts, groups and sessions, and the rules by which they change. It is deterministic: no clock, no
/// chance, no files, no sockets. Events go in, a `Turn` full of effects comes out.
package final class Realm {
  package private(set) var settings: Settings

  /// - Parameters:
  ///   - epoch: drawn at random at every start of the process; message ids are made of it.
  ///   - threads: how many client threads there are.
  package init(settings: Settings, snapshot: Snapshot, epoch: UInt64, threads: Int, now: Milliseconds) {
    self.settings = settings
  }

  /// Applies the rules to one event; what follows from it is added to the turn.
  package func handle(_ event: Event, _ turn: inout Turn) {}

  /// Ends a turn: what is gathered once per turn is added now. The turn is complete after this.
  package func finish(_ turn: inout Turn) {}

  /// Counters and gauges for `/metrics` and `moot status`: names in Prometheus style without the `moot_` prefix.
  package var status: [StatusLine] { [] }
}
