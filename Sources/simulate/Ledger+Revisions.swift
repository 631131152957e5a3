import Core

/// Entries that others take back or edit.
extension Ledger {
  mutating func edit(_ position: Position, by edit: Position) {
    guard let original = entry(at: position), let newer = entry(at: edit) else { return }
    if original.link > position, original.link < edit { erase(original.link, editOf: position) }
    edited[edit] = position
    if original.kind != .removed, original.link < edit {
      let index = Int(position) - 1
      formerBodies[position, default: []].append(original.body)
      (log[index].kind, log[index].body, log[index].link) = (newer.kind, newer.body, edit)
    }
    log[Int(edit) - 1].link = position
  }

  mutating func correct(_ entry: Entry) {
    guard let before = self.entry(at: entry.position) else { return }
    formerBodies[entry.position, default: []].append(before.body)
    log[Int(entry.position) - 1] = entry
    // It may have come here when it was taken back already.
    guard let token = Token.number(in: entry), tokensOfEntries[entry.position] == nil else { return }
    tokens[token, default: []].append(entry.position)
    tokensOfEntries[entry.position] = token
  }

  mutating func noteStray(_ position: Position, of id: MessageID) {
    guard let entry = entry(at: position), case .group(let group) = entry.target else { return }
    if let before = strays[group]?[id].flatMap({ self.entry(at: $0) }),
      entry.kind == .redact || before.sender == entry.sender
    {
      erase(before.position)
    }
    strays[group, default: [:]][id] = entry.kind == .redact ? nil : position
  }

  mutating func erase(_ position: Position, editOf message: Position = 0) {
    guard let original = entry(at: position) else { return }
    if original.link > position { erase(original.link, editOf: position) }
    let index = Int(position) - 1
    formerBodies[position, default: []].append(original.body)
    log[index].kind = .removed
    (log[index].nick, log[index].tags, log[index].body, log[index].link) = ([], [], [], message)
  }
}
