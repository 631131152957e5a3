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
        withRequest(session, user, name) { realm, sender, name in
          realm.acceptRequest(session, user, sender, name)
        }
      }
    case "DECLINE" where !names.isEmpty && names.count <= Limits.queryTargets:
      for name in names {
        withRequest(session, user, name) { realm, sender, name in
          realm.declineRequests(of: .person(sender), to: user.id)
          realm.standardReply(
            session, "NOTE", "REQUESTS", "DECLINED", [name],
            "What \(name) has said is dropped; BLOCK \(name) keeps the next request away too")
        }
      }
    default:
      fail(
        session, "REQUESTS", "INVALID_PARAMS", [],
        "Say REQUESTS, REQUESTS ACCEPT <nick>, REQUESTS DECLINE <nick> or REQUESTS SET none, elsewhere, all, default")
    }
  }

  private func withRequest(
    _ session: Session, _ user: User, _ text: String, then body: (Realm, PersonID, String) -> Void
  ) {
    guard let sender = person(text), messageRequests[user.id]?[sender] != nil else {
      return fail(session, "REQUESTS", "NO_SUCH_REQUEST", [text], "Nothing of \(text) waits: REQUESTS lists what does")
    }
    body(self, sender, name(of: sender))
  }

  private func acceptRequest(_ session: Session, _ user: User, _ sender: PersonID, _ name: String) {
    let text = "\(name) is let in, and what they have said follows"
    standardReply(session, "NOTE", "REQUESTS", "ACCEPTED", [name], text)
    accept(sender, by: user, session) { realm, problem in
      guard let problem else { return }
      realm.fail(session, "REQUESTS", "TEMPORARILY_UNAVAILABLE", [name], problem)
    }
  }

  private func listRequests(_ session: Session, _ user: User) {
    let waiting = messageRequests[user.id] ?? Table()
    for (sender, request) in zip(waiting.keys, waiting.values) {
      let count = request.positions.count
      standardReply(
        session, "NOTE", "REQUESTS", "ENTRY", [name(of: sender), String(count)],
        count == 1 ? "has said something to you" : "has said \(count) things to you")
    }
    let how =
      switch requests(of: user.id) {
      case .none: "nobody waits"
      case .elsewhere: "people of other realms wait who write to you for the first time"
      case .all: "everybody waits who writes to you for the first time"
      }
    standardReply(session, "NOTE", "REQUESTS", "END", [], "End of requests; \(how)")
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
    guard let count = messageRequests[user.id]?.count else { return }
    let who = count == 1 ? "Somebody wants" : "\(count) people want"
    standardReply(session, "NOTE", "REQUESTS", "WAITING", ["*"], "\(who) to write to you: REQUESTS tells who")
  }
}
