import Core
import Net
import Store

/// Runs the realm, a turn at a time: takes the events that wait, lets the core decide, commits, and only then releases
/// what follows. This loop is the one place that keeps the promise that nobody sees what a crash could undo.
final class RealmThread {
  /// Milliseconds between two looks at the free disk.
  private static let diskInterval: Int64 = 100
  private static let tickInterval: Int64 = 1_000
  /// Milliseconds that the workers have at the end for the jobs in hand: a backup that takes longer is cut off.
  private static let workerPatience = 2_000

  private let realm: Realm
  private let store: Store
  private let mailbox: Mailbox
  private let clients: [ClientThread]
  private let relays: Relays
  private let files: FileThread
  private let workers: Workers
  private let replies: AdminReplies
  private let metrics: Metrics
  private let log: Log

  private var turn: Turn
  private var nextTick: Int64
  private var nextDiskCheck: Int64 = 0
  private var isDiskLow = false
  /// Answers to questions that no worker had room for.
  private var refused: [Event] = []
  private var isStopping = false
  /// Those who had more to say than their share have just taken a whole turn.
  private var isTurnOfOthers = false
  private var figures = TurnFigures()

  init(
    realm: Realm, store: Store, mailbox: Mailbox, clients: [ClientThread], relays: Relays, files: FileThread,
    workers: Workers, replies: AdminReplies, metrics: Metrics, log: Log
  ) {
    self.realm = realm
    self.store = store
    self.mailbox = mailbox
    self.clients = clients
    self.relays = relays
    self.files = files
    self.workers = workers
    self.replies = replies
    self.metrics = metrics
    self.log = log
    turn = Turn(threads: clients.count, now: Clock.wallMilliseconds())
    nextTick = Clock.monotonicMilliseconds() + Self.tickInterval
  }

  /// Takes turns until the one in which the realm stops; then ends the workers and closes the store.
  ///
  /// - Parameter onFailure: told if a turn could not be committed. Memory is ahead of the disk then: nothing of the
  ///   turn is released, and the process must end.
  func run(onFailure: (StoreError) -> Void) {
    do throws(StoreError) {
      try takeTurns()
    } catch {
      onFailure(error)
    }
    workers.stop(within: Self.workerPatience)
    store.close()
  }

  private func takeTurns() throws(StoreError) {
    publish()
    var events: [Event] = []
    while !isStopping {
      waitForEvents()
      mailbox.drain(into: &events)
      var taken = 0
      repeat {
        taken = try takeTurn(events, from: taken)
      } while taken < events.count && !isStopping
      events.removeAll(keepingCapacity: true)
    }
  }

  private func waitForEvents() {
    let patience = refused.isEmpty && !realm.isBehind ? max(0, nextTick - Clock.monotonicMilliseconds()) : 0
    do {
      _ = try mailbox.wait(timeoutMilliseconds: Int(patience))
    } catch {
      fatalError("cannot wait: \(error)")  // the kernel has no memory left; a thread that cannot wait must not spin
    }
  }

  /// Takes events from an index on, until there are none left or the turn is large enough. Returns the index of the
  /// first that is left.
  private func takeTurn(_ events: [Event], from start: Int) throws(StoreError) -> Int {
    let uptime = Clock.monotonicMilliseconds()
    turn.reset(now: Clock.wallMilliseconds(), uptime: uptime)
    handleOwnEvents(uptime)
    var index = start
    while index < events.count && turn.cost < Limits.turnCost && !isStopping {
      let event = events[index]
      if case .stopping = event { isStopping = true }
      realm.handle(event, &turn)
      index += 1
    }
    isTurnOfOthers = index == start && start < events.count
    realm.finish(&turn)
    try commit()
    release()
    figures.events.add(Int64(index - start))
    return index
  }

  /// What this thread itself has to tell the realm.
  private func handleOwnEvents(_ now: Int64) {
    if now >= nextDiskCheck {
      nextDiskCheck = now + Self.diskInterval
      checkDisk()
    }
    if !refused.isEmpty {
      for event in refused { realm.handle(event, &turn) }
      refused.removeAll()
    }
    if realm.isBehind && !isTurnOfOthers { realm.handle(.goOn, &turn) }
    if now >= nextTick {
      nextTick = now + Self.tickInterval
      realm.handle(.tick, &turn)
      publish()
    }
  }

  private func publish() {
    metrics.publish(figures, status: realm.status, links: realm.links, isDiskLow: isDiskLow)
  }

  /// Below the reserve new messages are refused, until there is an eighth more than that.
  private func checkDisk() {
    let reserve = realm.settings.limits.diskReserveBytes
    let free: Int64
    do throws(StoreError) {
      free = try store.freeBytes
    } catch {
      if !isDiskLow { log.error("store", "free disk space is not known", ["why": "\(error)"]) }
      free = 0
    }
    let isLow = free < (isDiskLow ? reserve + reserve / 8 : reserve)
    guard isLow != isDiskLow else { return }
    isDiskLow = isLow
    if isLow {
      log.error("store", "disk is low; new messages are refused", ["free": .number(free), "reserve": .number(reserve)])
    } else {
      log.info("store", "disk has room again", ["free": .number(free)])
    }
    realm.handle(.diskLow(isLow), &turn)
  }

  private func commit() throws(StoreError) {
    guard !turn.writes.isEmpty else { return }
    let start = Clock.monotonicMicroseconds()
    try store.apply(turn.writes)
    figures.commits.add(Clock.monotonicMicroseconds() - start)
    figures.writes.add(Int64(turn.writes.count))
    workers.noteWritten(store.written)
    store.written.removeAll()
  }

  private func release() {
    for index in clients.indices { clients[index].deliver(&turn.deliveries[index]) }
    relays.release(turn.links)
    files.release(turn.files)
    for (id, ask) in turn.asks where !workers.take(id, ask) { refused.append(.answer(id, Workers.busy)) }
    if !turn.replies.isEmpty { replies.add(turn.replies) }
    for note in turn.notes { log.add(note) }
    for client in clients { client.waitForRoom() }
  }
}
