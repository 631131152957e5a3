import Testing

@testable import Core

/// What the realm hands a client thread: rendered once, in order, whoever it goes to.
@Suite struct DeliveriesTests {
  private let one = Connection(thread: 0, slot: 1, generation: 1)
  private let two = Connection(thread: 0, slot: 2, generation: 1)

  private func told(_ deliveries: Deliveries, _ connection: Connection) -> String {
    deliveries.pieces.reduce(into: "") { text, piece in
      let receivers = deliveries.receivers[piece.receivers]
      guard receivers.contains(where: { $0.slot == connection.slot && $0.generation == connection.generation })
      else { return }
      text += String(decoding: deliveries.bytes[piece.bytes], as: UTF8.self) + (piece.close ? "|" : "")
    }
  }

  @Test func keepsTheOrderOfEachReceiver() {
    var deliveries = Deliveries()
    deliveries.send(to: one) { $0 += Array("a".utf8) }
    deliveries.send(to: one) { $0 += Array("b".utf8) }
    deliveries.send(to: two) { $0 += Array("c".utf8) }
    let both = [one, two].map { Deliveries.Receiver(slot: $0.slot, generation: $0.generation) }
    deliveries.send(Array("d".utf8), toAll: both)
    deliveries.send(to: two) { $0 += Array("e".utf8) }
    deliveries.send(Array("f".utf8), toAll: [])
    deliveries.close(two)
    #expect(told(deliveries, one) == "abd")
    #expect(told(deliveries, two) == "cde|")
    #expect(deliveries.pieces.count == 5, "what goes to the same one in a row is one piece")
    deliveries.removeAll()
    #expect(deliveries.isEmpty)
  }

  @Test func nothingJoinsWhatWasClosedOrWentToMany() {
    var deliveries = Deliveries()
    deliveries.send(Array("a".utf8), toAll: [Deliveries.Receiver(slot: 1, generation: 1)])
    deliveries.send(to: Connection(thread: 0, slot: 1, generation: 2)) { $0 += Array("b".utf8) }
    deliveries.close(one)
    deliveries.send(to: one) { $0 += Array("c".utf8) }
    #expect(told(deliveries, one) == "a|c")
    #expect(told(deliveries, Connection(thread: 0, slot: 1, generation: 2)) == "b")
  }
}
