import Testing
import Wire

@testable import Core

/// Files that people share: what the realm decides (soju.im/FILEHOST).
@Suite struct FileTests {
  private func realm(_ change: (inout Settings) -> Void = { _ in }) throws -> TestRealm {
    var settings = Settings(realm: "alpha")
    settings.webAddress = "https://chat.example"
    settings.files.mostBytes = 1_000
    settings.files.quotaBytes = 2_500
    change(&settings)
    let realm = try TestRealm(settings)
    try realm.register("alice")
    return realm
  }

  private func ask(
    _ realm: TestRealm, _ transfer: TransferID, _ length: Int64? = 800, name: String = "alice",
    secret: String = "sesame", file: String = "a b.png"
  ) throws -> [FileOrder] {
    let credentials = FileCredentials.password(name: name, secret: Array(secret.utf8))
    return try demand(realm, transfer, .upload(name: file, length: length), credentials)
  }

  private func demand(
    _ realm: TestRealm, _ transfer: TransferID, _ wish: FileWish, _ credentials: FileCredentials?
  ) throws -> [FileOrder] {
    try handle(realm, .asked(transfer, FileDemand(wish, credentials: credentials, host: "127.0.0.1")))
  }

  private func handle(_ realm: TestRealm, _ event: FileEvent) throws -> [FileOrder] {
    try realm.handle(.file(event))
    defer { realm.fileOrders = [] }
    return realm.fileOrders
  }

  private func stored(_ id: String, _ size: Int64 = 800) -> StoredFile {
    StoredFile(
      id: id, type: MediaType(claim: "text/plain", head: [65]), size: size,
      hash: [UInt8](repeating: UInt8(id.utf8.count), count: 32))
  }

  private func upload(_ realm: TestRealm, _ transfer: TransferID, _ id: String, _ size: Int64 = 800) throws {
    #expect(try ask(realm, transfer, size) == [.take(transfer, most: size)])
    #expect(status(try handle(realm, .stored(transfer, stored(id, size)))) == 201)
  }

  private func status(_ orders: [FileOrder]) -> Int? {
    if case .answer(_, let response)? = orders.first { response.status } else { nil }
  }

  @Test func isTakenAndHasAnAddress() throws {
    let realm = try realm()
    #expect(try ask(realm, 1) == [.take(1, most: 800)])
    var response = HTTPResponse(status: 201, text: "https://chat.example/files/abc@alpha/a%20b.png")
    response.fields = [HTTPField(name: "Location", value: "https://chat.example/files/abc@alpha/a%20b.png")]
    #expect(try handle(realm, .stored(1, stored("abc"))) == [.answer(1, response)])
    try realm.restart()
    let line = FileLine(
      file: FileRecord(
        id: "abc", account: PersonID(rawValue: 1), name: "a b.png", type: "text/plain; charset=utf-8", isShown: true,
        size: 800, hash: [UInt8](repeating: 3, count: 32), created: 0), address: response.fields[0].value)
    guard case .files(var files)? = try realm.administer(.files(account: "alice")) else { throw Missing() }
    #expect(files.count == 1)
    files[0].file.created = 0
    #expect(files == [line])
  }

  private struct Missing: Error {}

  @Test func isAdvertisedWhereItCanBeReached() throws {
    let token = " soju.im/FILEHOST=https://chat.example/upload"
    func tokens(_ change: (inout Settings) -> Void) throws -> Bool {
      let realm = try realm(change)
      try realm.send("alice", "ISUPPORT")
      return realm.lines("alice").contains { $0.contains(token) }
    }
    #expect(try tokens { _ in })
    #expect(try !tokens { $0.webAddress = nil })
    #expect(try !tokens { $0.files.mostBytes = 0 })
  }

  @Test func onlyAccountsMay() throws {
    let realm = try realm { $0.guests = true }
    let orders = try demand(realm, 1, .upload(name: "x", length: 1), nil)
    guard case .answer(1, let response)? = orders.first else { throw Missing() }
    #expect(response.status == 401 && response.fields.first?.name == "WWW-Authenticate")
    #expect(status(try ask(realm, 2, secret: "wrong")) == 401)
    #expect(status(try ask(realm, 3, name: "nobody")) == 401)
    #expect(status(try ask(realm, 4, name: "alice/beta")) == 401)
    #expect(realm.notes.filter { $0.event == "login failed" }.count == 3)
    try realm.administer(.suspend(account: "alice"))
    #expect(status(try ask(realm, 5)) == 401)
    #expect(realm.realm.uploads.isEmpty && realm.realm.fileDemands.isEmpty)
  }

  @Test func tokensOfDevicesWill() throws {
    let realm = try realm()
    try realm.send("alice", "DEVICE CREATE laptop")
    let words = realm.lines("alice").joined(separator: " ").split(separator: " ")
    let text = String(try #require(words.first { $0.hasPrefix("moot-token") }))
    let token = Array(text.utf8)
    #expect(try ask(realm, 1, secret: text) == [.take(1, most: 800)])
    #expect(try demand(realm, 2, .upload(name: "x", length: 1), .token(token)) == [.take(2, most: 1)])
    #expect(status(try demand(realm, 3, .upload(name: "x", length: 1), .token([1]))) == 401)
  }

  @Test func quotaCountsWhatIsComing() throws {
    let realm = try realm()
    try upload(realm, 1, "one")
    try upload(realm, 2, "other")
    #expect(try ask(realm, 3, 600) == [.take(3, most: 600)])
    #expect(status(try ask(realm, 4, 400)) == 507)
    #expect(try ask(realm, 5, nil) == [.take(5, most: 300)], "one that does not say how long it is gets what is left")
    #expect(status(try ask(realm, 6, nil)) == 507)
    #expect(try handle(realm, .cut(3)).isEmpty)
    #expect(try handle(realm, .cut(5)).isEmpty)
    #expect(try ask(realm, 7, 900) == [.take(7, most: 900)])
  }

  @Test func fewAtOnce() throws {
    let realm = try realm { $0.files.quotaBytes = 1 << 30 }
    for transfer in 0..<UInt64(Limits.uploadsPerAccount) {
      #expect(try ask(realm, transfer) == [.take(transfer, most: 800)])
    }
    #expect(status(try ask(realm, 99)) == 429)
  }

  @Test func aFullDiskIsSaid() throws {
    let realm = try realm()
    try realm.handle(.diskLow(true))
    #expect(status(try ask(realm, 1)) == 507)
  }

  @Test func cutWhileThePasswordIsChecked() throws {
    let realm = try realm()
    realm.holdsAnswers = true
    #expect(try ask(realm, 1).isEmpty)
    #expect(try handle(realm, .cut(1)).isEmpty)
    realm.holdsAnswers = false
    try realm.answer()
    #expect(realm.fileOrders.isEmpty && realm.realm.uploads.isEmpty)
  }

  @Test func filesGoWithTheirAccount() throws {
    let realm = try realm()
    try upload(realm, 1, "one")
    #expect(try ask(realm, 2) == [.take(2, most: 800)])
    try realm.administer(.delete(account: "alice"))
    #expect(realm.fileOrders == [.sweep])
    realm.fileOrders = []
    let orders = try handle(realm, .stored(2, stored("late")))
    #expect(status(orders) == 403)
    #expect(orders.last == .removed([stored("late").hash]), "what comes later is not kept")
    #expect(try realm.administer(.fileUsage) == .fileUsage([]))
    try realm.restart()
    #expect(try realm.administer(.fileUsage) == .fileUsage([]))
  }

  @Test func operatorsRemoveThem() throws {
    let realm = try realm()
    try upload(realm, 1, "one")
    try upload(realm, 2, "other", 500)
    let both = AccountFiles(account: "alice", usage: FileUsage(files: 2, bytes: 1_300))
    #expect(try realm.administer(.fileUsage) == .fileUsage([both]))
    #expect(
      try realm.administer(.removeFile("https://chat.example/files/one@alpha/a%20b.png"))
        == .done("a b.png of alice is removed"))
    #expect(realm.fileOrders == [.removed([stored("one").hash])])
    guard case .refused? = try realm.administer(.removeFile("one")) else { throw Missing() }
    let rest = AccountFiles(account: "alice", usage: FileUsage(files: 1, bytes: 500))
    #expect(try realm.administer(.fileUsage) == .fileUsage([rest]))
    try realm.restart()
    #expect(try realm.administer(.fileUsage) == .fileUsage([rest]))
  }

  @Test func ownersListAndRemoveThem() throws {
    let realm = try realm()
    try realm.register("bob")
    try upload(realm, 1, "one")
    func password(_ name: String) -> FileCredentials { .password(name: name, secret: Array("sesame".utf8)) }
    func list(_ name: String) throws -> String {
      guard case .answer(_, let response)? = try demand(realm, 2, .list, password(name)).first else { throw Missing() }
      return String(decoding: response.body, as: UTF8.self)
    }
    #expect(try list("alice").contains("\"address\":\"https://chat.example/files/one@alpha/a%20b.png\""))
    #expect(try list("alice").contains("\"count\":1,\"bytes\":800,\"quotaBytes\":2500"))
    #expect(try list("bob").hasPrefix("{\"files\":[],"))
    #expect(status(try demand(realm, 3, .list, nil)) == 401)
    #expect(status(try demand(realm, 4, .remove("one"), password("bob"))) == 404, "it is somebody else's")
    #expect(status(try demand(realm, 5, .remove("other"), password("alice"))) == 404)
    let orders = try demand(realm, 6, .remove("one"), password("alice"))
    #expect(orders == [.removed([stored("one").hash]), .answer(6, HTTPResponse(status: 204, body: []))])
    #expect(status(try demand(realm, 7, .remove("one"), password("alice"))) == 404)
    #expect(try list("alice").contains("\"count\":0,\"bytes\":0"))
  }

  @Test func removedTwiceAtOnceIsCountedOutOnce() throws {
    let realm = try realm()
    try upload(realm, 1, "one")
    try upload(realm, 2, "other")
    let alice = FileCredentials.password(name: "alice", secret: Array("sesame".utf8))
    realm.holdsAnswers = true
    for transfer in 3...4 as ClosedRange<TransferID> {
      #expect(try demand(realm, transfer, .remove("one"), alice).isEmpty)
    }
    for _ in 0..<3 { try realm.answer() }
    #expect(
      realm.fileOrders.compactMap { if case .answer(_, let answer) = $0 { answer.status } else { nil } } == [503, 204])
    let rest = AccountFiles(account: "alice", usage: FileUsage(files: 1, bytes: 800))
    realm.holdsAnswers = false
    #expect(try realm.administer(.fileUsage) == .fileUsage([rest]))
  }

  @Test(arguments: [(3, 0), (0, 3), (3, 9), (9, 3)])
  func filesGrowOld(_ days: Int, _ realmDays: Int) throws {
    let realm = try realm {
      $0.files.keepDays = days
      $0.limits.keepDays = realmDays
    }
    try upload(realm, 1, "one")
    try realm.sleep(seconds: 2 * 86_400)
    try upload(realm, 2, "other")
    try realm.sleep(seconds: 2 * 86_400)
    #expect(realm.fileOrders == [.removed([stored("one").hash])])
    let rest = AccountFiles(account: "alice", usage: FileUsage(files: 1, bytes: 800))
    #expect(try realm.administer(.fileUsage) == .fileUsage([rest]))
  }
}
