import Core

extension StoreReader {
  /// What is too old to be kept, a part at a time: group by group by the index, then the private messages by the log.
  func aged(_ query: AgedQuery) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      switch query.after {
      case .privates: return .aged(try agedPrivates(query, view))
      case .group(let group): return .aged(try agedGroups(query, after: group, view))
      case nil: return .aged(try agedGroups(query, after: GroupID(rawValue: 0), view))
      }
    }
  }

  private func agedGroups(_ query: AgedQuery, after last: GroupID, _ view: LogView) throws(StoreError) -> Aged {
    let groups = try log.rows(
      #"SELECT id, keep_days, home_realm, swept FROM "group" WHERE id > ? ORDER BY id LIMIT ?"#, .int(last.rawValue),
      .int(Int64(Limits.agedGroups))
    ) { (id: $0.int(0), begin: query.begin(of: Int($0.int(1)), $0.isNull(2) ? nil : $0.text(2)), swept: $0.int(3)) }
    var aged = Aged()
    for group in groups where group.begin > 0 {
      let room = Limits.agedEntries - aged.erased.count
      let found = try tooOld(in: GroupID(rawValue: group.id), after: group.swept, before: group.begin, room + 1, view)
      let taken = found.prefix(room)
      if let upTo = taken.last {
        aged.erased += taken
        aged.groups.append(GroupSwept(group: GroupID(rawValue: group.id), upTo: upTo))
      }
      guard found.count <= room else {
        aged.next = .group(GroupID(rawValue: group.id - 1))
        return aged
      }
    }
    aged.next = groups.count == Limits.agedGroups ? groups.last.map { .group(GroupID(rawValue: $0.id)) } : .privates
    return aged
  }

  /// The first positions of a group's log after one that was looked over, up to where the first entry is kept.
  private func tooOld(
    in group: GroupID, after swept: Position, before begin: Milliseconds, _ limit: Int, _ view: LogView
  ) throws(StoreError) -> [Position] {
    let key = ConversationKey(.group(group))
    guard swept < view.watermark else { return [] }
    var found: [Position] = []
    var end = Position.max
    for stream in Stream.shared {
      let items = try view.indexed(key, stream, in: swept + 1...view.watermark, newest: false, limit: limit)
      found += items.prefix { $0.time < begin }.map(\.position)
      if let young = items.first(where: { $0.time >= begin }) { end = min(end, young.position) }
    }
    return Array(found.filter { $0 < end }.sorted().prefix(limit))
  }

  /// Private messages that are too old. Their times are this realm's, and follow the log's order. The entry where an
  /// index ends tells whose index that is, so it stays.
  private func agedPrivates(_ query: AgedQuery, _ view: LogView) throws(StoreError) -> Aged {
    var aged = Aged()
    let begin = query.begin(of: 0, nil)
    guard begin > 0 else { return aged }
    let rows = try log.statement(
      "SELECT position, target, time FROM entry WHERE position > ? AND position < ? ORDER BY position LIMIT ?")
    defer { rows.reset() }
    rows.bind([.int(view.privatesSwept), .int(view.watermark), .int(Int64(Limits.agedLooks))])
    var looks = 0
    while try rows.next() {
      looks += 1
      if rows.int(1) >= 0 {
        guard rows.int(2) < begin else { return aged }
        aged.deleted.append(rows.int(0))
      }
      aged.privatesUpTo = rows.int(0)
      guard aged.deleted.count < Limits.agedEntries, looks < Limits.agedLooks else {
        aged.next = .privates
        return aged
      }
    }
    return aged
  }
}

extension Store {
  /// Erases what is too old: in groups as `erase` does, and who said it; what happened there stays, without reasons.
  func age(_ aged: Aged) throws(StoreError) {
    for position in aged.erased { try run(Self.aging, .int(position)) }
    for group in aged.groups {
      try run(#"UPDATE "group" SET swept = max(swept, ?) WHERE id = ?"#, .int(group.upTo), .int(group.group.rawValue))
    }
    for position in aged.deleted { try run("DELETE FROM entry WHERE position = ?", .int(position)) }
    if let position = aged.privatesUpTo {
      try run("UPDATE privates_swept SET position = max(position, ?)", .int(position))
    }
    // One for each part of the search index is enough for it to be made anew.
    for shard in Set((aged.erased + aged.deleted).map { $0 >> SearchFile.shardBits }).sorted() {
      try noteChanged(shard << SearchFile.shardBits)
    }
  }

  private static let saidKinds: [EntryKind] = [.message, .notice, .multiline, .tagMessage, .removed]
  private static let said = "(\(saidKinds.map { String($0.rawValue) }.joined(separator: ", ")))"

  private static let aging = """
    UPDATE entry SET
      sender = iif(kind IN \(said), NULL, sender), nick = iif(kind IN \(said), NULL, nick),
      tags = iif(kind IN \(said), NULL, tags), link = iif(kind IN \(said), NULL, link),
      body = CASE
        WHEN kind IN \(said) OR kind = \(EntryKind.part.rawValue) THEN NULL
        WHEN kind = \(EntryKind.redact.rawValue) THEN substr(body, 1, \(MessageID.textLength))
        ELSE body END,
      kind = iif(kind IN \(said), \(EntryKind.removed.rawValue), kind)
    WHERE position = ?
    """
}

extension Indexer {
  /// Drops what the index has of private messages that are gone.
  package func trim() throws(StoreError) {
    let gone = try log.number("SELECT position FROM privates_swept")
    guard gone > trimmed else { return }
    try index.statement("BEGIN IMMEDIATE").run()
    do throws(StoreError) {
      // All but the last chunk of a stream that begins before what is kept.
      try index.run(
        """
        DELETE FROM chunk WHERE low >= 0 AND first <= ?1 AND EXISTS (
          SELECT 1 FROM chunk AS next WHERE next.low = chunk.low AND next.high = chunk.high
            AND next.stream = chunk.stream AND next.first > chunk.first AND next.first <= ?1 + 1
        )
        """, .int(gone))
      try index.run("DELETE FROM correspondent WHERE position <= ?", .int(gone))
      try index.run(
        """
        DELETE FROM chunk WHERE low >= 0 AND stream IN (0, 3, 6) AND first <= ? AND NOT EXISTS (
          SELECT 1 FROM correspondent WHERE person = chunk.low AND other = chunk.high
        ) AND NOT EXISTS (SELECT 1 FROM correspondent WHERE person = chunk.high AND other = chunk.low)
        """, .int(gone))
      try index.statement("COMMIT").run()
    } catch {
      index.rollback()
      throw error
    }
    trimmed = gone
  }
}
