import Wire

/// What waits of strangers besides their messages: invitations to groups, and what guests say (docs/decisions/0019).
extension Realm {
  // MARK: invitations

  /// Takes an invitation of one of our people: it is shown, or waits until its inviter is let in.
  ///
  /// - Parameters:
  ///   - line: how it is shown, where that is not as it will be later.
  ///   - inviter: nil where that is nobody known, or not certain.
  func take(_ invitation: Invitation, as line: Outgoing? = nil, by inviter: PersonID?, for person: PersonID) {
    let isStranger: Admission = requests(of: person) == .none ? .isOpen : .waits
    switch inviter.map({ admission(of: $0, to: person) }) ?? isStranger {
    case .isOpen: show(invitation, as: line, to: person)
    case .waits: if keepWaiting(invitation, for: person) { tellWaiting(invitation, for: person) }
    case .isUnclear:
      let isNews = keepWaiting(invitation, for: person)
      guard let inviter else { return }
      ask(Self.firstMessage(of: inviter, to: person), for: nil) { realm, answer in
        // Meanwhile it may have been let in, or declined.
        let user = realm.users[person]
        guard user == nil || user?.waitingInvitations.contains(where: { $0.goal == invitation.goal }) == true else {
          return
        }
        guard case .history(let entries) = answer, !entries.isEmpty else {
          if isNews { realm.tellWaiting(invitation, for: person) }
          return
        }
        realm.noteKnown(inviter, to: person)
        realm.show(invitation, as: line, to: person)
      }
    }
  }

  private func show(_ invitation: Invitation, as line: Outgoing? = nil, to person: PersonID) {
    let user = users[person]
    var shown = invitation
    shown.isTold = user != nil
    shown.waits = false
    user?.waitingInvitations.removeAll { $0.goal == invitation.goal }
    if person.rawValue > 0 { note(shown, of: person) }
    guard let user, let line = line ?? self.line(of: shown, to: user) else { return }
    for session in user.sessions { sendInOrder(line, to: session) }
  }

  /// - Returns: whether the invited is to be told: not of more by the same, nor where too many wait and it is dropped.
  private func keepWaiting(_ invitation: Invitation, for person: PersonID) -> Bool {
    var kept = invitation
    kept.waits = true
    kept.isTold = false
    guard let user = users[person] else {
      note(kept, of: person)
      return false
    }
    let isFirst = !user.waitingInvitations.contains { sameName($0.inviter.utf8, invitation.inviter.utf8) }
    let others = user.waitingInvitations.filter { $0.goal != invitation.goal }
    guard others.count < Limits.invitationsListed else { return false }
    user.waitingInvitations = others + [kept]
    note(kept, of: person)
    return isFirst
  }

  private func tellWaiting(_ invitation: Invitation, for person: PersonID) {
    guard let user = users[person], let group = groupName(invitation.goal) else { return }
    let name = invitation.inviter
    tellWaiting(
      name, "\(name) invites you to \(group): say REQUESTS ACCEPT \(name) to let them, or REQUESTS DECLINE \(name)",
      to: user)
  }

  /// Who is let in invites as everybody does.
  func admitInvitations(by name: String, to user: User) {
    for invitation in user.waitingInvitations where sameName(invitation.inviter.utf8, name.utf8) {
      show(invitation, to: user.id)
    }
  }

  /// Somebody, or a whole realm, is declined or blocked.
  func declineInvitations(by target: PreferenceTarget, to user: User) {
    switch target {
    case .person(let person): declineInvitations(by: name(of: person), to: user)
    case .realm(let realm):
      for invitation in user.waitingInvitations {
        let inviter = Address(invitation.inviter, home: settings.realm)
        if inviter.realm == realm { decline(invitation, to: user) }
      }
    case .group: break
    }
  }

  func declineInvitations(by name: String, to user: User) {
    for invitation in user.waitingInvitations where sameName(invitation.inviter.utf8, name.utf8) {
      decline(invitation, to: user)
    }
  }

  private func decline(_ invitation: Invitation, to user: User) {
    if case .here(let group) = invitation.goal { groups[group]?.invited[user.id] = nil }
    forgetInvitation(of: user.id, to: invitation.goal)
  }

  // MARK: guests

  func admission(ofGuest guest: PersonID, to person: PersonID) -> Admission {
    guard requests(of: person) == .all, let user = users[person] else { return .isOpen }
    return user.guestRequests.letIn.contains(guest) ? .isOpen : .waits
  }

  /// What a guest has said waits from now on.
  func hold(_ said: Outgoing, _ message: Message, of guest: PersonID, for user: User) {
    let isFirst = user.guestRequests.waiting[guest] == nil
    let held = GuestRequests.Waiting(line: said, needed: message.kind.needed)
    user.guestRequests.waiting[guest] = (user.guestRequests.waiting[guest] ?? []) + [held]
    users[guest]?.strangerTo[user.id] = true
    if isFirst { tellRequest(of: guest, to: user) }
  }

  func letIn(guest: PersonID, by user: User) {
    guard let stranger = users[guest] else { return }
    stranger.strangerTo[user.id] = true
    user.guestRequests.letIn.insert(guest)
    let waiting = user.guestRequests.waiting[guest] ?? []
    user.guestRequests.waiting[guest] = nil
    for said in waiting { sendToAll(said.line, of: user, needing: said.needed) }
  }

  /// A guest has gone.
  func forget(_ guest: User) {
    for person in guest.strangerTo.keys {
      users[person]?.guestRequests.letIn.remove(guest.id)
      users[person]?.guestRequests.waiting[guest.id] = nil
    }
  }
}
