import Core

/// How the realms of a run are linked.
enum Topology: CaseIterable {
  case line, ring, star, tree, random
}

/// A kind of fault between realms.
enum RelayFault {
  /// A link breaks; its ends notice, late or by the silence.
  case cut
  /// Two neighbours cannot reach each other for a while.
  case part
  /// Everything between two neighbours takes long for a while.
  case slow
  /// Nothing gets from one neighbour to the other for a while, but the other way it does.
  case oneWay
  /// The older of two connections is slow: what is on its way in it comes after what a newer one brings.
  case overtake
  /// A realm does not want a neighbour for a while, says its directory.
  case unlink
  /// A realm is copied; or it loses its disk and goes on with the last copy.
  case copy, restore
}

/// What the seed decides about the realms of a run and what is between them. A run of one realm has none of it.
struct RelayPlan {
  /// The names of the realms, the first one's first.
  var names = ["alpha"]
  /// Who is linked to whom, by index, the lower first.
  var links: [(Int, Int)] = []
  /// Realms that pass nothing on.
  var endsOnly: [Bool] = [false]
  /// By how much the clocks are ahead.
  var clocks: [Int64] = [0]
  /// Whether the directories have no keys: the first one seen is trusted.
  var trustsFirstUse = false
  /// Messages in a hundred that go to people of other realms.
  var abroad = 0
  /// Milliseconds that bytes take over a link.
  var latency = 0...20
  /// Bytes that are on their way over a link at most.
  var window = 64 << 10
  /// Breaks in a hundred that an end learns of by the silence only.
  var halfOpen = 0
  /// Milliseconds between two faults on average; 0 for none.
  var faultInterval = 0
  var faults: [(RelayFault, Int)] = []

  /// What is drawn small, so that a run gets to it.
  var limits = Limits()

  /// A realm with a single link that leaves for good in the end; nil where all stay.
  var leaver: Int?

  private static let allNames = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
  ]

  static let one = RelayPlan()

  private init() {}

  /// - Parameter realms: how many; nil leaves it to chance, which makes every second run one of a single realm.
  init(realms: Int?, chance: inout Chance) {
    let drawn = chance.percent(50) ? 1 : chance.pick([2, 2, 2, 3, 3, 4, 5, 7, 12])
    let count = max(1, min(realms ?? drawn, Self.allNames.count))
    guard count > 1 else { return }
    names = Array(Self.allNames.prefix(count))
    links = Self.draw(chance.pick(Topology.allCases), count, &chance)
    // Who has one link only cannot pass anything on anyway.
    endsOnly = (0..<count).map { index in
      links.filter { $0.0 == index || $0.1 == index }.count == 1 && chance.percent(30)
    }
    let isApart = chance.percent(30)
    clocks = (0..<count).map { _ in isApart ? Int64(chance.within(-3_600_000...3_600_000)) : 0 }
    trustsFirstUse = chance.percent(20)
    abroad = chance.pick([30, 60, 90])
    latency = chance.pick([0...0, 0...20, 20...200])
    window = chance.pick([2_000, 64 << 10, 1 << 20])
    halfOpen = chance.pick([0, 30, 70])
    faultInterval = chance.pick([0, 2_000, 6_000, 20_000])
    for (fault, weight) in [(RelayFault.cut, 10), (.part, 5), (.slow, 3), (.oneWay, 3), (.copy, 10), (.restore, 5)]
    where chance.percent(75) {
      faults.append((fault, weight))
    }
    if faults.isEmpty { faultInterval = 0 }
    defer {
      for fault in [RelayFault.overtake, .unlink] where faultInterval > 0 && chance.percent(50) {
        faults.append((fault, 4))
      }
    }
    let leaves = names.indices.filter { index in links.filter { $0.0 == index || $0.1 == index }.count == 1 }
    if count > 2, !leaves.isEmpty, chance.percent(25) { leaver = chance.pick(leaves) }
    drawLimits(&chance)
  }

  private mutating func drawLimits(_ chance: inout Chance) {
    guard chance.percent(40) else { return }
    limits.windowBytes = chance.pick([1_000, 1_000, 4_000, 64 << 10])
    limits.windowBytesLeast = min(limits.windowBytes, 1_000)
    limits.outboxPageBytes = chance.pick([500, 4_000, 64 << 10])
    limits.entriesBytes = chance.pick([500, 4_000])
    limits.linkBytes = chance.pick([500, 4_000, 64 << 10])
    limits.transitBytes = chance.pick([3_000, 20_000, 1 << 20])
    limits.transitBytesPerOrigin = limits.transitBytes / 2
    // One frame of it has to fit into what may wait on the way.
    limits.entriesBytes = min(limits.entriesBytes, limits.transitBytesPerOrigin / 2)
  }

  private static func draw(_ topology: Topology, _ count: Int, _ chance: inout Chance) -> [(Int, Int)] {
    var links = (1..<count).map { index in
      switch topology {
      case .line, .ring: (index - 1, index)
      case .star: (0, index)
      case .tree: ((index - 1) / 2, index)
      case .random: (chance.below(index), index)
      }
    }
    if topology == .ring, count > 2 { links.append((0, count - 1)) }
    if topology == .random {
      for _ in 0..<chance.below(count) {
        let ends = (chance.below(count), chance.below(count))
        let link = (min(ends.0, ends.1), max(ends.0, ends.1))
        if link.0 != link.1, !links.contains(where: { $0 == link }) { links.append(link) }
      }
    }
    return links
  }

  /// What the directory of a realm says of the others.
  func directory(of index: Int) -> [Settings.KnownRealm] {
    names.indices.filter { $0 != index }.map { other in
      Settings.KnownRealm(
        name: names[other], title: names[other],
        key: trustsFirstUse ? nil : SimCryptography.identity(of: names[other]),
        isNeighbour: links.contains { $0 == (min(index, other), max(index, other)) })
    }
    .sorted { $0.name < $1.name }
  }
}
