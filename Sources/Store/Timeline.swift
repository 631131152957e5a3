import Core

/// One stream of one conversation, indexed part and tail: positions in order, along which times and numbers never fall.
struct Timeline {
  let view: LogView
  let key: ConversationKey
  let stream: Stream
  /// The items beyond the index.
  let tail: [LogView.Item]

  /// The position of the first item from `start` on for which `holds` is true, which must then be true for all later
  /// ones; past the log's end if there is none.
  func first(from start: Position, where holds: (LogView.Item) -> Bool) throws(StoreError) -> Position {
    if let first = try view.firstIndexed(key, stream, from: start) {
      if holds(first) { return first.position }
      var low = first.position + 1
      var high = max(low, view.watermark + 1)
      while low < high {
        let middle = low + (high - low) / 2
        if let item = try view.firstIndexed(key, stream, from: middle), !holds(item) {
          low = item.position + 1
        } else {
          high = middle
        }
      }
      if let item = try view.firstIndexed(key, stream, from: low) { return item.position }
    }
    return tail.first { $0.position >= start && holds($0) }?.position ?? view.end + 1
  }

  /// The oldest or newest positions in a range, in ascending order.
  func positions(in range: Range<Position>, newest: Bool, limit: Int) throws(StoreError) -> [Position] {
    guard limit > 0, !range.isEmpty else { return [] }
    let later = tail.lazy.map(\.position).filter { range.contains($0) }
    let closed = range.lowerBound...(range.upperBound - 1)
    if newest {
      let later = Array(later.suffix(limit))
      let earlier = try view.indexed(key, stream, in: closed, newest: true, limit: limit - later.count)
      return earlier.reversed().map(\.position) + later
    }
    let earlier = try view.indexed(key, stream, in: closed, newest: false, limit: limit).map(\.position)
    return earlier + later.prefix(limit - earlier.count)
  }
}
