import Wire

/// A message of several lines while a client says it (IRCv3 draft/multiline).
struct ClientBatch {
  var reference: [UInt8]
  var target = ""
  /// Those of the command that opened it.
  var tags: [UInt8] = []
  var label: [UInt8] = []
  var openedAt: Milliseconds
  /// What was said so far; nil once it was refused: what still comes of it is ignored.
  var body: [UInt8]?
  var lines = 0
  /// As `max-bytes` counts them.
  var bytes = 0
  var hasText = false
  /// What the client calls it (`moot/id`).
  var name: [UInt8]?
}

/// BATCH from clients (IRCv3 client-batch; draft/multiline is the one type there is).
extension Realm {
  func batch(_ session: Session, _ input: Input) {
    let reference = Array(input.slice(0).dropFirst())
    let sign = input.slice(0).first
    guard Self.isReference(reference), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return fail(session, "BATCH", "INVALID_REFTAG", [input.text(0)], "A reference has letters, digits and hyphens")
    }
    guard session.capabilities.isSuperset(of: [.multiline, .batch]) else {
      return refuseBatch(session, "Switch draft/multiline and batch on first")
    }
    if sign == UInt8(ascii: "+") { open(session, reference, input) } else { close(session, reference) }
  }

  private static func isReference(_ bytes: [UInt8]) -> Bool {
    (1...Limits.identifierBytes).contains(bytes.count)
      && bytes.allSatisfy { Names.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }

  private func open(_ session: Session, _ reference: [UInt8], _ input: Input) {
    endBatch(session, "Another batch was opened within it")
    let label = session.response?.label ?? []
    session.batch = ClientBatch(reference: reference, openedAt: uptime)
    guard sameName(input.slice(1), "draft/multiline".utf8) else {
      return fail(
        session, "BATCH", "UNKNOWN_TYPE", [String(decoding: reference, as: UTF8.self), input.text(1)],
        "The one type of batch is draft/multiline")
    }
    let target = input.text(2)
    guard !target.isEmpty, !target.utf8.contains(UInt8(ascii: ",")) else {
      return refuseBatch(session, "Say for whom it is: one person or one group")
    }
    guard input.tag("batch") == nil else { return refuseBatch(session, "A batch cannot be within another") }
    let (name, isGood) = clientName(of: input, session)
    guard isGood else { return }
    session.batch?.name = name
    session.batch?.target = target
    session.batch?.tags = session.has(.messageTags) ? settings.refusedTags.accepted(input.clientTags) : []
    session.batch?.label = label
    session.batch?.body = []
    session.response = nil  // the answer comes at the end
  }

  private func close(_ session: Session, _ reference: [UInt8]) {
    guard let batch = session.batch, batch.reference == reference else { return refuseReference(session, reference) }
    session.batch = nil
    guard let body = batch.body else { return }  // it was refused
    if !batch.label.isEmpty {
      finishCommand(session)  // this command's own label has no other answer
      session.response = Response(label: batch.label)
    }
    guard batch.hasText else { return refuseBatch(session, "It has no text") }
    var message = Message(kind: .multiline, tags: batch.tags, body: body)
    message.sentAs = batch.name.map { SentMessages.key($0, to: batch.target) }
    send(session, message, to: batch.target)
  }

  /// Takes a command that belongs to an open batch; what does not belong to it ends it, but for signs of life
  /// (client-batch, "The client-to-server BATCH verb").
  ///
  /// - Returns: whether it is done with.
  func takeIntoBatch(_ session: Session, _ command: String, _ input: Input) -> Bool {
    let reference = input.tag("batch")
    guard let batch = session.batch else {
      guard let reference, command != "BATCH" else { return false }
      refuseReference(session, reference)
      return true
    }
    guard let reference, reference.elementsEqual(batch.reference) else {
      guard !["BATCH", "PING", "PONG", "QUIT"].contains(command) else { return false }
      endBatch(session, "\(command.prefix(16)) came within it, and is no part of it")
      guard let reference else { return false }
      refuseReference(session, reference)
      return true
    }
    guard batch.body != nil else { return true }
    if command == "PRIVMSG" {
      add(input, to: batch, session)
    } else {
      endBatch(session, "It can hold nothing but PRIVMSG")
    }
    return true
  }

  private func add(_ input: Input, to batch: ClientBatch, _ session: Session) {
    let text = input.slice(1)
    let isJoined = input.tag("draft/multiline-concat") != nil
    let bytes = batch.bytes + text.count + (batch.lines == 0 || isJoined ? 0 : 1)
    guard sameName(input.slice(0), batch.target.utf8) else {
      return endBatch(
        session, "MULTILINE_INVALID_TARGET", [batch.target, input.text(0)], "All lines are for whom the batch is for")
    }
    guard batch.lines < Limits.multilineLines else {
      return endBatch(
        session, "MULTILINE_MAX_LINES", ["\(Limits.multilineLines)"],
        "A message has \(Limits.multilineLines) lines at most")
    }
    guard bytes <= Limits.multilineBytes else {
      return endBatch(
        session, "MULTILINE_MAX_BYTES", ["\(Limits.multilineBytes)"],
        "A message has \(Limits.multilineBytes) bytes at most")
    }
    guard !isJoined || batch.lines > 0 && !text.isEmpty else {
      return endBatch(session, "draft/multiline-concat goes with text, and with a line before")
    }
    if batch.lines > 0 { session.batch?.body?.append(isJoined ? Multiline.joint : Multiline.lineBreak) }
    session.batch?.body?.append(contentsOf: text)
    session.batch?.lines += 1
    session.batch?.bytes = bytes
    if !text.isEmpty { session.batch?.hasText = true }
  }

  // MARK: refusals

  func refuseBatch(_ session: Session, _ why: String) { fail(session, "BATCH", "MULTILINE_INVALID", [], why) }

  private func refuseReference(_ session: Session, _ reference: some Collection<UInt8>) {
    fail(session, "BATCH", "INVALID_REFTAG", [String(decoding: reference, as: UTF8.self)], "There is no such batch")
  }

  private func endBatch(_ session: Session, _ why: String) { endBatch(session, "MULTILINE_INVALID", [], why) }

  /// Refuses an open batch, under its own label; what still comes of it is ignored.
  private func endBatch(_ session: Session, _ code: String, _ context: [String], _ why: String) {
    guard let batch = session.batch, batch.body != nil else { return }
    session.batch = ClientBatch(reference: batch.reference, openedAt: uptime)
    counters.refusals += 1
    var out = Outgoing(line: standardLine(session, "FAIL", "BATCH", code, context, why).bytes)
    out.label = batch.label
    transmit(out, to: session)
  }

  /// A line was refused that may have been one of an open batch: without it the message would be another.
  func spoilBatch(_ session: Session) { endBatch(session, "A line was refused") }

  /// Refuses a batch that has been open for too long (client-batch, "Errors").
  func endOldBatch(_ session: Session) {
    guard let batch = session.batch, uptime - batch.openedAt > Limits.batchMilliseconds else { return }
    endBatch(
      session, "TIMEOUT", [String(decoding: batch.reference, as: UTF8.self)], "The batch was open for too long")
  }
}
