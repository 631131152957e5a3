import Core

/// Follows what one client reads, over all its connections: nothing that is not on disk, nothing that is not its to
/// read, no gap, no reordering, and repeats only after a break.
struct ArrivalChecker {
  /// Everything that came, by position.
  private var seen: [Bool] = []
  /// Up to here nothing is missing that should have come.
  private var complete: Position = 0
  /// The newest entry of this connection.
  private(set) var newest: Position = 0
  /// The device that this is about, as the ledger knows it; a new one starts anew.
  private var device: DeviceID?
  /// The end of the log when that began.
  private var base: Position = 0
  /// Whether the connection has brought an entry yet.
  private(set) var isFresh = true
  /// How many lines have come of each token.
  private var lines: [Int: Int] = [:]
  /// What this connection has brought, of a client that is not replayed to.
  private var live: Set<Position> = []

  func has(_ position: Position) -> Bool { position < seen.count && seen[Int(position)] }

  /// Whether it came now, or before it was set apart and came to the group again; or was there then before the device
  /// was, and is as old to it under its new number; or needed not come then, as the client had what it edits with the
  /// new text.
  private func has(_ entry: Entry, _ ledger: Ledger) -> Bool {
    if has(entry.position) || entry.position <= base { return true }
    var twin = ledger.twin(of: entry)
    while let next = twin {
      if has(next.position) || next.position <= base { return true }
      if next.position <= complete, ledger.original(of: next) != nil { return true }
      twin = ledger.twin(of: next)
    }
    return false
  }

  /// A new connection: what it brings may begin earlier than where the last one broke off.
  mutating func connected() {
    newest = 0
    isFresh = true
    live.removeAll()
  }

  /// The realm has gone back to a copy of itself: what came after a position was something else.
  mutating func wentBack(to position: Position) {
    seen = Array(seen.prefix(Int(position) + 1))
    complete = min(complete, position)
    device = nil
    base = 0
  }

  /// Takes a message that came, live or replayed. Returns what is wrong with that.
  mutating func take(_ entry: Entry, by client: SimClient, _ ledger: Ledger) -> String? {
    let isOwn = client.sent(entry)
    if let token = ledger.token(of: entry) { lines[token, default: 0] += 1 }
    defer { see(entry.position) }
    // The echo of what this client said comes at once, even while older messages are still being replayed.
    if isOwn { return nil }
    guard entry.position > newest else {
      return has(entry.position)
        ? "\(client) gets entry \(entry.position) again without a break, after \(newest)"
        : "\(client) gets entry \(entry.position) after \(newest)"
    }
    newest = entry.position
    if client.kind == .full, let twin = ledger.twin(of: entry), live.contains(twin.position) {
      return "\(client) gets entry \(entry.position) again, which it had as entry \(twin.position)"
    }
    live.insert(entry.position)
    begin(client, ledger)
    if client.kind == .full, isFresh { complete = entry.position - 1 }
    isFresh = false
    let problem = gap(before: entry.position, client, ledger, "gets entry \(entry.position)")
    complete = max(complete, entry.position)
    return problem
  }

  private mutating func see(_ position: Position) {
    while seen.count <= position { seen.append(false) }
    seen[Int(position)] = true
  }

  /// Learns which device the client is on now: what was logged before that began is not its to have.
  mutating func begin(_ client: SimClient, _ ledger: Ledger) {
    guard client.kind != .full, let current = client.device(in: ledger) else { return }
    guard current.record.id != device else { return }
    device = current.record.id
    base = current.base
    complete = max(complete, current.base)
  }

  /// What should have come before a position and did not.
  private mutating func gap(before position: Position, _ client: SimClient, _ ledger: Ledger, _ what: String) -> String?
  {
    while complete + 1 < position {
      guard let entry = ledger.entry(at: complete + 1) else { return nil }
      if !has(entry, ledger), client.mustGet(entry, ledger), !wasTakenForAnother(entry, client, ledger) {
        return "\(client) \(what), and never got entry \(entry.position): "
          + String(decoding: entry.body, as: UTF8.self)
      }
      complete += 1
    }
    return nil
  }

  /// A line that was said again may be two entries, which a client that is told no ids cannot tell apart: then as many
  /// lines must have come as there are entries.
  private func wasTakenForAnother(_ entry: Entry, _ client: SimClient, _ ledger: Ledger) -> Bool {
    guard client.kind == .plain, let token = ledger.token(of: entry), client.world.sayings[token].isSentAgain else {
      return false
    }
    let wanted = ledger.entries(token: token).filter { has($0.position) || client.mustGet($0, ledger) }
    return lines[token, default: 0] >= wanted.count && wanted.contains { $0.id != entry.id && has($0.position) }
  }

  /// The client's device is said to have everything up to a position.
  mutating func confirm(_ confirmed: DeviceID, _ position: Position, by client: SimClient, _ ledger: Ledger) -> String?
  {
    guard client.kind != .full, client.device(in: ledger)?.record.id == confirmed else { return nil }
    begin(client, ledger)
    return gap(before: position + 1, client, ledger, "is said to have everything up to \(position)")
  }

  /// Everything must have come by now.
  mutating func finish(_ client: SimClient, _ ledger: Ledger) -> String? {
    guard client.kind != .full else { return nil }
    begin(client, ledger)
    guard device != nil else { return nil }
    return gap(before: ledger.lastPosition + 1, client, ledger, "has caught up")
  }
}
