import Core
import Testing

@testable import Store

@Suite("What is too old to be kept")
struct AgingTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }
  private static let day: Milliseconds = 86_400_000

  /// Messages of three groups and of a few people, one an hour; position N is N hours after the beginning.
  private func log(_ count: Int64) -> [Entry] {
    var numbers: [Int64: Int64] = [:]
    return (1...count).map { position in
      let id = position % 4
      let kinds: [EntryKind] = [.message, .multiline, .notice, .tagMessage, .part, .kick, .redact]
      let target: Target = id == 0 ? .person(person(2)) : .group(group(id))
      var number: Int64 = 0
      if id > 0 {
        number = numbers[id, default: 0] + 1
        numbers[id] = number
      }
      let kind = id == 0 ? kinds[Int(position / 4) % 4] : kinds[Int(position / 4) % kinds.count]
      var entry = message(
        position, from: 1, to: target, number: number, kind: kind, time: position * 3_600_000,
        body: "said at \(position)")
      if kind == .redact {
        entry.body = Array("\(MessageID(epoch: 1, counter: 1).text) :why at \(position)".utf8)
      }
      return entry
    }
  }

  /// Groups 1, for as long as the realm keeps it; 2, for two days; 3, a replica of a realm that keeps it for a day.
  private func open(_ entries: [Entry]) throws -> (Store, StoreReader) {
    let store = try Store(folder: folder, options: .simulation)
    var writes: [Write] = (1...3).map {
      .group(group($0), name: "#g\($0)", founder: person(1), created: 1, modes: $0 == 2 ? GroupModes(keepDays: 2) : [])
    }
    writes.append(.replica(group(3), GroupHome(realm: "beta", group: 7)))
    writes.append(.realm(RealmRecord(name: "beta", key: [], isVerified: false, keepDays: 1)))
    try store.apply(writes + entries.map { .entry($0) })
    return (store, try StoreReader(folder: folder))
  }

  private func index() throws -> Indexer {
    let indexer = try Indexer(folder: folder, durability: .simulation)
    while try indexer.advance() {}
    return indexer
  }

  /// Looks everything over, and erases what is too old.
  @discardableResult
  private func age(_ store: Store, _ reader: StoreReader, now: Milliseconds, keepDays: Int) throws -> Int {
    var place: Aged.Place?
    var parts = 0
    repeat {
      let query = AgedQuery(now: now, keepDays: keepDays, homes: ["beta": 1], after: place)
      guard case .aged(let aged) = reader.answer(.aged(query)) else {
        Issue.record("no answer")
        return parts
      }
      #expect(aged.erased.count <= Limits.agedEntries && aged.deleted.count <= Limits.agedEntries)
      if !aged.isEmpty { try store.apply([.aged(aged)]) }
      place = aged.next
      parts += 1
    } while place != nil
    return parts
  }

  private func all(_ store: Store) throws -> [Entry] {
    try LogView(log: store.database, index: nil).entries(
      at: store.database.rows("SELECT position FROM entry ORDER BY position") { $0.int(0) })
  }

  @Test("Each conversation by the shortest of its times; what happened in groups stays, what was said does not")
  func policies() throws {
    let entries = log(400)
    let (store, reader) = try open(entries)
    _ = try index()
    let now = 400 * 3_600_000 as Milliseconds
    try age(store, reader, now: now, keepDays: 5)
    let left = Dictionary(try all(store).map { ($0.position, $0) }, uniquingKeysWith: { first, _ in first })
    for entry in entries {
      let days: Int64
      switch entry.target {
      case .person: days = 5
      case .group(let id): days = [5, 2, 1][Int(id.rawValue) - 1]
      }
      let isOld = entry.time < now - days * Self.day
      guard case .group = entry.target else {
        #expect((left[entry.position] == nil) == isOld, "\(entry)")
        continue
      }
      let found = left[entry.position]
      #expect(found?.number == entry.number && found?.id == entry.id && found?.time == entry.time)
      guard isOld else {
        #expect(found == entry)
        continue
      }
      switch entry.kind {
      case .part: #expect(found?.kind == .part && found?.sender == entry.sender && found?.body == [])
      case .kick: #expect(found == entry)
      case .redact: #expect(found?.body.count == MessageID.textLength && found?.kind == .redact)
      default: #expect(found?.kind == .removed && found?.sender == .nobody && found?.body == [] && found?.tags == [])
      }
    }
    #expect(!String(decoding: readBytes(Folder.database(folder)), as: UTF8.self).contains("said at 4\u{0}"))
    // Nothing is found a second time.
    guard case .aged(let again) = reader.answer(.aged(AgedQuery(now: now, keepDays: 5, homes: ["beta": 1], after: nil)))
    else { return }
    #expect(again.isEmpty)
    #expect(
      reader.answer(.aged(AgedQuery(now: now, keepDays: 5, homes: ["beta": 1], after: .privates))) == .aged(Aged()))
  }

  @Test("In parts of a bounded size, however much there is")
  func parts() throws {
    let entries = (1...2_500).map { position in
      position % 2 == 0
        ? message(position, from: 1, to: .group(group(1)), number: position / 2, time: position)
        : message(position, from: 1, to: .person(person(2)), time: position)
    }
    let (store, reader) = try open(entries)
    _ = try index()
    let parts = try age(store, reader, now: 3 * Self.day, keepDays: 1)
    #expect(parts >= 6)
    // The entry by which the index is known stays, for now.
    #expect(try all(store).filter { $0.number == 0 }.map(\.position) == [])
    #expect(try all(store).allSatisfy { $0.kind == .removed } && all(store).count == 1_250)
  }

  @Test("What is gone is in no answer, whether the index still names it or not")
  func answers() throws {
    let entries = log(400)
    let (store, reader) = try open(entries)
    let indexer = try index()
    try age(store, reader, now: 400 * 3_600_000, keepDays: 5)
    let left = try all(store).filter { $0.target == .person(person(2)) && $0.kind != .tagMessage }
    let query = HistoryQuery(conversation: .pair(person(1), person(2)), span: .latest(after: nil), limit: 1_000)
    for _ in 0..<2 {
      #expect(reader.answer(.history(query)) == .history(left))
      #expect(reader.answer(.missed(person(2), groups: [], after: 0, limit: 1_000)) == .missed(left, upTo: 400))
      #expect(reader.answer(.entry(entries[3].id, .pair(person(1), person(2)))) == .entry(nil))
      let old = HistoryQuery(
        conversation: .pair(person(1), person(2)), span: .after(.id(entries[3].id)), limit: 5)
      #expect(reader.answer(.history(old)) == .unknownMessage)
      let search = SearchQuery(person: person(2), privates: .all, groups: [], limit: 1_000)
      #expect(reader.answer(.search(search)) == .found(left, lookedUpTo: nil))
      #expect(
        reader.answer(.groupLog(group(1), after: 0, limit: 1_000, bytes: .max))
          == .groupLog(try all(store).filter { $0.target == .group(group(1)) }), "numbers have no gaps")
      try indexer.trim()
    }
    // One that is made anew knows nothing of it.
    try Folder.remove(database: Folder.index(folder))
    _ = try index()
    #expect(reader.answer(.history(query)) == .history(left))
  }

  @Test("Correspondents of whom nothing is left are none")
  func correspondents() throws {
    let (store, reader) = try open([
      message(1, from: 1, to: .person(person(2)), time: 1), message(2, from: 1, to: .person(person(3)), time: 2),
      message(3, from: 1, to: .person(person(3)), time: 5 * Self.day),
      message(4, from: 1, to: .person(person(4)), time: 5 * Self.day),
    ])
    let indexer = try index()
    try age(store, reader, now: 5 * Self.day, keepDays: 1)
    try indexer.trim()
    let ask = Ask.conversations(person(1), groups: [], after: 0, before: .max, newest: true, limit: 9)
    guard case .conversations(let found) = reader.answer(ask) else { return }
    #expect(found.map(\.target) == [.person(person(3)), .person(person(4))])
  }

  @Test("A start after most was erased makes the file smaller, and loses nothing else")
  func space() throws {
    var entries = (1...4_000).map {
      message($0, from: 1, to: .person(person(2)), time: $0, body: String(repeating: "x", count: 400))
    }
    entries.append(message(4_001, from: 1, to: .person(person(2)), time: 9 * Self.day, body: "kept"))
    let (store, reader) = try open(entries)
    _ = try index()
    try age(store, reader, now: 9 * Self.day, keepDays: 1)
    let before = try store.database.number("PRAGMA page_count")
    store.close()
    var options = StoreOptions.simulation
    options.freePages = 10
    let again = try Store(folder: folder, options: options)
    #expect(try again.database.number("PRAGMA page_count") < before / 3)
    #expect(try all(again) == [entries[4_000]])
    #expect(again.lastPosition == 4_001)
  }
}
