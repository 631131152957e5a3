import Wire

/// Passing on what is for others. Nothing of it is kept, and nothing of it is on disk: its two ends notice what is
/// lost.
extension Realm {
  /// Passes a frame of a circuit on, by its header alone.
  func passOn(_ frame: CircuitFrame, from link: LiveLink) {
    guard frame.from != settings.realm else { return }  // ours, gone round in a circle while ways change
    guard settings.transit else { return drop(frame, .noTransit) }
    guard frame.hops > 0 else { return drop(frame, .hops) }
    guard let next = self.link(toward: frame.to), next !== link else { return drop(frame, .noRoute) }
    var frame = frame
    frame.hops -= 1
    next.remember(frame)
    if next.hasRoom, next.transit.isEmpty {
      relays.counters.framesPassed += 1
      send(.circuit(frame), over: next)
    } else if !next.transit.append(.circuit(frame), from: frame.from) {
      drop(frame, .congested)
    }
  }

  private func drop(_ frame: CircuitFrame, _ reason: Dropped.Reason) {
    relays.counters.framesDropped += 1
    tellDropped(frame.circuit, from: frame.from, to: frame.to, reason)
  }

  /// Tells the origin of a frame that it got no further: once per turn and circuit, since with the first the circuit is
  /// over, and not where that would add to a link that has no room.
  private func tellDropped(_ circuit: UInt64, from: String, to: String, _ reason: Dropped.Reason) {
    guard let link = link(toward: from), link.hasRoom, relays.dropped.count < Limits.droppedPerTurn,
      relays.dropped.insert(circuit).inserted
    else { return }
    send(
      .dropped(
        Dropped(
          by: settings.realm, to: from, destination: to, circuit: circuit, hops: Limits.hops, reason: reason)),
      over: link)
  }

  /// A link is gone, and what it held is lost: those whose frames passed over it need not wait to find out.
  func tellLost(over link: LiveLink) {
    for (circuit, ends) in zip(link.passed.keys, link.passed.values) {
      tellDropped(circuit, from: ends.from, to: ends.to, .noRoute)
    }
  }

  /// Passes such word on. It is small, and not worth word of its own should it get lost.
  func passOn(_ dropped: Dropped) {
    guard settings.transit, dropped.hops > 0, let link = link(toward: dropped.to) else { return }
    var dropped = dropped
    dropped.hops -= 1
    if link.hasRoom { send(.dropped(dropped), over: link) }
  }

  /// A link has room: what waits for it goes out, each origin in turn, and our own circuits among them.
  func serve(_ link: LiveLink) {
    guard link.hasRoom else { return }
    let own = peers.values.filter { $0.route?.next == link.realm && $0.circuit?.pending.isEmpty == false }
    var isServed = true
    while isServed, link.hasRoom {
      isServed = false
      if let frame = link.transit.popFirst() {
        relays.counters.framesPassed += 1
        send(frame, over: link)
        isServed = true
      }
      for peer in own where link.hasRoom {
        guard let frame = peer.circuit?.seal(cryptography, now: uptime) else { continue }
        send(.circuit(frame), over: link)
        isServed = true
      }
    }
  }
}
