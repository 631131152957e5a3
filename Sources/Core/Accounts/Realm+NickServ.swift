import Wire

/// A `NickServ` for clients that know nothing newer: REGISTER, IDENTIFY, PASSWD, UNREGISTER, HELP.
extension Realm {
  func nickServ(_ session: Session, words: [String]) {
    let rest = Array(words.dropFirst())
    switch words.first?.uppercased() {
    case "REGISTER": nickServRegister(session, rest)
    case "IDENTIFY", "LOGIN", "ID": nickServIdentify(session, rest)
    case "PASSWD": nickServPasswd(session, rest)
    case "UNREGISTER", "DROP": nickServUnregister(session, rest)
    case nil, "HELP":
      if let registering { noticeOfNickServ(session, "\(registering): makes an account called like your nick") }
      noticeOfNickServ(session, "IDENTIFY [name] <password>: logs you in; a device token does instead of the password")
      noticeOfNickServ(session, "PASSWD <old> <new>: changes your password")
      noticeOfNickServ(session, "UNREGISTER <name> <password>: deletes your account, for good")
    default:
      noticeOfNickServ(session, "I do not know that command. /msg NickServ HELP lists what I do")
    }
  }

  /// How an account is made here; nil where only operators make them.
  var registering: String? {
    switch settings.registration {
    case .open: "REGISTER <password>"
    case .invite: "REGISTER <password> <invitation code>"
    case .closed: nil
    }
  }

  func noticeOfNickServ(_ session: Session, _ text: String) {
    var line = LineBuilder(source: Array("NickServ!NickServ@\(settings.realm)".utf8), "NOTICE")
    line.word(session.nick)
    line.text(text)
    send(line, to: session)
  }

  private func nickServRegister(_ session: Session, _ words: [String]) {
    guard let password = words.first, settings.registration != .invite || words.count > 1 else {
      let how = registering ?? "REGISTER <password>"
      return noticeOfNickServ(session, "Say \(how): the account will be called \(session.nick)")
    }
    let email = words.count > 1 ? words[1] : "*"
    register(session, name: session.nick, email: email, secret: Array(password.utf8)) { realm, outcome in
      switch outcome {
      case .refused(_, let text): realm.noticeOfNickServ(session, "\(session.nick) was not registered: \(text)")
      case .made(let account):
        realm.noticeOfNickServ(session, "The account \(account.name) is yours, and you are logged in")
        realm.enter(session, account)
      }
    }
  }

  private func nickServIdentify(_ session: Session, _ words: [String]) {
    guard let password = words.last else { return noticeOfNickServ(session, "Say IDENTIFY [name] <password>") }
    guard session.user?.isGuest != false else { return noticeOfNickServ(session, "You are logged in already") }
    let name = words.count > 1 ? words[0] : session.nick
    verify(session, name: name, secret: Array(password.utf8)) { realm, verdict in
      switch verdict {
      case .login(let login, let account):
        realm.sendLoggedIn(session, account)
        realm.noticeOfNickServ(session, "You are now logged in as \(account.name)")
        realm.becomeAccount(session, login)
      case .refused(let why):
        realm.noticeOfNickServ(session, "You are not logged in as \(name): \(why)")
      }
    }
  }

  private func nickServPasswd(_ session: Session, _ words: [String]) {
    guard words.count == 2 else { return noticeOfNickServ(session, "Say PASSWD <old> <new>") }
    changePassword(session, old: Array(words[0].utf8), new: Array(words[1].utf8)) { realm, problem in
      realm.noticeOfNickServ(
        session, problem.map { "Your password is as it was: \($0.text)" } ?? "Your password is changed")
    }
  }

  private func nickServUnregister(_ session: Session, _ words: [String]) {
    guard words.count == 2 else {
      return noticeOfNickServ(session, "To delete your account for good, say UNREGISTER <name> <password>")
    }
    deleteOwnAccount(session, name: words[0], secret: Array(words[1].utf8)) { realm, problem in
      realm.noticeOfNickServ(session, problem.map { "Nothing was deleted: \($0.text)" } ?? Self.accountDeleted)
    }
  }
}
