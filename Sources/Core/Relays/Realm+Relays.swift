import Wire

/// What the rest of the core needs to know of other realms, and what the core does for them with each turn and tick.
extension Realm {
  /// A realm of the directory, or one that something is kept of.
  func peer(_ name: String) -> Peer? { peers[name] }

  /// Whether something said to a realm now gets there soon: its circuit is open, or there is a way to it.
  func canReach(_ peer: Peer) -> Bool { peer.isOpen || peer.isReachable }

  /// The end of the turn has to look at this realm.
  func touch(_ peer: Peer) {
    guard !peer.isTouched else { return }
    peer.isTouched = true
    relays.touched.append(peer)
  }

  // MARK: who there is

  /// At start-up: the realms of the directory, and those of which something is kept.
  func loadPeers(_ snapshot: Snapshot) {
    var records = Table<String, RealmRecord>()
    for record in snapshot.realms { records[record.name] = record }
    let kept = snapshot.outboxes.map(\.realm) + snapshot.applied.map(\.realm)
    for name in kept + settings.directory.map(\.name) where records[name] == nil {
      records[name] = RealmRecord(name: name, key: [], isVerified: false)
    }
    for record in records.values.sorted(by: { $0.name < $1.name }) {
      peers[record.name] = Peer(record, settings.limits)
    }
    for state in snapshot.outboxes { peers[state.realm]?.outbox.load(state) }
    for position in snapshot.applied { peers[position.realm]?.load(position.name) }
    for message in snapshot.refused { peers[message.realm]?.noteRefused(message.id) }
    for known in settings.directory { peers[known.name]?.known = known }
  }

  /// The directory may have changed: links that it no longer allows end, new realms are known.
  func directoryChanged() {
    let known = Dictionary(settings.directory.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for entry in settings.directory where peers[entry.name] == nil {
      peers[entry.name] = Peer(RealmRecord(name: entry.name, key: [], isVerified: false), settings.limits)
    }
    for peer in peers.values {
      let before = peer.key
      peer.known = known[peer.name]
      if let link = peer.link, let problem = problem(with: link.opened) { close(link, problem) }
      guard peer.known == nil || peer.key != before else { continue }
      forgetKeys(of: peer, "the directory has changed")
    }
    for link in relays.links.values where peers[link.realm]?.link !== link {
      close(link, "\(settings.realm) has no use for this link any more")
    }
    relays.ownIsOutdated = true  // whether it passes things on may have changed as well
    relays.routesAreOutdated = true
    relays.linksHaveChanged = true
  }

  // MARK: turns and ticks

  /// What is gathered once per turn: rows of outboxes, positions, acknowledgements, frames, ways.
  func finishRelays() {
    if relays.ownIsOutdated { announceIfDue() }
    var index = 0
    while true {
      if relays.routesAreOutdated, waysAreDue { findRoutes() }
      guard index < relays.touched.count else { break }
      finish(relays.touched[index])
      index += 1
    }
    relays.touched.removeAll(keepingCapacity: true)
    relays.dropped.removeAll(keepingCapacity: true)
  }

  private func finish(_ peer: Peer) {
    peer.isTouched = false
    guard peers[peer.name] === peer else { return }  // it was forgotten: nothing of it may be written any more
    for name in peer.takeAdvanced() { turn.writes.append(.applied(realm: peer.name, name)) }
    storeOutbox(of: peer)
    openIfWanted(peer)
    readOutbox(of: peer)
    flush(peer)
  }

  /// Once a second.
  func tickRelays() {
    if relays.ownIsOutdated || relays.own == nil || uptime - relays.ownTime >= Limits.announcementRefresh {
      relays.ownIsOutdated = true
    }
    for peer in peers.values {
      tickCircuit(peer)
      if peer.outbox.hasAcknowledgements { touch(peer) }
    }
    guard uptime - relays.lastUpkeep >= 60_000 else { return }
    relays.lastUpkeep = uptime
    forgetOldAnnouncements()
    for peer in peers.values { keepOutboxUp(of: peer) }
  }

  /// Figures of links and circuits for `/metrics` and `moot status`.
  var relayStatus: [StatusLine] {
    var envelopes = 0
    var bytes = 0
    var circuits = 0
    var reachable = 0
    for peer in peers.values {
      envelopes += peer.outbox.count
      bytes += peer.outbox.bytes
      circuits += peer.isOpen ? 1 : 0
      reachable += peer.isReachable ? 1 : 0
    }
    return [
      StatusLine(name: "realms", value: Int64(peers.count)),
      StatusLine(name: "realms_reachable", value: Int64(reachable)),
      StatusLine(name: "realms_announced", value: Int64(relays.announcements.count)),
      StatusLine(name: "links_up", value: Int64(relays.links.count)),
      StatusLine(name: "circuits_open", value: Int64(circuits)),
      StatusLine(name: "circuits_total", value: relays.counters.circuits),
      StatusLine(name: "outbox_envelopes", value: Int64(envelopes)),
      StatusLine(name: "outbox_bytes", value: Int64(bytes)),
      StatusLine(name: "envelopes_sent_total", value: relays.counters.envelopesSent),
      StatusLine(name: "envelopes_taken_total", value: relays.counters.envelopesTaken),
      StatusLine(name: "transit_frames_total", value: relays.counters.framesPassed),
      StatusLine(name: "transit_dropped_total", value: relays.counters.framesDropped),
    ]
  }
}
