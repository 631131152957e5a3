import Core

extension StoreReader {
  /// Messages by their words. The search index tells where to look; what is found is what the log says now, so that
  /// nothing that was erased or edited since is found by what it said.
  func search(_ query: SearchQuery) throws(StoreError) -> Answer {
    do throws(StoreError) {
      return try found(by: query)
    } catch {
      guard error.isDamage(of: Folder.search(folder)) else { throw error }
    }
    // It may be made anew already, in a file that looks like the one before.
    closeSearchIndex()
    do throws(StoreError) {
      return try found(by: query)
    } catch {
      guard error.isDamage(of: Folder.search(folder)) else { throw error }
      return Search.notReady
    }
  }

  private func found(by query: SearchQuery) throws(StoreError) -> Answer {
    let tail = tailLimit / 5  // looking at words takes longer than looking at numbers
    guard let index = try currentSearchIndex() else {
      // From now on it is written; until it is, the log itself will do, where that is short.
      try Folder.makeFile(Folder.search(folder))
      return try log.reading { () throws(StoreError) -> Answer in
        var search = try Search(query, in: LogView(log: log, index: nil), index: nil)
        return try search.run(tailLimit: tail)
      }
    }
    return try index.reading { () throws(StoreError) -> Answer in
      let watermark = try index.number("SELECT position FROM watermark")
      let change = try index.number("SELECT change FROM watermark")
      return try log.reading { () throws(StoreError) -> Answer in
        let view = try LogView(log: log, index: nil)
        var search = try Search(query, in: view, index: (index, min(watermark, view.end), change))
        return try search.run(tailLimit: tail)
      }
    }
  }
}

/// One search under way: the newest entries first, or the oldest, until there are enough.
private struct Search {
  private let query: SearchQuery
  private let view: LogView
  private let index: Database?
  /// Entries up to here are in the index, those of changes up to that one as they are.
  private let watermark: Position
  private let change: Int64
  private let groups: [Int64: GroupSince]

  /// What is set apart of groups, as far as it was asked for.
  private var apart: [Int64: [ClosedRange<Position>]] = [:]
  private var found: [Entry] = []
  private var weight = 0
  private var looks = 0
  private var lookedUpTo: Milliseconds?
  private var isFull = false

  private var isForward: Bool { query.after != nil }

  init(
    _ query: SearchQuery, in view: LogView, index: (database: Database, watermark: Position, change: Int64)?
  ) throws(StoreError) {
    self.query = query
    self.view = view
    self.index = index?.database
    watermark = index?.watermark ?? 0
    change = index?.change ?? 0
    groups = Dictionary(query.groups.map { (-$0.group.rawValue, $0) }) { first, _ in first }
  }

  static let notReady = Answer.failed("What was said is being made ready for searching; try again in a minute")

  /// - Parameter tailLimit: entries beyond the index that may be looked at.
  mutating func run(tailLimit: Int64) throws(StoreError) -> Answer {
    guard view.end - watermark <= tailLimit else {
      return Self.notReady
    }
    guard query.limit > 0 else { return .found([], lookedUpTo: nil) }
    if isForward {
      try lookAtIndexed()
      try lookAtTail()
    } else {
      try lookAtTail()
      try lookAtIndexed()
    }
    return .found(found.sorted { ($0.time, $0.position) < ($1.time, $1.position) }, lookedUpTo: lookedUpTo)
  }

  // MARK: where to look

  private var order: String { isForward ? "ASC" : "DESC" }

  /// What lies beyond the index: only whom it is addressed to is looked at first.
  private mutating func lookAtTail() throws(StoreError) {
    guard !isFull else { return }
    let rows = try view.log.statement(
      """
      SELECT position, target FROM entry
      WHERE position > ?1 AND kind IN \(EntryKind.searchedSQL) AND (target < 0 OR target = ?2 OR sender = ?2)
      ORDER BY position \(order)
      """)
    defer { rows.reset() }
    rows.bind([.int(watermark), .int(query.person.rawValue)])
    while !isFull, try rows.next() {
      let target = rows.int(1)
      if target < 0 ? groups[target] != nil : query.privates != .none { try look(at: rows.int(0)) }
    }
  }

  private mutating func lookAtIndexed() throws(StoreError) {
    guard let index, watermark > 0 else { return }
    guard let range = try range(index), let wanted else { return }
    let changed = try view.log.rows(
      "SELECT DISTINCT position FROM changed WHERE id > ? AND position BETWEEN ? AND ? ORDER BY position",
      .int(change), .int(range.lowerBound), .int(range.upperBound)
    ) { $0.int(0) }
    let shards = try index.rows(
      "SELECT id FROM shard WHERE id BETWEEN ? AND ? ORDER BY id \(order)",
      .int(range.lowerBound >> SearchFile.shardBits), .int(range.upperBound >> SearchFile.shardBits)
    ) { $0.int(0) }
    for shard in shards where !isFull {
      try look(in: shard, of: index, wanted, range, changed.filter { $0 >> SearchFile.shardBits == shard })
    }
  }

  /// The positions between which entries can lie that are of the time wanted; nil where none can.
  private func range(_ index: Database) throws(StoreError) -> ClosedRange<Position>? {
    let bits = SearchFile.spanBits
    var first: Position = 1
    var last = watermark
    if let after = query.after {
      let span = try index.number("SELECT ifnull(min(id), -1) FROM span WHERE last_time >= ?", .int(after))
      guard span >= 0 else { return nil }
      first = max(first, span << bits)
    }
    if let before = query.before {
      let span = try index.number("SELECT ifnull(max(id), -1) FROM span WHERE first_time <= ?", .int(before))
      guard span >= 0 else { return nil }
      last = min(last, (span + 1) << bits - 1)
    }
    return first <= last ? first...last : nil
  }

  /// The entries of one shard that have the words wanted, and those that have changed since: in order.
  private mutating func look(
    in shard: Int64, of index: Database, _ wanted: Wanted, _ range: ClosedRange<Position>, _ changed: [Position]
  ) throws(StoreError) {
    var changed = (isForward ? changed : changed.reversed())[...]
    let positions: [Value] = [.int(range.lowerBound), .int(min(range.upperBound, watermark))]
    if let few = try fewEntries(of: shard, index, wanted, positions) {
      for position in few where !isFull { try look(at: position, after: &changed) }
    } else {
      let rows = try index.statement(Self.entries(of: shard, order))
      defer { rows.reset() }
      rows.bind([.text(wanted.text)] + positions + [.int(-1)])
      while !isFull, try rows.next() { try look(at: rows.int(0), after: &changed) }
    }
    while !isFull, let next = changed.popFirst() { try look(at: next) }
  }

  private static func entries(of shard: Int64, _ order: String) -> String {
    """
    SELECT rowid FROM words_\(shard) WHERE words_\(shard) MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid \(order)
    LIMIT ?
    """
  }

  /// Looks at an entry, and before it at those that have changed and lie before it.
  private mutating func look(at position: Position, after changed: inout ArraySlice<Position>) throws(StoreError) {
    while let next = changed.first, isForward ? next < position : next > position, !isFull {
      changed.removeFirst()
      try look(at: next)
    }
    if changed.first == position { changed.removeFirst() }
    if !isFull { try look(at: position) }
  }

  /// The entries of a shard that have the words, wherever they were said; nil where these are many. To find hundreds of
  /// groups in a shard takes 25 milliseconds, whether the words are there or not, and a large realm has hundreds of
  /// shards.
  private func fewEntries(
    of shard: Int64, _ index: Database, _ wanted: Wanted, _ positions: [Value]
  ) throws(StoreError) -> [Position]? {
    guard let words = wanted.words, wanted.places > Limits.searchPlaces else { return nil }
    let rows = try index.statement(Self.entries(of: shard, order))
    defer { rows.reset() }
    rows.bind([.text(words)] + positions + [.int(Int64(Limits.searchFew) + 1)])
    var found: [Position] = []
    while try rows.next() { found.append(rows.int(0)) }
    return found.count > Limits.searchFew ? nil : found
  }

  /// What an index is asked for.
  private struct Wanted {
    /// The words, in the conversations of whoever asks.
    var text: String
    /// The words and the author alone; nil where there are none.
    var words: String?
    /// How many conversations that are.
    var places: Int
  }

  /// Nil where there are no conversations.
  private var wanted: Wanted? {
    func quoted(_ key: some Sequence<UInt8>) -> String { "\"" + String(decoding: Array(key), as: UTF8.self) + "\"" }
    func either(_ keys: [String]) -> String { "(" + keys.map { quoted($0.utf8) }.joined(separator: " OR ") + ")" }
    var places = query.groups.map { quoted(SearchFile.key(ofGroup: $0.group.rawValue).utf8) }
    let own = quoted(SearchFile.key(ofCorrespondent: query.person.rawValue).utf8)
    switch query.privates {
    case .none: break
    case .all: places.append(own)
    case .with(let other):
      places.append("(\(own) AND \(quoted(SearchFile.key(ofCorrespondent: other.rawValue).utf8)))")
    }
    guard !places.isEmpty else { return nil }
    var parts: [String] = []
    if let author = query.author {
      let person = author.person.map { [SearchFile.key(ofAuthor: $0.rawValue)] } ?? []
      parts.append(either(person + [SearchFile.key(ofNick: author.nick)]))
    }
    for (key, isBeginning) in query.text?.keys ?? [] { parts.append(quoted(key) + (isBeginning ? " *" : "")) }
    let inPlaces = "(" + places.joined(separator: " OR ") + ")"
    return Wanted(
      text: ([inPlaces] + parts).joined(separator: " AND "),
      words: parts.isEmpty ? nil : parts.joined(separator: " AND "), places: places.count)
  }

  // MARK: what is there

  /// Takes an entry in if it is what is looked for.
  private mutating func look(at position: Position) throws(StoreError) {
    guard let entry = try view.entry(at: position) else { return }
    looks += 1
    if try isVisible(entry), query.matches(entry), try !isRepeated(entry) {
      let isTooMuch = weight + entry.weight > query.bytes && !found.isEmpty
      if isTooMuch { lookedUpTo = entry.time } else { found.append(entry) }
      weight += entry.weight
      isFull = isTooMuch || found.count >= query.limit
    }
    guard !isFull, looks >= Limits.searchLooks else { return }
    lookedUpTo = entry.time
    isFull = true
  }

  /// Whether it lies where whoever asks may look.
  private mutating func isVisible(_ entry: Entry) throws(StoreError) -> Bool {
    switch entry.target {
    case .group(let group):
      guard let since = groups[-group.rawValue], entry.number >= since.since, entry.time >= since.notBefore else {
        return false
      }
      return try !apart(of: group).contains { $0.contains(entry.position) }
    case .person(let person):
      guard entry.time >= query.notBefore, entry.isSeen(by: query.person),
        person == query.person || entry.sender == query.person
      else { return false }
      let other = person == query.person ? entry.sender : person
      return switch query.privates {
      case .none: false
      case .all: other != .nobody
      case .with(let wanted): other == wanted
      }
    }
  }

  private mutating func apart(of group: GroupID) throws(StoreError) -> [ClosedRange<Position>] {
    if let known = apart[group.rawValue] { return known }
    let found = try view.apart(ConversationKey(.group(group)))
    apart[group.rawValue] = found
    return found
  }

  /// Whether it is an edit of a message that whoever asks may see: that says the same now.
  private mutating func isRepeated(_ entry: Entry) throws(StoreError) -> Bool {
    guard entry.link > 0, entry.link < entry.position, let original = try view.entry(at: entry.link) else {
      return false
    }
    guard original.kind.isSearched else { return false }
    return try isVisible(original)
  }
}
