import Core

/// Entries that others take back or edit.
extension Store {
  func revise(_ write: Write) throws(StoreError) {
    switch write {
    case .erased(let position): try erase(position)
    case .edited(let position, let edit): try self.edit(position, by: edit)
    case .corrected(let entry): try correct(entry)
    case .revision(let position): try run("INSERT INTO revision (position) VALUES (?)", .int(position))
    case .revised(let position): try run("DELETE FROM revision WHERE position = ?", .int(position))
    case .stray(let position, let id): try noteStray(position, of: id)
    default: break
    }
  }

  /// Who said something, when, in which conversation and under which id stays; the database overwrites the rest.
  func erase(_ position: Position) throws(StoreError) {
    try eraseEdit(of: position, before: .max)
    try run("UPDATE entry SET \(Self.erasing), link = NULL WHERE position = ?", .int(position))
    try noteChanged(position)
  }

  /// Tells the search index that it has to look at an entry anew. It remembers how far it has come with these; if it
  /// is further behind than what is kept, it is made anew.
  func noteChanged(_ position: Position) throws(StoreError) {
    try run("INSERT INTO changed (position) VALUES (?)", .int(position))
    try run("DELETE FROM changed WHERE id <= (SELECT max(id) FROM changed) - \(Self.changesKept)")
  }

  private static let changesKept = 100_000

  private func edit(_ position: Position, by edit: Position) throws(StoreError) {
    try eraseEdit(of: position, before: edit)
    try run(
      """
      UPDATE entry SET (kind, body, link) = (SELECT kind, body, position FROM entry WHERE position = ?2)
      WHERE position = ?1 AND kind != \(EntryKind.removed.rawValue) AND ifnull(link, 0) < ?2
      """, .int(position), .int(edit))
    try run("UPDATE entry SET link = ? WHERE position = ?", .int(position), .int(edit))
    try noteChanged(position)
    try noteChanged(edit)
  }

  private func correct(_ entry: Entry) throws(StoreError) {
    func orNull(_ bytes: [UInt8]) -> Value { bytes.isEmpty ? .null : .bytes(bytes) }
    try run(
      "UPDATE entry SET kind = ?, nick = ?, tags = ?, body = ?, link = ? WHERE position = ?",
      .int(Int64(entry.kind.rawValue)), orNull(entry.nick), orNull(entry.tags), orNull(entry.body),
      entry.link == 0 ? .null : .int(entry.link), .int(entry.position))
    try noteChanged(entry.position)
  }

  /// The id of an edit stands for the message also after the next one: what it is an edit of stays.
  private func eraseEdit(of position: Position, before end: Position) throws(StoreError) {
    try run(
      """
      INSERT INTO changed (position) SELECT link FROM entry
      WHERE position = ?1 AND link > ?1 AND link < ?2
      """, .int(position), .int(end))
    try run(
      """
      UPDATE entry SET \(Self.erasing)
      WHERE position = (SELECT link FROM entry WHERE position = ?1) AND position > ?1 AND position < ?2
      """, .int(position), .int(end))
  }

  /// A replica's log has an edit of a message from before it begins, or this was taken back. One row a message names
  /// the newest edit of it.
  private func noteStray(_ position: Position, of id: MessageID) throws(StoreError) {
    let (epoch, counter) = (Int64(bitPattern: id.epoch), Int64(bitPattern: id.counter))
    let found = try database.first("SELECT target, kind, sender FROM entry WHERE position = ?", .int(position)) {
      (target: $0.int(0), isTakenBack: $0.int(1) == Int64(EntryKind.redact.rawValue), sender: $0.int(2))
    }
    guard let (target, isTakenBack, sender) = found else { return }
    let before = try database.first(
      """
      SELECT entry.position, sender FROM stray_edit JOIN entry USING (position)
      WHERE stray_edit.target = ? AND stray_edit.epoch = ? AND stray_edit.counter = ?
      """, .int(target), .int(epoch), .int(counter)
    ) { (position: $0.int(0), sender: $0.int(1)) }
    if let before, isTakenBack || before.sender == sender { try erase(before.position) }
    try run(
      "DELETE FROM stray_edit WHERE target = ? AND epoch = ? AND counter = ?", .int(target), .int(epoch), .int(counter))
    guard !isTakenBack else { return }
    try run(
      "INSERT INTO stray_edit (target, epoch, counter, position) VALUES (?, ?, ?, ?)", .int(target), .int(epoch),
      .int(counter), .int(position))
  }

  private static let erasing =
    "kind = \(EntryKind.removed.rawValue), nick = NULL, tags = NULL, body = NULL"
}

extension StoreReader {
  /// What somebody names by its id; nil where it is not in that conversation.
  func find(_ id: MessageID, in conversation: Conversation) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      return .entry(try view.found(id, in: ConversationKey(conversation), for: conversation.reader))
    }
  }

  /// What entries of replicas have taken back or edited, and where that is.
  func revisions(limit: Int) throws(StoreError) -> Answer {
    try withLog { (view) throws(StoreError) in
      guard view.end - view.watermark <= tailLimit else { return .indexing }
      let positions = try log.rows("SELECT position FROM revision ORDER BY position LIMIT ?", .int(Int64(limit))) {
        $0.int(0)
      }
      var revisions: [Revision] = []
      for entry in try view.entries(at: positions) {
        let key = ConversationKey(target: entry.target.stored, sender: entry.sender.rawValue)
        let isApart = try view.apart(key).contains { $0.contains(entry.position) }
        let found =
          isApart ? nil : try entry.revised.flatMap { (id) throws(StoreError) in try view.found(id, in: key, for: nil) }
        revisions.append(Revision(entry: entry, of: found, isApart: isApart))
      }
      return .revisions(revisions)
    }
  }
}

extension LogView {
  /// An entry by its id, or by that of one of its edits, with all copies of it.
  fileprivate func found(
    _ id: MessageID, in key: ConversationKey, for reader: PersonID?
  ) throws(StoreError) -> FoundEntry? {
    guard var entry = try entry(id: id, in: key, for: reader) else { return nil }
    if entry.link > 0, entry.link < entry.position, let original = try self.entry(at: entry.link) { entry = original }
    let copies = try existing(at: try positions(of: entry.id)).filter { $0.target == entry.target }
    return FoundEntry(entry: entry, copies: copies.map(\.position))
  }
}
