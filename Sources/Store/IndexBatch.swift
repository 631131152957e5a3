import Core

/// What the index keeps of an entry.
struct IndexItem {
  var position: Position
  var key: ConversationKey
  var stream: Stream
  var number: Int64
  var time: Milliseconds
  var epoch: Int64
  var counter: Int64
}

extension IndexItem {
  init(_ entry: Entry) {
    let target = entry.target.stored
    let sender = entry.sender.rawValue
    position = entry.position
    key = ConversationKey(target: target, sender: sender)
    stream = Stream(
      kind: Int64(entry.kind.rawValue), hidden: Int64(entry.hiddenFrom.rawValue), target: target, sender: sender)
    number = entry.number
    time = entry.time
    epoch = Int64(bitPattern: entry.id.epoch)
    counter = Int64(bitPattern: entry.id.counter)
  }
}

/// Entries that were just committed, as the index keeps them: the indexer need not read them back. A stretch of the log
/// without gaps.
package struct IndexBatch: Sendable {
  /// The end of the log before them.
  private(set) var after: Position = 0
  private(set) var items: [IndexItem] = []

  /// 2 MiB: what an indexer does not take in time it reads from the log.
  static let limit = 32_768

  package init() {}

  /// - Parameter end: that of the log before it.
  mutating func append(_ entry: Entry, after end: Position) {
    if items.count == Self.limit { removeAll() }
    if items.isEmpty { after = end }
    items.append(IndexItem(entry))
  }

  /// Takes in what was committed later.
  package mutating func add(_ later: IndexBatch) {
    guard !later.items.isEmpty else { return }
    let end = items.last?.position ?? after
    if items.isEmpty || later.after != end || items.count + later.items.count > Self.limit {
      self = later
    } else {
      items += later.items
    }
  }

  /// Takes out the first of those after a position; nil if they do not follow on it.
  mutating func take(_ count: Int, after position: Position) -> [IndexItem]? {
    guard after <= position, let last = items.last, last.position > position else { return nil }
    let rest = items.drop { $0.position <= position }
    let taken = Array(rest.prefix(count))
    items = Array(rest.dropFirst(count))
    after = taken.last?.position ?? after
    return taken
  }

  /// Drops what was committed after a position, which is the end of the log again.
  mutating func removeAll(after position: Position) {
    while let last = items.last, last.position > position { items.removeLast() }
  }

  /// Drops all; the next to be appended begins it anew.
  package mutating func removeAll() { items.removeAll(keepingCapacity: true) }
}
