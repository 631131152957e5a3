import Wire

/// What those who run the realm can do: OPER and KILL from a client, the rest over the administration socket.
extension Realm {
  func oper(_ session: Session, _ input: Input) {
    let name = input.text(0)
    let secret = Array(input.slice(1))
    let entry = settings.operators.first { $0.name == name }
    // A name that no operator has takes as long to be refused.
    let question = entry.map { Ask.verifyOperator($0.verifier, secret: secret) } ?? .verify(.nobody, secret: secret)
    ask(question, for: session) { realm, answer in
      guard case .verified(let verified) = answer else {
        return realm.fail(session, "OPER", "TEMPORARILY_UNAVAILABLE", [], "Not checked: \(answer.problem)")
      }
      guard verified == .password else {
        realm.reply(session, .passwdMismatch, [], "Password incorrect")
        return realm.operatorRefused(session)
      }
      realm.setOperator(session, true)
      realm.note("operator", "is operator", ["operator": name, "by": realm.noted(session), "from": session.host])
      realm.reply(session, .youreOper, [], "You are now an IRC operator")
      var line = LineBuilder(source: realm.serverSource, "MODE")
      line.word(session.nick)
      line.word("+o")
      realm.send(line, to: session)
    }
  }

  private func operatorRefused(_ session: Session) {
    note("operator", "refused", level: .warning, ["by": noted(session), "from": session.host])
    countFailedLogin(session)
  }

  func kill(_ session: Session, _ input: Input) {
    guard session.isOperator else {
      return reply(session, .noPrivileges, [], "Permission Denied- You're not an IRC operator")
    }
    let address = Address(input.text(0), home: settings.realm)
    guard let user = nicks[fold(address.text)] else {
      guard let peer = peer(of: address) else {
        return reply(session, .noSuchNick, [input.text(0)], noSuchNickText(address))
      }
      let why = "Insufficient oper privileges: \(address.name) is of \(peer.name), whose operators decide"
      return reply(session, .noPrivilege, ["kill"], why)
    }
    let reason = input.text(1, upTo: settings.limits.reasonBytes)
    let source = session.user?.source ?? serverSource  // before it goes, should it be among them
    user.quitReason = "Killed (\(session.nick) (\(reason)))"
    note("operator", "killed", ["nick": user.nick, "by": noted(session), "why": reason])
    for victim in user.sessions {
      var line = LineBuilder(source: source, "KILL")
      line.word(user.nick)
      line.text(reason)
      transmit(Outgoing(line: line.bytes), to: victim)
      close(victim, "Closing Link: \(settings.serverName) (Killed (\(session.nick) (\(reason))))")
    }
  }

  /// CONNECT, SQUIT, REHASH, RESTART (Modern IRC, "Operator Messages"): those who run the realm have them as commands
  /// of its machine; no account can do as much as to stop it.
  func refuseServerCommand(_ session: Session, _ input: Input) {
    guard session.isOperator else {
      return reply(session, .noPrivileges, [], "Permission Denied- You're not an IRC operator")
    }
    let why = "Insufficient oper privileges: this is done on the machine of \(settings.realm), with moot"
    reply(session, .noPrivilege, [input.command.lowercased()], why)
  }

  func administer(_ id: AdminID, _ request: AdminRequest) {
    switch request {
    case .accounts:
      let ours = accounts.values.filter { !$0.flags.contains(.remote) }
      turn.replies.append((id, .accounts(ours.sorted { $0.id < $1.id })))
    case .status:
      turn.replies.append((id, .status(status)))
    case .backup(let path):
      ask(.backup(path: path), for: nil) { realm, answer in
        if case .backedUp(let bytes) = answer {
          realm.turn.replies.append((id, .done("Backed up to \(path): \(bytes) bytes, read back and found sound")))
        } else {
          realm.turn.replies.append((id, .refused(answer.problem)))
        }
      }
    case .createInvitation, .invitations, .revokeInvitation: administerInvitations(id, request)
    case .createWebhook, .createOutgoingWebhook, .webhooks, .resumeWebhook, .revokeWebhook:
      administerWebhooks(id, request)
    case .fileUsage, .files, .removeFile: administerFiles(id, request)
    case .links, .disconnectLink, .forgetRealm: administerLinks(id, request)
    case .examineGroup(let name): examine(name, id)
    case .fetchGroup(let name): fetch(name, id)
    case .setApart(let name): showApart(name, id)
    case .moderationLog(let name): showModerationLog(name, id)
    case .create(let name, let secret): create(name, secret, id)
    case .resetPassword(let name, let secret): withAccount(name, id) { self.resetPassword($0, secret, id) }
    case .suspend(let name): withAccount(name, id) { self.suspend($0, id) }
    case .resume(let name): withAccount(name, id) { self.resume($0, id) }
    case .delete(let name): withAccount(name, id) { self.delete($0, id) }
    case .disconnect(let name):
      withAccount(name, id) { account in
        let count = self.dropSessions(of: account.id, "Disconnected by the operators")
        self.note("operator", "account disconnected", ["account": account.name, "sessions": String(count)])
        self.turn.replies.append((id, .done("\(account.name): \(count) sessions closed")))
      }
    }
  }

  private func withAccount(_ name: String, _ id: AdminID, _ body: (AccountRecord) -> Void) {
    guard let person = accountHere(name), let account = accounts[person] else {
      return turn.replies.append((id, .refused("There is no account \(name) in \(settings.realm)")))
    }
    guard deletions[person] == nil else {
      return turn.replies.append((id, .refused("\(account.name) is just being deleted")))
    }
    body(account)
  }

  private func create(_ name: String, _ secret: [UInt8], _ id: AdminID) {
    if case .refused(_, let text)? = badCredentials(name, secret, for: nil) {
      return turn.replies.append((id, .refused(text)))
    }
    reservedNames.insert(fold(name))
    ask(.derive(secret: secret, iterations: settings.passwordIterations), for: nil) { realm, answer in
      realm.reservedNames.remove(fold(name))
      guard case .derived(let verifier) = answer else {
        return realm.turn.replies.append((id, .refused(answer.problem)))
      }
      let account = realm.makeAccount(name, verifier)
      realm.note("operator", "account created", ["account": name])
      realm.turn.replies.append((id, .done("\(account.name) has an account in \(realm.settings.realm) now")))
    }
  }

  private func resetPassword(_ account: AccountRecord, _ secret: [UInt8], _ id: AdminID) {
    guard !account.flags.contains(.webhook) else {
      return turn.replies.append((id, .refused("\(account.name) writes what webhooks post: nobody logs in to it")))
    }
    guard secret.count >= 4, secret.count <= Limits.passwordBytes else {
      return turn.replies.append((id, .refused("A password has 4 to \(Limits.passwordBytes) bytes")))
    }
    ask(.derive(secret: secret, iterations: settings.passwordIterations), for: nil) { realm, answer in
      guard case .derived(let verifier) = answer else {
        return realm.turn.replies.append((id, .refused(answer.problem)))
      }
      realm.turn.writes.append(.verifier(account.id, verifier))
      realm.note("operator", "password reset", ["account": account.name])
      realm.turn.replies.append((id, .done("\(account.name) has a new password; device tokens stay as they are")))
    }
  }

  func setFlags(_ account: AccountRecord, _ flags: AccountFlags) {
    accounts[account.id]?.flags = flags
    turn.writes.append(.accountFlags(account.id, flags))
  }

  private func suspend(_ account: AccountRecord, _ id: AdminID) {
    setFlags(account, account.flags.union(.suspended))
    note("operator", "account suspended", ["account": account.name])
    dropSessions(of: account.id, "This account is suspended")
    turn.replies.append((id, .done("\(account.name) is suspended: nothing of it is lost, it cannot log in")))
  }

  private func resume(_ account: AccountRecord, _ id: AdminID) {
    setFlags(account, account.flags.subtracting(.suspended))
    note("operator", "account resumed", ["account": account.name])
    turn.replies.append((id, .done("\(account.name) can log in again")))
  }

  private func delete(_ account: AccountRecord, _ id: AdminID) {
    note("operator", "account deleted", ["account": account.name])
    beginDeletion(of: account) { [unowned self] problem in
      let done = "\(account.name) is deleted; its messages stay, its name is not given again"
      let later = "\(account.name) is shut out, and will be deleted as soon as that is possible"
      turn.replies.append((id, problem.map { .refused("\(later): \($0)") } ?? .done(done)))
    }
  }
}
