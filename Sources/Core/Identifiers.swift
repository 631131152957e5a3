/// A point in time: milliseconds since 1970, UTC. The core gets it with each turn and never asks a clock.
package typealias Milliseconds = Int64

/// The place of an entry in this realm's log: the order in which entries were stored here. Starts at 1.
package typealias Position = Int64

/// A person known to this realm, in the store and in memory. Starts at 1; 0 stands for nobody (a guest, the realm).
package struct PersonID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: Int64
  package init(rawValue: Int64) { self.rawValue = rawValue }
  /// Stands where an entry has no account behind it: a guest's message, an act of the realm itself.
  package static let nobody = PersonID(rawValue: 0)
  package static func < (a: PersonID, b: PersonID) -> Bool { a.rawValue < b.rawValue }
}

/// A group, for as long as it exists; it survives renaming. Starts at 1.
package struct GroupID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: Int64
  package init(rawValue: Int64) { self.rawValue = rawValue }
  package static func < (a: GroupID, b: GroupID) -> Bool { a.rawValue < b.rawValue }
}

/// What an account logs in from: replay positions belong to devices. Starts at 1.
package struct DeviceID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: Int64
  package init(rawValue: Int64) { self.rawValue = rawValue }
  package static func < (a: DeviceID, b: DeviceID) -> Bool { a.rawValue < b.rawValue }
}

/// One connected client: which client thread holds it, which slot there, and how often that slot was used before.
package struct Connection: Hashable, Sendable {
  package var thread: UInt8
  package var slot: UInt32
  package var generation: UInt32
  package init(thread: UInt8, slot: UInt32, generation: UInt32) {
    self.thread = thread
    self.slot = slot
    self.generation = generation
  }
}
