import Wire

/// REQUESTS, a vendor command: who wants to write to the account, and whom it lets in.
extension Realm {
  func requestsCommand(_ session: Session, _ input: Input) {
    guard let user = session.user, !user.isGuest else {
      return fail(session, "REQUESTS", "ACCOUNT_REQUIRED", [], "Guests have no account to keep that with")
    }
    let names = input.text(1).split(separator: ",").map(String.init)
    switch input.text(0).uppercased() {
    case "", "LIST": listRequests(session, user)
    case "SET": setRequests(session, user, input.text(1))
    case "ACCEPT" where !names.isEmpty && names.count <= Limits.queryTargets:
      for name in names {
        withRequest(session, user, name) { $0.acceptRequest(session, user, $1, $2) }
      }
    case "DECLINE" where !names.isEmpty && names.count <= Limits.queryTargets:
      for name in names {
        withRequest(session, user, name) { $0.declineRequest(session, user, $1, $2) }
      }
    default:
      fail(
        session, "REQUESTS", "INVALID_PARAMS", [],
        "Say REQUESTS, REQUESTS ACCEPT <nick>, REQUESTS DECLINE <nick> or REQUESTS SET none, elsewhere, all, default")
    }
  }

  private func withRequest(
    _ session: Session, _ user: User, _ text: String, then body: (Realm, PersonID?, String) -> Void
  ) {
    let sender = person(text)
    let name = sender.map { self.name(of: $0) } ?? Address(text, home: settings.realm).text
    let hasWritten =
      sender.map { messageRequests[user.id]?[$0] != nil || user.guestRequests.waiting[$0] != nil } ?? false
    guard hasWritten || user.waitingInvitations.contains(where: { sameName($0.inviter.utf8, name.utf8) }) else {
      return fail(session, "REQUESTS", "NO_SUCH_REQUEST", [text], "Nothing of \(text) waits: REQUESTS lists what does")
    }
    body(self, sender, name)
  }

  /// - Parameter sender: nil for somebody of another realm who has invited the account, and is not known by more.
  private func acceptRequest(_ session: Session, _ user: User, _ sender: PersonID?, _ name: String) {
    let text = "\(name) is let in, and what they have said follows"
    standardReply(session, "NOTE", "REQUESTS", "ACCEPTED", [name], text)
    guard let sender = sender ?? addressee(name), sender.rawValue > 0 else {
      if let sender { letIn(guest: sender, by: user) }
      return admitInvitations(by: name, to: user)
    }
    accept(sender, by: user, session) { realm, problem in
      if let problem { return realm.fail(session, "REQUESTS", "TEMPORARILY_UNAVAILABLE", [name], problem) }
      realm.noteKnown(sender, to: user.id)
      realm.admitInvitations(by: name, to: user)
    }
  }

  private func declineRequest(_ session: Session, _ user: User, _ sender: PersonID?, _ name: String) {
    if let sender { declineRequests(of: .person(sender), to: user.id) }
    declineInvitations(by: name, to: user)
    if let sender { user.guestRequests.waiting[sender] = nil }
    // Guests have no account that could be blocked.
    let isGuest = sender.map { $0.rawValue < 0 } ?? false
    standardReply(
      session, "NOTE", "REQUESTS", "DECLINED", [name],
      "What \(name) has said is dropped" + (isGuest ? "" : "; BLOCK \(name) keeps the next request away too"))
  }

  private func listRequests(_ session: Session, _ user: User) {
    let waiting = messageRequests[user.id] ?? Table()
    for (sender, request) in zip(waiting.keys, waiting.values) {
      listRequest(session, name(of: sender), request.positions.count)
    }
    for (guest, said) in zip(user.guestRequests.waiting.keys, user.guestRequests.waiting.values) {
      listRequest(session, name(of: guest), said.count)
    }
    for invitation in user.waitingInvitations {
      guard let group = groupName(invitation.goal) else { continue }
      standardReply(session, "NOTE", "REQUESTS", "INVITATION", [invitation.inviter, group], "invites you to \(group)")
    }
    let how =
      switch requests(of: user.id) {
      case .none: "nobody waits"
      case .elsewhere: "people of other realms wait who write to you for the first time"
      case .all: "everybody waits who writes to you for the first time"
      }
    standardReply(session, "NOTE", "REQUESTS", "END", [requestsChoice(of: user.id)], "End of requests; \(how)")
  }

  private func listRequest(_ session: Session, _ name: String, _ count: Int) {
    standardReply(
      session, "NOTE", "REQUESTS", "ENTRY", [name, String(count)],
      count == 1 ? "has said something to you" : "has said \(count) things to you")
  }

  /// What an account has chosen, as SET names it.
  private func requestsChoice(of account: PersonID) -> String {
    let flags = accounts[account]?.flags ?? []
    return flags.contains(.requestsNone)
      ? "none" : flags.contains(.requestsElsewhere) ? "elsewhere" : flags.contains(.requestsAll) ? "all" : "default"
  }

  private func setRequests(_ session: Session, _ user: User, _ text: String) {
    let choices: [String: AccountFlags] = [
      "none": .requestsNone, "elsewhere": .requestsElsewhere, "all": .requestsAll, "default": [],
    ]
    guard let choice = choices[text.lowercased()], let account = accounts[user.id] else {
      return fail(session, "REQUESTS", "INVALID_PARAMS", [], "Say REQUESTS SET none, elsewhere, all or default")
    }
    let others = account.flags.subtracting([.requestsNone, .requestsElsewhere, .requestsAll])
    if account.flags != others.union(choice) {
      accounts[user.id]?.flags = others.union(choice)
      requestsChosen = true
      turn.writes.append(.accountFlags(user.id, others.union(choice)))
    }
    listRequests(session, user)
  }

  /// After log-in: whether anybody waits.
  func tellRequests(_ session: Session, _ user: User) {
    var names = Set((messageRequests[user.id]?.keys ?? []).map { name(of: $0) })
    names.formUnion(user.guestRequests.waiting.keys.map { name(of: $0) })
    let writing = names.count
    names.formUnion(user.waitingInvitations.map(\.inviter))
    guard !names.isEmpty else { return }
    let who = names.count == 1 ? "Somebody wants" : "\(names.count) people want"
    let what = writing == 0 ? "to invite you to a group" : "to write to you"
    standardReply(session, "NOTE", "REQUESTS", "WAITING", ["*"], "\(who) \(what): REQUESTS tells who")
  }
}
