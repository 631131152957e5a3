import Core

/// One stream of one conversation, indexed part and tail, without what is set apart: positions in order, along which
/// times and numbers never fall.
struct Timeline {
  let view: LogView
  let key: ConversationKey
  let stream: Stream
  /// What is set apart, in order.
  private let apart: [ClosedRange<Position>]
  /// Where the index may name what is gone: up to here.
  private let gone: Position
  /// The items beyond the index.
  private let tail: [LogView.Item]

  init(
    _ key: ConversationKey, _ stream: Stream, in view: LogView, apart: [ClosedRange<Position>], tail: [LogView.Item]
  ) {
    self.view = view
    self.key = key
    self.stream = stream
    self.apart = apart
    gone = key.isGroup ? 0 : view.privatesSwept
    self.tail = apart.isEmpty ? tail : tail.filter { item in !apart.contains { $0.contains(item.position) } }
  }

  private func firstIndexed(from start: Position) throws(StoreError) -> LogView.Item? {
    var start = max(start, gone + 1)
    while let item = try view.firstIndexed(key, stream, from: start) {
      guard let range = apart.first(where: { $0.contains(item.position) }) else { return item }
      start = range.upperBound + 1
    }
    return nil
  }

  /// The position of the first item from `start` on for which `holds` is true, which must then be true for all later
  /// ones; past the log's end if there is none.
  func first(from start: Position, where holds: (LogView.Item) -> Bool) throws(StoreError) -> Position {
    if let first = try firstIndexed(from: start) {
      if holds(first) { return first.position }
      var low = first.position + 1
      var high = max(low, view.watermark + 1)
      while low < high {
        let middle = low + (high - low) / 2
        if let item = try firstIndexed(from: middle), !holds(item) {
          low = item.position + 1
        } else {
          high = middle
        }
      }
      if let item = try firstIndexed(from: low) { return item.position }
    }
    return tail.first { $0.position >= start && holds($0) }?.position ?? view.end + 1
  }

  /// The oldest or newest positions in a range, in ascending order.
  func positions(in range: Range<Position>, newest: Bool, limit: Int) throws(StoreError) -> [Position] {
    guard limit > 0, !range.isEmpty else { return [] }
    let later = tail.lazy.map(\.position).filter { range.contains($0) }
    if newest {
      let later = Array(later.suffix(limit))
      let earlier = try indexed(in: range, newest: true, limit: limit - later.count)
      return earlier.reversed().map(\.position) + later
    }
    let earlier = try indexed(in: range, newest: false, limit: limit).map(\.position)
    return earlier + later.prefix(limit - earlier.count)
  }

  /// The oldest or the newest indexed items in a range, beginning with the oldest or the newest.
  func indexed(in range: Range<Position>, newest: Bool, limit: Int) throws(StoreError) -> [LogView.Item] {
    var found: [LogView.Item] = []
    for part in newest ? parts(of: range).reversed() : parts(of: range) where found.count < limit {
      let closed = part.lowerBound...(part.upperBound - 1)
      found += try view.indexed(key, stream, in: closed, newest: newest, limit: limit - found.count)
    }
    return found
  }

  /// A range without what is set apart.
  private func parts(of range: Range<Position>) -> [Range<Position>] {
    var parts: [Range<Position>] = []
    var start = max(range.lowerBound, gone + 1)
    for apart in apart where apart.upperBound >= start && apart.lowerBound < range.upperBound {
      if apart.lowerBound > start { parts.append(start..<apart.lowerBound) }
      start = apart.upperBound + 1
    }
    if start < range.upperBound { parts.append(start..<range.upperBound) }
    return parts
  }
}
