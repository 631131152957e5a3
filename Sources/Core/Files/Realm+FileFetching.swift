import Wire

/// A file of another realm on its way here.
struct FileFetch {
  /// What the other realm calls it.
  let number: UInt64
  /// Who wants to read it.
  var waiting: [TransferID]
  /// What it is, once something of it has come.
  var head: FileHead?
  /// How much of it has come, and how much was asked for.
  var received: Int64 = 0
  var asked: Int64 = 0
  /// When it last came on, by the clock that never jumps.
  var movedAt: Milliseconds
  /// Whether the store is just asked if it is here already.
  var isLooking = true
}

/// Files of other realms: whoever wants to read one asks the own realm, which fetches it, keeps a copy for a while, and
/// serves that. So nobody else learns who reads what, and it is fetched once for all.
extension Realm {
  func wanted(_ transfer: TransferID, _ file: FileElsewhere) {
    if fileFetches[file] != nil {
      fileFetches[file]?.waiting.append(transfer)
      return
    }
    guard settings.files.mostBytes > 0 else {
      return refuse(transfer, FileRefusal(404, "\(settings.realm) has no files."))
    }
    guard peer(file.realm) != nil else {
      return refuse(transfer, FileRefusal(404, "\(settings.realm) knows no realm \(file.realm)."))
    }
    guard fileFetches.count < Limits.filesFetched else {
      let why = "Too many files of other realms are on their way: try again in a moment."
      return refuse(transfer, FileRefusal(503, why))
    }
    lastFileFetch += 1
    fileFetches[file] = FileFetch(number: lastFileFetch, waiting: [transfer], movedAt: uptime)
    ask(.files(.one(file.text)), for: nil) { realm, answer in realm.lookedFor(file, answer) }
  }

  private func lookedFor(_ file: FileElsewhere, _ answer: Answer) {
    guard fileFetches[file]?.isLooking == true else { return }
    guard case .files(let found) = answer else {
      return endFetch(file, 503, "The store cannot be read now: try again later.")
    }
    if !found.isEmpty { return serve(file) }
    guard let peer = peer(file.realm), canReach(peer) else {
      return endFetch(file, 504, "\(file.realm) cannot be reached now: its file can be had when it can.")
    }
    guard !diskLow else { return endFetch(file, 507, "The disk of \(settings.realm) is full.") }
    fileFetches[file]?.isLooking = false
    openCircuit(to: peer)
    askOn(file, of: peer)
  }

  /// Asks for the next stretch before the last one has come to its end.
  private func askOn(_ file: FileElsewhere, of peer: Peer) {
    guard let fetch = fileFetches[file], !fetch.isLooking, peer.isOpen,
      fetch.asked - fetch.received <= Limits.fileStretch / 2
    else { return }
    let end = min(fetch.head?.size ?? .max, fetch.asked + Limits.fileStretch)
    guard end > fetch.asked || fetch.head == nil else { return }
    let wish = Item.fileWanted(number: fetch.number, id: file.id, from: fetch.asked, to: end)
    if tell(wish, to: peer) { fileFetches[file]?.asked = end }
  }

  func takeFilePart(_ number: UInt64, _ head: FileHead, at: Int64, _ bytes: [UInt8], from peer: Peer) {
    guard let file = file(number, of: peer), let fetch = fileFetches[file], fetch.received == at else { return }
    let most = settings.files.mostBytes
    guard head.size <= most else {
      return endFetch(file, 502, "It has \(head.size) bytes, and \(settings.realm) takes at most \(most).")
    }
    guard fetch.head.map({ $0 == head }) ?? true, !bytes.isEmpty || head.size == 0 else {
      return endFetch(file, 502, "\(file.realm) has sent something else in the middle of it.")
    }
    if fetch.head == nil { turn.files.append(.receive(file, head)) }
    if !bytes.isEmpty { turn.files.append(.piece(file, bytes)) }
    fileFetches[file]?.head = head
    fileFetches[file]?.received += Int64(bytes.count)
    fileFetches[file]?.movedAt = uptime
    askOn(file, of: peer)
  }

  func takeFileMissing(_ number: UInt64, isBusy: Bool, from peer: Peer) {
    guard let file = file(number, of: peer) else { return }
    if isBusy {
      endFetch(file, 503, "\(peer.name) is sending other files just now: try again in a moment.")
    } else {
      endFetch(file, 404, "\(peer.name) has no such file: it was removed, or never there.")
    }
  }

  private func file(_ number: UInt64, of peer: Peer) -> FileElsewhere? {
    fileFetches.keys.first { $0.realm == peer.name && fileFetches[$0]?.number == number }
  }

  // MARK: the end

  /// It is on disk: its record is written, and served after the commit.
  func fetched(_ file: FileElsewhere, _ stored: StoredFile) {
    guard let head = fileFetches[file]?.head else {
      turn.files.append(.endReceiving(file, serve: []))
      turn.files.append(.removed([stored.hash]))
      return
    }
    let record = FileRecord(
      id: file.text, account: .nobody, name: FileName.clean(head.name), type: stored.type.type,
      isShown: stored.type.isShown, size: stored.size, hash: stored.hash, created: now)
    turn.writes.append(.file(record))
    fileUsage[.nobody, default: FileUsage()].files += 1
    fileUsage[.nobody, default: FileUsage()].bytes += stored.size
    serve(file)
  }

  private func serve(_ file: FileElsewhere) {
    turn.files.append(.endReceiving(file, serve: fileFetches[file]?.waiting ?? []))
    fileFetches[file] = nil
  }

  func endFetch(_ file: FileElsewhere, _ status: Int, _ text: String) {
    guard let fetch = fileFetches[file] else { return }
    fileFetches[file] = nil
    turn.files.append(.endReceiving(file, serve: []))
    for transfer in fetch.waiting { refuse(transfer, FileRefusal(status, text)) }
  }

  /// Somebody who waited has gone. The file is fetched all the same: others will want it.
  func endWaiting(_ transfer: TransferID) {
    for file in fileFetches.keys { fileFetches[file]?.waiting.removeAll { $0 == transfer } }
  }

  // MARK: the circuit

  func goOnFetchingFiles(of peer: Peer) {
    for file in fileFetches.keys where file.realm == peer.name { askOn(file, of: peer) }
  }

  /// The circuit is gone: what was asked for on it does not come. On the next one it goes on from there.
  func breakOffFiles(of peer: Peer) {
    peer.filesSent = Table()
    for file in fileFetches.keys where file.realm == peer.name {
      let received = fileFetches[file]?.received ?? 0
      fileFetches[file]?.asked = received
      openCircuit(to: peer)
    }
  }

  func endFetches(of peer: Peer) {
    for file in fileFetches.keys where file.realm == peer.name {
      endFetch(file, 504, "\(file.realm) cannot be reached any more: its file can be had when it can.")
    }
  }

  // MARK: upkeep

  /// Once a second: what does not come on, and copies that are too old or too many.
  func tickFetches() {
    for file in fileFetches.keys {
      guard let fetch = fileFetches[file], uptime - fetch.movedAt >= Limits.fetchPatience else { continue }
      endFetch(file, 504, "\(file.realm) does not send it: try again later.")
    }
    let isTooMuch = (fileUsage[.nobody]?.bytes ?? 0) > settings.files.quotaBytes
    guard fileUsage[.nobody] != nil, !isRemovingFiles, isTooMuch || uptime >= fetchedDue else { return }
    fetchedDue = uptime + Limits.agingInterval
    findFiles(.fetched) { realm, files in
      let from = realm.now - Int64(Limits.fetchedDays) * 86_400_000
      for file in files ?? [] {
        let bytes = realm.fileUsage[.nobody]?.bytes ?? 0
        guard file.created < from || bytes > realm.settings.files.quotaBytes else { return }
        realm.remove(file)
      }
    }
  }
}
