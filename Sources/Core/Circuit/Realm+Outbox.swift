import Wire

/// The envelopes of this realm that others have not acknowledged: posted, stored, sent, confirmed, given up.
extension Realm {
  /// Puts an envelope into the outbox of a realm: durable with this turn, and applied there once.
  ///
  /// - Parameter isOwed: whether nobody is there who could say it again, as with a refusal: then there is twice the
  ///   room on top. What is owed follows from what the other realm keeps, which may all be refused at once, and a
  ///   refusal of a few words is up to twice as long as they are.
  func post(_ envelope: Envelope, to peer: Peer, isOwed: Bool = false) -> Posting {
    let account = envelope.account
    if let problem = shortage(peer, account, isOwed) { return .refused(problem) }
    if peer.outbox.isLive, room(peer) <= 0 { peer.outbox.pause() }
    let waits = mustWait(peer)
    peer.outbox.post(
      envelope, epoch: epoch, realm: peer.name, now: turn.now, account: isOwed ? nil : account, waits: waits,
      rowBytes: Limits.circuitFrameBytes)
    relays.counters.envelopesSent += 1
    touch(peer)
    return waits ? .waits : .sent
  }

  /// Whether what is posted now is to be called waiting. Opening a circuit, or a full window, takes a moment that is
  /// not worth a word; no way to the realm is, and so is a queue that does not get shorter.
  private func mustWait(_ peer: Peer) -> Bool {
    guard !peer.outbox.isLive else { return false }
    return !peer.isReachable || peer.outbox.oldest > 0 && turn.now - peer.outbox.oldest >= Limits.waitingMilliseconds
  }

  /// Why nothing more can wait for a realm, in words for people; nil where it can.
  private func shortage(_ peer: Peer, _ account: String?, _ isOwed: Bool) -> String? {
    guard peer.known != nil else { return "\(settings.realm) does not know \(peer.name) any more" }
    let limit = settings.limits.outboxBytes
    if peer.outbox.bytes >= (isOwed ? 3 * limit : limit) { return "Too much waits for \(peer.name) already" }
    guard !isOwed, let account, peer.outbox.share(of: account) >= limit / 4 else { return nil }
    return "Too much of yours waits for \(peer.name)"
  }

  /// At the end of a turn: what it posted becomes a row, or a few, and leaves if it can; what was acknowledged is
  /// noted where that is due.
  func storeOutbox(of peer: Peer) {
    for (row, isLive) in peer.outbox.takeRows() {
      turn.writes.append(.outbox(row))
      if isLive { peer.circuit?.say(row) }
    }
    noteAcknowledgements(of: peer, isDue: stopping || uptime - peer.notedAt >= Limits.noteInterval)
    if peer.isOpen, peer.outbox.unsent == nil, let circuit = peer.circuit {
      peer.outbox.isUnderWay(bytes: circuit.envelopeBytes, oldest: circuit.oldestEnvelope)
    }
    confirmOutbox(of: peer)
  }

  /// Once a second is enough for what was acknowledged: a turn that hears of nothing else has nothing to commit, and
  /// after a crash the other realm says it again when the circuit is opened.
  private func noteAcknowledgements(of peer: Peer, isDue: Bool) {
    for name in peer.outbox.takeAcknowledgements(isDue: isDue) {
      turn.writes.append(.acknowledged(realm: peer.name, name))
      peer.notedAt = uptime
    }
  }

  // MARK: reading

  /// What was posted while there was no circuit, or no room, goes out in pages, as the window has room.
  func readOutbox(of peer: Peer) {
    guard !peer.isReading, peer.isOpen, let id = peer.circuit?.id, let after = peer.outbox.unsent else { return }
    let room = room(peer)
    guard room >= peer.window / 4 else { return }
    peer.isReading = true
    let posted = peer.outbox.epoch(after.epoch)?.last ?? 0
    let bytes = min(settings.limits.outboxPageBytes, room / 2)
    ask(.outbox(realm: peer.name, after: after, bytes: bytes), for: nil) { realm, answer in
      guard peer.circuit?.id == id else { return }
      peer.isReading = false
      guard case .outbox(let rows) = answer else { return }  // tried again with the next tick
      realm.send(rows, to: peer)
      if rows.first?.epoch != after.epoch {
        realm.skip(to: EnvelopeName(epoch: after.epoch, number: posted), of: peer)
      }
      realm.touch(peer)
    }
  }

  private func send(_ rows: [OutboxRow], to peer: Peer) {
    for row in rows where peer.outbox.isUnsent(row) {
      peer.circuit?.say(
        isTooOld(row) ? emptied(row) : withoutRefused(row, peer), isAgain: peer.outbox.isAcknowledged(row))
      peer.outbox.sent(EnvelopeName(epoch: row.epoch, number: row.last))
    }
  }

  /// The store has nothing where something should be: it was deleted from outside, or trimmed since.
  private func skip(to name: EnvelopeName, of peer: Peer) {
    note(
      "outbox", "envelopes are missing", level: .warning, ["realm": peer.name, "up to": String(name.number)])
    peer.outbox.sent(name)
    peer.outbox.acknowledge(name, bytes: 0, waited: false, nextPosted: nil)
  }

  private func isTooOld(_ row: OutboxRow) -> Bool { row.time < turn.now - Limits.outboxAge }

  /// Envelopes that were given up keep their numbers.
  private func emptied(_ row: OutboxRow) -> OutboxRow {
    var row = row
    row.bytes = []
    for _ in row.first...max(row.first, row.last) { ItemCoder.append(.expired, to: &row.bytes) }
    return row
  }

  /// What a realm has refused is not given back to it: whoever said it was told that it has come to nothing, and may
  /// have said it anew.
  private func withoutRefused(_ row: OutboxRow, _ peer: Peer) -> OutboxRow {
    func isRefused(_ envelope: Envelope) -> Bool { envelope.letter.map { peer.refused.contains($0.id) } ?? false }
    let acknowledged = peer.outbox.epoch(row.epoch)?.acknowledged ?? .max
    guard row.first <= acknowledged, !peer.refused.isEmpty, let envelopes = decoded(row),
      envelopes.contains(where: isRefused)
    else { return row }
    var row = row
    row.bytes = []
    for envelope in envelopes { ItemCoder.append(isRefused(envelope) ? .expired : envelope, to: &row.bytes) }
    return row
  }

  // MARK: word for those who wait

  /// Those who were told that their envelopes wait are told that they are through.
  private func confirmOutbox(of peer: Peer) {
    guard !peer.isConfirming, let (after, last) = peer.outbox.unconfirmed else { return }
    peer.isConfirming = true
    ask(.outbox(realm: peer.name, after: after, bytes: settings.limits.outboxPageBytes), for: nil) { realm, answer in
      peer.isConfirming = false
      guard case .outbox(let rows) = answer else {
        return realm.endConfirming(of: peer, answer.problem)  // tried again with the next tick
      }
      let done = realm.confirm(rows.filter { $0.epoch == after.epoch }, after.number, upTo: last, of: peer)
      // Rows that are not there any more have nobody who waits for word of them.
      peer.outbox.confirm(EnvelopeName(epoch: after.epoch, number: done ?? last))
      realm.touch(peer)
      if peer.outbox.unconfirmed == nil { realm.endConfirming(of: peer, nil) }
    }
  }

  private func endConfirming(of peer: Peer, _ problem: String?) {
    let waiting = peer.whenConfirmed
    peer.whenConfirmed = []
    for done in waiting { done(self, problem) }
  }

  /// - Returns: up to where word was given; nil where there was nothing to look at.
  private func confirm(_ rows: [OutboxRow], _ after: UInt64, upTo last: UInt64, of peer: Peer) -> UInt64? {
    var done: UInt64?
    for row in rows where row.first <= last {
      done = min(row.last, last)
      guard row.waited, let envelopes = decoded(row) else { continue }
      let through = zip(row.first..., envelopes).filter { $0.0 > after && $0.0 <= last }.map(\.1)
      if !through.isEmpty { delivered(through, to: peer) }
    }
    return done
  }

  /// The envelopes of a row; nil, with a note, where the disk holds something else.
  private func decoded(_ row: OutboxRow) -> [Envelope]? {
    do throws(ItemError) {
      return try ItemCoder.envelopes(row.bytes)
    } catch {
      note("outbox", "a row cannot be read", level: .warning, ["realm": row.realm, "why": "\(error)"])
      return nil
    }
  }

  // MARK: upkeep

  /// Once a minute: what has waited too long is given up, what was acknowledged long ago is deleted.
  func keepOutboxUp(of peer: Peer) {
    if peer.outbox.oldest > 0, peer.outbox.oldest < turn.now - Limits.outboxAge { expire(peer) }
    guard !peer.outbox.epochs.isEmpty, uptime - peer.trimmedAt >= Limits.trimInterval else { return }
    peer.trimmedAt = uptime
    noteAcknowledgements(of: peer, isDue: true)
    turn.writes.append(.outboxTrimmed(realm: peer.name, before: turn.now - Limits.outboxAge))
  }

  private func expire(_ peer: Peer) {
    giveUp(peer, while: { $0.isTooOld($1) }, tell: { $0.expired($1, to: peer) }, then: { _, _ in })
  }

  /// Reads what is not acknowledged, page by page, and gives it up. `done` gets nil, or what went wrong.
  private func giveUp(
    _ peer: Peer, while isDue: @escaping (Realm, OutboxRow) -> Bool, tell: @escaping (Realm, Envelope) -> Void,
    then done: @escaping (Realm, String?) -> Void
  ) {
    guard !peer.isExpiring else { return done(self, "what waits for \(peer.name) is just being looked through") }
    guard let after = peer.outbox.unacknowledged else { return done(self, nil) }
    peer.isExpiring = true
    let posted = peer.outbox.epoch(after.epoch)?.last ?? 0
    ask(.outbox(realm: peer.name, after: after, bytes: settings.limits.outboxPageBytes), for: nil) { realm, answer in
      peer.isExpiring = false
      guard case .outbox(let rows) = answer else { return done(realm, answer.problem) }
      realm.touch(peer)
      if rows.first?.epoch != after.epoch {
        realm.skip(to: EnvelopeName(epoch: after.epoch, number: posted), of: peer)
      }
      for row in rows {
        guard isDue(realm, row) else {
          peer.outbox.oldestIs(row.time)
          return done(realm, nil)
        }
        realm.giveUp(row, of: peer, tell)
      }
      realm.giveUp(peer, while: isDue, tell: tell, then: done)
    }
  }

  private func giveUp(_ row: OutboxRow, of peer: Peer, _ tell: (Realm, Envelope) -> Void) {
    let acknowledged = peer.outbox.epoch(row.epoch)?.acknowledged ?? 0
    guard row.last > acknowledged else { return }
    for (number, envelope) in zip(row.first..., decoded(row) ?? []) where number > acknowledged {
      tell(self, envelope)
    }
    let name = EnvelopeName(epoch: row.epoch, number: row.last)
    peer.outbox.acknowledge(name, bytes: row.bytes.count, waited: false, nextPosted: nil)
    peer.outbox.confirm(name)
  }

  /// Refuses all that waits for a realm, once those whose envelopes are through know it. `done` gets nil, or what went
  /// wrong.
  func abandonOutbox(of peer: Peer, then done: @escaping (Realm, String?) -> Void) {
    guard peer.outbox.unconfirmed == nil, !peer.isConfirming else {
      peer.whenConfirmed.append { realm, problem in
        if let problem { done(realm, problem) } else { realm.abandonOutbox(of: peer, then: done) }
      }
      return confirmOutbox(of: peer)
    }
    let why = "The operators of \(settings.realm) have given \(peer.name) up"
    giveUp(
      peer, while: { _, _ in true }, tell: { $0.undeliverable($1, to: peer, why: why) },
      then: done)
  }
}

extension Envelope {
  fileprivate var letter: Letter? {
    switch self {
    case .message(let letter, _), .groupMessage(let letter, _): letter
    default: nil
    }
  }

  /// The account on whose behalf it goes; nil for what the realm itself has to say.
  fileprivate var account: String? {
    switch self {
    case .message(let letter, _), .groupMessage(let letter, _): letter.from
    case .request(_, let from, _, _): from
    case .replies, .refusal, .invitation, .expired, .unreadable: nil
    }
  }
}
