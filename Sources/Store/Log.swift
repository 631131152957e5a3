import CSQLite
import Core

/// How an entry of the log stands in its row.
enum LogRow {
  static let columns = "position, target, number, kind, time, sender, nick, epoch, counter, tags, body, link, hidden"
  static let insert = "INSERT INTO entry (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
  static let select = "SELECT \(columns) FROM entry WHERE position = ?"
}

extension Target {
  /// Persons and groups share a column: a group has its sign turned.
  @inline(__always)
  var stored: Int64 {
    switch self {
    case .person(let person): person.rawValue
    case .group(let group): -group.rawValue
    }
  }

  @inline(__always)
  init(stored: Int64) {
    self = stored < 0 ? .group(GroupID(rawValue: -stored)) : .person(PersonID(rawValue: stored))
  }
}

extension Statement {
  /// Appends the entry to the log; the statement is `LogRow.insert`. The hottest road of the store: no String, and the
  /// text, which every message has, is not copied on its way.
  func append(_ entry: Entry) throws(StoreError) {
    bind(entry.position, at: 1)
    bind(entry.target.stored, at: 2)
    bind(entry.number, orNullFor: 0, at: 3)
    bind(Int64(entry.kind.rawValue), at: 4)
    bind(entry.time, at: 5)
    bind(entry.sender.rawValue, orNullFor: 0, at: 6)
    bindOrNull(entry.nick, at: 7)
    bind(Int64(bitPattern: entry.id.epoch), at: 8)
    bind(Int64(bitPattern: entry.id.counter), at: 9)
    bindOrNull(entry.tags, at: 10)
    bind(entry.link, orNullFor: 0, at: 12)
    bind(Int64(entry.hiddenFrom.rawValue), orNullFor: 0, at: 13)
    if entry.body.isEmpty {
      bindNull(at: 11)
      return try run()
    }
    try entry.body.withUnsafeBufferPointer { (bytes) throws(StoreError) in
      bindInPlace(bytes, at: 11)
      try run()
    }
    bindNull(at: 11)  // the bytes may be gone after this
  }

  @inline(__always)
  func bind(_ value: Int64, orNullFor empty: Int64, at index: Int32) {
    if value == empty { bindNull(at: index) } else { bind(value, at: index) }
  }

  @inline(__always)
  private func bindOrNull(_ bytes: [UInt8], at index: Int32) {
    if bytes.isEmpty { bindNull(at: index) } else { bind(bytes, at: index) }
  }

  /// The entry in this row; the columns are `LogRow.columns`.
  func entry(path: String) throws(StoreError) -> Entry {
    guard let kind = EntryKind(rawValue: UInt8(truncatingIfNeeded: int(3))) else {
      throw .corrupt(path: path, detail: "entry \(int(0)) of the log is of an unknown kind, \(int(3))")
    }
    var entry = Entry(
      position: int(0), target: Target(stored: int(1)), number: int(2), kind: kind, time: int(4),
      sender: PersonID(rawValue: int(5)), nick: bytes(6),
      id: MessageID(epoch: UInt64(bitPattern: int(7)), counter: UInt64(bitPattern: int(8))), tags: bytes(9),
      body: bytes(10))
    entry.link = int(11)
    entry.hiddenFrom = HiddenFrom(rawValue: UInt8(truncatingIfNeeded: int(12))) ?? .addressee
    return entry
  }
}
