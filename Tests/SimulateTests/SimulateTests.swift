import Core
import Testing

@testable import simulate

/// What the simulator itself promises: the same run from the same seed, and checkers that can fail.
struct SimulateTests {
  @Test func chanceIsTheSameEverywhere() {
    var chance = Chance(seed: 1)
    #expect((0..<4).map { _ in chance.below(1_000) } == [557, 522, 900, 383])
  }

  @Test func agendaKeepsTimeAndOrder() {
    var agenda = Agenda()
    let world = World(seed: 1, folder: "unused", isVerbose: false)
    for (life, time) in [(1, 5), (2, 3), (3, 5), (4, 3), (5, 0)] {
      agenda.add(.tick(world.realms[0], life: life), at: Int64(time))
    }
    var lives: [Int] = []
    while case (_, .tick(_, let life))? = agenda.next() { lives.append(life) }
    #expect(lives == [5, 2, 4, 1, 3])
  }

  @Test(arguments: [1, 3]) func aSeedIsARun(realms: Int) {
    let scratch = Scratch()
    let seed = UInt64(realms)
    var digests: [UInt64] = []
    for _ in 0..<2 {
      let world = World(seed: seed, realms: realms, folder: scratch.folder(for: seed), isVerbose: false)
      world.run()
      scratch.remove(seed)
      #expect(world.failure == nil)
      digests.append(world.digest.value)
    }
    #expect(digests[0] == digests[1])
  }

  @Test func everyRealmIsLinkedToTheOthers() {
    for seed in 1...200 as ClosedRange<UInt64> {
      var chance = Chance(seed: seed)
      let plan = RelayPlan(realms: nil, chance: &chance)
      var reached = [0]
      for realm in plan.names.indices {
        for (a, b) in plan.links where a == realm || b == realm {
          #expect(a < b && b < plan.names.count)
          for end in [a, b] where reached.contains(realm) && !reached.contains(end) { reached.append(end) }
        }
      }
      #expect(reached.count == plan.names.count, "seed \(seed)")
    }
  }

  @Test func pretendedCryptographyIsStrict() {
    let alpha = SimCryptography(realm: "alpha")
    let beta = SimCryptography(realm: "beta")
    #expect(beta.verify(alpha.sign([1]), of: [1], by: alpha.identity))
    #expect(!beta.verify(alpha.sign([1]), of: [2], by: alpha.identity))
    #expect(!beta.verify(beta.sign([1]), of: [1], by: alpha.identity))
    let shared = alpha.agree([1], with: beta.publicKey(of: [2]))
    #expect(shared != nil && shared == beta.agree([2], with: alpha.publicKey(of: [1])))
    #expect(shared != beta.agree([3], with: alpha.publicKey(of: [1])))
    #expect(alpha.agree([1], with: []) == nil)
    let sealed = alpha.seal([1, 2, 3], key: [7], counter: 5, associated: [9])
    #expect(beta.open(sealed, key: [7], counter: 5, associated: [9]) == [1, 2, 3])
    #expect(beta.open(sealed, key: [8], counter: 5, associated: [9]) == nil)
    #expect(beta.open(sealed, key: [7], counter: 6, associated: [9]) == nil)
    #expect(beta.open(sealed, key: [7], counter: 5, associated: []) == nil)
    #expect(beta.open([], key: [7], counter: 5, associated: [9]) == nil)
  }

  @Test func clearTextOnALinkIsSeen() {
    let scratch = Scratch()
    let world = World(seed: 1, realms: 2, folder: scratch.folder(for: 1), isVerbose: false)
    let link = SimLink(
      id: LinkID(rawValue: 1), realm: world.realms[0], peer: world.realms[1],
      link: Link(acceptedBy: "alpha", start: 1, now: 0))
    #expect(RelayChecker.checkSealed(Array("in-clea in-clear".utf8), link) != nil)
    #expect(RelayChecker.checkSealed(Array("in-clea".utf8), link) == nil)
    #expect(RelayChecker.checkSealed(Array("something else".utf8), link) == nil)
  }

  @Test func boundsAreSeenWhenExceeded() {
    var limits = Limits()
    limits.windowBytes = 1_000
    var found = RelayInspection()
    found.peers = [RelayInspection.OfPeer(realm: "beta")]
    found.links = [RelayInspection.OfLink(realm: "beta")]
    #expect(BoundsChecker.check(found, limits, realms: 3) == nil)
    found.peers[0].outboxBytes = 4 * limits.outboxBytes
    #expect(BoundsChecker.check(found, limits, realms: 3) != nil)
    found.peers[0].outboxBytes = 0
    found.links[0].transitShare = limits.transitBytesPerOrigin + 1
    #expect(BoundsChecker.check(found, limits, realms: 3) != nil)
    found.links[0].transitShare = 0
    found.requests = 1
    #expect(BoundsChecker.check(found, limits, realms: 3) != nil, "without a session")
  }

  @Test func aFateIsToldOnce() {
    var fates = ToldFates()
    #expect(fates.told("WAITING", of: "a", to: "bob/beta") == nil)
    #expect(fates.told("WAITING", of: "b", to: "#plans/beta") == nil)
    #expect(fates.waiting.keys == ["a"])
    #expect(fates.told("DELIVERED", of: "a", to: "bob/beta") == nil)
    #expect(fates.waiting.isEmpty)
    #expect(fates.told("DELIVERED", of: "a", to: "bob/beta") != nil)
    #expect(fates.told("WAITING", of: "a", to: "bob/beta") != nil)
    #expect(fates.told("UNDELIVERABLE", of: "c", to: "bob/beta") == nil)
    #expect(fates.told("DELIVERED", of: "c", to: "bob/beta") != nil)
  }

  @Test func ledgerRefusesEnvelopesOutOfOrder() {
    var ledger = Ledger()
    func row(_ epoch: UInt64, _ first: UInt64, _ last: UInt64) -> Write {
      .outbox(
        OutboxRow(realm: "beta", epoch: epoch, first: first, last: last, time: 1, waited: false, bytes: [1]))
    }
    #expect(ledger.apply(row(5, 1, 2)) == nil)
    #expect(ledger.apply(row(5, 4, 4)) != nil, "a number is missing")
    #expect(ledger.apply(row(6, 2, 2)) != nil, "an epoch begins with 1")
    #expect(ledger.apply(row(6, 1, 1)) == nil)
    #expect(ledger.outboxes["beta"]?.waiting == 3)
    #expect(ledger.apply(.acknowledged(realm: "beta", EnvelopeName(epoch: 5, number: 2))) == nil)
    #expect(ledger.outboxes["beta"]?.waiting == 1)
    #expect(ledger.apply(.applied(realm: "beta", EnvelopeName(epoch: 1, number: 3))) == nil)
    #expect(ledger.apply(.applied(realm: "beta", EnvelopeName(epoch: 1, number: 3))) != nil, "applied twice")
  }

  @Test func ledgerRefusesWhatMustNotBe() {
    var ledger = Ledger()
    func entry(_ position: Position, _ number: Int64 = 1, time: Milliseconds = 10, body: String) -> Write {
      .entry(
        Entry(
          position: position, target: .group(GroupID(rawValue: 1)), number: number, kind: .message, time: time,
          sender: PersonID(rawValue: 1), id: MessageID(epoch: 1, counter: UInt64(position)), body: Array(body.utf8)))
    }
    #expect(ledger.apply(entry(1, body: "m1 ")) != nil, "a group that is not there")
    let group = Write.group(
      GroupID(rawValue: 1), name: "#a", founder: PersonID(rawValue: 1), created: 0, modes: [])
    #expect(ledger.apply(group) == nil)
    #expect(ledger.apply(entry(1, body: "m1 ")) == nil)
    #expect(ledger.apply(entry(3, 2, body: "m2 ")) != nil, "a position is missing")
    #expect(ledger.apply(entry(2, 3, body: "m2 ")) != nil, "a number is missing")
    #expect(ledger.apply(entry(2, 2, time: 9, body: "m2 ")) != nil, "time goes back")
    #expect(ledger.apply(entry(2, 2, body: "m1 ")) != nil, "a message twice")
  }
}
