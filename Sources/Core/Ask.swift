/// Names one request of the core to the world outside a turn.
package typealias AskID = UInt64

/// Something slow that the core wants done outside its turn. It is released after the turn's commit, so whoever reads
/// the store for it sees all that was written up to and with that turn. The answer returns as `Event.answer`.
package enum Ask: Equatable, Sendable {
  // Keys: CPU, done by the keys worker.

  /// Is this the account's password, or one of its device tokens? `device` names the device for password logins.
  case verify(PersonID, secret: [UInt8])
  /// Whose token is this?
  case tokenOwner([UInt8])
  /// Is this the password of a verifier that the core itself holds (an operator's)?
  case verifyOperator(Verifier, secret: [UInt8])
  /// What SCRAM tells of an account's password: one that looks real for an account that does not exist.
  case scram(PersonID, name: String)
  /// Does a client's proof over a message show that it knows the password of a verifier (RFC 5802, section 3)?
  case scramProof(Verifier, message: [UInt8], proof: [UInt8])
  /// Derive the stored form of a new password.
  case derive(secret: [UInt8], iterations: Int)
  /// Make a fresh device token: 32 random bytes in text form, and their SHA-256.
  case makeToken

  // Reads: the store, done by the reads worker.

  case loadAccount(PersonID)
  case loadGroup(GroupID)
  case devices(PersonID)
  /// The invitations of an account that are open, the oldest first, up to so many of the newest.
  case invitations(PersonID, limit: Int)
  case listGroups
  case history(HistoryQuery)
  /// What somebody names by its id, if it is in that conversation.
  case entry(MessageID, Conversation)
  /// The entries at these positions, as far as they are there.
  case entries([Position])
  /// The entries noted by `Write.revision` whose word is still to be done, the oldest, up to so many.
  case revisions(limit: Int)
  /// The conversations of an account with news after one time and before another, by the time of it: the first so
  /// many, or the last (draft/chathistory TARGETS).
  case conversations(
    PersonID, groups: [GroupSince], after: Milliseconds, before: Milliseconds, newest: Bool, limit: Int)
  /// What an account has missed: entries after a position, in order of arrival: private messages to and from it, and
  /// the log of the groups named (from the number given on).
  case missed(PersonID, groups: [GroupSince], after: Position, limit: Int)
  /// Records of files, up to `Limits.filesListed`.
  case files(FileQuery)
  /// Messages by their words, done by the searches worker.
  case search(SearchQuery)

  /// What is too old to be kept, a part at a time.
  case aged(AgedQuery)

  /// Rows of a realm's outbox that come after an envelope (nil: from the oldest on), the oldest epoch first, up to so
  /// many bytes but at least one.
  case outbox(realm: String, after: EnvelopeName?, bytes: Int)
  /// The log of a group after a number, without gaps, up to so many entries and bytes but at least one.
  case groupLog(GroupID, after: Int64, limit: Int, bytes: Int)

  /// The messages of a replica's log that were set apart and have not come to its home again: the oldest, up to so
  /// many.
  case setApart(GroupID, limit: Int)

  /// The groups of this realm that people of another realm are members of.
  case groupsShared(realm: String)

  // Calls: requests to servers elsewhere, done by threads of their own.

  case deliver(Delivery)
  case push(Push)

  // Upkeep.

  case backup(path: String)
}

/// A group, and the first number of its log and the time from which on the asker may see it.
package struct GroupSince: Equatable, Sendable {
  package var group: GroupID
  package var since: Int64
  package var notBefore: Milliseconds
  package init(group: GroupID, since: Int64, notBefore: Milliseconds = 0) {
    self.group = group
    self.since = since
    self.notBefore = notBefore
  }
}

/// A conversation as the log sees it.
package enum Conversation: Hashable, Sendable {
  /// Two persons; the first is the one who asks, and is shown what it sees.
  case pair(PersonID, PersonID)
  case group(GroupID)

  /// Who asks, of a private one.
  package var reader: PersonID? {
    if case .pair(let reader, _) = self { reader } else { nil }
  }
}

/// A place in a conversation: an entry named by its id, or a time (IRCv3 draft/chathistory).
package enum HistoryPoint: Equatable, Sendable {
  case id(MessageID)
  case time(Milliseconds)
}

/// Which part of a conversation is wanted. Bounds exclude the entry they name.
package enum HistorySpan: Equatable, Sendable {
  /// The newest; with a point, only what came after it.
  case latest(after: HistoryPoint?)
  case before(HistoryPoint)
  case after(HistoryPoint)
  /// Half before and half from the point on, which is included.
  case around(HistoryPoint)
  /// Between two points, counted from the first, whichever is the later in time.
  case between(HistoryPoint, HistoryPoint)
}

/// What a client asks of the history of one conversation.
package struct HistoryQuery: Equatable, Sendable {
  package var conversation: Conversation
  package var span: HistorySpan
  /// At most this many entries.
  package var limit: Int
  /// Only entries of the group's log from this number on; 0 for all.
  package var since: Int64
  /// Whether joins, parts and other events of a group are wanted besides messages.
  package var events: Bool
  /// Only what changes a group, its moderation log, instead of what is said.
  package var acts = false
  /// Only entries from this time on; 0 for all.
  package var notBefore: Milliseconds
  /// At most so much, as `Entry.weight` counts, but one entry in any case.
  package var bytes: Int
  package init(
    conversation: Conversation, span: HistorySpan, limit: Int, since: Int64 = 0, events: Bool = false,
    notBefore: Milliseconds = 0, bytes: Int = .max
  ) {
    self.conversation = conversation
    self.span = span
    self.limit = limit
    self.since = since
    self.events = events
    self.notBefore = notBefore
    self.bytes = bytes
  }
}

/// An entry that was looked for by its id; by the id of an edit of it, the entry itself.
package struct FoundEntry: Equatable, Sendable {
  package var entry: Entry
  /// Where the log has it: more than once where its group was set back, or followed anew.
  package var copies: [Position]
  package init(entry: Entry, copies: [Position]) {
    self.entry = entry
    self.copies = copies
  }
}

/// An entry that takes another back or edits it, and that other one, where the log has it.
package struct Revision: Equatable, Sendable {
  package var entry: Entry
  package var of: FoundEntry?
  /// It is set apart: its word does not count.
  package var isApart: Bool
  package init(entry: Entry, of: FoundEntry?, isApart: Bool = false) {
    self.entry = entry
    self.of = of
    self.isApart = isApart
  }
}

/// A conversation and when its last entry was stored.
package struct ConversationSummary: Equatable, Sendable {
  package var target: Target
  package var time: Milliseconds
  package init(target: Target, time: Milliseconds) {
    self.target = target
    self.time = time
  }
}

/// Who logs in, once a secret was verified.
package enum Verified: Equatable, Sendable {
  /// The account's password.
  case password
  /// The token of one of its devices.
  case token(DeviceRecord)
  case refused
}

/// What came of an `Ask`.
package enum Answer: Equatable, Sendable {
  case verified(Verified)
  case derived(Verifier)
  /// With a nonce of the server's.
  case scram(Verifier, nonce: String)
  /// The server's signature where the proof is good; nil where it is not.
  case scramChecked([UInt8]?)
  case token(secret: String, hash: [UInt8])
  case account(AccountState)
  /// nil: there is no such group in the store.
  case group(GroupState?)
  case devices([DeviceRecord])
  case invitations([Invitation])
  case groups([GroupSummary])
  /// Oldest first.
  case history([Entry])
  case entry(FoundEntry?)
  case revisions([Revision])
  /// The entry that a query named by id is not in that conversation.
  case unknownMessage
  /// Newest first.
  case conversations([ConversationSummary])
  /// `upTo`: everything up to this position was looked at.
  case missed([Entry], upTo: Position)
  /// In the order of the log. `lookedUpTo`: there was so much to look at that it ended there; nil: that is all.
  case found([Entry], lookedUpTo: Milliseconds?)
  case aged(Aged)
  case files([FileRecord])
  case outbox([OutboxRow])
  case groupLog([Entry])
  case groupsShared([GroupID])
  case called(CallOutcome)
  case backedUp(bytes: Int64)
  /// It could not be done, in words for people: the worker's queue is full, the disk refused.
  case failed(String)
}
