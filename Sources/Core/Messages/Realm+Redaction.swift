import Wire

/// REDACT (IRCv3 draft/message-redaction): a message is taken back by who wrote it, or by a higher rank. There is no
/// time after which that is too late: people notice what they have pasted when they notice it.
extension Realm {
  func redact(_ session: Session, _ input: Input) {
    let reason = wholeText(input.slice(2).prefix(settings.limits.reasonBytes))
    withMessage(session, "REDACT", input.text(0), input.text(1)) { realm, user, found, place in
      var message = Message(kind: .redact, tags: [], body: Redaction.body(found.entry.id, Array(reason)))
      message.revised = found
      switch place {
      case .group(let group):
        guard realm.problem(redacting: found, by: user.id, in: group) == nil else {
          return realm.refuseRedaction(session, input)
        }
        if let home = group.home { return realm.send(session, user, message, toReplica: group, home) }
        realm.noteRemoval(found.entry, by: session, in: group)
        realm.say(realm.said(user.source, message, to: group.name), message, session, user, to: group)
      case .person(let person):
        guard found.entry.sender == user.id else { return realm.refuseRedaction(session, input) }
        guard let name = realm.personName(of: person), let peer = realm.peer(name.realm) else {
          return realm.deliver(session, user, message, to: person, realm.users[person])
        }
        realm.send(session, user, message, to: name.name, of: peer)
      }
    }
  }

  private func refuseRedaction(_ session: Session, _ input: Input) {
    fail(
      session, "REDACT", "REDACT_FORBIDDEN", [input.text(0), input.text(1)],
      "You are not authorised to delete this message")
  }

  /// Why somebody may not take back what was said in a group; nil where it may.
  func problem(redacting found: FoundEntry?, by person: PersonID, in group: Group) -> String? {
    guard let found, found.entry.kind.canBeTakenBack else { return "There is no such message" }
    guard let member = group.members[person] else { return "You are not a member" }
    let isOwn = found.entry.sender == person
    guard isOwn || member.ranks.outranks(group.ranks(of: found.entry.sender)) else { return "It is not yours" }
    return nil
  }

  private func noteRemoval(_ entry: Entry, by session: Session, in group: Group) {
    guard entry.sender != session.user?.id else { return }
    note(
      "group", "message removed",
      ["group": group.name, "by": noted(session), "of": author(of: entry), "id": entry.id.text])
  }

  // MARK: carrying it out

  /// Does to a message in the log, wherever that has it, what the one that was just logged says of it.
  func revise(_ message: Message, by position: Position) { revise(message.revised, message.kind, by: position) }

  func revise(_ found: FoundEntry?, _ kind: EntryKind, by position: Position) {
    guard let found else { return }
    guard kind != .redact else {
      for copy in found.copies { turn.writes.append(.erased(copy)) }
      return
    }
    for copy in found.copies where copy != found.entry.position { turn.writes.append(.edited(copy, by: position)) }
    turn.writes.append(.edited(found.entry.position, by: position))
  }

  /// Whether what another realm says of a message can be so: an edit is the author's own.
  func mayRevise(_ letter: Letter, _ found: FoundEntry, by sender: PersonID) -> Bool {
    letter.kind == .redact ? found.entry.kind.canBeTakenBack : Edit.fits(letter.kind, of: sender, for: found.entry)
  }

  private func carryOut(_ revision: Revision) {
    turn.writes.append(.revised(revision.entry.position))
    guard !revision.isApart else { return }
    let entry = revision.entry
    guard let found = revision.of else {
      if let id = entry.revised { turn.writes.append(.stray(entry.position, of: id)) }
      return
    }
    guard found.entry.kind.canBeTakenBack else { return }
    // The home speaks for its members, but nobody puts words into the mouth of another.
    guard entry.kind == .redact || Edit.fits(entry.kind, of: entry.sender, for: found.entry) else { return }
    revise(found, entry.kind, by: entry.position)
  }

  // MARK: edits

  /// A message that edits another one: it is said as any other, once it is clear that it may.
  func edit(_ session: Session, _ message: Message, _ id: String, to target: String) {
    guard message.rank.isEmpty, message.kind != .tagMessage else {
      return fail(session, "EDIT", "INVALID_TARGET", [target, id], "What is not kept, or has no text, is not edited")
    }
    withMessage(session, "EDIT", target, id) { realm, user, found, _ in
      guard Edit.fits(message.kind, of: user.id, for: found.entry) else {
        return realm.fail(session, "EDIT", "EDIT_FORBIDDEN", [target, id], "You can edit your own messages only")
      }
      var message = message
      message.revised = found
      message.tags = Edit.tags(message.tags, naming: found.entry.id)
      realm.send(session, message, to: target)
    }
  }

  // MARK: finding messages

  /// Where a message is that a command names.
  enum Place {
    case group(Group)
    case person(PersonID)
  }

  /// Finds the message that a command names by target and id, among what the session may read; answers if there is none
  /// (draft/message-redaction, "Errors"). Ids can be guessed, so what is not to be seen is not there.
  func withMessage(
    _ session: Session, _ command: String, _ target: String, _ id: String,
    then body: @escaping (Realm, User, FoundEntry, Place) -> Void
  ) {
    guard !diskLow else {
      return fail(
        session, command, "TEMPORARILY_UNAVAILABLE", [target, id], "The server's disk is full: try again later")
    }
    withPlace(session, command, target) { realm, user, place, since in
      func refuse(_ realm: Realm) {
        realm.fail(session, command, "UNKNOWN_MSGID", [target, id], "This message does not exist or is too old")
      }
      guard let named = MessageID(id.utf8) else { return refuse(realm) }
      realm.ask(.entry(named, place.conversation(of: user)), for: session) { realm, answer in
        guard case .entry(let found) = answer else {
          return realm.fail(session, command, "TEMPORARILY_UNAVAILABLE", [target, id], answer.problem)
        }
        guard let found, found.entry.kind.canBeTakenBack, found.entry.number >= since, realm.isKept(found.entry),
          realm.isStill(user, in: place)
        else { return refuse(realm) }
        body(realm, user, found, place)
      }
    }
  }

  private func withPlace(
    _ session: Session, _ command: String, _ target: String,
    then body: @escaping (Realm, User, Place, Int64) -> Void
  ) {
    let address = Address(target, home: settings.realm)
    func refuse(_ realm: Realm) {
      realm.fail(session, command, "INVALID_TARGET", [target], "There is no such conversation, or it is not yours")
    }
    guard let user = session.user else { return refuse(self) }
    guard address.isGroup else {
      // What an account was told stays to be taken back after it was deleted.
      guard !user.isGuest, let person = person(address.text) ?? accountNames[fold(address.text)], person.rawValue > 0
      else { return refuse(self) }
      return body(self, user, .person(person), 0)
    }
    withGroup(address.text, session) { realm, group in
      guard let group, let member = group.members[user.id] else { return refuse(realm) }
      body(realm, user, .group(group), group.readable(by: member) ?? member.since)
    }
  }

  /// Whether a user is still where it was when a question was asked.
  private func isStill(_ user: User, in place: Place) -> Bool {
    guard case .group(let group) = place else { return true }
    return groups[group.id] === group && group.members[user.id] != nil
  }

  // MARK: from other realms

  /// The message that a letter takes back or edits. While it is looked for, the letter is not taken.
  func lookUp(_ letter: Letter, in conversation: Conversation, from peer: Peer) -> Lookup.Result {
    guard let id = letter.revised else { return .found(nil) }
    if let lookup = peer.sharing.lookup, lookup.letter == letter.id {
      if case .found = lookup.result { peer.sharing.lookup = nil }
      return lookup.result
    }
    peer.sharing.lookup = Lookup(letter: letter.id)
    ask(.entry(id, conversation), for: nil) { realm, answer in
      guard peer.sharing.lookup?.letter == letter.id else { return }
      guard case .entry(let found) = answer else {
        peer.sharing.lookup = nil
        peer.sharing.retriesTaking = true
        return
      }
      peer.sharing.lookup?.result = .found(found)
      realm.takeOn(from: peer)
    }
    return .pending
  }

  /// An entry of a replica takes another one back or edits it: that is looked for, also after a restart.
  func noteRevision(_ entry: Entry) {
    turn.writes.append(.revision(entry.position))
    revisionsNoted += 1
    revises = true
    reviseOn()
  }

  /// Goes on with what replicas have taken back and edited.
  func reviseOn() {
    guard revises, !isRevising else { return }
    isRevising = true
    let noted = revisionsNoted
    ask(.revisions(limit: Limits.revisions), for: nil) { realm, answer in
      realm.isRevising = false
      guard case .revisions(let revisions) = answer else { return }  // tried again with the next tick
      for revision in revisions { realm.carryOut(revision) }
      realm.revises = !revisions.isEmpty || realm.revisionsNoted != noted
      realm.reviseOn()
    }
  }
}

extension Realm.Place {
  func conversation(of user: User) -> Conversation {
    switch self {
    case .group(let group): .group(group.id)
    case .person(let person): .pair(user.id, person)
    }
  }
}
