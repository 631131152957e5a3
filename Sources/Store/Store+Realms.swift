import Core

/// Where the outbox of a realm ends.
struct OutboxEnd {
  /// The row of the realm.
  var realm: Int64
  /// The newest epoch, and the place before its first envelope.
  var epoch: UInt64
  var base: Int64
  /// The place of the last envelope.
  var place: Int64
  /// Bytes of all rows so far.
  var total: Int64
}

/// The places of a realm's envelopes.
enum OutboxPlaces {
  /// A realm that is sent a thousand messages a second fills these in thirty years.
  private static let bits: Int64 = 40

  static func range(of realm: Int64) -> ClosedRange<Int64> { realm << bits...((realm + 1) << bits) - 1 }
}

/// What is written of other realms.
extension Store {
  /// Rows that one trim looks at: some ten milliseconds.
  private static let trimLimit: Int64 = 2_000

  func set(_ record: RealmRecord) throws(StoreError) {
    try run(
      """
      INSERT INTO realm (name, key, is_verified, keep_days) VALUES (?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE
      SET key = excluded.key, is_verified = excluded.is_verified, keep_days = excluded.keep_days
      """, .text(record.name), record.key.isEmpty ? .null : .bytes(record.key), .int(record.isVerified ? 1 : 0),
      .int(Int64(record.keepDays)))
  }

  /// The row of a realm, which may be written of before anything is known of it.
  private func realmID(_ name: String) throws(StoreError) -> Int64 {
    if let id = realmIDs[name] { return id }
    try run("INSERT OR IGNORE INTO realm (name) VALUES (?)", .text(name))
    let id = try database.number("SELECT id FROM realm WHERE name = ?", .text(name))
    realmIDs[name] = id
    return id
  }

  func forget(_ realm: String) throws(StoreError) {
    let id = try realmID(realm)
    let places = OutboxPlaces.range(of: id)
    try run("DELETE FROM outbox WHERE place BETWEEN ? AND ?", .int(places.lowerBound), .int(places.upperBound))
    try run("DELETE FROM outbox_epoch WHERE realm = ?", .int(id))
    try run("DELETE FROM applied WHERE realm = ?", .int(id))
    try run("DELETE FROM refusal WHERE realm = ?", .int(id))
    try run("DELETE FROM invitation_elsewhere WHERE realm = ?", .text(realm))
    try run("DELETE FROM realm WHERE id = ?", .int(id))
    realmIDs[realm] = nil
    outboxEnds[realm] = nil
  }

  func setApplied(_ name: EnvelopeName, of realm: String) throws(StoreError) {
    try run(
      """
      INSERT INTO applied (realm, epoch, number) VALUES (?, ?, ?)
      ON CONFLICT (realm, epoch) DO UPDATE SET number = excluded.number
      """, .int(try realmID(realm)), .int(Int64(bitPattern: name.epoch)), .int(Int64(bitPattern: name.number)))
  }

  func add(_ refused: RefusedMessage) throws(StoreError) {
    try run(
      "INSERT INTO refusal (realm, epoch, counter) VALUES (?, ?, ?)", .int(try realmID(refused.realm)),
      .int(Int64(bitPattern: refused.id.epoch)), .int(Int64(bitPattern: refused.id.counter)))
    try run(
      "DELETE FROM refusal WHERE id <= (SELECT max(id) FROM refusal) - ?", .int(Int64(Limits.refusalsRemembered)))
  }

  // The outbox.

  /// Appends a row: with each turn that says something to another realm, so it is quick about it.
  func post(_ row: OutboxRow) throws(StoreError) {
    var end = try outboxEnd(of: row.realm, epoch: row.epoch)
    end.place = end.base + Int64(row.last)
    end.total += Int64(row.bytes.count)
    let insert = try database.statement(
      "INSERT INTO outbox (place, epoch, first, last, time, waited, total, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    try reach(.statement)
    insert.bind(end.place, at: 1)
    insert.bind(Int64(bitPattern: row.epoch), at: 2)
    insert.bind(Int64(row.first), at: 3)
    insert.bind(Int64(row.last), at: 4)
    insert.bind(row.time, at: 5)
    insert.bind(row.waited ? 1 : 0, at: 6)
    insert.bind(end.total, at: 7)
    insert.bind(row.bytes, at: 8)
    try insert.run()
    outboxEnds[row.realm] = end
  }

  /// The end of a realm's outbox, where this epoch is, or is now made, the newest.
  private func outboxEnd(of realm: String, epoch: UInt64) throws(StoreError) -> OutboxEnd {
    if let end = outboxEnds[realm], end.epoch == epoch { return end }
    let id = try realmID(realm)
    let places = OutboxPlaces.range(of: id)
    let last = try database.first(
      "SELECT place, total FROM outbox WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT 1",
      .int(places.lowerBound), .int(places.upperBound)
    ) { (place: $0.int(0), total: $0.int(1)) }
    // What was acknowledged may be trimmed; its places are not given again.
    let acknowledged = try database.number("SELECT acknowledged FROM realm WHERE id = ?", .int(id))
    let place = max(last?.place ?? 0, acknowledged, places.lowerBound)
    try run(
      "INSERT OR IGNORE INTO outbox_epoch (realm, epoch, base) VALUES (?, ?, ?)", .int(id),
      .int(Int64(bitPattern: epoch)), .int(place))
    let base = try database.number(
      "SELECT base FROM outbox_epoch WHERE realm = ? AND epoch = ?", .int(id), .int(Int64(bitPattern: epoch)))
    return OutboxEnd(realm: id, epoch: epoch, base: base, place: place, total: last?.total ?? 0)
  }

  /// Notes what a realm says to have applied. That may be more than this store knows of, if it is a restored one; then
  /// it is all there is of the epoch, and nothing of one that is not known.
  func acknowledge(_ name: EnvelopeName, by realm: String) throws(StoreError) {
    let id = try realmID(realm)
    let base: Int64
    let end: Int64
    if let known = outboxEnds[realm], known.epoch == name.epoch {
      base = known.base
      end = known.place
    } else {
      let found = try database.first(
        "SELECT base FROM outbox_epoch WHERE realm = ? AND epoch = ?", .int(id), .int(Int64(bitPattern: name.epoch))
      ) { $0.int(0) }
      guard let found else { return }
      base = found
      end = try epochEnd(realm: id, base: base)
    }
    let place = base + Int64(clamping: min(name.number, UInt64(max(0, end - base))))
    try run("UPDATE realm SET acknowledged = max(acknowledged, ?) WHERE id = ?", .int(place), .int(id))
  }

  /// The place of the last envelope of an epoch.
  private func epochEnd(realm: Int64, base: Int64) throws(StoreError) -> Int64 {
    let next = try database.number(
      "SELECT min(base) FROM outbox_epoch WHERE realm = ? AND base > ?", .int(realm), .int(base))
    if next > 0 { return next }
    let last = try database.number(
      "SELECT max(place) FROM outbox WHERE place BETWEEN ? AND ?", .int(base),
      .int(OutboxPlaces.range(of: realm).upperBound))
    return max(last, base)
  }

  func trimOutbox(of realm: String, before: Milliseconds) throws(StoreError) {
    let id = try realmID(realm)
    let lowest = OutboxPlaces.range(of: id).lowerBound
    let acknowledged = try database.number("SELECT acknowledged FROM realm WHERE id = ?", .int(id))
    let rows = try database.statement(
      "SELECT place, time FROM outbox WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?")
    rows.bind([.int(lowest), .int(acknowledged), .int(Self.trimLimit)])
    var last: Int64?
    while try rows.next(), rows.int(1) < before { last = rows.int(0) }
    rows.reset()
    guard let last else { return }
    try run("DELETE FROM outbox WHERE place BETWEEN ? AND ?", .int(lowest), .int(last))
    // An epoch is over when another has begun at or before what was deleted.
    try run(
      """
      DELETE FROM outbox_epoch WHERE realm = ?1
        AND EXISTS (SELECT 1 FROM outbox_epoch AS next
          WHERE next.realm = ?1 AND next.base > outbox_epoch.base AND next.base <= ?2)
      """, .int(id), .int(last))
  }

  // Loading.

  /// What is kept of each epoch, and what of that is not acknowledged: found from its ends, whatever lies between.
  func outboxStates() throws(StoreError) -> [OutboxState] {
    let epochs = try database.rows(
      """
      SELECT realm.id, realm.name, realm.acknowledged, outbox_epoch.epoch, outbox_epoch.base FROM outbox_epoch
      JOIN realm ON realm.id = outbox_epoch.realm ORDER BY realm.name, outbox_epoch.base
      """
    ) {
      (
        realm: $0.int(0), name: $0.text(1), acknowledged: $0.int(2), epoch: UInt64(bitPattern: $0.int(3)),
        base: $0.int(4)
      )
    }
    var states: [OutboxState] = []
    for epoch in epochs {
      let end = try epochEnd(realm: epoch.realm, base: epoch.base)
      let done = min(max(epoch.acknowledged, epoch.base), end)
      guard end > epoch.base, let last = try outboxRow(from: end), last.place == end else { continue }
      var state = OutboxState(
        realm: epoch.name, epoch: epoch.epoch, first: UInt64(done - epoch.base + 1), last: UInt64(end - epoch.base),
        bytes: 0, oldest: 0)
      if done < end, let first = try outboxRow(from: done + 1) {
        state.bytes = Int(last.total - first.total + first.bytes)
        state.oldest = first.time
      }
      states.append(state)
    }
    return states
  }

  /// The row that holds a place, or comes next after it.
  private func outboxRow(
    from place: Int64
  ) throws(StoreError) -> (place: Int64, time: Milliseconds, total: Int64, bytes: Int64)? {
    try database.first(
      "SELECT place, time, total, length(bytes) FROM outbox WHERE place >= ? ORDER BY place LIMIT 1", .int(place)
    ) { (place: $0.int(0), time: $0.int(1), total: $0.int(2), bytes: $0.int(3)) }
  }

  /// By realm, the newest epochs in the order in which they were first heard of: nobody asks for older ones.
  func appliedPositions() throws(StoreError) -> [AppliedPosition] {
    let all = try database.rows(
      """
      SELECT realm.name, applied.epoch, applied.number FROM applied
      JOIN realm ON realm.id = applied.realm ORDER BY realm.name, applied.id
      """
    ) {
      AppliedPosition(
        realm: $0.text(0),
        name: EnvelopeName(epoch: UInt64(bitPattern: $0.int(1)), number: UInt64(bitPattern: $0.int(2))))
    }
    return all.enumerated().filter { index, position in
      let newer = index + Limits.epochsPerRealm
      return newer >= all.count || all[newer].realm != position.realm
    }.map(\.element)
  }
}
