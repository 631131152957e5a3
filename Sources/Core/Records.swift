/// What proves a password without keeping it: the stored form of SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677).
package struct Verifier: Equatable, Sendable {
  package var salt: [UInt8]
  package var iterations: Int
  package var storedKey: [UInt8]
  package var serverKey: [UInt8]
  package init(salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
    self.salt = salt
    self.iterations = iterations
    self.storedKey = storedKey
    self.serverKey = serverKey
  }
}

/// What memory holds of every account, connected or not.
package struct AccountRecord: Equatable, Sendable {
  package var id: PersonID
  /// As registered; compared by `fold`.
  package var name: String
  package var flags: AccountFlags
  package var created: Milliseconds
  package init(id: PersonID, name: String, flags: AccountFlags, created: Milliseconds) {
    self.id = id
    self.name = name
    self.flags = flags
    self.created = created
  }
}

/// The raw values are stored: never reuse one.
package struct AccountFlags: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  /// An operator has shut this account out; nothing of it is lost.
  package static let suspended = AccountFlags(rawValue: 1)
  /// The account is gone; its name is kept so that nobody is given it again.
  package static let deleted = AccountFlags(rawValue: 2)
  /// Somebody of another realm, whose name is `bob/beta`: no password, no devices.
  package static let remote = AccountFlags(rawValue: 4)
  /// Its user is a program (IRCv3 bot-mode).
  package static let bot = AccountFlags(rawValue: 8)
  /// Its deletion has begun, and goes on after a restart.
  package static let ending = AccountFlags(rawValue: 16)
  /// Whose first message waits for it, whatever the realm's setting: nobody's, that of people elsewhere, everybody's.
  package static let requestsNone = AccountFlags(rawValue: 32)
  package static let requestsElsewhere = AccountFlags(rawValue: 64)
  package static let requestsAll = AccountFlags(rawValue: 128)
  /// Messages of webhooks stand under its name; it has no password, and nobody reads what is written to it.
  package static let webhook = AccountFlags(rawValue: 256)
}

/// What is loaded of an account when it connects.
package struct AccountState: Equatable, Sendable {
  package var groups: [GroupID]
  package var readMarkers: [ReadMarker]
  /// Those that none of its clients has been told of, the oldest first.
  package var invitations: [Invitation]
  /// In the order in which they were sent.
  package var sent: [SentMessage]
  package init(
    groups: [GroupID], readMarkers: [ReadMarker], invitations: [Invitation] = [], sent: [SentMessage] = []
  ) {
    self.groups = groups
    self.readMarkers = readMarkers
    self.invitations = invitations
    self.sent = sent
  }
}

/// An invitation to a group, as whoever is invited sees it. It is good for one JOIN.
package struct Invitation: Equatable, Sendable {
  /// Into which group.
  package enum Goal: Hashable, Sendable {
    case here(GroupID)
    /// By the name that the group has in its realm.
    case elsewhere(realm: String, name: String)
  }

  package var goal: Goal
  /// Who invites: `carol`, `bob/beta`.
  package var inviter: String
  package var time: Milliseconds
  /// Whether a client of the invited was told.
  package var isTold: Bool
  /// Whether it is shown to the invited only once its inviter is let in.
  package var waits: Bool
  package init(goal: Goal, inviter: String, time: Milliseconds, isTold: Bool, waits: Bool = false) {
    self.goal = goal
    self.inviter = inviter
    self.time = time
    self.isTold = isTold
    self.waits = waits
  }
}

/// How far an account has read a conversation (IRCv3 draft/read-marker). Only ever moves forward.
package struct ReadMarker: Equatable, Sendable {
  package var target: Target
  package var time: Milliseconds
  package init(target: Target, time: Milliseconds) {
    self.target = target
    self.time = time
  }
}

/// A device of an account: one replay position each.
package struct DeviceRecord: Equatable, Sendable {
  package var id: DeviceID
  package var account: PersonID
  /// `""` for the account's default device, which password logins without a device name share.
  package var name: String
  /// Everything up to here was confirmed by the device.
  package var position: Position
  package var created: Milliseconds
  package var lastUsed: Milliseconds
  /// Whether a token logs in as this device.
  package var hasToken: Bool
  package init(
    id: DeviceID, account: PersonID, name: String, position: Position, created: Milliseconds, lastUsed: Milliseconds,
    hasToken: Bool
  ) {
    self.id = id
    self.account = account
    self.name = name
    self.position = position
    self.created = created
    self.lastUsed = lastUsed
    self.hasToken = hasToken
  }
}

/// What memory holds of every group, live or not.
package struct GroupRecord: Equatable, Sendable {
  package var id: GroupID
  /// `#plans`, or `#plans/beta` for the replica of another realm's group.
  package var name: String
  /// Nil for a group of this realm.
  package var home: GroupHome?
  package init(id: GroupID, name: String, home: GroupHome? = nil) {
    self.id = id
    self.name = name
    self.home = home
  }
}

/// The ranks of a member; several may be held at once. The raw values are stored: never reuse one.
package struct Ranks: OptionSet, Hashable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let voice = Ranks(rawValue: 1)  // +v
  package static let halfOperator = Ranks(rawValue: 2)  // %h
  package static let groupOperator = Ranks(rawValue: 4)  // @o
  package static let admin = Ranks(rawValue: 8)  // &a
  package static let owner = Ranks(rawValue: 16)  // ~q
}

/// What a group is about, and who said so.
package struct Topic: Equatable, Sendable {
  package var text: [UInt8]
  /// The source of who set it, `nick!user@host`.
  package var setBy: String
  package var time: Milliseconds
  package init(text: [UInt8], setBy: String, time: Milliseconds) {
    self.text = text
    self.setBy = setBy
    self.time = time
  }
}

/// An account in a group.
package struct MemberRecord: Equatable, Sendable {
  package var person: PersonID
  package var ranks: Ranks
  /// The number of the entry by which the person joined.
  package var since: Int64
  package init(person: PersonID, ranks: Ranks, since: Int64) {
    self.person = person
    self.ranks = ranks
    self.since = since
  }
}

/// What is loaded of a group when someone in memory needs it.
package struct GroupState: Equatable, Sendable {
  package var id: GroupID
  package var name: String
  package var created: Milliseconds
  package var founder: PersonID
  package var modes: GroupModes
  package var topic: Topic?
  /// The number of the last entry of the group's log.
  package var lastNumber: Int64
  package var members: [MemberRecord]
  package var masks: [MaskRecord]
  package var invited: [PersonID]
  /// Nil for a group of this realm.
  package var home: GroupHome?
  /// The id and the time of the last entry, by which a replica and its home know whether they agree.
  package var lastID: MessageID?
  package var lastTime: Milliseconds
  /// Of a replica: members, modes and topic are as they were after this entry of the home's, which its log may not have
  /// reached. 0 where they always followed the log; `.max` while they wait for a snapshot.
  package var stateNumber: Int64
  package init(
    id: GroupID, name: String, created: Milliseconds, founder: PersonID, modes: GroupModes, topic: Topic? = nil,
    lastNumber: Int64 = 0, members: [MemberRecord] = [], masks: [MaskRecord] = [], invited: [PersonID] = [],
    home: GroupHome? = nil, lastID: MessageID? = nil, lastTime: Milliseconds = 0, stateNumber: Int64 = 0
  ) {
    self.id = id
    self.name = name
    self.created = created
    self.founder = founder
    self.modes = modes
    self.topic = topic
    self.lastNumber = lastNumber
    self.members = members
    self.masks = masks
    self.invited = invited
    self.home = home
    self.lastID = lastID
    self.lastTime = lastTime
    self.stateNumber = stateNumber
  }
}

/// One line of `LIST`, for groups at rest as well as live ones.
package struct GroupSummary: Equatable, Sendable {
  package var id: GroupID
  package var switches: GroupSwitches
  package var members: Int
  package var created: Milliseconds
  package var topic: [UInt8]
  /// When the topic was set; 0 for none.
  package var topicTime: Milliseconds
  package init(
    id: GroupID, switches: GroupSwitches, members: Int, created: Milliseconds, topic: [UInt8], topicTime: Milliseconds
  ) {
    self.id = id
    self.switches = switches
    self.members = members
    self.created = created
    self.topic = topic
    self.topicTime = topicTime
  }
}

/// What the store hands the core at start-up.
package struct Snapshot: Sendable {
  package var accounts: [AccountRecord]
  package var groups: [GroupRecord]
  /// The highest identifiers ever given, also to what was deleted since.
  package var lastPerson: Int64
  package var lastGroup: Int64
  package var lastDevice: Int64
  package var lastPosition: Position
  /// The time of the last entry: times never go back.
  package var lastTime: Milliseconds
  package var invitationCodes: [InvitationCode]
  package var lastInvitationCode: Int64
  package var webhooks: [Webhook]
  package var outgoingWebhooks: [OutgoingWebhook]
  package var lastWebhook: Int64
  /// The oldest first.
  package var webhookKeys: [WebhookKey]
  package var pushes: [PushRegistration]
  package var files: [(account: PersonID, usage: FileUsage)] = []
  package var realms: [RealmRecord]
  /// By realm, the oldest epoch first.
  package var outboxes: [OutboxState]
  package var applied: [AppliedPosition]
  package var metadata: [MetadataRecord] = []
  package var preferences: [PreferenceRecord] = []
  /// In the order in which they came.
  package var messageRequests: [MessageRequestRecord] = []
  /// The same.
  package var refused: [RefusedMessage]
  /// Whether a group, or the home of one, has a time after which what was said is erased.
  package var forgets = false
  package init(
    accounts: [AccountRecord] = [], groups: [GroupRecord] = [], lastPerson: Int64 = 0, lastGroup: Int64 = 0,
    lastDevice: Int64 = 0, lastPosition: Position = 0, lastTime: Milliseconds = 0,
    invitationCodes: [InvitationCode] = [], lastInvitationCode: Int64 = 0, webhooks: [Webhook] = [],
    outgoingWebhooks: [OutgoingWebhook] = [], lastWebhook: Int64 = 0, webhookKeys: [WebhookKey] = [],
    pushes: [PushRegistration] = [], realms: [RealmRecord] = [], outboxes: [OutboxState] = [],
    applied: [AppliedPosition] = [], refused: [RefusedMessage] = []
  ) {
    self.accounts = accounts
    self.groups = groups
    self.lastPerson = lastPerson
    self.lastGroup = lastGroup
    self.lastDevice = lastDevice
    self.lastPosition = lastPosition
    self.lastTime = lastTime
    self.invitationCodes = invitationCodes
    self.lastInvitationCode = lastInvitationCode
    self.webhooks = webhooks
    self.outgoingWebhooks = outgoingWebhooks
    self.lastWebhook = lastWebhook
    self.webhookKeys = webhookKeys
    self.pushes = pushes
    self.realms = realms
    self.outboxes = outboxes
    self.applied = applied
    self.refused = refused
  }
}

/// Where a replica's original is.
package struct GroupHome: Hashable, Sendable {
  package var realm: String
  /// The group's id there.
  package var group: Int64
  package init(realm: String, group: Int64) {
    self.realm = realm
    self.group = group
  }
}

/// An entry of a group's log as two realms compare it. Number and time are the home's; after it was set back to a
/// copy of itself, the same message may come to have the same number again, but not at the same time.
package struct EntryMark: Equatable, Sendable {
  package var number: Int64
  package var id: MessageID
  package var time: Milliseconds
  package init(number: Int64, id: MessageID, time: Milliseconds) {
    self.number = number
    self.id = id
    self.time = time
  }

  /// Before the first entry.
  package static let none = EntryMark(number: 0, id: MessageID(epoch: 0, counter: 0), time: 0)
}
