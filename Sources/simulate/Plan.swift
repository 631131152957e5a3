import Core

/// What a client may feel like doing.
enum Action: CaseIterable {
  case privateMessage, groupMessage, notice, tagMessage, typing, manyTargets
  case join, part, kick, invite, mode, rank, ban, topic, names, deleteGroup
  case who, whois, list, away, back, monitor, ison
  case markRead, history, targets
  case device, password, nick, kill
  case quit, hangUp, drop, stall
  case manyLines, edit, takeBack, otherModes, rename, moderationLog

  /// What only later runs do (`Plan.later`).
  static let later: Set<Action> = [.manyLines, .edit, .takeBack, .otherModes, .rename, .moderationLog]
}

/// What the faults of a run are, and how often.
struct FaultPlan {
  /// Pretended milliseconds between two faults on average; 0 for none.
  var interval = 0
  /// How often each kind is drawn.
  var kinds: [(Fault, Int)] = []
  /// Milliseconds that a worker takes to begin with a job, and to hand over its answer.
  var workDelay = 0...5
  /// Jobs in a hundred that a worker refuses.
  var refusals = 0
  /// Milliseconds between two batches of the indexer on average; 0: it never comes to it.
  var indexInterval = 200
  /// Connections in a hundred that break without the server noticing.
  var halfOpen = 0
  /// Milliseconds between two commands of an operator on average; 0 for none.
  var adminInterval = 0
  var deletesAccounts = false
}

/// A kind of fault.
enum Fault {
  case crashInStore, crashBetweenTurns, cut, diskLow, clockJump
  /// A turn is committed, and only a part of what it says gets out.
  case crashInRelease
}

/// What the seed decides about a run before it begins: each run has some features and not others, so that they meet
/// in ever new combinations.
struct Plan {
  var settings = Settings(realm: "alpha")
  var threads = 1
  var accounts = 2
  var clientsPerAccount = 2
  var groups = 2
  var guests = 0
  /// Pretended seconds of work under faults.
  var seconds = 40
  /// Milliseconds between two acts of a client on average.
  var pace = 500
  var weights: [(Action, Int)] = []
  /// Milliseconds that bytes take.
  var latency = 0...20
  /// Clients in a hundred that read slowly.
  var slowReaders = 0
  /// Bytes waiting for a client at which its connection is closed.
  var queueLimit = 1 << 20
  /// Logins in a hundred after which a client does not wait for the welcome.
  var haste = 0
  /// Milliseconds that a client takes to answer a PING.
  var pongDelay = 0...0
  /// Milliseconds for which events are gathered before a turn.
  var gathering = 0...10
  var faults = FaultPlan()
  var relays = RelayPlan.one
  /// Whether clients do all that there is. Runs before `later` do what there was when the first seeds were kept, so
  /// that these still show what they were kept for.
  let isLater: Bool

  /// From this seed on runs have everything.
  static let later: UInt64 = 1_000_000

  /// - Parameter realms: how many; nil leaves it to chance.
  init(seed: UInt64, realms: Int?, chance: inout Chance) {
    isLater = seed >= Self.later
    threads = chance.within(1...3)
    accounts = chance.within(2...6)
    clientsPerAccount = chance.within(1...3)
    groups = chance.within(1...4)
    seconds = chance.within(15...60)
    pace = chance.pick([60, 150, 400, 900])
    latency = chance.pick([0...0, 0...20, 5...200, 0...1_500])
    slowReaders = chance.pick([0, 0, 20, 60])
    queueLimit = chance.pick([1 << 20, 1 << 20, 32 << 10])
    // What is replayed has to fit into it.
    if queueLimit < 1 << 20 { settings.limits.sendQueueBytes = queueLimit }
    haste = chance.pick([0, 20, 60])
    pongDelay = chance.pick([0...0, 0...500, 0...4_000])
    gathering = chance.pick([0...0, 0...10, 0...200])
    drawSettings(&chance)
    drawWeights(&chance)
    drawFaults(&chance)
    settings.limits.turnShare = chance.pick([1, 1_000, 20_000, 256 << 10])
    // Drawn apart, so that what a run of one realm does not have does not change it.
    var relayChance = Chance(seed: seed ^ 0x7265_6C61_7973)
    relays = RelayPlan(realms: realms, chance: &relayChance)
    if relays.names.count > 1 { adjustToRelays(&relayChance) }
  }

  /// What is said between realms is looked at here: what only concerns one is left to the runs of one, and so is its
  /// amount.
  private mutating func adjustToRelays(_ chance: inout Chance) {
    accounts = min(accounts, relays.names.count > 4 ? 2 : 3)
    clientsPerAccount = min(clientsPerAccount, 2)
    groups = min(groups, 2)
    guests = min(guests, 2)
    settings.limits.groupsPerAccount = 500
    weights += [(.join, 15), (.groupMessage, 20)]
    settings.limits.windowBytes = relays.limits.windowBytes
    settings.limits.windowBytesLeast = relays.limits.windowBytesLeast
    settings.limits.outboxPageBytes = relays.limits.outboxPageBytes
    settings.limits.entriesBytes = relays.limits.entriesBytes
    settings.limits.linkBytes = relays.limits.linkBytes
    settings.limits.transitBytes = relays.limits.transitBytes
    settings.limits.transitBytesPerOrigin = relays.limits.transitBytesPerOrigin
    // The least that can be configured: who is in many groups is told much at login.
    queueLimit = max(queueLimit, 64 << 10)
    settings.limits.sendQueueBytes = queueLimit
    settings.limits.outboxBytes = chance.pick([256 << 20, 256 << 20, 20_000])
    if faults.interval > 0, chance.percent(60) { faults.kinds.append((.crashInRelease, 5)) }
  }

  /// The settings of one of the realms.
  func settings(of index: Int) -> Settings {
    var settings = settings
    settings.realm = relays.names[index]
    settings.title = settings.realm
    settings.serverName = settings.realm
    settings.directory = relays.directory(of: index)
    settings.transit = !relays.endsOnly[index]
    return settings
  }

  private mutating func drawSettings(_ chance: inout Chance) {
    settings.passwordIterations = 4_096
    settings.nickIsAccount = !chance.percent(10)
    let secret = Keys.verifier(of: Array("sesame".utf8), iterations: 4_096, salt: 1)
    settings.operators = [Settings.Operator(name: "root", verifier: secret)]
    settings.guests = chance.percent(15)
    guests = settings.guests ? chance.within(1...4) : 0
    settings.motd = chance.percent(50) ? ["Welcome"] : []
    settings.limits.historyPage = chance.pick([1, 2, 5, 20, 200])
    settings.limits.heldBackLines = chance.pick([3, 20, 1_000])
    settings.limits.pingSeconds = chance.pick([8, 20, 120])
    settings.limits.registrationSeconds = chance.pick([10, 60])
    settings.limits.sessionsPerAccount = chance.pick([4, 32])
    settings.limits.groupsPerAccount = chance.pick([2, 500])
    settings.limits.members = chance.pick([3, 50_000, 50_000])
    settings.limits.bans = chance.pick([1, 200])
    settings.limits.monitor = chance.pick([2, 200])
    settings.limits.pendingBytes = chance.pick([2_000, 256 << 10, 256 << 10])
  }

  private mutating func drawWeights(_ chance: inout Chance) {
    for action in Action.allCases where isLater || !Action.later.contains(action) {
      let usual =
        switch action {
        case .privateMessage, .groupMessage: 30
        case .notice, .tagMessage, .manyTargets, .join, .history: 8
        case .typing, .part, .invite, .mode, .rank, .topic, .markRead, .drop: 4
        case .kick, .targets, .hangUp, .quit, .stall, .away, .back, .monitor: 3
        case .manyLines, .edit, .takeBack: 6
        default: 2
        }
      // A feature in five is missing from a run, and one in ten is done much more than usual.
      let factor = chance.percent(20) ? 0 : chance.percent(10) ? 5 : 1
      if usual * factor > 0 { weights.append((action, usual * factor)) }
    }
    if weights.isEmpty { weights = [(.privateMessage, 1)] }
  }

  private mutating func drawFaults(_ chance: inout Chance) {
    faults.workDelay = chance.pick([0...0, 0...5, 0...100, 0...2_000])
    faults.refusals = chance.pick([0, 0, 0, 3, 15])
    faults.indexInterval = chance.pick([0, 50, 200, 5_000])
    faults.halfOpen = chance.pick([0, 20, 60])
    faults.adminInterval = chance.pick([0, 0, 3_000, 10_000])
    faults.deletesAccounts = chance.percent(30)
    faults.interval = chance.pick([0, 1_000, 4_000, 10_000])
    for (fault, weight) in [
      (Fault.crashInStore, 10), (.crashBetweenTurns, 3), (.cut, 10), (.diskLow, 3), (.clockJump, 2),
    ] where chance.percent(75) {
      faults.kinds.append((fault, weight))
    }
    if faults.kinds.isEmpty { faults.interval = 0 }
  }
}

extension Chance {
  /// One of several, each as often as its weight says.
  mutating func weighed<Choice>(_ choices: [(Choice, Int)]) -> Choice {
    var place = below(choices.reduce(0) { $0 + $1.1 })
    for (choice, weight) in choices {
      if place < weight { return choice }
      place -= weight
    }
    return choices[choices.count - 1].0
  }
}
