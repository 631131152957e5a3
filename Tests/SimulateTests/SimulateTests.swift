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

  @Test func aSeedIsARun() {
    let scratch = Scratch()
    var digests: [UInt64] = []
    for _ in 0..<2 {
      let world = World(seed: 3, folder: scratch.folder(for: 3), isVerbose: false)
      world.run()
      scratch.remove(3)
      #expect(world.failure == nil)
      digests.append(world.digest.value)
    }
    #expect(digests[0] == digests[1])
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
