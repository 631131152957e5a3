import Wire

/// An upload that may come.
struct Upload {
  var name: String
  var account: PersonID
  /// Bytes of the account's quota that are kept for it.
  var reserved: Int64
}

/// Why a file is not taken: the answer over HTTP.
struct FileRefusal: Error {
  var response: HTTPResponse
  init(_ status: Int, _ text: String, _ fields: HTTPField...) {
    response = HTTPResponse(status: status, text: text)
    response.fields = fields
  }
}

/// Files that people share (soju.im/FILEHOST): who may upload what. Bytes are moved by a thread of its own, which asks
/// here first and tells when all is on disk; addresses are told after the commit.
extension Realm {
  /// Where files are uploaded.
  package static let uploadPath = "/upload"
  /// What the paths of files begin with.
  package static let filesPath = "/files/"

  func file(_ event: FileEvent) {
    switch event {
    case .asked(let transfer, let demand): asked(transfer, demand)
    case .stored(let transfer, let file): stored(transfer, file)
    case .cut(let transfer):
      fileDemands[transfer] = nil
      uploads[transfer] = nil
      endWaiting(transfer)
    case .wanted(let transfer, let file): wanted(transfer, file)
    case .fetched(let file, let stored): fetched(file, stored)
    case .notKept(let file, let why): endFetch(file, 502, "\(file.realm) was asked for it, but \(why).")
    case .read(let wish, let part): read(wish, part)
    }
  }

  /// Where clients upload files (soju.im/FILEHOST); nil where they cannot, or nobody knows how they get here.
  var filehost: String? {
    guard settings.files.mostBytes > 0 else { return nil }
    return settings.webAddress.map { $0 + Self.uploadPath }
  }

  private func asked(_ transfer: TransferID, _ demand: FileDemand) {
    fileDemands[transfer] = demand
    guard !stopping else { return refuse(transfer, FileRefusal(503, "The realm is stopping.", Self.later)) }
    if case .upload = demand.wish, diskLow { return refuse(transfer, FileRefusal(507, Self.full)) }
    switch demand.credentials {
    case nil:
      refuse(transfer, FileRefusal(401, "Say who you are: Authorization, with account and password.", Self.challenge))
    case .password(let name, let secret): check(transfer, name, secret)
    case .token(let secret):
      ask(.tokenOwner(secret), for: nil) { realm, answer in realm.checked(transfer, answer, claim: nil) }
    }
  }

  private static let full = "The server's disk is full: nothing is taken now, tell those who run it."
  private static let later = HTTPField(name: "Retry-After", value: "5")
  /// Not `Basic`, which is taken as well: browsers would ask people for a password that the page has already.
  private static let challenge = HTTPField(name: "WWW-Authenticate", value: "Bearer")

  private func check(_ transfer: TransferID, _ name: String, _ secret: [UInt8]) {
    guard let claim = claim(name), secret.count <= Limits.passwordBytes else {
      return refuse(transfer, FileRefusal(401, "This cannot be an account and its password.", Self.challenge))
    }
    ask(.verify(claim.person ?? .nobody, secret: secret), for: nil) { realm, answer in
      realm.checked(transfer, answer, claim: claim)
    }
  }

  /// - Parameter claim: nil where the token says who it is.
  private func checked(_ transfer: TransferID, _ answer: Answer, claim: Claim?) {
    guard let demand = fileDemands.removeValue(forKey: transfer) else { return }
    guard case .verified(let verified) = answer else {
      return refuse(transfer, FileRefusal(503, "Not checked: \(answer.problem).", Self.later))
    }
    var claim = claim ?? Claim(person: nil, device: "")
    if claim.person == nil, case .token(let device) = verified { claim.person = device.account }
    switch verdict(claim, verified) {
    case .refused(let why):
      counters.failedLogins += 1
      let name = claim.person.flatMap { accounts[$0]?.name } ?? ""
      note(
        "account", "login failed", level: .warning,
        ["account": name, "from": demand.host, "for": "files"])
      refuse(transfer, FileRefusal(401, "Not logged in: \(why).", Self.challenge))
    case .login(_, let account):
      switch demand.wish {
      case .upload(let name, let length): admit(transfer, name, length, of: account)
      case .remove(let id): removeFile(id, of: account, transfer)
      case .list: listFiles(of: account, transfer)
      }
    }
  }

  private func admit(_ transfer: TransferID, _ name: String, _ length: Int64?, of account: AccountRecord) {
    do throws(FileRefusal) {
      let under = uploads.values.filter { $0.account == account.id }
      guard under.count < Limits.uploadsPerAccount else {
        throw FileRefusal(429, "\(under.count) files of yours are coming already: wait for one of them.", Self.later)
      }
      let usage = fileUsage[account.id] ?? FileUsage()
      guard usage.files + under.count < Limits.filesPerAccount else {
        throw FileRefusal(507, "You have \(usage.files) files: remove some first.")
      }
      let left = settings.files.quotaBytes - usage.bytes - under.reduce(0) { $0 + $1.reserved }
      let most = min(settings.files.mostBytes, left)
      guard most > 0, (length ?? 0) <= most else {
        let quota = settings.files.quotaBytes
        throw FileRefusal(507, "Your files may have \(quota) bytes in all, and \(max(0, left)) are left.")
      }
      uploads[transfer] = Upload(name: name, account: account.id, reserved: length ?? most)
      turn.files.append(.take(transfer, most: length ?? most))
    } catch {
      refuse(transfer, error)
    }
  }

  private func stored(_ transfer: TransferID, _ file: StoredFile) {
    guard let upload = uploads[transfer], let account = accounts[upload.account],
      account.flags.isDisjoint(with: [.deleted, .ending, .suspended])
    else {
      refuse(transfer, FileRefusal(403, "Your account is not there any more, or suspended."))
      turn.files.append(.removed([file.hash]))
      return
    }
    uploads[transfer] = nil
    let record = FileRecord(
      id: file.id, account: account.id, name: upload.name.isEmpty ? "file" : upload.name, type: file.type.type,
      isShown: file.type.isShown, size: file.size, hash: file.hash, created: now)
    turn.writes.append(.file(record))
    fileUsage[account.id, default: FileUsage()].files += 1
    fileUsage[account.id, default: FileUsage()].bytes += file.size
    counters.files += 1
    var response = HTTPResponse(status: 201, text: address(of: record))
    response.fields = [HTTPField(name: "Location", value: address(of: record))]
    turn.files.append(.answer(transfer, response))
  }

  // MARK: one's own

  private func removeFile(_ id: String, of account: AccountRecord, _ transfer: TransferID) {
    guard !isRemovingFiles else {
      return refuse(transfer, FileRefusal(503, "Other files are just being removed: try again.", Self.later))
    }
    findFiles(.one(id)) { realm, files in
      guard let files else {
        return realm.refuse(transfer, FileRefusal(503, "The store cannot be read now: try again later.", Self.later))
      }
      guard let file = files.first, file.account == account.id else {
        return realm.refuse(transfer, FileRefusal(404, "You have no such file: it was removed, or never there."))
      }
      realm.remove(file)
      realm.turn.files.append(.answer(transfer, HTTPResponse(status: 204, body: [])))
    }
  }

  private func listFiles(of account: AccountRecord, _ transfer: TransferID) {
    ask(.files(.of(account.id)), for: nil) { realm, answer in
      guard case .files(let files) = answer else {
        return realm.refuse(transfer, FileRefusal(503, "Not listed: \(answer.problem).", Self.later))
      }
      let usage = realm.fileUsage[account.id] ?? FileUsage()
      let rows = files.map { file -> JSON in
        [
          "name": .string(file.name), "address": .string(realm.address(of: file)), "bytes": .integer(file.size),
          "created": .string(Timestamp.text(file.created)),
        ]
      }
      let json: JSON = [
        "files": .array(rows), "count": .integer(Int64(usage.files)), "bytes": .integer(usage.bytes),
        "quotaBytes": .integer(realm.settings.files.quotaBytes),
      ]
      let response = HTTPResponse(type: "application/json", body: json.bytes + [10])
      realm.turn.files.append(.answer(transfer, response))
    }
  }

  func refuse(_ transfer: TransferID, _ refusal: FileRefusal) {
    fileDemands[transfer] = nil
    uploads[transfer] = nil
    counters.refusals += 1
    turn.files.append(.answer(transfer, refusal.response))
  }

  /// Where a file is read: its id and realm, so that other realms know it too. Its name is for people, and for programs
  /// that go by endings.
  func address(of file: FileRecord) -> String {
    "\(settings.webAddress ?? "")\(Self.filesPath)\(file.id)@\(settings.realm)/\(FileName.encoded(file.name))"
  }
}
