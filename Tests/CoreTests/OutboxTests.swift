import Foundation
import Testing
import Wire

@testable import Core

/// What waits for another realm: how much may, how long, and what becomes of it.
@Suite struct OutboxTests {
  private static let week: Int64 = 7 * 86_400

  @Test func aBacklogBeyondTheWindowArrivesInOrder() throws {
    let realms = try parted()
    let text = String(repeating: "x", count: 1_000)
    for page in 0..<40 {
      try realms["alpha"].send("alice", lines: (0..<100).map { "PRIVMSG bob/beta :\(page * 100 + $0) \(text)" })
    }
    #expect(realms["alpha"].figure("outbox_envelopes") == 4_000)
    #expect(try #require(realms["alpha"].figure("outbox_bytes")) > 4_000_000)
    var most = 0
    var unacknowledged = 0
    realms.onTheWay = { from, _, frame in
      if case .circuit(let circuit) = frame, circuit.kind == .sealed {
        unacknowledged = from == "alpha" ? unacknowledged + circuit.payload.count : 0
        most = max(most, unacknowledged)
      }
      return frame
    }
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    let said = realms.said("beta", "bob").compactMap { $0.split(separator: " ").first }.compactMap { Int($0) }
    #expect(said == Array(0..<4_000))
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
    #expect(realms["alpha"].figure("outbox_bytes") == 0)
    #expect(most <= Limits().windowBytes + 2 * Limits.circuitFrameBytes)
  }

  @Test func whatIsPostedBehindABacklogStaysBehindIt() throws {
    let realms = try parted()
    for number in 0..<300 { try realms["alpha"].send("alice", "PRIVMSG bob/beta :\(number)") }
    realms["alpha"].holdsAnswers = true
    try realms.connect("alpha", "beta")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :300")
    realms["alpha"].holdsAnswers = false
    while !realms["alpha"].asks.isEmpty { try realms["alpha"].answer() }
    try realms.settle()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :301")
    #expect(realms.said("beta", "bob") == (0...301).map { String($0) })
  }

  @Test func aRealmHasOnlySoMuchRoomForAnother() throws {
    let realms = try parted { $0.limits.outboxBytes = 40_000 }
    try realms["alpha"].register("andy", capabilities: "standard-replies")
    try realms["alpha"].register("anna", capabilities: "standard-replies")
    try realms["alpha"].register("arno", capabilities: "standard-replies")
    try realms["alpha"].register("axel", capabilities: "standard-replies")
    let text = String(repeating: "x", count: 1_000)
    // One account gets no more than a quarter.
    for _ in 0..<20 { try realms["alpha"].send("alice", "PRIVMSG bob/beta :\(text)") }
    let alices = try #require(realms["alpha"].figure("outbox_envelopes"))
    #expect((9...10).contains(alices))
    #expect(realms["alpha"].lines("alice").contains { $0.contains("FAIL PRIVMSG") && $0.contains("of yours waits") })
    // The others still have their part, until there is no more.
    for name in ["andy", "anna", "arno", "axel"] {
      for _ in 0..<20 { try realms["alpha"].send(name, "PRIVMSG bob/beta :\(text)") }
    }
    #expect(realms["alpha"].lines("axel").contains { $0.contains("FAIL PRIVMSG") && $0.contains("Too much waits") })
    #expect(try #require(realms["alpha"].figure("outbox_bytes")) < 42_000)
    // Once it is through there is room again.
    let accepted = try #require(realms["alpha"].figure("outbox_envelopes"))
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob").count == Int(accepted))
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :again")
    #expect(realms.said("beta", "bob") == ["again"])
  }

  @Test func whatWaitsTooLongIsGivenUpAndItsSenderIsTold() throws {
    let realms = try parted()
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :old")
    try realms["alpha"].sleep(seconds: Self.week - 60)
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :newer")
    try realms["alpha"].sleep(seconds: 120)
    try realms["alpha"].pass(seconds: 61)
    #expect(realms["alpha"].figure("outbox_envelopes") == 1)
    let lines = realms["alpha"].lines("alice")
    #expect(lines.count { $0.contains("FAIL PRIVMSG UNDELIVERABLE bob/beta") && $0.contains("Not confirmed") } == 1)
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob") == ["newer"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func expiryOutlivesARestart() throws {
    let realms = try parted()
    for number in 0..<10 { try realms["alpha"].send("alice", "PRIVMSG bob/beta :\(number)") }
    try realms["alpha"].restart()
    try realms["alpha"].sleep(seconds: Self.week + 10)
    try realms["alpha"].pass(seconds: 61)
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
    #expect(realms["alpha"].figure("outbox_bytes") == 0)
    try realms.connect("alpha", "beta")
    try realms["alpha"].logIn("alice", as: "alice")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :new")
    #expect(realms.said("beta", "bob") == ["new"])
  }

  @Test func acknowledgementsAreNotedOnceASecondAndWhenTheRealmStops() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    func noted() -> [Write] {
      realms["alpha"].writes.filter { if case .acknowledged = $0 { true } else { false } }
    }
    try realms.pass(seconds: 2)
    realms["alpha"].forgetWrites()
    for number in 0..<20 { try realms.send("alpha", "alice", "PRIVMSG bob/beta :\(number)") }
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
    #expect(noted().count <= 1)
    try realms.pass(seconds: 2)
    #expect(noted().last == .acknowledged(realm: "beta", EnvelopeName(epoch: realms["alpha"].epoch, number: 20)))
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :last")
    try realms["alpha"].handle(.stopping(reason: "enough"))
    #expect(noted().last == .acknowledged(realm: "beta", EnvelopeName(epoch: realms["alpha"].epoch, number: 21)))
  }

  @Test func aDestinationRestoredFromABackupGetsItAllAgain() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    let backup = try realms["beta"].backUp()
    try realms.restart("beta")
    try realms["beta"].logIn("bob", as: "bob")
    for text in ["two", "three"] { try realms.send("alpha", "alice", "PRIVMSG bob/beta :\(text)") }
    #expect(realms.said("beta", "bob").suffix(2) == ["two", "three"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
    try realms.restart("beta") { try $0.restore(backup) }
    try realms["beta"].logIn("bob", as: "bob")
    // Nobody has to say anything first.
    #expect(realms.said("beta", "bob").suffix(2) == ["two", "three"])
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :four")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob") == ["four"])
    #expect(realms["alpha"].notes.contains { $0.event.contains("has lost what it had applied") })
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  /// Who was told that a message came to nothing may have said it anew.
  @Test func whatWasRefusedIsNotGivenBack() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice", capabilities: "moot/id message-tags standard-replies")
    let backup = try realms["beta"].backUp()
    try realms.restart("beta")
    try realms.send("alpha", "alice", "@moot/id=a PRIVMSG bob/beta :hello")
    #expect(realms["alpha"].lines("alice").contains { $0.contains("FAIL PRIVMSG UNDELIVERABLE bob/beta") })
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "@moot/id=a PRIVMSG bob/beta :hello")
    #expect(realms.said("beta", "bob") == ["hello"])
    try realms.restart("alpha")
    try realms.restart("beta", dials: false) { try $0.restore(backup) }
    try realms["beta"].register("bob")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(realms.said("beta", "bob") == ["hello"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func anOriginRestoredFromABackupNamesNothingTwice() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    let backup = try realms["alpha"].backUp()
    try realms.restart("alpha")
    try realms["alpha"].logIn("alice", as: "alice")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    try realms.restart("alpha") { try $0.restore(backup) }
    try realms["alpha"].logIn("alice", as: "alice")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :three")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob") == ["one", "two", "three"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func whatDestinationsHaveIsKeptForAWeek() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms["beta"].register("bob")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    let backup = try realms["beta"].backUp()
    try realms.restart("beta")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    for realm in ["alpha", "beta"] { try realms[realm].sleep(seconds: Self.week + 3_600) }
    try realms["alpha"].pass(seconds: 61)
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :three")
    try realms.restart("beta") { try $0.restore(backup) }
    try realms["beta"].logIn("bob", as: "bob")
    // What is gone is named, and what came after it is there.
    #expect(realms.said("beta", "bob").suffix(2) == ["one", "three"])
    try realms.pass(seconds: 3)
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :four")
    #expect(realms.said("beta", "bob") == ["four"])
    #expect(realms["beta"].notes.contains { $0.event.contains("keeps them no longer") })
  }

  @Test func aRealmIsForgottenOnlyOutsideTheDirectoryAndSendersAreTold() throws {
    let realms = try parted()
    for number in 0..<5 { try realms["alpha"].send("alice", "PRIVMSG bob/beta :\(number)") }
    #expect(
      try realms["alpha"].administer(.forgetRealm("beta")) == .refused("beta is in the directory: take it out first"))
    try realms["alpha"].configure { $0.directory = [] }
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :too late")
    realms["alpha"].lines("alice")
    #expect(
      try realms["alpha"].administer(.forgetRealm("beta"))
        == .done("beta is forgotten; what waited for it was refused"))
    let lines = realms["alpha"].lines("alice")
    #expect(lines.count { $0.contains("FAIL PRIVMSG UNDELIVERABLE bob/beta") } == 5)
    #expect(realms["alpha"].figure("realms") == 0)
    try realms["alpha"].restart()
    #expect(realms["alpha"].figure("realms") == 0)
    #expect(try realms["alpha"].administer(.forgetRealm("beta")) == .refused("alpha knows no realm beta"))
  }

  /// What is through and what is not are told apart even where both are of a realm that is forgotten in between.
  @Test func aRealmIsForgottenAfterWordOfWhatIsThrough() throws {
    let realms = try parted()
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :one")
    try realms.restart("alpha")
    try realms["alpha"].logIn("alice", as: "alice", capabilities: "standard-replies")
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :two")
    realms["alpha"].holdsAnswers = true
    try realms.connect("alpha", "beta")
    for _ in 0..<20 where realms["alpha"].figure("outbox_envelopes") != 0 {
      try realms["alpha"].answer()
      try realms.settle()
    }
    #expect(realms.said("beta", "bob") == ["one", "two"])
    try realms.cut("alpha", "beta")
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :three")
    try realms["alpha"].configure { $0.directory = [] }
    #expect(try realms["alpha"].administer(.forgetRealm("beta")) == nil)
    realms["alpha"].holdsAnswers = false
    try realms["alpha"].pass(seconds: 1)
    let lines = realms["alpha"].lines("alice")
    #expect(lines.count { $0.contains("NOTE PRIVMSG DELIVERED bob/beta") } == 2)
    #expect(lines.count { $0.contains("FAIL PRIVMSG UNDELIVERABLE bob/beta") } == 1)
    #expect(realms["alpha"].figure("realms") == 0)
  }

  @Test func aRealmIsNotForgottenWhileItsOutboxCannotBeRead() throws {
    let realms = try parted()
    try realms["alpha"].send("alice", "PRIVMSG bob/beta :one")
    try realms["alpha"].configure { $0.directory = [] }
    realms["alpha"].refusesReads = true
    #expect(
      try realms["alpha"].administer(.forgetRealm("beta"))
        == .refused("beta is not forgotten: The disk is on fire"))
    #expect(realms["alpha"].figure("outbox_envelopes") == 1)
    realms["alpha"].refusesReads = false
    #expect(
      try realms["alpha"].administer(.forgetRealm("beta"))
        == .done("beta is forgotten; what waited for it was refused"))
  }

  @Test func aDiskThatCannotBeReadDelaysOnly() throws {
    let realms = try parted()
    for number in 0..<5 { try realms["alpha"].send("alice", "PRIVMSG bob/beta :\(number)") }
    realms["alpha"].refusesReads = true
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 3)
    #expect(realms.said("beta", "bob") == [])
    realms["alpha"].refusesReads = false
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob") == ["0", "1", "2", "3", "4"])
  }

  /// An acknowledgement may come before the positions: it says nothing of what was under way on the circuit before.
  @Test func nothingIsLiveBeforeTheOtherEndHasToldWhatItHas() {
    var outbox = Outbox()
    func post() {
      outbox.post(
        .refusal(of: MessageID(epoch: 1, counter: 1), .message, to: "bob", target: "alice", reason: ""), epoch: 7,
        realm: "beta", now: 1, account: nil, waits: false, rowBytes: 1_000)
    }
    #expect(outbox.begin([], current: 7) == false)
    post()
    #expect(outbox.takeRows().map(\.isLive) == [true])
    outbox.end()
    outbox.resume()
    post()
    #expect(outbox.takeRows().map(\.isLive) == [false])
    #expect(outbox.begin([], current: 7) == false)
    #expect(outbox.unsent == EnvelopeName(epoch: 7, number: 0))
    #expect(!outbox.isLive)
  }

  /// What a realm that was set back gets again takes no room of what waits.
  @Test func whatIsSentAgainDoesNotWait() {
    var circuit = Circuit(id: 1, from: "alpha", to: "beta", sendKey: [], receiveKey: [], now: 0)
    let row = OutboxRow(realm: "beta", epoch: 7, first: 1, last: 1, time: 1, waited: false, bytes: [1, 2, 3])
    circuit.say(row, isAgain: true)
    #expect(circuit.envelopeBytes == 0)
    #expect(circuit.bytesUnacknowledged > 3)
    circuit.say(row)
    #expect(circuit.envelopeBytes == 3)
  }

  /// The word that a message was refused outlives a restart, or it would be called delivered after that.
  @Test func refusalsAreRememberedAcrossARestart() throws {
    let realms = try TestRealms()
    try realms["alpha"].register("alice")
    try realms.send("alpha", "alice", "PRIVMSG nobody/beta :hello")
    #expect(realms["alpha"].lines("alice").contains { $0.contains("There is nobody called nobody") })
    let refused = realms["alpha"].realm.peers["beta"]?.refused
    #expect(refused?.count == 1)
    try realms.restart("alpha")
    #expect(realms["alpha"].realm.peers["beta"]?.refused == refused)
  }

  /// Two realms without a link, and somebody in each.
  private func parted(change: (inout Settings) -> Void = { _ in }) throws -> TestRealms {
    let realms = try TestRealms(change: change)
    try realms["alpha"].register("alice", capabilities: "standard-replies")
    try realms["beta"].register("bob")
    try realms.cut("alpha", "beta")
    return realms
  }
}
