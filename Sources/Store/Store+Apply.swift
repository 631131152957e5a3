package import Core

extension Store {
  /// Commits the writes of a turn, in their order, in one transaction: all of them or, if this throws, nothing.
  package func apply(_ writes: [Write]) throws(StoreError) {
    var position = lastPosition
    do throws(StoreError) {
      try transaction { () throws(StoreError) in position = try applyAll(writes, after: position) }
    } catch {
      written.removeAll(after: lastPosition)
      realmIDs = [:]
      outboxEnds = [:]
      throw error
    }
    lastPosition = position
  }

  /// Returns the position of the log's last entry.
  private func applyAll(_ writes: [Write], after lastPosition: Position) throws(StoreError) -> Position {
    var position = lastPosition
    try checkOwner()
    let append = try database.statement(LogRow.insert)
    var lastEntries: [Int64: EntryMark] = [:]
    for write in writes {
      guard case .entry(let entry) = write else {
        if case .groupReplaced(let state) = write { lastEntries[state.id.rawValue] = nil }
        if case .replicaSetBack(let group, let mark, let after) = write {
          lastEntries[group.rawValue] = nil
          try setBack(group.rawValue, to: mark, after: after, end: position)
        }
        try apply(write)
        continue
      }
      guard entry.position > position else {
        throw .outOfOrder(path: database.path, position: entry.position, last: position)
      }
      written.append(entry, after: position)
      position = entry.position
      if case .group(let group) = entry.target {
        lastEntries[group.rawValue] = EntryMark(number: entry.number, id: entry.id, time: entry.time)
      }
      try reach(.statement)
      try append.append(entry)
    }
    // Once per group and turn, however many entries it got. In a fixed order, for the simulator.
    for (group, last) in lastEntries.sorted(by: { $0.key < $1.key }) {
      try set(last: last.number, last.id, last.time, of: group)
    }
    return position
  }

  private func set(
    last number: Int64, _ id: MessageID?, _ time: Milliseconds, of group: Int64
  ) throws(StoreError) {
    try run(
      #"UPDATE "group" SET last_number = ?, last_epoch = ?, last_counter = ?, last_time = ? WHERE id = ?"#,
      .int(number), id.map { .int(Int64(bitPattern: $0.epoch)) } ?? .null,
      id.map { .int(Int64(bitPattern: $0.counter)) } ?? .null, .int(time), .int(group))
  }

  /// What was set apart before lies within, or before all of it.
  private func setBack(
    _ group: Int64, to mark: EntryMark, after: Position, end: Position
  ) throws(StoreError) {
    try set(last: mark.number, mark == .none ? nil : mark.id, mark.time, of: group)
    try run(#"UPDATE "group" SET state_number = ? WHERE id = ?"#, .int(.max), .int(group))
    try run(#"DELETE FROM apart WHERE "group" = ? AND first > ?"#, .int(group), .int(after))
    try run(#"INSERT INTO apart ("group", first, last) VALUES (?, ?, ?)"#, .int(group), .int(after + 1), .int(end))
  }

  private func apply(_ write: Write) throws(StoreError) {
    switch write {
    case .entry, .replicaSetBack: break  // done by the caller
    case .erased, .edited, .corrected, .revision, .revised, .stray: try revise(write)
    case .aged(let aged): try age(aged)
    case .account(let account, let verifier): try add(account, verifier)
    case .accountFlags(let person, let flags): try set(flags, of: person)
    case .verifier(let person, let verifier): try set(verifier, of: person)
    case .accountDeleted(let person): try delete(person)
    case .invitationCode(let code): try set(code)
    case .invitationCodeRemoved(let id): try run("DELETE FROM invitation_code WHERE id = ?", .int(id))
    case .push(let registration): try set(registration)
    case .pushRemoved(let person, let endpoint):
      try run("DELETE FROM push WHERE account = ? AND endpoint = ?", .int(person.rawValue), .text(endpoint))
    case .webhook(let webhook): try add(webhook)
    case .outgoingWebhook(let webhook): try set(webhook)
    case .webhookRemoved(let id): try removeWebhook(id)
    case .webhookKey(let key): try add(key)
    case .file(let file): try add(file)
    case .fileRemoved(let id): try run("DELETE FROM file WHERE id = ?", .text(id))
    case .device(let device, let tokenHash): try set(device, tokenHash)
    case .devicePosition(let device, let position, let lastUsed): try set(position, lastUsed, of: device)
    case .deviceRemoved(let device): try run("DELETE FROM device WHERE id = ?", .int(device.rawValue))
    case .readMarker(let person, let marker): try set(marker, of: person)
    case .metadata(let target, let key, let value): try set(value, key, of: target)
    case .messageRequest(let person, let sender, let position): try addRequest(of: sender, to: person, at: position)
    case .messageRequestEnded(let person, let sender): try endRequest(of: sender, to: person)
    case .preference(let person, let target, let preference): try set(preference, about: target, of: person)
    case .group(let group, let name, let founder, let created, let modes):
      try run(
        #"INSERT INTO "group" (id, name, founder, created, modes) VALUES (?, ?, ?, ?, 0)"#, .int(group.rawValue),
        .text(name), .int(founder.rawValue), .int(created))
      try set(modes, of: group)
    case .groupRemoved(let group): try remove(group)
    case .groupRenamed(let group, let name):
      try run(#"UPDATE "group" SET name = ? WHERE id = ?"#, .text(name), .int(group.rawValue))
    case .groupModes(let group, let modes): try set(modes, of: group)
    case .groupTopic(let group, let topic): try set(topic, of: group)
    case .member(let group, let member): try set(member, in: group)
    case .memberRemoved(let group, let person):
      try run(
        #"DELETE FROM member WHERE "group" = ? AND person = ?"#, .int(group.rawValue), .int(person.rawValue))
    case .mask(let group, let mask): try set(mask, in: group)
    case .maskRemoved(let group, let list, let mask):
      try run(
        #"DELETE FROM mask WHERE "group" = ? AND list = ? AND mask = ?"#, .int(group.rawValue),
        .int(Int64(list.rawValue)), .text(mask))
    case .invited(let person, let invitation): try invite(person, invitation)
    case .invitationRemoved(let person, let goal): try removeInvitation(of: person, to: goal)
    case .invitationsTold(let person):
      try run("UPDATE invitation SET is_told = 1 WHERE person = ? AND is_told = 0", .int(person.rawValue))
      try run("UPDATE invitation_elsewhere SET is_told = 1 WHERE person = ? AND is_told = 0", .int(person.rawValue))
    case .person(let person): try set(person)
    case .replica(let group, let home): try set(home, of: group)
    case .groupReplaced(let state): try replace(state)
    case .outbox(let row): try post(row)
    case .acknowledged(let realm, let name): try acknowledge(name, by: realm)
    case .outboxTrimmed(let realm, let before): try trimOutbox(of: realm, before: before)
    case .applied(let realm, let name): try setApplied(name, of: realm)
    case .realm(let record): try set(record)
    case .refused(let message): try add(message)
    case .sent(let person, let message): try add(message, of: person)
    case .sentForgotten(let person, let id): try forgetSent(id, of: person)
    case .realmForgotten(let realm): try forget(realm)
    }
  }

  // Accounts and their devices.

  private func add(_ account: AccountRecord, _ verifier: Verifier) throws(StoreError) {
    try run(
      "INSERT INTO account (id, name, flags, created) VALUES (?, ?, ?, ?)", .int(account.id.rawValue),
      .text(account.name), .int(Int64(account.flags.rawValue)), .int(account.created))
    try set(verifier, of: account.id)
  }

  /// Somebody of another realm; the home may give the name in another case than the first who wrote it.
  private func set(_ person: AccountRecord) throws(StoreError) {
    try run(
      """
      INSERT INTO account (id, name, flags, created) VALUES (?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, flags = excluded.flags
      """, .int(person.id.rawValue), .text(person.name), .int(Int64(person.flags.rawValue)), .int(person.created))
  }

  private func set(_ flags: AccountFlags, of person: PersonID) throws(StoreError) {
    try run("UPDATE account SET flags = ? WHERE id = ?", .int(Int64(flags.rawValue)), .int(person.rawValue))
  }

  private func set(_ verifier: Verifier, of person: PersonID) throws(StoreError) {
    try run(
      "REPLACE INTO verifier (person, salt, iterations, stored_key, server_key) VALUES (?, ?, ?, ?, ?)",
      .int(person.rawValue), .bytes(verifier.salt), .int(Int64(verifier.iterations)), .bytes(verifier.storedKey),
      .bytes(verifier.serverKey))
  }

  private func delete(_ person: PersonID) throws(StoreError) {
    let deleted = Int64(AccountFlags.deleted.rawValue)
    try run("UPDATE account SET flags = ? WHERE id = ?", .int(deleted), .int(person.rawValue))
    try run("DELETE FROM verifier WHERE person = ?", .int(person.rawValue))
    try run("DELETE FROM device WHERE account = ?", .int(person.rawValue))
    try run("DELETE FROM push WHERE account = ?", .int(person.rawValue))
    try run("DELETE FROM file WHERE account = ?", .int(person.rawValue))
    try run("DELETE FROM read_marker WHERE person = ?", .int(person.rawValue))
    try run("DELETE FROM sent WHERE person = ?", .int(person.rawValue))
    try run("DELETE FROM invitation_elsewhere WHERE person = ?", .int(person.rawValue))
    try run("DELETE FROM metadata WHERE target = ?", .int(person.rawValue))
    try run("DELETE FROM preference WHERE person = ?", .int(person.rawValue))
    try run("DELETE FROM message_request WHERE person = ?", .int(person.rawValue))
  }

  private func set(_ code: InvitationCode) throws(StoreError) {
    try run(
      """
      INSERT INTO invitation_code (id, hash, uses, created, expires, note) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET uses = excluded.uses
      """, .int(code.id), .bytes(code.hash), .int(Int64(code.uses)), .int(code.created), .int(code.expires),
      .text(code.note))
  }

  /// Without a hash, a device that has a token keeps the one it has.
  private func set(_ device: DeviceRecord, _ tokenHash: [UInt8]?) throws(StoreError) {
    try run(
      """
      INSERT INTO device (id, account, name, token_hash, position, created, last_used) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET account = excluded.account, name = excluded.name,
        token_hash = CASE WHEN ? THEN coalesce(excluded.token_hash, token_hash) END,
        position = excluded.position, created = excluded.created, last_used = excluded.last_used
      """, .int(device.id.rawValue), .int(device.account.rawValue), .text(device.name),
      tokenHash.map { .bytes($0) } ?? .null, .int(device.position), .int(device.created), .int(device.lastUsed),
      .int(device.hasToken ? 1 : 0))
  }

  private func set(_ position: Position, _ lastUsed: Milliseconds, of device: DeviceID) throws(StoreError) {
    try run(
      "UPDATE device SET position = ?, last_used = ? WHERE id = ?", .int(position), .int(lastUsed),
      .int(device.rawValue))
  }

  private func set(_ marker: ReadMarker, of person: PersonID) throws(StoreError) {
    try run(
      "REPLACE INTO read_marker (person, target, time) VALUES (?, ?, ?)", .int(person.rawValue),
      .int(marker.target.stored), .int(marker.time))
  }

  // Groups.

  private func remove(_ group: GroupID) throws(StoreError) {
    try run(#"UPDATE "group" SET removed = 1 WHERE id = ?"#, .int(group.rawValue))
    try run(#"DELETE FROM member WHERE "group" = ?"#, .int(group.rawValue))
    try run(#"DELETE FROM mask WHERE "group" = ?"#, .int(group.rawValue))
    try run(#"DELETE FROM invitation WHERE "group" = ?"#, .int(group.rawValue))
    try run("DELETE FROM metadata WHERE target = ?", .int(Target.group(group).stored))
    try run("DELETE FROM stray_edit WHERE target = ?", .int(Target.group(group).stored))
  }

  private func set(_ topic: Topic?, of group: GroupID) throws(StoreError) {
    try run(
      #"UPDATE "group" SET topic = ?, topic_set_by = ?, topic_time = ? WHERE id = ?"#,
      topic.map { .bytes($0.text) } ?? .null, topic.map { .text($0.setBy) } ?? .null,
      topic.map { .int($0.time) } ?? .null, .int(group.rawValue))
  }

  private func set(_ member: MemberRecord, in group: GroupID) throws(StoreError) {
    try run(
      #"REPLACE INTO member ("group", person, ranks, since) VALUES (?, ?, ?, ?)"#, .int(group.rawValue),
      .int(member.person.rawValue), .int(Int64(member.ranks.rawValue)), .int(member.since))
  }

  private func set(_ modes: GroupModes, of group: GroupID) throws(StoreError) {
    try run(
      #"UPDATE "group" SET modes = ?, key = ?, member_limit = ?, looking_back = ?, keep_days = ? WHERE id = ?"#,
      .int(Int64(modes.switches.rawValue)), modes.key.map { .text($0) } ?? .null,
      modes.limit.map { .int(Int64($0)) } ?? .null, .int(Int64(modes.lookingBack.rawValue)),
      .int(Int64(modes.keepDays)), .int(group.rawValue))
  }

  private func set(_ mask: MaskRecord, in group: GroupID) throws(StoreError) {
    try run(
      #"""
      INSERT INTO mask ("group", list, mask, set_by, time) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT ("group", list, mask) DO UPDATE SET set_by = excluded.set_by, time = excluded.time
      """#, .int(group.rawValue), .int(Int64(mask.list.rawValue)), .text(mask.mask), .text(mask.setBy), .int(mask.time))
  }

  private func set(_ home: GroupHome, of group: GroupID) throws(StoreError) {
    try run(
      #"UPDATE "group" SET home_realm = ?, home_group = ? WHERE id = ?"#, .text(home.realm), .int(home.group),
      .int(group.rawValue))
  }

  /// Invitations stay: they are this realm's own.
  private func replace(_ state: GroupState) throws(StoreError) {
    let id = Value.int(state.id.rawValue)
    try run(
      #"""
      INSERT INTO "group" (id, name, founder, created, modes) VALUES (?, ?, ?, ?, 0)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, founder = excluded.founder, created = excluded.created
      """#, id, .text(state.name), .int(state.founder.rawValue), .int(state.created))
    try set(state.modes, of: state.id)
    if let home = state.home { try set(home, of: state.id) }
    try set(state.topic, of: state.id)
    try set(last: state.lastNumber, state.lastID, state.lastTime, of: state.id.rawValue)
    try run(#"UPDATE "group" SET state_number = ? WHERE id = ?"#, .int(state.stateNumber), id)
    try run(#"DELETE FROM member WHERE "group" = ?"#, id)
    try run(#"DELETE FROM mask WHERE "group" = ?"#, id)
    for member in state.members { try set(member, in: state.id) }
    for mask in state.masks { try set(mask, in: state.id) }
  }
}
