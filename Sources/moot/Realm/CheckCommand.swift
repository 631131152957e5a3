import CLinux
import Core
import Glibc
import Net
import Server
import Store
import Wire

extension Command {
  static let check = Command(
    name: "check", usage: "REALM", summary: "looks over configuration, directory, data folder, ports, links",
    details: """
      Every finding comes with its remedy. Exit code 1 where something keeps the realm from running. The database of a
      realm that does not run is read from end to end, which takes a moment where it is large.
      """,
    options: serveOptions.filter { $0.name != "log" } + [Client.jsonOption]
  ) { arguments throws(Failure) in
    let options = try Command.options(arguments)
    var check = Check()
    do throws(ConfigurationError) {
      let configuration = try Configuration.load(options)
      check.look(over: configuration, options)
    } catch {
      check.add(.error, error.description)
    }
    try check.report(json: arguments.has("json"))
  }
}

/// What `moot check`, `moot link test` and `moot group doctor` find.
struct Check {
  private(set) var findings: [Finding] = []

  mutating func add(_ level: Finding.Level, _ text: String) { findings.append(Finding(level, text)) }

  /// Prints what was found; throws where something does not work.
  func report(json: Bool) throws(Failure) {
    for finding in findings {
      if json {
        Output.write(["level": .string(finding.level.rawValue), "text": .string(finding.text)])
      } else {
        Output.write("\(Output.padded(finding.level.rawValue, to: 8)) \(finding.text)\n")
      }
    }
    guard !findings.contains(where: { $0.level == .error }) else { throw Failure(code: 1) }
  }

  mutating func look(over configuration: Configuration, _ options: ServeOptions) {
    let realms = configuration.directory.names
    add(.ok, "\(options.directory): \(realms.count == 1 ? "one realm" : "\(realms.count) realms")")
    let file = options.configurationPath(realm: configuration.settings.realm)
    add(.ok, Files.exists(file) ? file : "no \(file): the defaults hold")
    for warning in configuration.warnings { add(.warning, warning) }
    let isRunning = lookAtFolder(configuration)
    lookAtDisk(configuration)
    lookAtDescriptors(configuration)
    lookAtLinks(configuration)
    guard !isRunning else {
      add(.ok, "the realm is running; its ports are its own")
      return
    }
    for (kind, addresses) in [
      ("irc", configuration.irc), ("web", configuration.web), ("relay", configuration.relay),
    ] {
      for address in addresses { lookAtPort(kind, address) }
    }
  }

  /// Returns whether a server answers from the folder.
  private mutating func lookAtFolder(_ configuration: Configuration) -> Bool {
    let folder = configuration.folder
    var status = stat()
    guard stat(folder, &status) == 0 else {
      let parent = Self.nearestFolder(folder)
      if access(parent, W_OK) == 0 {
        add(.ok, "\(folder) is not there yet: the first start makes it")
      } else {
        add(.error, "\(folder) cannot be made, \(parent) is not writable: make it, or name another with --data")
      }
      return false
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      add(.error, "\(folder) is no folder: name another with --data")
      return false
    }
    guard access(folder, R_OK | W_OK | X_OK) == 0 else {
      add(.error, "\(folder) cannot be written: chown it to the user that runs the realm")
      return false
    }
    if status.st_mode & 0o077 != 0 {
      add(.warning, "\(folder) can be entered by others, and messages are in it: chmod 700 \(folder)")
    } else {
      add(.ok, "\(folder) is writable, and private")
    }
    if (try? Admin.ask(["command": "status"], in: folder)) != nil { return true }
    lookAtDatabase(folder)
    return false
  }

  private mutating func lookAtDatabase(_ folder: String) {
    do throws(StoreError) {
      guard let counts = try Store.examine(folder: folder) else { return }
      add(.ok, "\(folder)/moot.db is sound: \(counts.text)")
    } catch {
      add(.error, error.description)
    }
  }

  /// The folder itself or the nearest above it that is there.
  private static func nearestFolder(_ path: String) -> String {
    var path = path[...]
    while !path.isEmpty, !Files.exists(String(path)) {
      guard let slash = path.lastIndex(of: "/") else { return "." }
      path = slash == path.startIndex ? "/" : path[..<slash]
    }
    return path.isEmpty ? "." : String(path)
  }

  private mutating func lookAtDisk(_ configuration: Configuration) {
    let folder = Self.nearestFolder(configuration.folder)
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else {
      add(.warning, "the free space of \(folder) is not known: \(String(cString: strerror(errno)))")
      return
    }
    let free = Int64(status.f_bavail) * Int64(status.f_frsize)
    let reserve = configuration.settings.limits.diskReserveBytes
    let text = "\(free >> 20) MiB free for \(configuration.folder)"
    if free < reserve {
      add(.error, "\(text), less than the reserve of \(reserve >> 20) MiB: free some, or lower diskReserveBytes")
    } else if free < max(4 * reserve, 1 << 30) {
      add(.warning, "\(text): at \(reserve >> 20) MiB new messages are refused; free some")
    } else {
      add(.ok, text)
    }
  }

  private mutating func lookAtDescriptors(_ configuration: Configuration) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let connections = configuration.settings.limits.connections
    guard limit.rlim_max < rlim_t(connections + 100) else { return }
    add(
      .warning,
      "this user may open \(limit.rlim_max) files, but \(connections) connections are allowed: raise LimitNOFILE, or "
        + "lower \"connections\" in \"limits\"")
  }

  private mutating func lookAtPort(_ kind: String, _ address: String) {
    do {
      _ = try Descriptor.listening(on: try SocketAddress.resolve(address))
      add(.ok, "\(kind) \(address) is free")
    } catch let error as SystemError {
      let remedy =
        switch error.code {
        case EADDRINUSE: "stop what uses it, or give the realm another port"
        case EACCES: "ports below 1024 are for root: choose a higher one"
        case EADDRNOTAVAIL: "this machine has no such address: correct it"
        default: "correct it"
        }
      // The realm runs without links, too.
      add(kind == "relay" ? .warning : .error, "\(kind) \(address): \(error.reason); \(remedy)")
    } catch {
      add(.error, "\(kind) \(address): \(error)")
    }
  }
}
