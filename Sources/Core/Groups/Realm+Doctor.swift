import Wire

/// `moot group doctor`: looks over a group for those who run the realm, a step at a time.
final class Examination {
  let id: AdminID
  let group: GroupID
  var findings: [Finding] = []
  /// How often the home has been asked.
  var attempts = 0

  init(_ id: AdminID, _ group: GroupID) {
    self.id = id
    self.group = group
  }

  func add(_ level: Finding.Level, _ text: String) { findings.append(Finding(level, text)) }
}

extension Realm {
  /// Looks over a group by its name.
  func examine(_ name: String, _ id: AdminID) {
    guard let group = groupToExamine(name, id) else { return }
    let examination = Examination(id, group)
    loadGroup(group) { [unowned self] loaded in
      guard let loaded else { return cannotBeRead(name, id) }
      if let home = loaded.home {
        examine(loaded, of: home, examination)
      } else {
        examineOwn(loaded, examination)
        examineLog(examination)
      }
    }
  }

  /// The group of a name that somebody typed; where there is none, that is answered.
  func groupToExamine(_ text: String, _ id: AdminID) -> GroupID? {
    let address = Address(text, home: settings.realm)
    if let group = groupNames[fold(address.text)] { return group }
    let why: String
    if let realm = address.realm {
      why =
        peer(realm) == nil
        ? "\(settings.realm) knows no realm \(realm)"
        : "\(settings.realm) has no replica of \(address.text): nobody here is a member. Ask in \(realm)"
    } else {
      why = "There is no group \(address.text) in \(settings.realm)"
    }
    turn.replies.append((id, .refused(why)))
    return nil
  }

  func cannotBeRead(_ name: String, _ id: AdminID) {
    turn.replies.append((id, .refused("\(name) cannot be read from the store now: the realm's log says why")))
  }

  // MARK: a group of ours

  private func examineOwn(_ group: Group, _ examination: Examination) {
    examination.add(
      .ok,
      "group: \(group.name) is a group of \(settings.realm), with \(counted(group.members.count, "member")), "
        + "\(group.membersHere) of them here; its last entry is \(group.lastNumber)")
    for realm in group.membersElsewhere.keys.sorted() {
      let (level, text) = progress(of: realm, in: group)
      examination.add(level, "\(realm): \(counted(group.membersElsewhere[realm] ?? 0, "member")); \(text)")
    }
  }

  /// How far a realm is with a group of ours.
  private func progress(of realm: String, in group: Group) -> (Finding.Level, String) {
    guard let peer = peer(realm) else { return (.warning, "\(settings.realm) knows no such realm any more") }
    guard canReach(peer) else {
      return (.warning, "it cannot be reached now, and gets what it misses when it can; `moot links` says why")
    }
    guard let follower = group.followers?.realms[realm] else {
      return (.warning, "it does not follow the group yet, and is asked to; if that lasts, look at the log there")
    }
    guard follower.sent < group.lastNumber else { return (.ok, "it has been sent everything") }
    return (.ok, "it is catching up: it has been sent everything up to entry \(follower.sent)")
  }

  // MARK: a replica

  private func examine(_ replica: Group, of home: GroupHome, _ examination: Examination) {
    examination.add(.ok, "group: \(replica.name) is a replica of a group of \(home.realm)")
    guard let peer = peer(home.realm) else {
      examination.add(.warning, "way: \(home.realm) is forgotten here, so the replica is an archive")
      return examineLog(examination)
    }
    guard canReach(peer) else {
      examination.add(
        .error, "way: \(peer.name) cannot be reached, so nothing can be compared; `moot links` says why it cannot")
      return examineLog(examination)
    }
    compare(examination)
  }

  /// Asks the home what the group is like. What is under way makes the two differ for a moment, so it is asked again.
  private func compare(_ examination: Examination) {
    examination.attempts += 1
    loadGroup(examination.group) { [unowned self] loaded in
      guard let replica = loaded, let home = replica.home, let peer = peer(home.realm) else {
        return turn.replies.append((examination.id, .refused("The group has ended meanwhile")))
      }
      let number = replica.lastNumber
      let id = replica.lastID?.text ?? "-"
      query(peer, "STATE", [String(home.group), String(number)]) { realm, replies in
        guard let replies else {
          examination.add(.error, "way: \(peer.name) does not answer; `moot link test` tests the links on the way")
          return realm.examineLog(examination)
        }
        guard let state = replies.first.flatMap(GroupDigest.init) else {
          let why = replies.first?.text ?? "it says nothing about the group"
          examination.add(.error, "home: \(peer.name) does not tell what the group is like: \(why)")
          return realm.examineLog(examination)
        }
        realm.compare((number, id), state, peer, examination)
      }
    }
  }

  /// - Parameter asked: the last entry here when the home was asked.
  private func compare(
    _ asked: (number: Int64, id: String), _ state: GroupDigest, _ peer: Peer, _ examination: Examination
  ) {
    loadGroup(examination.group) { [unowned self] loaded in
      guard let replica = loaded, let home = replica.home else {
        return turn.replies.append((examination.id, .refused("The group has ended meanwhile")))
      }
      let found = digest(of: replica, id: asked.id)
      guard found == state || examination.attempts >= Limits.examinationAttempts else {
        return examinations.append(examination)
      }
      examination.add(.ok, "way: \(way(to: peer))")
      if peer.sharing.following[home.group]?.replica == nil {
        examination.add(.error, "followed: no, so nothing comes from \(peer.name); --fetch follows it anew")
      } else {
        examination.add(.ok, "followed: what happens at \(peer.name) comes as it happens")
      }
      compareNumbers(asked, found, state, peer.name, examination)
      compareStates(found, state, peer.name, examination)
      examineLog(examination)
    }
  }

  private func way(to peer: Peer) -> String {
    guard let route = peer.route, route.links > 1 else { return "\(peer.name) is linked to \(settings.realm)" }
    return "\(peer.name) is reached by \(route.next), over \(route.links) links"
  }

  private func compareNumbers(
    _ asked: (number: Int64, id: String), _ found: GroupDigest, _ state: GroupDigest, _ realm: String,
    _ examination: Examination
  ) {
    if found.number == state.number {
      examination.add(.ok, "number: the last entry is \(found.number), here and at \(realm)")
    } else if found.number < state.number {
      examination.add(
        .error,
        "number: the last entry is \(found.number) here, and \(state.number) at \(realm); it may be busy: try again, "
          + "then --fetch")
    } else {
      examination.add(
        .error,
        "number: the last entry is \(found.number) here, but \(state.number) at \(realm), which seems to have been "
          + "restored from a backup; --fetch takes its state")
    }
    if asked.id == state.id {
      examination.add(.ok, "id: entry \(asked.number) is the same at \(realm)")
    } else if asked.number <= state.number {
      examination.add(.error, "id: entry \(asked.number) is another one at \(realm); --fetch takes the state there")
    }
  }

  private func compareStates(
    _ found: GroupDigest, _ state: GroupDigest, _ realm: String, _ examination: Examination
  ) {
    let remedy = "--fetch takes what is there"
    if (found.members, found.membersDigest) == (state.members, state.membersDigest) {
      examination.add(.ok, "members: \(found.members), the same at \(realm), with the same ranks")
    } else if found.members == state.members {
      examination.add(
        .error, "members: \(found.members), but not the same or not with the same ranks as at \(realm); \(remedy)")
    } else {
      examination.add(.error, "members: \(found.members) here, \(state.members) at \(realm); \(remedy)")
    }
    if found.modes == state.modes {
      examination.add(.ok, "modes: \(found.modes)")
    } else {
      examination.add(.error, "modes: \(found.modes) here, \(state.modes) at \(realm); \(remedy)")
    }
    if found.topic == state.topic {
      examination.add(.ok, "topic: the same")
    } else {
      examination.add(.error, "topic: another one at \(realm); \(remedy)")
    }
    if found.bansDigest == state.bansDigest {
      examination.add(.ok, "bans: \(found.bans), the same at \(realm)")
    } else {
      examination.add(.error, "bans: \(found.bans) here, not the same as the \(state.bans) at \(realm); \(remedy)")
    }
  }

  /// Once a second: what was under way may have arrived.
  func goOnExamining() {
    let waiting = examinations
    examinations = []
    for examination in waiting { compare(examination) }
  }

  func counted(_ count: Int, _ what: String) -> String { count == 1 ? "1 \(what)" : "\(count) \(what)s" }
}

/// The log of a group, read from end to end.
extension Realm {
  /// What was read of a log so far.
  private struct Reading {
    /// The last entry when it began: what comes meanwhile is not looked for.
    var end: Int64
    var first: Int64 = 0
    var last: Int64 = 0
    /// Numbers that are missing.
    var gaps: [ClosedRange<Int64>] = []

    mutating func add(_ number: Int64) {
      if last == 0 {
        first = number
      } else if number > last + 1 {
        gaps.append(last + 1...number - 1)
      }
      last = number
    }
  }

  /// The last step: whether the log has all entries from its first to the group's last.
  private func examineLog(_ examination: Examination) {
    loadGroup(examination.group) { [unowned self] loaded in
      guard let group = loaded else { return report(examination) }
      read(Reading(end: group.lastNumber), group.home?.realm, examination)
    }
  }

  private func read(_ reading: Reading, _ home: String?, _ examination: Examination) {
    ask(
      .groupLog(examination.group, after: reading.last, limit: Limits.groupLogEntries, bytes: Limits.groupLogBytes),
      for: nil
    ) { realm, answer in
      guard case .groupLog(let entries) = answer else {
        examination.add(.error, "log: not read: \(answer.problem)")
        return realm.report(examination)
      }
      var reading = reading
      let before = reading.last
      for entry in entries where entry.number > reading.last { reading.add(entry.number) }
      guard reading.last == before || reading.last >= reading.end else {
        return realm.read(reading, home, examination)
      }
      realm.judge(reading, home, examination)
      realm.examineApart(home, examination)
    }
  }

  private func judge(_ reading: Reading, _ home: String?, _ examination: Examination) {
    guard reading.last > 0 else { return examination.add(.ok, "log: nothing has happened since the first member came") }
    var gaps = reading.gaps
    if reading.last < reading.end { gaps.append(reading.last + 1...reading.end) }
    guard !gaps.isEmpty else {
      return examination.add(.ok, "log: entries \(reading.first) to \(reading.last), without a gap")
    }
    var some = gaps.prefix(3).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
    if gaps.count > 3 { some.append("and more") }
    let count = gaps.reduce(0) { $0 + $1.count }
    let missing = "log: \(counted(count, "number")) missing: \(some.joined(separator: ", "))"
    guard let home else {
      return examination.add(.error, "\(missing); the store is damaged: check the disk, then restore a backup")
    }
    examination.add(
      .warning, "\(missing), as after a restore of \(home) or \(settings.realm); what is there can be read in \(home)")
  }

  /// What a replica holds that its home has lost.
  private func examineApart(_ home: String?, _ examination: Examination) {
    guard let home else { return report(examination) }
    ask(.setApart(examination.group, limit: Limits.apartShown), for: nil) { realm, answer in
      switch answer {
      case .groupLog(let all) where !all.contains(where: realm.isApartKept):
        examination.add(.ok, "apart: nothing that \(home) has lost")
      case .groupLog(let all):
        let entries = all.filter(realm.isApartKept)
        let count = all.count < Limits.apartShown ? "" : "at least "
        examination.add(
          .warning,
          "apart: \(count)\(realm.counted(entries.count, "message")) that \(home) has lost, as by a restore: they are "
            + "kept here, in nobody's history; --apart prints them")
      default: examination.add(.error, "apart: not read: \(answer.problem)")
      }
      realm.report(examination)
    }
  }

  /// Whether what is set apart is not too old either. The group may not be in memory: then the realm's own time counts.
  private func isApartKept(_ entry: Entry) -> Bool {
    guard case .group(let id) = entry.target, let group = groups[id] else { return entry.time >= keepsFrom }
    return entry.time >= keepsFrom(group)
  }

  private func report(_ examination: Examination) {
    turn.replies.append((examination.id, .findings(examination.findings)))
  }

  /// The messages of a replica that its home has lost.
  func showApart(_ name: String, _ id: AdminID) {
    guard let group = groupToExamine(name, id) else { return }
    ask(.setApart(group, limit: Limits.apartShown), for: nil) { realm, answer in
      guard case .groupLog(let entries) = answer else {
        return realm.turn.replies.append((id, .refused(answer.problem)))
      }
      let messages = entries.filter(realm.isApartKept)
        .map { realm.line($0, String(decoding: Multiline.text(of: $0), as: UTF8.self)) }
      realm.turn.replies.append((id, .setApart(messages)))
    }
  }
}
