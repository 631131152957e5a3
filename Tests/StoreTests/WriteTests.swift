import Core
import Testing

@testable import Store

@Suite("Writes, and the asks that read them back")
struct WriteTests {
  let temporary = TemporaryFolder()
  let store: Store
  let reader: StoreReader

  init() throws {
    store = try Store(folder: temporary.data, options: .simulation)
    reader = try StoreReader(folder: temporary.data)
  }

  @Test("Accounts, with their verifiers and flags")
  func accounts() throws {
    try store.apply([
      .account(account(1, "Alice"), verifier(1)), .account(account(5, "bob"), verifier(5)),
      .accountFlags(person(5), .suspended),
    ])
    var bob = account(5, "bob")
    bob.flags = .suspended
    #expect(try store.load().accounts == [account(1, "Alice"), bob])
    #expect(try store.load().lastPerson == 5)
    #expect(try reader.verifier(of: person(1)) == verifier(1))
    try store.apply([.verifier(person(1), verifier(9))])
    #expect(try reader.verifier(of: person(1)) == verifier(9))
    #expect(try reader.verifier(of: person(2)) == nil)
  }

  @Test("Invitation codes: what is left of them, and that a number is never given again")
  func invitationCodes() throws {
    var choir = InvitationCode(id: 1, hash: [7, 8], uses: 2, created: 5, expires: 9, note: "the choir")
    let other = InvitationCode(id: 2, hash: [9], uses: 1, created: 6)
    try store.apply([.invitationCode(choir), .invitationCode(other)])
    choir.uses = 1
    try store.apply([.invitationCode(choir)])
    #expect(try store.load().invitationCodes == [choir, other])
    try store.apply([.invitationCodeRemoved(2)])
    #expect(try store.load().invitationCodes == [choir])
    #expect(try store.load().lastInvitationCode == 2)
  }

  @Test("Invitations: the newest of each group, told or not, in order of time")
  func invitations() throws {
    let one = invitation(.here(group(1)), time: 9)
    let two = invitation(.elsewhere(realm: "beta", name: "#two"), time: 7, isTold: true)
    let three = invitation(.elsewhere(realm: "gamma", name: "#two"), time: 8)
    try store.apply([
      .group(group(1), name: "#one", founder: person(1), created: 1, modes: []),
      .invited(person(2), invitation(.here(group(1)), by: "dora", time: 1, isTold: true)),
      .invited(person(2), one), .invited(person(2), two), .invited(person(2), three), .invited(person(3), one),
    ])
    #expect(reader.answer(.invitations(person(2), limit: 10)) == .invitations([two, three, one]))
    #expect(reader.answer(.invitations(person(2), limit: 2)) == .invitations([three, one]))
    #expect(
      reader.answer(.loadAccount(person(2)))
        == .account(AccountState(groups: [], readMarkers: [], invitations: [three, one])))
    try store.apply([.invitationsTold(person(2)), .realmForgotten("gamma")])
    #expect(reader.answer(.loadAccount(person(2))) == .account(AccountState(groups: [], readMarkers: [])))
    try store.apply([.invitationRemoved(person(2), .here(group(1)))])
    #expect(reader.answer(.invitations(person(2), limit: 10)) == .invitations([two]))
    // What waits for its inviter to be let in is not told by what tells all others.
    let waiting = invitation(.here(group(1)), time: 10, waits: true)
    try store.apply([.invited(person(2), waiting), .invitationsTold(person(2))])
    #expect(reader.answer(.invitations(person(2), limit: 10)) == .invitations([two, waiting]))
    #expect(
      reader.answer(.loadAccount(person(2)))
        == .account(AccountState(groups: [], readMarkers: [], invitations: [waiting])))
    // Of one realm the newest are kept.
    try store.apply(
      (1...150).map { .invited(person(2), invitation(.elsewhere(realm: "beta", name: "#g\($0)"), time: 100 + $0)) })
    guard case .invitations(let kept) = reader.answer(.invitations(person(2), limit: 500)) else { return }
    #expect(kept.map(\.time) == [10] + Array(151...250))
  }

  @Test("A name is given once, whatever its case")
  func names() throws {
    try store.apply([.account(account(1, "Alice"), verifier(1))])
    #expect(throws: StoreError.self) { try store.apply([.account(account(2, "aLICE"), verifier(2))]) }
    // Only A to Z are folded.
    try store.apply([.account(account(2, "a[b"), verifier(2)), .account(account(3, "a{b"), verifier(3))])
    #expect(try store.load().accounts.count == 3)
  }

  @Test("A deleted account keeps its name and its messages, and loses the rest")
  func deletedAccount() throws {
    let phone = DeviceRecord(
      id: device(3), account: person(1), name: "phone", position: 0, created: 5, lastUsed: 6, hasToken: true)
    try store.apply([
      .account(account(1, "alice"), verifier(1)), .device(phone, tokenHash: [1, 2, 3]),
      .readMarker(person(1), ReadMarker(target: .person(person(2)), time: 9)),
      .entry(message(1, from: 1, to: .person(person(2)))), .accountDeleted(person(1)),
    ])
    var deleted = account(1, "alice")
    deleted.flags = .deleted
    #expect(try store.load().accounts == [deleted])
    #expect(try reader.verifier(of: person(1)) == nil)
    #expect(try reader.device(tokenHash: [1, 2, 3]) == nil)
    #expect(reader.answer(.devices(person(1))) == .devices([]))
    #expect(reader.answer(.loadAccount(person(1))) == .account(AccountState(groups: [], readMarkers: [])))
    #expect(try store.load().lastDevice == 3, "the id of a device that is gone is not given again")
    #expect(throws: StoreError.self) { try store.apply([.account(account(2, "alice"), verifier(2))]) }
  }

  @Test("Devices, their tokens and positions")
  func devices() throws {
    var phone = DeviceRecord(
      id: device(1), account: person(7), name: "phone", position: 4, created: 5, lastUsed: 6, hasToken: true)
    let plain = DeviceRecord(
      id: device(2), account: person(7), name: "", position: 0, created: 8, lastUsed: 8, hasToken: false)
    try store.apply([.device(phone, tokenHash: [1, 0, 2]), .device(plain, tokenHash: nil)])
    #expect(reader.answer(.devices(person(7))) == .devices([phone, plain]))
    #expect(reader.answer(.devices(person(8))) == .devices([]))
    #expect(try reader.device(tokenHash: [1, 0, 2]) == phone)
    #expect(try reader.device(tokenHash: [1, 0]) == nil)

    try store.apply([.devicePosition(device(1), 40, lastUsed: 60)])
    phone.position = 40
    phone.lastUsed = 60
    #expect(try reader.device(tokenHash: [1, 0, 2]) == phone)

    // A change that brings no hash keeps the token; one that says there is none takes it away.
    phone.name = "tablet"
    try store.apply([.device(phone, tokenHash: nil)])
    #expect(try reader.device(tokenHash: [1, 0, 2]) == phone)
    phone.hasToken = false
    try store.apply([.device(phone, tokenHash: nil)])
    #expect(try reader.device(tokenHash: [1, 0, 2]) == nil)

    try store.apply([.deviceRemoved(device(1)), .deviceRemoved(device(2))])
    #expect(reader.answer(.devices(person(7))) == .devices([]))
    #expect(try store.load().lastDevice == 2)
  }

  @Test("Read markers and memberships are loaded with the account")
  func accountState() throws {
    try store.apply([
      .group(group(1), name: "#a", founder: person(1), created: 1, modes: []),
      .group(group(2), name: "#b", founder: person(1), created: 1, modes: []),
      .member(group(2), MemberRecord(person: person(1), ranks: .owner, since: 1)),
      .member(group(1), MemberRecord(person: person(1), ranks: .owner, since: 1)),
      .member(group(1), MemberRecord(person: person(2), ranks: [], since: 2)),
      .readMarker(person(1), ReadMarker(target: .person(person(2)), time: 10)),
      .readMarker(person(1), ReadMarker(target: .group(group(2)), time: 10)),
      .readMarker(person(1), ReadMarker(target: .group(group(2)), time: 20)),
    ])
    let markers = [
      ReadMarker(target: .group(group(2)), time: 20), ReadMarker(target: .person(person(2)), time: 10),
    ]
    #expect(
      reader.answer(.loadAccount(person(1)))
        == .account(AccountState(groups: [group(1), group(2)], readMarkers: markers)))
    #expect(
      reader.answer(.loadAccount(person(2))) == .account(AccountState(groups: [group(1)], readMarkers: [])))
  }

  @Test("Everything a group consists of")
  func groups() throws {
    let topic = Topic(text: [0xC3, 0xA9], setBy: "a!a@h", time: 77)
    let bans = [
      MaskRecord(.bans, mask: "z!*@*", setBy: "a!a@h", time: 1),
      MaskRecord(.bans, mask: "b!*@*", setBy: "a!a@h", time: 2),
    ]
    try store.apply([
      .group(group(4), name: "#Plans", founder: person(1), created: 3, modes: [.secret]),
      .groupModes(group(4), [.inviteOnly, .topicLock]), .groupTopic(group(4), topic),
      .member(group(4), MemberRecord(person: person(2), ranks: [], since: 2)),
      .member(group(4), MemberRecord(person: person(1), ranks: [.owner], since: 1)),
      .member(group(4), MemberRecord(person: person(2), ranks: [.voice, .halfOperator], since: 2)),
      .member(group(4), MemberRecord(person: person(3), ranks: [], since: 3)),
      .memberRemoved(group(4), person(3)),
      .mask(group(4), bans[0]), .mask(group(4), bans[1]),
      .mask(group(4), MaskRecord(.bans, mask: "gone", setBy: "x", time: 3)),
      .maskRemoved(group(4), .bans, mask: "gone"),
      .invited(person(9), invitation(.here(group(4)))), .invited(person(9), invitation(.here(group(4)))),
      .invited(person(8), invitation(.here(group(4)))),
      .invitationRemoved(person(8), .here(group(4))),
      .entry(message(1, from: 1, to: .group(group(4)), number: 1, kind: .create)),
      .entry(message(2, from: 2, to: .group(group(4)), number: 2)),
    ])
    let members = [
      MemberRecord(person: person(1), ranks: [.owner], since: 1),
      MemberRecord(person: person(2), ranks: [.voice, .halfOperator], since: 2),
    ]
    var state = GroupState(
      id: group(4), name: "#Plans", created: 3, founder: person(1), modes: [.inviteOnly, .topicLock], topic: topic,
      lastNumber: 2, members: members, masks: bans, invited: [person(9)],
      lastID: message(2, from: 2, to: .group(group(4)), number: 2).id, lastTime: 20)
    #expect(reader.answer(.loadGroup(group(4))) == .group(state))
    #expect(
      reader.answer(.listGroups)
        == .groups([
          GroupSummary(
            id: group(4), switches: [.inviteOnly, .topicLock], members: 2, created: 3, topic: topic.text,
            topicTime: topic.time)
        ]))
    #expect(try store.load().groups == [GroupRecord(id: group(4), name: "#Plans")])

    try store.apply([.groupTopic(group(4), nil)])
    state.topic = nil
    #expect(reader.answer(.loadGroup(group(4))) == .group(state))
    #expect(reader.answer(.loadGroup(group(5))) == .group(nil))
  }

  @Test("A group that ended frees its name and keeps its id and its log")
  func removedGroup() throws {
    try store.apply([
      .group(group(1), name: "#plans", founder: person(1), created: 1, modes: []),
      .member(group(1), MemberRecord(person: person(1), ranks: .owner, since: 1)),
      .mask(group(1), MaskRecord(.bans, mask: "x", setBy: "y", time: 1)),
      .invited(person(2), invitation(.here(group(1)))),
      .entry(message(1, from: 1, to: .group(group(1)), number: 1)), .groupRemoved(group(1)),
      .group(group(2), name: "#PLANS", founder: person(2), created: 2, modes: []),
    ])
    #expect(reader.answer(.loadGroup(group(1))) == .group(nil))
    #expect(reader.answer(.loadAccount(person(1))) == .account(AccountState(groups: [], readMarkers: [])))
    #expect(try store.load().groups == [GroupRecord(id: group(2), name: "#PLANS")])
    #expect(
      reader.answer(.listGroups)
        == .groups([
          GroupSummary(id: group(2), switches: [], members: 0, created: 2, topic: [], topicTime: 0)
        ]))
    try store.apply([.groupRemoved(group(2))])
    #expect(try store.load().lastGroup == 2)
    let all = HistoryQuery(conversation: .group(group(1)), span: .latest(after: nil), limit: 10)
    #expect(
      reader.answer(.history(all)) == .history([message(1, from: 1, to: .group(group(1)), number: 1)]))
  }

  @Test("An entry comes back as it was, whatever is in it")
  func entry() throws {
    let id = MessageID(epoch: 0xFFFF_FFFF_FFFF_FFFE, counter: .max)
    let full = Entry(
      position: 10, target: .group(group(3)), number: 4, kind: .notice, time: 1_700_000_000_123, sender: person(6),
      nick: Array("al[ice".utf8), id: id, tags: Array("+reply=x".utf8), body: [0, 255, 10, 0xC3, 0xA9])
    let bare = Entry(
      position: 12, target: .person(person(6)), number: 0, kind: .message, time: 1_700_000_000_124,
      sender: .nobody, id: MessageID(epoch: 1, counter: 2), body: [])
    try store.apply([.group(group(3), name: "#g", founder: person(6), created: 0, modes: [])])
    try store.apply([.entry(full), .entry(bare)])
    let view = try LogView(log: reader.log, index: nil)
    #expect(try view.entry(at: 10) == full)
    #expect(try view.entry(at: 12) == bare)
    #expect(try view.entry(at: 11) == nil)
    let snapshot = try store.load()
    #expect(snapshot.lastPosition == 12)
    #expect(snapshot.lastTime == 1_700_000_000_124)
  }

  @Test("Positions that do not increase are refused, with all of their turn", arguments: [4, 5] as [Position])
  func order(_ position: Position) throws {
    try store.apply([.entry(message(5, from: 1, to: .person(person(2))))])
    #expect(throws: StoreError.outOfOrder(path: store.database.path, position: position, last: 5)) {
      try store.apply([
        .account(account(1, "alice"), verifier(1)), .entry(message(position, from: 1, to: .person(person(2)))),
      ])
    }
    #expect(try store.load().accounts.isEmpty)
    try store.apply([.entry(message(6, from: 1, to: .person(person(2))))])
  }

  @Test("All of it is there when the store is opened again")
  func reopening() throws {
    try store.apply(everyWrite)
    let before = try Picture(store)
    store.close()
    let again = try Store(folder: temporary.data)
    #expect(try Picture(again) == before)
    #expect(again.lastPosition == before.last[3])
  }

  @Test("Questions for others are refused in words")
  func notForTheStore() {
    guard case .failed = reader.answer(.makeToken) else {
      Issue.record("it answered")
      return
    }
  }
}

/// A turn with every kind of write in it.
let everyWrite: [Write] = [
  .invitationCode(InvitationCode(id: 1, hash: [1], uses: 2, created: 5, expires: 9, note: "choir")),
  .invitationCode(InvitationCode(id: 2, hash: [2], uses: 1, created: 6)), .invitationCodeRemoved(1),
  .webhook(Webhook(id: 1, group: group(1), writer: person(1), hash: [1], created: 5)),
  .webhookKey(WebhookKey(webhook: 1, key: "k", id: MessageID(epoch: 1, counter: 2), time: 6)), .webhookRemoved(1),
  .push(
    PushRegistration(
      account: person(1), endpoint: "https://a/", key: [4], auth: [1], capabilities: Capabilities(rawValue: 1 << 40),
      created: 5, device: DeviceID(rawValue: 3))),
  .push(
    PushRegistration(
      account: person(1), endpoint: "https://b/", key: [4], auth: [1], capabilities: [], created: 6, device: nil)),
  .pushRemoved(person(1), endpoint: "https://b/"),
  .outgoingWebhook(
    OutgoingWebhook(
      id: 2, group: group(1), address: "https://a/", secret: [1], trigger: "", created: 5, number: 1)),
  .account(account(1, "alice"), verifier(1)), .account(account(2, "bob"), verifier(2)),
  .account(account(3, "carol"), verifier(3)), .accountFlags(person(2), .suspended),
  .verifier(person(2), verifier(7)),
  .device(
    DeviceRecord(
      id: device(1), account: person(1), name: "phone", position: 0, created: 1, lastUsed: 1, hasToken: true),
    tokenHash: [1]),
  .device(
    DeviceRecord(
      id: device(2), account: person(1), name: "", position: 0, created: 1, lastUsed: 1, hasToken: false),
    tokenHash: nil), .devicePosition(device(1), 3, lastUsed: 5), .deviceRemoved(device(2)),
  .readMarker(person(1), ReadMarker(target: .person(person(2)), time: 5)),
  .metadata(.person(person(1)), key: "status", value: "here"),
  .metadata(.person(person(1)), key: "avatar", value: "https://example.org/a.png"),
  .metadata(.person(person(1)), key: "status", value: nil), .metadata(.person(person(3)), key: "status", value: "off"),
  .preference(person(1), .person(person(2)), [.muted, .blocked]), .preference(person(1), .realm("beta"), .blocked),
  .preference(person(1), .person(person(2)), []), .preference(person(3), .realm("beta"), .blocked),
  .group(group(1), name: "#one", founder: person(1), created: 1, modes: []),
  .group(group(2), name: "#two", founder: person(1), created: 1, modes: []),
  .groupModes(group(1), [.moderated]), .groupTopic(group(1), Topic(text: [65], setBy: "alice", time: 3)),
  .member(group(1), MemberRecord(person: person(1), ranks: .owner, since: 1)),
  .member(group(1), MemberRecord(person: person(2), ranks: [], since: 2)), .memberRemoved(group(1), person(2)),
  .entry(message(1, from: 1, to: .group(group(1)), number: 1, kind: .create)),
  .mask(group(1), MaskRecord(.bans, mask: "a", setBy: "b", time: 1)),
  .mask(group(1), MaskRecord(.bans, mask: "b", setBy: "b", time: 1)), .maskRemoved(group(1), .bans, mask: "a"),
  .invited(person(2), invitation(.here(group(1)))), .invited(person(3), invitation(.here(group(1)))),
  .invitationRemoved(person(3), .here(group(1))),
  .invited(person(2), invitation(.elsewhere(realm: "beta", name: "#one"))),
  .invited(person(3), invitation(.elsewhere(realm: "beta", name: "#one"))), .invitationsTold(person(2)),
  .invitationRemoved(person(2), .elsewhere(realm: "beta", name: "#ONE")),
  .invited(person(2), invitation(.elsewhere(realm: "delta", name: "#one"))),
  .entry(message(2, from: 1, to: .person(person(2)))), .groupRemoved(group(2)), .accountDeleted(person(3)),
  .person(AccountRecord(id: person(4), name: "dora/beta", flags: .remote, created: 4)),
  .group(group(3), name: "#plans/beta", founder: person(4), created: 2, modes: []),
  .replica(group(3), GroupHome(realm: "beta", group: 7)),
  .groupReplaced(
    GroupState(
      id: group(3), name: "#Plans/beta", created: 3, founder: person(4), modes: [.secret],
      topic: Topic(text: [66], setBy: "dora/beta", time: 9), lastNumber: 41,
      members: [MemberRecord(person: person(1), ranks: .voice, since: 40)],
      masks: [MaskRecord(.bans, mask: "x", setBy: "y", time: 2)], lastID: MessageID(epoch: 5, counter: 6))),
  .entry(message(3, from: 4, to: .group(group(3)), number: 42)),
  .realm(RealmRecord(name: "beta", key: [1, 2], isVerified: false)),
  .realm(RealmRecord(name: "beta", key: [1, 2, 3], isVerified: true)),
  .outbox(row("beta", epoch: 1, 1...3, time: 5)), .outbox(row("gamma", epoch: 1, 1...1, time: 5, waited: true)),
  .outbox(row("beta", epoch: 2, 1...1, time: 7)), .acknowledged(realm: "beta", EnvelopeName(epoch: 1, number: 3)),
  .outboxTrimmed(realm: "beta", before: 6), .applied(realm: "beta", EnvelopeName(epoch: 8, number: 1)),
  .applied(realm: "beta", EnvelopeName(epoch: 8, number: 4)), .outbox(row("delta", epoch: 1, 1...1)),
  .applied(realm: "delta", EnvelopeName(epoch: 8, number: 4)),
  .refused(RefusedMessage(realm: "delta", id: MessageID(epoch: 5, counter: 1))),
  .sent(
    person(1),
    SentMessage(number: 1, key: [65], target: .group(group(1)), id: MessageID(epoch: 5, counter: 3), time: 1)),
  .sent(
    person(1),
    SentMessage(number: 2, key: [66], target: .person(person(2)), id: MessageID(epoch: 5, counter: 4), time: 2)),
  .sentForgotten(person(1), MessageID(epoch: 5, counter: 3)),
  .refused(RefusedMessage(realm: "beta", id: MessageID(epoch: 5, counter: 2))), .realmForgotten("delta"),
]
