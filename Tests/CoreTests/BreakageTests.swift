import Core
import Testing
import Wire

/// Four realms, and whatever can happen to their links and processes: each message that was accepted is stored at its
/// destination once, in the order of its sender.
@Suite struct BreakageTests {
  @Test(arguments: 1...12)
  func nothingIsLostDoubledOrReordered(seed: UInt64) throws {
    var chance = Chance(seed: seed)
    let names = ["alpha", "beta", "delta", "gamma"]
    var neighbours = [("alpha", "beta"), ("beta", "delta"), ("delta", "gamma")]
    if chance.below(2) == 0 { neighbours.append(("alpha", "gamma")) }
    if chance.below(2) == 0 { neighbours.append(("beta", "gamma")) }
    let realms = try TestRealms(names, neighbours: neighbours)
    for name in names { try realms[name].register("user") }
    var sent: [String: [String]] = [:]
    for step in 0..<150 {
      let one = names[chance.below(names.count)]
      let link = neighbours[chance.below(neighbours.count)]
      switch chance.below(20) {
      case 0: try realms.cut(link.0, link.1)
      case 1, 2: if !realms.areLinked(link.0, link.1) { try realms.connect(link.0, link.1) }
      case 3:
        try realms.restart(one, dials: chance.below(2) == 0)
        try realms[one].logIn("user", as: "user")
      case 4: realms.holdsFrames.toggle()
      case 5: loseSome(realms, &chance)
      case 6: realms.onTheWay = { $2 }
      case 7: realms.tellsSent.toggle()
      case 8, 9: try realms.pass(seconds: 1 + chance.below(12))
      default:
        let other = names[chance.below(names.count)]
        guard one != other else { continue }
        let texts = (0...chance.below(4)).map { "\(one) \(step) \($0)" }
        try realms[one].send("user", lines: texts.map { "PRIVMSG user/\(other) :\($0)" })
        try realms.settle()
        sent["\(one) \(other)", default: []] += texts
      }
      for name in names { realms[name].lines("user") }
    }
    realms.onTheWay = { $2 }
    realms.holdsFrames = false
    realms.tellsSent = true
    try realms.tellAllSent()
    for link in neighbours where !realms.areLinked(link.0, link.1) { try realms.connect(link.0, link.1) }
    try realms.pass(seconds: 30)
    for one in names {
      #expect(realms[one].figure("outbox_envelopes") == 0, "\(one)")
      #expect(realms[one].figure("outbox_bytes") == 0, "\(one)")
      for other in names where other != one {
        let arrived = realms[other].stored.filter { $0.hasPrefix("\(one) ") }
        #expect(arrived == sent["\(one) \(other)"] ?? [], "\(one) to \(other)")
      }
    }
  }

  /// From here on some frames do not arrive, or arrive changed.
  private func loseSome(_ realms: TestRealms, _ chance: inout Chance) {
    var own = Chance(seed: chance.next())
    realms.onTheWay = { _, _, frame in
      guard case .circuit(var circuit) = frame else { return frame }
      switch own.below(12) {
      case 0: return nil
      case 1 where !circuit.payload.isEmpty:
        circuit.payload[own.below(circuit.payload.count)] ^= 1
        return .circuit(circuit)
      default: return frame
      }
    }
  }
}

/// Numbers from a seed.
private struct Chance {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 11
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

extension TestRealm {
  /// The texts of all messages that this realm's store has taken, its own users' left out.
  fileprivate var stored: [String] {
    writes.compactMap { write in
      guard case .entry(let entry) = write, entry.kind == .message else { return nil }
      let text = String(decoding: entry.body, as: UTF8.self)
      return text.hasPrefix("\(settings.realm) ") ? nil : text
    }
  }
}
