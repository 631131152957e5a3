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

  /// A new neighbour hears all that is known, of itself too: its clock may have been set back, and what it says now
  /// must be above what it said before.
  func tellAnnouncements(to link: LiveLink) {
    if let own = relays.own { send(.announcement(own), over: link) }
    for heard in relays.announcements.values {
      send(.announcement(heard.announcement), over: link)
    }
  }

  // MARK: those of others

  /// Takes what a realm announces, if it is news, and passes it on to the other neighbours. What costs least to find
  /// out comes first: checking a signature is dear.
  func hear(_ announcement: Announcement, from link: LiveLink) {
    guard announcement.realm != settings.realm else { return hearOwn(announcement, from: link) }
    let heard = relays.announcements[announcement.realm]
    if let heard, heard.announcement.number >= announcement.number { return }
    guard isKey(announcement.key, of: announcement.realm, before: heard), isWelcome(announcement, before: heard) else {
      return
    }
    guard cryptography.verify(announcement.signature, of: announcement.signedBytes, by: announcement.key) else {
      return punish(link, "it passed on an announcement of \(announcement.realm) that nobody has signed")
    }
    keep(announcement, before: heard)
    for other in relays.links.values where other !== link { send(.announcement(announcement), over: other) }
    if let peer = peers[announcement.realm], peer.known?.isNeighbour == true, peer.link == nil {
      turn.links.append(.dialNow(realm: peer.name))
    }
  }

  private func keep(_ announcement: Announcement, before heard: Relays.Heard?) {
    var news = relays.announcements[announcement.realm] ?? Relays.Heard(announcement: announcement, time: uptime)
    news.announcement = announcement
    news.time = uptime
    relays.announcements[announcement.realm] = news
    relays.announcedLinks += announcement.links.count - (heard?.announcement.links.count ?? 0)
    if changesWays(announcement, before: heard?.announcement) { relays.routesAreOutdated = true }
    // The first key heard of a realm whose key the directory leaves open is remembered as hearsay.
    guard let peer = peers[announcement.realm], peer.known != nil, peer.key.isEmpty else { return }
    peer.record.key = announcement.key
    peer.record.isVerified = false
    turn.writes.append(.realm(peer.record))
  }

  /// Whether other ways may follow from an announcement. A link counts when both ends announce it: of a link that comes
  /// or goes, the word of one of its ends changes nothing, and the ways need be found anew but once.
  private func changesWays(_ announcement: Announcement, before: Announcement?) -> Bool {
    if let before, before.transit != announcement.transit { return true }
    let old = before?.links ?? []
    guard old != announcement.links else { return false }
    let isOld = Set(old)  // only asked
    let isNew = Set(announcement.links)
    let changed = announcement.links.filter { !isOld.contains($0) } + old.filter { !isNew.contains($0) }
    return changed.contains { relays.announcements[$0]?.announcement.links.contains(announcement.realm) == true }
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
  private func isWelcome(_ announcement: Announcement, before heard: Relays.Heard?) -> Bool {
    if peers[announcement.realm]?.known == nil {
      guard relays.announcedLinks + announcement.links.count <= Limits.announcedLinks,
        heard != nil || relays.announcements.count < settings.directory.count + Limits.strangers,
        relays.strangers.take(now: uptime, interval: Limits.strangerInterval)
      else { return false }
    }
    guard var heard else { return true }
    let isWelcome = heard.bucket.take(now: uptime, interval: Limits.announcementRefill)
    relays.announcements[announcement.realm] = heard
    return isWelcome
  }

  /// Whether a realm announces under the key that it is known by.
  private func isKey(_ key: [UInt8], of realm: String, before heard: Relays.Heard?) -> Bool {
    guard let peer = peers[realm], peer.known != nil else { return heard.map { $0.announcement.key == key } ?? true }
    guard !peer.key.isEmpty, peer.key != key else { return true }
    if peer.doubtedKey != key {
      peer.doubtedKey = key
      note("route", "an announcement is signed with another key than the realm's", level: .warning, ["realm": realm])
    }
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

  /// Whether the ways may be found anew now. After a change of our own links always; after changes elsewhere not too
  /// often, as it costs the more the more realms there are, and they have the more changes.
  var waysAreDue: Bool {
    relays.linksHaveChanged
      || uptime - relays.routesTime >= Int64(relays.announcements.count) * Limits.routePausePerRealm
  }

  /// Finds the ways anew, at most once per turn, and tells whom it concerns.
  func findRoutes() {
    relays.routesAreOutdated = false
    relays.linksHaveChanged = false
    relays.routesTime = uptime
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
