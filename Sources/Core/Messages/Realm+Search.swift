import Wire

/// SEARCH (soju.im/search): messages by their words, in one conversation or in all that somebody may read.
extension Realm {
  func search(_ session: Session, _ input: Input) {
    guard let user = session.user else { return }
    guard !user.isGuest else {
      return fail(session, "SEARCH", "ACCOUNT_REQUIRED", [], "Guests have no history to search")
    }
    guard input.count == 1 else {
      return fail(session, "SEARCH", "INVALID_PARAMS", ["*"], "Write a space in the text as \\s: text=two\\swords")
    }
    let request: SearchRequest
    do {
      request = try SearchRequest(Array(input.slice(0)), most: settings.limits.historyPage)
    } catch {
      return fail(session, "SEARCH", "INVALID_PARAMS", [error.attribute], error.text)
    }
    var query = SearchQuery(
      person: user.id, privates: .all, groups: [], after: request.after, before: request.before, text: request.text,
      limit: request.limit, bytes: pageBytes)
    query.notBefore = historyBegins
    query.author = request.author.map { author($0) }
    guard let target = request.target else {
      query.groups = user.groups.values.compactMap { readable($0, by: user) }
      return search(session, user, query)
    }
    func refuse(_ realm: Realm) { realm.fail(session, "SEARCH", "INVALID_PARAMS", ["in"], Self.notYours) }
    withConversation(session, target, orElse: refuse) { realm, conversation, _, _ in
      switch conversation {
      case .pair(_, let other): query.privates = .with(other)
      case .group(let id):
        guard let group = realm.groups[id], let readable = realm.readable(group, by: user) else { return refuse(realm) }
        query.privates = .none
        query.groups = [readable]
      }
      realm.search(session, user, query)
    }
  }

  /// Whom `from` means: also somebody who has been deleted, and guests of whom only the nick is known.
  private func author(_ text: String) -> SearchQuery.Author {
    let name = Address(text, home: settings.realm).text
    return SearchQuery.Author(person: person(name) ?? accountNames[fold(name)], nick: fold(name))
  }

  private func search(_ session: Session, _ user: User, _ query: SearchQuery) {
    guard max(user.searchesUntil, uptime) - uptime <= Limits.searchesMilliseconds - Limits.searchMilliseconds else {
      return fail(
        session, "SEARCH", "INTERNAL_ERROR", [], "You have searched a lot: try again in a few seconds")
    }
    user.searchesUntil = max(user.searchesUntil, uptime) + Limits.searchMilliseconds
    ask(.search(query), for: session) { realm, answer in
      guard case .found(let entries, let lookedUpTo) = answer else {
        return realm.fail(session, "SEARCH", "INTERNAL_ERROR", [], "Not searched: \(answer.problem)")
      }
      realm.sendFound(session, entries.filter { realm.maySearch($0, user, query) })
      guard let time = lookedUpTo else { return }
      let (attribute, way) = query.after == nil ? ("before", "back") : ("after", "up")
      realm.standardReply(
        session, "WARN", "SEARCH", "INCOMPLETE", [Timestamp.text(time)],
        "There was so much that it looked \(way) to that time only: go on with \(attribute)=\(Timestamp.text(time))"
      )
    }
  }

  /// Whether somebody may still read what was found: a group can be left meanwhile, or made to hide its history.
  private func maySearch(_ entry: Entry, _ user: User, _ query: SearchQuery) -> Bool {
    guard case .group(let id) = entry.target else { return true }
    guard let group = groups[id], let now = readable(group, by: user) else { return false }
    return entry.number >= now.since
  }

  private func sendFound(_ session: Session, _ entries: [Entry]) {
    let reference = session.has(.batch) ? nextBatch() : []
    if !reference.isEmpty { send(openBatch(reference, "soju.im/search"), to: session) }
    for entry in entries {
      var name = ""
      if case .group(let id) = entry.target { name = restingGroups[id] ?? "" }
      guard var out = rendered(entry, in: name, for: session) else { continue }
      out.batch = reference
      send(out, to: session)
    }
    if !reference.isEmpty { send(closeBatch(reference), to: session) }
  }
}
