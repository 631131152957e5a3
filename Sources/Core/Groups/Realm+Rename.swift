import Wire

/// RENAME (IRCv3 draft/channel-rename): a group gets another name and stays what it is.
extension Realm {
  func rename(_ session: Session, _ input: Input) {
    let wanted = input.text(1)
    let reason = wholeText(input.slice(2).prefix(settings.limits.reasonBytes))
    withVisibleGroup(session, input.text(0)) { realm, group in
      let isElsewhere = realm.forward(session, group, "RENAME") { home in
        [realm.referenceAtHome(group), realm.translated(wanted, for: home)]
          + (reason.isEmpty ? [] : [String(decoding: reason, as: UTF8.self)])
      }
      guard !isElsewhere, realm.isMember(session, group), let user = session.user else { return }
      guard group.ranks(of: user.id).height >= Ranks.groupOperator.height else {
        return realm.reply(session, .chanOpPrivsNeeded, [group.name], "You're not channel operator")
      }
      realm.rename(session, user, group, to: wanted, reason)
    }
  }

  private func rename(_ session: Session, _ user: User, _ group: Group, to wanted: String, _ reason: [UInt8]) {
    guard wanted != group.name else { return }
    let address = Address(wanted, home: settings.realm)
    guard Names.isGroup(address.name) else {
      return fail(session, "RENAME", "CANNOT_RENAME", [group.name, wanted], Names.groupRule)
    }
    guard address.realm == nil else {
      return fail(
        session, "RENAME", "CANNOT_RENAME", [group.name, wanted],
        "A group stays in its realm: write \(address.name)/\(settings.realm)")
    }
    guard groupNames[fold(address.name)] ?? group.id == group.id else {
      return fail(session, "RENAME", "CHANNEL_NAME_IN_USE", [group.name, wanted], "There is a group of that name")
    }
    guard !diskLow else {
      return fail(
        session, "RENAME", "CANNOT_RENAME", [group.name, wanted], "The server's disk is full: try again later")
    }
    let body = Array("\(group.name) \(address.name) :".utf8) + reason
    let entry = log(group, .rename, by: user, body)
    note("group", "renamed", ["group": group.name, "to": address.name, "by": noted(session)])
    rename(group, to: address.name, reason, entry, source: user.source)
  }

  /// Gives a group its new name here, and tells its members.
  ///
  /// - Parameter entry: by which its home has told it; nil if a snapshot has.
  func rename(_ group: Group, to name: String, _ reason: [UInt8], _ entry: Entry?, source: [UInt8]) {
    let old = group.name
    group.name = name
    noteName(name, of: group.id, before: old)
    var line = LineBuilder(source: source, "RENAME")
    line.word(old)
    line.word(name)
    line.text(reason)
    var out = entry.map { outgoing(line.bytes, $0) } ?? Outgoing(line: line.bytes)
    out.time = entry?.time ?? now
    for member in group.members.values {
      guard let user = member.user else { continue }
      for session in user.sessions {
        guard !session.has(.channelRename) else {
          tellInTurn(out, entry, to: session)
          continue
        }
        // Only the case is different: other clients need not know ("Fallback").
        guard fold(old) != fold(name) else { continue }
        tellMove(of: user, from: old, to: group, reason, entry, session)
      }
    }
  }

  /// A group, in memory or not, is found by another name from now on.
  func noteName(_ name: String, of group: GroupID, before old: String) {
    groupNames[fold(old)] = nil
    groupNames[fold(name)] = group
    restingGroups[group] = name
    turn.writes.append(.groupRenamed(group, name: name))
  }

  /// What clients without the capability get: they leave, and join a group of the new name ("Fallback").
  private func tellMove(
    of user: User, from old: String, to group: Group, _ reason: [UInt8], _ entry: Entry?, _ session: Session
  ) {
    var part = LineBuilder(source: user.source, "PART")
    part.word(old)
    if !reason.isEmpty { part.text(reason) }
    var left = outgoing(part, of: user)
    left.time = entry?.time ?? now
    tellInTurn(left, entry, to: session)
    tellInTurn(joinLine(of: user.id, group, nil), entry, to: session)
    describe(group, to: session)
  }

  /// News of a group for who has caused it as for all others.
  private func tellInTurn(_ outgoing: Outgoing, _ entry: Entry?, to session: Session) {
    guard session === answering else {
      return sendInOrder(outgoing, position: entry?.position ?? 0, to: session)
    }
    sendHeldBackChanges(session)
    send(outgoing, to: session)
  }
}

/// What the log has of a renaming: `#old #new :reason`.
struct Renaming {
  var old: String
  var new: String
  var reason: [UInt8]

  /// Nil for what is none.
  init?(_ body: [UInt8]) {
    let parts = body.split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2].first == UInt8(ascii: ":") else { return nil }
    old = String(decoding: parts[0], as: UTF8.self)
    new = String(decoding: parts[1], as: UTF8.self)
    reason = Array(parts[2].dropFirst())
  }

  /// Whether another realm can say this of a group of its own.
  static func isBody(_ body: [UInt8]) -> Bool {
    Renaming(body).map { Names.isGroup($0.old) && Names.isGroup($0.new) } ?? false
  }
}
