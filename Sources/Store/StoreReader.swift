package import Core

/// Reads the store for the workers, on connections of its own that can write nothing. Every answer comes from one view
/// of the log, which holds all that was committed when the question was asked.
package final class StoreReader {
  let folder: String
  let log: Database
  private var index: (database: Database, identity: [UInt64])?
  private var searchIndex: (database: Database, identity: [UInt64])?
  private let report: ((StoreError) -> Void)?

  /// Entries past the end of the index that one request may look at, some 0.1 s of work. More than that is there only
  /// while the index is made anew.
  let tailLimit: Int64

  private static let cacheKiB = 4 << 10

  /// Opens the database of a folder whose `Store` is open.
  ///
  /// - Parameter report: told of every failure, with what the operator should know; whoever asked hears less.
  package convenience init(folder: String, report: ((StoreError) -> Void)? = nil) throws(StoreError) {
    try self.init(folder: folder, tailLimit: 500_000, report: report)
  }

  init(folder: String, tailLimit: Int64, report: ((StoreError) -> Void)? = nil) throws(StoreError) {
    self.folder = folder
    self.tailLimit = tailLimit
    self.report = report
    log = try Database(path: Folder.database(folder), access: .readOnly, cacheKiB: Self.cacheKiB)
  }

  /// Answers what the store can answer: the asks called reads.
  package func answer(_ ask: Ask) -> Answer {
    do throws(StoreError) {
      switch ask {
      case .loadAccount(let person): return .account(try account(person))
      case .loadGroup(let group): return .group(try self.group(group))
      case .devices(let person): return .devices(try devices(of: person))
      case .invitations(let person, let limit): return .invitations(try invitations(of: person, limit: limit))
      case .listGroups: return .groups(try groups())
      case .history(let query): return try history(query)
      case .entry(let id, let conversation): return try find(id, in: conversation)
      case .entries(let positions):
        return try withLog { (view) throws(StoreError) in
          var entries: [Entry] = []
          for position in positions {
            if let entry = try view.entry(at: position) { entries.append(entry) }
          }
          return .history(entries)
        }
      case .revisions(let limit): return try revisions(limit: limit)
      case .conversations(let person, let groups, let after, let before, let newest, let limit):
        return try conversations(
          of: person, groups: groups, after: after, before: before, newest: newest, limit: limit)
      case .missed(let person, let groups, let after, let limit):
        return try missed(by: person, groups: groups, after: after, limit: limit)
      case .search(let query): return try search(query)
      case .files(let query): return .files(try files(query))
      case .aged(let query): return try aged(query)
      case .outbox(let realm, let after, let bytes):
        return .outbox(try outbox(of: realm, after: after, bytes: bytes))
      case .groupLog(let group, let after, let limit, let bytes):
        return try groupLog(group, after: after, limit: limit, bytes: bytes)
      case .setApart(let group, let limit): return try setApart(of: group, limit: limit)
      case .groupsShared(let realm): return .groupsShared(try groupsShared(with: realm))
      case .verify, .tokenOwner, .verifyOperator, .scram, .scramProof, .derive, .makeToken, .deliver, .push, .backup:
        return .failed("The store does not answer this")
      }
    } catch {
      report?(error)
      return .failed("The server cannot read its store right now")
    }
  }

  // For the keys worker.

  /// What proves the account's password; nil for an account that is not there any more.
  package func verifier(of person: PersonID) throws(StoreError) -> Verifier? {
    try log.first(
      "SELECT salt, iterations, stored_key, server_key FROM verifier WHERE person = ?", .int(person.rawValue)
    ) {
      Verifier(salt: $0.bytes(0), iterations: Int($0.int(1)), storedKey: $0.bytes(2), serverKey: $0.bytes(3))
    }
  }

  /// The device that a token logs in, by the token's SHA-256.
  package func device(tokenHash: [UInt8]) throws(StoreError) -> DeviceRecord? {
    try log.first("SELECT \(Self.deviceColumns) FROM device WHERE token_hash = ?", .bytes(tokenHash)) {
      Self.device($0)
    }
  }

  // Accounts and groups.

  private static let deviceColumns = "id, account, name, position, created, last_used, token_hash IS NOT NULL"

  private static func device(_ row: Statement) -> DeviceRecord {
    DeviceRecord(
      id: DeviceID(rawValue: row.int(0)), account: PersonID(rawValue: row.int(1)), name: row.text(2),
      position: row.int(3), created: row.int(4), lastUsed: row.int(5), hasToken: row.int(6) != 0)
  }

  private func devices(of person: PersonID) throws(StoreError) -> [DeviceRecord] {
    try log.rows("SELECT \(Self.deviceColumns) FROM device WHERE account = ? ORDER BY id", .int(person.rawValue)) {
      Self.device($0)
    }
  }

  private func account(_ person: PersonID) throws(StoreError) -> AccountState {
    try log.reading { () throws(StoreError) in
      AccountState(
        groups: try log.rows(#"SELECT "group" FROM member WHERE person = ? ORDER BY 1"#, .int(person.rawValue)) {
          GroupID(rawValue: $0.int(0))
        },
        readMarkers: try log.rows(
          "SELECT target, time FROM read_marker WHERE person = ? ORDER BY target", .int(person.rawValue)
        ) {
          ReadMarker(target: Target(stored: $0.int(0)), time: $0.int(1))
        },
        invitations: try invitations(of: person, limit: Limits.invitationsListed, untold: true),
        sent: try log.rows(
          "SELECT number, key, target, epoch, counter, time FROM sent WHERE person = ? ORDER BY number",
          .int(person.rawValue)
        ) {
          SentMessage(
            number: $0.int(0), key: $0.bytes(1), target: Target(stored: $0.int(2)),
            id: MessageID(epoch: UInt64(bitPattern: $0.int(3)), counter: UInt64(bitPattern: $0.int(4))),
            time: $0.int(5))
        })
    }
  }

  private func group(_ group: GroupID) throws(StoreError) -> GroupState? {
    let id = Value.int(group.rawValue)
    return try log.reading { () throws(StoreError) in
      var state = try log.first(
        #"""
        SELECT name, created, founder, modes, topic, topic_set_by, topic_time, last_number, home_realm, home_group,
          last_epoch, last_counter, last_time, state_number, key, member_limit, looking_back,
          keep_days
        FROM "group" WHERE id = ? AND NOT removed
        """#, id
      ) {
        GroupState(
          id: group, name: $0.text(0), created: $0.int(1), founder: PersonID(rawValue: $0.int(2)),
          modes: GroupModes(
            switches: $0.switches(3), key: $0.isNull(14) ? nil : $0.text(14),
            limit: $0.isNull(15) ? nil : Int($0.int(15)),
            lookingBack: LookingBack(rawValue: UInt8(truncatingIfNeeded: $0.int(16))) ?? .joined,
            keepDays: Int($0.int(17))),
          topic: $0.isNull(6) ? nil : Topic(text: $0.bytes(4), setBy: $0.text(5), time: $0.int(6)),
          lastNumber: $0.int(7), home: $0.groupHome(8),
          lastID: $0.isNull(10)
            ? nil : MessageID(epoch: UInt64(bitPattern: $0.int(10)), counter: UInt64(bitPattern: $0.int(11))),
          lastTime: $0.int(12), stateNumber: $0.int(13))
      }
      guard state != nil else { return nil }
      state?.members = try log.rows(
        #"SELECT person, ranks, since FROM member WHERE "group" = ? ORDER BY person"#, id
      ) {
        MemberRecord(
          person: PersonID(rawValue: $0.int(0)), ranks: Ranks(rawValue: UInt8(truncatingIfNeeded: $0.int(1))),
          since: $0.int(2))
      }
      state?.masks = try log.rows(
        #"SELECT list, mask, set_by, time FROM mask WHERE "group" = ? ORDER BY id"#, id
      ) {
        MaskRecord(
          MaskList(rawValue: UInt8(truncatingIfNeeded: $0.int(0))) ?? .bans, mask: $0.text(1), setBy: $0.text(2),
          time: $0.int(3))
      }
      state?.invited = try log.rows(
        #"SELECT person FROM invitation WHERE "group" = ? ORDER BY person"#, id
      ) { PersonID(rawValue: $0.int(0)) }
      return state
    }
  }

  private func groups() throws(StoreError) -> [GroupSummary] {
    try log.rows(
      #"""
      SELECT id, modes, (SELECT count(*) FROM member WHERE member."group" = "group".id), created, topic, topic_time
      FROM "group" WHERE NOT removed ORDER BY id
      """#
    ) {
      GroupSummary(
        id: GroupID(rawValue: $0.int(0)), switches: $0.switches(1), members: Int($0.int(2)), created: $0.int(3),
        topic: $0.bytes(4), topicTime: $0.int(5))
    }
  }

  // The log with its index.

  /// Answers from one view of the log and of its index, so that the index ends within the log.
  func withLog(_ body: (LogView) throws(StoreError) -> Answer) throws(StoreError) -> Answer {
    guard let index = try currentIndex() else {
      return try log.reading { () throws(StoreError) in
        try body(LogView(log: log, index: nil))
      }
    }
    return try index.reading { () throws(StoreError) in
      let watermark = try index.number("SELECT position FROM watermark")
      return try log.reading { () throws(StoreError) in
        try body(LogView(log: log, index: (index, watermark)))
      }
    }
  }

  /// The index, opened anew where another was put in its place; nil while there is none.
  private func currentIndex() throws(StoreError) -> Database? {
    try current(Folder.index(folder), &index, IndexFile.isCurrent)
  }

  /// The same of the search index.
  func currentSearchIndex() throws(StoreError) -> Database? {
    try current(Folder.search(folder), &searchIndex, SearchFile.isCurrent)
  }

  func closeSearchIndex() { searchIndex = nil }

  private func current(
    _ path: String, _ opened: inout (database: Database, identity: [UInt64])?,
    _ isCurrent: (Database) throws(StoreError) -> Bool
  ) throws(StoreError) -> Database? {
    guard let identity = Folder.status(path)?.identity else {
      opened = nil
      return nil
    }
    if let opened, opened.identity == identity { return opened.database }
    opened = nil
    do throws(StoreError) {
      let database = try Database(path: path, access: .readOnly, cacheKiB: Self.cacheKiB)
      guard try isCurrent(database) else { return nil }  // it is just being made
      opened = (database, identity)
      return database
    } catch {
      if error.isDamage(of: path) { return nil }  // whoever writes it will make it anew
      throw error
    }
  }
}

extension Statement {
  fileprivate func switches(_ column: Int32) -> GroupSwitches {
    GroupSwitches(rawValue: UInt32(truncatingIfNeeded: int(column)))
  }
}
