/// Everything that can happen to a realm. `Realm.handle` takes one at a time.
package enum Event: Sendable {
  /// A client connected. `host` is its address in text form; `origin` what limits by address count it under, nil when
  /// they exempt it; `secure` whether nobody on the way can read along.
  case connected(Connection, host: String, origin: String?, secure: Bool)
  /// One or more whole lines from a client, each ended by LF (a CR before it is dropped). The edge has enforced the
  /// length of lines only in so far as no line is longer than `Limits.inputLine`.
  case input(Connection, [UInt8])
  /// The edge dropped the rest of a line that was longer than `Limits.inputLine`.
  case overlong(Connection)
  /// A client went away, or was dropped by its edge; `reason` is for people in its groups.
  case disconnected(Connection, reason: String)
  case answer(AskID, Answer)
  case link(LinkEvent)
  /// A program has posted something to a webhook, and waits for the answer on a connection of which the realm knows
  /// nothing else.
  case posted(Connection, WebhookPost)
  /// The thread that moves files tells something.
  case file(FileEvent)
  /// Time passes: about once a second.
  case tick
  /// Clients said more than fitted into a turn: they go on. Due as soon as possible while `Realm.isBehind`.
  case goOn
  /// Free disk fell below the reserve, or rose above it again.
  case diskLow(Bool)
  /// A command of the person who runs the realm, from the socket in the data folder.
  case administer(AdminID, AdminRequest)
  /// New settings, already checked.
  case configured(Settings)
  /// The realm is about to stop: say so to everyone, and save what is only saved every few seconds.
  case stopping(reason: String)
}

/// Names one request over the administration socket.
package typealias AdminID = UInt64

/// A command of the person who runs the realm.
package enum AdminRequest: Equatable, Sendable {
  case create(account: String, secret: [UInt8])
  case resetPassword(account: String, secret: [UInt8])
  case suspend(account: String)
  case resume(account: String)
  case delete(account: String)
  case accounts
  /// A code that makes so many accounts, for so many days; 0 for ever.
  case createInvitation(uses: Int, days: Int, note: String)
  case invitations
  case revokeInvitation(Int64)
  /// A webhook of a group, whose messages stand under that name.
  case createWebhook(group: String, name: String)
  /// One that posts what is said in a group, or what begins with a trigger, to an address.
  case createOutgoingWebhook(group: String, address: String, trigger: String)
  case resumeWebhook(Int64)
  case webhooks
  case revokeWebhook(Int64)
  /// What the files of each account come to.
  case fileUsage
  /// The files of an account.
  case files(account: String)
  /// By its id or its address.
  case removeFile(String)
  case disconnect(account: String)
  case backup(path: String)
  case status
  case links
  /// Ends the link to a realm until it is dialled again.
  case disconnectLink(realm: String)
  /// Refuses what waits for a realm, and ends what is shared with it.
  case forgetRealm(String)
  /// Looks over a group: compares a replica with its home, or tells how far those are that follow a group of ours.
  case examineGroup(String)
  /// Replaces the state of a replica by its home's.
  case fetchGroup(String)
  /// The messages of a replica that its home has lost.
  case setApart(String)
  /// The moderation log of a group.
  case moderationLog(String)
}

/// The answer to an `AdminRequest`.
package enum AdminReply: Equatable, Sendable {
  case done(String)
  case accounts([AccountRecord])
  /// A code that was made, as people type it: nobody can tell it again. And whether registration asks for one.
  case invitation(InvitationCode, text: String, isNeeded: Bool)
  case invitations([InvitationCode])
  /// A webhook that was made, and its secret: nobody can tell it again.
  case webhook(WebhookStatus, secret: String)
  case webhooks([WebhookStatus])
  /// The largest first.
  case fileUsage([AccountFiles])
  case files([FileLine])
  case status([StatusLine])
  case links([LinkStatus])
  case findings([Finding])
  case setApart([GroupLine])
  case moderationLog([GroupLine])
  case refused(String)
}

/// What the files of an account come to.
package struct AccountFiles: Equatable, Sendable {
  package var account: String
  package var usage: FileUsage
  package init(account: String, usage: FileUsage) {
    self.account = account
    self.usage = usage
  }
}

/// A file, and where it is read.
package struct FileLine: Equatable, Sendable {
  package var file: FileRecord
  package var address: String
  package init(file: FileRecord, address: String) {
    self.file = file
    self.address = address
  }
}

/// A line of a group's log, for people.
package struct GroupLine: Equatable, Sendable {
  package var number: Int64
  package var time: Milliseconds
  package var id: MessageID
  package var from: String
  package var text: String
  package init(number: Int64, time: Milliseconds, id: MessageID, from: String, text: String) {
    self.number = number
    self.time = time
    self.id = id
    self.from = from
    self.text = text
  }
}

/// One thing that was looked at, and what was found, in words for people; with a remedy where something is wrong.
package struct Finding: Equatable, Sendable {
  /// How bad it is.
  package enum Level: String, Sendable { case ok, warning, error }
  package var level: Level
  package var text: String
  package init(_ level: Level, _ text: String) {
    self.level = level
    self.text = text
  }
}

/// One figure of the realm's state, for people.
package struct StatusLine: Equatable, Sendable {
  package var name: String
  package var value: Int64
  package init(name: String, value: Int64) {
    self.name = name
    self.value = value
  }
}

/// How another realm is reached, for `moot links` and the metrics.
package struct LinkStatus: Equatable, Sendable {
  /// How what is for a realm gets there.
  package enum Way: Equatable, Sendable {
    /// By a link of our own.
    case link
    /// Through this neighbour, over so many links.
    case route(through: String, links: Int)
    case none
  }
  package var realm: String
  package var isNeighbour: Bool
  package var way: Way
  /// Milliseconds; -1 where none was measured.
  package var roundTrip: Milliseconds
  /// By how much the other clock is ahead.
  package var clockAhead: Milliseconds
  package var envelopesWaiting: Int
  package var bytesWaiting: Int
  /// When the oldest of them was accepted; 0 for none.
  package var oldest: Milliseconds
  /// When the next dial is due; 0 for none.
  package var nextAttempt: Milliseconds
  /// In words; empty for none since the link is up.
  package var lastError: String
  /// False where the realm's key is known by hearsay only, and not from the directory or by a link with it.
  package var isVerified: Bool
  package init(
    realm: String, isNeighbour: Bool, way: Way, roundTrip: Milliseconds = -1, clockAhead: Milliseconds = 0,
    envelopesWaiting: Int = 0, bytesWaiting: Int = 0, oldest: Milliseconds = 0, nextAttempt: Milliseconds = 0,
    lastError: String = "", isVerified: Bool = true
  ) {
    self.realm = realm
    self.isNeighbour = isNeighbour
    self.way = way
    self.roundTrip = roundTrip
    self.clockAhead = clockAhead
    self.envelopesWaiting = envelopesWaiting
    self.bytesWaiting = bytesWaiting
    self.oldest = oldest
    self.nextAttempt = nextAttempt
    self.lastError = lastError
    self.isVerified = isVerified
  }
}
