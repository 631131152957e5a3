import Core
import Net
import Store

/// The reloads that commands asked for, until the main thread comes to them.
private final class Reloads {
  var wanted: [AdminID] = []

  func take() -> [AdminID] {
    defer { wanted = [] }
    return wanted
  }
}

/// What the main thread does while the realm runs: it waits for signals, for commands over the administration socket,
/// and for the realm thread to fail.
final class MainThread {
  private static let signalToken: UInt64 = 0
  private static let replyToken: UInt64 = 1

  private let options: ServeOptions
  private var configuration: Configuration
  private let threads: Threads
  private let signals: Signals
  private let log: Log
  private let admin: AdminSocket
  private let reloads: Reloads
  private var poller: Poller

  /// Opens the administration socket; from then on the data folder must be this process's own.
  init(
    _ options: ServeOptions, _ configuration: Configuration, _ threads: Threads, _ signals: consuming Signals,
    _ log: Log
  ) throws {
    self.options = options
    self.configuration = configuration
    self.threads = threads
    self.log = log
    var poller = try Poller(capacity: 32)
    try poller.add(signals.descriptor, .read, token: Self.signalToken)
    try poller.add(threads.replies.wakeUp.descriptor, .read, token: Self.replyToken)
    let mailbox = threads.mailbox
    let reloads = Reloads()
    self.reloads = reloads
    do {
      admin = try AdminSocket(folder: configuration.folder, poller: &poller) { id, command in
        switch command {
        case .realm(let request): mailbox.postAlways(.administer(id, request))
        case .reload: reloads.wanted.append(id)
        }
      }
    } catch {
      throw DaemonError("cannot listen on \(configuration.folder)/admin.sock: \(error)")
    }
    self.poller = poller
    self.signals = signals
  }

  /// Waits until the realm is to stop, and stops it.
  func run() throws {
    defer { admin.close() }
    while true {
      let count = try poller.wait(timeoutMilliseconds: admin.hasClients ? 1_000 : -1)
      let now = Clock.monotonicMilliseconds()
      for index in 0..<count {
        let (token, ready) = poller[index]
        switch token {
        case Self.signalToken:
          while let wish = try signals.next() {
            guard wish == .reload else { return try stop() }
            reload()
          }
        case Self.replyToken: threads.replies.wakeUp.clear()
        default: try admin.handle(token, ready, &poller, now: now)
        }
      }
      for id in reloads.take() { admin.deliver([(id, reload())], &poller, now: now) }
      admin.deliver(replies(), &poller, now: now)
      admin.dropIdle(now: now)
      if let failure = threads.failure.value {
        threads.waitForRealm()
        throw DaemonError("The realm stopped, because what it was about to do could not be stored. \(failure)")
      }
    }
  }

  /// The realm's answers; the realm's status is made complete by what only the threads around it know.
  private func replies() -> [(id: AdminID, reply: AdminReply)] {
    threads.replies.take().map { id, reply in
      if case .status(let lines) = reply { (id, .status(lines + threads.metrics.gauges)) } else { (id, reply) }
    }
  }

  private func stop() throws(DaemonError) {
    log.info("daemon", "stopping")
    guard threads.stop(reason: "The server is shutting down") else {
      throw DaemonError("The realm did not stop in time; the disk may hang. What was accepted is stored.")
    }
    if let failure = threads.failure.value { throw DaemonError("The last turn could not be stored. \(failure)") }
    log.info("daemon", "stopped")
  }

  /// Takes over what can be changed in a running realm, or nothing if the file is bad.
  @discardableResult
  private func reload() -> AdminReply {
    do {
      var new = try Daemon.load(options, log)
      new.settings.limits.connections = Daemon.connections(within: new.settings.limits, log)
      let later = configuration.needsRestart(for: new)
      if !later.isEmpty {
        log.warning("configuration", "some changes wait for a restart", ["what": .text(later.joined(separator: ", "))])
      }
      configuration.settings = new.settings
      configuration.directory = new.directory
      configuration.calls = new.calls
      try threads.configure(configuration)
      log.info("configuration", "reloaded")
      return .done(later.isEmpty ? "reloaded" : "reloaded; \(later.joined(separator: ", ")): after a restart")
    } catch {
      log.error("configuration", "not reloaded; the old one stays", ["why": "\(error)"])
      return .refused("not reloaded; the old one stays: \(error)")
    }
  }
}
