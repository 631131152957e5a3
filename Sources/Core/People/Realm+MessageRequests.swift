import Wire

/// Message requests: the first private message of a stranger waits until the addressee lets it in, where the account or
/// the realm wants that. It is in the log, hidden from the addressee; when it is let in, it is logged anew for that
/// side, so that every device is given it as something new (docs/decisions/0019).
extension Realm {
  // MARK: who is a stranger

  /// Whose first message waits for an account.
  func requests(of person: PersonID) -> Settings.Requests {
    let flags = accounts[person]?.flags ?? []
    if flags.contains(.requestsAll) { return .all }
    if flags.contains(.requestsElsewhere) { return .elsewhere }
    return flags.contains(.requestsNone) ? .none : settings.requests
  }

  /// Whether requests have to do with what one person writes to another: of nearly all they do not.
  func requestsConcern(_ sender: PersonID, _ person: PersonID) -> Bool {
    guard hasRequests else { return false }
    if !messageRequests.isEmpty, messageRequests[sender]?[person] != nil || messageRequests[person]?[sender] != nil {
      return true
    }
    return requests(of: sender) != .none || requests(of: person) != .none
  }

  private var hasRequests: Bool { settings.requests != .none || requestsChosen || !messageRequests.isEmpty }

  /// Whether somebody is let in.
  enum Admission {
    case isOpen, waits
    /// The history tells.
    case isUnclear
  }

  func admission(of sender: PersonID, to person: PersonID) -> Admission {
    // Nothing overtakes what waits, whatever the settings are by now.
    if messageRequests[person]?[sender] != nil { return .waits }
    guard sender != person, sender.rawValue != 0, person.rawValue > 0 else { return .isOpen }
    if sender.rawValue < 0 { return admission(ofGuest: sender, to: person) }
    switch requests(of: person) {
    case .none: return .isOpen
    case .elsewhere where realm(of: sender) == nil: return .isOpen
    case .elsewhere, .all:
      return preferences[person]?[.person(sender)]?.contains(.known) == true ? .isOpen : .isUnclear
    }
  }

  /// Whether what somebody elsewhere does that nobody keeps is not shown: typing lets nobody in.
  func mayWait(named name: String, for person: PersonID) -> Bool {
    guard hasRequests else { return false }
    guard let sender = accountNames[fold(name)] else { return requests(of: person) != .none }
    return admission(of: sender, to: person) != .isOpen
  }

  /// Finds out whether a message of somebody of this realm waits.
  func withAdmission(
    of sender: PersonID, to person: PersonID, _ message: Message, _ session: Session,
    then body: @escaping (Realm, Bool) -> Void
  ) {
    let admission = admission(of: sender, to: person)
    // What is hidden for good does not wait for anything.
    let isHidden = isBlocked(sender, by: person) || message.revised?.entry.hiddenFrom == .addressee
    guard admission != .isOpen, !isHidden else { return body(self, false) }
    guard admission == .isUnclear, !message.isFleeting else { return body(self, true) }
    ask(Self.firstMessage(of: sender, to: person), for: session) { realm, answer in
      guard case .history(let entries) = answer else {
        return realm.fail(
          session, realm.command(message.kind), "TEMPORARILY_UNAVAILABLE", [realm.name(of: person)], answer.problem)
      }
      if !entries.isEmpty { realm.noteKnown(sender, to: person) }
      // The addressee may have written meanwhile.
      body(realm, entries.isEmpty && realm.admission(of: sender, to: person) != .isOpen)
    }
  }

  /// Whether two people have written to each other, as the addressee sees it.
  static func firstMessage(of sender: PersonID, to person: PersonID) -> Ask {
    .history(
      HistoryQuery(conversation: .pair(person, sender), span: .latest(after: nil), limit: 1, events: false))
  }

  /// Somebody is no stranger to an account any more. Where there is no room to note it, the history tells.
  func noteKnown(_ other: PersonID, to person: PersonID) {
    let target = PreferenceTarget.person(other)
    let before = preferences[person]?[target] ?? []
    guard !before.contains(.known), !before.isEmpty || (preferences[person]?.count ?? 0) < Limits.preferences else {
      return
    }
    set(before.union(.known), about: target, of: person)
  }

  // MARK: waiting

  func load(_ record: MessageRequestRecord) {
    add(record.position, of: record.sender, to: record.person)
  }

  private func add(_ position: Position, of sender: PersonID, to person: PersonID) {
    if messageRequests[person]?[sender] == nil, let realm = realm(of: sender) {
      messageRequestsElsewhere[realm, default: 0] += 1
    }
    var request = messageRequests[person]?[sender] ?? MessageRequest()
    request.positions.append(position)
    messageRequests[person, default: Table()][sender] = request
  }

  /// Why something cannot wait; nil where it can.
  func problem(waiting message: Message, _ sender: PersonID, for person: PersonID) -> String? {
    problem(waiting: message.isFleeting || message.revised != nil, sender, for: person)
  }

  private func problem(waiting isFleeting: Bool, _ sender: PersonID, for person: PersonID) -> String? {
    guard !isFleeting else { return nil }
    let name = name(of: person)
    if let count = waitingMessages(of: sender, for: person) {
      return count < Limits.messagesPerRequest
        ? nil : "\(name) has not let you in yet, and enough of what you have said waits"
    }
    if sender.rawValue < 0, let user = users[person] {
      return user.guestRequests.waiting.count < Limits.messageRequests ? nil : Self.tooManyWait(for: name)
    }
    let ofRealm = realm(of: sender).map { messageRequestsElsewhere[$0] ?? 0 } ?? 0
    guard (messageRequests[person]?.count ?? 0) < Limits.messageRequests, ofRealm < Limits.messageRequestsPerRealm
    else { return Self.tooManyWait(for: name) }
    return nil
  }

  private static func tooManyWait(for name: String) -> String { "too many people wait to be let in by \(name)" }

  private func waitingMessages(of sender: PersonID, for person: PersonID) -> Int? {
    messageRequests[person]?[sender]?.positions.count ?? users[person]?.guestRequests.waiting[sender]?.count
  }

  /// A message waits from now on; with the first one of somebody the addressee is told.
  func noteRequest(of sender: PersonID, to person: PersonID, at position: Position) {
    let isFirst = messageRequests[person]?[sender] == nil
    add(position, of: sender, to: person)
    turn.writes.append(.messageRequest(person, from: sender, position))
    if isFirst, let user = users[person] { tellRequest(of: sender, to: user) }
  }

  /// Tells an account that a stranger has written to it.
  func tellRequest(of sender: PersonID, to user: User) {
    let name = name(of: sender)
    tellWaiting(
      name,
      "\(name) wants to write to you: say REQUESTS ACCEPT \(name) to read it, or REQUESTS DECLINE \(name), or answer",
      to: user)
  }

  func tellWaiting(_ name: String, _ text: String, to user: User) {
    for session in user.sessions {
      let line = standardLine(session, "NOTE", "REQUESTS", "WAITING", [name], text)
      sendInOrder(Outgoing(line: line.bytes), to: session)
    }
  }

  /// A message of another realm whose sender may be a stranger.
  ///
  /// - Returns: nil for who is none; else whether it is taken, false while something has to be read first.
  func takeStranger(
    _ letter: Letter, _ sender: Correspondent, _ person: PersonID, _ revised: FoundEntry?, from peer: Peer
  ) -> Bool? {
    guard hasRequests else { return nil }
    switch admission(of: sender.id, to: person) {
    case .isOpen: return nil
    case .waits: break
    case .isUnclear:
      guard let isKnown = isKnown(letter, sender.id, person, from: peer) else { return false }
      if isKnown {
        noteKnown(sender.id, to: person)
        return nil
      }
    }
    if letter.kind == .redact {
      revise(revised, .redact, by: lastPosition)
      return true
    }
    if let problem = problem(waiting: revised != nil, sender.id, for: person) {
      refuse(letter.id, letter.kind, of: letter.from, to: accounts[person]?.name ?? "*", problem, peer)
      return true
    }
    counters.messages += 1
    let position = log(letter, sender: sender.id, to: person, isHidden: true)
    revise(revised, letter.kind, by: position)
    if revised == nil { noteRequest(of: sender.id, to: person, at: position) }
    return true
  }

  /// Nil while the history is asked.
  private func isKnown(_ letter: Letter, _ sender: PersonID, _ person: PersonID, from peer: Peer) -> Bool? {
    if let admission = peer.sharing.admission, admission.letter == letter.id {
      if admission.isKnown != nil { peer.sharing.admission = nil }
      return admission.isKnown
    }
    peer.sharing.admission = (letter.id, nil)
    ask(Self.firstMessage(of: sender, to: person), for: nil) { realm, answer in
      guard peer.sharing.admission?.letter == letter.id else { return }
      guard case .history(let entries) = answer else {
        peer.sharing.admission = nil
        peer.sharing.retriesTaking = true
        return
      }
      peer.sharing.admission?.isKnown = !entries.isEmpty
      realm.takeOn(from: peer)
    }
    return nil
  }

  // MARK: letting in

  /// Who writes to somebody lets it in: what waits comes first.
  func lettingIn(
    _ other: PersonID, by user: User, _ message: Message, _ session: Session, then body: @escaping (Realm) -> Void
  ) {
    guard !message.isFleeting, !user.isGuest else { return body(self) }
    guard other.rawValue > 0 else {
      if requests(of: user.id) == .all { letIn(guest: other, by: user) }
      return body(self)
    }
    guard messageRequests[user.id]?[other] != nil else {
      if requests(of: user.id) != .none, other != user.id { noteKnown(other, to: user.id) }
      if !user.waitingInvitations.isEmpty { admitInvitations(by: name(of: other), to: user) }
      return body(self)
    }
    accept(other, by: user, session) { realm, problem in
      if let problem {
        return realm.fail(
          session, realm.command(message.kind), "TEMPORARILY_UNAVAILABLE", [realm.name(of: other)], problem)
      }
      body(realm)
    }
  }

  /// Lets somebody in: what has waited is logged for the account and shown on all its devices.
  ///
  /// - Parameter done: gets nil, or what went wrong.
  func accept(
    _ sender: PersonID, by user: User, _ session: Session, then done: @escaping (Realm, String?) -> Void
  ) {
    guard let positions = messageRequests[user.id]?[sender]?.positions else { return done(self, nil) }
    ask(.entries(positions), for: session) { realm, answer in
      guard case .history(let entries) = answer else { return done(realm, answer.problem) }
      // More may have come, or another device was faster.
      guard realm.messageRequests[user.id]?[sender]?.positions == positions else {
        return realm.accept(sender, by: user, session, then: done)
      }
      realm.endRequest(of: sender, to: user.id)
      realm.noteKnown(sender, to: user.id)
      for entry in entries where entry.kind.canBeTakenBack && !entry.isEdit { realm.admit(entry, to: user) }
      realm.admitInvitations(by: realm.name(of: sender), to: user)
      done(realm, nil)
    }
  }

  private func admit(_ entry: Entry, to user: User) {
    lastPosition += 1
    var admitted = entry
    admitted.position = lastPosition
    admitted.link = 0
    // Who is of this realm has it in its history already.
    let isElsewhere = realm(of: entry.sender) != nil
    admitted.hiddenFrom = isElsewhere ? .nobody : .sender
    turn.writes.append(.entry(admitted))
    if isElsewhere { turn.writes.append(.erased(entry.position)) }
    for session in user.sessions {
      guard let line = rendered(admitted, in: user.nick, for: session) else { continue }
      sendInOrder(line, position: admitted.position, kind: .message, to: session)
    }
  }

  private func endRequest(of sender: PersonID, to person: PersonID) {
    guard messageRequests[person]?[sender] != nil else { return }
    messageRequests[person]?[sender] = nil
    if messageRequests[person]?.isEmpty == true { messageRequests[person] = nil }
    if let realm = realm(of: sender), let count = messageRequestsElsewhere[realm] {
      messageRequestsElsewhere[realm] = count > 1 ? count - 1 : nil
    }
    turn.writes.append(.messageRequestEnded(person, from: sender))
  }

  /// Drops what waits of somebody. Who is of this realm keeps it in its own history.
  private func decline(_ sender: PersonID, by person: PersonID) {
    if realm(of: sender) != nil {
      for position in messageRequests[person]?[sender]?.positions ?? [] { turn.writes.append(.erased(position)) }
    }
    endRequest(of: sender, to: person)
  }

  /// Somebody, or a whole realm, is blocked: nothing of it waits any more.
  func declineRequests(of target: PreferenceTarget, to person: PersonID) {
    if let user = users[person] { declineInvitations(by: target, to: user) }
    for sender in messageRequests[person]?.keys ?? [] {
      switch target {
      case .person(sender): decline(sender, by: person)
      case .realm(let name) where realm(of: sender) == name: decline(sender, by: person)
      default: break
      }
    }
  }

  /// An account has ended.
  func endRequests(of person: PersonID) {
    for sender in messageRequests[person]?.keys ?? [] { decline(sender, by: person) }
  }
}
