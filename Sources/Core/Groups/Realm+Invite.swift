import Wire

/// INVITE: into groups of this realm and of others, and what somebody is invited to (Modern IRC, "INVITE message").
extension Realm {
  func invite(_ session: Session, _ input: Input) {
    guard input.count > 0 else { return listInvitations(session) }
    guard input.count > 1 else { return reply(session, .needMoreParams, ["INVITE"], "Not enough parameters") }
    withInvitee(session, input.text(0)) { realm, name in realm.invite(session, name, to: input.text(1)) }
  }

  /// Finds out whom an INVITE names: of somebody elsewhere the account, for realms know no nicks of each other. Answers
  /// 401 where there is nobody, or a guest.
  private func withInvitee(_ session: Session, _ name: String, then body: @escaping (Realm, String) -> Void) {
    let address = Address(name, home: settings.realm)
    guard session.caught == nil, let peer = peer(of: address) else { return body(self, name) }
    guard session.user?.isGuest != true else { return reply(session, .noSuchNick, [name], guestsStay(settings.realm)) }
    guard peer.presence[fold(address.name)] == nil else { return body(self, name) }
    query(session, peer, "WHOIS", [address.name]) { realm, replies in
      // What cannot be found out may be.
      guard let replies else { return body(realm, name) }
      if let found = replies.first(where: { $0.command == Numeric.whoisAccount.digits && $0.words.count == 2 }) {
        return body(realm, realm.translated(found.words[1], from: peer.name))
      }
      let isGuest = replies.contains { $0.command == Numeric.whoisUser.digits }
      realm.reply(session, .noSuchNick, [name], isGuest ? realm.guestsStay(peer.name) : "No such nick")
    }
  }

  func guestsStay(_ realm: String) -> String { "Guests chat within \(realm) only" }

  /// Whether somebody of this realm can be invited into a group of another one; answers 401 if not.
  private func canGo(_ session: Session, _ name: String, to group: Group) -> Bool {
    guard group.home != nil, Address(name, home: settings.realm).realm == nil else { return true }
    let person = person(name)
    guard person.map({ $0.rawValue > 0 }) != true else { return true }
    reply(session, .noSuchNick, [name], person == nil ? "No such nick" : guestsStay(settings.realm))
    return false
  }

  private func invite(_ session: Session, _ name: String, to group: String) {
    withVisibleGroup(session, group) { realm, group in
      guard realm.canGo(session, name, to: group) else { return }
      let isElsewhere = realm.forward(session, group, "INVITE") { home in
        [realm.translated(name, for: home), realm.referenceAtHome(group)]
      }
      guard !isElsewhere, realm.isMember(session, group), let user = session.user else { return }
      guard !group.modes.contains(.inviteOnly) || group.ranks(of: user.id).canModerate else {
        return realm.reply(session, .chanOpPrivsNeeded, [group.name], "You're not channel operator")
      }
      guard let guest = realm.addressee(name) else {
        return realm.reply(session, .noSuchNick, [name], "No such nick")
      }
      guard group.members[guest] == nil else {
        return realm.reply(session, .userOnChannel, [name, group.name], "is already on channel")
      }
      realm.invite(session, user, guest, to: group)
    }
  }

  private func invite(_ session: Session, _ user: User, _ guest: PersonID, to group: Group) {
    guard group.invited.count < settings.limits.members else {
      return reply(session, .unknownError, ["INVITE"], "Too many invitations are open")
    }
    guard !isBlocked(user.id, by: guest) else {
      // Nobody can tell the difference.
      reply(session, .inviting, [name(of: guest), group.name])
      tellInvitation(of: guest, to: group, by: user, except: session)
      return tellInvitee(session, guest)
    }
    group.invited[guest] = true
    reply(session, .inviting, [name(of: guest), group.name])
    tellInvitation(of: guest, to: group, by: user, except: session)
    let isElsewhere = realm(of: guest) != nil
    let kept = Invitation(
      goal: .here(group.id), inviter: personName(of: user).name, time: now,
      isTold: isElsewhere || users[guest] != nil)
    if isElsewhere {
      note(kept, of: guest)
      return tellInvitation(of: guest, to: group, by: user, session)
    }
    let line = users[guest].map { invitation(of: $0.nick, to: group, by: user) }
    take(kept, as: line, by: user.id, for: guest)
    tellInvitee(session, guest)
  }

  /// Tells who invites that the invited is not there, or away.
  private func tellInvitee(_ session: Session, _ guest: PersonID) {
    guard realm(of: guest) == nil else { return }
    guard let invitee = users[guest] else {
      return reply(session, .away, [name(of: guest)], "\(Self.notConnected): they are told when they come")
    }
    if let away = invitee.away { reply(session, .away, [invitee.nick], away) }
  }

  /// Stores an invitation of somebody of this realm, or of another one to a group of ours.
  func note(_ invitation: Invitation, of guest: PersonID) {
    turn.writes.append(.invited(guest, invitation))
    // What is being read of the account may be older than this.
    if loadingAccounts[guest] != nil, !invitation.isTold { gainedInvitations[guest, default: []].append(invitation) }
  }

  private func invitation(of nick: String, to group: Group, by user: User) -> Outgoing {
    var line = LineBuilder(source: user.source, "INVITE")
    line.word(nick)
    line.word(group.name)
    return outgoing(line, of: user)
  }

  /// Tells the members who could have invited too (IRCv3 invite-notify).
  private func tellInvitation(of guest: PersonID, to group: Group, by user: User, except session: Session) {
    let out = invitation(of: name(of: guest), to: group, by: user)
    for member in group.members.values where member.ranks.canModerate {
      for other in member.user?.sessions ?? [] where other !== session && other.has(.inviteNotify) {
        sendInOrder(out, to: other)
      }
    }
  }

  // MARK: other realms

  /// A person whom a command names: one of another realm need not be known yet.
  func addressee(_ text: String) -> PersonID? {
    let address = Address(text, home: settings.realm)
    guard peer(of: address) != nil else { return person(text) }
    return personElsewhere(address.name, of: address.realm ?? "")
  }

  /// Tells somebody of another realm that it is invited to one of our groups.
  private func tellInvitation(of guest: PersonID, to group: Group, by user: User, _ session: Session) {
    guard let name = personName(of: guest), let peer = peer(name.realm), let from = personName(of: user.id) else {
      return
    }
    let posting = post(.invitation(from: from, to: name.name, group: group.id.rawValue, name: group.name), to: peer)
    let context = [self.name(of: guest), group.name]
    switch posting {
    case .sent: break
    case .waits: standardReply(session, "NOTE", "INVITE", "WAITING", context, waitingText(peer))
    case .refused(let why): fail(session, "INVITE", "TEMPORARILY_UNAVAILABLE", context, "They are not told: \(why)")
    }
  }

  /// One of our people is invited to a group of another realm.
  func takeInvitation(from inviter: PersonName, to account: String, _ name: String, _ peer: Peer) {
    guard let person = accountHere(account), Names.isGroup(name), !isBlocked(named: self.name(inviter), by: person),
      !isBlocked(realm: peer.name, by: person)
    else { return }
    let invitation = Invitation(
      goal: .elsewhere(realm: peer.name, name: name), inviter: self.name(inviter), time: now,
      isTold: users[person] != nil)
    // A realm vouches for its own people alone: who else is said to invite may not have done so.
    let isCertain = inviter.realm == peer.name
    take(invitation, by: isCertain ? accountNames[fold(self.name(inviter))] : nil, for: person)
  }

  /// Somebody has become a member of a group of another realm: it was invited for this.
  func endInvitation(of person: PersonID, to replica: Group) {
    guard realm(of: person) == nil, let home = replica.home else { return }
    forgetInvitation(of: person, to: .elsewhere(realm: home.realm, name: nameAtHome(replica)))
  }

  /// A group of another realm is not there for somebody who wanted to join it: neither is an invitation, if it had one.
  func endInvitation(of user: User?, to group: String) {
    let address = Address(group, home: settings.realm)
    guard let user, let realm = address.realm else { return }
    forgetInvitation(of: user.id, to: .elsewhere(realm: realm, name: address.name))
  }

  func forgetInvitation(of person: PersonID, to goal: Invitation.Goal) {
    turn.writes.append(.invitationRemoved(person, goal))
    users[person]?.waitingInvitations.removeAll { $0.goal == goal }
  }

  // MARK: what somebody is invited to

  /// The group's name as it is here now; nil where there is none any more.
  func groupName(_ goal: Invitation.Goal) -> String? {
    switch goal {
    case .here(let group): restingGroups[group]
    case .elsewhere(let realm, let name): peer(realm).map { "\(name)/\($0.name)" }
    }
  }

  /// An invitation as its line; nil where the group has ended.
  func line(of invitation: Invitation, to user: User) -> Outgoing? {
    guard let group = groupName(invitation.goal) else { return nil }
    let hasAccount = invitation.inviter.contains("/") || accountNames[fold(invitation.inviter)] != nil
    let account = hasAccount ? invitation.inviter : ""
    var line = LineBuilder(source: source(nick: Array(invitation.inviter.utf8), account: account), "INVITE")
    line.word(user.nick)
    line.word(group)
    var out = Outgoing(line: line.bytes)
    out.time = invitation.time
    out.account = Array(account.utf8)
    return out
  }

  /// After log-in: invitations that came while nobody was there to be told.
  func tellInvitations(_ session: Session, _ user: User) {
    guard !user.invitations.isEmpty else { return }
    for invitation in user.invitations {
      if let line = line(of: invitation, to: user) { send(line, to: session) }
    }
    user.invitations = []
    turn.writes.append(.invitationsTold(user.id))
  }

  /// RPL_INVITELIST: the groups that the session's user is invited to.
  private func listInvitations(_ session: Session) {
    guard let user = session.user else { return }
    guard !user.isGuest else {
      // Those of guests are in memory only.
      turn.rowsSearched += groups.count
      return show(groups.values.filter { $0.invited[user.id] != nil }.map(\.name), to: session)
    }
    ask(.invitations(user.id, limit: Limits.invitationsListed), for: session) { realm, answer in
      guard case .invitations(let invitations) = answer else {
        return realm.fail(session, "INVITE", "TEMPORARILY_UNAVAILABLE", [], "Not listed: \(answer.problem)")
      }
      realm.show(invitations.filter { !$0.waits }.compactMap { realm.groupName($0.goal) }, to: session)
    }
  }

  private func show(_ groups: [String], to session: Session) {
    for group in groups { reply(session, .inviteList, [group]) }
    reply(session, .endOfInviteList, [], "End of /INVITE list")
  }
}
