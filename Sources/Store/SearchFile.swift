import Core
import Wire

/// The file of the search index: which messages hold which words. It holds nothing that the log does not, and only
/// tells where to look: what is found is compared with the log. It is there once somebody has searched.
///
/// Words lie in shards, each a table of its own for a stretch of the log: SQLite's full-text index cannot forget a
/// text that nobody has any more, so a shard is made anew where texts were erased.
enum SearchFile {
  /// "MooS".
  static let applicationID: Int64 = 0x4D6F_6F53
  /// Counts up with every change of the schema below, and of how texts are taken apart (`SearchText`).
  static let version = 1

  /// Positions of a shard, as a power of two. Making one anew takes a second or two; finding that it lacks a word some
  /// twenty microseconds.
  static let shardBits: Int64 = 16
  /// The same for what is known of the times in a stretch of the log.
  static let spanBits: Int64 = 12

  static let schema = """
    CREATE TABLE shard (
      id INTEGER PRIMARY KEY,  -- its positions without their lower bits; its words lie in words_<id>
      is_stale INTEGER NOT NULL DEFAULT 0  -- it holds words of texts that were erased
    );
    CREATE TABLE span (
      id INTEGER PRIMARY KEY,  -- as of a shard
      first_time INTEGER NOT NULL,
      last_time INTEGER NOT NULL
    );
    -- How far the log is indexed, which entry lies there, and up to which change of entries before.
    CREATE TABLE watermark (
      position INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      change INTEGER NOT NULL
    );
    INSERT INTO watermark VALUES (0, 0, 0, 0);
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    """

  /// The words come taken apart already, so that this table and `SearchText` agree: a space divides, `_` begins the
  /// keys of conversations and authors. Nothing but which entry has a word is kept: neither text nor places.
  static func shardSchema(_ shard: Int64) -> String {
    """
    CREATE VIRTUAL TABLE words_\(shard) USING fts5 (
      words, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '_'"
    )
    """
  }

  /// Whether this is a search index of the version in use.
  static func isCurrent(_ database: Database) throws(StoreError) -> Bool {
    let foundID = try database.number("PRAGMA application_id")
    let foundVersion = try database.number("PRAGMA user_version")
    return foundID == applicationID && foundVersion == Int64(version)
  }

  // Keys beside words.

  static func key(ofGroup group: Int64) -> String { "_g\(group)" }
  static func key(ofCorrespondent person: Int64) -> String { "_p\(person)" }
  static func key(ofAuthor person: Int64) -> String { "_f\(person)" }
  static func key(ofNick nick: String) -> String {
    "_n" + nick.utf8.map { String($0, radix: 16) }.joined(separator: "_")
  }
}

/// What a search index has of an entry of the log.
struct SearchRow {
  static let columns = "position, target, sender, kind, time, nick, epoch, counter, body"

  var position: Position
  var time: Milliseconds
  var epoch: Int64
  var counter: Int64
  /// With spaces between; empty for what nobody searches for.
  var words: [UInt8] = []

  /// Reads a row of `columns`.
  init(_ row: Statement) {
    position = row.int(0)
    time = row.int(4)
    epoch = row.int(6)
    counter = row.int(7)
    guard let kind = EntryKind(rawValue: UInt8(truncatingIfNeeded: row.int(3))), kind.isSearched else { return }
    let entry = Entry(
      position: position, target: Target(stored: row.int(1)), number: 0, kind: kind, time: time,
      sender: PersonID(rawValue: row.int(2)), id: MessageID(epoch: 0, counter: 0), body: row.bytes(8))
    var keys: [String] = []
    switch entry.target {
    case .group(let group): keys.append(SearchFile.key(ofGroup: group.rawValue))
    case .person(let person):
      keys.append(SearchFile.key(ofCorrespondent: person.rawValue))
      keys.append(SearchFile.key(ofCorrespondent: entry.sender.rawValue))
    }
    if entry.sender != .nobody { keys.append(SearchFile.key(ofAuthor: entry.sender.rawValue)) }
    let nick = row.bytes(5)
    if !nick.isEmpty { keys.append(SearchFile.key(ofNick: fold(String(decoding: nick, as: UTF8.self)))) }
    words = Array(keys.joined(separator: " ").utf8)
    for key in SearchText.keys(of: SearchText.units(of: Multiline.text(of: entry))) {
      words.append(32)
      words += key
    }
  }
}

extension EntryKind {
  /// What SEARCH finds (soju.im/search, "SEARCH Command"): PRIVMSG and NOTICE.
  var isSearched: Bool {
    switch self {
    case .message, .notice, .multiline: true
    default: false
    }
  }

  /// The kinds of `isSearched`, for use in a query.
  static let searchedSQL =
    "(\(EntryKind.message.rawValue), \(EntryKind.notice.rawValue), \(EntryKind.multiline.rawValue))"
}
