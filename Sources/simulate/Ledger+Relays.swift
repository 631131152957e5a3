import Core
import Wire

/// What a realm keeps for another one, by the plainest means.
struct SimOutbox {
  /// All rows that are kept, in the order in which they were posted.
  var rows: [OutboxRow] = []
  /// The epochs of all rows there ever were, in the order in which they began.
  var epochs: [UInt64] = []
  /// The last envelope that is applied: where its epoch stands among the epochs, and its number.
  var acknowledged: (epoch: Int, number: UInt64) = (0, 0)

  private func place(_ row: OutboxRow, _ number: UInt64) -> (Int, UInt64) {
    (epochs.firstIndex(of: row.epoch) ?? -1, number)
  }

  func isAcknowledged(_ row: OutboxRow, _ number: UInt64) -> Bool { place(row, number) <= acknowledged }

  /// Envelopes that are not acknowledged.
  var waiting: Int {
    rows.reduce(0) { sum, row in sum + (row.first...row.last).filter { !isAcknowledged(row, $0) }.count }
  }

  /// What a start is told of it.
  func states(_ realm: String) -> [OutboxState] {
    epochs.compactMap { epoch in
      let kept = rows.filter { $0.epoch == epoch }
      guard let last = kept.last else { return nil }
      let waiting = kept.filter { !isAcknowledged($0, $0.last) }
      var first = last.last + 1
      if let oldest = waiting.first {
        first = (oldest.first...oldest.last).first { !isAcknowledged(oldest, $0) } ?? first
      }
      return OutboxState(
        realm: realm, epoch: epoch, first: first, last: last.last, bytes: waiting.reduce(0) { $0 + $1.bytes.count },
        oldest: waiting.first?.time ?? 0)
    }
  }

  /// What follows an envelope.
  func after(_ name: EnvelopeName?, bytes: Int) -> [OutboxRow] {
    var found: [OutboxRow] = []
    let start = name.flatMap { name in epochs.firstIndex(of: name.epoch).map { ($0, name.number) } } ?? (-1, 0)
    for row in rows where place(row, row.last) > start {
      if !found.isEmpty, found.reduce(row.bytes.count, { $0 + $1.bytes.count }) > bytes { break }
      found.append(row)
    }
    return found
  }
}

extension Ledger {
  /// What somebody is called everywhere: with the realm where that is another one.
  func address(_ person: PersonID) -> String { fold(accounts[person]?.name ?? "*") }

  /// Rows that one trim looks at, as the store has it.
  private static let trimLimit = 2_000

  mutating func applyRelayed(_ write: Write) -> String? {
    switch write {
    case .person(let record): return setPerson(record)
    case .replica(let group, let home): return setHome(home, of: group)
    case .replicaSetBack(let group, let mark, let after): return setBack(group, to: mark, after: after)
    case .groupReplaced(let state): replaceGroup(state)
    case .outbox(let row): return post(row)
    case .acknowledged(let realm, let name):
      know(realm)
      guard let outbox = outboxes[realm], let epoch = outbox.epochs.firstIndex(of: name.epoch) else { return nil }
      let last = outbox.rows.last { $0.epoch == name.epoch }?.last ?? 0
      let place = (
        epoch, min(name.number, max(last, epoch == outbox.acknowledged.epoch ? outbox.acknowledged.number : 0))
      )
      if place > outbox.acknowledged { outboxes[realm]?.acknowledged = place }
    case .outboxTrimmed(let realm, let before):
      know(realm)
      guard let outbox = outboxes[realm] else { return nil }
      let old = outbox.rows.prefix(Self.trimLimit).prefix { $0.time < before && outbox.isAcknowledged($0, $0.last) }
      outboxes[realm]?.rows.removeFirst(old.count)
    case .applied(let realm, let name):
      know(realm)
      if let known = applied[realm]?[name.epoch], known >= name.number {
        return "envelope \(name.number) of \(realm) is applied after envelope \(known)"
      }
      var own = applied[realm] ?? Table()
      own[name.epoch] = name.number
      applied[realm] = own
    case .realm(let record): realms[record.name] = record
    case .refused(let message):
      know(message.realm)
      let number = (refusals.last?.number ?? 0) + 1
      refusals.append((number, message))
      refusals.removeAll { $0.number <= number - Limits.refusalsRemembered }
    case .realmForgotten(let realm):
      refusals.removeAll { $0.message.realm == realm }
      realms[realm] = nil
      outboxes[realm] = nil
      applied[realm] = nil
      endInvitations(to: realm)
    default: return "an unknown write: \(write)"
    }
    return nil
  }

  private mutating func know(_ realm: String) {
    if realms[realm] == nil { realms[realm] = RealmRecord(name: realm, key: [], isVerified: false) }
  }

  private mutating func post(_ row: OutboxRow) -> String? {
    know(row.realm)
    var outbox = outboxes[row.realm] ?? SimOutbox()
    if outbox.epochs.last != row.epoch {
      guard !outbox.epochs.contains(row.epoch) else { return "an outbox goes back to an earlier epoch" }
      outbox.epochs.append(row.epoch)
      guard row.first == 1 else { return "the first envelope of an epoch to \(row.realm) has number \(row.first)" }
    } else if let last = outbox.rows.last(where: { $0.epoch == row.epoch }), row.first != last.last + 1 {
      return "envelope \(row.first) to \(row.realm) follows envelope \(last.last)"
    }
    guard row.first <= row.last, !row.bytes.isEmpty else { return "an empty row goes to \(row.realm)" }
    outbox.rows.append(row)
    outboxes[row.realm] = outbox
    return nil
  }

  // MARK: what a start is told

  var realmRecords: [RealmRecord] { realms.values.sorted { $0.name < $1.name } }

  var outboxStates: [OutboxState] { outboxes.keys.sorted().flatMap { outboxes[$0]?.states($0) ?? [] } }

  var appliedPositions: [AppliedPosition] {
    applied.keys.sorted().flatMap { realm in
      zip(applied[realm]?.keys ?? [], applied[realm]?.values ?? []).suffix(Limits.epochsPerRealm).map {
        AppliedPosition(realm: realm, name: EnvelopeName(epoch: $0, number: $1))
      }
    }
  }
}
