import Wire

/// Messages to groups of other realms, and of people of other realms to groups of ours.
extension Realm {
  /// Who shows the entry that comes back from the home as the echo of a message.
  struct Echo {
    var connection: Connection
    var label: [UInt8]
    /// The replica.
    var group: GroupID
  }

  // MARK: at the sender's realm

  /// Sends a message to the home of a group: it comes back as everyone sees it.
  func send(_ session: Session, _ user: User, _ message: Message, toReplica group: Group, _ home: GroupHome) {
    guard let peer = peerToSendTo(home, session, user, message, to: group, group.name) else { return }
    guard fitsEverywhere(message, from: user, targetBytes: group.name.utf8.count, session) else { return }
    guard !message.isFleeting else {
      tell(.fleeting(Fleeting(from: personName(of: user), target: .group(home.group), tags: message.tags)), to: peer)
      return broadcastFleeting(said(user.source, message, to: group.name), message, user, to: group, except: session)
    }
    let letter = Letter(
      from: user.account, kind: message.kind, id: nextMessageID(), time: now, tags: message.tags, body: message.body)
    let posting = post(.groupMessage(letter, group: home.group), to: peer)
    if case .refused(let why) = posting { return undelivered(session, message, group.name, why) }
    noteSent(message, letter.id, to: .group(group.id), by: user)
    spokenElsewhere.add(letter.id, to: home)
    awaitEcho(of: letter.id, in: group.id, session)
    if posting == .waits {
      tellFate(of: letter, "WAITING", group.name, waitingText(peer), to: [session])
    } else {
      watchFate(of: letter, group.name, peer)
    }
  }

  /// The home of a replica, for something that a member says there; nil if it was refused.
  func peerToSendTo(
    _ home: GroupHome, _ session: Session, _ user: User, _ message: Message, to group: Group, _ target: String
  ) -> Peer? {
    guard let peer = peer(home.realm) else {
      refuse(session, message, .cannotSendToChan, target, "Cannot send to channel: it is an archive")
      return nil
    }
    guard !user.isGuest, group.members[user.id] != nil else {
      refuse(session, message, .cannotSendToChan, target, Self.membersOnly)
      return nil
    }
    return peer
  }

  func awaitEcho(of id: MessageID, in group: GroupID, _ session: Session) {
    if let before = echoes[id] {
      echoes[id] = nil
      acknowledge(before)
    }
    guard echoes.count < Limits.echoes else { return }
    var label: [UInt8] = []
    // The label goes to the echo, if there will be one: then nothing is answered now.
    if session.has(.echoMessage), let response = session.response, response.lines.isEmpty, response.reference.isEmpty {
      label = response.label
      session.response = nil
    }
    echoes[id] = Echo(connection: session.connection, label: label, group: group)
  }

  /// Somebody else waits for the same echo now: to who has waited until now it comes like to the other sessions.
  private func acknowledge(_ echo: Echo) {
    guard !echo.label.isEmpty, let session = session(echo.connection) else { return }
    var out = Outgoing(line: LineBuilder(source: serverSource, "ACK").bytes)
    out.label = echo.label
    sendInOrder(out, to: session)
  }

  /// The message has come back, or never will.
  @discardableResult
  func endEcho(_ id: MessageID) -> Echo? {
    waiting[id] = nil
    guard let echo = echoes[id] else { return nil }
    echoes[id] = nil
    return echo
  }

  /// A replica ends: what its members have said goes to its home all the same, but nobody here sees it come back.
  func endEchoes(in replica: Group, _ home: GroupHome) {
    for id in echoes.keys where echoes[id]?.group == replica.id {
      let kind = waiting[id]?.letter.kind
      guard let echo = endEcho(id), let session = session(echo.connection) else { continue }
      // Who was told that it waits knows already.
      var out = Outgoing(line: LineBuilder(source: serverSource, "ACK").bytes)
      if let kind, kind.isMessage || session.has(.standardReplies) {
        let text = "It goes to \(home.realm), and nobody of \(settings.realm) is a member any more to see it there"
        let line = standardLine(session, "NOTE", command(kind), "WAITING", [replica.name, id.text], text)
        out = Outgoing(line: line.bytes)
      } else if echo.label.isEmpty {
        continue
      }
      out.label = echo.label
      sendInOrder(out, to: session)
    }
  }

  /// A message to a group that will be back in a moment, most likely: its sender is told that it waits only if it does.
  struct Waiting {
    var due: Milliseconds
    var letter: Letter
    var target: String
    var realm: String
  }

  /// Tells the sender of a message that it waits, if it is not back soon.
  private func watchFate(of letter: Letter, _ target: String, _ peer: Peer) {
    guard waitingOrder.count < Limits.echoes else { return }
    let due = uptime + Limits.waitingMilliseconds
    waiting[letter.id] = Waiting(due: due, letter: letter, target: target, realm: peer.name)
    waitingOrder.append(letter.id)
  }

  /// Those who have waited for long enough are told. The oldest come first, so only those that are due are looked at.
  func tellWaiting() {
    var done = 0
    for id in waitingOrder {
      if let entry = waiting[id] {
        guard entry.due <= uptime else { break }
        tellWaiting(entry)
      }
      done += 1
    }
    waitingOrder.removeFirst(done)
  }

  private func tellWaiting(_ entry: Waiting) {
    waiting[entry.letter.id] = nil
    guard let peer = peer(entry.realm), let sender = accountHere(entry.letter.from), let user = users[sender] else {
      return
    }
    tellFate(of: entry.letter, "WAITING", entry.target, waitingText(peer), to: user.sessions)
  }

  // MARK: at the home

  /// A message of somebody elsewhere for the log of one of our groups.
  ///
  /// - Returns: false while the group has to be read first.
  func take(_ letter: Letter, toGroup number: Int64, from peer: Peer) -> Bool {
    let id = GroupID(rawValue: number)
    guard isLoaded(id, for: peer) else { return false }
    let name = groups[id]?.name ?? "*"
    func refuse(_ why: String) -> Bool {
      self.refuse(letter.id, letter.kind, of: letter.from, to: name, why, peer)
      return true
    }
    guard let sender = correspondent(letter.from, of: peer, isHomesWord: true) else {
      return refuse("\(settings.realm) knows too many people of other realms")
    }
    guard let group = groups[id], group.home == nil, canSee(group, sender.id) else {
      return refuse("There is no such group in \(settings.realm)")
    }
    var letter = letter
    var revised: FoundEntry?
    if letter.revised != nil {
      let found = lookUp(letter, in: .group(id), from: peer)
      guard case .found(let found) = found else { return false }
      guard let found, mayRevise(letter, found, by: sender.id) else { return refuse("There is no such message") }
      revised = found
      letter = letter.naming(found.entry.id)
    }
    let message = Message(kind: letter.kind, tags: letter.tags, body: letter.body)
    if letter.kind == .redact {
      if let problem = problem(redacting: revised, by: sender.id, in: group) { return refuse(problem) }
    } else if let problem = problem(sender.id, group.members[sender.id], group, message) {
      return refuse(problem)
    }
    guard !diskLow else { return refuse("The disk of \(settings.realm) is full") }
    let said = said(sender.source, message, to: group.name)
    guard said.longestLine + 2 <= Limits.lineBytes else { return refuse("It is too long") }
    counters.messages += 1
    let entry = log(group, letter.kind, sender: sender.id, nick: [], id: letter.id, tags: letter.tags, letter.body)
    revise(revised, letter.kind, by: entry.position)
    let out = outgoing(said, entry)
    broadcast(
      out, to: group, position: entry.position, kind: message.heldBackKind(logged: true), needing: letter.kind.needed)
    if letter.revised == nil { pushMentions(out, message, from: sender.id, in: group) }
    return true
  }

  // MARK: typing

  /// Tells the realms that follow a group that somebody is typing there.
  func tellFollowers(_ fleeting: Fleeting, of group: Group, except realm: String? = nil) {
    guard let followers = group.followers else { return }
    var told = fleeting
    told.target = .groupAtHome(group.id.rawValue)
    for follower in followers.realms.values where follower.isLive && follower.peer.name != realm {
      tell(.fleeting(told), to: follower.peer)
    }
  }

  /// A TAGMSG that nobody keeps, from a member elsewhere to our group.
  func take(_ fleeting: Fleeting, toGroup number: Int64, from peer: Peer) {
    let message = Message(kind: .tagMessage, tags: fleeting.tags, body: [])
    guard fleeting.from.realm == peer.name, let group = groups[GroupID(rawValue: number)], group.home == nil,
      let sender = person(fleeting.from, from: peer), let member = group.members[sender],
      problem(sender, member, group, message) == nil
    else { return }
    show(fleeting, to: group)
    tellFollowers(fleeting, of: group, except: peer.name)
  }

  /// The same from the home of a replica.
  func take(_ fleeting: Fleeting, toReplicaOf number: Int64, from peer: Peer) {
    guard fleeting.from.realm != settings.realm, let replica = peer.sharing.following[number]?.replica else { return }
    show(fleeting, to: replica)
  }

  private func show(_ fleeting: Fleeting, to group: Group) {
    guard Message(kind: .tagMessage, tags: fleeting.tags, body: []).isFleeting else { return }
    broadcast(outgoing(fleeting, to: group), to: group, kind: .fleeting, needing: .messageTags)
  }

  /// What somebody elsewhere has said to a group, and nobody keeps.
  func outgoing(_ fleeting: Fleeting, to group: Group) -> Outgoing {
    let name = name(fleeting.from)
    let account = fleeting.from.isGuest ? "" : name
    let message = Message(kind: fleeting.kind, tags: fleeting.tags, body: fleeting.body, rank: fleeting.rank)
    var out = said(source(nick: Array(name.utf8), account: account), message, to: group.name)
    out.time = now
    out.id = fleeting.id
    out.account = Array(account.utf8)
    out.clientTags = fleeting.tags
    return out
  }
}
