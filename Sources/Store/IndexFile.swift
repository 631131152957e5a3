import Core

/// The file of the index: what finds entries of the log by conversation and by id. It holds nothing that the log does
/// not, so whenever it is not as expected it is thrown away and made anew.
enum IndexFile {
  /// "MooI".
  static let applicationID: Int64 = 0x4D6F_6F49
  /// Counts up with every change of the schema below.
  static let version = 5

  static let schema = """
    -- The entries of a conversation, in order, messages apart from events and from what moderates: a page of messages
    -- is read without looking at what lies between them. A row packs neighbours: see Chunk.
    CREATE TABLE chunk (
      low INTEGER NOT NULL,  -- the conversation: both persons, the smaller id first; or a group, sign turned, and 0
      high INTEGER NOT NULL,
      stream INTEGER NOT NULL,
      first INTEGER NOT NULL,  -- the position of its first item
      items BLOB NOT NULL,
      PRIMARY KEY (low, high, stream, first)
    ) WITHOUT ROWID;
    -- Where ids lie: entries that follow one another in the log mostly have ids that do too, so one row stands for a
    -- run of them.
    CREATE TABLE id_run (
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      position INTEGER NOT NULL,
      length INTEGER NOT NULL,
      PRIMARY KEY (epoch, counter, position)
    ) WITHOUT ROWID;
    -- Where ids lie that another entry may have too, one that is set apart or of a group that was left: each of them.
    CREATE TABLE lone_id (
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (epoch, counter, position)
    ) WITHOUT ROWID;
    -- With whom a person has exchanged messages, and the last of them.
    CREATE TABLE correspondent (
      person INTEGER NOT NULL,
      other INTEGER NOT NULL,
      position INTEGER NOT NULL,
      time INTEGER NOT NULL,
      PRIMARY KEY (person, other)
    ) WITHOUT ROWID;
    -- How far the log is indexed, and which entry lies there: an index of another log is known by that.
    CREATE TABLE watermark (
      position INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL
    );
    INSERT INTO watermark VALUES (0, 0, 0);
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    """

  /// Whether this is an index of the version in use.
  static func isCurrent(_ database: Database) throws(StoreError) -> Bool {
    let foundID = try database.number("PRAGMA application_id")
    let foundVersion = try database.number("PRAGMA user_version")
    return foundID == applicationID && foundVersion == Int64(version)
  }
}

/// What separates what is said in a conversation from what happens there, and what both sides of a private one see
/// from what one of them does.
enum Stream: Int64 {
  /// Messages and notices, what every client may be sent; and what became of a message, which its sender must hear.
  case messages = 0
  /// Joins, parts and TAGMSG, for clients that ask for events. IRCv3 chathistory counts TAGMSG among these: a client
  /// without event-playback must get nothing but PRIVMSG and NOTICE.
  case events = 1
  /// What changes a group, and what is taken back: events too, and by themselves the moderation log.
  case acts = 2

  // The same where only the one with the lower id sees it, or only the other.

  case messagesOfLow = 3
  case eventsOfLow = 4
  case actsOfLow = 5
  case messagesOfHigh = 6
  case eventsOfHigh = 7
  case actsOfHigh = 8

  /// Those that all who may read a conversation see.
  static let shared: [Stream] = [.messages, .events, .acts]

  /// What only one side of a private conversation sees of a shared stream; nil for groups and for who is no side.
  func only(of person: PersonID, in key: ConversationKey) -> Stream? {
    guard !key.isGroup, rawValue < 3 else { return nil }
    if person.rawValue == key.low { return Stream(rawValue: rawValue + 3) }
    return person.rawValue == key.high ? Stream(rawValue: rawValue + 6) : nil
  }
}

extension Stream {
  /// Where an entry lies, as the columns of the log have it.
  init(kind: Int64, hidden: Int64, target: Int64, sender: Int64) {
    self = EntryKind(rawValue: UInt8(truncatingIfNeeded: kind))?.stream ?? .events
    guard hidden != 0 else { return }
    let viewer = PersonID(rawValue: hidden == Int64(HiddenFrom.sender.rawValue) ? target : sender)
    self = only(of: viewer, in: ConversationKey(target: target, sender: sender)) ?? self
  }
}

extension EntryKind {
  var stream: Stream {
    switch self {
    case .message, .notice, .multiline, .refusal, .removed: .messages
    case .tagMessage, .join, .part, .create: .events
    case .kick, .mode, .topic, .rename, .redact: .acts
    }
  }

  /// The kinds of `Stream.messages`, for use in a query.
  static let messagesSQL = "(\(messages.map { String($0.rawValue) }.joined(separator: ", ")))"
  private static let messages: [EntryKind] = [.message, .notice, .multiline, .refusal, .removed]
}

/// A conversation as the index orders them.
struct ConversationKey: Hashable, Comparable {
  var low: Int64
  var high: Int64

  init(_ conversation: Conversation) {
    switch conversation {
    case .pair(let a, let b):
      low = min(a.rawValue, b.rawValue)
      high = max(a.rawValue, b.rawValue)
    case .group(let group):
      low = -group.rawValue
      high = 0
    }
  }

  /// The conversation of an entry, from its columns `target` and `sender`.
  init(target: Int64, sender: Int64) {
    low = target < 0 ? target : min(target, sender)
    high = target < 0 ? 0 : max(target, sender)
  }

  var isGroup: Bool { low < 0 }

  static func < (a: ConversationKey, b: ConversationKey) -> Bool { (a.low, a.high) < (b.low, b.high) }
}
