import Wire

/// MODE: the switches and settings of a group, its lists of masks, the ranks of its members (Modern IRC, "MODE
/// message").
extension Realm {
  func mode(_ session: Session, _ input: Input) {
    let target = input.text(0)
    guard Address(target, home: settings.realm).isGroup else { return userMode(session, input) }
    guard session.user != nil else { return reply(session, .noSuchChannel, [target], "No such channel") }
    let isQuestion = input.count == 1 || input.count == 2 && Self.asksForLists(input.text(1))
    if isQuestion, askHome(session, target, "MODE", input.parameters(from: 1)) { return }
    withVisibleGroup(session, target) { realm, group in
      guard input.count > 1 else { return realm.showModes(session, group) }
      let isElsewhere =
        !isQuestion
        && realm.forward(session, group, "MODE") { home in
          let changes = realm.translatedModes(input.parameters(from: 1).joined(separator: " ")) {
            realm.translated($0, for: home)
          }
          return [realm.referenceAtHome(group)] + changes.split(separator: " ").map(String.init)
        }
      if !isElsewhere { realm.changeModes(session, group, input) }
    }
  }

  /// Whether the letters of a MODE without parameters ask for lists: of bans and the like.
  static func asksForLists(_ letters: String) -> Bool { letters.allSatisfy { "+-\(MaskList.letters)".contains($0) } }

  private func showModes(_ session: Session, _ group: Group) {
    let isMember = session.user.map { group.members[$0.id] != nil } ?? false
    let words = group.modes.text(withKey: isMember).split(separator: " ").map(String.init)
    reply(session, .channelModeIs, [group.name] + words)
    reply(session, .creationTime, [group.name, String(group.created / 1_000)])
  }

  /// The changes of one MODE command as they take effect, to be told in one line.
  private struct Changes {
    /// A rank's parameter is a nick, and the log has the account's name.
    var signs: [(adds: Bool, letter: Character, parameter: String?, logged: String?)] = []
    var isEmpty: Bool { signs.isEmpty }

    mutating func add(_ adds: Bool, _ letter: Character, _ parameter: String?, logged: String? = nil) {
      signs.append((adds, letter, parameter, logged ?? parameter))
    }

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
    let modes = group.modes
    var parameters = (2..<max(input.count, 2)).map(input.text)[...]
    var changes = Changes()
    var adds = true
    var withParameter = 0
    var listed: Set<Character> = []
    for letter in input.text(1) {
      if letter == "+" || letter == "-" {
        adds = letter == "+"
        continue
      }
      let kind = GroupModes.kind(of: letter)
      if case .list(let list) = kind, parameters.isEmpty {
        if listed.insert(letter).inserted { show(list, of: group, to: session) }
        continue
      }
      guard mayChangeModes(session, user, group) else { break }
      var parameter: String?
      if GroupModes.takesParameter(letter, adds) {
        withParameter += 1
        parameter = withParameter <= Limits.modeChanges ? parameters.popFirst() : nil
        // Only a key can be removed without naming it.
        guard parameter != nil || letter == "k" && !adds else {
          if case .setting = kind { reply(session, .needMoreParams, ["MODE"], "Not enough parameters") }
          continue
        }
      }
      switch kind {
      case .list(let list): changeMask(session, user, group, list, adds, parameter ?? "", &changes)
      case .rank(let rank): changeRank(session, user, group, (letter, rank), adds, parameter ?? "", &changes)
      case .setting: changeSetting(session, group, letter, adds, parameter, &changes)
      case .onOff: changeSwitch(group, letter, adds, &changes)
      case nil: reply(session, .unknownMode, [String(letter)], "is unknown mode char to me")
      }
    }
    guard !changes.isEmpty else { return }
    noteModes(of: group, before: modes)
    announce(
      session, group, .mode, "MODE", body: Array(changes.text().utf8), logged: Array(changes.text(logged: true).utf8))
  }

  /// Stores what has changed of a group's modes.
  func noteModes(of group: Group, before modes: GroupModes) {
    guard group.modes != modes else { return }
    turn.writes.append(.groupModes(group.id, group.modes))
    if group.modes.keepDays != modes.keepDays { keepingChanged() }
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

  private func changeSwitch(_ group: Group, _ letter: Character, _ adds: Bool, _ changes: inout Changes) {
    guard let mode = GroupSwitches.named(letter), group.modes.contains(mode) != adds else { return }
    _ = group.modes.set(letter, adds, nil)
    // What is taken back in the same command has not happened: a line full of `+i-i` is no news.
    if let index = changes.signs.firstIndex(where: { $0.letter == letter }) {
      changes.signs.remove(at: index)
    } else {
      changes.add(adds, letter, nil)
    }
  }

  private func changeSetting(
    _ session: Session, _ group: Group, _ letter: Character, _ adds: Bool, _ parameter: String?,
    _ changes: inout Changes
  ) {
    // It erases what others have said, everywhere.
    if letter == "D", let user = session.user, group.ranks(of: user.id).height < 4 {
      return reply(session, .chanOpPrivsNeeded, [group.name], "Only owners and admins decide how long it is kept (D)")
    }
    var modes = group.modes
    guard modes.set(letter, adds, parameter), isStrict(modes) else {
      let why =
        switch letter {
        case "k": "A key has 1 to \(Limits.keyBytes) bytes without space or comma"
        case "l": "A limit is a number from 1 on"
        case "D": "What is said can be kept for 1 to \(longestKept) days"
        default: "How far members can look back: joined, all or none"
        }
      guard letter == "k" else {
        return reply(session, .invalidModeParameter, [group.name, String(letter), parameter ?? "*"], why)
      }
      return reply(session, .invalidKey, [group.name], why)
    }
    guard modes != group.modes else { return }
    // Removing a key names it, whatever was given.
    let told = letter == "k" ? (adds ? modes.key : group.modes.key) : adds ? parameter : nil
    group.modes = modes
    changes.add(adds, letter, letter == "H" ? told.map(fold) : told)
  }

  // MARK: lists

  /// RPL_BANLIST and its like. Exceptions and invitations tell who may come in: they are for moderators.
  private func show(_ list: MaskList, of group: Group, to session: Session) {
    let numerics: (line: Numeric, end: Numeric, name: String) =
      switch list {
      case .bans: (.banList, .endOfBanList, "ban")
      case .exceptions: (.exceptList, .endOfExceptList, "exception")
      case .invited: (.inviteExceptList, .endOfInviteExceptList, "invite exception")
      }
    if list != .bans {
      guard let user = session.user, mayChangeModes(session, user, group) else { return }
    }
    for mask in group.masks where mask.list == list {
      reply(session, numerics.line, [group.name, mask.mask, mask.setBy, String(mask.time / 1_000)])
    }
    reply(session, numerics.end, [group.name], "End of channel \(numerics.name) list")
  }

  private func changeMask(
    _ session: Session, _ user: User, _ group: Group, _ list: MaskList, _ adds: Bool, _ parameter: String,
    _ changes: inout Changes
  ) {
    let letter = list.letter
    guard !parameter.isEmpty, parameter.utf8.first != UInt8(ascii: ":"), !parameter.utf8.contains(32),
      !Mask.isUnknown(parameter), Mask.whole(parameter).utf8.count <= 4 * Limits.nameBytes
    else {
      return reply(
        session, .invalidModeParameter, [group.name, String(letter), parameter],
        "A mask is nick!user@host, ~a:account, or ~m: and one of these, in \(4 * Limits.nameBytes) bytes")
    }
    var mask = Mask.whole(parameter)
    let index = group.masks.firstIndex { $0.list == list && fold($0.mask) == fold(mask) }
    if adds {
      guard index == nil else { return }
      guard group.masks.count < settings.limits.bans else {
        return reply(session, .banListFull, [group.name, mask], "Channel list is full")
      }
      let record = MaskRecord(list, mask: mask, setBy: loggedName(of: user.id), time: now)
      group.masks.append(record)
      turn.writes.append(.mask(group.id, record))
    } else {
      guard let index else { return }
      mask = group.masks.remove(at: index).mask  // as it was set, for the log: case does not count
      turn.writes.append(.maskRemoved(group.id, list, mask: mask))
    }
    changes.add(adds, letter, mask)
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
    changes.add(adds, rank.letter, name(of: person), logged: loggedName(of: person))
  }
}
