import Wire

/// What realms announce of their links, and the ways that follow from it.
extension Realm {
  // MARK: our own announcement

  /// Announces our links where that is due. What changes soon after is announced with the next tick.
  func announceIfDue() {
    guard relays.own == nil || uptime - relays.ownTime >= Limits.announcementPause else { return }
    relays.ownIsOutdated = false
    let number = max(relays.own.map { $0.number + 1 } ?? 1, UInt64(clamping: turn.now))
    announce(number: number)
  }

  private func announce(number: UInt64) {
    var announcement = Announcement(
      realm: settings.realm, number: number, transit: settings.transit, key: cryptography.identity,
      links: Array(relays.links.values.map(\.realm).sorted().prefix(FrameCoder.linksMax)))
    announcement.signature = cryptography.sign(announcement.signedBytes)
    relays.own = announcement
    relays.ownTime = uptime
    for link in relays.links.values { send(.announcement(announcement), over: link) }
  }

  /// A new neighbour hears all that is known.
  func tellAnnouncements(to link: LiveLink) {
    if let own = relays.own { send(.announcement(own), over: link) }
    for heard in relays.announcements.values where heard.announcement.realm != link.realm {
      send(.announcement(heard.announcement), over: link)
    }
  }

  // MARK: those of others

  /// Takes what a realm announces, if it is news, and passes it on to the other neighbours.
  func hear(_ announcement: Announcement, from link: LiveLink) {
    guard announcement.realm != settings.realm else { return hearOwn(announcement, from: link) }
    var heard = relays.announcements[announcement.realm]
    if let heard, heard.announcement.number >= announcement.number { return }
    guard isWelcome(announcement, &heard) else { return }
    guard cryptography.verify(announcement.signature, of: announcement.signedBytes, by: announcement.key) else {
      return punish(link, "it passed on an announcement of \(announcement.realm) that nobody has signed")
    }
    guard isKey(announcement.key, of: announcement.realm, before: heard) else { return }
    let isNews = heard.map {
      $0.announcement.links != announcement.links || $0.announcement.transit != announcement.transit
    }
    relays.announcedLinks += announcement.links.count - (heard?.announcement.links.count ?? 0)
    relays.announcements[announcement.realm] = Relays.Heard(
      announcement: announcement, time: uptime, tokens: heard?.tokens ?? Limits.announcementBurst,
      refilled: heard?.refilled ?? uptime)
    for other in relays.links.values where other !== link { send(.announcement(announcement), over: other) }
    if isNews != false { relays.routesAreOutdated = true }
    if let peer = peers[announcement.realm], peer.known?.isNeighbour == true, peer.link == nil {
      turn.links.append(.dialNow(realm: peer.name))
    }
  }

  /// Ours, from before a restart perhaps, or from a process that has our key: what we say now must be the newest.
  private func hearOwn(_ announcement: Announcement, from link: LiveLink) {
    guard announcement.key == cryptography.identity, announcement.number < UInt64.max / 2,
      announcement.number >= relays.own?.number ?? 0, announcement != relays.own
    else { return }
    guard cryptography.verify(announcement.signature, of: announcement.signedBytes, by: announcement.key) else {
      return punish(link, "it passed on an announcement in our name that we have not signed")
    }
    announce(number: announcement.number + 1)
  }

  /// Whether there is room for what a realm announces, and it does not announce too often.
  private func isWelcome(_ announcement: Announcement, _ heard: inout Relays.Heard?) -> Bool {
    guard var known = heard else {
      return peers[announcement.realm]?.known != nil || hasRoomForStranger(announcement)
    }
    let refill = (uptime - known.refilled) / Limits.announcementRefill
    known.tokens = min(Limits.announcementBurst, known.tokens + Int(clamping: refill))
    known.refilled += refill * Limits.announcementRefill
    let isWelcome = known.tokens > 0
    if isWelcome { known.tokens -= 1 }
    relays.announcements[announcement.realm] = known
    heard = known
    return isWelcome
  }

  /// Whether one more realm that is not in the directory can be kept in mind, as one that may lie on the way.
  private func hasRoomForStranger(_ announcement: Announcement) -> Bool {
    relays.announcements.count < settings.directory.count + Limits.strangers
      && relays.announcedLinks + announcement.links.count <= Limits.announcedLinks
  }

  /// Whether a realm's announcement is signed with the key that it is known by. The first key heard of a realm of the
  /// directory that leaves its key open is remembered as hearsay.
  private func isKey(_ key: [UInt8], of realm: String, before heard: Relays.Heard?) -> Bool {
    guard let peer = peers[realm], peer.known != nil else { return heard.map { $0.announcement.key == key } ?? true }
    if peer.key.isEmpty {
      peer.record = RealmRecord(name: realm, key: key, isVerified: false)
      turn.writes.append(.realm(peer.record))
      return true
    }
    guard peer.key != key else { return true }
    note("route", "an announcement is signed with another key than the realm's", level: .warning, ["realm": realm])
    return false
  }

  /// Those of realms that have not been heard of for long are dropped.
  func forgetOldAnnouncements() {
    for heard in relays.announcements.values where uptime - heard.time > Limits.announcementAge {
      relays.announcedLinks -= heard.announcement.links.count
      relays.announcements[heard.announcement.realm] = nil
      relays.routesAreOutdated = true
    }
  }

  // MARK: ways

  /// Finds the ways anew, at most once per turn, and tells whom it concerns.
  func findRoutes() {
    relays.routesAreOutdated = false
    relays.routes = Routes(
      from: settings.realm, neighbours: relays.links.values.map(\.realm),
      announcements: relays.announcements.values.map(\.announcement))
    for peer in peers.values {
      let route = peer.known == nil ? nil : relays.routes[peer.name]
      let path = route == nil ? [] : relays.routes.path(to: peer.name)
      let before = peer.route
      peer.route = route
      if path != peer.path || route != before { wayChanged(peer) }
      peer.path = path
      if route != nil, before == nil {
        note("route", "reachable", ["realm": peer.name, "through": route?.next ?? ""])
        reachable(peer)
      } else if route == nil, before != nil {
        note("route", "unreachable", level: .warning, ["realm": peer.name])
        closeCircuit(peer, "there is no way to it", tellsPeer: false)
        unreachable(peer)
      }
      touch(peer)
    }
  }

  /// The link over which a realm is reached.
  func link(toward realm: String) -> LiveLink? { relays.routes[realm].flatMap { peers[$0.next]?.link } }
}
