/// Who may see what: asked by everything that shows a group, a person, or what was said. `VisibilityTests` holds every
/// command that reads against it.
extension Realm {
  /// Whether a group is there for a session: a secret one is for members and for those invited, and for everyone else
  /// it is as if it did not exist.
  func canSee(_ group: Group, _ session: Session) -> Bool {
    guard group.modes.contains(.secret) else { return true }
    return session.user.map { canSee(group, $0.id) } ?? false
  }

  func canSee(_ group: Group, _ person: PersonID) -> Bool {
    !group.modes.contains(.secret) || group.members[person] != nil || group.invited[person] != nil
  }

  /// Whether a mask finds a user: one who is invisible is found by those it shares a group with. By name everyone is
  /// found.
  func canFind(_ user: User, _ session: Session) -> Bool {
    guard user.modes.contains(.invisible), user !== session.user, !session.isOperator else { return true }
    return session.user?.groups.keys.contains { user.groups[$0] != nil } ?? false
  }

  /// From where on somebody may look back in a group; nil for nowhere.
  func readable(_ group: Group, by user: User) -> GroupSince? {
    guard let member = group.members[user.id], let since = group.readable(by: member) else { return nil }
    return GroupSince(group: group.id, since: since, notBefore: historyBegins(group))
  }

  /// Whether the invisible members of a group are named to a session (Modern IRC, "NAMES message").
  func seesInvisible(_ group: Group, _ session: Session) -> Bool {
    session.isOperator || session.user.map { group.members[$0.id] != nil } ?? false
  }
}

extension Group {
  /// The first number of its log that a member may look back to; nil for none. Who is no member reads nothing.
  func readable(by member: Member) -> Int64? {
    switch modes.lookingBack {
    case .joined: member.since
    case .all: 1
    case .none: nil
    }
  }
}
