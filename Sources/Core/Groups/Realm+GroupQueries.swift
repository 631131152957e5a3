import Wire

/// Topic, names and the list of groups.
extension Realm {
  // MARK: TOPIC

  func topic(_ session: Session, _ input: Input) {
    if input.count == 1, askHome(session, input.text(0), "TOPIC") { return }
    withVisibleGroup(session, input.text(0)) { realm, group in
      guard input.count > 1 else {
        guard group.topic != nil else { return realm.reply(session, .noTopic, [group.name], "No topic is set") }
        return realm.sendTopic(group, to: session)
      }
      let isElsewhere = realm.forward(session, group, "TOPIC") { _ in [realm.referenceAtHome(group), input.text(1)] }
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
    let names = input.text(0).split(separator: ",").map(String.init)
    guard !names.isEmpty else { return reply(session, .endOfNames, ["*"], "End of /NAMES list") }
    guard names.count <= Limits.queryTargets else {
      return reply(session, .tooManyTargets, [names[Limits.queryTargets]], "Too many groups in one NAMES")
    }
    self.names(session, of: names[...])
  }

  private func names(_ session: Session, of groups: ArraySlice<String>) {
    for (index, text) in zip(groups.indices, groups) {
      let others = groups[(index + 1)...]
      if askHome(session, text, "NAMES", then: { $0.names(session, of: others) }) { return }
      let address = Address(text, home: settings.realm)
      withGroup(address.text, session) { realm, group in
        guard let group, realm.canSee(group, session) else {
          realm.refuseUnlinked(session, address)
          return realm.reply(session, .endOfNames, [text], "End of /NAMES list")
        }
        // What has changed since may be that this name is another group's.
        realm.sendHeldBackChanges(session)
        realm.sendNames(group, to: session)
      }
    }
  }

  func sendNames(_ group: Group, to session: Session) {
    let seesAll = seesInvisible(group, session)
    var words: [String] = []
    words.reserveCapacity(group.members.count)
    for (person, member) in zip(group.members.keys, group.members.values) {
      if !seesAll, member.user?.modes.contains(.invisible) == true { continue }
      // IRCv3 userhost-in-names
      let name =
        session.has(.userHostInNames)
        ? String(decoding: source(of: person), as: UTF8.self)
        : member.user.map { self.name(of: $0, for: session) } ?? name(of: person)
      words.append(prefix(member.ranks, session) + name)
    }
    let symbol = group.modes.contains(.secret) ? "@" : "="
    for part in lines(of: words) { reply(session, .namReply, [symbol, group.name], part) }
    reply(session, .endOfNames, [group.name], "End of /NAMES list")
  }

  // MARK: LIST

  /// LIST, of all groups, those named, or those that pass filters (Modern IRC, "LIST message"; ISUPPORT ELIST): of
  /// this realm, and of those that the names mean.
  func list(_ session: Session, _ input: Input) {
    let words = [input.text(0), input.text(1)].flatMap { $0.split(separator: ",").map(String.init) }
    let conditions = words.filter(ListFilter.isCondition)
    var here: [String] = []
    var elsewhere: [String: [String]] = [:]
    var unlinked: [Address] = []
    for word in words where !ListFilter.isCondition(word) {
      if let (peer, name) = realmToList(word, session) {
        elsewhere[peer.name, default: []].append(name)
        continue
      }
      let address = Address(word, home: settings.realm)
      let isAllOfHere = address.realm == nil && address.name.isEmpty || fold(word) == settings.realm
      here.append(isAllOfHere ? "*" : address.realm == nil ? address.name : word)
      guard let realm = address.realm, !realm.isEmpty, peer(of: address) == nil else { continue }
      if !realm.contains(where: { "*?".contains($0) }) { unlinked.append(address) }
    }
    guard elsewhere.count + unlinked.count <= Limits.queryTargets else {
      return reply(session, .tooManyTargets, ["LIST"], "Too many realms in one LIST")
    }
    func begin(_ realm: Realm) {
      realm.reply(session, .listStart, ["Channel"], "Users  Name")
      for address in unlinked { realm.refuseUnlinked(session, address) }
    }
    let asked = elsewhere.map { (realm: $0, names: $1) }.sorted { $0.realm < $1.realm }
    guard !here.isEmpty || asked.isEmpty else {
      begin(self)
      return list(session, asked[...], conditions)
    }
    let filter = ListFilter(here + conditions, home: settings.realm)
    ask(.listGroups, for: session) { realm, answer in
      begin(realm)
      if case .groups(let summaries) = answer {
        realm.turn.rowsSearched += summaries.count * filter.cost
        for summary in summaries { realm.listLine(session, summary, filter) }
      } else {
        realm.fail(session, "LIST", "TEMPORARILY_UNAVAILABLE", [], answer.problem)
      }
      realm.list(session, asked[...], conditions)
    }
  }

  private func listLine(_ session: Session, _ summary: GroupSummary, _ filter: ListFilter) {
    // The store's word is a turn old at most; memory knows better where it has the group.
    guard let name = groups[summary.id]?.name ?? restingGroups[summary.id] else { return }
    var summary = summary
    if let live = groups[summary.id] {
      guard canSee(live, session) else { return }
      summary.members = live.members.count
      summary.topic = live.topic?.text ?? []
      summary.topicTime = live.topic?.time ?? 0
    } else if summary.switches.contains(.secret) || summary.members == 0 {
      return  // at rest: whoever is connected is no member of it; of one without members only guests were
    }
    guard filter.passes(name, summary, now: now) else { return }
    var line = LineBuilder(source: serverSource, Numeric.list.digits)
    line.word(session.nick)
    line.word(name)
    line.word(String(summary.members))
    line.text(summary.topic)
    send(line, to: session)
  }
}

/// What LIST is asked for (ISUPPORT `ELIST=CMNTU`): names and masks, any of which a group may match; masks it must not
/// match; and bounds for members, age and age of the topic, in minutes, all of which it must keep.
struct ListFilter {
  private var names: Set<String> = []
  private var masks: [String] = []
  private var excluded: [String] = []
  private var members: [ClosedRange<Int>] = []
  private var minutes: [ClosedRange<Int>] = []
  private var topicMinutes: [ClosedRange<Int>] = []

  init(_ words: [String], home: String) {
    for word in words {
      let isMask = word.contains("*") || word.contains("?")
      if let bound = Self.bound(word) {
        members.append(bound)
      } else if word.first == "C", let bound = Self.bound(word.dropFirst()) {
        minutes.append(bound)
      } else if word.first == "T", let bound = Self.bound(word.dropFirst()) {
        topicMinutes.append(bound)
      } else if word.first == "!" {
        excluded.append(String(word.dropFirst()))
      } else if isMask {
        masks.append(word)
      } else {
        names.insert(fold(Address(word, home: home).text))
      }
    }
  }

  /// Whether a word bounds the answer, and names nothing.
  static func isCondition(_ word: String) -> Bool {
    word.first == "!" || bound(word) != nil || "CT".contains(word.prefix(1)) && bound(word.dropFirst()) != nil
  }

  /// How much work a group is.
  var cost: Int { 1 + masks.count + excluded.count }

  /// `>3` or `<10`; nil for anything else.
  private static func bound(_ text: some StringProtocol) -> ClosedRange<Int>? {
    guard let number = Int(text.dropFirst()), (0...1_000_000_000).contains(number) else { return nil }
    switch text.first {
    case ">": return (number + 1)...Int.max
    case "<": return Int.min...(number - 1)
    default: return nil
    }
  }

  func passes(_ name: String, _ summary: GroupSummary, now: Milliseconds) -> Bool {
    let isNamed =
      names.isEmpty && masks.isEmpty || names.contains(fold(name))
      || masks.contains { matches(mask: $0.utf8, name.utf8) }
    guard isNamed, !excluded.contains(where: { matches(mask: $0.utf8, name.utf8) }) else { return false }
    let age = Int((now - summary.created) / 60_000)
    guard members.allSatisfy({ $0.contains(summary.members) }), minutes.allSatisfy({ $0.contains(age) }) else {
      return false
    }
    let topicAge = Int((now - summary.topicTime) / 60_000)
    return topicMinutes.isEmpty || summary.topicTime > 0 && topicMinutes.allSatisfy { $0.contains(topicAge) }
  }
}
