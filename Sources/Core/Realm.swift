import Wire

/// One realm: its accounts, groups and sessions, and the rules by which they change. It is deterministic: no clock, no
/// chance, no files, no sockets. Events go in, a `Turn` full of effects comes out.
///
/// The rules lie in extensions, a family of commands to a file. Everything here belongs to the realm thread.
package final class Realm {
  package internal(set) var settings: Settings

  /// What follows from the event in hand; the caller's turn, while `handle` runs.
  var turn: Turn
  /// The session whose command is being carried out: what it is sent now belongs to the answer.
  var answering: Session?
  /// Who waits for what a request to another realm brings, and has part of that.
  var partlyAnswered: Session?
  /// The time of the turn, never before the last entry's.
  var now: Milliseconds
  /// The same for time-outs: by a clock that never jumps.
  var uptime: Milliseconds = 0

  // At rest: every account and every group, by name.

  var accounts: [PersonID: AccountRecord] = [:]
  var accountNames: [String: PersonID] = [:]
  /// How many of the accounts are people of other realms.
  var peopleElsewhere = 0
  /// Names whose registration is under way.
  var reservedNames: Set<String> = []
  /// Codes to register with, by their hashes, and how many uses of each are spoken for by registrations under way.
  var invitationCodes = Table<[UInt8], InvitationCode>()
  var codesInHand: [[UInt8]: Int] = [:]
  /// Accounts that are being deleted, and whether that is under way.
  var deletions = Table<PersonID, Bool>()
  /// What the files of accounts come to, for those that have any; who wants something about files and is being asked
  /// who it is; and what is being uploaded.
  var fileUsage: [PersonID: FileUsage] = [:]
  var fileDemands: [TransferID: FileDemand] = [:]
  var uploads = Table<TransferID, Upload>()
  /// Files of other realms that are on their way here.
  var fileFetches = Table<FileElsewhere, FileFetch>()
  var lastFileFetch: UInt64 = 0
  var fetchedDue: Milliseconds = 0
  /// Whether files are just looked for that are to go, and when those that are too old are looked for.
  var isRemovingFiles = false
  var filesDue: Milliseconds = 0
  /// Webhooks by number, and by the hashes of their secrets.
  var webhooks = Table<Int64, LiveWebhook>()
  var webhookSecrets: [[UInt8]: LiveWebhook] = [:]
  var outgoingWebhooks = Table<Int64, LiveOutgoingWebhook>()
  var groupsWithWebhooks: Set<GroupID> = []
  /// Who is told of messages through push services, what waits to be told, and what is to be tried again.
  var pushes = Table<PersonID, PushAccount>()
  var pendingPushes: [PendingPush] = []
  var pushRetries: [PushRetry] = []
  var groupNames: [String: GroupID] = [:]
  var restingGroups: [GroupID: String] = [:]
  /// The groups that are replicas, and of what.
  var homes: [GroupID: GroupHome] = [:]
  var replicas: [GroupHome: GroupID] = [:]
  /// What people and groups show of themselves, connected or not.
  var metadata: [Target: Metadata] = [:]
  /// What accounts have decided for themselves about conversations, for those that have.
  var preferences: [PersonID: Table<PreferenceTarget, Preference>] = [:]
  /// Who waits to be let in by an account, and how many of each realm do in all.
  var messageRequests: [PersonID: Table<PersonID, MessageRequest>] = [:]
  var messageRequestsElsewhere: [String: Int] = [:]
  /// Whether an account has decided whose first message waits.
  var requestsChosen = false

  // Live: who is connected, and the groups they need.

  var sessions: [[Session?]]
  var sessionCount = 0
  var users = Table<PersonID, User>()
  var nicks: [String: User] = [:]
  var groups = Table<GroupID, Group>()
  /// The realms that follow a group of ours.
  var followers: [GroupID: Followers] = [:]
  /// What other realms carry out for our people, and who waits for it.
  var requests = Table<MessageID, Request>()
  /// Questions to other realms, by number.
  var queries = Table<UInt64, Query>()
  var lastQuery: UInt64 = 0
  /// Groups that those who run the realm have looked over, where it takes several attempts.
  var examinations: [Examination] = []
  /// Replicas whose state is being fetched anew, and who waits for it.
  var fetches = Table<GroupID, Fetch>()
  /// The realms that watch an account of ours, by its folded name.
  var watchedElsewhere: [String: Table<String, Peer>] = [:]
  /// The realms that want the metadata of an account of ours, by its folded name.
  var metadataWantedElsewhere: [String: Table<String, Peer>] = [:]
  var spokenElsewhere = SpokenElsewhere()
  /// Messages on their way to groups of other realms: who shows the entry as the echo.
  var echoes = Table<MessageID, Echo>()
  /// The same messages: their senders are told that they wait if they are not back soon. Their ids in order.
  var waiting = Table<MessageID, Waiting>()
  var waitingOrder: [MessageID] = []
  /// How many sessions have come in, or been replayed to.
  var comings: Int64 = 0
  /// Messages that the homes of their groups have lost, and may get again.
  var returning: [MessageID: Returning] = [:]
  /// What is still to be read for that.
  var unremembered: [(Realm) -> Void] = []
  /// Messages that replicas have taken back or edited and that the log still has as they were: whether there may be
  /// any, how many were noted since the start, and whether the store is just asked for them.
  var revises = true
  var revisionsNoted = 0
  var isRevising = false
  /// Whether anything but the realm's own settings says that what is too old is to be erased; whether the store is just
  /// asked for it, where it goes on, and when.
  var forgets: Bool
  var isAging = false
  var agingPlace: Aged.Place?
  var agingDue: Milliseconds = 0
  /// Groups with followers that this turn has logged something of.
  var freshGroups: [Followers] = []
  /// The sessions of operators.
  var operators = Table<Connection, Session>()
  /// How many sessions are registered, and how many users were online at once at most.
  var registeredSessions = 0
  var mostUsers = 0
  /// Who was here a while ago (WHOWAS), the oldest first.
  var gone: [Gone] = []
  /// Who watches a folded nick (MONITOR).
  var watchers: [String: Table<Connection, Session>] = [:]

  /// The other realms, in alphabetical order.
  var peers = Table<String, Peer>()
  var relays = Relays()
  let cryptography: any Cryptography
  /// A secret of this start, out of which keys of the day are made.
  let entropy: [UInt8]

  /// How many sessions want to be told of changes of metadata.
  var metadataSubscribers = 0

  // Under way.

  var continuations: [AskID: (Realm, Answer) -> Void] = [:]
  var loadingGroups: [GroupID: [(Group?) -> Void]] = [:]
  var loadingAccounts: [PersonID: [(String?) -> Void]] = [:]
  var loadedAccounts: [PersonID: LoadedAccount] = [:]
  /// Replicas that accounts became members of while these were being loaded, by the word of their homes.
  var gainedGroups: [PersonID: [Group]] = [:]
  /// Invitations that came while those who are invited were being loaded.
  var gainedInvitations: [PersonID: [Invitation]] = [:]
  /// Messages of theirs that were refused since.
  var refusedMeanwhile: [PersonID: [MessageID]] = [:]
  /// Sessions whose share of a turn was too small for all they said, in the order in which they go on.
  var behind: [Session] = []
  /// Groups to be looked at when the turn ends: the last one may have left.
  var idleGroups: [GroupID] = []
  /// Registrations within the hour, by address.
  var recentRegistrations: [String: (since: Milliseconds, count: Int)] = [:]

  // What was given out last.

  var lastAsk: AskID = 0
  var lastPerson: Int64
  var lastGuest: Int64 = 0
  var lastGroup: Int64
  var lastDevice: Int64
  var lastInvitationCode: Int64
  var lastWebhook: Int64 = 0
  var lastPosition: Position
  var lastBatch: UInt64 = 0
  let epoch: UInt64
  var messageCounter: UInt64 = 0

  var diskLow = false
  var stopping = false
  var counters = Counters()
  let startedAt: Milliseconds
  /// The numerics' source, and the realm's name as a host.
  var serverSource: [UInt8]

  /// - Parameters:
  ///   - epoch: drawn at random at every start of the process; message ids are made of it.
  ///   - threads: how many client threads there are.
  ///   - entropy: 32 bytes that nobody can guess, other ones at every start.
  package init(
    settings: Settings, snapshot: Snapshot, epoch: UInt64, threads: Int, now: Milliseconds,
    cryptography: any Cryptography, entropy: [UInt8]
  ) {
    self.settings = settings
    self.cryptography = cryptography
    self.entropy = entropy
    self.epoch = epoch
    // Behind the times of the log a clock that was set back counts for nothing, and time stands still. Where it does
    // differs from start to start: an entry's number, id and time tell the histories of a realm apart that was itself
    // set back to an older copy, and went on twice from there.
    self.now =
      now < snapshot.lastTime ? snapshot.lastTime + Int64(epoch % UInt64(Limits.standstillMilliseconds)) : now
    startedAt = now
    turn = Turn(threads: threads, now: now)
    sessions = Array(repeating: [], count: threads)
    lastPerson = snapshot.lastPerson
    lastGroup = snapshot.lastGroup
    lastDevice = snapshot.lastDevice
    lastInvitationCode = snapshot.lastInvitationCode
    for code in snapshot.invitationCodes { invitationCodes[code.hash] = code }
    lastPosition = snapshot.lastPosition
    forgets = snapshot.forgets
    serverSource = Array(settings.serverName.utf8)
    accounts.reserveCapacity(snapshot.accounts.count)
    accountNames.reserveCapacity(snapshot.accounts.count)
    for account in snapshot.accounts {
      accounts[account.id] = account
      accountNames[fold(account.name)] = account.id
      if account.flags.contains(.remote) { peopleElsewhere += 1 }
      if !account.flags.isDisjoint(with: [.requestsElsewhere, .requestsAll]) { requestsChosen = true }
      if account.flags.contains(.ending) { deletions[account.id] = false }
    }
    for group in snapshot.groups {
      groupNames[fold(group.name)] = group.id
      restingGroups[group.id] = group.name
      if let home = group.home {
        homes[group.id] = home
        replicas[home] = group.id
      }
    }
    for record in snapshot.metadata { metadata[record.target, default: Metadata()][record.key] = record.value }
    for record in snapshot.preferences {
      preferences[record.person, default: Table()][record.target] = record.preference
    }
    for record in snapshot.messageRequests { load(record) }
    loadWebhooks(snapshot)
    loadPushes(snapshot.pushes)
    loadFiles(snapshot.files)
    loadPeers(snapshot)
  }

  /// Applies the rules to one event; what follows from it is added to the turn.
  package func handle(_ event: Event, _ turn: inout Turn) {
    swap(&self.turn, &turn)
    defer { swap(&self.turn, &turn) }
    now = max(now, self.turn.now)
    uptime = self.turn.uptime
    switch event {
    case .connected(let connection, let host, let origin, let secure):
      connected(connection, host: host, origin: origin, secure: secure)
    case .input(let connection, let bytes): input(connection, bytes)
    case .overlong(let connection): overlong(connection)
    case .disconnected(let connection, let reason): disconnected(connection, reason: reason)
    case .posted(let connection, let post): posted(connection, post)
    case .file(let event): file(event)
    case .answer(let id, let answer): answered(id, answer)
    case .link(let event): link(event)
    case .tick: tick()
    case .goOn: goOn()
    case .diskLow(let low): diskLow = low
    case .administer(let id, let request): administer(id, request)
    case .configured(let settings): configure(settings)
    case .stopping(let reason): stop(reason: reason)
    }
    sendPartAnswer()
  }

  /// Ends a turn: what is gathered once per turn is added now. The turn is complete after this.
  package func finish(_ turn: inout Turn) {
    swap(&self.turn, &turn)
    tellFresh()
    finishRelays()
    swap(&self.turn, &turn)
    guard !idleGroups.isEmpty else { return }
    for id in idleGroups {
      guard let group = groups[id], group.liveMembers == 0, group.pins == 0, !group.isFollowed,
        loadingGroups[id] == nil
      else { continue }
      groups[id] = nil
    }
    idleGroups.removeAll(keepingCapacity: true)
  }

  /// Whether clients wait for another turn to go on with what they said: `Event.goOn` is due.
  package var isBehind: Bool { !behind.isEmpty }

  /// Counters and gauges for `/metrics` and `moot status`: names in Prometheus style without the `moot_` prefix.
  package var status: [StatusLine] {
    [
      StatusLine(name: "accounts", value: Int64(accounts.count - peopleElsewhere)),
      StatusLine(name: "people_elsewhere", value: Int64(peopleElsewhere)),
      StatusLine(name: "groups", value: Int64(groupNames.count)),
      StatusLine(name: "groups_live", value: Int64(groups.count)),
      StatusLine(name: "sessions", value: Int64(sessionCount)),
      StatusLine(name: "users_online", value: Int64(users.count)),
      StatusLine(name: "asks_waiting", value: Int64(continuations.count)),
      StatusLine(name: "log_position", value: lastPosition),
      StatusLine(name: "messages_total", value: counters.messages),
      StatusLine(name: "deliveries_total", value: counters.deliveries),
      StatusLine(name: "commands_total", value: counters.commands),
      StatusLine(name: "refusals_total", value: counters.refusals),
      StatusLine(name: "logins_total", value: counters.logins),
      StatusLine(name: "logins_failed_total", value: counters.failedLogins),
      StatusLine(name: "files", value: fileUsage.values.reduce(0) { $0 + Int64($1.files) }),
      StatusLine(name: "files_bytes", value: fileUsage.values.reduce(0) { $0 + $1.bytes }),
      StatusLine(name: "files_uploaded_total", value: counters.files),
      StatusLine(name: "uploads_under_way", value: Int64(uploads.count)),
      StatusLine(name: "disk_low", value: diskLow ? 1 : 0),
    ] + relayStatus
  }

  // MARK: asking

  /// Asks for something slow. With a session, its further commands wait for the answer; the answer is dropped if the
  /// session is gone by then.
  func ask(_ ask: Ask, for session: Session?, then continuation: @escaping (Realm, Answer) -> Void) {
    lastAsk += 1
    turn.asks.append((lastAsk, ask))
    guard let session else {
      continuations[lastAsk] = continuation
      return
    }
    hold(session)
    continuations[lastAsk] = { realm, answer in
      realm.release(session) {
        if !session.closed { continuation(realm, answer) }
      }
    }
  }

  /// Further commands of the session wait until `release`.
  func hold(_ session: Session) { session.asks += 1 }

  /// Ends one `hold` after `body`, a part of the command; after the last, the command is over and what waits goes on.
  func release(_ session: Session, after body: () -> Void) {
    let before = answering
    answering = session
    body()
    answering = before
    session.asks -= 1
    guard !session.closed else { return }
    guard session.asks == 0 else {
      // Within a larger part of the same command nobody else can come between.
      if before !== session { sendGathered(session) }
      return
    }
    finishCommand(session)
    resumeInput(session)
  }

  private func answered(_ id: AskID, _ answer: Answer) {
    guard let continuation = continuations.removeValue(forKey: id) else { return }
    continuation(self, answer)
  }

  // MARK: names

  func session(_ connection: Connection) -> Session? {
    let slots = sessions[Int(connection.thread)]
    let slot = Int(connection.slot)
    guard slot < slots.count, let session = slots[slot], session.connection == connection else { return nil }
    return session
  }

  func nextMessageID() -> MessageID {
    messageCounter += 1
    return MessageID(epoch: epoch, counter: messageCounter)
  }

  /// The name people know a person by: the nick while connected, else the account's name.
  func name(of person: PersonID) -> String {
    users[person]?.nick ?? accounts[person]?.name ?? "*"
  }

  /// The name by which the log knows a person: the account's, and a guest's nick.
  func loggedName(of person: PersonID) -> String { accounts[person]?.name ?? name(of: person) }

  /// Changes the settings while running.
  private func configure(_ settings: Settings) {
    let (before, supportedBefore) = (offered(302), supported())
    let keepDays = self.settings.limits.keepDays
    self.settings = settings
    serverSource = Array(settings.serverName.utf8)
    tellChangedOffers(since: before)
    tellSupport(since: supportedBefore, supported(), to: sessions.joined().compactMap(\.self))
    directoryChanged()
    tellKeeping(since: keepDays)
  }
}

/// What is counted for `/metrics`, since the start of the process.
struct Counters {
  var messages: Int64 = 0
  var deliveries: Int64 = 0
  var commands: Int64 = 0
  var refusals: Int64 = 0
  var logins: Int64 = 0
  var failedLogins: Int64 = 0
  var files: Int64 = 0
}
