import Core
import Testing

@testable import Store

@Suite("Search")
struct SearchTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }

  private static let words = ["alpha", "beta", "gamma", "Delta", "éps", "東京", "beta-gamma"]

  /// A log of groups and private conversations, with what was said made of few words.
  private func log(_ count: Int, using generator: inout SeededGenerator) -> HistoryModel {
    var model = HistoryModel(count: count, using: &generator)
    for index in model.entries.indices {
      let text = (0...2).map { _ in Self.words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
      model.entries[index].body = Array(text.utf8)
      if model.entries[index].sender == .nobody { model.entries[index].nick = Array("Guest".utf8) }
    }
    return model
  }

  /// Takes back or edits a message: in the store, and in the model as the store is to have it.
  private func change(
    _ model: inout HistoryModel, _ store: Store, redacting: Bool, using generator: inout SeededGenerator
  ) throws {
    guard
      let index = model.entries.indices.filter({
        HistoryModel.isMessage(model.entries[$0]) && model.entries[$0].link == 0
      })
      .randomElement(using: &generator)
    else { return }
    let position = model.entries[index].position
    guard !redacting else {
      try store.apply([.erased(position)])
      model.entries[index].kind = .removed
      model.entries[index].body = []
      model.entries[index].nick = []
      return
    }
    var edit = model.entries[index]
    edit.position = (model.entries.last?.position ?? 0) + 1
    edit.time = model.entries.last?.time ?? 0
    if case .group = edit.target {
      edit.number = (model.entries.filter { $0.target == edit.target }.map(\.number).max() ?? 0) + 1
    }
    edit.id = MessageID(epoch: 9, counter: UInt64(edit.position))
    edit.body = Array("edited \(Self.words.randomElement(using: &generator) ?? "")".utf8)
    try store.apply([.entry(edit), .edited(position, by: edit.position)])
    model.entries[index].body = edit.body
    model.entries[index].kind = edit.kind
    model.entries[index].link = edit.position
    edit.link = position
    model.entries.append(edit)
  }

  @Test(
    "However far the search index is behind, it finds what a plain array has", arguments: 1...6 as ClosedRange<UInt64>)
  func againstModel(_ seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    var model = log(300, using: &generator)
    let store = try Store(folder: folder, options: .simulation)
    try store.apply(model.entries.map { .entry($0) })
    let reader = try StoreReader(folder: folder)
    var found = 0
    func check(_ count: Int, _ stage: Comment) {
      for _ in 0..<count {
        let query = randomQuery(model, using: &generator)
        let expected = model.search(query)
        found += expected.count
        #expect(reader.answer(.search(query)) == .found(expected, lookedUpTo: nil), "\(stage): \(query)")
      }
    }
    check(60, "no index")
    #expect(SearchIndexer.isWanted(folder: folder), "it is written once somebody has searched")
    let indexer = try SearchIndexer(folder: folder, durability: .simulation)
    check(20, "an empty index")
    while try indexer.advance(maxEntries: Int.random(in: 1...70, using: &generator)) {
      check(40, "an index up to \(indexer.position)")
      try change(&model, store, redacting: Bool.random(using: &generator), using: &generator)
      check(20, "after a change")
    }
    while try indexer.advance() {}
    check(150, "a complete index")
    #expect(try indexer.isStale)
    #expect(try indexer.forget())
    check(100, "a shard made anew")
    #expect(try !indexer.forget())
    #expect(found > 1_000, "else this shows nothing")
  }

  private func randomQuery(_ model: HistoryModel, using generator: inout SeededGenerator) -> SearchQuery {
    func time() -> Milliseconds { Int64.random(in: 995...(model.entries.last?.time ?? 1_000) + 5, using: &generator) }
    let asker = person(Int64.random(in: 1...5, using: &generator))
    var query = SearchQuery(
      person: asker, privates: .all, groups: [], limit: Int.random(in: 1...30, using: &generator))
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: query.privates = .none
    case 1: query.privates = .with(person(Int64.random(in: 0...5, using: &generator)))
    default: break
    }
    for id in 1...3 as ClosedRange<Int64> where Bool.random(using: &generator) {
      query.groups.append(
        GroupSince(
          group: group(id), since: Int64.random(in: 0...20, using: &generator),
          notBefore: Bool.random(using: &generator) ? 0 : time()))
    }
    if Bool.random(using: &generator) {
      let words = (0...Int.random(in: 0...1, using: &generator)).map { _ in
        ["alp", "beta", "gam", "DELTA", "eps", "東", "東京", "京", "beta gamma", "beta-gamma", "edited"]
          .randomElement(using: &generator) ?? ""
      }
      query.text = SearchText(words.joined(separator: " ").utf8)
    }
    if Int.random(in: 0..<3, using: &generator) == 0 {
      let id = Int64.random(in: 0...4, using: &generator)
      query.author = SearchQuery.Author(person: id == 0 ? nil : person(id), nick: id == 0 ? "guest" : "nobody")
    }
    if Int.random(in: 0..<3, using: &generator) == 0 { query.after = time() }
    if Int.random(in: 0..<3, using: &generator) == 0 { query.before = time() }
    if Int.random(in: 0..<4, using: &generator) == 0 { query.notBefore = time() }
    return query
  }

  private func store(_ entries: [Entry]) throws -> (Store, StoreReader) {
    let store = try Store(folder: folder, options: .simulation)
    try store.apply(entries.map { .entry($0) })
    return (store, try StoreReader(folder: folder))
  }

  private func query(_ text: String, limit: Int = 10, bytes: Int = .max) -> SearchQuery {
    SearchQuery(
      person: person(1), privates: .all, groups: [GroupSince(group: group(1), since: 1)], text: SearchText(text.utf8),
      limit: limit, bytes: bytes)
  }

  private func positions(_ answer: Answer) -> [Position] {
    guard case .found(let entries, _) = answer else { return [-1] }
    return entries.map(\.position)
  }

  private func index() throws -> SearchIndexer {
    let indexer = try SearchIndexer(folder: folder, durability: .simulation)
    while try indexer.advance() {}
    return indexer
  }

  @Test("What is set apart is not found, nor what was said before somebody came", arguments: [false, true])
  func hidden(indexed: Bool) throws {
    let entries = (1...6).map { message($0, from: 2, to: .group(group(1)), number: $0, body: "word \($0)") }
    let (store, reader) = try store(entries)
    if indexed { _ = try index() }
    try store.apply([
      .replicaSetBack(group(1), to: EntryMark(number: 3, id: entries[2].id, time: entries[2].time), after: 3)
    ])
    #expect(positions(reader.answer(.search(query("word")))) == [1, 2, 3])
    var later = query("word")
    later.groups[0].since = 2
    #expect(positions(reader.answer(.search(later))) == [2, 3])
    later.groups[0].notBefore = 30
    #expect(positions(reader.answer(.search(later))) == [3])
    later.groups = []
    #expect(positions(reader.answer(.search(later))) == [])
  }

  @Test("A message of several lines is found by all of them, also where a line goes on")
  func severalLines() throws {
    let entry = message(1, from: 1, to: .person(person(2)), kind: .multiline, body: "first line\nsec\rond line")
    let (_, reader) = try store([entry])
    _ = try index()
    for text in ["first second", "line", "second line", "line second"] {
      #expect(positions(reader.answer(.search(query(text)))) == [1], "\(text)")
    }
    #expect(positions(reader.answer(.search(query("ond")))) == [])
  }

  @Test("An answer has a bound in bytes and in work, and says so", arguments: [false, true])
  func bounds(indexed: Bool) throws {
    let count = Int64(Limits.searchLooks) + 10
    let entries = (1...count).map {
      message($0, from: 1, to: .person(person(2)), body: $0 == 1 ? "rare word" : "word rare")
    }
    let (_, reader) = try store(entries)
    if indexed { _ = try index() }
    guard case .found(let some, let upTo) = reader.answer(.search(query("word", bytes: 2 * entries[1].weight))) else {
      Issue.record("no answer")
      return
    }
    #expect(some.map(\.position) == [count - 1, count] && upTo == entries[Int(count) - 3].time)
    #expect(reader.answer(.search(query("word-rare", limit: 1))) == .found([entries[Int(count) - 1]], lookedUpTo: nil))
    // All have both words; only the first of them in this order, and so far it does not look.
    #expect(reader.answer(.search(query("rare-word"))) == .found([], lookedUpTo: entries[10].time))
    var forward = query("rare-word")
    forward.after = 0
    #expect(reader.answer(.search(forward)) == .found([entries[0]], lookedUpTo: entries[Limits.searchLooks - 1].time))
  }

  @Test("A log too long to be looked through is not searched before it is indexed")
  func boundedTail() throws {
    let entries = (1...50).map { message($0, from: 1, to: .person(person(2))) }
    _ = try store(entries)
    let reader = try StoreReader(folder: folder, tailLimit: 100)
    guard case .failed = reader.answer(.search(query("hello"))) else {
      Issue.record("it read on")
      return
    }
    _ = try SearchIndexer(folder: folder, durability: .simulation).advance(maxEntries: 40)
    #expect(positions(reader.answer(.search(query("hello", limit: 2)))) == [49, 50])
  }

  @Test("What was erased is gone from the file once its shard is made anew")
  func erased() throws {
    let (store, reader) = try store([
      message(1, from: 1, to: .person(person(2)), body: "the password is xyzzyplugh"),
      message(2, from: 1, to: .person(person(2)), body: "something else"),
    ])
    let indexer = try index()
    #expect(positions(reader.answer(.search(query("xyzzyplugh")))) == [1])
    try store.apply([.erased(1)])
    #expect(positions(reader.answer(.search(query("xyzzyplugh")))) == [])
    while try indexer.advance() {}
    #expect(try indexer.forget())
    #expect(positions(reader.answer(.search(query("xyzzyplugh")))) == [])
    #expect(positions(reader.answer(.search(query("something")))) == [2])
    try Database(path: Folder.search(folder), access: .readWrite, cacheKiB: 100).execute(
      "PRAGMA wal_checkpoint(TRUNCATE)")
    let bytes = readBytes(Folder.search(folder))
    #expect(!String(decoding: bytes, as: UTF8.self).contains("xyzzyplugh"))
    #expect(String(decoding: bytes, as: UTF8.self).contains("something"))
  }

  @Test("Across shards, oldest and newest first")
  func shards() throws {
    let width = Int64(1) << SearchFile.shardBits
    let entries = [5, width - 1, width, 2 * width + 7].map {
      message($0, from: 1, to: .person(person(2)), body: "word")
    }
    let (store, reader) = try store(entries)
    _ = try index()
    #expect(positions(reader.answer(.search(query("word", limit: 2)))) == [width, 2 * width + 7])
    try store.apply([.erased(width)])
    #expect(positions(reader.answer(.search(query("word", limit: 2)))) == [width - 1, 2 * width + 7])
    var forward = query("word", limit: 2)
    forward.after = 0
    #expect(positions(reader.answer(.search(forward))) == [5, width - 1])
    forward.after = entries[2].time
    #expect(positions(reader.answer(.search(forward))) == [2 * width + 7])
    var before = query("word")
    before.before = entries[1].time
    #expect(positions(reader.answer(.search(before))) == [5, width - 1])
  }

  /// Whether a part of the index is first asked for the words alone makes no difference to what is found.
  @Test("In hundreds of groups", arguments: ["rare", "common", "absent", "comm"])
  func hundredsOfGroups(_ text: String) throws {
    let groups = Int64(Limits.searchPlaces) * 4
    let entries = (Int64(1)...1_200).map { number -> Entry in
      let body = number % 300 == 7 ? "rare words" : number % 5 == 0 ? "common words" : "words"
      return message(number, from: 2, to: .group(group(number % groups + 1)), number: number, body: body)
    }
    let (store, reader) = try store(entries)
    _ = try index()
    // Every other group is one's own; and what has changed since is looked at, in its place.
    try store.apply([.erased(307)])
    var asked = SearchQuery(
      person: person(1), privates: .all,
      groups: stride(from: 2, through: groups, by: 2).map { GroupSince(group: group($0), since: 1) },
      text: SearchText(text.utf8), limit: 1_000, bytes: .max)
    let own = entries.filter { entry in
      entry.position != 307 && asked.groups.contains { .group($0.group) == entry.target } && asked.matches(entry)
    }
    #expect(positions(reader.answer(.search(asked))) == own.map(\.position))
    asked.limit = 3
    #expect(positions(reader.answer(.search(asked))) == own.suffix(3).map(\.position))
    asked.after = 0
    #expect(positions(reader.answer(.search(asked))) == own.prefix(3).map(\.position))
    #expect(own.isEmpty == (text == "absent"))
  }

  private func advance(_ indexer: SearchIndexer) throws {
    do throws(StoreError) {
      while try indexer.advance() {}
      while try indexer.forget() {}
    } catch {
      guard case .indexDamaged = error else { throw error }
    }
  }

  @Test("A search index that is lost, damaged, or has missed changes is made anew")
  func unusable() throws {
    let entries = (1...40).map { message($0, from: 1, to: .person(person(2)), body: "word") }
    let (store, reader) = try store(entries)
    let path = Folder.search(folder)
    func change(_ script: String) throws {
      try Database(path: path, access: .readWrite, cacheKiB: 100).execute(script)
    }
    let changes: [(String, () throws -> Void)] = [
      ("lost", { try Folder.remove(database: path) }),
      ("no database", { writeBytes(Array(repeating: 9, count: 10_000), to: path) }),
      ("another version", { try change("PRAGMA user_version = 99") }),
      ("of another log", { try change("UPDATE watermark SET counter = 777") }),
      ("ahead of the log", { try change("UPDATE watermark SET position = 41") }),
      ("ahead of the changes", { try change("UPDATE watermark SET change = 41") }),
      ("without a shard", { try change("DROP TABLE words_0") }),
    ]
    for (what, damage) in changes {
      _ = try index()
      try damage()
      let indexer = try SearchIndexer(folder: folder, durability: .simulation)
      try store.apply([.erased(40)])
      // One that is damaged in use says so, and begins anew.
      for _ in 0..<3 { try advance(indexer) }
      #expect(indexer.position == 40, "\(what)")
      #expect(positions(reader.answer(.search(query("word", limit: 2)))) == [38, 39], "\(what)")
    }
  }
}

extension HistoryModel {
  /// What a search finds, in the plainest way.
  func search(_ query: SearchQuery) -> [Entry] {
    func isVisible(_ entry: Entry) -> Bool {
      switch entry.target {
      case .group(let group):
        return query.groups.contains { $0.group == group && entry.number >= $0.since && entry.time >= $0.notBefore }
      case .person(let target):
        guard target == query.person || entry.sender == query.person, entry.time >= query.notBefore,
          entry.isSeen(by: query.person)
        else {
          return false
        }
        switch query.privates {
        case .none: return false
        case .all: return entry.sender != .nobody
        case .with(let other): return Self.belongs(entry, to: .pair(query.person, other))
        }
      }
    }
    let all = entries.filter { entry in
      guard Self.isMessage(entry), isVisible(entry), query.matches(entry) else { return false }
      guard entry.link > 0, entry.link < entry.position else { return true }
      return !entries.contains { $0.position == entry.link && Self.isMessage($0) && isVisible($0) }
    }
    return Array(query.after == nil ? all.suffix(query.limit) : all.prefix(query.limit))
  }
}
