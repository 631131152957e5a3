import Wire

/// Becoming a member and ceasing to be one: JOIN, PART, KICK, DELETE.
extension Realm {
  func join(_ session: Session, _ input: Input) {
    let names = input.text(0).split(separator: ",").map(String.init)
    guard !names.isEmpty else { return reply(session, .needMoreParams, ["JOIN"], "Not enough parameters") }
    if names == ["0"] {
      for group in session.user?.groups.values ?? [] { leave(session, group, []) }
      return
    }
    guard names.count <= Limits.joinTargets else {
      return reply(session, .tooManyTargets, [names[Limits.joinTargets]], "Too many groups in one JOIN")
    }
    let keys = input.text(1).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for (index, name) in names.enumerated() { join(session, name, key: index < keys.count ? keys[index] : "") }
  }

  private func join(_ session: Session, _ text: String, key: String) {
    let address = Address(text, home: settings.realm)
    guard Names.isGroup(address.name) else {
      return reply(session, address.isGroup ? .badChannelMask : .noSuchChannel, [text], Names.groupRule)
    }
    guard address.realm == nil else { return join(session, elsewhere: address, key: key) }
    withGroup(address.name, session) { realm, group in
      guard let user = session.user else { return }
      guard let group else {
        guard session.caught == nil else {
          return realm.reply(session, .noSuchChannel, [text], "No such channel: groups are made in their own realm")
        }
        // Somebody who waited for the same group, which had ended, may just have made it anew.
        if realm.groupNames[fold(address.name)] != nil { return realm.join(session, text, key: key) }
        return realm.found(session, user, address.name)
      }
      guard group.members[user.id] == nil else { return realm.offer(group, to: user.id) }
      guard realm.mayJoin(session, user, group, key: key) else { return }
      realm.add(session, user, to: group, ranks: user.id == group.founder ? [.owner, .groupOperator] : [])
    }
  }

  /// Becomes a member of a group of another realm, which decides.
  private func join(_ session: Session, elsewhere address: Address, key: String) {
    guard let user = session.user, hasRoom(session, user, address.text) else { return }
    if let id = groupNames[fold(address.text)], user.groups[id] != nil { return }
    request(session, user, "JOIN", address.text, [address.name] + (key.isEmpty ? [] : [key]))
  }

  private func mayJoin(_ session: Session, _ user: User, _ group: Group, key: String) -> Bool {
    guard hasRoom(session, user, group.name) else { return false }
    // The founder is always let in again.
    if user.id == group.founder { return true }
    if group.modes.contains(.accountsOnly), user.isGuest {
      reply(session, .needReggedNick, [group.name], "Cannot join channel (+R): you need an account")
      return false
    }
    // An invitation opens every other door (Modern IRC, "INVITE message").
    if group.invited[user.id] == nil, let refusal = refusal(user, group, key: key) {
      reply(session, refusal.numeric, [group.name], "Cannot join channel (\(refusal.mode)): \(refusal.why)")
      return false
    }
    if group.members.count >= settings.limits.members {
      reply(session, .channelIsFull, [group.name], "Cannot join channel: it has \(group.members.count) members")
      return false
    }
    return true
  }

  private func refusal(
    _ user: User, _ group: Group, key: String
  ) -> (numeric: Numeric, mode: String, why: String)? {
    if isBanned(user.id, in: group) { return (.bannedFromChan, "+b", "you are banned") }
    if group.modes.contains(.inviteOnly), !isNamed(user.id, in: .invited, of: group) {
      return (.inviteOnlyChan, "+i", "you need an invitation")
    }
    if let needed = group.modes.key, needed != key { return (.badChannelKey, "+k", "it needs a key: JOIN #group key") }
    if let limit = group.modes.limit, group.members.count >= limit {
      return (.channelIsFull, "+l", "it has \(group.members.count) members")
    }
    return nil
  }

  private func hasRoom(_ session: Session, _ user: User, _ name: String) -> Bool {
    if user.groups.count >= settings.limits.groupsPerAccount {
      reply(session, .tooManyChannels, [name], "You are in \(user.groups.count) groups: leave one first")
      return false
    }
    if diskLow {
      fail(session, "JOIN", "TEMPORARILY_UNAVAILABLE", [name], "The server's disk is full: try again later")
      return false
    }
    return true
  }

  /// Makes a group; who makes it is its founder.
  private func found(_ session: Session, _ user: User, _ name: String) {
    guard hasRoom(session, user, name) else { return }
    lastGroup += 1
    let id = GroupID(rawValue: lastGroup)
    let founder = user.isGuest ? PersonID.nobody : user.id
    let group = Group(
      GroupState(id: id, name: name, created: now, founder: founder, modes: [.noOutside, .topicLock]))
    groups[id] = group
    groupNames[fold(name)] = id
    restingGroups[id] = name
    turn.writes.append(.group(id, name: name, founder: founder, created: now, modes: group.modes))
    note("group", "made", ["group": name, "by": noted(session)])
    log(group, .create, by: user, Array(group.modes.text().utf8))
    add(session, user, to: group, ranks: [.owner, .groupOperator])
  }

  private func add(_ session: Session, _ user: User, to group: Group, ranks: Ranks) {
    let entry = log(group, .join, by: user, [])
    if let realm = realm(of: user.id) {
      group.members[user.id] = Member(ranks: ranks, since: entry.number, user: nil)
      group.count(1, of: realm)
      offer(group, to: user.id)
    } else {
      group.members[user.id] = Member(ranks: ranks, since: entry.number, user: user)
      group.liveMembers += 1
      group.audienceChanged()
      user.groups[group.id] = group
    }
    if !user.isGuest {
      turn.writes.append(.member(group.id, MemberRecord(person: user.id, ranks: ranks, since: entry.number)))
    }
    if group.invited[user.id] != nil {
      group.invited[user.id] = nil
      forgetInvitation(of: user.id, to: .here(group.id))
    }
    let out = joinLine(user, group, entry)
    broadcast(out, to: group, position: entry.position, except: session)
    // Of people elsewhere it is not known.
    if let away = user.away, realm(of: user.id) == nil {
      broadcast(awayLine(user, away), to: group, except: session, needing: .awayNotify)
    }
    sendHeldBackChanges(session)
    send(out, to: session)
    tellMetadata(ofJoining: user.id, group)
    for own in user.sessions { describe(group, to: own) }
    if !ranks.isEmpty { announceRanks(ranks, of: user.id, in: group, to: session) }
  }

  private func joinLine(_ user: User, _ group: Group, _ entry: Entry?) -> Outgoing {
    joinLine(user.source, account: user.account, realName: user.realName, group, entry)
  }

  /// The same of somebody who need not be connected.
  func joinLine(of person: PersonID, _ group: Group, _ entry: Entry?) -> Outgoing {
    if let user = users[person] { return joinLine(user, group, entry) }
    let name = name(of: person)
    return joinLine(source(of: person), account: name, realName: name, group, entry)
  }

  private func joinLine(
    _ source: [UInt8], account: String, realName: String, _ group: Group, _ entry: Entry?
  ) -> Outgoing {
    var line = LineBuilder(source: source, "JOIN")
    line.word(group.name)
    var extended = line
    extended.word(account.isEmpty ? "*" : account)
    extended.text(realName)
    var out = entry.map { outgoing(line.bytes, $0) } ?? Outgoing(line: line.bytes)
    out.account = Array(account.utf8)
    out.extendedLine = extended.bytes
    return out
  }

  /// A rank that the realm gives is an entry of the log like any other.
  ///
  /// - Parameter session: of who joins with it.
  func announceRanks(_ ranks: Ranks, of person: PersonID, in group: Group, to session: Session? = nil) {
    func change(_ name: String) -> [UInt8] {
      Array("+\(ranks.letters) \(Array(repeating: name, count: ranks.letters.count).joined(separator: " "))".utf8)
    }
    let entry = log(group, .mode, sender: .nobody, nick: serverSource, change(loggedName(of: person)))
    guard session == nil || group.liveMembers > 1 else { return }  // who founds a group reads the rank in NAMES
    var line = LineBuilder(source: serverSource, "MODE")
    line.word(group.name)
    line.word(change(name(of: person)))
    let out = outgoing(line.bytes, entry)
    broadcast(out, to: group, position: entry.position, except: session)
    if let session { send(out, to: session) }
  }

  /// What a client is told of a group it is in: topic, read marker, names, metadata.
  ///
  /// - Parameter syncs: whether its metadata is told with it.
  func describe(_ group: Group, to session: Session, syncs: Bool = true) {
    if group.topic != nil { sendTopic(group, to: session) }
    // Before the end of NAMES (IRCv3 draft/read-marker, "JOIN").
    if session.has(.readMarker) { sendMarker(.group(group.id), group.name, to: session) }
    if !session.has(.noImplicitNames) { sendNames(group, to: session) }
    if syncs, session.knowsMetadata { syncJoined(session, group) }
    tellReach(of: group, to: session)
  }

  /// After log-in: the groups an account is a member of, as if the client had joined them.
  func showGroups(_ session: Session, _ user: User) {
    for group in user.groups.values.sorted(by: { $0.id < $1.id }) {
      send(joinLine(user, group, nil), to: session)
      describe(group, to: session, syncs: false)
    }
    // All of them at once: whom one shares several groups with is told of once.
    if session.knowsMetadata, !user.groups.isEmpty { syncAll(session, keys: session.subscriptions) }
  }

  // MARK: PART

  func part(_ session: Session, _ input: Input) {
    let names = input.text(0).split(separator: ",").map(String.init)
    guard !names.isEmpty else { return reply(session, .needMoreParams, ["PART"], "Not enough parameters") }
    guard names.count <= Limits.joinTargets else {
      return reply(session, .tooManyTargets, [names[Limits.joinTargets]], "Too many groups in one PART")
    }
    let reason = input.slice(1).prefix(settings.limits.reasonBytes)
    for name in names {
      // Many can be named at once; whether they are there is not asked.
      if homeToAsk(of: Address(name, home: settings.realm), session) != nil {
        reply(session, .notOnChannel, [name], "You're not on that channel")
        continue
      }
      withVisibleGroup(session, name) { realm, group in
        guard let user = session.user, group.members[user.id] != nil else {
          return realm.reply(session, .notOnChannel, [group.name], "You're not on that channel")
        }
        realm.leave(session, group, reason)
      }
    }
  }

  private func leave(_ session: Session, _ group: Group, _ reason: ArraySlice<UInt8>) {
    guard let user = session.user else { return }
    if let home = group.home { return leaveReplica(session, user, group, home, wholeText(reason)) }
    announce(session, group, .part, "PART", body: reason.isEmpty ? [] : [UInt8(ascii: ":")] + wholeText(reason))
    removeMember(user.id, from: group)
  }

  /// A text that was cut to a length, without a broken character at its end.
  func wholeText(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out = Array(bytes)
    while !out.isEmpty, !isUTF8(out, in: 0..<out.count) { out.removeLast() }
    return out
  }

  // MARK: KICK

  func kick(_ session: Session, _ input: Input) {
    let reason = wholeText(input.slice(2).prefix(settings.limits.reasonBytes))
    withVisibleGroup(session, input.text(0)) { realm, group in
      let isElsewhere = realm.forward(session, group, "KICK") { home in
        let names = input.text(1).split(separator: ",").map { realm.translated(String($0), for: home) }
        return [realm.referenceAtHome(group), names.joined(separator: ",")]
          + (reason.isEmpty ? [] : [String(decoding: reason, as: UTF8.self)])
      }
      guard !isElsewhere, realm.isMember(session, group), let user = session.user else { return }
      guard group.ranks(of: user.id).canModerate else {
        return realm.reply(session, .chanOpPrivsNeeded, [group.name], "You're not channel operator")
      }
      let names = input.text(1).split(separator: ",").map(String.init)
      guard names.count <= Limits.queryTargets else {
        return realm.reply(session, .tooManyTargets, [names[Limits.queryTargets]], "Too many people in one KICK")
      }
      for name in names {
        realm.kick(session, user, group, name, reason.isEmpty ? Array(user.nick.utf8) : reason)
      }
    }
  }

  /// Whether the session's user is a member; answers 442 if not.
  func isMember(_ session: Session, _ group: Group) -> Bool {
    if let user = session.user, group.members[user.id] != nil { return true }
    reply(session, .notOnChannel, [group.name], "You're not on that channel")
    return false
  }

  private func kick(_ session: Session, _ user: User, _ group: Group, _ name: String, _ reason: [UInt8]) {
    guard let victim = member(name, of: group) else {
      return reply(
        session, person(name) == nil ? .noSuchNick : .userNotInChannel,
        person(name) == nil ? [name] : [name, group.name],
        person(name) == nil ? "No such nick" : "They aren't on that channel")
    }
    guard group.ranks(of: user.id).outranks(victim.member.ranks) || victim.person == user.id else {
      return reply(session, .chanOpPrivsNeeded, [group.name], "Their rank is not below yours")
    }
    let body = Array("\(self.name(of: victim.person)) :".utf8) + reason
    let logged = Array("\(loggedName(of: victim.person)) :".utf8) + reason
    announce(session, group, .kick, "KICK", body: body, logged: logged)
    removeMember(victim.person, from: group)
  }

  // MARK: DELETE

  /// Kicks a member of a group that ends. Only the member is told: in a large group all telling all would take long.
  private func dismiss(_ person: PersonID, from group: Group, by user: User) {
    let text = ":The group was deleted by its founder"
    let body = Array("\(name(of: person)) \(text)".utf8)
    let entry = log(group, .kick, by: user, Array("\(loggedName(of: person)) \(text)".utf8))
    var line = LineBuilder(source: user.source, "KICK")
    line.word(group.name)
    line.word(body)
    let out = outgoing(line.bytes, entry)
    for session in users[person]?.sessions ?? [] {
      sendInOrder(out, position: entry.position, to: session)
    }
    removeMember(person, from: group)
  }

  /// A vendor command: the founder ends a group for everyone, or where there is none any more an owner.
  func deleteGroup(_ session: Session, _ input: Input) {
    withVisibleGroup(session, input.text(0)) { realm, group in
      guard realm.isMember(session, group), let user = session.user else { return }
      guard group.home == nil else {
        let why = "Only its founder can delete it, in its own realm"
        return realm.reply(session, .chanOpPrivsNeeded, [group.name], why)
      }
      let isOrphan = realm.accounts[group.founder]?.flags.contains(.deleted) == true
      let mayDelete = user.id == group.founder || isOrphan && group.ranks(of: user.id).contains(.owner)
      guard mayDelete else {
        return realm.reply(session, .chanOpPrivsNeeded, [group.name], "Only the founder can delete a group")
      }
      for person in group.members.keys where person != user.id { realm.dismiss(person, from: group, by: user) }
      realm.announce(session, group, .part, "PART", body: Array(":The group is deleted".utf8))
      realm.removeMember(user.id, from: group)
      realm.standardReply(session, "NOTE", "DELETE", "GROUP_DELETED", [group.name], "The group is deleted")
    }
  }
}
