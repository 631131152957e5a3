/// How far a commit goes before it counts.
package enum Durability: Sendable {
  /// On disk: what is committed survives a loss of power.
  case full
  /// Handed to the system: what is committed survives the end of the process. For the simulator, which ends nothing
  /// else.
  case simulation

  /// SQLite's name for it, for the database of the realm.
  var pragma: String {
    switch self {
    case .full: "FULL"
    case .simulation: "OFF"
    }
  }
}

/// A point at which the simulator may crash the store.
package enum Step: Sendable {
  /// Before a transaction begins.
  case begin
  /// Before each statement of a transaction.
  case statement
  /// Before it is committed.
  case commit
  /// After it was committed, before anyone knows.
  case committed
}

/// What can be chosen about a store.
package struct StoreOptions {
  package var durability = Durability.full
  /// Bytes of the write-ahead log past which the writer itself carries it over into the file and begins it anew. Upkeep
  /// carries over what it can every second, but while turns follow each other it never reaches the end. Until a log
  /// begins anew every commit makes the file longer, which costs half as much again as writing over what is there.
  package var walLimit: Int64 = 12 << 20
  /// Pages of the file that lie free, past which, where they are more than half of it, the next start makes it smaller:
  /// 64 MiB. What is freed is used again anyway.
  package var freePages: Int64 = 16_384
  /// Asked at every step of a transaction; `true` crashes the store there: the call throws `StoreError.crashed` and
  /// the files are left as a killed process leaves them.
  package var fault: ((Step) -> Bool)?

  /// Options as a server needs them, unless said otherwise.
  package init(durability: Durability = .full, fault: ((Step) -> Bool)? = nil) {
    self.durability = durability
    self.fault = fault
  }

  /// For the simulator.
  package static var simulation: StoreOptions { StoreOptions(durability: .simulation) }
}
