import Wire

/// What a snapshot has changed, told to clients as if it had happened.
extension Realm {
  /// Tells members what is different: those who were not in the group before are told all of it.
  func tellDifference(from old: GroupPicture, to group: Group) {
    for (person, user) in old.live where group.members[person] == nil {
      tellKick(of: user, from: group, "Your membership ended at \(group.home?.realm ?? "")")
    }
    var before: [Session] = []
    for (person, member) in zip(group.members.keys, group.members.values) {
      guard let user = member.user else { continue }
      guard old.members[person] == nil else {
        before += user.sessions
        continue
      }
      let asker = asker("JOIN", of: person, in: group)
      for session in user.sessions {
        if session === asker {
          answerPart(session) {
            send(joinLine(of: person, group, nil), to: session)
            describe(group, to: session)
          }
        } else {
          sendInOrder(joinLine(of: person, group, nil), to: session)
          describe(group, to: session)
        }
      }
    }
    guard !before.isEmpty else { return }
    tellChanges(from: old, to: group, before)
  }

  func tell(_ line: LineBuilder, to sessions: [Session]) {
    var out = Outgoing(line: line.bytes)
    out.time = now
    for session in sessions { sendInOrder(out, to: session) }
  }

  private func tellChanges(from old: GroupPicture, to group: Group, _ sessions: [Session]) {
    for person in old.members.keys where group.members[person] == nil {
      var line = LineBuilder(source: source(of: person), "PART")
      line.word(group.name)
      tell(line, to: sessions)
    }
    for (person, member) in zip(group.members.keys, group.members.values) {
      if old.members[person] == nil {
        for session in sessions { sendInOrder(joinLine(of: person, group, nil), to: session) }
      }
      tellRanks(of: person, old.members[person]?.ranks ?? [], member.ranks, in: group, sessions)
    }
    for change in group.modes.changes(from: old.modes) {
      var line = LineBuilder(source: serverSource, "MODE")
      line.word(group.name)
      line.word(change)
      tell(line, to: sessions)
    }
    guard old.topic != group.topic else { return }
    var line = LineBuilder(source: serverSource, "TOPIC")
    line.word(group.name)
    line.text(group.topic?.text ?? [])
    tell(line, to: sessions)
  }

  private func tellRanks(of person: PersonID, _ old: Ranks, _ new: Ranks, in group: Group, _ sessions: [Session]) {
    for (sign, ranks) in [("-", old.subtracting(new)), ("+", new.subtracting(old))] where !ranks.isEmpty {
      var line = LineBuilder(source: serverSource, "MODE")
      line.word(group.name)
      line.word(sign + ranks.letters)
      for _ in ranks.letters { line.word(name(of: person)) }
      tell(line, to: sessions)
    }
  }
}

/// What clients have been told of a group.
struct GroupPicture {
  var members: Table<PersonID, Member>
  var modes: GroupModes
  var topic: Topic?

  /// The members that were connected here.
  var live: [(PersonID, User)] {
    zip(members.keys, members.values).compactMap { person, member in member.user.map { (person, $0) } }
  }
}

extension Group {
  var picture: GroupPicture { GroupPicture(members: members, modes: modes, topic: topic) }
}
