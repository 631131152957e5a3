import Core
import Glibc
import Store

/// The process of one realm: the real core and the real store, run as the server runs them, on pretended time. It can
/// die at any moment and start again from its folder.
final class SimRealm {
  unowned let world: World
  let name: String
  private(set) var settings: Settings
  let folder: String
  /// The people of this realm.
  var accounts: [SimAccount] = []
  /// How far its wall clock is ahead, or was set forward or back.
  var clockOffset: Int64
  /// What is committed, kept apart from the store.
  var ledger = Ledger()
  /// Everything that was ever committed, whatever was restored since.
  private(set) var everLogged: [MessageID: Entry] = [:]
  /// Who was behind that and whom it was for, as everybody would call them: the people of a copy are fewer.
  private(set) var everSenders: [MessageID: String] = [:]
  private(set) var everAddressees: [MessageID: String] = [:]
  /// What that has said, before edits and after; and what was ever taken back.
  private(set) var everBodies: [MessageID: [[UInt8]]] = [:]
  private(set) var everErased: Set<MessageID> = []
  /// The messages to groups of other realms that it has accepted, in order, and the messages of others it has refused.
  private(set) var everPosted: [Posted] = []
  private(set) var everAccepted: [MessageID: Letter] = [:]
  private(set) var everRefused: [MessageID: Bool] = [:]
  var chance: Chance

  private(set) var realm: Realm?
  private var store: Store?
  /// Counts the starts: what was put on the agenda for an earlier life is void.
  private(set) var life = 0
  private var turn: Turn
  private var mailbox: [Event] = []
  private var isTurnDue = false
  private(set) var turns = 0
  let workers: SimWorkers
  /// Its links to other realms.
  private(set) var relays: SimRelays!
  /// What its clients are connected by.
  let network: SimNetwork
  let crashPoint = CrashPoint()
  var isDiskLow = false
  /// Requests of operators that wait for an answer.
  var requests: [AdminID: AdminRequest] = [:]
  var lastRequest: AdminID = 0

  var isRunning: Bool { realm != nil }
  /// It has died and does not come back.
  private(set) var isGone = false

  /// The time by its clock on the wall.
  var wall: Milliseconds { 1_700_000_000_000 + world.now + clockOffset }

  init(world: World, index: Int, folder: String, chance: Chance) {
    self.world = world
    name = world.plan.relays.names[index]
    settings = world.plan.settings(of: index)
    clockOffset = world.plan.relays.clocks[index]
    self.folder = folder
    self.chance = chance
    turn = Turn(threads: world.plan.threads, now: 0)
    workers = SimWorkers(world: world, folder: folder, chance: self.chance.fork())
    network = SimNetwork(world: world, chance: self.chance.fork())
    relays = SimRelays(world: world, realm: self, chance: self.chance.fork())
  }

  // MARK: life and death

  /// Starts the process: opens the folder and loads what the core begins with.
  func start() {
    life += 1
    do {
      var options = StoreOptions.simulation
      options.fault = { [crashPoint] in crashPoint.reached($0) }
      let store = try Store(folder: folder, options: options)
      let snapshot = try store.load()
      if chance.percent(10) { workers.loseIndex() }
      try workers.start()
      self.store = store
      let epoch = chance.next()
      realm = Realm(
        settings: settings, snapshot: snapshot, epoch: epoch, threads: world.plan.threads, now: wall,
        cryptography: SimCryptography(realm: name),
        entropy: (0..<4).flatMap { _ in SimCryptography.bytes(of: chance.next()) })
      world.trace("\(name) starts, life \(life), \(snapshot.lastPosition) entries")
      world.check(StateChecker.compare(snapshot, with: ledger))
      if let reader = workers.reader { world.check(StateChecker.compare(reader, with: ledger)) }
      if isDiskLow { post(.diskLow(true)) }
      relays.begin(epoch)
      world.agenda.add(.tick(self, life: life), at: world.now + 1_000)
      if let next = workers.nextUpkeep() { world.agenda.add(.upkeep(self, life: life), at: next) }
    } catch StoreError.crashed {
      world.trace("\(name) dies while it starts")
      workers.stop()
      world.agenda.add(.start(self), at: world.now + Int64(chance.within(10...2_000)))
    } catch {
      world.fail("\(name) does not start: \(error)")
    }
  }

  /// The process is gone, with all that was only in memory.
  func die() {
    guard isRunning else { return }
    world.trace("\(name) dies")
    crashPoint.arm(.begin)
    do { try store?.apply([]) } catch {}  // the only way to let go of the files as a killed process does
    crashPoint.disarm()
    afterDeath()
  }

  private func afterDeath() {
    store = nil
    realm = nil
    outlets = nil
    life += 1
    mailbox.removeAll()
    isTurnDue = false
    requests.removeAll()
    workers.stop()
    network.breakAll()
    relays.end()
    world.agenda.add(.start(self), at: world.now + Int64(chance.within(10...3_000)))
  }

  /// Ends the process in good order.
  func stop() {
    guard isRunning else { return }
    post(.stopping(reason: "The realm is stopping"))
    takeTurn(life, whole: true)
    store?.close()
    if isRunning { afterDeath() }
  }

  // MARK: turns

  func post(_ event: Event) {
    guard isRunning else { return }
    mailbox.append(event)
    takeTurnLater()
  }

  private func takeTurnLater() {
    guard !isTurnDue else { return }
    isTurnDue = true
    let gathering = world.isCalm ? 0...5 : world.plan.gathering
    world.agenda.add(.turn(self, life: life), at: world.now + Int64(chance.within(gathering)))
  }

  /// One turn as the server's realm thread takes it: handle, commit, and only then release.
  func takeTurn(_ life: Int, whole: Bool = false) {
    guard life == self.life, let realm else { return }
    isTurnDue = false
    turns += 1
    turn.reset(now: wall, uptime: world.now)
    if realm.isBehind { realm.handle(.goOn, &turn) }
    let count = whole || chance.percent(70) ? mailbox.count : chance.within(0...mailbox.count)
    for event in mailbox.prefix(count) {
      world.traceEvent(event, self)
      realm.handle(event, &turn)
    }
    mailbox.removeFirst(count)
    realm.finish(&turn)
    world.digest.add(turn)
    guard commit() else { return afterDeath() }
    guard release() else { return die() }
    if !mailbox.isEmpty || realm.isBehind { takeTurnLater() }
    world.check(BoundsChecker.check(realm.relayInspection, settings.limits, realms: world.realms.count))
    guard turns % 32 == 0 else { return }
    world.check(StateChecker.compare(realm.inspection, with: ledger))
    world.check(BoundsChecker.checkDisk(ledger, settings.limits))
  }

  /// False if the process died on the way.
  private func commit() -> Bool {
    guard !turn.writes.isEmpty else { return true }
    do {
      try store?.apply(turn.writes)
      if let store { workers.noteWritten(store.written) }
      store?.written.removeAll()
    } catch StoreError.crashed {
      world.trace("\(name) dies in its store, at \(crashPoint.last)")
      if crashPoint.last == .committed { enter(turn.writes) }
      return false
    } catch {
      world.fail("the store refuses a turn: \(error)")
      return false
    }
    enter(turn.writes)
    return true
  }

  /// Takes what was committed into the ledger, and checks that it may follow what is there.
  private func enter(_ writes: [Write]) {
    for write in writes {
      world.traceWrite(write, self)
      if let token = said(by: write), ledger.isForgotten(token) { world.saidAnew.insert(token) }
      let revised = revised(by: write)
      world.check(ledger.apply(write, saidAnew: world.saidAnew))
      for position in revised { noteRevised(position) }
      if case .entry(let entry) = write {
        everLogged[entry.id] = entry
        everBodies[entry.id, default: []].append(entry.body)
        if entry.kind == .removed { everErased.insert(entry.id) }
        everSenders[entry.id] = address(entry.sender)
        if case .person(let addressee) = entry.target { everAddressees[entry.id] = address(addressee) }
        world.check(RelayChecker.check(entry, in: self))
      }
      if case .outbox(let row) = write { enter(row) }
      switch write {
      case .device: for client in world.clients where client.realm === self { client.arrivals.begin(client, ledger) }
      case .devicePosition(let device, let position, _):
        for client in world.clients where client.realm === self { world.check(client.checkConfirmed(device, position)) }
      default: break
      }
    }
  }

  /// The token of a message that is accepted.
  private func said(by write: Write) -> Int? {
    switch write {
    case .entry(let entry): Token.number(in: entry)
    case .sent(_, let message): Int(String(decoding: message.key.dropFirst().prefix { $0 > 32 }, as: UTF8.self))
    default: nil
    }
  }

  /// The entries that a write changes, and the edits of them that there were.
  private func revised(by write: Write) -> [Position] {
    switch write {
    case .erased(let position), .edited(let position, _):
      [position] + (ledger.entry(at: position).map { $0.link > position ? [$0.link] : [] } ?? [])
    case .corrected(let entry): [entry.position]
    default: []
    }
  }

  private func noteRevised(_ position: Position) {
    guard let entry = ledger.entry(at: position) else { return }
    if entry.kind == .removed {
      everErased.insert(entry.id)
    } else {
      everBodies[entry.id, default: []].append(entry.body)
    }
  }

  private func enter(_ row: OutboxRow) {
    do {
      for envelope in try ItemCoder.envelopes(row.bytes) {
        switch envelope {
        case .groupMessage(let letter, let group):
          everAccepted[letter.id] = letter
          everPosted.append(Posted(letter: letter, home: GroupHome(realm: row.realm, group: group)))
        case .refusal(let id, _, _, _, _): everRefused[id] = true
        default: break
        }
      }
    } catch {
      world.fail("a row of the outbox of \(name) to \(row.realm) cannot be read: \(error)")
    }
  }

  /// Dies for good.
  func leave() {
    die()
    isGone = true
  }

  /// Its operators put a link into its directory, or take it out, and reload.
  func setNeighbour(_ other: SimRealm, _ isNeighbour: Bool) {
    guard let index = settings.directory.firstIndex(where: { $0.name == other.name }),
      settings.directory[index].isNeighbour != isNeighbour
    else { return }
    settings.directory[index].isNeighbour = isNeighbour
    world.trace("\(name) \(isNeighbour ? "wants" : "does not want") a link to \(other.name)")
    post(.configured(settings))
    if isRunning { relays.configured() }
  }

  /// Its operators give another realm up: it is taken out of the directory, then forgotten.
  func forget(_ other: SimRealm) {
    settings.directory.removeAll { $0.name == other.name }
    post(.configured(settings))
    world.request(.forgetRealm(other.name), self)
  }

  // MARK: copies

  /// What a backup holds.
  private struct Copy {
    var ledger: Ledger
    var everPosted: [Posted]
  }
  private var copy: Copy?
  /// Whether it has gone back to a copy, so that others may know of it what it does not.
  private(set) var wasRestored = false

  private var copyPath: String { folder + "/copy.db" }

  func makeCopy() {
    guard isRunning else { return }
    do {
      unlink(copyPath)
      _ = try Upkeep(folder: folder, durability: .simulation).backup(to: copyPath)
      copy = Copy(ledger: ledger, everPosted: everPosted)
    } catch {
      world.fail("\(name) cannot be copied: \(error)")
    }
  }

  /// Its disk is lost: it goes on with the last copy of it, and so does what is expected of it.
  func restoreCopy() {
    guard isRunning, let copy else { return }
    world.trace("\(name) goes back to a copy, from entry \(ledger.lastPosition) to \(copy.ledger.lastPosition)")
    die()
    do {
      let summary = try Store.restore(from: copyPath, to: folder)
      if let replaced = summary.replaced { for end in ["", "-wal"] { unlink(replaced + end) } }
    } catch {
      world.fail("\(name) cannot be restored: \(error)")
    }
    let retired = world.clients.filter { $0.realm === self && $0.isRetired }
    ledger = copy.ledger
    everPosted = copy.everPosted
    // Their accounts may be there again.
    for client in retired { client.comeBack() }
    wasRestored = true
    for client in world.clients where client.realm === self { world.saidAnew.formUnion(client.unanswered.map(\.token)) }
    for account in accounts { account.exists = ledger.account(account.name) != nil }
    for client in world.clients where client.realm === self { client.arrivals.wentBack(to: ledger.lastPosition) }
  }

  /// How many of the things that a turn lets out get out before the process dies; nil where it does not.
  var outlets: Int?

  /// Whether the next thing that a turn has to let out gets out.
  private func lets() -> Bool {
    guard let left = outlets else { return true }
    outlets = left - 1
    return left > 0
  }

  /// False if the process died on the way.
  private func release() -> Bool {
    for note in turn.notes {
      world.trace("\(name) notes: \(note.area) \(note.event) \(note.fields.map { "\($0.name)=\($0.value)" })")
    }
    for thread in turn.deliveries.indices where !turn.deliveries[thread].pieces.isEmpty {
      guard lets() else { return false }
      network.deliver(turn.deliveries[thread], thread: thread)
    }
    for order in turn.links {
      guard lets() else { return false }
      relays.carryOut(order)
    }
    for (id, ask) in turn.asks {
      if chance.percent(world.isCalm ? 0 : world.plan.faults.refusals) {
        world.trace("a worker refuses ask \(id)")
        post(.answer(id, .failed("The server has too much to do right now")))
      } else {
        workers.take(id, ask, for: self)
      }
    }
    for (id, reply) in turn.replies {
      if requests.removeValue(forKey: id) == nil { world.fail("request \(id) of an operator is answered twice") }
      world.trace("operator's request \(id): \(reply)")
    }
    return true
  }

  func tick(_ life: Int) {
    guard life == self.life, isRunning else { return }
    post(.tick)
    world.agenda.add(.tick(self, life: life), at: world.now + 1_000)
  }

  /// Whether nothing waits in the process, nor on the way from and to its clients.
  var isQuiet: Bool {
    isRunning && mailbox.isEmpty && realm?.isBehind != true && workers.isQuiet && requests.isEmpty && network.isQuiet
  }

  /// What waits still, for people.
  var restless: String {
    guard isRunning else { return "\(name), which does not run" }
    if !network.isQuiet { return "the network of \(name): \(network.restless)" }
    if !workers.isQuiet { return "the workers of \(name)" }
    return requests.isEmpty ? "the mailbox of \(name)" : "operators of \(name): \(requests)"
  }

  /// What a person is called now.
  func nick(of person: PersonID) -> String {
    realm?.inspection.people.first { $0.id == person }?.nick ?? ledger.accounts[person]?.name ?? "*"
  }
}

/// A message that a realm has accepted for a group of another one.
struct Posted {
  var letter: Letter
  var home: GroupHome

  /// The number by which it is known.
  var token: Int? {
    letter.kind == .tagMessage ? Token.number(tags: letter.tags) : Token.number(text: letter.body)
  }
}

/// Decides at which step of the store the process dies next.
final class CrashPoint {
  private var armed: Step?
  private var skips = 0
  /// Where it died last.
  private(set) var last = Step.begin

  /// Lets the process die at a step of this kind, after some more of them.
  func arm(_ step: Step, after skips: Int = 0) {
    armed = step
    self.skips = skips
  }

  func disarm() { armed = nil }

  func reached(_ step: Step) -> Bool {
    guard step == armed else { return false }
    guard skips == 0 else {
      skips -= 1
      return false
    }
    armed = nil
    last = step
    return true
  }
}
