import Wire

/// The moderation log of a group: who kicked whom, changed modes, bans, ranks, topic or name, and took back what was
/// said. It is the group's log, read for these alone, so that each realm with members in the group has it.
extension Realm {
  /// MODLOG `<group> [<count> [<point>]]`, a vendor command: the newest entries, or the newest before a point.
  func moderationLog(_ session: Session, _ input: Input) {
    withVisibleGroup(session, input.text(0)) { realm, group in
      guard realm.isMember(session, group), realm.mayReadModerationLog(session, group) else { return }
      let count = input.count > 1 ? Int(input.text(1)) : Limits.actsTold
      let point = input.count > 2 ? HistoryRequest.point(input.text(2)) : nil
      guard let count, count > 0, input.count < 3 || point != nil else {
        return realm.fail(
          session, "MODLOG", "INVALID_PARAMS", [group.name], "Say MODLOG <#group> <count> <msgid=… or timestamp=…>")
      }
      let most = min(count, realm.settings.limits.historyPage)
      var query = HistoryQuery(
        conversation: .group(group.id), span: point.map { .before($0) } ?? .latest(after: nil),
        limit: most, notBefore: realm.moderationBegins, bytes: realm.pageBytes)
      query.acts = true
      realm.ask(.history(query), for: session) { realm, answer in
        switch answer {
        case .history(let entries):
          // A rank can be lost meanwhile.
          guard let group = realm.groups[group.id], realm.mayReadModerationLog(session, group) else { return }
          realm.tellModerationLog(of: group, entries, mayGoOn: entries.count == most, to: session)
        case .unknownMessage: realm.fail(session, "MODLOG", "INVALID_PARAMS", [group.name], "There is no such entry")
        default:
          realm.fail(session, "MODLOG", "TEMPORARILY_UNAVAILABLE", [group.name], "Not read: \(answer.problem)")
        }
      }
    }
  }

  private func mayReadModerationLog(_ session: Session, _ group: Group) -> Bool {
    if let user = session.user, group.ranks(of: user.id).canModerate { return true }
    reply(session, .chanOpPrivsNeeded, [group.name], "You're not channel operator")
    return false
  }

  private func tellModerationLog(of group: Group, _ entries: [Entry], mayGoOn: Bool, to session: Session) {
    for entry in entries {
      let words = [group.name, Timestamp.text(entry.time), entry.id.text, author(of: entry)]
      standardReply(session, "NOTE", "MODLOG", command(entry.kind), words, act(entry))
    }
    var text = "End of the moderation log"
    if mayGoOn, let first = entries.first {
      text += "; what came before: MODLOG \(group.name) \(entries.count) msgid=\(first.id.text)"
    } else if let home = group.home {
      text += "; \(home.realm) knows what happened before \(settings.realm) had members in it"
    }
    standardReply(session, "NOTE", "MODLOG", "END", [group.name], text)
  }

  /// Who made an entry, by account; a guest and the realm itself by what they were called.
  func author(of entry: Entry) -> String {
    entry.sender == .nobody ? String(decoding: entry.nick, as: UTF8.self) : loggedName(of: entry.sender)
  }

  /// An event of a group as IRC says it, without the group.
  private func act(_ entry: Entry) -> String { command(entry.kind) + " " + String(decoding: entry.body, as: UTF8.self) }

  /// An entry for people who run the realm.
  func line(_ entry: Entry, _ text: String) -> GroupLine {
    GroupLine(number: entry.number, time: entry.time, id: entry.id, from: author(of: entry), text: text)
  }

  /// The moderation log of a group, for those who run the realm.
  func showModerationLog(_ name: String, _ id: AdminID) {
    guard let group = groupToExamine(name, id) else { return }
    var query = HistoryQuery(conversation: .group(group), span: .latest(after: nil), limit: Limits.apartShown)
    query.acts = true
    query.notBefore = moderationBegins
    ask(.history(query), for: nil) { realm, answer in
      guard case .history(let entries) = answer else {
        return realm.turn.replies.append((id, .refused(answer.problem)))
      }
      realm.turn.replies.append((id, .moderationLog(entries.map { realm.line($0, realm.act($0)) })))
    }
  }
}
