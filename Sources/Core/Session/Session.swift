/// One connected client: what it has negotiated, who it is, and what is under way for it.
final class Session {
  let connection: Connection
  let host: String
  /// What limits by address count it under; nil is exempt.
  let origin: String?
  let secure: Bool
  let connectedAt: Milliseconds
  /// By the clock that never jumps, as all that follows.
  let connectedUptime: Milliseconds

  var capabilities: Capabilities = []
  /// Between CAP LS or REQ and CAP END, when registration waits (capability-negotiation, "The CAP command").
  var negotiating = false
  /// The client named version 302 or later: values and cap-notify.
  var capVersion = 0

  /// The nick asked for until there is a user; empty before NICK.
  var wantedNick = ""
  var userName = ""
  var realName = ""
  var passwordGiven: [UInt8]?
  /// The registration burst was sent.
  var registered = false
  /// Dropped, or being dropped: nothing more is read from it or sent to it.
  var closed = false

  /// Who it is: an account or a guest; nil as long as it may only log in.
  var user: User?
  var device: DeviceID?
  /// Logged in by SASL before registration was complete.
  var login: Login?
  var sasl: SaslExchange?
  var failedLogins = 0
  var isOperator = false
  /// Its client runs without anybody at it (IRCv3 draft/pre-away, `AWAY *`).
  var isUnattended = false
  /// What AWAY said before registration; nil for nothing.
  var awayBefore: String?

  /// Asks under way; while there are any, further lines wait in `pending`.
  var asks = 0
  var pending: [UInt8] = []
  /// What a labelled command has answered so far.
  var response: Response?

  /// When a line last came, and whether a sign of life is asked for since.
  var heardAt: Milliseconds
  var pingSentAt: Milliseconds?

  /// The newest entry of the log that was sent to it, and the newest it has confirmed.
  var sentPosition: Position = 0
  /// The end of the log when it came in, or had been replayed to, and how many sessions had before it.
  var cameAt: Position = 0
  var coming: Int64 = 0
  var confirmedPosition: Position = 0
  /// The end of the log when its device was made, where it has come with that: nothing from before was shown to it.
  var isServedAfter: Position = 0
  /// When it was last asked to confirm.
  var confirmAskedAt: Milliseconds = 0
  /// When its device's position was last stored.
  var positionSavedAt: Milliseconds = 0
  var replay: Replay?
  /// The message of several lines that it is about to say.
  var batch: ClientBatch?

  /// The folded names it watches (MONITOR), as they were given.
  var monitored = Table<String, String>()

  /// The keys whose changes it is told of, in the order in which it asked for them (IRCv3 draft/metadata-3).
  var subscriptions: [String] = []
  /// What METADATA has set before registration; nil for a key that was removed.
  var metadataBefore: [(key: String, value: String?)] = []

  /// Takes what the command was answered, for one that stands in for somebody of another realm: nobody reads it.
  var caught: ((Realm, [Outgoing]) -> Void)?

  init(
    _ connection: Connection, host: String, origin: String?, secure: Bool, now: Milliseconds, uptime: Milliseconds
  ) {
    self.connection = connection
    self.host = host
    self.origin = origin
    self.secure = secure
    connectedAt = now
    connectedUptime = uptime
    heardAt = uptime
  }

  /// What numerics call the client.
  var nick: String { user?.nick ?? (wantedNick.isEmpty ? "*" : wantedNick) }

  func has(_ capability: Capabilities) -> Bool { capabilities.contains(capability) }

  /// Those that change how lines are rendered. Several lines are a batch, for who knows batches (IRCv3 draft/multiline,
  /// "Dependencies").
  var rendering: Capabilities {
    let rendering = capabilities.intersection(.rendering)
    return has(.batch) ? rendering : rendering.subtracting(.multiline)
  }
}

/// Who a session has proved to be, before it takes part.
struct Login {
  var account: PersonID
  /// The device's name at login by password; empty for the default one.
  var deviceName: String
  /// The device itself, at login by token.
  var device: DeviceID?
}

/// An AUTHENTICATE exchange under way.
struct SaslExchange {
  var mechanism: String
  /// What has come of a message so far.
  var payload: [UInt8] = []
  var scram = ScramState.start
}

/// The answer to a labelled command while it is gathered (IRCv3 labeled-response).
struct Response {
  var label: [UInt8]
  var lines: [Outgoing] = []
  /// Of the batch that is open already; empty where nothing was sent yet.
  var reference: [UInt8] = []
}

/// A session that is being told what its device has missed; live lines wait behind it.
struct Replay {
  /// The device had everything up to here.
  var begin: Position
  /// Everything up to here was sent.
  var upTo: Position
  /// The store is asked for what lies up to here; what comes later is held back.
  var end: Position
  /// The page waits for the client's PONG before the next is read.
  var awaitingPong = false
  var heldBack: [HeldBackLine] = []
  /// Entries that the session itself has made meanwhile; it knows them, so pages leave them out.
  var ownEntries: Set<Position> = []
  /// Messages were dropped because there were too many: the store is asked for them.
  var overflowed = false
  /// So were changes, which nobody can be asked for: the client has to begin anew.
  var isLost = false
}

/// A live line that waits behind a replay.
struct HeldBackLine {
  enum Kind {
    /// The store can be asked for it.
    case message
    /// A TAGMSG: nobody is told of it later.
    case fleeting
    /// All else. It is never dropped, so that the client's picture of its groups is right.
    case change
  }

  /// Of the entry behind it; 0 for none.
  var position: Position
  var kind: Kind
  var line: Outgoing
}

/// An account or a guest with at least one session: what others see.
final class User {
  /// Negative for guests.
  let id: PersonID
  /// The account's name, empty for guests.
  let account: String
  var nick: String
  var userName: String
  var realName: String
  var host: String
  /// `nick!user@host`, rendered once.
  private(set) var source: [UInt8] = []
  /// What AWAY was given; see `away` for what others see.
  var awayMessage: String?
  var modes: UserModes = []
  /// What a guest's groups read when it goes.
  var quitReason: String?
  var sessions: [Session] = []
  /// The groups it is a member of, by id.
  var groups = Table<GroupID, Group>()
  var readMarkers = Table<Target, Milliseconds>()
  var devices: [DeviceRecord] = []
  /// What its clients may send again.
  var sent = SentMessages()
  /// Of which it is to be told when it has come in.
  var invitations: [Invitation] = []
  /// Those by strangers, which wait until they are let in.
  var waitingInvitations: [Invitation] = []
  var guestRequests = GuestRequests()
  /// Of a guest: the accounts that have something of it waiting, or have let it in.
  var strangerTo = Table<PersonID, Bool>()
  var activeAt: Milliseconds
  /// How often it may change metadata: each change is told to everybody it shares a group with.
  var metadataChanges = TokenBucket(Limits.metadataChanges)
  /// Until when its searches count, by the clock that never jumps.
  var searchesUntil: Milliseconds = 0

  init(
    id: PersonID, account: String, nick: String, userName: String, realName: String, host: String, uptime: Milliseconds
  ) {
    self.id = id
    self.account = account
    self.nick = nick
    self.userName = userName
    self.realName = realName
    self.host = host
    activeAt = uptime
    renderSource()
  }

  var isGuest: Bool { id.rawValue < 0 }

  /// With what others see it away; nil while it is there. A session that nobody sits at is as good as none.
  var away: String? {
    sessions.allSatisfy(\.isUnattended) ? Realm.notConnected : awayMessage
  }

  /// To be called after a change of nick, user name or host.
  func renderSource() { source = Array("\(nick)!\(userName)@\(host)".utf8) }

  var isOperator: Bool { sessions.contains(where: \.isOperator) }

  /// As the log names the sender: guests have no account.
  var sender: PersonID { isGuest ? .nobody : id }
  /// As the log keeps the nick: only where it does not follow from the account.
  var loggedNick: [UInt8] { nick == account ? [] : Array(nick.utf8) }
}

/// What MODE sets of a user.
struct UserModes: OptionSet {
  let rawValue: UInt8
  /// Not among those whom WHO finds by a mask, but for who shares a group (Modern IRC, "Invisible User Mode").
  static let invisible = UserModes(rawValue: 1)
  /// Hears WALLOPS (Modern IRC, "Wallops User Mode").
  static let wallops = UserModes(rawValue: 2)
  /// Is a program (IRCv3 bot-mode). Kept with the account.
  static let bot = UserModes(rawValue: 4)

  static let letters: [(letter: Character, mode: UserModes)] = [("B", .bot), ("i", .invisible), ("w", .wallops)]

  /// Every letter; `o` is a session's own.
  static let all = "Biow"

  static func named(_ letter: Character) -> UserModes? { letters.first { $0.letter == letter }?.mode }
}
