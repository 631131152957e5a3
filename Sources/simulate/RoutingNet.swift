import Core
import Glibc
import Synchronization
import Wire

/// What it took until all realms knew the best ways.
struct RoutingCost {
  /// Pretended time.
  var milliseconds: Int64 = 0
  /// Announcements that arrived, and those whose signature had to be checked.
  var heard = 0
  var checked = 0
  var bytes = 0
  /// Microseconds, of all realms.
  var cpu = 0.0
}

/// Realms with four links each at random, on pretended time.
final class RoutingNet {
  private struct Wire {
    var to: Int
    var far: LinkID
    var latency: Int64
  }

  private enum Happening {
    case event(realm: Int, Event)
    case turn(Int)
    case tick(Int)
  }

  private static let patience: Int64 = 120_000

  private let names: [String]
  private let pairs: [(Int, Int)]
  private var realms: [Realm] = []
  private var turn = Turn(threads: 1, now: 0)
  private var mailboxes: [[Event]]
  private var isTurnDue: [Bool]
  private var wires: [LinkID: Wire] = [:]
  private var ends: [Int: (LinkID, LinkID)] = [:]
  private var lastLink: UInt64 = 0
  private var chance = Chance(seed: 1)
  private var agenda = Timetable<Happening>()
  private var now: Int64 = 0
  private var cost = RoutingCost()
  private let signatures = SignatureCount()

  init(count: Int) {
    names = (0..<count).map { "r\($0)" }
    pairs = Self.draw(count, &chance)
    mailboxes = Array(repeating: [], count: count)
    isTurnDue = Array(repeating: false, count: count)
    var neighbours = Array(repeating: Set<Int>(), count: count)  // only asked
    for (one, other) in pairs {
      neighbours[one].insert(other)
      neighbours[other].insert(one)
    }
    let known = names.map { name in
      Settings.KnownRealm(name: name, title: name, key: SimCryptography.identity(of: name), isNeighbour: false)
    }
    for (place, name) in names.enumerated() {
      var settings = Settings(realm: name)
      settings.directory = known
      for other in neighbours[place] { settings.directory[other].isNeighbour = true }
      settings.directory.remove(at: place)
      realms.append(
        Realm(
          settings: settings, snapshot: Snapshot(), epoch: UInt64(place + 1), threads: 1, now: wall,
          cryptography: CountingCryptography(pretended: SimCryptography(realm: name), count: signatures),
          entropy: [UInt8(place & 255)]))
      agenda.add(.tick(place), at: Int64(chance.below(1_000)))
    }
  }

  /// A ring, so that all hang together, and as many links again at random.
  private static func draw(_ count: Int, _ chance: inout Chance) -> [(Int, Int)] {
    var pairs = (0..<count).map { ($0, ($0 + 1) % count) }
    var degrees = Array(repeating: 2, count: count)
    for place in 0..<count where degrees[place] < 4 {
      for _ in 0..<20 where degrees[place] < 4 {
        let other = chance.below(count)
        let isTaken = pairs.contains { $0 == (place, other) || $0 == (other, place) }
        guard other != place, degrees[other] < 4, !isTaken else { continue }
        pairs.append((place, other))
        degrees[place] += 1
        degrees[other] += 1
      }
    }
    return pairs
  }

  private var wall: Milliseconds { 1_700_000_000_000 + now }

  // MARK: what happens

  /// All links come up, one after the other within a second, as after a power cut.
  func linkAll() {
    for index in pairs.indices { link(index, at: now + Int64(chance.below(1_000))) }
  }

  func cut() {
    guard let ids = ends.removeValue(forKey: pairs.count / 2) else { return }
    for id in [ids.0, ids.1] {
      guard let wire = wires.removeValue(forKey: id) else { continue }
      agenda.add(.event(realm: wire.to, .link(.down(wire.far, reason: "cut"))), at: now + wire.latency)
    }
  }

  func mend() { link(pairs.count / 2, at: now) }

  private func link(_ index: Int, at time: Int64) {
    let (one, other) = pairs[index]
    let ids = (LinkID(rawValue: lastLink + 1), LinkID(rawValue: lastLink + 2))
    lastLink += 2
    ends[index] = ids
    let latency = Int64(chance.within(2...50))
    wires[ids.0] = Wire(to: other, far: ids.1, latency: latency)
    wires[ids.1] = Wire(to: one, far: ids.0, latency: latency)
    agenda.add(.event(realm: one, .link(.up(ids.0, opened(other, isDialled: true)))), at: time)
    agenda.add(.event(realm: other, .link(.up(ids.1, opened(one, isDialled: false)))), at: time)
  }

  private func opened(_ place: Int, isDialled: Bool) -> OpenedLink {
    OpenedLink(
      realm: names[place], key: SimCryptography.identity(of: names[place]), start: 1, isDialled: isDialled,
      address: "pretended", clockAhead: 0)
  }

  /// Until nothing but the clock moves; what that takes is not counted.
  func rest() {
    run(until: now + 5_000)
    cost = RoutingCost()
    signatures.reset()
  }

  /// Until every realm knows the best way to every other; nil if that does not happen.
  func converge() -> RoutingCost? {
    let began = now
    while now - began < Self.patience {
      run(until: now + 100)
      guard isRight else { continue }
      cost.milliseconds = now - began
      cost.checked = signatures.checked
      return cost
    }
    print("\(names.count) realms do not find their ways within \(Self.patience / 1_000) s")
    return nil
  }

  private func run(until end: Int64) {
    while agenda.nextTime ?? .max < end, let (time, happening) = agenda.next() {
      now = time
      switch happening {
      case .event(let realm, let event): post(event, to: realm)
      case .turn(let realm): takeTurn(realm)
      case .tick(let realm):
        post(.tick, to: realm)
        agenda.add(.tick(realm), at: now + 1_000)
      }
    }
    now = end
  }

  private func post(_ event: Event, to realm: Int) {
    mailboxes[realm].append(event)
    guard !isTurnDue[realm] else { return }
    isTurnDue[realm] = true
    agenda.add(.turn(realm), at: now + 1)
  }

  private func takeTurn(_ place: Int) {
    isTurnDue[place] = false
    let events = mailboxes[place]
    mailboxes[place].removeAll(keepingCapacity: true)
    let began = Self.cpuMicroseconds
    turn.reset(now: wall, uptime: now)
    for event in events { realms[place].handle(event, &turn) }
    realms[place].finish(&turn)
    cost.cpu += Self.cpuMicroseconds - began
    for (id, ask) in turn.asks {
      if case .groupsShared = ask { post(.answer(id, .groupsShared([])), to: place) }
    }
    carry(turn.links, from: place)
  }

  /// What one turn hands to a link arrives together.
  private func carry(_ orders: [LinkOrder], from place: Int) {
    var frames: [(id: LinkID, sent: [Frame])] = []
    var places: [LinkID: Int] = [:]
    for case .send(let id, let frame) in orders {
      if places[id] == nil {
        places[id] = frames.count
        frames.append((id, []))
      }
      if let index = places[id] { frames[index].sent.append(frame) }
    }
    for (id, sent) in frames {
      mailboxes[place].append(.link(.sent(id, bytes: sent.reduce(0) { $0 + $1.weight }, roundTrip: -1)))
      guard let wire = wires[id] else { continue }
      cost.heard += sent.count
      var bytes: [UInt8] = []
      for frame in sent { FrameCoder.append(frame, to: &bytes) }
      cost.bytes += bytes.count
      agenda.add(.event(realm: wire.to, .link(.frames(wire.far, sent))), at: now + wire.latency)
    }
  }

  private static var cpuMicroseconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
  }

  // MARK: the ways

  /// Whether every realm reaches every other over as few links as there can be.
  private var isRight: Bool {
    var links = Array(repeating: [Int](), count: names.count)
    for index in ends.keys {
      links[pairs[index].0].append(pairs[index].1)
      links[pairs[index].1].append(pairs[index].0)
    }
    return realms.indices.allSatisfy { place in
      let distances = Self.distances(from: place, links)
      return names.indices.allSatisfy { $0 == place || realms[place].links(to: names[$0]) == distances[$0] }
    }
  }

  private static func distances(from start: Int, _ links: [[Int]]) -> [Int?] {
    var distances: [Int?] = Array(repeating: nil, count: links.count)
    distances[start] = 0
    var waiting = [start]
    var index = 0
    while index < waiting.count {
      let place = waiting[index]
      index += 1
      for next in links[place] where distances[next] == nil {
        distances[next] = (distances[place] ?? 0) + 1
        waiting.append(next)
      }
    }
    return distances
  }
}

/// Counts the signatures that all realms of a network check: the dearest part of routing, and pretended here.
private final class SignatureCount: Sendable {
  private let count = Atomic(0)

  var checked: Int { count.load(ordering: .relaxed) }
  func add() { count.add(1, ordering: .relaxed) }
  func reset() { count.store(0, ordering: .relaxed) }
}

private struct CountingCryptography: Cryptography {
  let pretended: SimCryptography
  let count: SignatureCount

  var identity: [UInt8] { pretended.identity }
  var pushKey: [UInt8] { pretended.pushKey }
  func sign(_ message: [UInt8]) -> [UInt8] { pretended.sign(message) }
  func verify(_ signature: [UInt8], of message: [UInt8], by identity: [UInt8]) -> Bool {
    count.add()
    return pretended.verify(signature, of: message, by: identity)
  }
  func expand(_ secret: [UInt8], _ label: [UInt8], count: Int) -> [UInt8] {
    pretended.expand(secret, label, count: count)
  }
  func publicKey(of secret: [UInt8]) -> [UInt8] { pretended.publicKey(of: secret) }
  func agree(_ secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? { pretended.agree(secret, with: publicKey) }
  func seal(_ plain: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8] {
    pretended.seal(plain, key: key, counter: counter, associated: associated)
  }
  func open(_ sealed: [UInt8], key: [UInt8], counter: UInt64, associated: [UInt8]) -> [UInt8]? {
    pretended.open(sealed, key: key, counter: counter, associated: associated)
  }
}
