import Wire

/// The log of another realm's group, as it comes: applied entry by entry, with the home's numbers, times and ids.
extension Realm {
  func takeEntries(_ entries: [GroupEntry], of group: Int64, from peer: Peer) {
    guard let following = peer.sharing.following[group], let replica = following.replica,
      replica.stateNumber != .max
    else {
      return
    }
    if let search = following.search { return takeAnew(entries, search, following, replica, peer) }
    for entry in entries where !replica.ended && entry.number > replica.lastNumber {
      guard entry.number == replica.lastNumber + 1 else {
        if !following.isInterrupted { followAnew(following, of: peer) }
        return
      }
      following.isInterrupted = false
      apply(entry, to: replica, from: peer)
    }
  }

  func takeCaughtUp(_ group: Int64, from peer: Peer) {
    guard let following = peer.sharing.following[group], !following.isInterrupted else { return }
    following.isLive = true
  }

  private func apply(_ entry: GroupEntry, to replica: Group, from peer: Peer) {
    sendPartAnswer()
    let echo = endEcho(entry.id)
    var logged = self.logged(entry, in: replica, from: peer)
    let isTooOld = entry.kind.canBeTakenBack && entry.time < keepsFrom(replica)
    if isTooOld { logged = withoutWords(logged) }
    replica.lastNumber = entry.number
    replica.lastID = entry.id
    replica.lastTime = entry.time
    let returning = self.returning.removeValue(forKey: entry.id)
    if returning == nil, isPutIntoMouths(logged, of: replica) {
      note("group", "home speaks for our people", level: .warning, ["group": replica.name, "id": entry.id.text])
      logged.sender = .nobody
      logged.nick = Array(peer.name.utf8)
    }
    lastPosition += 1
    turn.writes.append(.entry(logged))
    if logged.revised != nil { noteRevision(logged) }
    // What a snapshot has told already changes nothing any more.
    guard !isTooOld, entry.kind.isSaid || entry.number > replica.stateNumber else { return }
    switch entry.kind {
    case .message, .notice, .tagMessage, .multiline, .redact: applyMessage(logged, echo, returning, to: replica)
    case .join: applyJoin(logged, entry, to: replica, peer)
    case .part: applyPart(logged, to: replica)
    case .kick: applyKick(logged, to: replica)
    case .mode: applyModes(logged, to: replica)
    case .topic: applyTopic(logged, to: replica)
    case .rename: applyRename(logged, to: replica, peer)
    case .create, .refusal, .removed: break
    }
  }

  /// The entry as our log has it: with our ids and names.
  func logged(_ entry: GroupEntry, in replica: Group, from peer: Peer) -> Entry {
    let sender = entry.sender.flatMap { writer($0, from: peer) } ?? .nobody
    // Our own people are shown under the nick that they use now, and so the log has it.
    var nick = users[sender]?.loggedNick ?? []
    if sender == .nobody { nick = entry.sender.map { Array(name($0).utf8) } ?? Array(peer.name.utf8) }
    return Entry(
      position: lastPosition + 1, target: .group(replica.id), number: entry.number, kind: entry.kind,
      time: entry.time, sender: sender, nick: nick, id: entry.id, tags: entry.tags,
      body: translatedBody(entry, from: peer.name))
  }

  private func translatedBody(_ entry: GroupEntry, from realm: String) -> [UInt8] {
    switch entry.kind {
    case .kick:
      let cut = entry.body.firstIndex(of: 32) ?? entry.body.count
      let victim = translated(String(decoding: entry.body[..<cut], as: UTF8.self), from: realm)
      return Array(victim.utf8) + entry.body[cut...]
    case .rename:
      guard let renaming = Renaming(entry.body) else { return entry.body }
      return Array("\(renaming.old)/\(realm) \(renaming.new)/\(realm) :".utf8) + renaming.reason
    case .mode:
      let text = translatedModes(String(decoding: entry.body, as: UTF8.self)) { self.translated($0, from: realm) }
      return Array(text.utf8)
    default: return entry.body
    }
  }

  /// Who is behind an entry, as clients see it: `nick!user@host`, or the realm itself.
  private func source(of entry: Entry) -> [UInt8] {
    if entry.sender != .nobody { return source(of: entry.sender) }
    guard entry.nick.contains(UInt8(ascii: "/")) else { return entry.nick }
    return source(nick: entry.nick, account: "")
  }

  /// Tells members of an entry: `rest` is what follows the group's name, with nicks.
  private func show(_ entry: Entry, _ rest: [UInt8], of replica: Group) {
    var line = LineBuilder(source: source(of: entry), command(entry.kind))
    line.word(replica.name)
    if !rest.isEmpty { line.word(rest) }
    tell(outgoing(line.bytes, entry), of: entry, in: replica)
  }

  /// Tells members of an entry, and who has asked for it as the answer.
  private func tell(_ out: Outgoing, of entry: Entry, in replica: Group) {
    let asker = asker(of: entry, in: replica)
    broadcast(out, to: replica, position: entry.position, except: asker)
    guard let asker else { return }
    noteOwnEntry(entry.position, of: asker)
    answerPart(asker) { send(out, to: asker) }
  }

  // MARK: messages

  /// Whether a message is said to come from one of our people, and none of them has sent it since this realm started.
  /// What they sent before that nobody remembers.
  private func isPutIntoMouths(_ entry: Entry, of replica: Group) -> Bool {
    guard entry.kind.isSaid, entry.sender != .nobody, realm(of: entry.sender) == nil, let home = replica.home else {
      return false
    }
    return entry.id.epoch == epoch && !spokenElsewhere.take(entry.id, from: home)
  }

  private func applyMessage(_ entry: Entry, _ echo: Echo?, _ returning: Returning?, to replica: Group) {
    let message = Message(kind: entry.kind, tags: entry.tags, body: entry.body)
    let said = said(source(of: entry), message, to: replica.name)
    guard said.longestLine + 2 <= Limits.lineBytes else {
      return note("group", "entry too long to be shown", level: .warning, ["group": replica.name])
    }
    let out = outgoing(said, entry)
    let needed = entry.kind.needed
    let session = echo.flatMap { self.session($0.connection) }
    counters.messages += 1
    let kind = message.heldBackKind(logged: true)
    if returning != nil || isOlder(entry, thanMembersOf: replica) {
      show(out, entry, kind, returning, to: replica, except: session, needing: needed)
    } else {
      broadcast(out, to: replica, position: entry.position, kind: kind, except: session, needing: needed)
    }
    if returning == nil, entry.revised == nil { pushMentions(out, message, from: entry.sender, in: replica) }
    guard let session, let echo else { return }
    noteOwnEntry(entry.position, of: session)
    guard session.has(needed.union(.echoMessage)) else { return }
    var labelled = out
    labelled.label = echo.label
    sendInOrder(labelled, position: entry.position, kind: kind, to: session)
  }

  /// Whether somebody who is here joined after an entry that a snapshot came before.
  private func isOlder(_ entry: Entry, thanMembersOf replica: Group) -> Bool {
    entry.number <= replica.stateNumber
      && replica.members.values.contains { $0.user != nil && $0.since > entry.number }
  }

  /// Shows a message to those who were members then, and have not seen it before its home was set back.
  private func show(
    _ out: Outgoing, _ entry: Entry, _ kind: HeldBackLine.Kind, _ returning: Returning?, to replica: Group,
    except: Session?, needing needed: Capabilities
  ) {
    for (person, member) in zip(replica.members.keys, replica.members.values) where member.since <= entry.number {
      for session in member.user?.sessions ?? [] where session !== except && session.has(needed) {
        if let returning, hasSeen(returning, person, session) {
          session.sentPosition = entry.position
        } else {
          sendInOrder(out, position: entry.position, kind: kind, to: session)
        }
      }
    }
  }

  // MARK: members

  private func applyJoin(_ entry: Entry, _ original: GroupEntry, to replica: Group, _ peer: Peer) {
    guard mayBecomeMember(entry.sender) else {
      // Nobody here is called so (any more), or will be.
      guard let sender = original.sender, sender.realm == settings.realm, !sender.isGuest else { return }
      return leave(referenceAtHome(replica), sender.name, peer)
    }
    guard replica.members[entry.sender] == nil else { return }
    let user = users[entry.sender]
    noteMember(entry.sender, of: replica)
    endInvitation(of: entry.sender, to: replica)
    replica.members[entry.sender] = Member(ranks: [], since: entry.number, user: user)
    turn.writes.append(.member(replica.id, MemberRecord(person: entry.sender, ranks: [], since: entry.number)))
    if let realm = realm(of: entry.sender) { replica.count(1, of: realm) }
    if let user {
      user.groups[replica.id] = replica
      replica.liveMembers += 1
      replica.audienceChanged()
    }
    let asker = asker(of: entry, in: replica)
    tell(joinLine(of: entry.sender, replica, entry), of: entry, in: replica)
    if let user, let away = user.away {
      broadcast(awayLine(user, away), to: replica, needing: .awayNotify)
    }
    tellMetadata(ofJoining: entry.sender, replica)
    for session in user?.sessions ?? [] {
      if session === asker {
        answerPart(session) { describe(replica, to: session) }
      } else {
        describe(replica, to: session)
      }
    }
    endJoins(of: replica, peer)
  }

  private func applyPart(_ entry: Entry, to replica: Group) {
    // Who is of this realm has left at once when it said so.
    guard replica.members[entry.sender] != nil else { return }
    show(entry, entry.body, of: replica)
    removeMember(entry.sender, from: replica)
  }

  private func applyKick(_ entry: Entry, to replica: Group) {
    let cut = entry.body.firstIndex(of: 32) ?? entry.body.count
    guard let victim = accountNames[fold(String(decoding: entry.body[..<cut], as: UTF8.self))],
      replica.members[victim] != nil
    else { return }
    show(entry, Array(name(of: victim).utf8) + entry.body[cut...], of: replica)
    if realm(of: victim) == nil { rememberIfLast(in: replica) }
    removeMember(victim, from: replica)
  }

  // MARK: modes and topic

  private func applyModes(_ entry: Entry, to replica: Group) {
    let text = String(decoding: entry.body, as: UTF8.self)
    var words = text.split(separator: " ").map(String.init)[...]
    let letters = words.popFirst() ?? ""
    let modes = replica.modes
    var adds = true
    for letter in letters {
      if letter == "+" || letter == "-" {
        adds = letter == "+"
        continue
      }
      let parameter = GroupModes.takesParameter(letter, adds) ? words.popFirst() : nil
      switch (GroupModes.kind(of: letter), parameter) {
      case (.list(let list), let mask?): applyMask(list, adds, mask, entry, to: replica)
      case (.rank(let rank), let name?): applyRank(adds, rank, name, to: replica)
      default: _ = replica.modes.set(letter, adds, parameter)
      }
    }
    noteModes(of: replica, before: modes)
    let shown = translatedModes(text) { name in accountNames[fold(name)].map { self.name(of: $0) } ?? name }
    show(entry, Array(shown.utf8), of: replica)
  }

  private func applyMask(_ list: MaskList, _ adds: Bool, _ mask: String, _ entry: Entry, to replica: Group) {
    let index = replica.masks.firstIndex { $0.list == list && $0.mask == mask }
    if let index, !adds {
      replica.masks.remove(at: index)
      turn.writes.append(.maskRemoved(replica.id, list, mask: mask))
    } else if adds, index == nil, replica.masks.count < settings.limits.bans {
      let setBy = entry.sender == .nobody ? String(decoding: entry.nick, as: UTF8.self) : loggedName(of: entry.sender)
      let record = MaskRecord(list, mask: mask, setBy: setBy, time: entry.time)
      replica.masks.append(record)
      turn.writes.append(.mask(replica.id, record))
    }
  }

  private func applyRank(_ adds: Bool, _ rank: Ranks, _ name: String, to replica: Group) {
    guard let person = accountNames[fold(name)], var member = replica.members[person] else { return }
    if adds { member.ranks.insert(rank) } else { member.ranks.remove(rank) }
    replica.members[person] = member
    turn.writes.append(
      .member(replica.id, MemberRecord(person: person, ranks: member.ranks, since: member.since)))
  }

  private func applyRename(_ entry: Entry, to replica: Group, _ peer: Peer) {
    guard let renaming = Renaming(entry.body), Names.isGroup(Address(renaming.new, home: settings.realm).name) else {
      return
    }
    makeRoom(for: renaming.new, of: replica.id)
    func carryOut() { rename(replica, to: renaming.new, renaming.reason, entry, source: source(of: entry)) }
    guard let asker = asker(of: entry, in: replica) else { return carryOut() }
    answerPart(asker, carryOut)
  }

  /// The home has given a name to a group: another that we know by it has ended there, or is called otherwise now.
  /// Which of these, the home tells later; until then the other one is called by its number too.
  func makeRoom(for name: String, of replica: GroupID? = nil) {
    guard let other = groupNames[fold(name)], other != replica, let home = homes[other] else { return }
    var base = Address(name, home: settings.realm).name
    var mark = "~\(home.group)"
    var aside = name
    while groupNames[fold(aside)] != nil {
      while base.utf8.count + mark.utf8.count > Limits.groupNameBytes { base.removeLast() }
      aside = "\(base)\(mark)/\(home.realm)"
      mark += "~"
    }
    if let group = groups[other] { return rename(group, to: aside, [], nil, source: serverSource) }
    noteName(aside, of: other, before: name)
  }

  /// Takes over the name that a snapshot gives a replica.
  func takeName(_ name: String, _ replica: Group) {
    guard replica.name != name else { return }
    makeRoom(for: name, of: replica.id)
    rename(replica, to: name, [], nil, source: serverSource)
  }

  private func applyTopic(_ entry: Entry, to replica: Group) {
    let text = Array(entry.body.dropFirst())
    let setBy = String(decoding: source(of: entry), as: UTF8.self)
    replica.topic = text.isEmpty ? nil : Topic(text: text, setBy: setBy, time: entry.time)
    turn.writes.append(.groupTopic(replica.id, replica.topic))
    show(entry, entry.body, of: replica)
  }
}
