import Glibc
import Net

/// What happens when a link comes back and much waits for it: how soon all of it is there, what memory that takes at
/// both ends, and whether those who chat within the first realm notice.
struct Drain {
  private static let patienceMilliseconds: Int64 = 30_000
  /// Microseconds between two looks at the servers' memory.
  private static let memoryInterval: Int64 = 100_000

  private let options: Options
  private let fleet: Fleet
  private let processes: ServerProcesses
  private let perSender: Int
  private var traffic: Traffic
  private let local: LocalChat
  /// The most that each server was seen to use.
  private var memory: [Int] = []
  private var memorySeen: Int64 = 0
  private var report = Report()

  init(_ options: Options, _ fleet: Fleet) throws {
    self.options = options
    self.fleet = fleet
    processes = ServerProcesses(ids: options.processes)
    perSender = max(1, options.messages / options.pairs)
    local = try LocalChat(options)
    // The senders, then those in the second realm whom they write to.
    let pairs = options.pairs
    try fleet.open(2 * pairs, prefix: options.prefix) { place in
      place < pairs ? options.server : options.otherServer ?? options.server
    }
    try fleet.settle()
    let names = fleet.clients.map(\.nick)
    traffic = Traffic(
      (0..<pairs).map { (sender: $0, target: "\(names[pairs + $0])/\(options.realms[1])") },
      flowOfClient: (0..<2 * pairs).map { $0 < pairs ? nil : $0 - pairs }, receivers: 1, window: perSender,
      bytes: options.bytes)
    traffic.repeats = false
  }

  private var total: Int { perSender * options.pairs }

  mutating func run() throws -> Report {
    report.add("messages", Double(total))
    try look(always: true)
    tellMemory("before")
    try order(options.breakCommand)
    if options.isAbsent { try fleet.leave(from: options.pairs) }
    try fill()
    try local.begin()
    try wait(seconds: options.seconds)
    judge(try local.end(), "within the realm", latencies: "local_before")
    memory = []
    try look(always: true)
    tellMemory("waiting")

    try local.begin()
    try order(options.mendCommand)
    try drain()
    judge(try local.end(), "within the realm", latencies: "local_during")
    tellMemory("most")
    if options.isAbsent { try comeBack() }
    judge(traffic, "across the link")
    return report
  }

  // MARK: what happens

  private func order(_ command: String) throws(LoadError) {
    let status = system(command)
    guard status == 0 else { throw LoadError("the command fails with \(status): \(command)") }
  }

  /// Has everything sent that is to wait.
  private mutating func fill() throws {
    let started = Clock.monotonicMicroseconds()
    try until("told that it waits") { drain in
      for flow in 0..<drain.options.pairs {
        let waiting = drain.fleet.clients[flow].waiting
        while drain.traffic.flows[flow].sent < min(drain.perSender, waiting + drain.options.window) {
          drain.traffic.send(flow, by: drain.fleet)
        }
      }
      return drain.count(\.waiting)
    }
    let seconds = Double(Clock.monotonicMicroseconds() - started) / 1e6
    report.add("sent_per_second", Double(total) / seconds)
  }

  /// Waits until all that waited is there and its senders know.
  private mutating func drain() throws {
    var started: Int64 = 0
    var received: Int64 = 0
    let before = try processes.time()
    try until("told that it is through") { drain in
      let delivered = drain.count(\.delivered)
      // How long it takes to dial is not what is asked here.
      if started == 0, delivered + drain.traffic.completed > 0 { started = Clock.monotonicMicroseconds() }
      if received == 0, drain.traffic.completed == drain.total { received = Clock.monotonicMicroseconds() }
      try drain.look(always: false)
      return delivered
    }
    let confirmed = Clock.monotonicMicroseconds()
    let after = try processes.time()
    let end = options.isAbsent ? confirmed : received > 0 ? received : confirmed
    report.add("drained_seconds", Double(end - started) / 1e6, "s")
    report.add("drained_per_second", Double(total) / (Double(end - started) / 1e6))
    report.add("confirmed_seconds", Double(confirmed - started) / 1e6, "s")
    report.add("drain_cpu_us_per_message", (after.total - before.total) / Double(total), "µs")
  }

  /// The receivers log in, and have to be shown what they have missed.
  private mutating func comeBack() throws {
    let started = Clock.monotonicMicroseconds()
    try fleet.open(
      2 * options.pairs, prefix: options.prefix, at: { _ in options.otherServer ?? options.server },
      message: { [fleet] bytes, text, client in traffic.received(bytes, text, client, by: fleet) })
    try until("received") { $0.traffic.completed }
    let seconds = Double(Clock.monotonicMicroseconds() - started) / 1e6
    report.add("replayed_per_second", Double(total) / seconds)
  }

  /// Nothing, for so long.
  private mutating func wait(seconds: Int) throws {
    let end = Clock.monotonicMilliseconds() + Int64(seconds) * 1_000
    while Clock.monotonicMilliseconds() < end { try step() }
  }

  // MARK: the loop

  /// Repeats until what is counted has reached the number of messages that cross the link.
  private mutating func until(_ what: String, _ body: (inout Drain) throws -> Int) throws {
    var last = -1
    var since = Clock.monotonicMilliseconds()
    while true {
      let count = try body(&self)
      if count >= total { return }
      if count > last {
        last = count
        since = Clock.monotonicMilliseconds()
      }
      guard Clock.monotonicMilliseconds() - since < Self.patienceMilliseconds else {
        throw LoadError("only \(count) of \(total) are \(what), and no more come")
      }
      try step()
    }
  }

  private mutating func step() throws {
    try fleet.step(timeoutMilliseconds: 10) { [fleet] bytes, text, client in
      traffic.received(bytes, text, client, by: fleet)
    }
  }

  private func count(_ what: (Client) -> Int) -> Int { fleet.clients[..<options.pairs].reduce(0) { $0 + what($1) } }

  // MARK: what is told

  private mutating func look(always: Bool) throws {
    let now = Clock.monotonicMicroseconds()
    guard always || now - memorySeen >= Self.memoryInterval else { return }
    memorySeen = now
    let seen = try processes.eachResidentKiB()
    memory = memory.isEmpty ? seen : zip(memory, seen).map { max($0, $1) }
  }

  private mutating func tellMemory(_ when: String) {
    for (place, kib) in memory.enumerated() {
      report.add("memory_\(place + 1)_\(when)_kib", Double(kib), "KiB")
    }
  }

  private mutating func judge(_ traffic: Traffic, _ place: String, latencies name: String? = nil) {
    if let name { report.addLatencies(traffic.latencies, name) }
    if traffic.underWay > 0 { report.fault("\(traffic.underWay) messages \(place) did not arrive") }
    if traffic.duplicates > 0 { report.fault("\(traffic.duplicates) messages \(place) came twice or late") }
    if traffic.gaps > 0 { report.fault("\(traffic.gaps) times a number \(place) was left out") }
    if traffic.strays > 0 { report.fault("\(traffic.strays) messages \(place) came to a client they were not for") }
  }
}
