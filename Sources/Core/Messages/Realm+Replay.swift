/// What a device has missed, for clients that know no history: pages from the store, each confirmed by a PONG before
/// the next, and live lines held back until it has caught up, so that nothing is seen out of order.
extension Realm {
  func startReplay(_ session: Session) {
    // A client that asks for history itself must not get it unasked (draft/chathistory, "Capability").
    guard !session.has(.chatHistory), let device = device(of: session), device.position < lastPosition else { return }
    session.replay = Replay(begin: device.position, upTo: device.position, end: lastPosition)
    session.sentPosition = device.position
    session.confirmedPosition = device.position
    for group in session.user?.groups.values ?? [] { group.audienceChanged() }
    readPage(session)
  }

  /// Asks for the next page. The session's commands go on meanwhile: a busy store must not make it mute.
  private func readPage(_ session: Session) {
    guard let user = session.user, !closeIfLost(session) else { return }
    session.replay?.awaitingPong = false
    if session.replay?.overflowed == true {
      session.replay?.heldBack.removeAll { $0.kind != .change }
      session.replay?.overflowed = false
      session.replay?.end = lastPosition
    }
    guard let replay = session.replay else { return }
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

  /// Sends a page, up to where lines began to be held back. What the store has after that it may not have whole: the
  /// groups were named before it.
  private func sendPage(_ session: Session, _ entries: [Entry], _ upTo: Position) {
    guard let end = session.replay?.end, !closeIfLost(session) else { return }
    var weight = 0
    var upTo = upTo
    for entry in entries where entry.position <= end {
      // A page has to fit into what may wait for a client, or it would never get beyond it.
      guard weight == 0 || weight + entry.weight <= pageBytes else {
        upTo = entry.position - 1
        break
      }
      weight += entry.weight
      sendHeldBack(session, before: entry.position)
      sendMissed(session, entry)
    }
    session.replay?.upTo = min(upTo, end)
    session.sentPosition = max(session.sentPosition, min(upTo, end))
    if upTo >= end, session.replay?.overflowed == false { return endReplay(session) }
    session.replay?.awaitingPong = true
    ping(session)
  }

  private func closeIfLost(_ session: Session) -> Bool {
    guard session.replay?.isLost == true else { return false }
    close(session, "Too much changed while you were catching up: please reconnect")
    return true
  }

  /// Sends the changes that come before an entry.
  private func sendHeldBack(_ session: Session, before position: Position) {
    guard let first = session.replay?.heldBack.first, first.position < position else { return }
    let due = session.replay?.heldBack.prefix { $0.position < position } ?? []
    session.replay?.heldBack.removeFirst(due.count)
    for held in due { transmit(held.line, to: session) }
  }

  /// Sends the changes that wait behind the replay of a session that changes something itself: its own change is the
  /// answer to its command and cannot wait, and must not be seen before what it follows.
  func sendHeldBackChanges(_ session: Session) {
    guard let lines = session.replay?.heldBack else { return }
    session.replay?.heldBack.removeAll { $0.kind == .change }
    for held in lines where held.kind == .change { transmit(held.line, to: session) }
  }

  /// Notes an entry that a session made: it will not be told of it as of something missed.
  func noteOwnEntry(_ position: Position, of session: Session) {
    guard let replay = session.replay else {
      session.sentPosition = max(session.sentPosition, position)
      return
    }
    if replay.ownEntries.count < settings.limits.heldBackLines { session.replay?.ownEntries.insert(position) }
  }

  private func sendMissed(_ session: Session, _ entry: Entry) {
    guard session.replay?.ownEntries.contains(entry.position) != true, isKept(entry) else { return }
    // The message itself came before, and says it already.
    if entry.isEdit, !session.has(.edit), let begin = session.replay?.begin, entry.link > begin { return }
    let own = entry.sender == session.user?.id
    if own, case .person(let person) = entry.target, person != entry.sender,
      !session.has(.echoMessage), !session.has(.selfMessage)
    {
      return
    }
    var target = ""
    if case .group(let id) = entry.target { target = groups[id]?.name ?? restingGroups[id] ?? "" }
    if case .group = entry.target, target.isEmpty { return }
    guard let out = rendered(entry, in: target, for: session) else { return }
    transmit(out, to: session)
  }

  /// The page was confirmed: on with the next.
  func continueReplay(_ session: Session) { readPage(session) }

  /// All that there was has been shown to it, as far as it wants that unasked.
  func noteComing(_ session: Session) {
    session.cameAt = lastPosition
    comings += 1
    session.coming = comings
  }

  private func endReplay(_ session: Session) {
    let heldBack = session.replay?.heldBack ?? []
    session.replay = nil
    noteComing(session)
    for group in session.user?.groups.values ?? [] { group.audienceChanged() }
    for held in heldBack { sendInOrder(held.line, position: held.position, kind: held.kind, to: session) }
  }
}
