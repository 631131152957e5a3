import Wire

/// `moot/id` (docs/clients.md, "Sending again"): a client whose connection broke does not know whether its last
/// messages were accepted. It sends them again under the names that it gave them, and gets the first echo.
extension Realm {
  /// What a client calls what it sends; nil where it does not. Where that is no name it is answered, and not good.
  func clientName(of input: Input, _ session: Session) -> (name: [UInt8]?, isGood: Bool) {
    guard session.has(.sentAgain), let name = input.tag("moot/id") else { return (nil, true) }
    guard (1...Limits.identifierBytes).contains(name.count) else {
      fail(session, input.command, "INVALID_ID", [], "Such a name has 1 to \(Limits.identifierBytes) bytes")
      return (nil, false)
    }
    return (Array(name), true)
  }

  /// Remembers a message under the name that its client gave it.
  func noteSent(_ message: Message, _ id: MessageID, to target: Target, by user: User) {
    guard let key = message.sentAs, !message.isFleeting, !user.isGuest else { return }
    turn.writes.append(.sent(user.id, user.sent.add(key, target, id, now)))
  }

  /// A realm has refused a message of one of our people: it may be sent again.
  func forgetSent(_ id: MessageID, by person: PersonID) {
    users[person]?.sent.forget(id)
    if loadingAccounts[person] != nil { refusedMeanwhile[person, default: []].append(id) }
    turn.writes.append(.sentForgotten(person, id))
  }

  /// Whether a message was accepted before: then it is answered, and is not to be sent again. To be asked in the turn
  /// that accepts it, for the same may come from two sessions.
  func isSentAgain(_ session: Session, _ user: User, _ message: Message, _ target: String) -> Bool {
    guard let key = message.sentAs, let sent = user.sent.message(key, now: now) else { return false }
    answerAgain(session, user, message, sent, target)
    return true
  }

  /// Answers with the echo where the client gets echoes, else with a note.
  private func answerAgain(
    _ session: Session, _ user: User, _ message: Message, _ sent: SentMessage, _ target: String
  ) {
    let conversation: Conversation
    switch sent.target {
    case .person(let person): conversation = .pair(user.id, person)
    case .group(let group):
      conversation = .group(group)
      // It may come back from the group's home at any moment, also before it is known that it has not yet.
      if homes[group] != nil { awaitEcho(of: sent.id, in: group, session) }
    }
    ask(.entry(sent.id, conversation), for: session) { realm, answer in
      guard case .entry(let found) = answer else {
        realm.takeBackEcho(of: sent.id, session)
        return realm.undelivered(session, message, target, answer.problem)
      }
      realm.answerAgain(session, user, message, sent, target, found?.entry)
    }
  }

  private func answerAgain(
    _ session: Session, _ user: User, _ message: Message, _ sent: SentMessage, _ target: String, _ entry: Entry?
  ) {
    guard let entry else {
      guard case .group(let group) = sent.target, let peer = homes[group].flatMap({ peer($0.realm) }) else {
        return tellThatItIsThere(session, message, sent, target)
      }
      guard echoes[sent.id] != nil else { return }  // it has come back meanwhile
      return standardReply(session, "NOTE", "PRIVMSG", "WAITING", [target, sent.id.text], waitingText(peer))
    }
    takeBackEcho(of: sent.id, session)
    // Of an edit there is the message that it has changed.
    guard entry.id == sent.id, entry.kind.isSaid, session.has(entry.kind.needed.union(.echoMessage)) else {
      return tellThatItIsThere(session, message, sent, target)
    }
    let first = Message(kind: entry.kind, tags: entry.tags, body: entry.body)
    send(outgoing(said(user.source, first, to: name(of: sent.target) ?? target), entry), to: session)
  }

  /// A session need not wait for an echo: it is answered now, under the label that was kept for that.
  private func takeBackEcho(of id: MessageID, _ session: Session) {
    guard let echo = echoes[id], echo.connection == session.connection else { return }
    endEcho(id)
    if !echo.label.isEmpty { session.response = Response(label: echo.label) }
  }

  private func tellThatItIsThere(_ session: Session, _ message: Message, _ sent: SentMessage, _ target: String) {
    guard message.kind != .notice || session.has(.standardReplies) || session.response != nil else { return }
    standardReply(
      session, "NOTE", command(message.kind), "ALREADY_SENT", [target, sent.id.text], "It was sent before")
  }
}
