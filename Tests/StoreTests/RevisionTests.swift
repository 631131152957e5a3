import Core
import Testing

@testable import Store

@Suite("Entries that are taken back")
struct RevisionTests {
  let temporary = TemporaryFolder()
  var folder: String { temporary.data }

  private func store(_ entries: [Entry]) throws -> (Store, StoreReader) {
    let store = try Store(folder: folder, options: .simulation)
    try store.apply(entries.map { .entry($0) })
    return (store, try StoreReader(folder: folder))
  }

  private func entries(_ answer: Answer) -> [Entry] {
    if case .history(let entries) = answer { return entries }
    return []
  }

  @Test("Nothing of what it said is left in the file")
  func erased() throws {
    let secret = Array("correct horse battery staple".utf8)
    // One that lies on its page, and one that needs pages of its own.
    let texts = [secret, secret + [UInt8](repeating: 97, count: 5_000) + secret]
    var messages = (1...40).map { message($0, from: 1, to: .group(group(1)), number: $0) }
    for (index, text) in texts.enumerated() {
      messages[index + 7].body = text
      messages[index + 7].tags = Array("+x=".utf8) + secret
      messages[index + 7].nick = secret
    }
    do {
      let (store, reader) = try store(messages)
      try store.apply([.erased(8), .erased(9)])
      var left = messages[7]
      (left.kind, left.body, left.tags, left.nick) = (.removed, [], [], [])
      #expect(reader.answer(.groupLog(group(1), after: 7, limit: 1, bytes: 0)) == .groupLog([left]))
    }
    let bytes = readBytes(Folder.database(folder))
    #expect(!bytes.isEmpty && Folder.size(Folder.database(folder) + "-wal") == 0)
    #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret) })
  }

  @Test("A message says what its newest edit says, which alone is left")
  func edited() throws {
    let texts = ["helo", "hello", "Hello\nall", "again"]
    var messages = (1...4).map { message($0, from: 1, to: .group(group(1)), number: $0) }
    for index in messages.indices { messages[index].body = Array(texts[index].utf8) }
    messages[2].kind = .multiline
    let (store, reader) = try store(messages)
    func log() -> [Entry] {
      guard case .groupLog(let entries) = reader.answer(.groupLog(group(1), after: 0, limit: 9, bytes: 9_999)) else {
        return []
      }
      return entries
    }
    try store.apply([.edited(1, by: 2)])
    #expect(log().map(\.link) == [2, 1, 0, 0])
    #expect(log().prefix(2).map(\.body) == [Array("hello".utf8), Array("hello".utf8)])
    try store.apply([.edited(1, by: 3)])
    #expect(log().map(\.kind) == [.multiline, .removed, .multiline, .message])
    #expect(log().map(\.link) == [3, 1, 1, 0])
    #expect(log()[0].body == messages[2].body && log()[1].body.isEmpty)
    // One that comes later and is older changes nothing; by the ids of edits the message itself is found.
    try store.apply([.edited(1, by: 2)])
    #expect(log()[0].body == messages[2].body)
    let found = FoundEntry(entry: log()[0], copies: [1])
    for edit in [1, 2] { #expect(reader.answer(.entry(messages[edit].id, .group(group(1)))) == .entry(found)) }
    // Taken back, it is gone with its edit; what was taken back is not edited.
    try store.apply([.erased(1), .edited(1, by: 4)])
    #expect(log().map(\.kind) == [.removed, .removed, .removed, .message])
    #expect(log()[0].body.isEmpty && log()[2].body.isEmpty)
    // What was lost by a home that was set back had done that: it is as it was.
    try store.apply([.corrected(messages[0]), .edited(1, by: 4)])
    #expect(log().map(\.kind) == [.message, .removed, .removed, .message])
    #expect(log()[0].body == messages[3].body && log()[0].link == 4)
    try store.apply([.corrected(messages[0])])
    #expect(log()[0] == messages[0])
  }

  @Test("It does not count in history, and stays a place to look from", arguments: [false, true])
  func history(indexed: Bool) throws {
    let (store, reader) = try store((1...60).map { message($0, from: 1, to: .person(person(2)), time: $0 * 10) })
    try store.apply((11...50).map { .erased($0) })
    if indexed { #expect(try !Indexer(folder: folder).advance()) }
    func ask(_ span: HistorySpan, _ limit: Int) -> [Position] {
      let query = HistoryQuery(conversation: .pair(person(1), person(2)), span: span, limit: limit)
      return entries(reader.answer(.history(query))).map(\.position)
    }
    let thirty = HistoryPoint.id(message(30, from: 1, to: .person(person(2))).id)
    #expect(ask(.latest(after: nil), 12) == [9, 10] + Array(51...60))
    #expect(ask(.before(thirty), 3) == [8, 9, 10])
    #expect(ask(.after(thirty), 3) == [51, 52, 53])
    #expect(ask(.around(thirty), 4) == [9, 10, 51, 52])
    #expect(ask(.latest(after: nil), 100) == Array(1...10) + Array(51...60))
  }

  @Test("An entry is found by its id, in its conversation alone", arguments: [false, true])
  func found(indexed: Bool) throws {
    let one = message(1, from: 1, to: .person(person(2)))
    let two = message(2, from: 1, to: .group(group(1)), number: 1)
    let (_, reader) = try store([one, two])
    if indexed { #expect(try !Indexer(folder: folder).advance()) }
    #expect(reader.answer(.entry(one.id, .pair(person(2), person(1)))) == .entry(FoundEntry(entry: one, copies: [1])))
    #expect(reader.answer(.entry(two.id, .group(group(1)))) == .entry(FoundEntry(entry: two, copies: [2])))
    #expect(reader.answer(.entry(two.id, .group(group(2)))) == .entry(nil))
    #expect(reader.answer(.entry(one.id, .pair(person(1), person(3)))) == .entry(nil))
    #expect(reader.answer(.entry(MessageID(epoch: 9, counter: 9), .group(group(1)))) == .entry(nil))
  }

  @Test("Copies that were set apart are found with it", arguments: [false, true])
  func copies(indexed: Bool) throws {
    let first = message(1, from: 1, to: .group(group(1)), number: 1)
    let second = message(2, from: 1, to: .group(group(1)), number: 2)
    let (store, reader) = try store([first, second])
    var again = second
    (again.position, again.number) = (3, 2)
    try store.apply([
      .replicaSetBack(group(1), to: EntryMark(number: 1, id: first.id, time: first.time), after: 1), .entry(again),
    ])
    if indexed { #expect(try !Indexer(folder: folder).advance()) }
    #expect(
      reader.answer(.entry(second.id, .group(group(1)))) == .entry(FoundEntry(entry: again, copies: [3, 2])))
  }

  @Test("What replicas have taken back is remembered until it is done")
  func revisions() throws {
    let one = message(1, from: 1, to: .group(group(1)), number: 1)
    var redaction = message(2, from: 1, to: .group(group(1)), number: 2, kind: .redact)
    redaction.body = Array("\(one.id.text) :why".utf8)
    var unknown = message(3, from: 1, to: .group(group(1)), number: 3, kind: .redact)
    unknown.body = Array(MessageID(epoch: 9, counter: 9).text.utf8)
    let (store, _) = try store([one, redaction, unknown])
    try store.apply([.revision(2), .revision(3)])
    store.close()
    let again = try Store(folder: folder, options: .simulation)
    let reader = try StoreReader(folder: folder)
    let found = FoundEntry(entry: one, copies: [1])
    #expect(reader.answer(.revisions(limit: 1)) == .revisions([Revision(entry: redaction, of: found)]))
    try again.apply([.erased(1), .revised(2)])
    #expect(reader.answer(.revisions(limit: 9)) == .revisions([Revision(entry: unknown, of: nil)]))
    try again.apply([.revised(3)])
    #expect(reader.answer(.revisions(limit: 9)) == .revisions([]))
  }
}
