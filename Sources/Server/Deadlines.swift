/// Connections that something happens to at a certain time, the earliest first. An entry is not taken out when it is
/// no longer wanted: whoever gets it looks at the connection's own deadline.
struct Deadlines {
  struct Entry {
    var time: Int64
    var slot: UInt32
    var generation: UInt32
  }

  private var heap: [Entry] = []

  /// When the next is due; nil: there is none.
  var next: Int64? { heap.first?.time }

  /// Adds a connection that is due at a time.
  mutating func add(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child].time < heap[(child - 1) / 2].time {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes out one that is due; nil: none is.
  mutating func take(now: Int64) -> Entry? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].time < heap[least].time {
        least = child
      }
      if least == parent { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
