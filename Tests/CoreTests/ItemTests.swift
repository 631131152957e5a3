import Core
import Testing
import Wire

@Suite struct ItemTests {
  static let id = MessageID(epoch: 1, counter: 2)
  static let bob = PersonName(name: "bob", realm: "beta")
  static let letter = Letter(
    from: "alice", kind: .message, id: id, time: 1_790_000_000_000, tags: Array("+draft/reply=x;+a".utf8),
    body: Array("hello, wörld".utf8))
  static let replies = [
    QueryReply(command: "319", words: ["bob", "#plans"], text: "a text: with all"),
    QueryReply(command: "FAIL JOIN", words: [], text: nil), QueryReply(command: "318", words: ["x"], text: ""),
  ]
  static let envelopes: [Envelope] = [
    .message(letter, to: "bob"),
    .message(
      Letter(from: "a", kind: .multiline, id: id, time: 1, tags: [], body: Array("o\rne\n\nthree".utf8)), to: "bob"),
    .groupMessage(Letter(from: "a", kind: .tagMessage, id: id, time: 0, tags: Array("+a=b".utf8), body: []), group: 7),
    .request(id, from: "alice", command: "MODE", parameters: ["#plans", "+o", "bob"]),
    .request(id, from: "alice", command: "JOIN", parameters: []),
    .replies(id, to: "bob", replies), .replies(id, to: "bob", []),
    .refusal(of: id, .redact, to: "bob", target: "#plans/beta", reason: "no such group"),
    .invitation(from: bob, to: "alice", group: 1 << 53, name: "#plans"),
    .expired,
  ]
  static let entry = GroupEntry(
    number: 3, kind: .message, time: 5, id: id, sender: bob, tags: Array("+a".utf8), body: Array("hi".utf8))
  static let snapshot = SnapshotPart(
    group: 4, name: "#plans", created: 1, founder: bob, modes: [.noOutside, .topicLock],
    topic: Topic(text: Array("what to do".utf8), setBy: "bob!bob@beta", time: 2), number: 9, id: id,
    members: [
      SnapshotMember(person: bob, ranks: [.owner], since: 1),
      SnapshotMember(person: PersonName(name: "eve", realm: "gamma", isGuest: true), ranks: [], since: 2),
    ],
    masks: [MaskRecord(.bans, mask: "*!*@gamma", setBy: "bob", time: 3)], isLast: true)
  static let mark = EntryMark(number: 7, id: id, time: 9)
  static let items: [Item] = [
    .positions([]), .positions([EnvelopeName(epoch: .max, number: 1), EnvelopeName(epoch: 0, number: .max)]),
    .acknowledge(77), .envelopes(EnvelopeName(epoch: 1, number: 2), bytes(of: envelopes)),
    .offer(group: 1), .follow(group: 1, .none, needsSnapshot: true), .follow(group: 1, mark, needsSnapshot: false),
    .unfollow(group: 1), .compare(group: 1, mark), .compared(group: 1, number: 7, isThere: true), .snapshot(snapshot),
    .snapshot(
      SnapshotPart(
        group: 4, name: "#a", created: 0, founder: nil, modes: [], topic: nil, number: 0, id: id, members: [],
        masks: [], isLast: false)),
    .entries(
      group: 1,
      [entry, GroupEntry(number: 4, kind: .create, time: 5, id: id, sender: nil, tags: [], body: [])]),
    .keeping(days: 0), .keeping(days: 36_500), .entries(group: 1, []), .caughtUp(group: 1), .gone(group: 1),
    .fleeting(Fleeting(from: bob, target: .person("alice"), tags: Array("+typing=active".utf8))),
    .fleeting(Fleeting(from: bob, target: .group(2), tags: Array("+typing=done".utf8))),
    .fleeting(Fleeting(from: bob, target: .group(3), tags: [])),
    .fleeting(
      Fleeting(
        from: bob, target: .groupAtHome(2), rank: .voice, kind: .notice, id: id, tags: [], body: Array("hi".utf8))),
    .query(id: 1, from: "alice", command: "WHOIS", parameters: ["bob", ":odd one"]), .answer(id: 1, replies),
    .watch(["bob", "eve"]), .unwatch([]), .presence(name: "bob", away: nil, realName: nil, isOnline: false),
    .wantMetadata(["bob"]), .metadata(.person("bob"), []),
    .fileWanted(number: 3, id: "AAAAAAAAAAAAAAAAAAAAA_", from: 0, to: 1), .fileMissing(number: 3, isBusy: true),
    .filePart(
      number: 3, FileHead(name: "a b.png", type: "image/png", size: 5, hash: [UInt8](repeating: 7, count: 32)), at: 2,
      [1, 2, 3]),
    .metadata(
      .group(4), [Metadata.Field(key: "avatar", value: "https://x.example"), Metadata.Field(key: "b", value: ": x")]),
    .presence(name: "bob", away: "", realName: "", isOnline: true),
    .presence(name: "bob", away: "out: to lunch", realName: "Bob B.", isOnline: true),
  ]

  static func bytes(_ item: Item) -> [UInt8] {
    var bytes: [UInt8] = []
    ItemCoder.append(item, to: &bytes)
    return bytes
  }

  static func bytes(of envelopes: [Envelope]) -> [UInt8] {
    var bytes: [UInt8] = []
    for envelope in envelopes { ItemCoder.append(envelope, to: &bytes) }
    return bytes
  }

  /// What is said when items are refused; nil where they are not.
  static func refusal(_ bytes: [UInt8]) -> String? {
    do throws(ItemError) {
      _ = try ItemCoder.items(bytes)
      return nil
    } catch {
      return error.message
    }
  }

  @Test func throughAndBack() throws {
    for item in Self.items { #expect(try ItemCoder.items(Self.bytes(item)) == [item]) }
    #expect(try ItemCoder.items(Self.items.flatMap(Self.bytes)) == Self.items)
    #expect(try ItemCoder.envelopes(Self.bytes(of: Self.envelopes)) == Self.envelopes)
  }

  @Test func byteByByte() {
    #expect(Self.bytes(.acknowledge(258)) == hex("02 0000000000000102"))
    #expect(Self.bytes(.watch(["bob"])) == hex("17 00000001 0003 626f62"))
    let letter = Letter(
      from: "a", kind: .notice, id: MessageID(epoch: 1, counter: 2), time: 3, tags: [43, 120], body: [104, 105])
    let expected =
      "00000028 01 0000000000000001 0000000000000002 0001 61 0001 62 02 0000000000000003 0002 2b78 0002 6869"
    #expect(Self.bytes(of: [.message(letter, to: "b")]) == hex(expected))
    #expect(Self.bytes(of: [.expired]) == hex("00000013 07 0000000000000000 0000000000000000 0000"))
  }

  @Test func unknownKinds() {
    #expect(Self.refusal([99]) == "an item of the unknown kind 99")
    let head = Self.bytes(of: [.request(Self.id, from: "alice", command: "JOIN", parameters: [])])
    var later = head + [1, 2, 3]
    later[3] += 3
    later[4] = 200
    let envelopes = try? ItemCoder.envelopes(later + Self.bytes(of: [.expired]))
    let unreadable = UnreadableEnvelope(kind: 200, id: Self.id, from: "alice", content: Array(later[5...]))
    #expect(envelopes == [.unreadable(unreadable), .expired])
    #expect(Self.bytes(of: [.unreadable(unreadable)]) == later)
  }

  /// They are refused by the rules, one by one, and those behind them are not touched.
  @Test func malformedEnvelopes() throws {
    let cases: [Envelope] = [
      .message(Self.changed { $0.body = [] }, to: "bob"),
      .message(Self.changed { $0.body = Array("a\nQUIT".utf8) }, to: "bob"),
      .message(Self.changed { $0.body = [0xFF] }, to: "bob"),
      .message(Self.changed { $0.body = [UInt8](repeating: 97, count: Limits.lineBytes + 1) }, to: "bob"),
      .message(Self.changed { $0.kind = .join }, to: "bob"),
      .message(Self.changed { $0.kind = .refusal }, to: "bob"),
      .message(Self.changed { $0.kind = .tagMessage }, to: "bob"),
      .message(Self.changed { $0.time = -1 }, to: "bob"),
      .message(Self.changed { $0.time = .max }, to: "bob"),
      .message(Self.letter, to: "bob/beta"), .message(Self.letter, to: ""), .message(Self.letter, to: "a b"),
      .groupMessage(Self.letter, group: 0), .groupMessage(Self.letter, group: -1),
      .request(Self.id, from: "alice", command: "mode", parameters: []),
      .request(Self.id, from: "alice", command: "", parameters: []),
      .request(Self.id, from: "alice", command: "MODE", parameters: ["a\r"]),
      .request(Self.id, from: "alice", command: "MODE", parameters: [String](repeating: "a", count: 16)),
      .replies(Self.id, to: "bob", [QueryReply(command: "PRIVMSG", words: [], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "001", words: [], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "900", words: [], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "FAIL ", words: [], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "FAIL A B", words: [], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "319", words: ["a b"], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "319", words: [":a"], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "319", words: [""], text: nil)]),
      .replies(Self.id, to: "bob", [QueryReply(command: "319", words: ["a"], text: "\n")]),
      .refusal(of: Self.id, .notice, to: "bob", target: "", reason: "x"),
      .refusal(of: Self.id, .notice, to: "bob", target: "a b", reason: "x"),
      .refusal(of: Self.id, .join, to: "bob", target: "*", reason: "x"),
      .invitation(from: Self.bob, to: "alice", group: 1, name: "plans"),
      .invitation(from: PersonName(name: "bob", realm: "Beta"), to: "alice", group: 1, name: "#plans"),
    ]
    for envelope in cases {
      let read = try ItemCoder.envelopes(Self.bytes(of: [envelope, .expired]))
      guard read.count == 2, case .unreadable(let unreadable) = read[0], read[1] == .expired else {
        Issue.record("\(envelope) was read as \(read)")
        continue
      }
      #expect(Self.bytes(of: [.unreadable(unreadable)]) == Self.bytes(of: [envelope]))
      switch envelope {
      case .message, .groupMessage, .request:
        #expect(unreadable.id == Self.id && unreadable.from == "alice")
      default: #expect(unreadable.from == "")
      }
    }
  }

  private static func changed(_ change: (inout Letter) -> Void) -> Letter {
    var letter = letter
    change(&letter)
    return letter
  }

  @Test(arguments: [
    ("", true), ("+a", true), ("+a=b;+draft/c=d\\s", true), ("+a=", true), ("+a==;+b=", true), ("time=x", false),
    ("+a;msgid=b", false), ("+", false), ("+;+a", false), ("+=a", false), ("+a;", false), (";+a", false),
    ("+a;;+b", false), ("+a=b c", false), ("+a=\r\nQUIT", false), ("+a=\0", false),
    ("+" + String(repeating: "a", count: 4_095), true),
    ("+" + String(repeating: "a", count: 4_096), false),
  ])
  func tags(_ tags: String, _ isLawful: Bool) throws {
    let envelope = Envelope.message(Self.changed { $0.tags = Array(tags.utf8) }, to: "bob")
    #expect((try ItemCoder.envelopes(Self.bytes(of: [envelope])) == [envelope]) == isLawful)
  }

  @Test(arguments: ["bob #plans :mine", "#plans bob :mine", "#plans #ideas/beta :mine", "#plans #ideas", "#plans"])
  func renamings(_ body: String) {
    var entry = Self.entry
    (entry.kind, entry.body) = (.rename, Array("#plans #ideas :better".utf8))
    #expect(Self.refusal(Self.bytes(.entries(group: 1, [entry]))) == nil)
    entry.body = Array(body.utf8)
    let message = "a malformed item (entries): a renaming that is none"
    #expect(Self.refusal(Self.bytes(.entries(group: 1, [entry]))) == message)
  }

  @Test func malformedItems() {
    func entry(_ change: (inout GroupEntry) -> Void) -> Item {
      var entry = Self.entry
      change(&entry)
      return .entries(group: 1, [entry])
    }
    func snapshot(_ change: (inout SnapshotPart) -> Void) -> Item {
      var part = Self.snapshot
      change(&part)
      return .snapshot(part)
    }
    let cases: [(Item, String)] = [
      (.offer(group: 0), "(offer): a group that cannot be"),
      (.offer(group: .max), "(offer): a number out of all bounds"),
      (snapshot { $0.number = .max }, "(snapshot): a number out of all bounds"),
      (
        .follow(group: 1, EntryMark(number: -1, id: Self.id, time: 0), needsSnapshot: false),
        "(follow): a number out of all bounds"
      ),
      (entry { $0.kind = .refusal }, "(entries): an entry of the unknown kind 16"),
      (entry { $0.body = [10] }, "(entries): a text with an end of line or NUL"),
      (
        entry {
          $0.kind = .multiline
          $0.body = Array("a\n\r".utf8)
        }, "(entries): several lines that are none"
      ),
      (entry { $0.tags = Array("time=1".utf8) }, "(entries): tags that are not a client's"),
      (entry { $0.sender?.realm = "" }, "(entries): a name that no realm can have"),
      (entry { $0.sender?.name = "#a" }, "(entries): a name that nobody can have"),
      (snapshot { $0.name = "#plans/beta" }, "(snapshot): a name that no group can have"),
      (snapshot { $0.modes = [GroupSwitches(rawValue: 128)] }, "(snapshot): unknown modes of a group"),
      (snapshot { $0.modes.keepDays = 36_501 }, "(snapshot): days out of all bounds"),
      (.keeping(days: 36_501), "(keeping): days out of all bounds"),
      (snapshot { $0.modes.key = "a b" }, "(snapshot): a key that is none"),
      (snapshot { $0.members[0].ranks = Ranks(rawValue: 32) }, "(snapshot): unknown ranks of a member"),
      (snapshot { $0.topic?.setBy = "a\n" }, "(snapshot): a text with an end of line or NUL"),
      (snapshot { $0.masks[0].mask = "a\r" }, "(snapshot): a text with an end of line or NUL"),
      (
        .fleeting(Fleeting(from: Self.bob, target: .group(1), tags: [], body: [120])),
        "(fleeting): a TAGMSG that is none"
      ),
      (.query(id: 1, from: "", command: "WHOIS", parameters: []), "(query): a name that nobody can have"),
      (.query(id: 1, from: "a", command: "WHO IS", parameters: []), "(query): a command that is none"),
      (.watch(["bob", "a/b"]), "(watch): a name that nobody can have"),
      (
        .presence(name: "bob", away: "\0", realName: nil, isOnline: true),
        "(presence): a text with an end of line or NUL"
      ),
      (
        .presence(name: "bob", away: nil, realName: "\n", isOnline: true),
        "(presence): a text with an end of line or NUL"
      ),
    ]
    for (item, message) in cases { #expect(Self.refusal(Self.bytes(item)) == "a malformed item " + message) }
    #expect(Self.refusal([1, 255, 255, 255, 255, 0]) == "a malformed item (positions): a list that is cut short")
    #expect(
      Self.refusal([20, 0, 1, 97, 0, 1, 98, 0, 4])
        == "a malformed item (fleeting): a target that is neither a person nor a group")
    #expect(Self.refusal([20, 0, 1, 97, 0, 1, 98, 7]) == "a malformed item (fleeting): a yes or no that is neither")
    #expect(throws: ItemError("a malformed envelope: it is cut short")) { try ItemCoder.envelopes([0, 0, 0, 9, 1]) }
    #expect(throws: ItemError("a malformed envelope: it is cut short")) { try ItemCoder.envelopes([0, 0, 0, 0]) }
  }

  @Test func whatIsCutShortIsRefused() {
    for item in Self.items {
      let bytes = Self.bytes(item)
      for end in 1..<bytes.count { #expect(Self.refusal(Array(bytes[..<end])) != nil) }
    }
  }

  @Test func aFlippedBitNeverTraps() throws {
    for item in Self.items {
      let bytes = Self.bytes(item)
      for bit in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        guard let items = try? ItemCoder.items(flipped) else { continue }
        #expect(items != [item])
        // What was read can be written, and is read as the same.
        #expect(try ItemCoder.items(items.flatMap(Self.bytes)) == items)
        for case .envelopes(_, let row) in items {
          guard let envelopes = try? ItemCoder.envelopes(row) else { continue }
          let isTheSame = Self.bytes(of: envelopes) == row
          #expect(isTheSame)
        }
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func randomValues(seed: UInt64) throws {
    var maker = ItemMaker(seed: seed)
    for _ in 0..<50 {
      let items = (0..<5).map { _ in maker.item() }
      #expect(try ItemCoder.items(items.flatMap(Self.bytes)) == items)
      let envelopes = (0..<5).map { _ in maker.envelope() }
      #expect(try ItemCoder.envelopes(Self.bytes(of: envelopes)) == envelopes)
    }
  }
}

private func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

/// Makes up lawful items out of a seed.
private struct ItemMaker {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  private mutating func number() -> Int64 { Int64(next() >> UInt64(11 + below(53))) }
  private mutating func group() -> Int64 { max(1, number()) }
  private mutating func time() -> Milliseconds { number() % 253_402_300_800_000 }
  private mutating func id() -> MessageID { MessageID(epoch: next(), counter: next()) }
  private mutating func some<Value>(_ make: (inout ItemMaker) -> Value) -> Value? { below(2) == 0 ? nil : make(&self) }

  private mutating func list<Value>(_ limit: Int, _ make: (inout ItemMaker) -> Value) -> [Value] {
    var values: [Value] = []
    for _ in 0..<below(limit + 1) { values.append(make(&self)) }
    return values
  }

  private mutating func letters(_ alphabet: String, _ bound: Int) -> String {
    let alphabet = Array(alphabet)
    return String((0..<1 + below(bound)).map { _ in alphabet[below(alphabet.count)] })
  }

  private mutating func nick() -> String { letters("abcXYZ_[]|^", 32) }
  private mutating func realm() -> String { letters("abcxyz", 32) }
  private mutating func word() -> String { letters("ab#é@!*,;", 40) }
  private mutating func text() -> String { below(5) == 0 ? "" : letters("ab :é🦆\t", 400) }
  private mutating func body() -> [UInt8] { Array(text().utf8) }
  private mutating func tags() -> [UInt8] {
    Array(list(4) { "+" + $0.letters("ab/=é\\", 90).replacing("=", with: "x=") }.joined(separator: ";").utf8)
  }
  private mutating func person() -> PersonName { PersonName(name: nick(), realm: realm(), isGuest: below(2) == 0) }

  private mutating func replies() -> [QueryReply] {
    list(5) { maker in
      QueryReply(
        command: maker.below(2) == 0 ? "\(200 + maker.below(600))" : "NOTE " + maker.letters("ABC", 20),
        words: maker.list(5) { $0.word() }, text: maker.some { $0.text() })
    }
  }

  private mutating func letter() -> Letter {
    let kind: EntryKind = [.message, .notice, .tagMessage][below(3)]
    return Letter(
      from: nick(), kind: kind, id: id(), time: time(), tags: kind == .tagMessage ? Array("+a".utf8) : tags(),
      body: kind == .tagMessage ? [] : Array("x".utf8) + body())
  }

  mutating func envelope() -> Envelope {
    switch below(7) {
    case 0: .message(letter(), to: nick())
    case 1: .groupMessage(letter(), group: group())
    case 2: .request(id(), from: nick(), command: letters("ABC", 16), parameters: list(15) { $0.text() })
    case 3: .replies(id(), to: nick(), replies())
    case 4: .refusal(of: id(), [.message, .redact][below(2)], to: nick(), target: word(), reason: text())
    case 5: .invitation(from: person(), to: nick(), group: group(), name: "#" + letters("ab-é", 30))
    default: .expired
    }
  }

  private mutating func entry() -> GroupEntry {
    let kinds: [EntryKind] = [.message, .notice, .tagMessage, .join, .part, .kick, .mode, .topic, .create]
    return GroupEntry(
      number: number(), kind: kinds[below(kinds.count)], time: time(), id: id(), sender: some { $0.person() },
      tags: tags(), body: body())
  }

  private mutating func snapshot() -> SnapshotPart {
    SnapshotPart(
      group: group(), name: "#" + letters("ab-é", 30), created: time(), founder: some { $0.person() },
      modes: GroupModes(
        switches: GroupSwitches(rawValue: UInt32(below(128))), key: some { $0.letters("kÿ!", 8) + "k" },
        limit: some { 1 + $0.below(1_000) }, lookingBack: LookingBack.allCases[below(3)],
        keepDays: below(36_501)),
      topic: some { Topic(text: $0.body(), setBy: $0.word(), time: $0.time()) }, number: number(), id: id(),
      members: list(9) {
        SnapshotMember(person: $0.person(), ranks: Ranks(rawValue: UInt8($0.below(32))), since: $0.number())
      },
      masks: list(5) {
        MaskRecord(MaskList.allCases[$0.below(3)], mask: $0.word(), setBy: $0.word(), time: $0.time())
      }, isLast: below(2) == 0)
  }

  private mutating func mark() -> EntryMark { EntryMark(number: number(), id: id(), time: time()) }

  mutating func item() -> Item {
    switch below(19) {
    case 0: .positions(list(9) { EnvelopeName(epoch: $0.next(), number: $0.next()) })
    case 1: .acknowledge(next())
    case 2: .envelopes(EnvelopeName(epoch: next(), number: next()), ItemTests.bytes(of: list(5) { $0.envelope() }))
    case 3: .offer(group: group())
    case 4: .follow(group: group(), mark(), needsSnapshot: below(2) == 0)
    case 5: .unfollow(group: group())
    case 6: .snapshot(snapshot())
    case 7: .entries(group: group(), list(9) { $0.entry() })
    case 8: .caughtUp(group: group())
    case 9: .gone(group: group())
    case 10: .fleeting(Fleeting(from: person(), target: .person(nick()), tags: Array("+typing".utf8)))
    case 11: .query(id: next(), from: nick(), command: letters("ABC", 16), parameters: list(15) { $0.text() })
    case 12: .answer(id: next(), replies())
    case 13: .watch(list(9) { $0.nick() })
    case 14: .unwatch(list(9) { $0.nick() })
    case 15: .compare(group: group(), mark())
    case 16: .compared(group: group(), number: number(), isThere: below(2) == 0)
    case 17: .keeping(days: below(36_501))
    default: .presence(name: nick(), away: some { $0.text() }, realName: some { $0.text() }, isOnline: below(2) == 0)
    }
  }
}
