import Core

/// What is written of invitations.
extension Store {
  func invite(_ person: PersonID, _ invitation: Invitation) throws(StoreError) {
    switch invitation.goal {
    case .here(let group):
      try run(
        #"REPLACE INTO invitation ("group", person, inviter, time, is_told) VALUES (?, ?, ?, ?, ?)"#,
        .int(group.rawValue), .int(person.rawValue), .text(invitation.inviter), .int(invitation.time),
        .int(Self.told(invitation)))
    case .elsewhere(let realm, let name):
      try run(
        "REPLACE INTO invitation_elsewhere (person, realm, name, inviter, time, is_told) VALUES (?, ?, ?, ?, ?, ?)",
        .int(person.rawValue), .text(realm), .text(name), .text(invitation.inviter), .int(invitation.time),
        .int(Self.told(invitation)))
      try run(
        """
        DELETE FROM invitation_elsewhere WHERE person = ?1 AND realm = ?2 AND name IN (
          SELECT name FROM invitation_elsewhere WHERE person = ?1 AND realm = ?2
          ORDER BY time DESC, name DESC LIMIT -1 OFFSET ?3)
        """, .int(person.rawValue), .text(realm), .int(Int64(Limits.invitationsElsewhere)))
    }
  }

  /// The column `is_told`: 2 for one that waits until its inviter is let in.
  private static func told(_ invitation: Invitation) -> Int64 { invitation.waits ? 2 : invitation.isTold ? 1 : 0 }

  func removeInvitation(of person: PersonID, to goal: Invitation.Goal) throws(StoreError) {
    switch goal {
    case .here(let group):
      try run(
        #"DELETE FROM invitation WHERE "group" = ? AND person = ?"#, .int(group.rawValue), .int(person.rawValue))
    case .elsewhere(let realm, let name):
      try run(
        "DELETE FROM invitation_elsewhere WHERE person = ? AND realm = ? AND name = ?", .int(person.rawValue),
        .text(realm), .text(name))
    }
  }
}

extension StoreReader {
  /// The newest invitations of somebody, in order of time.
  ///
  /// - Parameter untold: only those that the invited has not been told of.
  func invitations(of person: PersonID, limit: Int, untold: Bool = false) throws(StoreError) -> [Invitation] {
    let condition = untold ? "AND is_told <> 1" : ""
    return try log.rows(
      #"""
      SELECT "group", NULL AS realm, NULL AS name, inviter, time, is_told FROM invitation
      WHERE person = ?1 \#(condition) UNION ALL
      SELECT 0, realm, name, inviter, time, is_told FROM invitation_elsewhere WHERE person = ?1 \#(condition)
      ORDER BY time DESC, 2 DESC, 3 DESC, 1 DESC LIMIT ?2
      """#, .int(person.rawValue), .int(Int64(limit))
    ) {
      Invitation(
        goal: $0.isNull(1) ? .here(GroupID(rawValue: $0.int(0))) : .elsewhere(realm: $0.text(1), name: $0.text(2)),
        inviter: $0.text(3), time: $0.int(4), isTold: $0.int(5) == 1, waits: $0.int(5) == 2)
    }.reversed()
  }
}
