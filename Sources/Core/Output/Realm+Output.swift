import Wire

/// How lines reach clients. Everything a session is sent goes through `send(_:to:)`, where a labelled command's answer
/// is caught, or through `broadcast`, which renders once for many.
extension Realm {
  /// Sends a line to one session; where its own labelled command causes it, adds it to the answer. What others cause
  /// is news, and keeps the order of news.
  func send(_ outgoing: Outgoing, to session: Session) {
    guard !session.closed else { return }
    guard session === answering else { return sendInOrder(outgoing, to: session) }
    if session.response != nil {
      session.response?.lines.append(outgoing)
      return
    }
    transmit(outgoing, to: session)
  }

  /// Sends a line that is not part of an answer.
  func transmit(_ outgoing: Outgoing, to session: Session) {
    guard session.caught == nil else { return }
    turn.deliveries[Int(session.connection.thread)].send(to: session.connection) {
      outgoing.append(to: &$0, for: session.rendering)
    }
  }

  /// Sends a line without time, id or account.
  func send(_ line: LineBuilder, to session: Session) {
    send(Outgoing(line: line.bytes), to: session)
  }

  /// Sends a numeric: the client's nick, the words, and the text where there is one.
  func reply(_ session: Session, _ numeric: Numeric, _ words: [String] = [], _ text: String? = nil) {
    if numeric.rawValue >= 400 && numeric.rawValue < 600 { counters.refusals += 1 }
    send(numericLine(session, numeric, words, text), to: session)
  }

  /// - Parameter most: how many bytes a word may have before it is cut.
  func numericLine(
    _ session: Session, _ numeric: Numeric, _ words: [String], _ text: String?, upTo most: Int = Limits.echoedBytes
  ) -> LineBuilder {
    var line = LineBuilder(source: serverSource, numeric.digits)
    line.word(session.nick)
    for word in words { line.word(Self.echoed(word, upTo: max(most, Limits.echoedBytes))) }
    if let text { line.text(text) }
    return line
  }

  /// A word of a client as it can stand in the middle of a line: not empty, without space, no colon first, not long.
  private static func echoed(_ word: String, upTo most: Int = Limits.echoedBytes) -> String {
    let isPlain = word.utf8.count <= most && !word.isEmpty && word.utf8.first != UInt8(ascii: ":")
    if isPlain, !word.utf8.contains(32) { return word }
    // Byte by byte: what counts as one character may begin with a colon or a space.
    let bytes = Array(word.utf8.drop { $0 == UInt8(ascii: ":") }.prefix { $0 != 32 })
    let out = text(bytes[...], upTo: most)
    return out.isEmpty ? "*" : out
  }

  /// FAIL, WARN or NOTE (IRCv3 standard-replies). Where the command's own specification defines them they go to every
  /// client, else to those with the capability; the others get a notice of the server.
  func standardReply(
    _ session: Session, _ kind: String, _ command: String, _ code: String, _ context: [String] = [], _ text: String
  ) {
    if kind == "FAIL" { counters.refusals += 1 }
    send(standardLine(session, kind, command, code, context, text), to: session)
  }

  func standardLine(
    _ session: Session, _ kind: String, _ command: String, _ code: String, _ context: [String], _ text: String
  ) -> LineBuilder {
    guard session.has(.standardReplies) || Self.ownReplies.contains(command) || code == "INVALID_UTF8" else {
      // Ids of messages are for programs.
      let words = ([command] + context).filter { $0 != "*" && MessageID($0.utf8) == nil }
      return noticeLine(session, words.joined(separator: " ") + ": " + text)
    }
    var line = LineBuilder(source: serverSource, kind)
    line.word(command)
    line.word(code)
    // Of the address of a push service its client wants to know which one it was.
    let most = command == "WEBPUSH" ? Limits.echoedAddressBytes : Limits.echoedBytes
    for word in context { line.word(Self.echoed(word, upTo: most)) }
    line.text(text)
    return line
  }

  private static let ownReplies: Set<String> = [
    "REGISTER", "VERIFY", "CHATHISTORY", "MARKREAD", "UNREGISTER", "DEVICE", "PASSWD", "DELETE", "SETNAME", "RENAME",
    "BATCH", "REDACT", "EDIT", "METADATA", "SEARCH", "WEBPUSH",
  ]

  func fail(_ session: Session, _ command: String, _ code: String, _ context: [String] = [], _ text: String) {
    standardReply(session, "FAIL", command, code, context, text)
  }

  /// A notice of the server to one session.
  func notice(_ session: Session, _ text: String) { send(noticeLine(session, text), to: session) }

  private func noticeLine(_ session: Session, _ text: String) -> LineBuilder {
    var line = LineBuilder(source: serverSource, "NOTICE")
    line.word(session.nick)
    line.text(text)
    return line
  }

  /// Says good-bye and drops the connection once that is sent.
  func close(_ session: Session, _ reason: String) {
    guard !session.closed else { return }
    // The answer to what it said, where that is why.
    if session.response?.lines.isEmpty == false { finishCommand(session) }
    session.response = nil
    var line = LineBuilder(source: serverSource, "ERROR")
    line.text(reason)
    // ERROR has no source (Modern IRC, "ERROR message").
    transmit(Outgoing(line: Array(line.bytes.dropFirst(serverSource.count + 2))), to: session)
    turn.deliveries[Int(session.connection.thread)].close(session.connection)
    remove(session, reason: reason)
  }

  /// Sends a line to all of a group that are connected, rendered once for each way of reading it.
  ///
  /// - Parameters:
  ///   - position: of the entry behind the line, 0 for none: sessions that are being replayed to get it in its place.
  ///   - kind: what it is to a session that is being replayed to.
  ///   - except: the session that gets it as the answer to its command instead, or not at all.
  ///   - needing: only sessions with these capabilities.
  func broadcast(
    _ outgoing: Outgoing, to group: Group, position: Position = 0, kind: HeldBackLine.Kind = .change,
    except: Session? = nil, needing needed: Capabilities = []
  ) {
    let audience = group.audience(threads: sessions.count)
    guard Capabilities.rendering.isSuperset(of: needed) else {
      return sendToEach(audience, outgoing, position, kind, except, needed)
    }
    for share in audience.shares where share.capabilities.isSuperset(of: needed) {
      var bytes: [UInt8] = []
      outgoing.append(to: &bytes, for: share.capabilities)
      counters.deliveries += Int64(share.receivers.count)
      guard let except, Int(except.connection.thread) == share.thread else {
        turn.deliveries[share.thread].send(bytes, toAll: share.receivers)
        continue
      }
      turn.deliveries[share.thread].send(
        bytes,
        toAll: share.receivers.filter {
          $0.slot != except.connection.slot || $0.generation != except.connection.generation
        })
    }
    if position > 0 { for session in audience.live { session.sentPosition = position } }
    for session in audience.heldBack where session !== except && session.capabilities.isSuperset(of: needed) {
      sendInOrder(outgoing, position: position, kind: kind, to: session)
    }
  }

  /// The same where those who agree in how lines are rendered may differ in who gets this one: session by session.
  private func sendToEach(
    _ audience: Audience, _ outgoing: Outgoing, _ position: Position, _ kind: HeldBackLine.Kind, _ except: Session?,
    _ needed: Capabilities
  ) {
    turn.rowsSearched += audience.live.count
    for session in audience.live + audience.heldBack where session !== except && session.has(needed) {
      sendInOrder(outgoing, position: position, kind: kind, to: session)
    }
    if position > 0 { for session in audience.live { session.sentPosition = position } }
  }

  /// Sends a line to a session, or holds it back while the session is being replayed to.
  func sendInOrder(
    _ outgoing: Outgoing, position: Position = 0, kind: HeldBackLine.Kind = .change, to session: Session
  ) {
    guard session.replay != nil else {
      if position > 0 { session.sentPosition = position }
      counters.deliveries += 1
      return transmit(outgoing, to: session)
    }
    if session.replay?.overflowed == true, kind != .change { return }
    if let count = session.replay?.heldBack.count, count >= settings.limits.heldBackLines {
      session.replay?.overflowed = true
      if kind != .change { return }
      session.replay?.heldBack.removeAll { $0.kind != .change }
      guard let changes = session.replay?.heldBack.count, changes < settings.limits.heldBackLines else {
        session.replay?.isLost = true
        return
      }
    }
    session.replay?.heldBack.append(HeldBackLine(position: position, kind: kind, line: outgoing))
  }

  /// Sends a line to every session of a user.
  func sendToAll(_ outgoing: Outgoing, of user: User, except: Session? = nil, needing needed: Capabilities = []) {
    for session in user.sessions where session !== except && session.capabilities.isSuperset(of: needed) {
      send(outgoing, to: session)
    }
  }

  /// Sends a line to a user's sessions, once to every session that shares a group with it, and to those that watch it
  /// (IRCv3 extended-monitor), where they have these capabilities.
  func tellFriends(_ outgoing: Outgoing, of user: User, needing needed: Capabilities, except: Session? = nil) {
    let told = sendToNeighbours(outgoing, of: user, needing: needed)
    tellWatching(outgoing, of: user.nick, needing: needed, except: told.union(user.sessions.map(\.connection)))
    sendToAll(outgoing, of: user, except: except, needing: needed)
  }

  /// Sends a line to the sessions that watch a nick, or somebody elsewhere by the name it has here (IRCv3
  /// extended-monitor), where they have these capabilities.
  func tellWatching(
    _ outgoing: Outgoing, of name: String, needing needed: Capabilities, except told: Set<Connection> = []
  ) {
    for session in watchers[fold(name)]?.values ?? []
    where session.has(needed.union(.extendedMonitor)) && !told.contains(session.connection) {
      sendInOrder(outgoing, to: session)
    }
  }

  /// Sends a line once to every session that shares a group with a user and has these capabilities; gives which.
  @discardableResult
  func sendToNeighbours(_ outgoing: Outgoing, of user: User, needing needed: Capabilities) -> Set<Connection> {
    var seen: Set<Connection> = []
    for group in user.groups.values {
      let audience = group.audience(threads: sessions.count)
      turn.rowsSearched += audience.live.count
      for session in audience.live + audience.heldBack
      where session.user !== user && session.capabilities.isSuperset(of: needed)
        && seen.insert(session.connection).inserted
      {
        sendInOrder(outgoing, to: session)
      }
    }
    return seen
  }

  // MARK: labelled answers

  /// Sends what a labelled command has gathered although it is not over: what others do meanwhile must not be seen
  /// before it. The batch stays open.
  func sendGathered(_ session: Session) {
    guard let response = session.response, !response.lines.isEmpty, !session.closed, session.caught == nil else {
      return
    }
    session.response?.lines = []
    var reference = response.reference
    if reference.isEmpty {
      reference = nextBatch()
      session.response?.reference = reference
      var start = openBatch(reference, "labeled-response")
      start.label = response.label
      transmit(start, to: session)
    }
    for var line in response.lines {
      if line.batch.isEmpty { line.batch = reference }
      transmit(line, to: session)
    }
  }

  /// Sends what a labelled command has gathered: one line with the label, several as a batch, nothing as ACK
  /// (IRCv3 labeled-response, "Responses").
  func finishCommand(_ session: Session) {
    guard let response = session.response else { return }
    if let caught = session.caught {
      session.response = nil
      return caught(self, response.lines)
    }
    if response.reference.isEmpty, response.lines.count < 2 || isOneBatch(response.lines) {
      session.response = nil
      var first = response.lines.first ?? Outgoing(line: LineBuilder(source: serverSource, "ACK").bytes)
      first.label = response.label
      transmit(first, to: session)
      for line in response.lines.dropFirst() { transmit(line, to: session) }
      return
    }
    sendGathered(session)
    let reference = session.response?.reference ?? []
    session.response = nil
    transmit(closeBatch(reference), to: session)
  }

  /// Whether the lines are a batch of their own from the first to the last: then the label stands there.
  private func isOneBatch(_ lines: [Outgoing]) -> Bool {
    guard let reference = lines.first?.opens, !reference.isEmpty else { return false }
    return lines.last?.line == closeBatch(reference).line
      && lines.dropFirst().dropLast().allSatisfy { $0.batch == reference }
  }

  func nextBatch() -> [UInt8] {
    lastBatch += 1
    return Array(String(lastBatch, radix: 36).utf8)
  }

  func openBatch(_ reference: [UInt8], _ type: String, _ parameters: [String] = []) -> Outgoing {
    var line = LineBuilder(source: serverSource, "BATCH")
    line.word([UInt8(ascii: "+")] + reference)
    line.word(type)
    for parameter in parameters { line.word(parameter) }
    var out = Outgoing(line: line.bytes)
    out.opens = reference
    return out
  }

  func closeBatch(_ reference: [UInt8]) -> Outgoing {
    var line = LineBuilder(source: serverSource, "BATCH")
    line.word([UInt8(ascii: "-")] + reference)
    return Outgoing(line: line.bytes)
  }
}
