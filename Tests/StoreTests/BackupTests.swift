import Core
import Testing

@testable import Store

@Suite("Backup and restore")
struct BackupTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }
  var backup: String { temporary.path + "/backup.db" }

  private func filled() throws -> Store {
    let store = try Store(folder: folder, options: .simulation)
    try store.apply(everyWrite)
    return store
  }

  @Test("A backup of a running store restores to the same, and what came later is kept aside")
  func roundTrip() throws {
    var store = try filled()
    let before = try Picture(store)
    let upkeep = try Upkeep(folder: folder, durability: .simulation)
    let bytes = try upkeep.backup(to: backup)
    #expect(bytes == Folder.size(backup))
    #expect(mode(of: backup) == 0o600)
    #expect(names(in: temporary.path) == ["backup.db", "data"], "one file, and nothing left over")

    try store.apply([.entry(message(9, from: 1, to: .person(person(2))))])
    let indexer = try Indexer(folder: folder)
    while try indexer.advance() {}
    let later = try Picture(store)
    store.close()

    let summary = try Store.restore(from: backup, to: folder)
    #expect(summary.counts == StoreCounts(accounts: 4, groups: 3, entries: 3, lastPosition: 3, lastTime: 30))
    store = try Store(folder: folder)
    #expect(try Picture(store) == before)
    let position = try Indexer(folder: folder).position
    #expect(position == 0, "the index of the other log is gone")
    store.close()

    let replaced = try #require(summary.replaced)
    #expect(replaced.hasPrefix(Folder.database(folder) + ".replaced-"))
    _ = try Store.restore(from: replaced, to: temporary.path + "/other")
    #expect(try Picture(Store(folder: temporary.path + "/other")) == later)
  }

  @Test("A restore into a new folder makes it")
  func newFolder() throws {
    let store = try filled()
    _ = try Upkeep(folder: folder).backup(to: backup)
    let other = temporary.path + "/a/b"
    #expect(try Store.restore(from: backup, to: other).replaced == nil)
    #expect(names(in: other) == ["moot.db", "moot.lock"])
    #expect(try Picture(Store(folder: other)) == Picture(store))
  }

  @Test("A restore keeps what a kill had left in the write-ahead log")
  func afterKill() throws {
    _ = try Upkeep(folder: { try filled().folder }()).backup(to: backup)
    var crash = false
    var options = StoreOptions.simulation
    options.fault = { _ in crash }
    let store = try Store(folder: folder, options: options)
    try store.apply([.entry(message(9, from: 1, to: .person(person(2))))])
    let later = try Picture(store)
    crash = true
    #expect(throws: StoreError.crashed) { try store.apply([]) }
    #expect(Folder.size(Folder.database(folder) + "-wal") > 0)

    let replaced = try #require(try Store.restore(from: backup, to: folder).replaced)
    #expect(try Store(folder: folder).load().lastPosition == 3)
    let other = temporary.path + "/other"
    _ = try Store.restore(from: replaced, to: other)
    #expect(try Picture(Store(folder: other)) == later)
  }

  @Test("A damaged database is kept aside as it is")
  func damaged() throws {
    let store = try filled()
    let before = try Picture(store)
    _ = try Upkeep(folder: folder).backup(to: backup)
    store.close()
    let rubbish = [UInt8](repeating: 3, count: 20_000)
    writeBytes(rubbish, to: Folder.database(folder))
    writeBytes([1, 2, 3], to: Folder.database(folder) + "-wal")
    let replaced = try #require(try Store.restore(from: backup, to: folder).replaced)
    #expect(readBytes(replaced) == rubbish)
    #expect(readBytes(replaced + "-wal") == [1, 2, 3])
    #expect(try Picture(Store(folder: folder)) == before)
  }

  @Test("Nothing is overwritten by a backup, and nothing restored while a server runs")
  func refusals() throws {
    let store = try filled()
    writeBytes([1], to: backup)
    #expect(throws: StoreError.exists(path: backup)) { try Upkeep(folder: folder).backup(to: backup) }
    #expect(readBytes(backup) == [1])
    let second = temporary.path + "/second.db"
    _ = try Upkeep(folder: folder).backup(to: second)
    #expect(throws: StoreError.self) { try Store.restore(from: second, to: folder) }
    #expect(try store.load().lastPosition == 3)
    store.close()
    let missing = temporary.path + "/none/backup.db"
    #expect(throws: StoreError.missing(path: missing)) { try Store.restore(from: missing, to: folder) }
  }

  @Test("A backup to a place that does not exist fails with its path")
  func nowhere() throws {
    let store = try filled()
    #expect(throws: StoreError.self) { try Upkeep(folder: folder).backup(to: temporary.path + "/none/backup.db") }
    try store.apply([.entry(message(9, from: 1, to: .person(person(2))))])
  }

  @Test("A backup that is damaged, foreign or too new leaves the folder as it was")
  func unusable() throws {
    let store = try filled()
    let before = try Picture(store)
    _ = try Upkeep(folder: folder).backup(to: backup)
    store.close()
    let sound = readBytes(backup)
    let other = temporary.path + "/other"
    try Store(folder: other, options: .simulation, steps: Schema.steps + ["CREATE TABLE later (x)"]).close()
    var damaged = sound
    for index in 4_096..<8_192 { damaged[index] = 0xEE }
    let contents: [(String, [UInt8])] = [
      ("empty", []), ("no database", Array(repeating: 7, count: 9_000)), ("cut off", Array(sound.prefix(9_000))),
      ("damaged", damaged), ("too new", readBytes(Folder.database(other))),
    ]
    for (what, bytes) in contents {
      let path = temporary.path + "/unusable.db"
      writeBytes(bytes, to: path)
      #expect(throws: StoreError.self, "\(what)") { try Store.restore(from: path, to: folder) }
      let again = try Store(folder: folder)
      #expect(try Picture(again) == before, "\(what)")
      again.close()
    }
    #expect(names(in: folder) == ["moot.db", "moot.lock", "moot.reserve"])
  }

  @Test("A backup and a full index come from one moment each, while turns go on")
  func whileWriting() throws {
    let store = try Store(folder: folder, options: .simulation)
    try store.apply([.account(account(1, "alice"), verifier(1))])
    let work = try Background(folder: folder, backup: backup)
    var position: Position = 0
    while !work.isDone {
      let turn = (1...7).map { Write.entry(message(position + $0, from: 1, to: .person(person(2)))) }
      try store.apply(turn)
      position += 7
    }
    #expect(work.wait() == [])
    store.close()
    let counts = try Store.restore(from: backup, to: temporary.path + "/other").counts
    #expect(counts.entries == counts.lastPosition && counts.entries % 7 == 0, "whole turns only")
  }
}
