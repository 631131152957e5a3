import Wire

/// MODE: the switches of a group, its bans, the ranks of its members (Modern IRC, "MODE message").
extension Realm {
  func mode(_ session: Session, _ input: Input) {
    let target = input.text(0)
    guard Address(target, home: settings.realm).isGroup else { return userMode(session, input) }
    guard session.user != nil else { return reply(session, .noSuchChannel, [target], "No such channel") }
    withVisibleGroup(session, target) { realm, group in
      guard input.count > 1 else { return realm.showModes(session, group) }
      let isQuestion = input.count == 2 && input.text(1).allSatisfy { "+-b".contains($0) }
      let isElsewhere =
        !isQuestion
        && realm.forward(session, group, "MODE") { home in
          let changes = realm.translatedModes(input.parameters(from: 1).joined(separator: " ")) {
            realm.translated($0, for: home)
          }
          return [realm.nameAtHome(group)] + changes.split(separator: " ").map(String.init)
        }
      if !isElsewhere { realm.changeModes(session, group, input) }
    }
  }

  private func showModes(_ session: Session, _ group: Group) {
    reply(session, .channelModeIs, [group.name, group.modes.text])
    reply(session, .creationTime, [group.name, String(group.created / 1_000)])
  }

  /// The changes of one MODE command as they take effect, to be told in one line.
  private struct Changes {
    /// A rank's parameter is a nick, and the log has the account's name.
    var signs: [(adds: Bool, letter: Character, parameter: String?, logged: String?)] = []
    var isEmpty: Bool { signs.isEmpty }

    func text(logged: Bool = false) -> String {
      var out = ""
      var sign: Bool?
      for change in signs {
        if sign != change.adds { out += change.adds ? "+" : "-" }
        sign = change.adds
        out.append(change.letter)
      }
      for change in signs { out += (logged ? change.logged : change.parameter).map { " " + $0 } ?? "" }
      return out
    }
  }

  private func changeModes(_ session: Session, _ group: Group, _ input: Input) {
    guard let user = session.user else { return }
    var parameters = (2..<max(input.count, 2)).map(input.text)[...]
    var changes = Changes()
    var adds = true
    var withParameter = 0
    var listed = false
    for letter in input.text(1) {
      switch letter {
      case "+": adds = true
      case "-": adds = false
      case "b" where parameters.isEmpty:
        if !listed { showBans(session, group) }
        listed = true
      default:
        guard mayChangeModes(session, user, group) else { return finish(changes, session, group) }
        if letter == "b" || Ranks.named(letter) != nil {
          withParameter += 1
          guard withParameter <= Limits.modeChanges, let parameter = parameters.popFirst() else { continue }
          changeList(session, user, group, letter, adds, parameter, &changes)
        } else {
          changeSwitch(session, group, letter, adds, &changes)
        }
      }
    }
    finish(changes, session, group)
  }

  private func mayChangeModes(_ session: Session, _ user: User, _ group: Group) -> Bool {
    guard group.members[user.id] != nil else {
      reply(session, .notOnChannel, [group.name], "You're not on that channel")
      return false
    }
    guard group.ranks(of: user.id).canModerate else {
      reply(session, .chanOpPrivsNeeded, [group.name], "You're not channel operator")
      return false
    }
    return true
  }

  private func finish(_ changes: Changes, _ session: Session, _ group: Group) {
    guard !changes.isEmpty else { return }
    if changes.signs.contains(where: { $0.parameter == nil }) {
      turn.writes.append(.groupModes(group.id, group.modes))
    }
    announce(
      session, group, .mode, "MODE", body: Array(changes.text().utf8), logged: Array(changes.text(logged: true).utf8))
  }

  private func changeSwitch(
    _ session: Session, _ group: Group, _ letter: Character, _ adds: Bool, _ changes: inout Changes
  ) {
    guard let mode = GroupModes.named(letter) else {
      return reply(session, .unknownMode, [String(letter)], "is unknown mode char to me")
    }
    guard group.modes.contains(mode) != adds else { return }
    if adds { group.modes.insert(mode) } else { group.modes.remove(mode) }
    // What is taken back in the same command has not happened: a line full of `+i-i` is no news.
    if let index = changes.signs.firstIndex(where: { $0.letter == letter }) {
      changes.signs.remove(at: index)
    } else {
      changes.signs.append((adds, letter, nil, nil))
    }
  }

  private func changeList(
    _ session: Session, _ user: User, _ group: Group, _ letter: Character, _ adds: Bool, _ parameter: String,
    _ changes: inout Changes
  ) {
    if letter == "b" {
      changeBan(session, user, group, adds, parameter, &changes)
    } else if let rank = Ranks.named(letter) {
      changeRank(session, user, group, (letter, rank), adds, parameter, &changes)
    }
  }

  // MARK: bans

  private func showBans(_ session: Session, _ group: Group) {
    for ban in group.bans {
      reply(session, .banList, [group.name, ban.mask, ban.setBy, String(ban.time / 1_000)])
    }
    reply(session, .endOfBanList, [group.name], "End of channel ban list")
  }

  private func changeBan(
    _ session: Session, _ user: User, _ group: Group, _ adds: Bool, _ parameter: String, _ changes: inout Changes
  ) {
    guard !parameter.isEmpty, parameter.utf8.first != UInt8(ascii: ":"), !parameter.utf8.contains(32) else {
      return reply(session, .invalidModeParameter, [group.name, "b", parameter], "A mask is nick!user@host")
    }
    var mask = Self.wholeMask(parameter)
    let index = group.bans.firstIndex { fold($0.mask) == fold(mask) }
    if adds {
      guard index == nil else { return }
      guard group.bans.count < settings.limits.bans, mask.utf8.count <= 4 * Limits.nameBytes else {
        return reply(session, .banListFull, [group.name, mask], "Channel ban list is full")
      }
      let ban = BanRecord(mask: mask, setBy: user.nick, time: now)
      group.bans.append(ban)
      turn.writes.append(.ban(group.id, ban))
    } else {
      guard let index else { return }
      mask = group.bans.remove(at: index).mask  // as it was set, for the log: case does not count
      turn.writes.append(.banRemoved(group.id, mask: mask))
    }
    changes.signs.append((adds, "b", mask, mask))
  }

  /// `bob` means `bob!*@*`, `bob@beta` means `*!bob@beta`.
  static func wholeMask(_ text: String) -> String {
    let hasNick = text.contains("!")
    let hasHost = text.contains("@")
    switch (hasNick, hasHost) {
    case (true, true): return text
    case (true, false): return text + "@*"
    case (false, true): return "*!" + text
    case (false, false): return text + "!*@*"
    }
  }

  // MARK: ranks

  private func changeRank(
    _ session: Session, _ user: User, _ group: Group, _ rank: (letter: Character, rank: Ranks), _ adds: Bool,
    _ parameter: String, _ changes: inout Changes
  ) {
    guard let (person, member) = member(parameter, of: group) else {
      let known = person(parameter) != nil
      return reply(
        session, known ? .userNotInChannel : .noSuchNick, known ? [parameter, group.name] : [parameter],
        known ? "They aren't on that channel" : "No such nick")
    }
    let own = group.ranks(of: user.id)
    let stepsDown = person == user.id && !adds
    guard stepsDown || own.canGrant(rank.rank) && (person == user.id || own.height >= member.ranks.height) else {
      return reply(session, .chanOpPrivsNeeded, [group.name], "Your rank is too low for that")
    }
    guard member.ranks.contains(rank.rank) != adds else { return }
    var ranks = member.ranks
    if adds { ranks.insert(rank.rank) } else { ranks.remove(rank.rank) }
    group.members[person]?.ranks = ranks
    if person.rawValue > 0 {
      turn.writes.append(.member(group.id, MemberRecord(person: person, ranks: ranks, since: member.since)))
    }
    changes.signs.append((adds, rank.letter, name(of: person), loggedName(of: person)))
  }
}
