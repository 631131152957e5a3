/// What is to happen when: a heap ordered by time, and within a time by the order in which it was put down.
struct Timetable<Happening> {
  private struct Item {
    var time: Int64
    var order: UInt64
    var happening: Happening

    static func < (a: Item, b: Item) -> Bool { (a.time, a.order) < (b.time, b.order) }
  }

  private var heap: [Item] = []
  private var lastOrder: UInt64 = 0

  mutating func add(_ happening: Happening, at time: Int64) {
    lastOrder += 1
    heap.append(Item(time: time, order: lastOrder, happening: happening))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// When the next thing is due; nil where there is nothing.
  var nextTime: Int64? { heap.first?.time }

  mutating func next() -> (time: Int64, happening: Happening)? {
    guard let last = heap.popLast() else { return nil }
    guard let first = heap.first else { return (last.time, last.happening) }
    heap[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[smallest] {
        smallest = child
      }
      if smallest == parent { break }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
    return (first.time, first.happening)
  }
}

typealias Agenda = Timetable<Happening>

/// One thing that happens in the world.
enum Happening {
  /// A client does the next thing it feels like.
  case act(SimClient)
  case guest(SimGuest)
  /// A client answers a PING of the server, late.
  case pong(SimClient, SimConnection, token: String)
  /// What a client sent reaches the server.
  case arrival(SimConnection)
  /// A client reads from its connection.
  case read(SimConnection)
  /// A client notices that its connection is gone.
  case ended(SimConnection)
  case turn(SimRealm, life: Int)
  case work(SimRealm, Worker, life: Int)
  case answer(SimRealm, Worker, life: Int)
  case tick(SimRealm, life: Int)
  case upkeep(SimRealm, life: Int)
  case start(SimRealm)
  case fault(SimRealm)
  case administer(SimRealm)
  /// A neighbour is dialled.
  case dial(SimRealm, to: String, attempt: Int, life: Int)
  case dialFailed(SimRealm, to: String, attempt: Int, life: Int)
  /// What one end of a link sent reaches the other.
  case linkArrival(SimLink)
  case linkTick(SimLink)
  case relayFault
  /// The directory of a realm has a neighbour again.
  case relinked(SimRealm, to: SimRealm)
}
