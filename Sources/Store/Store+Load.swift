package import Core

extension Store {
  /// What the core starts from. Reads the accounts and the groups, and of the log only its last row.
  package func load() throws(StoreError) -> Snapshot {
    try database.reading { () throws(StoreError) in
      var snapshot = Snapshot()
      snapshot.accounts = try database.rows("SELECT id, name, flags, created FROM account ORDER BY id") {
        AccountRecord(
          id: PersonID(rawValue: $0.int(0)), name: $0.text(1),
          flags: AccountFlags(rawValue: UInt32(truncatingIfNeeded: $0.int(2))), created: $0.int(3))
      }
      snapshot.groups = try database.rows(#"SELECT id, name FROM "group" WHERE NOT removed ORDER BY id"#) {
        GroupRecord(id: GroupID(rawValue: $0.int(0)), name: $0.text(1))
      }
      // Accounts and groups keep their rows when they are deleted; devices do not, SQLite keeps their highest id.
      snapshot.lastPerson = try database.number("SELECT max(id) FROM account")
      snapshot.lastGroup = try database.number(#"SELECT max(id) FROM "group""#)
      snapshot.lastDevice = try database.number("SELECT seq FROM sqlite_sequence WHERE name = 'device'")
      snapshot.lastPosition = lastPosition
      snapshot.lastTime = try database.number("SELECT time FROM entry WHERE position = ?", .int(lastPosition))
      return snapshot
    }
  }
}
