import Core

/// What is written of people beside their accounts: what they show, and what they have decided.
extension Store {
  func set(_ value: String?, _ key: String, of target: Target) throws(StoreError) {
    guard let value else {
      return try run("DELETE FROM metadata WHERE target = ? AND key = ?", .int(target.stored), .text(key))
    }
    try run(
      "REPLACE INTO metadata (target, key, value) VALUES (?, ?, ?)", .int(target.stored), .text(key), .text(value))
  }

  func set(_ preference: Preference, about target: PreferenceTarget, of person: PersonID) throws(StoreError) {
    let (id, realm) = target.stored
    guard !preference.isEmpty else {
      return try run(
        "DELETE FROM preference WHERE person = ? AND target = ? AND realm = ?", .int(person.rawValue), .int(id),
        .text(realm))
    }
    try run(
      "REPLACE INTO preference (person, target, realm, flags) VALUES (?, ?, ?, ?)", .int(person.rawValue), .int(id),
      .text(realm), .int(Int64(preference.rawValue)))
  }

  // Loading.

  func metadata() throws(StoreError) -> [MetadataRecord] {
    try database.rows("SELECT target, key, value FROM metadata ORDER BY target, key") {
      MetadataRecord(target: Target(stored: $0.int(0)), key: $0.text(1), value: $0.text(2))
    }
  }

  func preferences() throws(StoreError) -> [PreferenceRecord] {
    try database.rows("SELECT person, target, realm, flags FROM preference ORDER BY person, target, realm") {
      PreferenceRecord(
        person: PersonID(rawValue: $0.int(0)), target: PreferenceTarget(stored: $0.int(1), realm: $0.text(2)),
        preference: Preference(rawValue: UInt8(truncatingIfNeeded: $0.int(3))))
    }
  }

  func messageRequests() throws(StoreError) -> [MessageRequestRecord] {
    try database.rows("SELECT person, sender, position FROM message_request ORDER BY position") {
      MessageRequestRecord(
        person: PersonID(rawValue: $0.int(0)), sender: PersonID(rawValue: $0.int(1)), position: $0.int(2))
    }
  }

  func addRequest(of sender: PersonID, to person: PersonID, at position: Position) throws(StoreError) {
    try run(
      "INSERT INTO message_request (person, sender, position) VALUES (?, ?, ?)", .int(person.rawValue),
      .int(sender.rawValue), .int(position))
  }

  func endRequest(of sender: PersonID, to person: PersonID) throws(StoreError) {
    try run(
      "DELETE FROM message_request WHERE person = ? AND sender = ?", .int(person.rawValue), .int(sender.rawValue))
  }

  func add(_ message: SentMessage, of person: PersonID) throws(StoreError) {
    try run(
      "INSERT INTO sent (person, number, key, target, epoch, counter, time) VALUES (?, ?, ?, ?, ?, ?, ?)",
      .int(person.rawValue), .int(message.number), .bytes(message.key), .int(message.target.stored),
      .int(Int64(bitPattern: message.id.epoch)), .int(Int64(bitPattern: message.id.counter)), .int(message.time))
    try run(
      "DELETE FROM sent WHERE person = ? AND number <= ?", .int(person.rawValue),
      .int(message.number - Int64(Limits.sentMessages)))
  }

  func forgetSent(_ id: MessageID, of person: PersonID) throws(StoreError) {
    try run(
      "DELETE FROM sent WHERE person = ? AND epoch = ? AND counter = ?", .int(person.rawValue),
      .int(Int64(bitPattern: id.epoch)), .int(Int64(bitPattern: id.counter)))
  }
}

extension PreferenceTarget {
  fileprivate var stored: (target: Int64, realm: String) {
    switch self {
    case .person(let person): (Target.person(person).stored, "")
    case .group(let group): (Target.group(group).stored, "")
    case .realm(let name): (0, name)
    }
  }

  fileprivate init(stored: Int64, realm: String) {
    switch Target(stored: stored) {
    case .person(.nobody): self = .realm(realm)
    case .person(let person): self = .person(person)
    case .group(let group): self = .group(group)
    }
  }
}
