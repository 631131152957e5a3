/// What a device has missed, for clients that know no history: pages from the store, each confirmed by a PONG before
/// the next, and live lines held back until it has caught up, so that nothing is seen out of order.
extension Realm {
  func startReplay(_ session: Session) {
    // A client that asks for history itself must not get it unasked (draft/chathistory, "Capability").
    guard !session.has(.chatHistory), let device = device(of: session), device.position < lastPosition else { return }
    session.replay = Replay(upTo: device.position)
    session.sentPosition = device.position
    session.confirmedPosition = device.position
    for group in session.user?.groups.values ?? [] { group.audienceChanged() }
    readPage(session)
  }

  /// Asks for the next page. The session's commands go on meanwhile: a busy store must not make it mute.
  private func readPage(_ session: Session) {
    guard let user = session.user, let replay = session.replay else { return }
    session.replay?.awaitingPong = false
    session.replay?.heldBack.removeAll { $0.isMessage }
    session.replay?.overflowed = false
    session.replay?.askedAt = lastPosition
    let groups = user.groups.values.map { GroupSince(group: $0.id, since: $0.members[user.id]?.since ?? 0) }
    ask(
      .missed(
        user.id, groups: groups.sorted { $0.group < $1.group }, after: replay.upTo, limit: settings.limits.historyPage),
      for: nil
    ) { realm, answer in
      guard !session.closed, session.replay != nil else { return }
      guard case .missed(let entries, let upTo) = answer else {
        return realm.close(session, "What you missed could not be read: \(answer.problem). Please reconnect")
      }
      realm.sendPage(session, entries, upTo)
    }
  }

  private func sendPage(_ session: Session, _ entries: [Entry], _ upTo: Position) {
    let replay = session.replay
    for entry in entries { sendMissed(session, entry) }
    session.replay?.upTo = upTo
    session.sentPosition = max(session.sentPosition, upTo)
    // The page goes to the end of the log as it was when it was asked for; what came since was held back.
    if let replay, upTo >= replay.askedAt, !replay.overflowed { return endReplay(session, upTo) }
    session.replay?.awaitingPong = true
    ping(session)
  }

  /// Notes an entry that a session made: it will not be told of it as of something missed.
  func noteOwnEntry(_ position: Position, of session: Session) {
    guard let replay = session.replay else {
      session.sentPosition = max(session.sentPosition, position)
      return
    }
    if replay.ownEntries.count < Limits.heldBackLines { session.replay?.ownEntries.insert(position) }
  }

  private func sendMissed(_ session: Session, _ entry: Entry) {
    guard session.replay?.ownEntries.contains(entry.position) != true else { return }
    let own = entry.sender == session.user?.id
    if own, case .person(let person) = entry.target, person != entry.sender,
      !session.has(.echoMessage), !session.has(.selfMessage)
    {
      return
    }
    var target = ""
    if case .group(let id) = entry.target { target = groups[id]?.name ?? restingGroups[id] ?? "" }
    if case .group = entry.target, target.isEmpty { return }
    guard let out = rendered(entry, in: target) else { return }
    transmit(out, to: session)
  }

  /// The page was confirmed: on with the next.
  func continueReplay(_ session: Session) { readPage(session) }

  private func endReplay(_ session: Session, _ upTo: Position) {
    let heldBack = session.replay?.heldBack ?? []
    session.replay = nil
    for group in session.user?.groups.values ?? [] { group.audienceChanged() }
    for held in heldBack where !held.isMessage || held.position > upTo {
      sendInOrder(held.line, position: held.position, isMessage: held.isMessage, to: session)
    }
    session.sentPosition = max(session.sentPosition, upTo)
  }
}
