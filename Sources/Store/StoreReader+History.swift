import Core

/// A point of a query, found.
private enum Place {
  case entry(Position, Milliseconds)
  case time(Milliseconds)

  var time: Milliseconds {
    switch self {
    case .entry(_, let time), .time(let time): time
    }
  }

  /// Whether this place lies before another one. An entry and a time that are equal enclose nothing either way.
  func isBefore(_ other: Place) -> Bool {
    if case .entry(let position, _) = self, case .entry(let otherPosition, _) = other {
      return position < otherPosition
    }
    return time < other.time
  }
}

/// One end of a part of a conversation: the first item at the place or, with `past`, the first one after it.
private struct Edge {
  var place: Place
  var past: Bool

  static func at(_ place: Place) -> Edge { Edge(place: place, past: false) }
  static func past(_ place: Place) -> Edge { Edge(place: place, past: true) }
}

/// A part of a conversation to be read: from `from` up to, but not including, `to`.
private struct Part {
  var from: Edge?
  var to: Edge?
  /// Whether to begin with the newest where there are more than `limit`.
  var newest: Bool
  var limit: Int
}

extension StoreReader {
  /// IRCv3 draft/chathistory: LATEST, BEFORE, AFTER, AROUND, BETWEEN. What is read is bounded by the limit, not by what
  /// lies between the entries wanted.
  func history(_ query: HistoryQuery) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      guard let parts = try parts(of: query, in: view) else { return .unknownMessage }
      let key = ConversationKey(query.conversation)
      let tail = try view.tail(of: key)
      let apart = try view.apart(key)
      let shared: [Stream] = query.acts ? [.acts] : query.events ? Stream.shared : [.messages]
      let reader = query.conversation.reader
      let streams = shared + shared.compactMap { stream in reader.flatMap { stream.only(of: $0, in: key) } }
      let timelines = streams.map { stream in
        Timeline(key, stream, in: view, apart: apart, tail: tail.filter { $0.stream == stream }.map(\.item))
      }
      var entries: [Entry] = []
      for part in parts {
        entries += try self.entries(of: part, query, timelines, bytes: query.bytes / parts.count, view)
      }
      return .history(entries)
    }
  }

  /// The entries of a part in order: as many as are wanted and weigh no more than that, but one in any case. Those that
  /// were taken back do not count: a client takes an answer that is short for the end.
  private func entries(
    of part: Part, _ query: HistoryQuery, _ timelines: [Timeline], bytes: Int, _ view: LogView
  ) throws(StoreError) -> [Entry] {
    var wider = part
    while true {
      var positions: [Position] = []
      for timeline in timelines { positions += try timeline.positions(of: wider, query) }
      positions.sort(by: part.newest ? { $0 > $1 } : { $0 < $1 })
      var found: [Entry] = []
      var weight = 0
      for position in positions.prefix(wider.limit) where found.count < part.limit && weight <= bytes {
        let entry = try view.entries(at: [position])[0]
        guard entry.kind != .removed else { continue }
        weight += entry.weight
        if weight <= bytes || found.isEmpty { found.append(entry) }
      }
      let isShort = found.count < part.limit && weight <= bytes && positions.count >= wider.limit
      guard isShort, wider.limit > 0, wider.limit < Limits.entriesLookedAt else {
        return part.newest ? found.reversed() : found
      }
      wider.limit *= 4
    }
  }

  /// What to read for a query; nil if it names an entry that is not in the conversation.
  private func parts(of query: HistoryQuery, in view: LogView) throws(StoreError) -> [Part]? {
    let limit = max(0, query.limit)
    switch query.span {
    case .latest(nil):
      return [Part(newest: true, limit: limit)]
    case .latest(let point?):
      guard let place = try place(of: point, query, view) else { return nil }
      return [Part(from: .past(place), newest: true, limit: limit)]
    case .before(let point):
      guard let place = try place(of: point, query, view) else { return nil }
      return [Part(to: .at(place), newest: true, limit: limit)]
    case .after(let point):
      guard let place = try place(of: point, query, view) else { return nil }
      return [Part(from: .past(place), newest: false, limit: limit)]
    case .around(let point):
      guard let place = try place(of: point, query, view) else { return nil }
      return [
        Part(to: .at(place), newest: true, limit: limit / 2),
        Part(from: .at(place), newest: false, limit: limit - limit / 2),
      ]
    case .between(let first, let second):
      guard let first = try place(of: first, query, view), let second = try place(of: second, query, view) else {
        return nil
      }
      if first.isBefore(second) {
        return [Part(from: .past(first), to: .at(second), newest: false, limit: limit)]
      }
      return [Part(from: .past(second), to: .at(first), newest: true, limit: limit)]
    }
  }

  private func place(
    of point: HistoryPoint, _ query: HistoryQuery, _ view: LogView
  ) throws(StoreError) -> Place? {
    switch point {
    case .time(let time): return .time(time)
    case .id(let id):
      let key = ConversationKey(query.conversation)
      guard let entry = try view.entry(id: id, in: key, for: query.conversation.reader), entry.number >= query.since
      else { return nil }
      return .entry(entry.position, entry.time)
    }
  }
}

extension Timeline {
  fileprivate func positions(of part: Part, _ query: HistoryQuery) throws(StoreError) -> [Position] {
    var start: Position = 1
    if query.since > 1 { start = try first(from: start) { $0.number >= query.since } }
    if query.notBefore > 0 { start = try first(from: start) { $0.time >= query.notBefore } }
    if let from = part.from { start = max(start, try boundary(from)) }
    var end = view.end + 1
    if let to = part.to { end = try boundary(to) }
    return try positions(in: min(start, end)..<end, newest: part.newest, limit: part.limit)
  }

  /// The position that divides what lies before an edge from what lies after it.
  private func boundary(_ edge: Edge) throws(StoreError) -> Position {
    switch edge.place {
    case .entry(let position, _): edge.past ? position + 1 : position
    case .time(let time): try first(from: 1) { edge.past ? $0.time > time : $0.time >= time }
    }
  }
}

extension LogView {
  /// What the conversation has beyond the index.
  func tail(of key: ConversationKey) throws(StoreError) -> [(item: Item, stream: Stream)] {
    let columns = "position, time, number, kind, hidden, target, sender"
    func read(_ row: Statement) -> (item: Item, stream: Stream) {
      (
        Item(position: row.int(0), time: row.int(1), number: row.int(2)),
        Stream(kind: row.int(3), hidden: row.int(4), target: row.int(5), sender: row.int(6))
      )
    }
    if key.isGroup {
      return try log.rows(
        "SELECT \(columns) FROM entry WHERE position > ? AND target = ? ORDER BY position", .int(watermark),
        .int(key.low), read: read)
    }
    return try log.rows(
      """
      SELECT \(columns) FROM entry
      WHERE position > ?1 AND (target = ?2 AND ifnull(sender, 0) = ?3 OR target = ?3 AND ifnull(sender, 0) = ?2)
      ORDER BY position
      """, .int(watermark), .int(key.low), .int(key.high), read: read)
  }
}

extension Answer {
  /// The index lies too far behind: it is being made anew.
  static var indexing: Answer { .failed("The history is being prepared; try again in a minute") }
}
