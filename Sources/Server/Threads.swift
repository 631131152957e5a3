import Core
import Net
import Store

/// The threads of a realm beside the main one, and what they share.
final class Threads {
  let mailbox: Mailbox
  let clients: [ClientThread]
  let relays: Relays
  private let door: RelayDoor
  let workers: Workers
  private let files: FileThread
  let replies: AdminReplies
  let metrics = Metrics()
  /// Why the realm thread ended before it was told to. The main thread is woken through `replies` to look at it.
  let failure = Shared<StoreError?>(nil)
  private let realmEnded: Latch
  private let log: Log

  /// Drawn at random at every start.
  private let epoch: UInt64
  private let key: RealmKey
  /// Where the web endpoint listens.
  private let web: [SocketAddress]

  init(
    _ configuration: Configuration, _ sockets: ListeningSockets, _ key: RealmKey, _ files: [WebFile], _ log: Log
  ) throws(SystemError) {
    self.log = log
    self.key = key
    epoch = Crypto.randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    realmEnded = try Latch()
    replies = try AdminReplies()
    let mailbox = try Mailbox()
    self.mailbox = mailbox
    workers = try Workers(iterations: configuration.settings.passwordIterations, log: log) { id, answer in
      mailbox.postAlways(.answer(id, answer))
    }
    let pages = WebPages(metrics: metrics, settings: configuration.settings, irc: sockets.irc, files: files)
    let admissions = Admissions()
    let fileThread = try FileThread(mailbox: mailbox, admissions: admissions, log: log)
    self.files = fileThread
    web = sockets.web
    clients = [
      try ClientThread(
        number: 0, listeners: sockets.listeners, mailbox: mailbox, admissions: admissions, files: fileThread
      ) { pages.answer($0) }
    ]
    relays = Relays(
      RelayIdentity(realm: configuration.settings.realm, start: epoch, tls: TLSIdentity(secret: key.secret)),
      mailbox: mailbox, log: log)
    door = try RelayDoor(sockets.doors, relays, log)
    watch()
  }

  /// Loads the realm from the store and starts everything; the store belongs to the realm thread from now on.
  func start(_ configuration: Configuration, store: sending Store) throws {
    let snapshot = try store.load()
    let now = Clock.wallMilliseconds()
    if snapshot.lastTime > now + Limits.clockTolerance {
      log.warning(
        "realm", "the clock is behind the last stored message", ["seconds": .number((snapshot.lastTime - now) / 1_000)])
    }
    log.info(
      "realm", "loaded",
      [
        "accounts": LogValue(snapshot.accounts.count), "groups": LogValue(snapshot.groups.count),
        "entries": .number(snapshot.lastPosition),
      ])
    try workers.start(folder: configuration.folder) { [log] error in
      log.error("store", "cannot be read", ["why": "\(error)"])
    }
    workers.configure(iterations: configuration.settings.passwordIterations, calls: calls(configuration))
    let settings = settings(configuration)
    let realm = Realm(
      settings: settings, snapshot: snapshot, epoch: epoch, threads: clients.count, now: now,
      cryptography: RealmCryptography(key), entropy: Crypto.randomBytes(32))
    let realmThread = RealmThread(
      realm: realm, store: store, mailbox: mailbox, clients: clients, relays: relays, files: files, workers: workers,
      replies: replies, metrics: metrics, log: log)
    let (failure, replies, realmEnded) = (failure, replies, realmEnded)
    _ = try OSThread(name: "realm", stackSize: 2 << 20) {
      realmThread.run { error in
        failure.value = error
        replies.wakeUp.wake()
      }
      realmEnded.open()
    }
    try files.start(folder: configuration.folder, settings)
    for client in clients { try client.start(limits: configuration.settings.limits) }
    try relays.configure(configuration.neighbours, realms: configuration.directory.names)
    try door.start()
  }

  /// Hands new settings to everyone who has to know.
  func configure(_ configuration: Configuration) throws(SystemError) {
    let settings = settings(configuration)
    files.update(settings)
    // First, so that no link comes up that the realm does not know of yet.
    mailbox.postAlways(.configured(settings))
    for client in clients { client.update(limits: settings.limits) }
    workers.configure(iterations: settings.passwordIterations, calls: calls(configuration))
    try relays.configure(configuration.neighbours, realms: configuration.directory.names)
  }

  /// The settings, with the address of the web endpoint where it shows in the place it listens at.
  private func settings(_ configuration: Configuration) -> Settings {
    var settings = configuration.settings
    let known = web.first { !$0.isAnyHost }
    settings.webAddress = settings.webAddress ?? known.map { "http://\($0)" }
    return settings
  }

  private func calls(_ configuration: Configuration) -> CallSettings {
    var calls = configuration.calls
    calls.pushSecret = key.pushSecret
    return calls
  }

  /// Ends everything in order: the realm's last turn, the workers, the store, what clients have waiting. False: the
  /// realm thread did not end in time.
  func stop(reason: String) -> Bool {
    door.stop()
    // Whoever closes the store last has to be able to write what the log ahead of it still holds.
    files.stop()
    mailbox.postAlways(.stopping(reason: reason))
    let hasEnded = waitForRealm()
    relays.stop(reason: reason, withinMilliseconds: Self.flushPatience)
    for client in clients { client.stop(withinMilliseconds: Self.flushPatience) }
    return hasEnded
  }

  /// Waits until the realm thread has closed the store. False: it did not in time.
  @discardableResult
  func waitForRealm() -> Bool { realmEnded.wait(milliseconds: Self.lastTurnPatience) }

  /// Milliseconds for the last turn: a disk may be slow, and what waits before it is taken first.
  private static let lastTurnPatience = 10_000
  /// Milliseconds that clients have to take what waits for them.
  private static let flushPatience = 2_000

  private func watch() {
    workers.watch(with: metrics)
    let (mailbox, clients) = (mailbox, clients)
    metrics.watch("mailbox_events", "Events that wait for the realm.") { Int64(mailbox.waiting.events) }
    metrics.watch("mailbox_bytes", "Bytes of input that wait for the realm.") { Int64(mailbox.waiting.bytes) }
    let relays = relays
    metrics.watch("link_received_bytes", "Bytes received over the links there are, since each neighbour is one.") {
      Int64(relays.statistics.bytesIn)
    }
    metrics.watch("link_sent_bytes", "Bytes sent over them.") { Int64(relays.statistics.bytesOut) }
    metrics.watch("link_queue_bytes", "Bytes that wait to be sent over them.") { Int64(relays.statistics.queuedBytes) }
    let files = files
    metrics.watch("file_transfers", "Connections on which a file comes or goes.") { Int64(files.statistics.transfers) }
    metrics.watch("file_received_bytes_total", "Bytes of uploads received.") { Int64(files.statistics.bytesIn) }
    metrics.watch("file_sent_bytes_total", "Bytes sent of files and answers.") { Int64(files.statistics.bytesOut) }
    metrics.watch("file_refused_total", "Transfers refused: too many, too large, not taken.") {
      Int64(files.statistics.refused)
    }
    metrics.watch("file_cut_total", "Uploads that were cut.") { Int64(files.statistics.cut) }
    func watch(_ name: String, _ help: String, _ figure: @escaping @Sendable (ClientStatistics) -> Int) {
      metrics.watch(name, help) { clients.reduce(0) { $0 + Int64(figure($1.statistics)) } }
    }
    watch("connections", "Connections that are open.") { $0.connections }
    watch("connections_accepted_total", "Connections accepted.") { $0.accepted }
    watch("connections_refused_total", "Connections refused because there were too many.") { $0.refused }
    watch("connections_unread_total", "Connections closed because the client did not read.") { $0.closedForSendQueue }
    watch("received_bytes_total", "Bytes received from clients.") { $0.bytesIn }
    watch("sent_bytes_total", "Bytes sent to clients.") { $0.bytesOut }
    watch("send_queue_bytes", "Bytes that wait to be sent to clients.") { $0.queuedBytes }
  }
}

/// A value that several threads read and set.
final class Shared<Value: Sendable>: Sendable {
  private let locked: Locked<Value>

  init(_ value: Value) { locked = Locked(value) }

  var value: Value {
    get { locked.withLock { $0 } }
    set { locked.withLock { $0 = newValue } }
  }
}
