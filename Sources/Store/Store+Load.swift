package import Core

extension Store {
  /// What the core starts from. Reads the accounts and the groups, and of the log and the outboxes only their ends.
  package func load() throws(StoreError) -> Snapshot {
    try database.reading { () throws(StoreError) in
      var snapshot = Snapshot()
      snapshot.accounts = try database.rows("SELECT id, name, flags, created FROM account ORDER BY id") {
        AccountRecord(
          id: PersonID(rawValue: $0.int(0)), name: $0.text(1),
          flags: AccountFlags(rawValue: UInt32(truncatingIfNeeded: $0.int(2))), created: $0.int(3))
      }
      snapshot.groups = try database.rows(
        #"SELECT id, name, home_realm, home_group FROM "group" WHERE NOT removed ORDER BY id"#
      ) {
        GroupRecord(id: GroupID(rawValue: $0.int(0)), name: $0.text(1), home: $0.groupHome(2))
      }
      // Accounts and groups keep their rows when they are deleted; devices do not, SQLite keeps their highest id.
      snapshot.lastPerson = try database.number("SELECT max(id) FROM account")
      snapshot.lastGroup = try database.number(#"SELECT max(id) FROM "group""#)
      snapshot.lastDevice = try database.number("SELECT seq FROM sqlite_sequence WHERE name = 'device'")
      snapshot.lastInvitationCode = try database.number(
        "SELECT seq FROM sqlite_sequence WHERE name = 'invitation_code'")
      snapshot.invitationCodes = try database.rows(
        "SELECT id, hash, uses, created, expires, note FROM invitation_code ORDER BY id"
      ) {
        InvitationCode(
          id: $0.int(0), hash: $0.bytes(1), uses: Int($0.int(2)), created: $0.int(3), expires: $0.int(4),
          note: $0.text(5))
      }
      try loadWebhooks(&snapshot)
      snapshot.pushes = try loadPushes()
      snapshot.files = try loadFiles()
      snapshot.lastPosition = lastPosition
      snapshot.lastTime = try lastTime()
      snapshot.realms = try database.rows("SELECT name, key, is_verified, keep_days FROM realm ORDER BY name") {
        RealmRecord(name: $0.text(0), key: $0.bytes(1), isVerified: $0.int(2) != 0, keepDays: Int($0.int(3)))
      }
      snapshot.metadata = try metadata()
      snapshot.preferences = try preferences()
      snapshot.messageRequests = try messageRequests()
      let forgetting = try database.number(#"SELECT count(*) FROM "group" WHERE keep_days > 0"#)
      snapshot.forgets = forgetting > 0 || snapshot.realms.contains { $0.keepDays > 0 }
      snapshot.outboxes = try outboxStates()
      snapshot.applied = try appliedPositions()
      snapshot.refused = try database.rows(
        "SELECT realm.name, epoch, counter FROM refusal JOIN realm ON realm.id = refusal.realm ORDER BY refusal.id"
      ) {
        RefusedMessage(
          realm: $0.text(0),
          id: MessageID(epoch: UInt64(bitPattern: $0.int(1)), counter: UInt64(bitPattern: $0.int(2))))
      }
      return snapshot
    }
  }

  /// The time of the last entry that this realm's own clock has stamped: those of a replica have its home's times.
  /// Looks at the log's end only; if all of that is replicas', the clock of the new start has to do.
  private func lastTime() throws(StoreError) -> Milliseconds {
    try database.number(
      #"""
      SELECT max(time) FROM (SELECT time, target FROM entry ORDER BY position DESC LIMIT 10000)
      WHERE target >= 0 OR -target NOT IN (SELECT id FROM "group" WHERE home_realm IS NOT NULL)
      """#)
  }
}

extension Statement {
  /// The home of a group from its two columns; nil for a group of this realm.
  func groupHome(_ column: Int32) -> GroupHome? {
    isNull(column) ? nil : GroupHome(realm: text(column), group: int(column + 1))
  }
}
