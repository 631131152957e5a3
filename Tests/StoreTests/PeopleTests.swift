import Core
import Testing

@testable import Store

@Suite("What people show, and what they have decided")
struct PeopleTests {
  let temporary = TemporaryFolder()
  let store: Store
  let reader: StoreReader

  init() throws {
    store = try Store(folder: temporary.data, options: .simulation)
    reader = try StoreReader(folder: temporary.data)
  }

  @Test("Keys are set, changed and removed, of a person and of a group, and end with them")
  func metadata() throws {
    let alice = Target.person(person(1))
    let one = Target.group(group(1))
    try store.apply([
      .account(account(1, "alice"), verifier(1)),
      .group(group(1), name: "#one", founder: person(1), created: 1, modes: []),
      .metadata(alice, key: "status", value: "here"), .metadata(alice, key: "avatar", value: "a"),
      .metadata(alice, key: "status", value: "gone"), .metadata(one, key: "avatar", value: "b"),
      .metadata(one, key: "status", value: "c"), .metadata(one, key: "status", value: nil),
    ])
    let own = [
      MetadataRecord(target: alice, key: "avatar", value: "a"),
      MetadataRecord(target: alice, key: "status", value: "gone"),
    ]
    #expect(try store.load().metadata == [MetadataRecord(target: one, key: "avatar", value: "b")] + own)
    try store.apply([.groupRemoved(group(1))])
    #expect(try store.load().metadata == own)
    try store.apply([.accountDeleted(person(1))])
    #expect(try store.load().metadata.isEmpty)
  }

  @Test("What may be sent again: the newest, without what was refused, until the account ends")
  func sent() throws {
    func message(_ number: Int) -> SentMessage {
      SentMessage(
        number: Int64(number), key: [1, 2], target: .group(group(7)),
        id: MessageID(epoch: .max, counter: UInt64(number)), time: 5)
    }
    func kept() throws -> [SentMessage]? {
      guard case .account(let state) = reader.answer(.loadAccount(person(1))) else { return nil }
      return state.sent
    }
    let last = Limits.sentMessages + 3
    try store.apply(
      [.account(account(1, "alice"), verifier(1))] + (1...last).map { .sent(person(1), message($0)) } + [
        .sent(person(2), message(1)), .sentForgotten(person(1), message(10).id),
      ])
    #expect(try kept() == (4...last).filter { $0 != 10 }.map(message))
    try store.apply([.accountDeleted(person(1))])
    #expect(try kept() == [])
  }

  @Test("What waits, in the order in which it came, until its sender is let in or the account ends")
  func messageRequests() throws {
    func record(_ to: Int64, _ from: Int64, _ position: Position) -> MessageRequestRecord {
      MessageRequestRecord(person: person(to), sender: person(from), position: position)
    }
    try store.apply([
      .account(account(1, "alice"), verifier(1)), .messageRequest(person(1), from: person(3), 1),
      .messageRequest(person(1), from: person(2), 2), .messageRequest(person(1), from: person(3), 4),
      .messageRequest(person(5), from: person(3), 5),
    ])
    #expect(
      try store.load().messageRequests == [record(1, 3, 1), record(1, 2, 2), record(1, 3, 4), record(5, 3, 5)])
    try store.apply([.messageRequestEnded(person(1), from: person(3))])
    #expect(try store.load().messageRequests == [record(1, 2, 2), record(5, 3, 5)])
    try store.apply([.accountDeleted(person(1))])
    #expect(try store.load().messageRequests == [record(5, 3, 5)])
  }

  @Test("What is hidden from one side is there for the other, by whatever way it is asked for, indexed or not")
  func hidden() throws {
    var kept = message(2, from: 1, to: .person(person(2)))
    kept.hiddenFrom = .addressee
    var given = message(3, from: 1, to: .person(person(2)))
    given.hiddenFrom = .sender
    try store.apply([.entry(message(1, from: 1, to: .person(person(2)))), .entry(kept), .entry(given)])
    #expect(reader.answer(.entries([2, 3, 9])) == .history([kept, given]), "what is gone is left out")
    let indexer = try Indexer(folder: temporary.data, durability: .simulation)
    for _ in 0..<2 {
      for (reader, other, seen) in [(1, 2, [1, 2]), (2, 1, [1, 3])] as [(Int64, Int64, [Position])] {
        let pair = Conversation.pair(person(reader), person(other))
        let query = HistoryQuery(conversation: pair, span: .latest(after: nil), limit: 9)
        guard case .history(let entries) = self.reader.answer(.history(query)),
          case .missed(let missed, _) = self.reader.answer(.missed(person(reader), groups: [], after: 0, limit: 9)),
          case .conversations(let conversations) = self.reader.answer(
            .conversations(person(reader), groups: [], after: 0, before: .max, newest: true, limit: 9))
        else {
          Issue.record("no answer")
          return
        }
        #expect(entries.map(\.position) == seen && missed.map(\.position) == seen)
        #expect(conversations.map(\.time) == [entries.last?.time])
        for entry in [kept, given] {
          let isSeen = seen.contains(entry.position)
          let point = HistoryQuery(conversation: pair, span: .before(.id(entry.id)), limit: 9)
          #expect((self.reader.answer(.history(point)) == .unknownMessage) == !isSeen)
          guard case .entry(let found) = self.reader.answer(.entry(entry.id, pair)) else {
            Issue.record("no answer")
            return
          }
          #expect((found != nil) == isSeen)
        }
      }
      while try indexer.advance() {}
    }
  }

  @Test("Preferences about a person, a group and a realm; they end with the account")
  func preferences() throws {
    func record(_ target: PreferenceTarget, _ preference: Preference) -> PreferenceRecord {
      PreferenceRecord(person: person(1), target: target, preference: preference)
    }
    try store.apply([
      .account(account(1, "alice"), verifier(1)), .preference(person(1), .person(person(2)), .muted),
      .preference(person(1), .person(person(2)), [.muted, .blocked]), .preference(person(1), .group(group(2)), .pinned),
      .preference(person(1), .realm("beta"), .blocked), .preference(person(1), .realm("gamma"), .blocked),
      .preference(person(1), .realm("gamma"), []),
    ])
    #expect(
      try store.load().preferences == [
        record(.group(group(2)), .pinned), record(.realm("beta"), .blocked),
        record(.person(person(2)), [.muted, .blocked]),
      ])
    try store.apply([.accountDeleted(person(1))])
    #expect(try store.load().preferences.isEmpty)
  }
}
