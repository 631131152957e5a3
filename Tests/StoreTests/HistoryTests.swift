import Core
import Testing

@testable import Store

@Suite("History and what was missed")
struct HistoryTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }

  @Test(
    "However far the index is behind, the answers are those of a plain array", arguments: 1...6 as ClosedRange<UInt64>)
  func againstModel(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let model = HistoryModel(count: 300, using: &generator)
    let store = try Store(folder: folder, options: .simulation)
    try store.apply(model.entries.map { .entry($0) })
    let reader = try StoreReader(folder: folder)
    func check(_ count: Int, _ stage: Comment) {
      for _ in 0..<count {
        let ask = model.randomAsk(using: &generator)
        #expect(reader.answer(ask) == model.answer(ask), "\(stage): \(ask)")
      }
    }
    check(100, "no index")
    let indexer = try Indexer(folder: folder, durability: .simulation)
    check(20, "an empty index")
    while try indexer.advance(maxEntries: Int.random(in: 1...70, using: &generator)) {
      check(60, "an index up to \(indexer.position)")
    }
    #expect(indexer.position == model.entries.last?.position)
    check(300, "a complete index")
  }

  @Test("Entries that are handed to the indexer are as those it reads", arguments: 1...6 as ClosedRange<UInt64>)
  func handed(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let model = HistoryModel(count: 300, using: &generator)
    let store = try Store(folder: folder, options: .simulation)
    var batches: [IndexBatch] = []
    var rest = model.entries[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...40, using: &generator)
      try store.apply(rest.prefix(count).map { .entry($0) })
      rest = rest.dropFirst(count)
      // What comes together is handed together; some is lost on the way.
      if Int.random(in: 0..<4, using: &generator) > 0 { batches.append(store.written) }
      if Int.random(in: 0..<4, using: &generator) > 0 { store.written.removeAll() }
    }
    let reader = try StoreReader(folder: folder)
    let indexer = try Indexer(folder: folder, durability: .simulation)
    while indexer.position != model.entries.last?.position {
      if !batches.isEmpty { indexer.add(batches.removeFirst()) }
      _ = try indexer.advance(maxEntries: Int.random(in: 1...70, using: &generator))
      for _ in 0..<60 {
        let ask = model.randomAsk(using: &generator)
        #expect(reader.answer(ask) == model.answer(ask), "an index up to \(indexer.position): \(ask)")
      }
    }
  }

  private func store(_ entries: [Entry]) throws -> (Store, StoreReader) {
    let store = try Store(folder: folder, options: .simulation)
    try store.apply(entries.map { .entry($0) })
    return (store, try StoreReader(folder: folder))
  }

  private func positions(_ answer: Answer) -> [Position] {
    guard case .history(let entries) = answer else { return [-1] }
    return entries.map(\.position)
  }

  @Test("Spans, spelled out", arguments: [false, true])
  func spans(indexed: Bool) throws {
    let entries = (1...9).map { message($0, from: 1, to: .person(person(2)), time: $0 * 10) }
    let (_, reader) = try store(entries)
    if indexed { #expect(try !Indexer(folder: folder).advance()) }
    func ask(_ span: HistorySpan, _ limit: Int) -> [Position] {
      positions(
        reader.answer(
          .history(HistoryQuery(conversation: .pair(person(2), person(1)), span: span, limit: limit))))
    }
    let four = HistoryPoint.id(entries[3].id)
    let eight = HistoryPoint.id(entries[7].id)
    #expect(ask(.latest(after: nil), 3) == [7, 8, 9])
    #expect(ask(.latest(after: four), 3) == [7, 8, 9])
    #expect(ask(.latest(after: eight), 3) == [9])
    #expect(ask(.before(four), 2) == [2, 3])
    #expect(ask(.before(.time(40)), 2) == [2, 3])
    #expect(ask(.before(.time(41)), 2) == [3, 4])
    #expect(ask(.after(four), 2) == [5, 6])
    #expect(ask(.after(.time(39)), 2) == [4, 5])
    #expect(ask(.around(four), 5) == [2, 3, 4, 5, 6])
    #expect(ask(.around(four), 1) == [4])
    #expect(ask(.around(.time(45)), 2) == [4, 5])
    #expect(ask(.between(four, eight), 2) == [5, 6])
    #expect(ask(.between(eight, four), 2) == [6, 7])
    #expect(ask(.between(eight, .time(0)), 100) == [1, 2, 3, 4, 5, 6, 7])
    #expect(ask(.between(four, four), 9) == [])
    #expect(ask(.between(.time(40), four), 9) == [])
    #expect(ask(.latest(after: nil), 0) == [])
    let stranger = HistoryQuery(
      conversation: .pair(person(1), person(3)), span: .before(four), limit: 5)
    #expect(reader.answer(.history(stranger)) == .unknownMessage)
  }

  @Test("An answer has a bound in bytes, and the entries nearest to what was asked for", arguments: [false, true])
  func weight(indexed: Bool) throws {
    var entries = (1...9).map { message($0, from: 1, to: .person(person(2)), time: $0 * 10) }
    for index in entries.indices { entries[index].body = [UInt8](repeating: 97, count: 1_000) }
    entries[8].kind = .multiline
    entries[8].body = Array("a\nb\nc".utf8)
    let (_, reader) = try store(entries)
    if indexed { #expect(try !Indexer(folder: folder).advance()) }
    func ask(_ span: HistorySpan, bytes: Int) -> [Position] {
      let query = HistoryQuery(conversation: .pair(person(2), person(1)), span: span, limit: 5, bytes: bytes)
      return positions(reader.answer(.history(query)))
    }
    let weight = entries[0].weight
    #expect(entries[8].weight > weight - 1_000 + 2 * 400, "every line has a source")
    #expect(ask(.before(.time(80)), bytes: 3 * weight) == [5, 6, 7])
    #expect(ask(.after(.time(10)), bytes: 3 * weight) == [2, 3, 4])
    #expect(ask(.around(.time(50)), bytes: 4 * weight) == [3, 4, 5, 6])
    #expect(ask(.latest(after: nil), bytes: 1) == [9])
    #expect(ask(.latest(after: nil), bytes: weight + entries[8].weight) == [8, 9])
  }

  @Test("A client that asks for no events gets messages and notices only", arguments: [false, true])
  func kinds(indexed: Bool) throws {
    let kinds: [EntryKind] = [.create, .join, .message, .tagMessage, .notice, .kick, .mode, .topic, .part]
    let entries = kinds.enumerated().map { index, kind in
      message(Int64(index + 1), from: 1, to: .group(group(1)), number: Int64(index + 1), kind: kind)
    }
    let (_, reader) = try store(entries)
    if indexed { #expect(try !Indexer(folder: folder).advance()) }
    var query = HistoryQuery(conversation: .group(group(1)), span: .latest(after: nil), limit: 100)
    #expect(positions(reader.answer(.history(query))) == [3, 5])
    query.events = true
    #expect(positions(reader.answer(.history(query))) == Array(1...9))
    query.since = 4
    #expect(positions(reader.answer(.history(query))) == Array(4...9))
    query.span = .after(.id(entries[2].id))
    #expect(reader.answer(.history(query)) == .unknownMessage, "an entry from before the member's time")
    let groups = [GroupSince(group: group(1), since: 0)]
    #expect(
      reader.answer(.missed(person(9), groups: groups, after: 0, limit: 9))
        == .missed([entries[2], entries[4]], upTo: 9))
  }

  @Test("Pages of what was missed join without gap or overlap", arguments: [0, 40, 100])
  func missedPages(indexed: Int) throws {
    var generator = SeededGenerator(state: 77)
    let model = HistoryModel(count: 100, using: &generator)
    let (_, reader) = try store(model.entries)
    if indexed > 0 { _ = try Indexer(folder: folder).advance(maxEntries: indexed) }
    let groups = [GroupSince(group: group(2), since: 3)]
    guard case .missed(let all, let end) = reader.answer(.missed(person(1), groups: groups, after: 0, limit: 1_000))
    else {
      Issue.record("no answer")
      return
    }
    #expect(end == model.entries.last?.position)
    var paged: [Entry] = []
    var position: Position = 0
    while position < end {
      guard
        case .missed(let page, let upTo) = reader.answer(
          .missed(person(1), groups: groups, after: position, limit: 7))
      else { break }
      #expect(upTo > position && page.count <= 7)
      paged += page
      position = upTo
    }
    #expect(paged == all)
    #expect(reader.answer(.missed(person(1), groups: [], after: 5, limit: 0)) == .missed([], upTo: 5))
  }

  @Test("One request looks at no more of an unindexed log than it may")
  func boundedTail() throws {
    let entries = (1...50).map { message($0, from: 1, to: .person(person($0 == 50 ? 2 : 3))) }
    _ = try store(entries)
    let reader = try StoreReader(folder: folder, tailLimit: 20)
    let query = HistoryQuery(conversation: .pair(person(1), person(2)), span: .latest(after: nil), limit: 5)
    guard case .failed = reader.answer(.history(query)) else {
      Issue.record("it read on")
      return
    }
    // What was missed comes in pages anyway, so it only takes more of them.
    #expect(reader.answer(.missed(person(2), groups: [], after: 0, limit: 5)) == .missed([], upTo: 20))
    #expect(reader.answer(.missed(person(2), groups: [], after: 20, limit: 5)) == .missed([], upTo: 40))
    #expect(reader.answer(.missed(person(2), groups: [], after: 40, limit: 5)) == .missed([entries[49]], upTo: 50))
    let indexer = try Indexer(folder: folder)
    _ = try indexer.advance(maxEntries: 30)
    #expect(reader.answer(.history(query)) == .history([entries[49]]))
  }

  @Test("A reader sees what was committed when it is asked")
  func fresh() throws {
    let (store, reader) = try store([])
    let indexer = try Indexer(folder: folder)
    let query = HistoryQuery(conversation: .pair(person(1), person(2)), span: .latest(after: nil), limit: 3)
    for position in 1...10 as ClosedRange<Int64> {
      try store.apply([.entry(message(position, from: 1, to: .person(person(2))))])
      if position % 3 == 0 { _ = try indexer.advance() }
      #expect(positions(reader.answer(.history(query))).last == position)
    }
  }
}

@Suite("The index")
struct IndexTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }
  let store: Store
  let reader: StoreReader
  let entries = (1...40).map { message($0, from: 1, to: .person(person(2))) }

  init() throws {
    store = try Store(folder: temporary.data, options: .simulation)
    try store.apply(entries.map { .entry($0) })
    reader = try StoreReader(folder: temporary.data)
  }

  private func expectHistory() {
    let query = HistoryQuery(conversation: .pair(person(1), person(2)), span: .latest(after: nil), limit: 100)
    #expect(reader.answer(.history(query)) == .history(entries))
  }

  private func index(_ count: Int) throws {
    let indexer = try Indexer(folder: folder)
    _ = try indexer.advance(maxEntries: count)
  }

  @Test("It goes on where it ended")
  func resumed() throws {
    try index(25)
    let indexer = try Indexer(folder: folder)
    #expect(indexer.position == 25)
    #expect(try !indexer.advance(maxEntries: 100))
    #expect(indexer.position == 40)
    #expect(try !indexer.advance(maxEntries: 100))
    expectHistory()
    #expect(mode(of: Folder.index(folder)) == 0o600)
  }

  @Test("One that is lost is made anew while readers go on")
  func lost() throws {
    try index(40)
    expectHistory()
    try Folder.remove(database: Folder.index(folder))
    expectHistory()
    try index(10)
    expectHistory()
  }

  @Test("One that is damaged, of another kind or of another version is made anew")
  func unusable() throws {
    let path = Folder.index(folder)
    let changes: [(String, () throws -> Void)] = [
      ("no database", { writeBytes(Array(repeating: 9, count: 10_000), to: path) }),
      ("another version", { try changeIndex("PRAGMA user_version = 99") }),
      ("another program's", { try changeIndex("PRAGMA application_id = 99") }),
      ("without its end", { try changeIndex("DELETE FROM watermark") }),
      ("of another log", { try changeIndex("UPDATE watermark SET counter = 777") }),
      ("ahead of the log", { try changeIndex("UPDATE watermark SET position = 41") }),
    ]
    for (what, change) in changes {
      try index(40)
      try change()
      let indexer = try Indexer(folder: folder)
      while try indexer.advance(maxEntries: 30) {}
      #expect(indexer.position == 40, "\(what)")
      expectHistory()
    }
  }

  private func changeIndex(_ script: String) throws {
    try Database(path: Folder.index(folder), access: .readWrite, cacheKiB: 100).execute(script)
  }

  @Test("One that is damaged while it is in use is made anew")
  func damagedInUse() throws {
    let indexer = try Indexer(folder: folder)
    _ = try indexer.advance(maxEntries: 30)
    try changeIndex("DROP TABLE id_run")
    #expect(throws: StoreError.self, "it says so") { try indexer.advance(maxEntries: 30) }
    #expect(indexer.position == 0)
    while try indexer.advance(maxEntries: 30) {}
    #expect(indexer.position == 40)
    expectHistory()
  }
}
