import Core
import Glibc

/// A pretended world: realms, clients and the network between them, on one thread and one clock. All that happens
/// follows from the seed.
///
/// A run has two phases. In the first, everybody does what they feel like while things go wrong; every promise that
/// speaks of what must never be is checked all the time. Then all is mended, and every promise that speaks of what must
/// be in the end has to come true.
final class World {
  let seed: UInt64
  let plan: Plan
  var chance: Chance
  var agenda = Agenda()
  /// Milliseconds since the run began; it never jumps.
  private(set) var now: Int64 = 0
  /// Faults are over.
  private(set) var isCalm = false
  private(set) var failure: String?
  var digest = Digest()

  private(set) var clients: [SimClient] = []
  private var guests: [SimGuest] = []
  private(set) var realms: [SimRealm] = []
  /// What is between the realms now.
  var weather = Weather()
  var lastLink: UInt64 = 0
  /// Everything that was ever said, by its token.
  var sayings: [Saying] = []
  /// The tokens of what may be logged twice: clients send it again after so much else that their realm does not know it
  /// any more, or to a realm that went back to a copy since, and may have forgotten under which name they had sent it.
  var saidAnew: Set<Int> = []
  var lastLabel = 0
  var lastPing = 0

  private let isVerbose: Bool

  /// - Parameter realms: how many; nil leaves it to the seed.
  init(seed: UInt64, realms count: Int? = nil, folder: String, isVerbose: Bool) {
    self.seed = seed
    self.isVerbose = isVerbose
    chance = Chance(seed: seed)
    plan = Plan(seed: seed, realms: count, chance: &chance)
    for (index, name) in plan.relays.names.enumerated() {
      realms.append(SimRealm(world: self, index: index, folder: "\(folder)/\(name)", chance: chance.fork()))
    }
    for realm in realms { populate(realm) }
  }

  /// Different people may have the same name in different realms.
  private func populate(_ realm: SimRealm) {
    for index in 0..<plan.accounts {
      let account = SimAccount(realm: realm, name: "\(Self.names[index])\(index)")
      realm.accounts.append(account)
      for device in 0..<plan.clientsPerAccount { addClient(account, device == 0 ? "" : "device\(device)") }
    }
    for index in 0..<plan.guests {
      guests.append(SimGuest(realm: realm, index: index, chance: chance.fork()))
    }
  }

  private static let names = ["alice", "Bob", "carol", "Dan", "eve", "[fred]"]

  private func addClient(_ account: SimAccount, _ device: String, isAuditor: Bool = false) {
    let kind = isAuditor ? SimClient.Kind.full : chance.pick([.full, .tagged, .plain, .plain])
    clients.append(
      SimClient(
        index: clients.count, account: account, deviceName: device, kind: kind, chance: chance.fork(),
        isAuditor: isAuditor))
  }

  // MARK: the run

  /// Runs from the beginning to the end, or to the first broken promise.
  func run() {
    for realm in realms { realm.start() }
    for client in clients { client.comeBack() }
    for guest in guests { agenda.add(.guest(guest), at: Int64(chance.below(5_000))) }
    for realm in realms {
      scheduleFault(realm)
      scheduleOperator(realm)
    }
    scheduleRelayFault()
    run(until: Int64(plan.seconds) * 1_000)
    guard failure == nil else { return }
    calmDown()
    let deadline = now + 600_000
    run(until: now + 30_000)
    while failure == nil, !isQuiet {
      guard now < deadline else { return fail("nothing comes to rest: " + restless) }
      run(until: now + 1_000)
    }
    finish()
  }

  private func run(until end: Int64) {
    while failure == nil, now < end {
      guard let (time, happening) = agenda.next() else { return fail("nothing happens any more") }
      if time >= end {
        agenda.add(happening, at: time)
        now = end
        return
      }
      now = time
      happen(happening)
    }
  }

  private func happen(_ happening: Happening) {
    switch happening {
    case .act(let client): client.act()
    case .guest(let guest): guest.act()
    case .pong(let client, let connection, let token): client.pong(token, on: connection)
    case .arrival(let connection): connection.realm.network.arrive(connection)
    case .read(let connection): connection.realm.network.read(connection)
    case .ended(let connection): connection.realm.network.end(connection)
    case .turn(let realm, let life): realm.takeTurn(life)
    case .work(let realm, let worker, let life):
      if life == realm.life { realm.workers.work(worker, for: realm) }
    case .answer(let realm, let worker, let life):
      if life == realm.life { realm.workers.handOver(worker, to: realm) }
    case .tick(let realm, let life): realm.tick(life)
    case .upkeep(let realm, let life):
      guard life == realm.life else { return }
      realm.workers.upkeep()
      if let next = realm.workers.nextUpkeep() { agenda.add(.upkeep(realm, life: life), at: next) }
    case .start(let realm): if !realm.isRunning, !realm.isGone { realm.start() }
    case .fault(let realm): strike(realm)
    case .administer(let realm): administer(realm)
    default: happenBetweenRealms(happening)
    }
  }

  private func happenBetweenRealms(_ happening: Happening) {
    switch happening {
    case .dial(let realm, let name, let attempt, let life):
      if life == realm.life { realm.relays.dial(name, attempt: attempt) }
    case .dialFailed(let realm, let name, let attempt, let life):
      if life == realm.life { realm.relays.dialFailed(name, attempt: attempt) }
    case .linkArrival(let link): link.realm.relays.arrive(link)
    case .linkTick(let link): link.realm.relays.tick(link)
    case .relayFault: strikeBetweenRealms()
    case .relinked(let realm, let peer): if !isCalm { realm.setNeighbour(peer, true) }
    default: break
    }
  }

  // MARK: the end

  /// Faults stop; whoever is away comes back.
  private func calmDown() {
    trace("all is mended")
    isCalm = true
    for realm in realms {
      realm.crashPoint.disarm()
      realm.outlets = nil
      if realm.isDiskLow {
        realm.isDiskLow = false
        realm.post(.diskLow(false))
      }
      if let next = realm.workers.nextUpkeep() { agenda.add(.upkeep(realm, life: realm.life), at: next) }
    }
    clearUp()
    run(until: now + 5_000)
    for realm in lasting {
      for account in realm.accounts { request(.resume(account: account.name), realm) }
    }
  }

  private var everyone: [SimClient] {
    clients.filter { !$0.isRetired && !$0.realm.isGone && ($0.account.exists || $0.deviceName.isEmpty) }
  }

  private var isQuiet: Bool {
    lasting.allSatisfy(\.isQuiet) && RelayChecker.unsettled(self) == nil
      && everyone.allSatisfy { $0.phase == .online && !$0.answers.isWaiting }
  }

  private var restless: String {
    var what = everyone.filter { $0.phase != .online || $0.answers.isWaiting }.map { "\($0)" }
    what += lasting.filter { !$0.isQuiet }.map(\.restless)
    if let unsettled = RelayChecker.unsettled(self) { what.append(unsettled) }
    return what.joined(separator: ", ")
  }

  /// Everything has come to rest: what must be in the end has to be so now.
  private func finish() {
    for client in everyone { client.ping() }
    run(until: now + 20_000)
    guard failure == nil else { return }
    for realm in lasting { checkRest(realm) }
    check(RelayChecker.finish(self))
    auditHistory()
    restart()
  }

  private func checkRest(_ realm: SimRealm) {
    guard let memory = realm.realm?.inspection else { return fail("\(realm.name) does not run") }
    let ledger = realm.ledger
    check(StateChecker.compare(memory, with: ledger))
    check(StateChecker.compareQuiet(memory))
    if let reader = realm.workers.reader { check(StateChecker.compare(reader, with: ledger)) }
    check(StateChecker.replayLogs(ledger))
    for client in everyone where client.realm === realm {
      check(client.arrivals.finish(client, ledger))
      check(client.picture.compare(client, ledger, memory))
      check(checkPosition(client, ledger))
      for (id, target) in zip(client.fates.waiting.keys, client.fates.waiting.values) {
        fail("\(client) was told that \(id) to \(target) waits, and never what became of it")
      }
      if client.answers.isWaiting { fail("\(client) still waits for an answer") }
    }
    for account in ledger.accounts.values where !account.flags.isDisjoint(with: [.deleted, .ending]) {
      if account.flags.contains(.ending) { fail("\(account.name) is never deleted") }
      if !ledger.groups(of: account.id).isEmpty { fail("\(account.name) is deleted and still a member") }
    }
  }

  /// What a device has read must be known to the realm, or it would be replayed for ever.
  private func checkPosition(_ client: SimClient, _ ledger: Ledger) -> String? {
    guard client.kind != .full, !client.hasRevoked, let device = client.device(in: ledger) else { return nil }
    guard let last = ledger.log.last(where: { client.mustGet($0, ledger) && $0.position > device.base }) else {
      return nil
    }
    return device.record.position >= last.position
      ? nil : "\(client) has read entry \(last.position), its device stays at \(device.record.position)"
  }

  /// One more client for each account reads all there is.
  private func auditHistory() {
    let first = clients.count
    for realm in lasting {
      for account in realm.accounts where realm.ledger.account(account.name)?.flags.isEmpty == true {
        addClient(account, "audit", isAuditor: true)
      }
    }
    for client in clients[first...] { client.comeBack() }
    let deadline = now + 600_000
    var begun = first
    while failure == nil, clients[first...].contains(where: { $0.audit?.isDone != true }) {
      guard now < deadline else { return fail("the auditors do not come to an end") }
      run(until: now + 1_000)
      while begun < clients.count, clients[begun].phase == .online {
        let client = clients[begun]
        client.audit?.begin(client)
        begun += 1
      }
    }
  }

  /// A last good-bye, and a last start from the folder.
  private func restart() {
    guard failure == nil else { return }
    for realm in lasting { realm.stop() }
    run(until: now + 10_000)
    for realm in lasting where failure == nil && !realm.isRunning { fail("\(realm.name) does not start again") }
  }

  /// What the run was, in a line.
  var summary: String {
    let entries = realms.reduce(0) { $0 + $1.ledger.lastPosition }
    let turns = realms.reduce(0) { $0 + $1.turns }
    let restarts = realms.reduce(0) { $0 + $1.life / 2 }
    return "\(realms.count) realms, \(clients.count) clients, \(sayings.count) messages said, \(entries) entries, "
      + "\(turns) turns, \(restarts) restarts, \(now / 1_000) s"
  }

  // MARK: checking and telling

  func check(_ problem: String?) {
    if let problem { fail(problem) }
  }

  /// A promise is broken; the first one counts.
  func fail(_ problem: String) {
    trace("FAILED: \(problem)")
    if failure == nil { failure = "\(problem) (after \(Double(now) / 1_000) s)" }
  }

  /// A sender has its PONG: what it said before must be on its way to everyone it is for, or already there.
  func checkBarrier(_ entry: Entry, from sender: SimClient) -> String? {
    let realm = sender.realm
    // It may have died before all that it was about to say was on its way: then the rest comes with the next login.
    guard realm.isRunning else { return nil }
    for client in clients where client.realm === realm && client !== sender && client.kind == .full {
      guard client.phase == .online, client.onlineSince < entry.position, client.mustGet(entry, realm.ledger),
        let connection = client.connection,
        !connection.endedAtServer, !connection.isBroken, !client.arrivals.has(entry.position)
      else { continue }
      let id = Array(entry.id.text.utf8)
      let isComing = (client.input + connection.unread).split(separator: 10).contains { line in
        line.split(whereSeparator: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") || $0 == 32 })
          .contains { $0.elementsEqual(id) }
      }
      // Of a message of several lines the first may have been read.
      if !isComing, !client.batches.values.contains(where: { $0.tags["msgid"] == entry.id.text }) {
        return "\(sender) has its PONG, and entry \(entry.position) is not on its way to \(client)"
      }
    }
    return nil
  }

  func trace(_ text: @autoclosure () -> String) {
    guard isVerbose else { return }
    let stamp = String(now + 1_000_000_000).dropFirst()
    print("\(stamp.dropLast(3)).\(stamp.suffix(3)) \(text())")
  }

  func traceEvent(_ event: Event, _ realm: SimRealm) {
    guard isVerbose else { return }
    switch event {
    case .input, .tick: break
    default: trace("\(realm.name): \(event)")
    }
  }

  func traceWrite(_ write: Write, _ realm: SimRealm) {
    guard isVerbose else { return }
    if case .entry(let entry) = write {
      let text = String(decoding: entry.body, as: UTF8.self)
      trace("\(realm.name), disk: entry \(entry.position), \(entry.kind) to \(entry.target): \(text)")
    } else {
      trace("\(realm.name), disk: \(write)")
    }
  }
}
