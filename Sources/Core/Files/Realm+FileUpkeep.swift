import Wire

/// Files go: by their age, with their accounts, by the word of those who run the realm. The records go first; then,
/// once no record names it, what they named.
extension Realm {
  func loadFiles(_ usage: [(account: PersonID, usage: FileUsage)]) {
    for row in usage { fileUsage[row.account] = row.usage }
  }

  /// An account has ended; the store removes the records with it.
  func endFiles(of account: PersonID) {
    guard fileUsage.removeValue(forKey: account) != nil else { return }
    turn.files.append(.sweep)
  }

  /// The time from which on files are kept; 0 for all. What was said goes with its files, or after them.
  private var filesKeptFrom: Milliseconds {
    let days = [settings.files.keepDays, settings.limits.keepDays].filter { $0 > 0 }.min() ?? 0
    return days == 0 ? 0 : max(0, now - Int64(days) * 86_400_000)
  }

  /// Once a second: goes on with removing what is too old, a part a second, and begins anew after a while.
  func tickFiles() {
    tickFetches()
    let from = filesKeptFrom
    guard from > 0, !isRemovingFiles, uptime >= filesDue else { return }
    findFiles(.before(from)) { realm, files in
      guard let files else { return }  // tried again with the next tick
      for file in files { realm.remove(file) }
      realm.filesDue = files.isEmpty ? realm.uptime + Limits.agingInterval : realm.uptime
    }
  }

  /// Looks for files that are to be removed. One at a time, so that none is counted out twice.
  func findFiles(_ query: FileQuery, then done: @escaping (Realm, [FileRecord]?) -> Void) {
    isRemovingFiles = true
    ask(.files(query), for: nil) { realm, answer in
      realm.isRemovingFiles = false
      guard case .files(let files) = answer else { return done(realm, nil) }
      done(realm, files)
    }
  }

  func remove(_ file: FileRecord) {
    if var usage = fileUsage[file.account] {
      usage.files -= 1
      usage.bytes -= file.size
      fileUsage[file.account] = usage.files > 0 ? usage : nil
    }
    turn.writes.append(.fileRemoved(file.id))
    turn.files.append(.removed([file.hash]))
  }

  // MARK: operators

  func administerFiles(_ id: AdminID, _ request: AdminRequest) {
    switch request {
    case .fileUsage:
      let rows = fileUsage.compactMap { person, usage in
        accounts[person].map { AccountFiles(account: $0.name, usage: usage) }
      }
      let sorted = rows.sorted { ($1.usage.bytes, $0.account) < ($0.usage.bytes, $1.account) }
      turn.replies.append((id, .fileUsage(sorted)))
    case .files(let name): listFiles(of: name, id)
    case .removeFile(let word): removeFile(word, id)
    default: preconditionFailure("not about files: \(request)")
    }
  }

  private func listFiles(of name: String, _ id: AdminID) {
    guard let person = accountHere(name) else {
      return turn.replies.append((id, .refused("There is no account \(name) in \(settings.realm)")))
    }
    ask(.files(.of(person)), for: nil) { realm, answer in
      guard case .files(let files) = answer else {
        return realm.turn.replies.append((id, .refused(answer.problem)))
      }
      realm.turn.replies.append((id, .files(files.map { FileLine(file: $0, address: realm.address(of: $0)) })))
    }
  }

  /// - Parameter word: its id, or its address.
  private func removeFile(_ word: String, _ id: AdminID) {
    func reply(_ reply: AdminReply) { turn.replies.append((id, reply)) }
    guard !isRemovingFiles else { return reply(.refused("Other files are just being removed: try again")) }
    let after = word.firstRange(of: Self.filesPath)?.upperBound ?? word.startIndex
    let named = word[after...].prefix { $0 != "/" }
    let own = "@\(settings.realm)"
    let file = String(named.hasSuffix(own) ? named.dropLast(own.count) : named)
    findFiles(.one(file)) { realm, files in
      guard let found = files?.first else {
        let missing = "There is no file \(file): it was removed, or never there"
        let why = files == nil ? "The store cannot be read now" : missing
        return realm.turn.replies.append((id, .refused(why)))
      }
      realm.remove(found)
      let owner = realm.accounts[found.account]?.name ?? "*"
      realm.note("operator", "file removed", ["file": found.id, "name": found.name, "account": owner])
      realm.turn.replies.append((id, .done("\(found.name) of \(owner) is removed")))
    }
  }
}
