/// What people of this realm have said in groups of other realms since it started, and has not come back: the newest.
struct SpokenElsewhere {
  private var homes: [UInt64: GroupHome] = [:]
  private var inOrder = Queue<UInt64>()
  /// The newest that is not known any more.
  private var forgotten: UInt64 = 0

  mutating func add(_ id: MessageID, to home: GroupHome) {
    if inOrder.count >= Limits.spokenElsewhere, let oldest = inOrder.popFirst() {
      homes[oldest] = nil
      forgotten = oldest
    }
    homes[id.counter] = home
    inOrder.append(id.counter)
  }

  /// One of them comes back: whether it may be that, of this start of the realm. It comes once.
  mutating func take(_ id: MessageID, from home: GroupHome) -> Bool {
    guard id.counter > forgotten else { return true }
    guard homes[id.counter] == home else { return false }
    homes[id.counter] = nil
    return true
  }
}
