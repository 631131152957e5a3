import Core

/// Memory and queues stay within limits, whatever goes on: looked at after every turn.
enum BoundsChecker {
  /// What an envelope or an item of these people weighs at most: the last that is let in may go beyond a limit by as
  /// much.
  private static let envelope = 4 << 10

  static func check(_ found: RelayInspection, _ limits: Limits, realms: Int) -> String? {
    for peer in found.peers {
      if let problem = check(peer, limits) { return "\(problem), of what is for \(peer.realm)" }
    }
    for link in found.links {
      if let problem = check(link, limits, realms) { return "\(problem), on the link to \(link.realm)" }
    }
    return exceeded([
      ("requests under way", found.requests, found.sessions * Limits.joinTargets),
      ("questions under way", found.queries, Limits.queries),
      ("echoes awaited", found.echoes, Limits.echoes),
      ("messages that may have to wait", found.waiting, Limits.echoes),
      ("entries that may return", found.returning, Limits.returningMost + Limits.returningEntries),
      ("announcements", found.announcements, realms - 1 + Limits.strangers),
      ("links announced", found.announcedLinks, max(Limits.announcedLinks, realms * realms)),
      ("people of other realms", found.peopleElsewhere, Limits.peopleElsewhere),
    ])
  }

  private static func check(_ peer: RelayInspection.OfPeer, _ limits: Limits) -> String? {
    // Whatever is let in while there is room may be an item, or a page of the outbox that was asked for before.
    let page = min(limits.outboxPageBytes, limits.windowBytes / 2)
    let room = limits.windowBytes + page + limits.entriesBytes + envelope
    return exceeded([
      ("bytes of the outbox", peer.outboxBytes, 3 * limits.outboxBytes + envelope),
      ("bytes of one account in the outbox", peer.outboxShare, limits.outboxBytes / 4 + envelope),
      ("bytes unacknowledged", peer.bytesUnacknowledged, room),
      ("the window", peer.window, limits.windowBytes),
      ("bytes of the inbox", peer.inboxBytes, Limits.inboxBytes),
      ("epochs in the inbox", peer.inboxEpochs, Limits.epochsPerRealm),
      ("epochs applied", peer.appliedEpochs, Limits.epochsPerRealm),
      ("things unsaid", peer.unsaid, Limits.unsaidItems),
      ("accounts watched", peer.watched, Limits.watchesPerRealm),
      ("questions being answered", peer.answering, Limits.queriesAnswered),
      ("refusals remembered", peer.refused, Limits.refusalsRemembered),
      ("signals", peer.signals, Limits.signalsPerTurn),
      ("rows of a snapshot", peer.snapshotRows, Limits.snapshotRows),
    ])
  }

  private static func check(_ link: RelayInspection.OfLink, _ limits: Limits, _ realms: Int) -> String? {
    // A frame goes out while there is any room; announcements and what opens, ends and acknowledges circuits always.
    let small = realms * (2 * Limits.signalsPerTurn * 400 + realms * 16 + 400)
    let frame = min(Limits.circuitFrameBytes, limits.windowBytes + envelope)
    return exceeded([
      ("bytes unsent", link.bytesUnsent, limits.linkBytes + frame + small),
      ("bytes in transit", link.transitBytes, limits.transitBytes),
      ("bytes of one origin in transit", link.transitShare, limits.transitBytesPerOrigin),
      ("circuits remembered", link.circuitsPassed, Limits.circuitsPassed),
    ])
  }

  /// What is kept for others on disk. The sums in memory are estimates while a circuit catches up.
  static func checkDisk(_ ledger: Ledger, _ limits: Limits) -> String? {
    for (realm, outbox) in zip(ledger.outboxes.keys, ledger.outboxes.values) {
      let bytes = outbox.rows.reduce(0) { $0 + (outbox.isAcknowledged($1, $1.last) ? 0 : $1.bytes.count) }
      if let problem = exceeded([("bytes on disk for \(realm)", bytes, 4 * limits.outboxBytes + envelope)]) {
        return problem
      }
    }
    return nil
  }

  private static func exceeded(_ bounds: [(what: String, found: Int, most: Int)]) -> String? {
    bounds.first { $0.found > $0.most }.map { "\($0.what): \($0.found), at most \($0.most)" }
  }
}
