import CLinux
import Glibc

@main
enum Main {
  static func main() {
    guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
      print(Options.usage)
      exit(2)
    }
    if let most = options.routing { exit(Routing.run(upTo: most) ? 0 : 1) }
    let scratch = Scratch()
    Trap.install()
    var failed = 0
    for seed in options.seeds {
      Trap.seed = seed
      let world = World(
        seed: seed, realms: options.realms, folder: scratch.folder(for: seed), isVerbose: options.isVerbose)
      world.run()
      scratch.remove(seed)
      if options.printsDigest { print("seed \(seed): digest \(String(world.digest.value, radix: 16))") }
      if let failure = world.failure {
        failed += 1
        print("seed \(seed): \(failure)")
      } else if options.seeds.count == 1 {
        print("seed \(seed): \(world.summary)")
      }
    }
    print("\(options.seeds.count - failed) passed, \(failed) failed")
    exit(failed == 0 ? 0 : 1)
  }
}

/// Where the stores of a process lie: in memory where the machine has a place for that.
struct Scratch {
  private let base: String

  init() {
    let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : temporary
    base = "\(parent)/moot-simulate-\(getpid())"
  }

  func folder(for seed: UInt64) -> String { "\(base)-\(seed)" }

  /// Removes the folder of a run.
  func remove(_ seed: UInt64) { remove(folder(for: seed)) }

  private func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != "..", unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
      }
      closedir(directory)
    }
    rmdir(path)
  }
}

/// Names the seed if the code under test stops the process.
enum Trap {
  nonisolated(unsafe) static var seed: UInt64 = 0

  static func install() {
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT] {
      signal(number) { number in
        print("seed \(Trap.seed): stopped by signal \(number)")
        fflush(nil)
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
