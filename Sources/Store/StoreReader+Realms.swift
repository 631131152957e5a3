import Core

extension StoreReader {
  /// Rows of a realm's outbox that hold something after an envelope. One that is not known any more lies before all.
  func outbox(of realm: String, after name: EnvelopeName?, bytes limit: Int) throws(StoreError) -> [OutboxRow] {
    try log.reading { () throws(StoreError) in
      let id = try log.number("SELECT id FROM realm WHERE name = ?", .text(realm))
      guard id > 0 else { return [] }
      let places = OutboxPlaces.range(of: id)
      var start = places.lowerBound
      if let name { start = max(start, try place(of: name, realm: id)) }
      let rows = try log.statement(
        """
        SELECT epoch, first, last, time, waited, bytes FROM outbox WHERE place > ? AND place <= ? ORDER BY place
        """)
      defer { rows.reset() }
      rows.bind([.int(start), .int(places.upperBound)])
      var found: [OutboxRow] = []
      var size = 0
      while try rows.next() {
        let row = OutboxRow(
          realm: realm, epoch: UInt64(bitPattern: rows.int(0)), first: UInt64(bitPattern: rows.int(1)),
          last: UInt64(bitPattern: rows.int(2)), time: rows.int(3), waited: rows.int(4) != 0, bytes: rows.bytes(5))
        size += row.bytes.count
        if !found.isEmpty && size > limit { break }
        found.append(row)
      }
      return found
    }
  }

  /// The place of an envelope, at most the last of its epoch; 0 if the epoch is not known.
  private func place(of name: EnvelopeName, realm: Int64) throws(StoreError) -> Int64 {
    let base = try log.first(
      "SELECT base FROM outbox_epoch WHERE realm = ? AND epoch = ?", .int(realm), .int(Int64(bitPattern: name.epoch))
    ) { $0.int(0) }
    guard let base else { return 0 }
    let next = try log.number(
      "SELECT min(base) FROM outbox_epoch WHERE realm = ? AND base > ?", .int(realm), .int(base))
    let end = next > 0 ? next : OutboxPlaces.range(of: realm).upperBound
    return base + Int64(clamping: min(name.number, UInt64(max(0, end - base))))
  }

  /// Looks through all people of other realms: it is asked once for each circuit.
  func groupsShared(with realm: String) throws(StoreError) -> [GroupID] {
    try log.rows(
      #"""
      SELECT DISTINCT member."group" FROM account
      CROSS JOIN member ON member.person = account.id
      CROSS JOIN "group" ON "group".id = member."group"
      WHERE account.flags & ?1 AND substr(account.name, instr(account.name, '/') + 1) = ?2 COLLATE NOCASE
        AND "group".home_realm IS NULL AND NOT "group".removed
      ORDER BY 1
      """#, .int(Int64(AccountFlags.remote.rawValue)), .text(realm)
    ) { GroupID(rawValue: $0.int(0)) }
  }

  /// The entries of a group's log after a number: the position of the first is searched for by halves in the index,
  /// from there on all streams are read side by side.
  func groupLog(_ group: GroupID, after number: Int64, limit: Int, bytes: Int) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      let key = ConversationKey(.group(group))
      let tail = try view.tail(of: key)
      let apart = try view.apart(key)
      var positions: [Position] = []
      for stream in Stream.shared {
        let timeline = Timeline(
          key, stream, in: view, apart: apart, tail: tail.filter { $0.stream == stream }.map(\.item))
        let start = try timeline.first(from: 1) { $0.number > number }
        positions += try timeline.positions(in: start..<max(start, view.end + 1), newest: false, limit: max(1, limit))
      }
      positions.sort()
      var found: [Entry] = []
      var size = 0
      for position in positions.prefix(max(1, limit)) {
        found += try view.entries(at: [position])
        size += found[found.count - 1].body.count + found[found.count - 1].tags.count + Self.entryBytes
        if size >= bytes { break }
      }
      return .groupLog(found)
    }
  }

  /// The messages of a group's log that are set apart, and are not in it a second time: what its home has lost.
  func setApart(of group: GroupID, limit: Int) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      var found: [Entry] = []
      let key = ConversationKey(.group(group))
      for range in try view.apart(key) {
        let positions = try log.rows(
          """
          SELECT position FROM entry WHERE position BETWEEN ? AND ? AND target = ? AND kind IN \(EntryKind.messagesSQL)
          ORDER BY position
          """, .int(range.lowerBound), .int(range.upperBound), .int(Target.group(group).stored)
        ) { $0.int(0) }
        for position in positions where found.count < limit {
          let entry = try view.entries(at: [position])[0]
          if entry.kind != .removed, try view.entry(id: entry.id, in: key) == nil { found.append(entry) }
        }
      }
      return .groupLog(found)
    }
  }

  /// What an entry weighs besides its text and tags.
  private static let entryBytes = 64
}
