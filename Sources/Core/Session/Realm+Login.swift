import Wire

/// From a verified secret to a user who takes part.
extension Realm {
  /// What comes of an attempt to log in.
  enum Verdict {
    case login(Login, AccountRecord)
    /// In words for the client.
    case refused(String)
  }

  /// Who somebody says to be, before it is proved.
  struct Claim {
    /// Nil where nobody is called so.
    var person: PersonID?
    /// Empty for the default one.
    var device: String
  }

  /// Reads `account` or `account@device`; nil where the device cannot be called so.
  func claim(_ name: String) -> Claim? {
    let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let device = parts.count == 2 && fold(parts[1]) != settings.realm ? parts[1] : ""
    guard device.isEmpty || Names.isNick(device) else { return nil }
    let account = Address(parts.first ?? "", home: settings.realm)
    return Claim(person: account.realm == nil ? accountNames[fold(account.name)] : nil, device: device)
  }

  /// Checks a password or token for `account` or `account@device`.
  func verify(
    _ session: Session, name: String, secret: [UInt8], then done: @escaping (Realm, Verdict) -> Void
  ) {
    guard let claim = claim(name) else {
      return done(self, .refused("a device is named like an account, as in alice@phone"))
    }
    // A name nobody has goes the same way as a wrong password, and takes as long.
    ask(.verify(claim.person ?? .nobody, secret: secret), for: session) { realm, answer in
      guard case .verified(let verified) = answer else {
        // Nobody has looked at the password: no guess to be counted.
        return done(realm, .refused("it cannot be checked now (\(answer.problem)), try again"))
      }
      let verdict = realm.verdict(claim, verified)
      done(realm, verdict)
      if case .refused = verdict { realm.loginFailed(session, claim.person) }
    }
  }

  /// What follows from a proof, or one that failed.
  func verdict(_ claim: Claim, _ verified: Verified) -> Verdict {
    guard let id = claim.person, let record = accounts[id], let login = verified.login(to: id, device: claim.device),
      record.flags.isDisjoint(with: [.deleted, .ending])
    else { return .refused("no such account, or the password is wrong") }
    guard !record.flags.contains(.suspended) else {
      // Said only to who knows the password.
      return .refused("the account is suspended, ask the people who run \(settings.title)")
    }
    return .login(login, record)
  }

  func loginFailed(_ session: Session, _ account: PersonID?) {
    // Not the name that was given where there is no such account: people type passwords in its place.
    let name = account.flatMap { accounts[$0]?.name } ?? ""
    note("account", "login failed", level: .warning, ["account": name, "from": session.host])
    countFailedLogin(session)
  }

  /// Slows down guessing: a connection has a few tries.
  func countFailedLogin(_ session: Session) {
    counters.failedLogins += 1
    session.failedLogins += 1
    if session.failedLogins >= settings.limits.loginAttempts { close(session, "Too many failed logins") }
  }

  /// Ends registration for an account: loads it, takes the session in, sends the welcome, and what was missed.
  func admit(_ session: Session, _ login: Login) {
    withUser(session, login) { realm, user in
      realm.attach(session, to: user, login)
      realm.takeMetadataBefore(session, user)
      realm.welcome(session)
      realm.showGroups(session, user)
      realm.tellInvitations(session, user)
      realm.tellRequests(session, user)
      realm.startReplay(session)
    }
  }

  /// Log-in of a session that is connected already, as a guest or as nobody.
  func becomeAccount(_ session: Session, _ login: Login) {
    withUser(session, login) { realm, user in
      let before = session.nick
      let guest = session.user
      let source = guest?.source ?? Array("\(before)!\(before)@\(realm.settings.realm)".utf8)
      if let guest { realm.leaveGuest(session, guest) }
      if before != user.nick {
        var line = LineBuilder(source: source, "NICK")
        line.text(user.nick)
        realm.send(line, to: session)
      }
      if let guest { realm.tellHost(of: user, before: guest, session) }
      realm.attach(session, to: user, login)
      realm.tellAccount(of: user, session)
      realm.takeMetadataBefore(session, user)
      realm.showOwnMetadata(session)
      realm.showGroups(session, user)
      realm.tellInvitations(session, user)
      realm.tellRequests(session, user)
      realm.startReplay(session)
    }
  }

  /// Tells a client that its user name and host are those of its account now (IRCv3 chghost). To others the guest is
  /// gone.
  private func tellHost(of user: User, before guest: User, _ session: Session) {
    guard session.has(.changeHost), guest.userName != user.userName || guest.host != user.host else { return }
    var line = LineBuilder(source: Array("\(user.nick)!\(guest.userName)@\(guest.host)".utf8), "CHGHOST")
    line.word(user.userName)
    line.word(user.host)
    send(line, to: session)
  }

  /// Says which account somebody who was there already has now (IRCv3 account-notify): to the client itself and to
  /// those who watch it. Whoever shares a group with the account has known it all along.
  private func tellAccount(of user: User, _ session: Session) {
    var line = LineBuilder(source: user.source, "ACCOUNT")
    line.word(user.account)
    let outgoing = outgoing(line, of: user)
    if session.has(.accountNotify) { send(outgoing, to: session) }
    guard user.sessions.count == 1 else { return }
    tellWatching(outgoing, of: user.nick, needing: .accountNotify, except: [session.connection])
  }

  /// The guest that the session was leaves its groups; the session's client is told.
  private func leaveGuest(_ session: Session, _ guest: User) {
    for group in guest.groups.values {
      var line = LineBuilder(source: guest.source, "PART")
      line.word(group.name)
      line.text("Logging in")
      send(line, to: session)
    }
    guest.quitReason = "Logging in to an account"
    detach(session, from: guest, reason: "Logging in")
    session.user = nil
  }

  /// Brings the account into memory if it is not there, then calls `done`; the session waits meanwhile.
  private func withUser(_ session: Session, _ login: Login, then done: @escaping (Realm, User) -> Void) {
    hold(session)
    loadAccount(login.account) { [unowned self] problem in
      release(session) {
        guard mayComeIn(session, login, problem), let record = accounts[login.account] else { return }
        // What was loaded serves once: who came in with it may have changed the account, and left again, before the
        // next of those who waited has its turn.
        guard let user = users[login.account] ?? makeUser(record, for: session) else {
          return withUser(session, login, then: done)
        }
        // The token was good when it was shown; its owner may have taken it back since.
        guard login.device == nil || user.devices.contains(where: { $0.id == login.device }) else {
          return close(session, "This device was revoked")
        }
        counters.logins += 1
        note(
          "account", "logged in", ["account": record.name, "device": login.deviceName, "from": session.host])
        done(self, user)
      }
    }
  }

  /// Whether the session may come in as the account that was loaded; it is closed if not.
  private func mayComeIn(_ session: Session, _ login: Login, _ problem: String?) -> Bool {
    guard !session.closed else { return false }
    if let problem {
      close(session, "Your account could not be loaded: \(problem). Please try again")
      return false
    }
    guard let record = accounts[login.account], record.flags.isDisjoint(with: [.suspended, .deleted]) else {
      close(session, "This account is suspended")
      return false
    }
    guard (users[login.account]?.sessions.count ?? 0) < settings.limits.sessionsPerAccount else {
      close(session, "Too many sessions of \(record.name): close one of them first")
      return false
    }
    return true
  }

  /// What somebody is called who comes in as an account of which nobody is here.
  func nick(of record: AccountRecord, for session: Session) -> String {
    let isWanted = !settings.nickIsAccount && !session.wantedNick.isEmpty
    return isWanted && isFree(nick: session.wantedNick, for: session.user) ? session.wantedNick : record.name
  }

  /// Nil if nothing is loaded of the account.
  private func makeUser(_ record: AccountRecord, for session: Session) -> User? {
    guard let loaded = loadedAccounts.removeValue(forKey: record.id) else { return nil }
    let user = User(
      id: record.id, account: record.name, nick: nick(of: record, for: session), userName: record.name,
      realName: session.realName.isEmpty ? record.name : session.realName, host: settings.realm, uptime: uptime)
    user.devices = loaded.devices
    if record.flags.contains(.bot) { user.modes.insert(.bot) }
    for marker in loaded.state.readMarkers { user.readMarkers[marker.target] = marker.time }
    user.sent = SentMessages(loaded.state.sent)
    for id in refusedMeanwhile[user.id] ?? [] { user.sent.forget(id) }
    let invitations = loaded.state.invitations + (gainedInvitations[user.id] ?? [])
    user.invitations = invitations.filter { !$0.waits }
    user.waitingInvitations = invitations.filter { invitation in
      invitation.waits && !user.invitations.contains { $0.goal == invitation.goal }
    }
    // The groups are loaded and cannot have changed behind memory's back: they say who is a member.
    for id in loaded.state.groups + (gainedGroups[user.id] ?? []).map(\.id) {
      guard let group = groups[id], group.members[user.id] != nil else { continue }
      user.groups[id] = group
    }
    return user
  }

  // MARK: sessions of a user

  /// Takes a session in: from now on it is one of the user's.
  func attach(_ session: Session, to user: User, _ login: Login? = nil) {
    let away = user.away
    session.user = user
    session.login = login
    let first = user.sessions.isEmpty
    user.sessions.append(session)
    takeAwayBefore(session, user)
    if let login {
      let known = user.devices.count
      session.device = device(for: login, of: user)
      if user.devices.count > known { session.isServedAfter = lastPosition }
    }
    noteUse(of: session.device, user)
    session.sentPosition = lastPosition
    noteComing(session)
    session.confirmedPosition = device(of: session)?.position ?? lastPosition
    for group in user.groups.values { group.audienceChanged() }
    guard first else {
      return awayChanged(user, from: away, except: session)
    }
    users[user.id] = user
    mostUsers = max(mostUsers, users.count)
    nicks[fold(user.nick)] = user
    for group in user.groups.values {
      group.members[user.id]?.user = user
      group.liveMembers += 1
    }
    // While it was away it was called as its account is.
    if !user.isGuest { tellNeighbours(user, from: Array("\(user.account)!\(user.userName)@\(user.host)".utf8)) }
    let news = awayLine(user, user.away)
    let told = user.away == Self.notConnected ? [] : sendToNeighbours(news, of: user, needing: .awayNotify)
    tellWatchers(of: user.nick, online: user)
    if user.away != nil { tellWatching(news, of: user.nick, needing: .awayNotify, except: told) }
    tellPresence(of: user)
  }

  /// Takes a session out. With the last one an account is away and stays a member; a guest quits.
  func detach(_ session: Session, from user: User, reason: String) {
    let away = user.away
    user.sessions.removeAll { $0 === session }
    for group in user.groups.values { group.audienceChanged() }
    guard user.sessions.isEmpty else {
      return awayChanged(user, from: away)
    }
    remember(gone: user)
    users[user.id] = nil
    let nick = user.nick
    if nicks[fold(nick)] === user { nicks[fold(nick)] = nil }
    if user.isGuest {
      forget(user)
      quitGuest(user, reason: user.quitReason ?? reason)
    } else {
      let source = user.source
      user.nick = user.account
      user.renderSource()
      tellNeighbours(user, from: source)
      sendToNeighbours(awayLine(user, user.away), of: user, needing: .awayNotify)
    }
    for group in user.groups.values {
      group.members[user.id]?.user = nil
      group.liveMembers -= 1
      group.audienceChanged()
      idleGroups.append(group.id)
    }
    tellWatchers(of: nick, online: nil)
    tellPresence(of: user)
  }

  /// Another session has come or gone, and perhaps it was the only one with somebody at it.
  func awayChanged(_ user: User, from before: String?, except: Session? = nil) {
    guard user.away != before else { return }
    tellAway(user, except: except)
    tellPresence(of: user)
  }

  /// What members without a session are away with.
  static let notConnected = "not connected"

  private func quitGuest(_ user: User, reason: String) {
    var line = LineBuilder(source: user.source, "QUIT")
    line.text(reason)
    var outgoing = Outgoing(line: line.bytes)
    outgoing.time = now
    sendToNeighbours(outgoing, of: user, needing: [])
    metadata[.person(user.id)] = nil
    for group in user.groups.values {
      group.members[user.id] = nil
      group.liveMembers -= 1
      group.audienceChanged()
      log(group, .part, by: user, Array(":Quit".utf8))
      endIfEmpty(group)
      idleGroups.append(group.id)
      user.groups[group.id] = nil
    }
  }

  // MARK: loading

  /// Loads an account and all its groups, once for all who wait for it. `done` gets nil, or what went wrong.
  private func loadAccount(_ id: PersonID, then done: @escaping (String?) -> Void) {
    if users[id] != nil { return done(nil) }
    if loadingAccounts[id] != nil {
      loadingAccounts[id]?.append(done)
      return
    }
    loadingAccounts[id] = [done]
    ask(.loadAccount(id), for: nil) { realm, answer in
      guard case .account(let state) = answer else { return realm.accountLoaded(id, answer.problem) }
      realm.ask(.devices(id), for: nil) { realm, answer in
        guard case .devices(let devices) = answer else { return realm.accountLoaded(id, answer.problem) }
        realm.loadedAccounts[id] = LoadedAccount(state: state, devices: devices)
        realm.loadGroups(state.groups[...], of: id) { realm.accountLoaded(id, $0) }
      }
    }
  }

  private func loadGroups(_ ids: ArraySlice<GroupID>, of person: PersonID, then done: @escaping (String?) -> Void) {
    guard let id = ids.first else { return done(nil) }
    loadGroup(id) { [unowned self] group in
      // A group that ended meanwhile is no problem: its membership is gone too.
      if group == nil, restingGroups[id] != nil { return done("the store is busy") }
      if let group {
        group.pins += 1
        loadedAccounts[person]?.pinned.append(group)
      }
      loadGroups(ids.dropFirst(), of: person, then: done)
    }
  }

  private func accountLoaded(_ id: PersonID, _ problem: String?) {
    let pinned = loadedAccounts[id]?.pinned ?? []
    for waiter in loadingAccounts.removeValue(forKey: id) ?? [] { waiter(problem) }
    loadedAccounts[id] = nil
    gainedInvitations[id] = nil
    refusedMeanwhile[id] = nil
    for group in pinned + (gainedGroups.removeValue(forKey: id) ?? []) {
      group.pins -= 1
      idleGroups.append(group.id)  // those who waited may all be gone
    }
  }

  /// An account has become a member of a group, by the word of that group's home. If it is being loaded, what was read
  /// of it may be older than that.
  func noteMember(_ person: PersonID, of group: Group) {
    guard loadingAccounts[person] != nil else { return }
    group.pins += 1
    gainedGroups[person, default: []].append(group)
  }

  /// Brings a group into memory if it is not there. Only who holds a group in memory can change it, so what is loaded
  /// cannot be out of date. `done` gets nil if there is no such group, or it could not be read.
  func loadGroup(_ id: GroupID, then done: @escaping (Group?) -> Void) {
    if let group = groups[id] {
      idleGroups.append(id)
      return done(group)
    }
    if loadingGroups[id] != nil {
      loadingGroups[id]?.append(done)
      return
    }
    loadingGroups[id] = [done]
    ask(.loadGroup(id), for: nil) { realm, answer in
      if case .group(let state?) = answer {
        let group = Group(state)
        realm.groups[id] = group
        group.followers = realm.followers[id]
        group.hasWebhooks = realm.groupsWithWebhooks.contains(id)
        realm.fillIn(group)
        realm.endIfEmpty(group)  // only guests were in it when the realm stopped
      }
      realm.idleGroups.append(id)
      // One of those who waited may end the group before the next has its turn.
      for waiter in realm.loadingGroups.removeValue(forKey: id) ?? [] { waiter(realm.groups[id]) }
    }
  }

  /// Members that are connected already: they were loaded while the group was on its way.
  private func fillIn(_ group: Group) {
    for person in group.members.keys {
      guard let user = users[person] else {
        if let realm = realm(of: person) { group.count(1, of: realm) }
        continue
      }
      group.members[person]?.user = user
      group.liveMembers += 1
      user.groups[group.id] = group
    }
  }
}

/// An account that was read and waits for its first session to be taken in.
struct LoadedAccount {
  var state: AccountState
  var devices: [DeviceRecord]
  /// Its groups, kept in memory until it is taken in.
  var pinned: [Group] = []
}

extension Answer {
  /// What went wrong, for people.
  var problem: String {
    if case .failed(let reason) = self { reason } else { "the store gave no answer" }
  }
}

extension Verified {
  /// The login that the secret is good for; nil where it is none of the account's.
  func login(to account: PersonID, device name: String) -> Login? {
    switch self {
    case .refused: nil
    case .password: Login(account: account, deviceName: name, device: nil)
    case .token(let device) where device.account != account: nil
    case .token(let device): Login(account: account, deviceName: device.name, device: device.id)
    }
  }
}
