import Wire

/// What accounts have decided for themselves about conversations: muted, pinned, blocked. Only their own sessions are
/// told.
extension Realm {
  /// What a session's account has decided; nothing for guests.
  func preference(of session: Session, about target: PreferenceTarget) -> Preference {
    session.user.flatMap { preferences[$0.id]?[target] } ?? []
  }

  /// What a conversation is called in which something was decided; nil for one that is gone.
  func name(of target: PreferenceTarget) -> String? {
    switch target {
    case .person(let person): accounts[person].map { _ in name(of: person) }
    case .group(let group): restingGroups[group]
    case .realm(let realm): "*/\(realm)"
    }
  }

  func setPreference(
    _ session: Session, _ user: User, _ subject: MetadataSubject, _ preference: Preference, isOn: Bool
  ) {
    let key = Preference.keys.first { $0.preference == preference }?.key ?? "*"
    if let problem = problem(deciding: preference, user, subject) {
      return refuseMetadata(session, .noPermission(subject.name, key), problem)
    }
    guard change(preference, isOn: isOn, about: subject, of: user, except: session) else {
      return refuseMetadata(
        session, .limit("SET", item: subject.name, Limits.preferences), "You have decided about too many already")
    }
    send(keyLine(session, subject.name, key, isOn ? "1" : "0", isPrivate: true), to: session)
  }

  /// Why a user cannot decide something; nil where it can.
  func problem(deciding preference: Preference, _ user: User, _ subject: MetadataSubject) -> String? {
    if user.isGuest { return "Guests have no account to keep that with" }
    if realm(of: user.id) != nil { return "That is for your own realm to keep" }
    switch subject.kind {
    case .person(user.id): return "That is about a conversation with somebody else, or a group"
    case .person(let person) where person.rawValue < 0: return "\(subject.name) is a guest, and has no account"
    case .realm where preference != .blocked: return "A realm can be blocked, no more"
    case .group where preference == .blocked: return "A group cannot be blocked: leave it, or mute it"
    default: return nil
    }
  }

  /// - Returns: false where there is no room for it.
  func change(
    _ preference: Preference, isOn: Bool, about subject: MetadataSubject, of user: User, except session: Session?
  ) -> Bool {
    let target = subject.preferenceTarget
    let before = preferences[user.id]?[target] ?? []
    let after = isOn ? before.union(preference) : before.subtracting(preference)
    guard after != before else { return true }
    if before.isDisjoint(with: .withKeys) {
      let decided = preferences[user.id]?.values.count { !$0.isDisjoint(with: .withKeys) } ?? 0
      guard decided < Limits.preferences else { return false }
    }
    set(after, about: target, of: user.id)
    if preference == .blocked, isOn { declineRequests(of: target, to: user.id) }
    tell(preference, isOn: isOn, subject.name, to: user, except: session)
    return true
  }

  func set(_ preference: Preference, about target: PreferenceTarget, of person: PersonID) {
    preferences[person, default: Table()][target] = preference.isEmpty ? nil : preference
    if preferences[person]?.isEmpty == true { preferences[person] = nil }
    turn.writes.append(.preference(person, target, preference))
  }

  /// Tells the account's other sessions.
  private func tell(_ preference: Preference, isOn: Bool, _ name: String, to user: User, except session: Session?) {
    for (key, known) in Preference.keys where known == preference {
      for other in user.sessions where other !== session && other.subscriptions.contains(key) && other.knowsMetadata {
        sendInOrder(newsLine(other, name, key, isOn ? "1" : "0", isPrivate: true), to: other)
      }
    }
  }

  /// CLEAR of somebody else, or of a group of others: what can be cleared there is one's own.
  func clearPreferences(_ session: Session, _ user: User, _ subject: MetadataSubject) {
    let own = preference(of: session, about: subject.preferenceTarget).intersection(.withKeys)
    guard !own.isEmpty else {
      return refuseMetadata(session, .noPermission(subject.name, "*"), "You can clear your own keys only")
    }
    var lines: [Outgoing] = []
    for (key, preference) in Preference.keys where own.contains(preference) {
      _ = change(preference, isOn: false, about: subject, of: user, except: session)
      lines.append(keyLine(session, subject.name, key, "0", isPrivate: true))
    }
    sendMetadataBatch(session, subject.name, lines)
  }
}

/// Blocking: what somebody says to who has blocked it is kept in its own history, and nowhere else. It is not told
/// (docs/decisions/0018).
extension Realm {
  /// Whether private messages and invitations of somebody are not delivered.
  func isBlocked(_ sender: PersonID, by person: PersonID) -> Bool {
    guard !preferences.isEmpty, let own = preferences[person] else { return false }
    if own[.person(sender)]?.contains(.blocked) == true { return true }
    return realm(of: sender).map { own[.realm($0)]?.contains(.blocked) == true } ?? false
  }

  /// The same of somebody who need not be known here: `bob/beta`.
  func isBlocked(named name: String, by person: PersonID) -> Bool {
    if let sender = accountNames[fold(name)] { return isBlocked(sender, by: person) }
    return Address(name, home: settings.realm).realm.map { isBlocked(realm: $0, by: person) } ?? false
  }

  func isBlocked(realm: String, by person: PersonID) -> Bool {
    preferences[person]?[.realm(realm)]?.contains(.blocked) == true
  }

  /// BLOCK and UNBLOCK, vendor commands: `<nick, nick/realm or */realm>{,...}`; BLOCK alone lists.
  func block(_ session: Session, _ input: Input) {
    let command = input.command
    let names = input.text(0).split(separator: ",").map(String.init)
    guard let user = session.user, !user.isGuest else {
      return fail(session, command, "ACCOUNT_REQUIRED", [], "Guests have no account to keep that with")
    }
    guard !names.isEmpty else { return listBlocked(session, user) }
    guard names.count <= Limits.queryTargets else {
      return reply(session, .tooManyTargets, [names[Limits.queryTargets]], "Too many names in one \(command)")
    }
    for name in names { block(session, user, command, name) }
  }

  private func block(_ session: Session, _ user: User, _ command: String, _ name: String) {
    let address = Address(name, home: settings.realm)
    guard !address.isGroup, let subject = personOrRealm(address) else {
      return fail(session, command, "INVALID_TARGET", [name], "There is nobody of that name; a realm is */realm")
    }
    if let problem = problem(deciding: .blocked, user, subject) {
      return fail(session, command, "INVALID_TARGET", [name], problem)
    }
    let isOn = command == "BLOCK"
    let isBlocked = preference(of: session, about: subject.preferenceTarget).contains(.blocked)
    guard isOn || isBlocked else {
      return fail(session, command, "NOT_BLOCKED", [subject.name], "\(subject.name) is not blocked")
    }
    guard change(.blocked, isOn: isOn, about: subject, of: user, except: session) else {
      return fail(session, command, "LIMIT_REACHED", [subject.name], "You have decided about too many already")
    }
    let text =
      isOn
      ? "Private messages and invitations from \(subject.name) are not delivered from now on, and nobody is told"
      : "What \(subject.name) says to you is delivered again; what was said meanwhile is not"
    standardReply(session, "NOTE", command, isOn ? "BLOCKED" : "UNBLOCKED", [subject.name], text)
  }

  private func listBlocked(_ session: Session, _ user: User) {
    let own = preferences[user.id] ?? Table()
    let blocked = zip(own.keys, own.values).filter { $1.contains(.blocked) }.compactMap { name(of: $0.0) }.sorted()
    for name in blocked { standardReply(session, "NOTE", "BLOCK", "ENTRY", [name], "is blocked") }
    let end = blocked.isEmpty ? "You have blocked nobody" : "End of those you have blocked"
    standardReply(session, "NOTE", "BLOCK", "END", [], end)
  }
}
