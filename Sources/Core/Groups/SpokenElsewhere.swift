/// What people of this realm have said in groups of other realms since it started: the newest.
struct SpokenElsewhere {
  private var counters: Set<UInt64> = []
  private var inOrder = Queue<UInt64>()
  /// The newest that is not known any more.
  private var forgotten: UInt64 = 0

  mutating func add(_ id: MessageID) {
    if inOrder.count >= Limits.spokenElsewhere, let oldest = inOrder.popFirst() {
      counters.remove(oldest)
      forgotten = oldest
    }
    counters.insert(id.counter)
    inOrder.append(id.counter)
  }

  /// Whether one of them may have the id, of this start of the realm.
  func mayHave(_ id: MessageID) -> Bool { id.counter <= forgotten || counters.contains(id.counter) }
}
