/// What two realms say to each other within a circuit (docs/link-protocol.md, "Items"). A frame holds several.
package enum Item: Equatable, Sendable {
  // The circuit itself.

  /// The first item in both directions: the last of the receiver's envelopes that the sender has applied, by epoch.
  case positions([EnvelopeName])
  /// All frames up to this count are taken, and what they brought is on disk.
  case acknowledge(UInt64)
  /// Envelopes one after the other, as a row of an outbox has them (`ItemCoder.envelopes`); this names the first, and
  /// the rest count on from it.
  case envelopes(EnvelopeName, [UInt8])

  // Groups: from the home unless said otherwise.

  /// The receiver has members in this group: it may follow it.
  case offer(group: Int64)
  /// From a follower: send what comes after this entry of the group's log, after a snapshot where it needs one. Number
  /// 0: a snapshot, and what came since the follower's people are members.
  case follow(group: Int64, EntryMark, needsSnapshot: Bool)
  /// From a follower: it has no members in the group any more.
  case unfollow(group: Int64)
  /// The state of a group after an entry, in parts; the follower begins anew from it.
  case snapshot(SnapshotPart)
  /// What came next in the log, without gaps.
  case entries(group: Int64, [GroupEntry])
  /// All there is was sent: from here on it is live.
  case caughtUp(group: Int64)
  /// The group has ended, or the receiver has no members in it.
  case gone(group: Int64)
  /// From a follower: is this entry in the log?
  case compare(group: Int64, EntryMark)
  /// Whether it is. Unasked, after `follow`: it is not, and nothing is sent.
  case compared(group: Int64, number: Int64, isThere: Bool)

  /// For how many days the sender keeps what is said in its groups, 0 for ever: the receiver keeps it no longer.
  case keeping(days: Int)

  // What nobody stores.

  /// What is not kept: typing, to a person or, at the home and from it, to a group; and what is said to a rank.
  case fleeting(Fleeting)
  /// Asks for one of the queries of IRC on behalf of a user of the sender's.
  case query(id: UInt64, from: String, command: String, parameters: [String])
  case answer(id: UInt64, [QueryReply])
  /// From now on, tell of these accounts of yours whether they are there.
  case watch([String])
  case unwatch([String])
  /// Whether an account of the sender's is there, with what it is away, and its real name; nil where it is not there.
  case presence(name: String, away: String?, realName: String?, isOnline: Bool)
  /// From now on, tell what these accounts of yours show.
  case wantMetadata([String])
  /// All that an account of the sender's, or a group of its that the receiver follows, shows.
  case metadata(MetadataOwner, [Metadata.Field])
  /// Send this file of yours, from one place to another; the number is the sender's own.
  case fileWanted(number: UInt64, id: String, from: Int64, to: Int64)
  /// A part of it, which begins `at`.
  case filePart(number: UInt64, FileHead, at: Int64, [UInt8])
  /// There is no such file; or there is, but others are just sent.
  case fileMissing(number: UInt64, isBusy: Bool)
}

/// Whose metadata an item tells.
package enum MetadataOwner: Equatable, Sendable {
  case person(String)
  case group(Int64)
}

/// Names an envelope among all of its origin to one destination: the start of the origin's process, and a count in it.
package struct EnvelopeName: Hashable, Sendable {
  package var epoch: UInt64
  package var number: UInt64
  package init(epoch: UInt64, number: UInt64) {
    self.epoch = epoch
    self.number = number
  }
}

/// A person as one realm names it to another.
package struct PersonName: Hashable, Sendable {
  /// The account, or a guest's nick.
  package var name: String
  package var realm: String
  package var isGuest: Bool
  package init(name: String, realm: String, isGuest: Bool = false) {
    self.name = name
    self.realm = realm
    self.isGuest = isGuest
  }
}

/// One durable item from one realm to another. It is applied once, or refused and counted as taken.
/// People of the origin are named without their realm: nobody can speak for another's.
package enum Envelope: Equatable, Sendable {
  /// A private message; both ends log it.
  case message(Letter, to: String)
  /// A message for the log of a group of the receiver's.
  case groupMessage(Letter, group: Int64)
  /// JOIN, PART, KICK, MODE, TOPIC or INVITE for a group of the receiver's, by its name there.
  case request(MessageID, from: String, command: String, parameters: [String])
  /// What came of a request, as numerics and standard replies for the user who made it. Without replies: done.
  case replies(MessageID, to: String, [QueryReply])
  /// A message of the receiver's user cannot be delivered.
  case refusal(of: MessageID, EntryKind, to: String, target: String, reason: String)
  /// Tells a user of the receiver's that it is invited.
  case invitation(from: PersonName, to: String, group: Int64, name: String)
  /// It has waited too long and is empty now; the number counts as taken.
  case expired
  /// Of a kind that this version does not know, or not as its kind should be: to be refused, and counts as taken.
  case unreadable(UnreadableEnvelope)
}

/// An envelope as it came.
package struct UnreadableEnvelope: Equatable, Sendable {
  package var kind: UInt8
  /// What it is about; zeros if not even that can be read.
  package var id: MessageID
  /// The user of the origin who is to be told that it was refused; empty: nobody.
  package var from: String
  /// All that follows the kind: passed on as it is.
  package var content: [UInt8]
  package init(kind: UInt8, id: MessageID, from: String, content: [UInt8]) {
    self.kind = kind
    self.id = id
    self.from = from
    self.content = content
  }
}

/// What somebody says.
package struct Letter: Equatable, Sendable {
  package var from: String
  package var kind: EntryKind
  package var id: MessageID
  /// When the origin took it.
  package var time: Milliseconds
  package var tags: [UInt8]
  package var body: [UInt8]
  package init(from: String, kind: EntryKind, id: MessageID, time: Milliseconds, tags: [UInt8], body: [UInt8]) {
    self.from = from
    self.kind = kind
    self.id = id
    self.time = time
    self.tags = tags
    self.body = body
  }

  /// The id of the message that it takes back or edits.
  var revised: MessageID? { Entry.revised(by: kind, tags, body) }
}

/// One entry of a group's log, as the home tells it. Names in the body of a KICK or MODE are the home's: `bob` is its
/// own, `bob/beta` another's.
package struct GroupEntry: Equatable, Sendable {
  package var number: Int64
  package var kind: EntryKind
  package var time: Milliseconds
  package var id: MessageID
  /// Nil for an act of the realm itself.
  package var sender: PersonName?
  package var tags: [UInt8]
  package var body: [UInt8]
  package init(
    number: Int64, kind: EntryKind, time: Milliseconds, id: MessageID, sender: PersonName?, tags: [UInt8],
    body: [UInt8]
  ) {
    self.number = number
    self.kind = kind
    self.time = time
    self.id = id
    self.sender = sender
    self.tags = tags
    self.body = body
  }
}

/// A part of a group's state: all parts have the head, and some of the members and masks.
package struct SnapshotPart: Equatable, Sendable {
  package var group: Int64
  package var name: String
  package var created: Milliseconds
  package var founder: PersonName?
  package var modes: GroupModes
  package var topic: Topic?
  /// The entry after which this is the state.
  package var number: Int64
  package var id: MessageID
  package var members: [SnapshotMember]
  package var masks: [MaskRecord]
  package var isLast: Bool
  package init(
    group: Int64, name: String, created: Milliseconds, founder: PersonName?, modes: GroupModes, topic: Topic?,
    number: Int64, id: MessageID, members: [SnapshotMember], masks: [MaskRecord], isLast: Bool
  ) {
    self.group = group
    self.name = name
    self.created = created
    self.founder = founder
    self.modes = modes
    self.topic = topic
    self.number = number
    self.id = id
    self.members = members
    self.masks = masks
    self.isLast = isLast
  }
}

/// A member in a snapshot.
package struct SnapshotMember: Equatable, Sendable {
  package var person: PersonName
  package var ranks: Ranks
  package var since: Int64
  package init(person: PersonName, ranks: Ranks, since: Int64) {
    self.person = person
    self.ranks = ranks
    self.since = since
  }
}

/// What nobody keeps: a TAGMSG, or what is said to those of a group who hold a rank.
package struct Fleeting: Equatable, Sendable {
  /// Whom it is for.
  package enum Target: Equatable, Sendable {
    case person(String)
    /// A group of the receiver's.
    case group(Int64)
    /// A group of the sender's, which the receiver follows.
    case groupAtHome(Int64)
  }
  package var from: PersonName
  package var target: Target
  /// In a group: it is for those who hold this rank or one above it; none: for everybody.
  package var rank: Ranks
  package var kind: EntryKind
  /// Nil for typing.
  package var id: MessageID?
  package var tags: [UInt8]
  package var body: [UInt8]
  package init(
    from: PersonName, target: Target, rank: Ranks = [], kind: EntryKind = .tagMessage, id: MessageID? = nil,
    tags: [UInt8], body: [UInt8] = []
  ) {
    self.from = from
    self.target = target
    self.rank = rank
    self.kind = kind
    self.id = id
    self.tags = tags
    self.body = body
  }
}

/// One line of an answer, without source and nick: the numeric, or the standard reply, and its parameters as the
/// answering realm names things.
package struct QueryReply: Equatable, Sendable {
  /// `319`, or `FAIL JOIN`.
  package var command: String
  package var words: [String]
  package var text: String?
  package init(command: String, words: [String], text: String?) {
    self.command = command
    self.words = words
    self.text = text
  }
}
