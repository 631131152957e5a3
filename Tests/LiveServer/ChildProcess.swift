import Glibc
import Net

/// A program that a test started; it is killed when the test is over.
package final class ChildProcess {
  package let id: Int32
  private var status: Int32?

  /// Starts a program found by its path, or by its name where it has no slash.
  ///
  /// - Parameters:
  ///   - output: where its standard output goes.
  ///   - errors: the file its standard error goes to.
  package init(
    _ arguments: [String], environment: [String]? = nil, output: Int32? = nil, errors: String = "/dev/null"
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    // Tests run on threads that block most signals, which a child would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var id = pid_t()
    let code =
      environment == nil
      ? posix_spawnp(&id, arguments[0], &actions, &attributes, &argv, environ)
      : posix_spawnp(&id, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw LiveServerError("\(arguments[0]) cannot be started: error \(code)") }
    self.id = id
  }

  deinit { kill() }

  /// Sends it a signal, if it has not ended.
  package func signal(_ number: Int32) { if status == nil { Glibc.kill(id, number) } }

  /// Ends it at once, as a crash or a loss of power would.
  package func kill() {
    guard status == nil else { return }
    signal(SIGKILL)
    wait()
  }

  /// Waits until it has ended and returns its exit status; nil: it did not end in time, or a signal ended it.
  @discardableResult
  package func wait(milliseconds: Int64 = 20_000) -> Int32? {
    let until = Clock.monotonicMilliseconds() + milliseconds
    while status == nil {
      var code: Int32 = 0
      if waitpid(id, &code, WNOHANG) == id {
        status = code
      } else {
        guard Clock.monotonicMilliseconds() < until else { return nil }
        poll(nil, 0, 5)
      }
    }
    guard let status, status & 0x7f == 0 else { return nil }
    return status >> 8 & 0xff
  }

  /// Memory in use, in KiB.
  package var residentKiB: Int {
    for line in readFile("/proc/\(id)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
      return Int(line.filter(\.isNumber)) ?? 0
    }
    return 0
  }
}

/// Why a process, a file or a server is not as a test needs it.
package struct LiveServerError: Error, CustomStringConvertible {
  package var description: String
  init(_ description: String) { self.description = description }
}
