/// What is looked for that is too old to be kept.
package struct AgedQuery: Equatable, Sendable {
  package var now: Milliseconds
  /// For how many days this realm keeps what is said; 0 for ever.
  package var keepDays: Int
  /// The same of the realms whose groups have replicas here, where those have said so.
  package var homes: [String: Int]
  /// Where to go on; nil: from the beginning.
  package var after: Aged.Place?
  package init(now: Milliseconds, keepDays: Int, homes: [String: Int], after: Aged.Place?) {
    self.now = now
    self.keepDays = keepDays
    self.homes = homes
    self.after = after
  }

  /// The time from which on is kept what is kept for so many days at home, and for so many here; 0 for all.
  package func begin(of days: Int, _ home: String?) -> Milliseconds {
    let days = [days, keepDays, home.flatMap { homes[$0] } ?? 0].filter { $0 > 0 }.min() ?? 0
    return days == 0 ? 0 : max(0, now - Int64(days) * 86_400_000)
  }
}

/// What is too old to be kept, a part of it.
///
/// Of a group, the places in its log stay: numbers have no gaps, and those who follow it can go on wherever they are.
/// What was said there is erased, and by whom. Private messages are deleted.
package struct Aged: Equatable, Sendable {
  /// How far the looking over has come: groups in the order of their ids, then the private conversations.
  package enum Place: Equatable, Sendable {
    case group(GroupID)
    case privates
  }

  /// Places of groups' logs.
  package var erased: [Position] = []
  /// Up to where each group's log has been looked over for good.
  package var groups: [GroupSwept] = []
  /// Private messages.
  package var deleted: [Position] = []
  /// Up to where the private messages have been looked over for good; nil: as far as before.
  package var privatesUpTo: Position?
  /// Where to go on; nil: everything was looked over.
  package var next: Place?
  package init() {}

  /// Whether there is anything to note.
  package var isEmpty: Bool { groups.isEmpty && privatesUpTo == nil }
}

/// Up to which position a group's log was looked over for what is too old.
package struct GroupSwept: Equatable, Sendable {
  package var group: GroupID
  package var upTo: Position
  package init(group: GroupID, upTo: Position) {
    self.group = group
    self.upTo = upTo
  }
}
