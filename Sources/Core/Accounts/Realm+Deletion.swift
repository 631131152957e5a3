import Wire

/// The end of an account, by its owner or by the operators. It is shut out at once and for good; then its memberships
/// end, one by one as its groups are read. However often that is interrupted, it goes on until it is done.
extension Realm {
  /// UNREGISTER `<account> <password>`, a vendor command: the name confirms that this is meant.
  func unregister(_ session: Session, _ input: Input) {
    deleteOwnAccount(session, name: input.text(0), secret: Array(input.slice(1))) { realm, problem in
      if let problem { return realm.fail(session, "UNREGISTER", problem.code, [input.text(0)], problem.text) }
      realm.standardReply(session, "NOTE", "UNREGISTER", "ACCOUNT_DELETED", [input.text(0)], Self.accountDeleted)
    }
  }

  static let accountDeleted = "Your account is deleted. What you have said stays; your name is not given to anybody"

  /// Deletes the account of a session whose user gives its name and its password.
  ///
  /// - Parameter done: gets nil, or what is wrong; with nil, all sessions of the account end after it.
  func deleteOwnAccount(
    _ session: Session, name: String, secret: [UInt8],
    then done: @escaping (Realm, (code: String, text: String)?) -> Void
  ) {
    guard let user = session.user, !user.isGuest else {
      return done(self, ("ACCOUNT_REQUIRED", "Guests have no account"))
    }
    let address = Address(name, home: settings.realm)
    guard address.realm == nil, fold(address.name) == fold(user.account) else {
      return done(self, ("INVALID_PARAMS", "To delete your account for good, name it: \(user.account)"))
    }
    ask(.verify(user.id, secret: secret), for: session) { realm, answer in
      guard case .verified(let verified) = answer else {
        return done(realm, ("TEMPORARILY_UNAVAILABLE", "Not deleted: \(answer.problem)"))
      }
      // A token is good for what a device does, and no more.
      guard verified == .password, let account = realm.accounts[user.id] else {
        done(realm, ("INVALID_CREDENTIALS", "The password is wrong"))
        return realm.loginFailed(session, user.id)
      }
      realm.note("account", "deleted by its owner", ["account": account.name, "from": session.host])
      done(realm, nil)
      realm.beginDeletion(of: account)
    }
  }

  /// - Parameter done: gets nil, or why it is not done yet.
  func beginDeletion(of account: AccountRecord, then done: @escaping (String?) -> Void = { _ in }) {
    setFlags(account, account.flags.union([.suspended, .ending]))
    dropSessions(of: account.id, "This account was deleted")
    continueDeletion(of: account.id, then: done)
  }

  /// Goes on with what was interrupted: by the end of the process, or because the store could not be read.
  func continueDeletions() {
    for (person, isUnderWay) in zip(deletions.keys, deletions.values) where !isUnderWay { continueDeletion(of: person) }
  }

  private func continueDeletion(of person: PersonID, then done: @escaping (String?) -> Void = { _ in }) {
    deletions[person] = true
    ask(.loadAccount(person), for: nil) { realm, answer in
      guard case .account(let state) = answer, let account = realm.accounts[person] else {
        realm.deletions[person] = false
        return done(answer.problem)
      }
      realm.endMemberships(of: account, state.groups[...]) { problem in
        if let problem {
          realm.deletions[person] = false
          return done(problem)
        }
        realm.deletions[person] = nil
        realm.endWebhooks(of: person)
        realm.pushes[person] = nil
        realm.accounts[person]?.flags = .deleted
        realm.clearMetadata(of: person)
        realm.preferences[person] = nil
        realm.endRequests(of: person)
        realm.endFiles(of: person)
        realm.turn.writes.append(.accountDeleted(person))
        done(nil)
      }
    }
  }

  /// `done` gets nil, or what went wrong.
  private func endMemberships(
    of account: AccountRecord, _ groups: ArraySlice<GroupID>, then done: @escaping (String?) -> Void
  ) {
    guard let first = groups.first else { return done(nil) }
    loadGroup(first) { [unowned self] group in
      if group == nil, let name = restingGroups[first] { return done("\(name) cannot be read now") }
      if let group, group.members[account.id] != nil { end(membershipOf: account, in: group) }
      endMemberships(of: account, groups.dropFirst(), then: done)
    }
  }

  private func end(membershipOf account: AccountRecord, in group: Group) {
    if let home = group.home { return leaveReplica(account, group, home, Array("Account deleted".utf8)) }
    let source = Array("\(account.name)!\(account.name)@\(settings.realm)".utf8)
    var line = LineBuilder(source: source, "PART")
    line.word(group.name)
    line.text("Account deleted")
    let entry = log(group, .part, sender: account.id, nick: [], Array(":Account deleted".utf8))
    broadcast(outgoing(line.bytes, entry), to: group, position: entry.position)
    let wasOwner = group.ranks(of: account.id).contains(.owner)
    removeMember(account.id, from: group)
    if wasOwner, !group.ended { findOwner(for: group) }
  }

  /// A group whose last owner is gone for good gets another: who has the highest rank, and of those who came first.
  private func findOwner(for group: Group) {
    let heirs = zip(group.members.keys, group.members.values).filter { person, _ in
      person.rawValue > 0 && accounts[person]?.flags.isDisjoint(with: [.webhook, .suspended]) != false
    }
    let first = heirs.max { ($0.1.ranks.height, -$0.1.since) < ($1.1.ranks.height, -$1.1.since) }
    guard let (heir, member) = first, !member.ranks.contains(.owner) else { return }
    let ranks = member.ranks.union([.owner, .groupOperator])
    group.members[heir]?.ranks = ranks
    turn.writes.append(.member(group.id, MemberRecord(person: heir, ranks: ranks, since: member.since)))
    announceRanks(ranks.subtracting(member.ranks), of: heir, in: group)
  }

  @discardableResult
  func dropSessions(of person: PersonID, _ reason: String) -> Int {
    let sessions = users[person]?.sessions ?? []
    for session in sessions { close(session, reason) }
    return sessions.count
  }
}
