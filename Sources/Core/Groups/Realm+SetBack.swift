import Wire

/// The home of a replica was set back to an older copy of itself, so that the two logs differ. The replica goes back to
/// the last entry that both have: what comes after it is set apart, and the home tells all that it has instead.
final class LogSearch {
  /// The newest entry known to be in both logs, and where it is in ours.
  var common = EntryMark.none
  var position: Position = 0
  /// The oldest known not to be.
  var differs: Int64
  /// How far to go back for the next look, while nothing is known to be common.
  var step: Int64 = 1
  /// What the home was asked about last, and when, by the clock that never jumps.
  var asked: Entry?
  var askedAt: Milliseconds
  /// The home is telling anew what both have: what it has lost had taken back or edited some of that.
  var isCorrecting = false
  /// What it has told anew, without gaps: the number of the last, and what is still to be compared with ours.
  var toldUpTo: Int64 = 0
  var told: ArraySlice<GroupEntry> = []
  var isReading = false

  init(differs: Int64, now: Milliseconds) {
    self.differs = differs
    askedAt = now
  }
}

/// A message that a home has lost: where this realm had it.
struct Returning {
  var position: Position
  /// The number it had, and what our people were told of the group.
  var number: Int64
  var told: [PersonID: [Told]]
}

/// The entries of a group that somebody was told of, from the first to the last.
struct Told {
  var numbers: ClosedRange<Int64>
  /// How many sessions had come then (`Session.coming`): to the later ones they were not shown if the membership had
  /// ended meanwhile, or they were set apart.
  var comings: Int64
}

extension Realm {
  /// The home says whether it has an entry of ours. If not the last one, it is found out which.
  func takeCompared(_ number: Int64, _ isThere: Bool, of group: Int64, from peer: Peer) {
    guard let following = peer.sharing.following[group], let replica = following.replica, !replica.ended else { return }
    guard let search = following.search else {
      guard !isThere, number == replica.lastNumber, number > 0 else { return }
      let search = LogSearch(differs: number, now: uptime)
      following.search = search
      return lookOn(search, following, replica, peer)
    }
    // It cannot tell anew what it has told already.
    if search.isCorrecting, !isThere { return setBack(search, following, replica, peer) }
    guard let asked = search.asked, asked.number == number else { return }
    search.asked = nil
    if isThere {
      search.common = asked.mark
      search.position = asked.position
    } else {
      search.differs = number
    }
    lookOn(search, following, replica, peer)
  }

  /// Back from the end in ever greater steps, then by halves between what both have and what only one has.
  private func lookOn(_ search: LogSearch, _ following: Following, _ replica: Group, _ peer: Peer) {
    search.askedAt = uptime
    let reach = search.differs - search.common.number
    guard reach > 1 else { return correct(search, following, replica, peer) }
    let number = search.common == .none ? max(1, search.differs - search.step) : search.common.number + reach / 2
    search.step *= 2
    ask(.groupLog(replica.id, after: number - 1, limit: 1, bytes: 0), for: nil) { realm, answer in
      guard realm.isCurrent(search, following, peer) else { return }
      guard case .groupLog(let entries) = answer else { return }  // tried again with a later tick
      guard let entry = entries.first, entry.number < search.differs else {
        return realm.correct(search, following, replica, peer)  // our log begins later
      }
      search.asked = entry
      realm.say(.compare(group: following.group, entry.mark), to: peer)
    }
  }

  private func isCurrent(_ search: LogSearch, _ following: Following, _ peer: Peer) -> Bool {
    peer.isOpen && peer.sharing.following[following.group] === following && following.search === search
      && following.replica?.ended == false
  }

  /// Once a second: a comparison that has come to nothing is begun anew.
  func goOnComparing(with peer: Peer) {
    for following in peer.sharing.following.values {
      guard let search = following.search else { continue }
      if uptime - search.askedAt >= Limits.acknowledgePatience {
        followAnew(following, of: peer)
      } else if let replica = following.replica, !search.told.isEmpty {
        correctOn(search, following, replica, peer)
      }
    }
  }

  // MARK: what the home has lost had changed

  /// What is taken back or edited is written over (`revise`), also by what the home has lost. Then it tells us anew
  /// what both have, before we go back to that.
  private func correct(_ search: LogSearch, _ following: Following, _ replica: Group, _ peer: Peer) {
    let common = search.common.number
    guard common > 0 else { return setBack(search, following, replica, peer) }
    ask(
      .groupLog(replica.id, after: common, limit: Limits.returningEntries, bytes: Limits.groupLogBytes * 4), for: nil
    ) { realm, answer in
      guard realm.isCurrent(search, following, peer), case .groupLog(let lost) = answer else { return }
      let isAll = lost.last.map { $0.number == replica.lastNumber } ?? true
      guard !isAll || lost.contains(where: { $0.revised != nil }) else {
        return realm.setBack(search, following, replica, peer)
      }
      realm.askToTellAnew(search, following, replica, peer)
    }
  }

  private func askToTellAnew(_ search: LogSearch, _ following: Following, _ replica: Group, _ peer: Peer) {
    let first = max(0, search.common.number - Limits.correctedEntries)
    ask(.groupLog(replica.id, after: first, limit: 1, bytes: 0), for: nil) { realm, answer in
      guard realm.isCurrent(search, following, peer), case .groupLog(let entries) = answer else { return }
      guard let entry = entries.first, entry.number < search.common.number else {
        return realm.setBack(search, following, replica, peer)
      }
      search.isCorrecting = true
      search.toldUpTo = entry.number
      search.askedAt = realm.uptime
      realm.say(.follow(group: following.group, entry.mark, needsSnapshot: false), to: peer)
    }
  }

  /// The home tells anew what it has.
  func takeAnew(_ entries: [GroupEntry], _ search: LogSearch, _ following: Following, _ replica: Group, _ peer: Peer) {
    guard search.isCorrecting else { return }
    for entry in entries where entry.number == search.toldUpTo + 1 && entry.number <= search.common.number {
      search.told.append(entry)
      search.toldUpTo = entry.number
      search.askedAt = uptime
    }
    correctOn(search, following, replica, peer)
  }

  /// Makes ours the same, part by part; what cannot be read now is with a later tick.
  private func correctOn(_ search: LogSearch, _ following: Following, _ replica: Group, _ peer: Peer) {
    guard !search.isReading, let first = search.told.first else { return }
    search.isReading = true
    ask(
      .groupLog(replica.id, after: first.number - 1, limit: search.told.count, bytes: Limits.groupLogBytes), for: nil
    ) { realm, answer in
      search.isReading = false
      guard realm.isCurrent(search, following, peer), case .groupLog(let ours) = answer, !ours.isEmpty else { return }
      for (entry, told) in zip(ours, search.told) where entry.mark == told.mark {
        realm.correct(entry, told, search, replica, peer)
      }
      search.told = search.told.dropFirst(ours.count)
      guard search.told.isEmpty, search.toldUpTo == search.common.number else {
        return realm.correctOn(search, following, replica, peer)
      }
      realm.setBack(search, following, replica, peer)
    }
  }

  /// Only what was taken back or edited, here or there, can be another.
  private func correct(_ entry: Entry, _ entryThere: GroupEntry, _ search: LogSearch, _ replica: Group, _ peer: Peer) {
    var told = logged(entryThere, in: replica, from: peer)
    if told.time < keepsFrom(replica) { told = withoutWords(told) }
    let isMessage = told.kind == .removed || told.kind.canBeTakenBack
    let isChanged = entry.kind == .removed || told.kind == .removed || entry.link > entry.position
    guard isMessage, entry.sender == told.sender else { return }
    let isSame = (entry.kind, entry.tags, entry.body) == (told.kind, told.tags, told.body)
    if isChanged, !isSame || entry.link > search.position {
      var corrected = entry
      (corrected.kind, corrected.nick, corrected.tags, corrected.body) = (told.kind, told.nick, told.tags, told.body)
      if !entry.isEdit { corrected.link = 0 }
      turn.writes.append(.corrected(corrected))
      if told.kind != .removed, !entry.isEdit, let id = told.revised {
        turn.writes.append(.stray(entry.position, of: id))
      }
    }
    if entry.isEdit, told.kind != .removed { turn.writes.append(.edited(entry.link, by: entry.position)) }
  }

  // MARK: going back

  private func setBack(_ search: LogSearch, _ following: Following, _ replica: Group, _ peer: Peer) {
    remember(replica, after: search.common.number) { realm in
      guard realm.isCurrent(search, following, peer) else { return }
      realm.note(
        "group", "set back with its home: what came after is set apart", level: .warning,
        [
          "group": replica.name, "had": String(replica.lastNumber), "both have": String(search.common.number),
          "apart": String(replica.lastNumber - max(search.common.number, search.differs - 1)),
        ])
      replica.lastNumber = search.common.number
      replica.lastID = search.common == .none ? nil : search.common.id
      replica.lastTime = search.common.time
      replica.stateNumber = .max
      realm.turn.writes.append(.replicaSetBack(replica.id, to: search.common, after: search.position))
      realm.followAnew(following, of: peer)
    }
  }

  /// Remembers the newest entries of a replica after one of them, which its home has lost: they may come to it again,
  /// out of the outboxes of those who sent them, and from there with new numbers under their old ids. Who has seen them
  /// is not shown them again.
  /// - Parameter done: is called once they are remembered, not if they cannot be read now. Nil: then it is tried again.
  func remember(_ replica: Group, after number: Int64, then done: ((Realm) -> Void)? = nil) {
    var told: [PersonID: [Told]] = [:]
    for leaver in replica.leavers { told[leaver.person, default: []].append(leaver.told) }
    for (person, member) in zip(replica.members.keys, replica.members.values) where realm(of: person) == nil {
      told[person, default: []].append(Told(numbers: member.since...Int64.max, comings: comings))
    }
    remember(replica, told, after: max(number, replica.lastNumber - Int64(Limits.returningEntries)), then: done)
  }

  private func remember(
    _ replica: Group, _ told: [PersonID: [Told]], after number: Int64, then done: ((Realm) -> Void)?
  ) {
    ask(
      .groupLog(replica.id, after: number, limit: Limits.returningEntries, bytes: Limits.groupLogBytes * 4), for: nil
    ) { realm, answer in
      guard case .groupLog(let entries) = answer else {
        guard done == nil, realm.unremembered.count < Limits.returningGroups else { return }
        return realm.unremembered.append { $0.remember(replica, told, after: number, then: nil) }
      }
      var told = told
      // Those who have come meanwhile were shown all this as long as they are members.
      for (person, all) in told where replica.members[person] != nil {
        told[person] = all.map { $0.numbers.upperBound < .max ? $0 : Told(numbers: $0.numbers, comings: realm.comings) }
      }
      // Those of before stay: a home may be set back twice.
      if realm.returning.count > Limits.returningMost { realm.returning.removeAll() }
      for entry in entries {
        realm.returning[entry.id] = Returning(position: entry.position, number: entry.number, told: told)
      }
      done?(realm)
    }
  }

  /// With a tick: what could not be read to be remembered may be now.
  func rememberOn() {
    let unremembered = unremembered
    self.unremembered = []
    for remember in unremembered { remember(self) }
  }

  /// One of our people leaves a replica; with the last of them it ends. A home that is set back may take them for
  /// members all the same, and tell anew what they have seen.
  func rememberIfLast(in replica: Group) {
    if replica.membersHere == 1 { remember(replica, after: 0) }
  }

  /// Whether a session has been shown an entry before its home was set back. One that is being replayed to has not come
  /// that far, as far as is known.
  func hasSeen(_ returning: Returning, _ person: PersonID, _ session: Session) -> Bool {
    guard session.replay == nil, session.isServedAfter < returning.position else { return false }
    // Who asks for history itself has live what came after it had come, the others all that there was.
    let isLive = session.cameAt < returning.position
    return (returning.told[person] ?? []).contains { told in
      told.numbers.contains(returning.number)
        && (isLive || !session.has(.chatHistory) && session.coming <= told.comings)
    }
  }
}

extension Entry {
  /// The entry of a group, as realms compare it.
  var mark: EntryMark { EntryMark(number: number, id: id, time: time) }
}

extension GroupEntry {
  var mark: EntryMark { EntryMark(number: number, id: id, time: time) }
}
