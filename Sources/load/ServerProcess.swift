import Glibc

/// The server under test, as the kernel sees it.
struct ServerProcess {
  let id: Int32

  /// CPU time that all threads of the process have used so far, in microseconds, and the part of it in the kernel.
  struct Time {
    var total: Double
    var system: Double
  }

  func time() throws(LoadError) -> Time {
    let text = try Self.read("/proc/\(id)/stat")
    // The second field is the program's name in parentheses and may hold anything.
    guard let name = text.lastIndex(of: ")") else { throw LoadError("process \(id) is unknown") }
    let fields = text[text.index(after: name)...].split(separator: " ")
    // Fields 14 and 15 of proc(5), counted from the name on.
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw LoadError("process \(id) has no times")
    }
    let tick = 1_000_000 / Double(sysconf(Int32(_SC_CLK_TCK)))
    return Time(total: (user + system) * tick, system: system * tick)
  }

  /// Memory of the process that is in use, in KiB.
  func residentKiB() throws(LoadError) -> Int {
    for line in try Self.read("/proc/\(id)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
      let fields = line.split { $0 == " " || $0 == "\t" }
      if fields.count > 1, let value = Int(fields[1]) { return value }
    }
    throw LoadError("process \(id) has no memory")
  }

  private static func read(_ path: String) throws(LoadError) -> String {
    guard let file = fopen(path, "r") else { throw LoadError("cannot read \(path)") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 8_192)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

/// The servers under test, added up.
struct ServerProcesses {
  private let all: [ServerProcess]

  init(ids: [Int32]) { all = ids.map { ServerProcess(id: $0) } }

  func time() throws(LoadError) -> ServerProcess.Time {
    var sum = ServerProcess.Time(total: 0, system: 0)
    for process in all {
      let time = try process.time()
      sum.total += time.total
      sum.system += time.system
    }
    return sum
  }

  /// Of each by itself.
  func eachResidentKiB() throws(LoadError) -> [Int] {
    var each: [Int] = []
    for process in all { each.append(try process.residentKiB()) }
    return each
  }

  func residentKiB() throws(LoadError) -> Int {
    var sum = 0
    for process in all { sum += try process.residentKiB() }
    return sum
  }
}
