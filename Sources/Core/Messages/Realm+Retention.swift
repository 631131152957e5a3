/// How long what is said is kept: as long as the realm says and, in a group, its home and its own mode `D`; the
/// shortest counts. What is older is not shown from the moment it is, and erased behind the turns.
extension Realm {
  /// The time from which on private messages are kept; 0 for all.
  var keepsFrom: Milliseconds { time(before: settings.limits.keepDays) }

  /// The same of a group's messages.
  func keepsFrom(_ group: Group) -> Milliseconds {
    // Asked for each entry of a replica: who uses none of this does not pay for it.
    guard forgets || settings.limits.keepDays > 0 else { return 0 }
    let home = group.home.flatMap { peer($0.realm)?.keepDays } ?? 0
    let days = [settings.limits.keepDays, group.modes.keepDays, home].filter { $0 > 0 }
    return time(before: days.min() ?? 0)
  }

  private func time(before days: Int) -> Milliseconds { days == 0 ? 0 : max(0, now - Int64(days) * 86_400_000) }

  /// The time from which on history is offered: of private conversations, and of a group.
  var historyBegins: Milliseconds { max(time(before: settings.limits.historyDays), keepsFrom) }

  func historyBegins(_ group: Group) -> Milliseconds { max(historyBegins, keepsFrom(group)) }

  func historyBegins(_ conversation: Conversation) -> Milliseconds {
    guard case .group(let id) = conversation, let group = groups[id] else { return historyBegins }
    return historyBegins(group)
  }

  /// The time from which on moderators see what was done to a group.
  var moderationBegins: Milliseconds { time(before: settings.limits.moderationDays) }

  /// Whether an entry may still be shown, as far as its age goes. One of a group that is not in memory may not: nobody
  /// here is a member.
  func isKept(_ entry: Entry) -> Bool {
    guard case .group(let id) = entry.target else { return entry.time >= keepsFrom }
    return groups[id].map { entry.time >= keepsFrom($0) } ?? false
  }

  /// The longest that a group can keep what is said, in days; its mode is for less than the realm's own.
  var longestKept: Int { settings.limits.keepDays > 0 ? settings.limits.keepDays : Limits.keepDaysRange.upperBound }

  /// Whether modes keep nothing for longer than the realm does.
  func isStrict(_ modes: GroupModes) -> Bool { modes.keepDays <= longestKept }

  /// A message as it is told when it is too old: that there was one, no more.
  func withoutWords(_ entry: Entry) -> Entry {
    var entry = entry
    if entry.kind == .part { entry.body = [] }
    guard entry.kind.canBeTakenBack || entry.kind == .removed else { return entry }
    entry.kind = .removed
    entry.sender = .nobody
    entry.nick = []
    entry.tags = []
    entry.body = []
    entry.link = 0
    return entry
  }

  // MARK: erasing

  /// Once a second: goes on with erasing what is too old, a part a second, and begins anew after a while.
  func ageOn() {
    guard forgets || settings.limits.keepDays > 0, !isAging, uptime >= agingDue, !diskLow else { return }
    isAging = true
    var homes: [String: Int] = [:]
    for peer in peers.values where peer.keepDays > 0 { homes[peer.name] = peer.keepDays }
    let query = AgedQuery(now: now, keepDays: settings.limits.keepDays, homes: homes, after: agingPlace)
    ask(.aged(query), for: nil) { realm, answer in
      realm.isAging = false
      guard case .aged(let aged) = answer else { return }  // tried again with the next tick
      if !aged.isEmpty { realm.turn.writes.append(.aged(aged)) }
      realm.agingPlace = aged.next
      realm.agingDue = aged.next == nil ? realm.uptime + Limits.agingInterval : realm.uptime
    }
  }

  // MARK: other realms

  /// Tells a realm for how long this one keeps what is said in its groups. Who is told nothing on a circuit takes it
  /// that it is for ever.
  func sayKeeping(to peer: Peer) {
    if settings.limits.keepDays > 0 { say(.keeping(days: settings.limits.keepDays), to: peer) }
  }

  /// The settings have changed.
  func tellKeeping(since keepDays: Int) {
    guard settings.limits.keepDays != keepDays else { return }
    keepingChanged()
    for peer in peers.values where peer.isOpen { say(.keeping(days: settings.limits.keepDays), to: peer) }
  }

  /// A realm says for how long it keeps what is said in its groups: what we have of it goes as soon.
  func takeKeeping(_ days: Int, from peer: Peer) {
    peer.sharing.hasSaidKeeping = true
    guard peer.record.keepDays != days else { return }
    peer.record.keepDays = days
    turn.writes.append(.realm(peer.record))
    keepingChanged()
  }

  /// Something is to be kept for another time from now on: all is looked over soon.
  func keepingChanged() {
    forgets = true
    agingPlace = nil
    agingDue = uptime
  }
}
