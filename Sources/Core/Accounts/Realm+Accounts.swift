import Wire

/// Making accounts and changing passwords (IRCv3 draft/account-registration; `PASSWD` is a vendor command).
extension Realm {
  func registerCommand(_ session: Session, _ input: Input) {
    let wanted = input.text(0)
    let secret = Array(input.slice(2))
    guard session.registered || settings.registerBeforeConnect else {
      return fail(
        session, "REGISTER", "COMPLETE_CONNECTION_REQUIRED", [wanted], "Finish connecting, then register")
    }
    // Registering first must be no way around PASS (draft/account-registration, "Server considerations").
    guard session.registered || hasServerPassword(session) else { return }
    var name = wanted
    if wanted == "*" {
      name = session.wantedNick
      guard !name.isEmpty else { return fail(session, "REGISTER", "NEED_NICK", ["*"], "Say NICK first") }
    }
    register(session, name: name, email: input.text(1), secret: secret) { realm, outcome in
      switch outcome {
      case .refused(let code, let text): realm.fail(session, "REGISTER", code, [name], text)
      case .made(let account):
        var line = LineBuilder(source: realm.serverSource, "REGISTER")
        line.word("SUCCESS")
        line.word(account.name)
        line.text("Account created: you are logged in as \(account.name)")
        realm.send(line, to: session)
        realm.enter(session, account)
      }
    }
  }

  func verifyCommand(_ session: Session, _ input: Input) {
    if isLoggedIn(session) {
      return fail(session, "VERIFY", "ALREADY_AUTHENTICATED", [input.text(0)], "You are logged in already")
    }
    fail(session, "VERIFY", "INVALID_CODE", [input.text(0)], "Accounts need no verification here")
  }

  private func isLoggedIn(_ session: Session) -> Bool { session.login != nil || session.user?.isGuest == false }

  /// What becomes of an attempt to register.
  enum Registration {
    case made(AccountRecord)
    /// A code of draft/account-registration, and the words.
    case refused(String, String)
  }

  /// Makes an account; the session waits while the key is derived.
  ///
  /// - Parameter email: where an invitation is needed, its code.
  func register(
    _ session: Session, name: String, email: String, secret: [UInt8], then done: @escaping (Realm, Registration) -> Void
  ) {
    if let refusal = refusal(session) { return done(self, refusal) }
    guard settings.registration == .invite else { return register(session, name, secret, code: nil, then: done) }
    // Before anything else is looked at: strangers are not told who has an account.
    guard !email.isEmpty, email != "*" else { return done(self, Self.codeNeeded) }
    guard let code = takeInHand(code: email) else {
      countRegistration(session)
      done(self, Self.noSuchCode)
      note("account", "wrong invitation code", level: .warning, ["from": session.host])
      return countFailedLogin(session)
    }
    register(session, name, secret, code: code, then: done)
  }

  private static let codeNeeded = Registration.refused(
    "INVALID_EMAIL", "Accounts are made by invitation here: give your invitation code in the place of an e-mail address"
  )
  private static let noSuchCode = Registration.refused(
    "UNACCEPTABLE_EMAIL",
    "No such invitation code, or it is used up, revoked or expired: look for a typing error, or ask for a new one")

  /// - Parameter code: the hash of the invitation code that is in hand.
  private func register(
    _ session: Session, _ name: String, _ secret: [UInt8], code: [UInt8]?,
    then done: @escaping (Realm, Registration) -> Void
  ) {
    if let refusal = badCredentials(name, secret, for: session.user) {
      if let code { _ = letGo(code: code, used: false) }
      return done(self, refusal)
    }
    countRegistration(session)
    let folded = fold(name)
    reservedNames.insert(folded)
    // Not tied to the session: the reservations have to end even if the session is gone.
    hold(session)
    ask(.derive(secret: secret, iterations: settings.passwordIterations), for: nil) { realm, answer in
      realm.reservedNames.remove(folded)
      let verifier: Verifier? = if case .derived(let verifier) = answer, !session.closed { verifier } else { nil }
      let number = code.flatMap { realm.invitationCodes[$0]?.id }
      let isInvited = code.map { realm.letGo(code: $0, used: verifier != nil) } ?? true
      realm.release(session) {
        guard !session.closed else { return }
        guard let verifier else {
          return done(realm, .refused("TEMPORARILY_UNAVAILABLE", "Registration failed: \(answer.problem)"))
        }
        guard isInvited else { return done(realm, Self.noSuchCode) }
        realm.note(
          "account", "registered",
          ["account": name, "from": session.host, "invitation": number.map { String($0) } ?? ""])
        done(realm, .made(realm.makeAccount(name, verifier)))
      }
    }
  }

  private func refusal(_ session: Session) -> Registration? {
    if isLoggedIn(session) {
      return .refused("ALREADY_AUTHENTICATED", "You are logged in already")
    }
    if settings.registration == .closed {
      return .refused("TEMPORARILY_UNAVAILABLE", "Accounts are made by the operators here: ask them")
    }
    return tooManyRegistrations(session)
  }

  /// What is wrong with a name and a password for a new account; nil if nothing is.
  func badCredentials(_ name: String, _ secret: [UInt8], for user: User?) -> Registration? {
    if diskLow { return .refused("TEMPORARILY_UNAVAILABLE", "The server's disk is full: try again later") }
    guard Names.isNick(name), !Names.isReserved(name) else {
      return .refused(
        "BAD_ACCOUNT_NAME",
        "A name has at most \(Limits.nameBytes) ASCII letters, digits or -_[]\\`^{}|, and no digit or - first")
    }
    let folded = fold(name)
    if accountNames[folded] != nil || reservedNames.contains(folded) {
      return .refused("ACCOUNT_EXISTS", "There is an account of that name already")
    }
    if let holder = nicks[folded], holder !== user {
      return .refused("ACCOUNT_EXISTS", "Somebody is using that name as a nick")
    }
    guard secret.count >= 4 else { return .refused("WEAK_PASSWORD", "A password has at least 4 characters") }
    guard secret.count <= Limits.passwordBytes else {
      return .refused("UNACCEPTABLE_PASSWORD", "A password has at most \(Limits.passwordBytes) bytes")
    }
    return nil
  }

  /// Whether an address has made all the accounts it may within an hour, or guessed as often at a code.
  private func tooManyRegistrations(_ session: Session) -> Registration? {
    guard let origin = session.origin, let entry = recentRegistrations[origin],
      entry.count >= settings.limits.registrationsPerHour
    else { return nil }
    return .refused("TEMPORARILY_UNAVAILABLE", "Too many accounts were made from your address: try again in an hour")
  }

  /// Counts registrations by address, so that a loop cannot fill the realm.
  private func countRegistration(_ session: Session) {
    guard let origin = session.origin else { return }
    recentRegistrations[origin, default: (since: uptime, count: 0)].count += 1
  }

  func forgetOldRegistrations() {
    guard !recentRegistrations.isEmpty else { return }
    let hour: Milliseconds = 3_600_000
    recentRegistrations = recentRegistrations.filter { uptime - $0.value.since < hour }
  }

  func makeAccount(_ name: String, _ verifier: Verifier) -> AccountRecord {
    lastPerson += 1
    let account = AccountRecord(id: PersonID(rawValue: lastPerson), name: name, flags: [], created: now)
    accounts[account.id] = account
    accountNames[fold(name)] = account.id
    turn.writes.append(.account(account, verifier))
    return account
  }

  /// Who has just registered is logged in.
  func enter(_ session: Session, _ account: AccountRecord) {
    sendLoggedIn(session, account)
    let login = Login(account: account.id, deviceName: "", device: nil)
    guard session.registered else {
      session.login = login
      return registerIfReady(session)
    }
    becomeAccount(session, login)
  }

  // MARK: passwords

  func passwd(_ session: Session, _ input: Input) {
    changePassword(session, old: Array(input.slice(0)), new: Array(input.slice(1))) { realm, problem in
      if let problem { return realm.fail(session, "PASSWD", problem.code, [], problem.text) }
      realm.standardReply(session, "NOTE", "PASSWD", "CHANGED", [], "Your password is changed")
    }
  }

  func changePassword(
    _ session: Session, old: [UInt8], new: [UInt8],
    then done: @escaping (Realm, (code: String, text: String)?) -> Void
  ) {
    guard let user = session.user, !user.isGuest else {
      return done(self, ("ACCOUNT_REQUIRED", "Log in first"))
    }
    guard new.count >= 4, new.count <= Limits.passwordBytes else {
      return done(self, ("WEAK_PASSWORD", "A password has 4 to \(Limits.passwordBytes) bytes"))
    }
    ask(.verify(user.id, secret: old), for: session) { realm, answer in
      guard case .verified(let verified) = answer else {
        return done(realm, ("TEMPORARILY_UNAVAILABLE", "Not changed: \(answer.problem)"))
      }
      guard verified == .password else {
        done(realm, ("INVALID_CREDENTIALS", "The old password is wrong"))
        return realm.loginFailed(session, user.id)
      }
      realm.ask(.derive(secret: new, iterations: realm.settings.passwordIterations), for: session) { realm, answer in
        guard case .derived(let verifier) = answer else {
          return done(realm, ("TEMPORARILY_UNAVAILABLE", "Not changed: \(answer.problem)"))
        }
        realm.turn.writes.append(.verifier(user.id, verifier))
        realm.note("account", "password changed", ["account": user.account, "from": session.host])
        done(realm, nil)
      }
    }
  }
}
