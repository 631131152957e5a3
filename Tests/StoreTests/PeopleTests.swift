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
