import Testing
import Wire

@testable import Core

/// A realm that keeps to no rules: nothing is applied that should not be, and whoever is behind it loses the circuit or
/// the link, with the reason in the log.
@Suite struct HostilePeerTests {
  private let alpha: TestRealm
  private let mallory: HostilePeer

  init() throws {
    var settings = Settings(realm: "alpha")
    settings.directory = ["beta", "mallory"].map { name in
      Settings.KnownRealm(name: name, title: name, key: TestCryptography(of: name).identity, isNeighbour: true)
    }
    alpha = try TestRealm(settings)
    try alpha.register("alice")
    mallory = try HostilePeer(against: alpha)
  }

  @Test func byTheRulesItIsHeard() throws {
    try mallory.open()
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("one", "two"))])
    #expect(said() == ["one", "two"])
    let items = try mallory.heard()
    #expect(items == [.positions([]), .acknowledge(1), .acknowledge(2)])
    #expect(isOpen)
  }

  /// Metadata is taken of those alone who were asked about, and as much as there can be.
  @Test func metadataIsOnlyWhatWasAskedFor() throws {
    try mallory.open()
    let field = Metadata.Field(key: "avatar", value: "https://mallory.example/x.png")
    try mallory.say([.metadata(.person("moll"), [field]), .metadata(.group(1), [field])])
    #expect(alpha.realm.metadata.isEmpty && isOpen)
    try alpha.register("bob", capabilities: "batch draft/metadata-3")
    try alpha.send("bob", lines: ["METADATA * SUB avatar", "MONITOR + moll/mallory"])
    try mallory.say([
      .presence(name: "moll", away: nil, realName: nil, isOnline: true), .metadata(.person("moll"), [field]),
    ])
    let wanted = try mallory.heard().contains(.wantMetadata(["moll"]))
    #expect(wanted == (alpha.realm.metadata.count == 1))
    // Again and again: nothing new, nothing to be told.
    alpha.lines("bob")
    for _ in 0..<3 { try mallory.say([.metadata(.person("moll"), [field])]) }
    #expect(alpha.lines("bob").isEmpty)
  }

  @Test func metadataThatIsNoneEndsTheCircuit() throws {
    for field in [
      Metadata.Field(key: "soju.im/blocked", value: "1"), Metadata.Field(key: "Avatar", value: "x"),
      Metadata.Field(key: "avatar", value: ""),
      Metadata.Field(key: "avatar", value: String(repeating: "x", count: Limits.metadataValueBytes + 1)),
    ] {
      try mallory.open()
      try mallory.say([.metadata(.person("moll"), [field])])
      #expect(!isOpen, "\(field)")
    }
    try mallory.open()
    let many = (0...Limits.metadataKeys).map { Metadata.Field(key: "k\($0)", value: "x") }
    try mallory.say([.metadata(.person("moll"), many)])
    #expect(!isOpen)
  }

  /// A realm can have METADATA carried out for what changes groups, and nothing else.
  @Test(arguments: ["SUB", "SYNC", "SET soju.im/muted", "UNSUB", "LIST"])
  func requestsOfMetadata(_ words: String) throws {
    try alpha.send("alice", "JOIN #plans")
    try mallory.open()
    var bytes: [UInt8] = []
    let parameters = ["#plans"] + words.split(separator: " ").map(String.init) + ["1"]
    ItemCoder.append(
      .request(MessageID(epoch: 7, counter: 1), from: "moll", command: "METADATA", parameters: parameters), to: &bytes)
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: 1), bytes)])
    #expect(alpha.realm.metadataSubscribers == 0 && alpha.realm.preferences.isEmpty && alpha.realm.metadata.isEmpty)
    #expect(isOpen)
  }

  /// Who watches somebody of a realm that says what it likes is told of what holds, but not drowned.
  @Test func presenceIsLimited() throws {
    try mallory.open()
    try alpha.register("bob", capabilities: "extended-monitor away-notify setname")
    try alpha.send("bob", "MONITOR + moll/mallory,jim/mallory")
    alpha.lines("bob")
    func presence(_ name: String, _ number: Int) -> Item {
      .presence(name: name, away: "\(number)", realName: "Moll \(number)", isOnline: number % 7 > 0)
    }
    try mallory.say((1...500).map { presence("moll", $0) })
    let told = alpha.lines("bob").count
    #expect(told > 0 && told <= 3 * Limits.presenceChanges)
    // Others are told of as before, and in the end it is told what is.
    try mallory.say([presence("jim", 1)])
    #expect(alpha.lines("bob").contains { $0.contains("730 bob :jim/mallory") })
    try alpha.pass(seconds: 3)
    #expect(alpha.lines("bob").last == ":moll/mallory!moll@mallory SETNAME :Moll 500")
  }

  /// One account of another realm cannot use up what its realm may change, nor change without end.
  @Test func changesOfMetadataAreLimited() throws {
    try alpha.send("alice", "JOIN #plans")
    try mallory.open()
    var number: UInt64 = 0
    func change(_ account: String, _ count: Int) throws -> Int {
      for _ in 0..<count {
        number += 1
        var bytes: [UInt8] = []
        ItemCoder.append(
          .request(
            MessageID(epoch: 7, counter: number), from: account, command: "METADATA",
            parameters: ["#plans", "SET", "avatar", "\(number)"]), to: &bytes)
        try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: number), bytes)])
      }
      var limited = 0
      for case .envelopes(_, let row) in try mallory.heard() {
        for case .replies(_, _, let replies) in try ItemCoder.envelopes(row) {
          limited += replies.count { $0.words.first == "RATE_LIMITED" }
        }
      }
      return limited
    }
    #expect(try change("moll", Limits.metadataChanges) == 0)
    #expect(try change("moll", 5) == 5)
    #expect(try change("jim", 5) == 0)
  }

  /// Whoever asks about everybody is told of as many as may be watched.
  @Test func wantsAreAnswered() throws {
    try alpha.register("bob", capabilities: "batch draft/metadata-3")
    try alpha.send("bob", "METADATA * SET avatar :x")
    try mallory.open()
    try mallory.say([.wantMetadata(["bob", "nobody", "alice"])])
    let told = try mallory.heard().filter { if case .metadata = $0 { true } else { false } }
    #expect(
      told == [
        .metadata(.person("bob"), [Metadata.Field(key: "avatar", value: "x")]), .metadata(.person("alice"), []),
      ])
    try alpha.send("bob", "METADATA * SET soju.im/muted 1")
    try alpha.send("bob", "METADATA alice SET soju.im/muted 1")
    #expect(try !mallory.heard().contains { if case .metadata = $0 { true } else { false } })
    try alpha.send("bob", "METADATA * SET avatar")
    #expect(try mallory.heard().contains(.metadata(.person("bob"), [])))
  }

  @Test func numbersFromThePastAreSkipped() throws {
    try mallory.open()
    let name = EnvelopeName(epoch: 9, number: 1)
    try mallory.say([.envelopes(name, HostilePeer.envelopes("one", "two"))])
    try mallory.say([.envelopes(name, HostilePeer.envelopes("one", "two", "three"))])
    try mallory.open()
    try mallory.say([.envelopes(name, HostilePeer.envelopes("one", "two", "three", "four"))])
    #expect(said() == ["one", "two", "three", "four"])
  }

  @Test func aGapInNumbersEndsTheCircuit() throws {
    try mallory.open()
    try mallory.say([
      .envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("one")),
      .envelopes(EnvelopeName(epoch: 9, number: 3), HostilePeer.envelopes("three")),
    ])
    #expect(!isOpen)
    #expect(closed("envelopes are missing"))
    #expect(said() == [])
  }

  @Test func epochsWithoutEndEndTheCircuit() throws {
    try mallory.open()
    for epoch in 1...UInt64(Limits.epochsPerRealm) + 1 {
      try mallory.say([.envelopes(EnvelopeName(epoch: epoch, number: 1), HostilePeer.envelopes("\(epoch)"))])
    }
    #expect(closed("its envelopes are of more epochs than a realm can have"))
    #expect(alpha.figure("envelopes_taken_total") == Int64(Limits.epochsPerRealm))
  }

  @Test(arguments: [(0, "that none can have"), (UInt64.max, "that none can have")])
  func impossibleNumbersEndTheCircuit(number: UInt64, why: String) throws {
    try mallory.open()
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: number), HostilePeer.envelopes("one", "two"))])
    #expect(closed(why))
    #expect(said() == [])
  }

  @Test func whatWasNotSentCannotBeAcknowledged() throws {
    try mallory.open()
    try mallory.say([.acknowledge(1_000)])
    #expect(closed("it acknowledges what was not sent"))
  }

  @Test func acknowledgementsDoNotGoBack() throws {
    try mallory.open()
    try alpha.send("alice", "PRIVMSG moll/mallory :hello")
    try mallory.say([.acknowledge(2)])
    #expect(isOpen)
    try mallory.say([.acknowledge(1)])
    #expect(closed("it acknowledges what was not sent"))
  }

  @Test func whatWasNotSentCannotHaveBeenApplied() throws {
    try mallory.open()
    try alpha.send("alice", "PRIVMSG moll/mallory :hello")
    try mallory.open([.positions([EnvelopeName(epoch: alpha.epoch, number: 2)])])
    #expect(closed("never sent"))
    #expect(alpha.figure("outbox_envelopes") == 1)
  }

  @Test func positionsComeFirstAndOnce() throws {
    try mallory.open([.watch(["alice"])])
    #expect(!isOpen)
    try mallory.open([.envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("one"))])
    #expect(!isOpen)
    #expect(said() == [])
    try mallory.open()
    #expect(isOpen)
    try mallory.say([.positions([])])
    #expect(closed("positions where none belong"))
  }

  @Test func garbageUnderAGoodSealEndsTheCircuit() throws {
    try mallory.open()
    try mallory.say(plain: [255, 255, 255, 255])
    #expect(!isOpen)
    #expect(said() == [])
  }

  @Test func aBadSealEndsTheCircuit() throws {
    try mallory.open()
    var frame = try mallory.frame([.envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("one"))])
    frame.payload[3] ^= 1
    try mallory.send([.circuit(frame)])
    #expect(closed("not sealed by the realm"))
    #expect(said() == [])
  }

  @Test func aGapInFramesEndsTheCircuitAndAnOldFrameDoesNothing() throws {
    try mallory.open()
    let first = try mallory.frame([.envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("one"))])
    let second = try mallory.frame([.envelopes(EnvelopeName(epoch: 9, number: 2), HostilePeer.envelopes("two"))])
    let third = try mallory.frame([.envelopes(EnvelopeName(epoch: 9, number: 3), HostilePeer.envelopes("three"))])
    try mallory.send([.circuit(first), .circuit(first)])
    #expect(isOpen)
    try mallory.send([.circuit(third)])
    #expect(closed("frames were lost"))
    try mallory.send([.circuit(second)])
    #expect(said() == ["one"])
  }

  @Test func nobodyOpensACircuitInAnotherRealmsName() throws {
    let beta = try HostilePeer("beta", against: alpha, link: 500)
    try beta.open()
    let before = alpha.figure("circuits_total")
    try alpha.sleep(seconds: 1)
    try mallory.send([mallory.opening(circuit: 5, from: "beta", signedBy: "mallory")])
    #expect(!mallory.received().contains { if case .circuit = $0 { true } else { false } })
    #expect(alpha.notes.contains { $0.event == "an opening is not signed by its realm" })
    #expect(alpha.figure("circuits_total") == before)
    // Its circuit goes on, whoever brings a frame with its number.
    var frame = try beta.frame([.envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("from beta"))])
    frame.circuit = 5
    try mallory.send([.circuit(frame)])
    frame.circuit = 101
    try beta.send([.circuit(frame)])
    #expect(said() == ["from beta"])
  }

  @Test func anOpeningThatIsPlayedAgainEndsNothing() throws {
    try mallory.open()
    try mallory.say([.acknowledge(1)])
    try alpha.sleep(seconds: 1)
    try mallory.send([mallory.opening(circuit: 5)])
    try alpha.pass(seconds: 20)
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: 1), HostilePeer.envelopes("still there"))])
    #expect(said() == ["still there"])
    #expect(alpha.figure("circuits_total") == 1)
  }

  @Test func aFloodOfOpeningsIsAnsweredNowAndThen() throws {
    _ = mallory.received()
    try mallory.send((1...1_000).map { mallory.opening(circuit: UInt64($0)) })
    #expect(mallory.received().count == 1)
  }

  @Test func aFloodOfFramesOfNoCircuitGetsFewAnswers() throws {
    _ = mallory.received()
    let frames = (1...1_000).map { number in
      Frame.circuit(
        CircuitFrame(
          kind: .sealed, from: "mallory", to: "alpha", hops: 16, circuit: UInt64(number), count: 1, payload: [1, 2, 3]))
    }
    try mallory.send(frames)
    #expect(mallory.received().count <= Limits.signalsPerTurn)
  }

  @Test func strangersGetNoAnswerAtAll() throws {
    _ = mallory.received()
    let frame = CircuitFrame(kind: .open, from: "nobody", to: "alpha", hops: 16, circuit: 1, count: 0, payload: [])
    try mallory.send([.circuit(frame), mallory.opening(circuit: 3, from: "alpha")])
    #expect(mallory.received() == [])
    #expect(mallory.reasonForClosing == nil)
  }

  @Test func whoNeverAcknowledgesGetsAWindowAndNoMore() throws {
    try mallory.open()
    _ = mallory.received()
    let text = String(repeating: "x", count: 1_500)
    for _ in 0..<20 {
      try alpha.send("alice", lines: Array(repeating: "PRIVMSG moll/mallory :\(text)", count: 100))
      try alpha.handle(.link(.sent(mallory.link, bytes: 1 << 30, roundTrip: 1)))
    }
    let sent = mallory.received().reduce(0) { $0 + $1.weight }
    #expect(sent <= Limits().windowBytes + 2 * Limits.circuitFrameBytes)
    // And loses the circuit.
    try alpha.pass(seconds: 12)
    #expect(closed("nothing was acknowledged for too long"))
  }

  @Test func whileAGroupIsReadAllThatFollowsWaitsInOrder() throws {
    try restingGroup()
    try mallory.open()
    let group = try #require(alpha.realm.groupNames["#plans"]).rawValue
    alpha.holdsAnswers = true
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: 1), groupMessage(group))])
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: 2), HostilePeer.envelopes("behind it", to: "alice"))])
    #expect(said() == [])
    #expect(!(try mallory.heard().contains(.acknowledge(2))))
    alpha.holdsAnswers = false
    while !alpha.asks.isEmpty { try alpha.answer() }
    #expect(said() == ["behind it"])
    #expect(try mallory.heard().contains(.acknowledge(3)))
  }

  @Test func whatWaitsForAGroupIsBounded() throws {
    try restingGroup()
    try mallory.open()
    let group = try #require(alpha.realm.groupNames["#plans"]).rawValue
    alpha.holdsAnswers = true
    try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: 1), groupMessage(group))])
    var number: UInt64 = 2
    let text = String(repeating: "x", count: 2_000)
    let row = (0..<30).flatMap { _ in HostilePeer.envelopes(text) }
    for _ in 0..<(Limits.inboxBytes / row.count + 1) {
      try mallory.say([.envelopes(EnvelopeName(epoch: 9, number: number), row)])
      number += 30
    }
    #expect(closed("it sends more than its window"))
    alpha.holdsAnswers = false
    while !alpha.asks.isEmpty { try alpha.answer() }
    #expect(said() == [])
    #expect(alpha.figure("envelopes_taken_total") == 0)
  }

  @Test func droppedWordOfOthersIsNoWord() throws {
    try mallory.open()
    let dropped = Dropped(by: "beta", to: "alpha", destination: "mallory", circuit: 1, hops: 4, reason: .congested)
    try mallory.send([.dropped(dropped), .dropped(dropped)])
    #expect(isOpen)
  }

  // MARK: helpers

  /// A group that nobody who is connected is in.
  private func restingGroup() throws {
    try alpha.register("anna")
    try alpha.send("anna", "JOIN #plans")
    try alpha.drop("anna")
  }

  private func groupMessage(_ group: Int64) -> [UInt8] {
    let letter = Letter(
      from: "moll", kind: .message, id: MessageID(epoch: 77, counter: 500), time: 1, tags: [], body: Array("hi".utf8))
    var bytes: [UInt8] = []
    ItemCoder.append(.groupMessage(letter, group: group), to: &bytes)
    return bytes
  }

  private func said() -> [String] {
    alpha.lines("alice").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 3)
      return words.count == 4 && words[1] == "PRIVMSG" ? String(words[3].drop { $0 == ":" }) : nil
    }
  }

  private var isOpen: Bool { alpha.figure("circuits_open") == 1 }

  /// Whether the circuit was closed for this reason.
  private func closed(_ reason: String) -> Bool {
    alpha.notes.contains { $0.event == "closed" && $0.fields.contains { $0.value.contains(reason) } }
  }
}
