import Wire

/// Which links are wanted, and what comes over them.
extension Realm {
  func link(_ event: LinkEvent) {
    switch event {
    case .up(let id, let opened): up(id, opened)
    case .frames(let id, let frames): take(frames, from: id)
    case .sent(let id, let bytes, let roundTrip):
      guard let link = relays.links[id] else { return }
      link.bytesUnsent = max(0, link.bytesUnsent - bytes)
      if roundTrip >= 0 { link.roundTrip = roundTrip }
      serve(link)
    case .down(let id, let reason):
      guard let link = relays.links[id] else { return }
      note("link", "down", level: .warning, ["realm": link.realm, "why": reason])
      remove(link, reason)
    case .failed(let realm, let reason, let next):
      guard let peer = peers[realm] else { return }
      if peer.lastError != reason, peer.link == nil {
        note("link", "failed", level: .warning, ["realm": realm, "why": reason])
      }
      peer.lastError = reason
      peer.nextDial = next
    case .planned(let realm, let next): peers[realm]?.nextDial = next
    }
  }

  private func up(_ id: LinkID, _ opened: OpenedLink) {
    let link = LiveLink(id, opened, settings.limits)
    if let problem = problem(with: opened) { return refuse(link, problem) }
    guard let peer = peers[opened.realm] else { return refuse(link, "\(opened.realm) is unknown") }
    if let old = peer.link {
      guard isWanted(opened, insteadOf: old.opened) else {
        return refuse(link, "\(settings.realm) and \(opened.realm) have a link already", level: .info)
      }
      close(old, "another link between \(settings.realm) and \(opened.realm) takes its place")
    }
    pin(opened, of: peer)
    peer.link = link
    peer.lastError = ""
    peer.nextDial = 0
    relays.links[id] = link
    note(
      "link", "up",
      ["realm": opened.realm, "address": opened.address, "dialled": opened.isDialled ? "by us" : "by the other side"])
    tellAnnouncements(to: link)
    linksChanged()
  }

  private func linksChanged() {
    relays.ownIsOutdated = true
    relays.routesAreOutdated = true
    relays.linksHaveChanged = true
  }

  private func refuse(_ link: LiveLink, _ problem: String, level: Note.Level = .warning) {
    note("link", "refused", level: level, ["realm": link.realm, "address": link.opened.address, "why": problem])
    turn.links.append(.close(link.id, reason: problem))
    guard level == .warning else { return }
    peers[link.realm]?.lastError = problem
  }

  /// Why a link is not wanted, in words for both sides; nil where it is.
  func problem(with opened: OpenedLink) -> String? {
    let own = settings.realm
    guard opened.realm != own else { return "\(own) does not link to itself" }
    guard let peer = peers[opened.realm], let known = peer.known else {
      return "\(own) does not know a realm \(opened.realm)"
    }
    guard known.isNeighbour else { return "\(opened.realm) is not a neighbour of \(own) in the directory of \(own)" }
    if let key = known.key {
      return key == opened.key ? nil : "\(opened.realm) has another key than the directory of \(own) says"
    }
    if peer.record.isVerified, !peer.record.key.isEmpty, peer.record.key != opened.key {
      return "\(opened.realm) has another key than when \(own) first saw it"
    }
    return nil
  }

  /// One link between two realms is enough. A newer start of the other's process takes the place of an older one;
  /// within one start the one stays that the realm whose name sorts first has dialled, and of two dialled by the same
  /// side the newer: who dials again knows that the old one is gone.
  private func isWanted(_ opened: OpenedLink, insteadOf old: OpenedLink) -> Bool {
    guard opened.start == old.start, opened.isDialled != old.isDialled else { return true }
    return opened.isDialled == (settings.realm < opened.realm)
  }

  /// Remembers the first key that a realm shows, where the directory leaves that open. A key known by hearsay only
  /// gives way to one that the realm itself has shown.
  private func pin(_ opened: OpenedLink, of peer: Peer) {
    guard peer.record.key != opened.key || !peer.record.isVerified else { return }
    if !peer.record.key.isEmpty, peer.record.key != opened.key {
      note("link", "the key differs from what other realms announced", level: .warning, ["realm": peer.name])
      forgetKeys(of: peer, "its key is another")
    }
    peer.record.key = opened.key
    peer.record.isVerified = true
    turn.writes.append(.realm(peer.record))
  }

  /// Ends a link from our side.
  func close(_ link: LiveLink, _ reason: String) {
    note("link", "closed", ["realm": link.realm, "why": reason])
    turn.links.append(.close(link.id, reason: reason))
    remove(link, reason)
  }

  /// A neighbour does what no sound realm would.
  func punish(_ link: LiveLink, _ reason: String) {
    note("link", "broke the rules", level: .warning, ["realm": link.realm, "why": reason])
    close(link, reason)
  }

  private func remove(_ link: LiveLink, _ reason: String) {
    relays.links[link.id] = nil
    linksChanged()
    defer { tellLost(over: link) }
    guard let peer = peers[link.realm], peer.link === link else { return }
    peer.link = nil
    peer.lastError = reason
    // What the link held is lost. Those whose way led over it find out before they have to wait for it.
    for other in peers.values where other.route?.next == link.realm {
      closeCircuit(other, "the link to \(link.realm) is down", tellsPeer: false)
      // Another link may take its place in the same turn, and whoever is behind it may have been set back.
      if other.hasExchanged { openCircuit(to: other) }
    }
  }

  private func take(_ frames: [Frame], from id: LinkID) {
    for frame in frames {
      guard let link = relays.links[id] else { return }  // it may be closed because of one of them
      turn.bytesTaken += frame.weight
      switch frame {
      case .announcement(let announcement): hear(announcement, from: link)
      case .circuit(let frame): frame.to == settings.realm ? take(frame) : passOn(frame, from: link)
      case .dropped(let dropped): dropped.to == settings.realm ? take(dropped) : passOn(dropped)
      case .hello, .ping, .pong, .goodbye: break  // the edge keeps them
      }
    }
  }

  /// Hands a frame to a link.
  func send(_ frame: Frame, over link: LiveLink) {
    link.bytesUnsent += frame.weight
    turn.links.append(.send(link.id, frame))
  }
}
