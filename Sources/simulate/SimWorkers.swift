import Core
import Glibc
import Store

/// The queues of a realm: each is worked through in its order, beside the others.
enum Worker: CaseIterable {
  case keys, reads, upkeep

  init(for ask: Ask) {
    switch ask {
    case .verify, .tokenOwner, .verifyOperator, .scram, .scramProof, .derive, .makeToken: self = .keys
    case .loadAccount, .loadGroup, .devices, .invitations, .listGroups, .history, .conversations, .missed, .outbox,
      .groupLog, .setApart, .groupsShared, .entry, .entries, .revisions, .search, .aged, .files:
      self = .reads
    case .backup, .deliver, .push: self = .upkeep
    }
  }
}

/// What a realm's workers do, with pretended delays and pretended keys. A job is begun some time after the commit of
/// its turn and answered later still, so what was read may be old by then, as in the server.
final class SimWorkers {
  private struct Queue {
    var jobs: [(id: AskID, ask: Ask)] = []
    var answers: [(id: AskID, answer: Answer)] = []
    var lastStart: Int64 = 0
    var lastAnswer: Int64 = 0
  }

  private unowned let world: World
  private let folder: String
  private var chance: Chance
  private var queues: [Worker: Queue] = [:]
  private(set) var reader: StoreReader?
  private var keyReader: StoreReader?
  private var indexer: Indexer?
  private var lastToken = 0

  init(world: World, folder: String, chance: Chance) {
    self.world = world
    self.folder = folder
    self.chance = chance
  }

  func start() throws(StoreError) {
    let report: (StoreError) -> Void = { [unowned world] in world.fail("a reader fails: \($0)") }
    reader = try StoreReader(folder: folder, report: report)
    keyReader = try StoreReader(folder: folder, report: report)
    indexer = try Indexer(folder: folder, durability: .simulation)
  }

  /// The index may be thrown away at any time: it is made anew.
  func loseIndex() {
    for file in ["index.db-wal", "index.db-shm", "index.db"] { unlink("\(folder)/\(file)") }
  }

  func stop() {
    queues.removeAll()
    reader = nil
    keyReader = nil
    indexer = nil
  }

  var isQuiet: Bool { Worker.allCases.allSatisfy { queues[$0, default: Queue()].answers.isEmpty && isIdle($0) } }

  private func isIdle(_ worker: Worker) -> Bool { queues[worker]?.jobs.isEmpty ?? true }

  // MARK: jobs

  func take(_ id: AskID, _ ask: Ask, for realm: SimRealm) {
    let worker = Worker(for: ask)
    var queue = queues[worker] ?? Queue()
    queue.jobs.append((id, ask))
    queue.lastStart = max(queue.lastStart, world.now + delay())
    world.agenda.add(.work(realm, worker, life: realm.life), at: queue.lastStart)
    queues[worker] = queue
  }

  private func delay() -> Int64 { world.isCalm ? 1 : Int64(chance.within(world.plan.faults.workDelay)) }

  /// Does the next job of a worker; its answer is on its way then.
  func work(_ worker: Worker, for realm: SimRealm) {
    guard var queue = queues[worker], !queue.jobs.isEmpty else { return }
    let (id, ask) = queue.jobs.removeFirst()
    queue.answers.append((id, answer(ask, realm.ledger)))
    queue.lastAnswer = max(queue.lastAnswer, world.now + delay())
    world.agenda.add(.answer(realm, worker, life: realm.life), at: queue.lastAnswer)
    queues[worker] = queue
  }

  func handOver(_ worker: Worker, to realm: SimRealm) {
    guard let first = queues[worker]?.answers.first else { return }
    queues[worker]?.answers.removeFirst()
    realm.post(.answer(first.id, first.answer))
  }

  private func answer(_ ask: Ask, _ ledger: Ledger) -> Answer {
    switch ask {
    case .verify(let person, let secret): return .verified(verify(person, secret))
    case .verifyOperator(let verifier, let secret):
      return .verified(Keys.matches(secret, verifier) ? .password : .refused)
    case .derive(let secret, let iterations):
      return .derived(Keys.verifier(of: secret, iterations: iterations, salt: chance.next()))
    case .makeToken:
      lastToken += 1
      let secret = "token-\(lastToken)-\(chance.next())"
      return .token(secret: secret, hash: Keys.hash(secret.utf8))
    case .scram, .scramProof, .backup, .deliver, .push: return .failed("Not in a simulation")
    default:
      guard let reader else { return .failed("The store is closed") }
      let answer = reader.answer(ask)
      world.check(ReaderChecker.compare(answer, to: ask, with: ledger))
      return answer
    }
  }

  private func verify(_ person: PersonID, _ secret: [UInt8]) -> Verified {
    guard let keyReader else { return .refused }
    do {
      if let device = try keyReader.device(tokenHash: Keys.hash(secret)), device.account == person {
        return .token(device)
      }
      guard let verifier = try keyReader.verifier(of: person) else { return .refused }
      return Keys.matches(secret, verifier) ? .password : .refused
    } catch {
      world.fail("a verifier cannot be read: \(error)")
      return .refused
    }
  }

  // MARK: upkeep

  /// When the indexer comes to it next; nil if it never does.
  func nextUpkeep() -> Int64? {
    let interval = world.isCalm ? 200 : world.plan.faults.indexInterval
    return interval == 0 ? nil : world.now + Int64(chance.within(1...2 * interval))
  }

  func noteWritten(_ entries: IndexBatch) { indexer?.add(entries) }

  /// Indexes a batch and carries the write-ahead log over now and then.
  func upkeep() {
    do {
      if let indexer { _ = try indexer.advance(maxEntries: chance.pick([1, 3, 20, 10_000])) }
      if chance.percent(10) { try Upkeep(folder: folder).checkpoint() }
    } catch {
      world.fail("upkeep fails: \(error)")
    }
  }
}

/// Pretended keys: not secret, but as different from each other as real ones.
enum Keys {
  static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var digest = Digest()
    digest.add(bytes)
    var chance = Chance(seed: digest.value)
    return (0..<32).map { _ in UInt8(truncatingIfNeeded: chance.next()) }
  }

  static func verifier(of secret: [UInt8], iterations: Int, salt: UInt64) -> Verifier {
    let salt = hash("\(salt)".utf8)
    return Verifier(salt: salt, iterations: iterations, storedKey: hash(salt + secret), serverKey: hash(secret + salt))
  }

  static func matches(_ secret: [UInt8], _ verifier: Verifier) -> Bool {
    verifier.storedKey == hash(verifier.salt + secret)
  }
}
