/// What people of this realm have said in groups of other realms since it started: the newest.
struct SpokenElsewhere {
  private var counters: Set<UInt64> = []
  private var inOrder = Queue<UInt64>()

  mutating func add(_ id: MessageID) {
    if inOrder.count >= Limits.spokenElsewhere, let oldest = inOrder.popFirst() { counters.remove(oldest) }
    counters.insert(id.counter)
    inOrder.append(id.counter)
  }

  /// Whether one of them may have the id, of this start of the realm.
  func mayHave(_ id: MessageID) -> Bool {
    let isForgotten = inOrder.count >= Limits.spokenElsewhere && id.counter < inOrder.first ?? 0
    return isForgotten || counters.contains(id.counter)
  }
}
