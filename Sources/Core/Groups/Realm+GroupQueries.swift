import Wire

/// Topic, names and the list of groups.
extension Realm {
  // MARK: TOPIC

  func topic(_ session: Session, _ input: Input) {
    withVisibleGroup(session, input.text(0)) { realm, group in
      guard input.count > 1 else {
        guard group.topic != nil else { return realm.reply(session, .noTopic, [group.name], "No topic is set") }
        return realm.sendTopic(group, to: session)
      }
      let isElsewhere = realm.forward(session, group, "TOPIC") { _ in [realm.nameAtHome(group), input.text(1)] }
      if !isElsewhere { realm.setTopic(session, group, input.slice(1)) }
    }
  }

  private func setTopic(_ session: Session, _ group: Group, _ text: ArraySlice<UInt8>) {
    guard isMember(session, group), let user = session.user else { return }
    guard !group.modes.contains(.topicLock) || group.ranks(of: user.id).canModerate else {
      return reply(session, .chanOpPrivsNeeded, [group.name], "You're not channel operator")
    }
    let whole = wholeText(text.prefix(settings.limits.topicBytes))
    group.topic =
      whole.isEmpty ? nil : Topic(text: whole, setBy: String(decoding: user.source, as: UTF8.self), time: now)
    turn.writes.append(.groupTopic(group.id, group.topic))
    announce(session, group, .topic, "TOPIC", body: [UInt8(ascii: ":")] + whole)
  }

  func sendTopic(_ group: Group, to session: Session) {
    guard let topic = group.topic else { return }
    var line = LineBuilder(source: serverSource, Numeric.topic.digits)
    line.word(session.nick)
    line.word(group.name)
    line.text(topic.text)
    send(line, to: session)
    reply(session, .topicWhoTime, [group.name, topic.setBy, String(topic.time / 1_000)])
  }

  // MARK: NAMES

  func names(_ session: Session, _ input: Input) {
    guard input.count > 0 else { return reply(session, .endOfNames, ["*"], "End of /NAMES list") }
    let names = input.text(0).split(separator: ",").map(String.init)
    guard names.count <= Limits.queryTargets else {
      return reply(session, .tooManyTargets, [names[Limits.queryTargets]], "Too many groups in one NAMES")
    }
    for text in names {
      let address = Address(text, home: settings.realm)
      withGroup(address.text, session) { realm, group in
        guard let group, realm.canSee(group, session) else {
          return realm.reply(session, .endOfNames, [text], "End of /NAMES list")
        }
        realm.sendNames(group, to: session)
      }
    }
  }

  func sendNames(_ group: Group, to session: Session) {
    var words: [String] = []
    words.reserveCapacity(group.members.count)
    for (person, member) in zip(group.members.keys, group.members.values) {
      // IRCv3 userhost-in-names
      let name =
        session.has(.userHostInNames)
        ? String(decoding: source(of: person), as: UTF8.self) : member.user?.nick ?? name(of: person)
      words.append(prefix(member.ranks, session) + name)
    }
    let symbol = group.modes.contains(.secret) ? "@" : "="
    for part in lines(of: words) { reply(session, .namReply, [symbol, group.name], part) }
    reply(session, .endOfNames, [group.name], "End of /NAMES list")
  }

  // MARK: LIST

  /// LIST, of all groups or those named (Modern IRC, "LIST message").
  func list(_ session: Session, _ input: Input) {
    if let (peer, parameters) = realmToList(input.text(0)) { return list(session, peer, parameters) }
    let wanted = Set(input.text(0).split(separator: ",").map { fold(Address(String($0), home: settings.realm).text) })
    ask(.listGroups, for: session) { realm, answer in
      guard case .groups(let summaries) = answer else {
        return realm.fail(session, "LIST", "TEMPORARILY_UNAVAILABLE", [], answer.problem)
      }
      realm.turn.rowsSearched += summaries.count
      realm.reply(session, .listStart, ["Channel"], "Users  Name")
      for summary in summaries { realm.listLine(session, summary, wanted) }
      realm.reply(session, .listEnd, [], "End of /LIST")
    }
  }

  private func listLine(_ session: Session, _ summary: GroupSummary, _ wanted: Set<String>) {
    // The store's word is a turn old at most; memory knows better where it has the group.
    guard let name = groups[summary.id]?.name ?? restingGroups[summary.id] else { return }
    guard wanted.isEmpty || wanted.contains(fold(name)) else { return }
    var count = summary.members
    var topic = summary.topic
    if let live = groups[summary.id] {
      guard canSee(live, session) else { return }
      count = live.members.count
      topic = live.topic?.text ?? []
    } else if summary.modes.contains(.secret) || summary.members == 0 {
      return  // at rest: whoever is connected is no member of it; of one without members only guests were
    }
    var line = LineBuilder(source: serverSource, Numeric.list.digits)
    line.word(session.nick)
    line.word(name)
    line.word(String(count))
    line.text(topic)
    send(line, to: session)
  }
}
