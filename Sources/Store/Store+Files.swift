package import Core

/// What is written and read of files: their records. What is in them lies beside the database.
extension Store {
  func add(_ file: FileRecord) throws(StoreError) {
    try run(
      "INSERT INTO file (id, account, name, type, is_shown, size, hash, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      .text(file.id), .int(file.account.rawValue), .text(file.name), .text(file.type), .int(file.isShown ? 1 : 0),
      .int(file.size), .bytes(file.hash), .int(file.created))
  }

  func loadFiles() throws(StoreError) -> [(account: PersonID, usage: FileUsage)] {
    try database.rows("SELECT account, count(*), sum(size) FROM file GROUP BY account ORDER BY account") {
      (PersonID(rawValue: $0.int(0)), FileUsage(files: Int($0.int(1)), bytes: $0.int(2)))
    }
  }
}

extension StoreReader {
  private static let fileColumns = "id, account, name, type, is_shown, size, hash, created"

  private static func file(_ row: Statement) -> FileRecord {
    FileRecord(
      id: row.text(0), account: PersonID(rawValue: row.int(1)), name: row.text(2), type: row.text(3),
      isShown: row.int(4) != 0, size: row.int(5), hash: row.bytes(6), created: row.int(7))
  }

  func files(_ query: FileQuery) throws(StoreError) -> [FileRecord] {
    let limit = Value.int(Int64(Limits.filesListed))
    switch query {
    case .one(let id): return try file(id).map { [$0] } ?? []
    case .of(let person):
      return try log.rows(
        "SELECT \(Self.fileColumns) FROM file WHERE account = ? ORDER BY created DESC, id LIMIT ?",
        .int(person.rawValue), limit
      ) { Self.file($0) }
    case .before(let time):
      return try log.rows(
        "SELECT \(Self.fileColumns) FROM file WHERE created < ? ORDER BY created, id LIMIT ?", .int(time), limit
      ) { Self.file($0) }
    case .fetched:
      return try log.rows(
        "SELECT \(Self.fileColumns) FROM file WHERE account = ? ORDER BY created, id LIMIT ?",
        .int(PersonID.nobody.rawValue), limit
      ) { Self.file($0) }
    }
  }

  // For the thread that moves files.

  /// The record of a file; nil for one that is not there.
  package func file(_ id: String) throws(StoreError) -> FileRecord? {
    try log.first("SELECT \(Self.fileColumns) FROM file WHERE id = ?", .text(id)) { Self.file($0) }
  }

  /// Whether a record names what has this hash.
  package func isFileKept(_ hash: [UInt8]) throws(StoreError) -> Bool {
    try log.number("SELECT EXISTS (SELECT 1 FROM file WHERE hash = ?)", .bytes(hash)) != 0
  }
}
