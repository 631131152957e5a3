import Wire

/// What is said to those of a group who hold a rank or one above it: `PRIVMSG @#plans` (Modern IRC, "STATUSMSG
/// Parameter"). Nobody keeps it, for ranks change and logs are read by realms that have no such member: it reaches who
/// is connected.
extension Realm {
  /// Those of a group that something said to a rank reaches: the sessions here, and the realms of the others.
  private struct RankAudience {
    var sessions: [Session] = []
    var realms: Set<String> = []
  }

  private func audience(of rank: Ranks, in group: Group) -> RankAudience {
    turn.rowsSearched += group.members.count
    var audience = RankAudience()
    for (person, member) in zip(group.members.keys, group.members.values) where member.ranks.height >= rank.height {
      if let user = member.user {
        audience.sessions += user.sessions
      } else if let realm = realm(of: person) {
        audience.realms.insert(realm)
      }
    }
    return audience
  }

  func send(_ session: Session, _ user: User, _ message: Message, toRankOf group: Group) {
    if let home = group.home { return send(session, user, message, toRankOfReplica: group, home) }
    if let problem = problem(user.id, group.members[user.id], group, message) {
      return refuse(session, message, .cannotSendToChan, group.name, problem)
    }
    let line = said(user.source, message, to: group.name)
    guard fits(line, session) else { return }
    let audience = audience(of: message.rank, in: group)
    let isHeard = audience.sessions.contains { $0 !== session } || !audience.realms.isEmpty
    guard isHeard || group.ranks(of: user.id).height >= message.rank.height || message.isFleeting else {
      return refuse(
        session, message, .cannotSendToChan, message.rank.prefixes + group.name,
        "Cannot send to channel: nobody of that rank is connected, and what is said to ranks is not kept")
    }
    counters.messages += 1
    let fleeting = fleeting(message, from: personName(of: user), to: .group(group.id.rawValue))
    show(line, fleeting, of: user, to: audience, except: session)
    tell(fleeting, to: audience, of: group)
  }

  private func send(
    _ session: Session, _ user: User, _ message: Message, toRankOfReplica group: Group, _ home: GroupHome
  ) {
    let target = message.rank.prefixes + group.name
    guard let peer = peerToSendTo(home, session, user, message, to: group, target) else { return }
    guard fitsEverywhere(message, from: user, targetBytes: target.utf8.count, session) else { return }
    let fleeting = fleeting(message, from: personName(of: user), to: .group(home.group))
    guard tell(.fleeting(fleeting), to: peer) || message.isFleeting else {
      return undelivered(
        session, message, target, "\(peer.name) takes nothing now, and what is said to ranks is not kept")
    }
    counters.messages += 1
    let line = said(user.source, message, to: group.name)
    show(line, fleeting, of: user, to: audience(of: message.rank, in: group), except: session)
  }

  private func fleeting(_ message: Message, from: PersonName, to target: Fleeting.Target) -> Fleeting {
    Fleeting(
      from: from, target: target, rank: message.rank, kind: message.kind,
      id: message.isFleeting ? nil : nextMessageID(), tags: message.tags, body: message.body)
  }

  /// Shows it to those who hold the rank and, whatever they hold, to the sender's own sessions.
  private func show(
    _ line: Outgoing, _ fleeting: Fleeting, of user: User, to audience: RankAudience, except session: Session
  ) {
    var out = outgoing(line, of: user)
    out.id = fleeting.id
    out.clientTags = fleeting.tags
    let others = audience.sessions.filter { $0.user !== user }
    show(out, fleeting, to: others + user.sessions.filter { $0 !== session })
    if session.has(fleeting.kind.needed.union(.echoMessage)) { send(out, to: session) }
  }

  private func show(_ out: Outgoing, _ fleeting: Fleeting, to sessions: [Session]) {
    let message = Message(kind: fleeting.kind, tags: fleeting.tags, body: fleeting.body)
    for session in sessions where session.has(fleeting.kind.needed) {
      sendInOrder(out, kind: message.heldBackKind(logged: false), to: session)
    }
  }

  /// Tells the realms of members who hold the rank, and no others.
  private func tell(_ fleeting: Fleeting, to audience: RankAudience, of group: Group, except realm: String? = nil) {
    var told = fleeting
    told.target = .groupAtHome(group.id.rawValue)
    for follower in group.followers?.realms.values ?? []
    where follower.isLive && follower.peer.name != realm && audience.realms.contains(follower.peer.name) {
      tell(.fleeting(told), to: follower.peer)
    }
  }

  // MARK: from other realms

  /// A member elsewhere has said something to a rank of our group.
  func take(_ fleeting: Fleeting, toRankOf number: Int64, from peer: Peer) {
    let id = GroupID(rawValue: number)
    guard fleeting.from.realm == peer.name, restingGroups[id] != nil, homes[id] == nil else { return }
    loadGroup(id) { [unowned self] group in
      guard let group, let sender = person(fleeting.from, from: peer) else { return }
      let message = Message(kind: fleeting.kind, tags: fleeting.tags, body: fleeting.body, rank: fleeting.rank)
      if let problem = problem(sender, group.members[sender], group, message) {
        guard let id = fleeting.id, fleeting.kind != .notice else { return }
        let name = canSee(group, sender) ? group.name : "*"
        return refuse(id, fleeting.kind, of: fleeting.from.name, to: name, problem, peer)
      }
      let audience = audience(of: fleeting.rank, in: group)
      show(fleeting, of: sender, to: audience, in: group)
      tell(fleeting, to: audience, of: group, except: peer.name)
    }
  }

  /// The home of a replica passes on what was said to a rank.
  func take(_ fleeting: Fleeting, toRankOfReplica number: Int64, from peer: Peer) {
    guard fleeting.from.realm != settings.realm, let replica = peer.sharing.following[number]?.replica,
      let sender = person(fleeting.from, from: peer) ?? (fleeting.from.isGuest ? .nobody : nil)
    else { return }
    show(fleeting, of: sender, to: audience(of: fleeting.rank, in: replica), in: replica)
  }

  private func show(_ fleeting: Fleeting, of sender: PersonID, to audience: RankAudience, in group: Group) {
    var out = outgoing(fleeting, to: group)
    guard out.longestLine + 2 <= Limits.lineBytes else { return }
    counters.messages += 1
    out.isBot = accounts[sender]?.flags.contains(.bot) ?? false
    show(out, fleeting, to: audience.sessions)
  }
}
