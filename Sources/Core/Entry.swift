/// What an entry of the log says. The raw values are stored: never reuse one.
package enum EntryKind: UInt8, Sendable {
  case message = 1  // PRIVMSG
  case notice = 2
  case tagMessage = 3
  /// A PRIVMSG of several lines: the body is as `Multiline` puts them together.
  case multiline = 4
  case join = 10
  case part = 11
  case kick = 12
  case mode = 13
  case topic = 14
  case create = 15
  /// The group's name before and after, and behind ` :` the reason.
  case rename = 17
  /// A message is taken back: its id, and behind ` :` the reason (IRCv3 draft/message-redaction).
  case redact = 18
  /// What is left of a message that was taken back: who said something, when, under which id.
  case removed = 19
  /// A message could not be delivered by the other realm: the body is its id, its target and the reason, with spaces
  /// between them.
  case refusal = 16

  /// What somebody says or takes back, not what happens.
  var isSaid: Bool { canBeTakenBack || self == .redact }

  /// PRIVMSG, NOTICE and TAGMSG.
  var canBeTakenBack: Bool { isMessage || self == .notice || self == .tagMessage }

  /// A PRIVMSG, of one line or of several.
  var isMessage: Bool { self == .message || self == .multiline }

  /// What a client must have switched on to get it.
  var needed: Capabilities {
    switch self {
    case .tagMessage: .messageTags
    case .redact: .redaction
    default: []
    }
  }
}

extension Entry {
  /// About as many bytes as a client is sent of it at the most: text, tags, and a source and more for every line.
  package var weight: Int {
    let lines = kind == .multiline ? Multiline.parts(of: body).count : 1
    return body.count + tags.count + lines * 400
  }
}

/// From which side of a private conversation an entry is kept. The raw values are stored: never reuse one.
package enum HiddenFrom: UInt8, Sendable {
  case nobody = 0
  /// The addressee has blocked the sender, or has not let it in yet.
  case addressee = 1
  /// What the addressee was given of it later, in a place of its own.
  case sender = 2
}

/// To whom an entry is addressed: a person (the conversation is the pair of sender and addressee) or a group.
package enum Target: Hashable, Sendable {
  case person(PersonID)
  case group(GroupID)
}

/// One item of the realm's log: a private message, or anything that happens in a group. Written once, in the order of
/// arrival; `position` is that order. Times never go back along a log.
package struct Entry: Equatable, Sendable {
  package var position: Position
  package var target: Target
  /// The place in the group's own log, counted from 1 without gaps; 0 in a private conversation.
  package var number: Int64
  package var kind: EntryKind
  package var time: Milliseconds
  /// The account behind it, or `nobody` for a guest.
  package var sender: PersonID
  /// The nick it was sent under where that is not the account's name; empty otherwise.
  package var nick: [UInt8]
  package var id: MessageID
  /// Client-only tags as they are sent, without the leading `@`: `+reply=x;+draft/react=y`. Mostly empty.
  package var tags: [UInt8]
  /// The text of a message; for the events of a group what follows the group's name in the line
  /// (`bob :reason` of a KICK, `+o bob` of a MODE, the topic, the reason of a PART); of a RENAME all parameters.
  package var body: [UInt8]
  /// Of a message that was edited: where its newest edit lies. Of an edit: where the message lies. 0 for none.
  package var link: Position = 0
  /// In a private conversation: who does not see it.
  package var hiddenFrom = HiddenFrom.nobody

  package init(
    position: Position, target: Target, number: Int64, kind: EntryKind, time: Milliseconds, sender: PersonID,
    nick: [UInt8] = [], id: MessageID, tags: [UInt8] = [], body: [UInt8]
  ) {
    self.position = position
    self.target = target
    self.number = number
    self.kind = kind
    self.time = time
    self.sender = sender
    self.nick = nick
    self.id = id
    self.tags = tags
    self.body = body
  }
}

extension Entry {
  /// Whether somebody of a private conversation sees it.
  package func isSeen(by person: PersonID) -> Bool {
    switch hiddenFrom {
    case .nobody: true
    case .addressee: sender == person
    case .sender: target == .person(person)
    }
  }
}
