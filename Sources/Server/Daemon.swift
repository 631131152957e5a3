import CLinux
import Core
import Glibc
import Net
import Store

/// Why a realm cannot start or go on, in words for the person who runs it: what is wrong, and the remedy.
struct DaemonError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A realm as a process: opens what it needs, starts the threads, and waits on the main thread for signals and
/// commands until it is told to stop.
package enum Daemon {
  /// Runs a realm until it is stopped. Returns the status that the process ends with.
  ///
  /// - Parameter files: the web client.
  package static func run(options: ServeOptions, files: [WebFile]) -> Int32 {
    do {
      // Before any other thread starts, so that none of them takes a signal.
      let signals = try Signals()
      let log = try Log(format: options.log)
      do {
        try serve(options, files, signals, log)
        log.close()
        return 0
      } catch {
        log.close()
        throw error
      }
    } catch {
      complain("\(error)", options.log)
      return 1
    }
  }

  private static func serve(
    _ options: ServeOptions, _ files: [WebFile], _ signals: consuming Signals, _ log: Log
  ) throws {
    raiseFileLimit()
    var configuration = try load(options, log)
    configuration.settings.limits.connections = connections(within: configuration.settings.limits, log)
    let store = try Store(folder: configuration.folder)
    let key = try realmKey(configuration, log)
    let sockets = try ListeningSockets(configuration)
    let threads = try Threads(configuration, sockets, key, files, log)
    let main = try MainThread(options, configuration, threads, signals, log)
    try threads.start(configuration, store: store)
    announce(configuration, sockets)
    try main.run()
  }

  /// Loads the configuration and logs what works but should be put right.
  static func load(_ options: ServeOptions, _ log: Log) throws(ConfigurationError) -> Configuration {
    let configuration = try Configuration.load(options) { password, iterations in
      Password.verifier(of: password, iterations: iterations)
    }
    for warning in configuration.warnings { log.warning("configuration", warning) }
    return configuration
  }

  /// The realm's key. That it is not the directory's is for the others to refuse; here it is said why they do.
  private static func realmKey(_ configuration: Configuration, _ log: Log) throws(RealmKeyError) -> RealmKey {
    let key = try RealmKey.open(in: configuration.folder)
    if let problem = configuration.problem(with: key) { log.error("relay", problem) }
    return key
  }

  private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

  /// Allows as many open files as the system lets us have; what is refused here shows in `connections`.
  private static func raiseFileLimit() {
    var limit = rlimit()
    getrlimit(openFiles, &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(openFiles, &limit)
  }

  /// Files that are no client's connection: the database and its readers, listening sockets,
  /// wake-ups, and files that come and go.
  private static let ownFiles = 64 + Limits.transfers

  /// How many connections there can be: as many as the limits say, if the system allows that many open files.
  static func connections(within limits: Limits, _ log: Log) -> Int {
    var files = rlimit()
    guard getrlimit(openFiles, &files) == 0 else { return limits.connections }
    let most = max(1, Int(clamping: files.rlim_cur) - ownFiles)
    if most < limits.connections {
      log.warning(
        "daemon", "fewer connections than configured: raise the limit of open files (ulimit -Hn)",
        ["connections": LogValue(most)])
    }
    return min(most, limits.connections)
  }

  /// One line to the standard output, for people and for scripts that wait for it.
  private static func announce(_ configuration: Configuration, _ sockets: ListeningSockets) {
    var doors = sockets.irc.map { "irc \($0)" } + sockets.web.map { "web http://\($0)" }
    doors += sockets.relay.map { "relay \($0)" }
    let places = doors.joined(separator: ", ")
    let bytes = Array("\(configuration.settings.realm) is ready: \(places), data \(configuration.folder)\n".utf8)
    // Where nobody reads it, the realm runs all the same.
    _ = write(1, bytes, bytes.count)
  }

  /// Says why the process ends. Straight to the standard error, which the log has let go of by now.
  private static func complain(_ reason: String, _ format: LogFormat) {
    let line =
      switch format {
      case .text: Array("moot: \(reason)\n".utf8)
      case .json:
        format.line(
          LogEvent(
            time: Clock.wallMilliseconds(), level: .error, area: "daemon", event: "ended", fields: ["why": "\(reason)"])
        )
      }
    _ = write(2, line, line.count)
  }
}
