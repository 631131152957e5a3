import Wire

/// The life of a connection: it comes, says lines, goes.
extension Realm {
  func connected(_ connection: Connection, host: String, origin: String?, secure: Bool) {
    let thread = Int(connection.thread)
    let slot = Int(connection.slot)
    while sessions[thread].count <= slot { sessions[thread].append(nil) }
    let session = Session(connection, host: host, origin: origin, secure: secure, now: now, uptime: uptime)
    session.negotiating = false
    sessions[thread][slot] = session
    sessionCount += 1
    if stopping { close(session, "The realm is stopping") }
  }

  func disconnected(_ connection: Connection, reason: String) {
    guard let session = session(connection) else { return }
    remove(session, reason: reason)
  }

  /// Takes a session out of everything; nothing is sent to it any more.
  func remove(_ session: Session, reason: String) {
    guard !session.closed else { return }
    if session.user != nil, !stopping {
      // What people say when they quit is not for the log.
      let why = reason.hasPrefix("Quit") ? "Quit" : reason
      note("account", "session ended", ["account": noted(session), "from": session.host, "why": why])
    }
    session.closed = true
    session.response = nil
    session.batch = nil
    session.pending = []
    sessions[Int(session.connection.thread)][Int(session.connection.slot)] = nil
    sessionCount -= 1
    if session.registered { registeredSessions -= 1 }
    setOperator(session, false)
    unwatchAll(session)
    endSubscriptions(session)
    endRequests(of: session)
    endQueries(of: session)
    savePosition(session)
    if let user = session.user { detach(session, from: user, reason: reason) }
    session.user = nil
  }

  /// Takes the lines of a chunk one by one; while an ask is under way the rest waits.
  func input(_ connection: Connection, _ bytes: [UInt8]) {
    guard let session = session(connection) else { return }
    guard session.asks == 0, session.pending.isEmpty else {
      let most = session.registered ? settings.limits.pendingBytes : Limits.pendingBytesAtLogin
      guard session.pending.count + bytes.count <= min(most, settings.limits.pendingBytes) else {
        return close(session, "Excess flood: too many commands wait for an earlier one")
      }
      session.pending.append(contentsOf: bytes)
      return
    }
    process(session, bytes)
  }

  /// Goes on with what waited for an ask, or for another turn.
  func resumeInput(_ session: Session) {
    guard !session.pending.isEmpty else { return }
    let bytes = session.pending
    session.pending = []
    process(session, bytes)
  }

  /// Lets sessions go on that had used up their share, one share each; half of the turn is left for what is new.
  func goOn() {
    let waiting = behind
    behind = []
    for (index, session) in waiting.enumerated() {
      guard turn.cost < Limits.turnCost / 2 else {
        behind.insert(contentsOf: waiting[index...], at: 0)
        return
      }
      if !session.closed { resumeInput(session) }
    }
  }

  private func process(_ session: Session, _ bytes: [UInt8]) {
    let most = turn.cost + settings.limits.turnShare
    var start = 0
    while start < bytes.count, !session.closed {
      let hasShare = turn.cost < most
      guard session.asks == 0, hasShare else {
        session.pending.append(contentsOf: bytes[start...])
        if session.asks == 0 { behind.append(session) }
        return
      }
      var end = start
      while end < bytes.count, bytes[end] != 10 { end += 1 }
      turn.bytesTaken += end - start
      take(session, bytes, start..<end)
      start = end + 1
    }
  }

  func overlong(_ connection: Connection) {
    guard let session = session(connection) else { return }
    spoilBatch(session)
    reply(session, .inputTooLong, [], "Input line was too long")
  }

  /// One line: what is wrong with it as a line is answered here, the rest is for its command.
  private func take(_ session: Session, _ bytes: [UInt8], _ range: Range<Int>) {
    session.heardAt = uptime
    let line: Line
    do {
      line = try Line(parsing: bytes, in: range, tagBytes: Limits.clientTagBytes, lineBytes: Limits.lineBytes)
    } catch .empty {
      return
    } catch .tooLong {
      spoilBatch(session)
      return reply(session, .inputTooLong, [], "Input line was too long")
    } catch {
      return reply(session, .unknownCommand, ["*"], "Unknown command")
    }
    let input = Input(bytes: bytes, line: line)
    guard !Self.holdsControl(bytes, range) else {
      spoilBatch(session)
      // Passed on, they would let one client put lines into another's mouth.
      return reply(session, .unknownError, [input.command], "A line cannot hold NUL or CR")
    }
    guard isUTF8(bytes, in: range) else {
      spoilBatch(session)
      return fail(
        session, input.command, "INVALID_UTF8", [], "Message rejected: this server accepts only UTF-8")
    }
    run(session, input)
  }

  private static func holdsControl(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    let end =
      range.upperBound > range.lowerBound && bytes[range.upperBound - 1] == 13 ? range.upperBound - 1 : range.upperBound
    return bytes[range.lowerBound..<end].contains { $0 == 0 || $0 == 13 }
  }

  private func run(_ session: Session, _ input: Input) {
    counters.commands += 1
    // A label needs batch for answers of several lines (IRCv3 labeled-response, "Dependencies").
    if session.capabilities.isSuperset(of: [.labeledResponse, .batch]) {
      let label = input.label
      if !label.isEmpty { session.response = Response(label: label) }
    }
    hold(session)
    release(session) { dispatch(session, input) }
  }

  private func dispatch(_ session: Session, _ input: Input) {
    let name = input.command
    if session.has(.multiline), session.registered, takeIntoBatch(session, name, input) { return }
    guard let command = Command.table[name] else {
      if !session.registered { return reply(session, .notRegistered, [], "You have not registered") }
      return reply(session, .unknownCommand, [String(name.prefix(32))], "Unknown command")
    }
    guard session.registered || command.access == .always else {
      return reply(session, .notRegistered, [], "You have not registered")
    }
    guard input.count >= command.parameters else {
      return reply(session, .needMoreParams, [name], "Not enough parameters")
    }
    guard session.user != nil || command.access != .user else {
      return refuseWithoutAccount(session, name, input.text(0))
    }
    if command.active { session.user?.activeAt = uptime }
    command.run(self, session, input)
  }

  /// Connected, but neither account nor guest: says what to do.
  func refuseWithoutAccount(_ session: Session, _ command: String, _ target: String) {
    let how = "You need an account here: log in with SASL, or say /msg NickServ HELP"
    switch command {
    case "JOIN": reply(session, .needReggedNick, [target], how)
    case "PRIVMSG" where target.first == "#": reply(session, .cannotSendToChan, [target], how)
    default: fail(session, command, "ACCOUNT_REQUIRED", [], how)
    }
  }

  // MARK: time

  func tick() {
    forgetOldRegistrations()
    continueDeletions()
    tickRelays()
    tickPeers()
    reviseOn()
    tickWebhooks()
    tickPushes()
    ageOn()
    tickFiles()
    tickPresence()
    for thread in sessions.indices {
      for slot in sessions[thread].indices {
        guard let session = sessions[thread][slot] else { continue }
        tick(session)
      }
    }
  }

  private func tick(_ session: Session) {
    guard session.registered else {
      if uptime - session.connectedUptime > Int64(settings.limits.registrationSeconds) * 1_000 {
        close(session, "Registration timed out")
      }
      return
    }
    let silence = uptime - session.heardAt
    let patience = Int64(settings.limits.pingSeconds) * 1_000
    if let asked = session.pingSentAt, session.heardAt > asked { session.pingSentAt = nil }
    if let asked = session.pingSentAt {
      if uptime - asked > patience { return close(session, "Ping timeout: \(silence / 1_000) seconds") }
    } else if silence > patience || confirmationDue(session) {
      ping(session)
    }
    endOldBatch(session)
    if uptime - session.positionSavedAt > Limits.positionSaveSeconds * 1_000 { savePosition(session) }
  }

  /// Asks for a sign of life that also confirms everything sent so far: the token names the newest entry.
  func ping(_ session: Session) {
    session.pingSentAt = uptime
    session.confirmAskedAt = uptime
    var line = LineBuilder(source: serverSource, "PING")
    line.text("moot-\(session.sentPosition)")
    transmit(Outgoing(line: Array(line.bytes.dropFirst(serverSource.count + 2))), to: session)
  }

  private func confirmationDue(_ session: Session) -> Bool {
    session.device != nil && session.replay == nil && session.sentPosition > session.confirmedPosition
      && uptime - session.confirmAskedAt > Limits.positionSaveSeconds * 1_000
  }

  func stop(reason: String) {
    stopping = true
    for peer in peers.values where peer.outbox.hasAcknowledgements { touch(peer) }
    for thread in sessions.indices {
      for slot in sessions[thread].indices {
        if let session = sessions[thread][slot] { close(session, reason) }
      }
    }
  }
}
