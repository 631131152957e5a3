import Core
import Glibc
import Testing

@testable import Store

@Suite("Opening a data folder")
struct OpeningTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }

  @Test("A missing folder is made, for its owner only")
  func modes() throws {
    let store = try Store(folder: folder + "/deep")
    try store.apply([.account(account(1, "alice"), verifier(1))])
    #expect(mode(of: folder) == 0o700)
    #expect(mode(of: folder + "/deep") == 0o700)
    for name in names(in: folder + "/deep") { #expect(mode(of: folder + "/deep/" + name) == 0o600, "\(name)") }
    #expect(names(in: folder + "/deep") == ["moot.db", "moot.db-shm", "moot.db-wal", "moot.lock", "moot.reserve"])
    store.close()
    #expect(names(in: folder + "/deep") == ["moot.db", "moot.lock", "moot.reserve"])
  }

  @Test("A reserve is kept for a full disk, given up on one, and made again")
  func reserve() throws {
    let path = Reserve.path(folder)
    try Store(folder: folder).close()
    #expect(Folder.size(path) == Reserve.bytes)
    try Reserve.spend(folder, free: Reserve.bytes)
    #expect(Folder.exists(path), "there is room")
    try Reserve.spend(folder, free: Reserve.bytes - 1)
    #expect(!Folder.exists(path))
    try Reserve.make(folder, free: 4 * Reserve.bytes)
    #expect(!Folder.exists(path), "it would take what little there is")
    try Store(folder: folder).close()
    #expect(Folder.size(path) == Reserve.bytes)
  }

  @Test("A new store is empty")
  func empty() throws {
    let snapshot = try Store(folder: folder).load()
    #expect(snapshot.accounts.isEmpty && snapshot.groups.isEmpty)
    #expect(snapshot.lastPerson == 0 && snapshot.lastGroup == 0 && snapshot.lastDevice == 0)
    #expect(snapshot.lastPosition == 0 && snapshot.lastTime == 0)
  }

  @Test("The second server on a folder is refused, and told who holds it")
  func twoServers() throws {
    let first = try Store(folder: folder)
    #expect(throws: StoreError.inUse(folder: folder, pid: Int(getpid()))) { try Store(folder: folder) }
    first.close()
    _ = try Store(folder: folder)
  }

  @Test("A server whose database was taken over writes nothing any more")
  func takenOver() throws {
    let store = try Store(folder: folder)
    try store.apply([.account(account(1, "alice"), verifier(1))])
    let other = try Database(path: store.database.path, access: .readWrite, cacheKiB: 100)
    try other.run("UPDATE owner SET token = token + 1")
    #expect(throws: StoreError.takenOver(path: store.database.path)) {
      try store.apply([.account(account(2, "bob"), verifier(2))])
    }
    #expect(try store.load().accounts.map(\.name) == ["alice"])
  }

  @Test("A database of a newer version is refused and left alone")
  func newerSchema() throws {
    let path = Folder.database(folder)
    try Store(folder: folder, options: .simulation, steps: Schema.steps + ["CREATE TABLE later (x)"]).close()
    let before = readBytes(path)
    #expect(throws: StoreError.newerSchema(path: path, found: Schema.version + 1, known: Schema.version)) {
      try Store(folder: folder)
    }
    #expect(readBytes(path) == before)
  }

  @Test("An older database is brought up to date, after a copy of it")
  func migration() throws {
    let store = try Store(folder: folder)
    try store.apply([.account(account(1, "alice"), verifier(1)), .entry(message(1, from: 1, to: .person(person(1))))])
    let before = try Picture(store)
    store.close()
    let steps = Schema.steps + ["CREATE TABLE later (x)"]
    let newer = try Store(folder: folder, options: .simulation, steps: steps)
    #expect(try newer.database.number("PRAGMA user_version") == Int64(steps.count))
    #expect(try Picture(newer) == before)
    newer.close()
    // The copy is a whole database of the old version.
    let copy = "\(Folder.database(folder)).before-v\(steps.count)"
    #expect(try Store.restore(from: copy, to: folder).counts.accounts == 1)
    #expect(try Picture(Store(folder: folder)) == before)
  }

  @Test("A migration that fails changes nothing")
  func failedMigration() throws {
    let store = try Store(folder: folder)
    try store.apply([.account(account(1, "alice"), verifier(1))])
    let before = try Picture(store)
    store.close()
    #expect(throws: StoreError.self) {
      try Store(
        folder: folder, options: .simulation, steps: Schema.steps + ["CREATE TABLE later (x)", "no statement"])
    }
    #expect(try Picture(Store(folder: folder)) == before)
  }

  @Test("A file that is no database of Moot is refused")
  func foreign() throws {
    try Folder.make(folder)
    let path = Folder.database(folder)
    writeBytes(Array(repeating: 7, count: 5_000), to: path)
    #expect(throws: StoreError.foreign(path: path)) { try Store(folder: folder) }
    try Folder.remove(path)
    try Folder.makeFile(path)
    try Database(path: path, access: .readWrite, cacheKiB: 100).execute("CREATE TABLE other (x)")
    #expect(throws: StoreError.foreign(path: path)) { try Store(folder: folder) }
  }

  @Test("A folder that cannot be written is refused with its path")
  func readOnly() throws {
    try Store(folder: folder).close()
    chmod(temporary.path, 0o755)
    chmod(folder, 0o555)
    withoutRootsPowers {
      #expect(throws: StoreError.readOnly(path: Folder.lock(folder))) { try Store(folder: folder) }
      #expect(throws: StoreError.readOnly(path: folder + "/new")) { try Store(folder: folder + "/new") }
    }
    chmod(folder, 0o700)
    _ = try Store(folder: folder)
  }

  @Test("A path through a file is refused")
  func notAFolder() throws {
    writeBytes([1], to: temporary.path + "/file")
    #expect(throws: StoreError.self) { try Store(folder: temporary.path + "/file/data") }
    #expect(throws: StoreError.self) { try Store(folder: temporary.path + "/file") }
  }

  @Test("A full disk refuses the turn, whole, and the next one may pass")
  func full() throws {
    let store = try Store(folder: folder)
    try store.apply([.entry(message(1, from: 1, to: .person(person(2))))])
    let pages = try store.database.number("PRAGMA page_count")
    try store.database.execute("PRAGMA max_page_count = \(pages + 1)")
    let large = String(repeating: "x", count: 100_000)
    #expect(throws: StoreError.full(path: store.database.path)) {
      try store.apply([
        .entry(message(2, from: 1, to: .person(person(2)))),
        .entry(message(3, from: 1, to: .person(person(2)), body: large)),
      ])
    }
    #expect(try store.load().lastPosition == 1)
    try store.database.execute("PRAGMA max_page_count = \(1 << 20)")
    try store.apply([.entry(message(2, from: 1, to: .person(person(2))))])
    #expect(try store.load().lastPosition == 2)
    #expect(try store.freeBytes > 0)
  }

  @Test("Every error says in words what to do", arguments: allErrors)
  func descriptions(_ error: StoreError) {
    #expect(error.description.hasSuffix("."))
    #expect(error.description.contains("/data") || error == .crashed)
  }
}

private let allErrors: [StoreError] = [
  .file(path: "/data", reason: "x"), .readOnly(path: "/data"), .full(path: "/data"),
  .inUse(folder: "/data", pid: 7), .inUse(folder: "/data", pid: nil), .takenOver(path: "/data"),
  .busy(path: "/data"), .newerSchema(path: "/data", found: 2, known: 1), .foreign(path: "/data"),
  .corrupt(path: "/data", detail: "x"), .indexDamaged(path: "/data", detail: "x"), .exists(path: "/data"),
  .missing(path: "/data"),
  .unsound(path: "/data", detail: "x"), .outOfOrder(path: "/data", position: 1, last: 2),
  .failed(path: "/data", code: 1, detail: "x"), .crashed,
]

/// Root may write anywhere; this thread gives that up while `body` runs, where it is root.
private func withoutRootsPowers(_ body: () -> Void) {
  let isRoot = geteuid() == 0
  if isRoot { setFileSystemUser(65_534) }
  body()
  if isRoot { setFileSystemUser(0) }
}

@_silgen_name("setfsuid")
@discardableResult
private func setFileSystemUser(_ user: UInt32) -> Int32
