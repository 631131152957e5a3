import Wire

/// An upload that somebody has asked for.
struct Upload {
  var name: String
  var length: Int64?
  var host: String
  /// Nobody before the password was checked.
  var account = PersonID.nobody
  /// Bytes of the account's quota that are kept for it.
  var reserved: Int64 = 0
}

/// Why a file is not taken: the answer over HTTP.
private struct FileRefusal: Error {
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
    case .asked(let transfer, let request): asked(transfer, request)
    case .stored(let transfer, let file): stored(transfer, file)
    case .cut(let transfer): uploads[transfer] = nil
    }
  }

  /// Where clients upload files (soju.im/FILEHOST); nil where they cannot, or nobody knows how they get here.
  var filehost: String? {
    guard settings.files.mostBytes > 0 else { return nil }
    return settings.webAddress.map { $0 + Self.uploadPath }
  }

  private func asked(_ transfer: TransferID, _ request: UploadRequest) {
    uploads[transfer] = Upload(name: request.name, length: request.length, host: request.host)
    guard !stopping else { return refuse(transfer, FileRefusal(503, "The realm is stopping.", Self.later)) }
    guard !diskLow else { return refuse(transfer, FileRefusal(507, Self.full)) }
    switch request.credentials {
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
    guard uploads[transfer] != nil else { return }
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
        ["account": name, "from": uploads[transfer]?.host ?? "", "for": "files"])
      refuse(transfer, FileRefusal(401, "Not logged in: \(why).", Self.challenge))
    case .login(_, let account): admit(transfer, account)
    }
  }

  private func admit(_ transfer: TransferID, _ account: AccountRecord) {
    do throws(FileRefusal) {
      guard var upload = uploads[transfer] else { return }
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
      guard most > 0, (upload.length ?? 0) <= most else {
        let quota = settings.files.quotaBytes
        throw FileRefusal(507, "Your files may have \(quota) bytes in all, and \(max(0, left)) are left.")
      }
      upload.account = account.id
      upload.reserved = upload.length ?? most
      uploads[transfer] = upload
      turn.files.append(.take(transfer, most: upload.reserved))
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

  private func refuse(_ transfer: TransferID, _ refusal: FileRefusal) {
    uploads[transfer] = nil
    counters.refusals += 1
    turn.files.append(.answer(transfer, refusal.response))
  }

  /// Where a file is read. Its name is for people, and for programs that go by endings.
  func address(of file: FileRecord) -> String {
    (settings.webAddress ?? "") + Self.filesPath + file.id + "/" + FileName.encoded(file.name)
  }
}
