import Core
import Foundation
import Testing
import Wire

/// Circuits and outboxes between two realms that have a link.
@Suite struct CircuitTests {
  @Test func twoRealmsOpenACircuitWhenOneHasSomethingToSay() throws {
    let realms = try talking()
    #expect(realms["alpha"].figure("circuits_open") == 0)
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :hello")
    #expect(realms["alpha"].figure("circuits_open") == 1)
    #expect(realms["beta"].figure("circuits_open") == 1)
    #expect(realms.said("beta", "bob") == ["hello"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func whatIsSaidOverAnOpenCircuitLeavesWithItsTurn() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    realms["alpha"].forgetWrites()
    try realms["alpha"].send("alice", lines: (1...50).map { "PRIVMSG bob/beta :number \($0)" })
    let rows = realms["alpha"].writes.filter { if case .outbox = $0 { true } else { false } }
    #expect(rows.count == 1, "one row for the turn")
    realms.delivered = []
    try realms.settle()
    #expect(realms.said("beta", "bob") == ["one"] + (1...50).map { "number \($0)" })
    #expect(realms.delivered.count { $0.from == "alpha" } == 1, "one frame")
    #expect(realms.delivered.count { $0.from == "beta" } == 1, "one acknowledgement")
    #expect(realms["alpha"].figure("outbox_bytes") == 0)
  }

  @Test func whatWaitsArrivesOnceTheLinkIsBack() throws {
    let realms = try talking()
    try realms.cut("alpha", "beta")
    for number in 1...20 { try realms.send("alpha", "alice", "PRIVMSG bob/beta :number \(number)") }
    #expect(realms["alpha"].figure("outbox_envelopes") == 20)
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob") == (1...20).map { "number \($0)" })
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
    #expect(realms["alpha"].lines("alice").count { $0.contains("NOTE PRIVMSG DELIVERED bob/beta") } == 20)
  }

  @Test func framesLostWithTheLinkAreSentAgain() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    realms.holdsFrames = true
    for number in 2...5 { try realms.send("alpha", "alice", "PRIVMSG bob/beta :\(number)") }
    realms.holdsFrames = false
    try realms.cut("alpha", "beta")
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob") == ["one", "2", "3", "4", "5"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func anAcknowledgementLostWithTheLinkDoublesNothing() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    realms.onTheWay = { from, _, frame in from == "beta" ? nil : frame }
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    #expect(realms.said("beta", "bob") == ["one", "two"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 1)
    try realms.cut("alpha", "beta")
    realms.onTheWay = { $2 }
    try realms.connect("alpha", "beta")
    try realms.pass(seconds: 2)
    #expect(realms.said("beta", "bob").isEmpty)
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func theOriginMayRestart() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    try realms.cut("alpha", "beta")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    try realms.restart("alpha")
    try realms["alpha"].logIn("alice", as: "alice")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :three")
    try realms.connect("alpha", "beta")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :four")
    try realms.pass(seconds: 3)
    #expect(realms.said("beta", "bob") == ["one", "two", "three", "four"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func theDestinationMayRestart() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    realms.onTheWay = { from, _, frame in from == "beta" ? nil : frame }
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    #expect(realms.said("beta", "bob") == ["one", "two"])
    realms.onTheWay = { $2 }
    try realms.restart("beta", dials: false)
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :three")
    try realms["beta"].logIn("bob", as: "bob")
    realms.said("beta", "bob")
    try realms.connect("beta", "alpha")
    try realms.pass(seconds: 3)
    #expect(realms.said("beta", "bob") == ["three"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  @Test func bothMayOpenAtOnce() throws {
    let realms = try talking()
    realms.holdsFrames = true
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :to bob")
    try realms.send("beta", "bob", "PRIVMSG alice/alpha :to alice")
    realms.holdsFrames = false
    try realms.settle()
    #expect(realms.said("beta", "bob") == ["to bob"])
    #expect(realms.said("alpha", "alice") == ["to alice"])
    #expect(realms["alpha"].figure("circuits_total") == 1)
    #expect(realms["beta"].figure("circuits_total") == 1)
  }

  @Test func circuitsThatNobodyUsesAreForgottenAndOpenedAgain() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    try realms.pass(seconds: 70)
    #expect(realms["alpha"].figure("circuits_open") == 0)
    #expect(realms["beta"].figure("circuits_open") == 0)
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    #expect(realms.said("beta", "bob") == ["one", "two"])
    // Where only one side has forgotten it, the other finds out with the next frame.
    try realms.restart("beta")
    try realms["beta"].logIn("bob", as: "bob")
    realms.said("beta", "bob")
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :three")
    try realms.pass(seconds: 1)
    #expect(realms.said("beta", "bob") == ["three"])
  }

  @Test func afterAFreezeEverythingGoesOn() throws {
    let realms = try talking()
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :one")
    realms.holdsFrames = true
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :two")
    try realms["beta"].sleep(seconds: 20)
    try realms["alpha"].pass(seconds: 20)
    try realms.send("alpha", "alice", "PRIVMSG bob/beta :three")
    realms.holdsFrames = false
    try realms.pass(seconds: 5)
    #expect(realms.said("beta", "bob") == ["one", "two", "three"])
    #expect(realms["alpha"].figure("outbox_envelopes") == 0)
  }

  /// Two realms with a link, and somebody in each.
  private func talking() throws -> TestRealms {
    let realms = try TestRealms()
    try realms["alpha"].register("alice", capabilities: "standard-replies")
    try realms["beta"].register("bob")
    return realms
  }
}

extension TestRealms {
  /// The texts of the messages that a client has received since the last time.
  @discardableResult
  func said(_ realm: String, _ client: String) -> [String] {
    self[realm].lines(client).compactMap { line in
      let words = line.split(separator: " ", maxSplits: 3)
      guard words.count == 4, words[1] == "PRIVMSG" else { return nil }
      return String(words[3].drop { $0 == ":" })
    }
  }
}

extension TestRealm {
  /// One of the figures of the realm's status.
  func figure(_ name: String) -> Int64? { realm.status.first { $0.name == name }?.value }
}
