import Wire

/// What all commands on groups share: finding one, seeing one, its log, its members.
extension Realm {
  /// The group of that name, loaded if need be while the session waits; nil if there is none.
  func withGroup(_ name: String, _ session: Session, then body: @escaping (Realm, Group?) -> Void) {
    guard let id = groupNames[fold(name)] else { return body(self, nil) }
    hold(session)
    loadGroup(id) { [unowned self] group in
      release(session) {
        guard !session.closed else { return }
        guard group != nil || restingGroups[id] == nil else {
          return fail(session, "*", "TEMPORARILY_UNAVAILABLE", [name], "The group cannot be read now: try again later")
        }
        body(self, group)
      }
    }
  }

  /// The group an input names, for commands of members and others who may see it. Answers 403 for one that does not
  /// exist, lies in a realm that is not linked, or is secret; 442 for one of another realm without members here.
  func withVisibleGroup(
    _ session: Session, _ text: String, then body: @escaping (Realm, Group) -> Void
  ) {
    let address = Address(text, home: settings.realm)
    withGroup(address.text, session) { realm, group in
      guard let group, realm.canSee(group, session) else {
        return realm.withUnseenGroup(session, address) { realm, isThere, why in
          guard !isThere else { return realm.reply(session, .notOnChannel, [text], "You're not on that channel") }
          realm.reply(session, .noSuchChannel, [text], why)
        }
      }
      body(realm, group)
    }
  }

  /// The prefix shown before a member: all of them with multi-prefix, else the highest.
  func prefix(_ ranks: Ranks, _ session: Session) -> String {
    session.has(.multiPrefix) ? ranks.prefixes : String(ranks.prefixes.prefix(1))
  }

  // MARK: the log

  /// Appends an entry to a group's log.
  ///
  /// - Parameter id: nil for one that is made now; a message of another realm has its own.
  func log(
    _ group: Group, _ kind: EntryKind, sender: PersonID, nick: [UInt8], id: MessageID? = nil, tags: [UInt8] = [],
    _ body: [UInt8]
  ) -> Entry {
    group.lastNumber += 1
    lastPosition += 1
    let entry = Entry(
      position: lastPosition, target: .group(group.id), number: group.lastNumber, kind: kind, time: now,
      sender: sender, nick: nick, id: id ?? nextMessageID(), tags: tags, body: body)
    group.lastID = entry.id
    group.lastTime = entry.time
    turn.writes.append(.entry(entry))
    if let followers = group.followers { note(entry, for: followers) }
    if group.hasWebhooks { deliver(entry, of: group.id) }
    return entry
  }

  @discardableResult
  func log(_ group: Group, _ kind: EntryKind, by user: User, tags: [UInt8] = [], _ body: [UInt8]) -> Entry {
    log(group, kind, sender: user.sender, nick: user.loggedNick, tags: tags, body)
  }

  /// A line about an entry, with its time, id and account.
  func outgoing(_ line: [UInt8], _ entry: Entry) -> Outgoing { outgoing(Outgoing(line: line), entry) }

  func outgoing(_ said: Outgoing, _ entry: Entry) -> Outgoing {
    var outgoing = said
    outgoing.time = entry.time
    outgoing.id = entry.id
    outgoing.clientTags = entry.tags
    outgoing.wasEdited = entry.wasEdited
    if entry.sender != .nobody, let sender = accounts[entry.sender] {
      outgoing.account = Array(sender.name.utf8)
      outgoing.isBot = sender.flags.contains(.bot)
    }
    return outgoing
  }

  /// Logs an event of a user in a group and tells everyone: the session that caused it as the answer to its command.
  ///
  /// - Parameter logged: what the log has instead of `body`: it names people by their accounts, never by free nicks.
  func announce(
    _ session: Session, _ group: Group, _ kind: EntryKind, _ command: String, body: [UInt8], logged: [UInt8]? = nil
  ) {
    guard let user = session.user else { return }
    var line = LineBuilder(source: user.source, command)
    line.word(group.name)
    var bytes = line.bytes
    if !body.isEmpty {
      bytes.append(32)
      bytes.append(contentsOf: body)
    }
    let entry = log(group, kind, by: user, logged ?? body)
    let out = outgoing(bytes, entry)
    broadcast(out, to: group, position: entry.position, except: session)
    sendHeldBackChanges(session)
    send(out, to: session)
  }

  // MARK: members

  /// Ends a membership in memory and in the store; the log and the line are the caller's.
  func removeMember(_ person: PersonID, from group: Group) {
    guard let member = group.members[person] else { return }
    group.members[person] = nil
    if let realm = realm(of: person) {
      group.count(-1, of: realm)
      if group.membersElsewhere[realm] == nil { endFollowing(group, by: realm) }
    } else if group.home != nil {
      group.noteLeaver(person, since: member.since, comings: comings)
    }
    if let user = member.user {
      user.groups[group.id] = nil
      group.liveMembers -= 1
    }
    group.audienceChanged()
    if person.rawValue > 0 { turn.writes.append(.memberRemoved(group.id, person)) }
    endIfEmpty(group)
    idleGroups.append(group.id)
  }

  /// A group ends with its last member; a replica with the last one of this realm.
  @discardableResult
  func endIfEmpty(_ group: Group) -> Bool {
    guard group.home == nil ? group.members.isEmpty : group.membersHere == 0 else { return false }
    end(group)
    return true
  }

  func end(_ group: Group) {
    guard !group.ended else { return }
    group.ended = true
    groups[group.id] = nil
    groupNames[fold(group.name)] = nil
    restingGroups[group.id] = nil
    endFollowing(group)
    endWebhooks(of: group.id)
    if let home = group.home { endReplica(group, home) }
    metadata[.group(group.id)] = nil
    turn.writes.append(.groupRemoved(group.id))
    note("group", "ended", ["group": group.name])
  }

  /// A member by nick or account, connected or not.
  func member(_ text: String, of group: Group) -> (person: PersonID, member: Member)? {
    guard let person = person(text), let member = group.members[person] else { return nil }
    return (person, member)
  }

  /// A person by nick while connected, or by account; one of another realm where this one knows it.
  func person(_ text: String) -> PersonID? {
    let address = Address(text, home: settings.realm)
    if let realm = address.realm { return accountNames[fold("\(address.name)/\(realm)")] }
    if let user = nicks[fold(address.name)] { return user.id }
    return accountHere(address.name)
  }

  /// What a person is in masks and lines: `nick!user@host`.
  func source(of person: PersonID) -> [UInt8] {
    if let user = users[person] { return user.source }
    let name = accounts[person]?.name ?? "*"
    return source(nick: Array(name.utf8), account: name)
  }

  /// A mask of many stars takes as long as several rows.
  private static let rowsPerMask = 4

  /// Whether one of a group's lists names somebody.
  ///
  /// - Parameter mutes: whether masks that only silence count.
  func isNamed(_ person: PersonID, in list: MaskList, of group: Group, mutes: Bool = false) -> Bool {
    guard !group.masks.isEmpty else { return false }
    // Under another nick an account is still the one that was banned.
    var sources = [source(of: person)]
    let account = accounts[person]?.name
    if let account, users[person].map({ $0.nick != account }) ?? false {
      sources.append(Array("\(account)!\(account)@\(settings.realm)".utf8))
    }
    turn.rowsSearched += group.masks.count * sources.count * Self.rowsPerMask
    return group.masks.contains { record in
      guard record.list == list else { return false }
      let mask = Mask(record.mask)
      guard mutes || !mask.isMute else { return false }
      guard !mask.isAccount else { return account.map { matches(mask: mask.pattern, $0.utf8) } ?? false }
      return sources.contains { matches(mask: mask.pattern, $0) }
    }
  }

  /// Whether a group's bans keep somebody out, or from speaking.
  func isBanned(_ person: PersonID, in group: Group, fromSpeaking: Bool = false) -> Bool {
    isNamed(person, in: .bans, of: group, mutes: fromSpeaking) && !isNamed(person, in: .exceptions, of: group)
  }
}
