import Net

/// One run of the generator: brings the clients in, sets up who talks to whom, and measures.
struct Measurement {
  /// How long what is under way may take to arrive once nothing more is sent.
  private static let drainMilliseconds: Int64 = 20_000

  let options: Options
  let fleet: Fleet
  let process: ServerProcesses?

  init(_ options: Options) throws {
    self.options = options
    fleet = try Fleet(options.login, capabilities: options.capabilities)
    process = options.processes.isEmpty ? nil : ServerProcesses(ids: options.processes)
  }

  func run() throws -> Report {
    switch options.mode {
    case .pairs: try measure(try pairs(window: options.window), rate: nil)
    case .light: try measure(try pairs(window: Traffic.unpaced), rate: options.rate)
    case .group: try measure(try group(), rate: nil)
    case .idle: try idle()
    case .drain: try drain()
    case .fill: throw LoadError("fill measures nothing")
    }
  }

  private func pairs(window: Int) throws -> Traffic {
    try fleet.open(options.pairs * 2, prefix: options.prefix) { address(end(ofPaired: $0)) }
    let flows = (0..<options.pairs).map { pair in
      let receiver = pair * 2 + 1
      return (sender: pair * 2, target: name(fleet.clients[receiver].nick, at: end(ofPaired: receiver)))
    }
    // Servers that share one name space tell each other of nicks in their own time.
    if options.otherServer != nil, options.realms.isEmpty {
      for (sender, target) in flows {
        fleet.clients[sender].partner = target
        try fleet.ask("ISON \(target)", of: sender..<sender + 1, atOnce: 1)
      }
    }
    let receivers = fleet.clients.indices.map { $0 % 2 == 1 ? $0 / 2 : nil }
    return Traffic(flows, flowOfClient: receivers, receivers: 1, window: window, bytes: options.bytes, labels: labels)
  }

  /// At which end of the link a client of a pair is: sender and receiver apart, every second pair the other way round.
  private func end(ofPaired client: Int) -> Int { options.otherServer == nil ? 0 : (client + client / 2) % 2 }

  private func address(_ end: Int) -> SocketAddress {
    end == 1 ? options.otherServer ?? options.server : options.server
  }

  /// What is called `name` at one end is called at the other.
  private func name(_ name: String, at end: Int) -> String {
    options.realms.isEmpty ? name : "\(name)/\(options.realms[end])"
  }

  private func group() throws -> Traffic {
    let group = "#load"
    // The sender and the first half are where the group is made.
    let near = options.otherServer == nil ? options.members + 1 : options.members / 2 + 1
    try fleet.open(options.members + 1, prefix: options.prefix) { address($0 < near ? 0 : 1) }
    try fleet.ask("JOIN \(group)", of: 0..<near, atOnce: 16)
    try fleet.ask("JOIN \(name(group, at: 0))", of: near..<fleet.clients.count, atOnce: 16)
    if options.otherServer != nil {
      fleet.clients[0].partner = group
      fleet.clients[0].namesWanted = fleet.clients.count
      fleet.clients[0].names = 0
      try fleet.ask("NAMES \(group)", of: 0..<1, atOnce: 1)
    }
    // The sender is a member too, but does not get its own messages.
    let receivers = fleet.clients.indices.map { $0 > 0 ? 0 : nil }
    return Traffic(
      [(sender: 0, target: group)], flowOfClient: receivers, receivers: options.members, window: options.window,
      bytes: options.bytes, labels: labels)
  }

  private var labels: Bool { options.capabilities.contains("labeled-response") }

  private func drain() throws -> Report {
    var drain = try Drain(options, fleet)
    return try drain.run()
  }

  private func idle() throws -> Report {
    var report = Report()
    let before = try process?.residentKiB()
    let started = Clock.monotonicMicroseconds()
    try fleet.open(options.connections, prefix: options.prefix) { _ in options.server }
    report.add("connections", Double(fleet.clients.count))
    report.add("seconds_to_log_in", Double(Clock.monotonicMicroseconds() - started) / 1e6, "s")
    try fleet.settle()
    if let process, let before {
      let after = try process.residentKiB()
      report.add("server_memory_before_kib", Double(before), "KiB")
      report.add("server_memory_kib", Double(after), "KiB")
      report.add("bytes_per_connection", Double(after - before) * 1_024 / Double(fleet.clients.count))
    }
    return report
  }

  private func measure(_ prepared: Traffic, rate: Int?) throws -> Report {
    var traffic = prepared
    try fleet.settle()
    try exchange(&traffic, seconds: options.warmUpSeconds, rate: rate)
    traffic.resetCounts()
    try fleet.settle()
    let echoesBefore = fleet.echoes
    let before = try process?.time()
    let started = Clock.monotonicMicroseconds()
    try exchange(&traffic, seconds: options.seconds, rate: rate)
    let seconds = Double(Clock.monotonicMicroseconds() - started) / 1e6
    let after = try process?.time()

    var report = Report()
    report.add("messages", Double(traffic.completed))
    report.add("deliveries", Double(traffic.deliveries))
    report.add("seconds", seconds, "s")
    report.add("deliveries_per_second", Double(traffic.deliveries) / seconds)
    if let process, let before, let after {
      let cpu = after.total - before.total
      report.add("cpu_us_per_delivery", cpu / Double(max(1, traffic.deliveries)), "µs")
      report.add("cpu_system_share", (after.system - before.system) / max(1, cpu))
      report.add("cores_used", cpu / 1e6 / seconds)
      report.add("server_memory_kib", Double(try process.residentKiB()), "KiB")
    }
    report.addLatencies(traffic.latencies)
    if options.capabilities.contains("echo-message") {
      try fleet.settle()
      let echoes = fleet.echoes - echoesBefore
      report.add("echoes", Double(echoes))
      if echoes != traffic.completed { report.fault("\(echoes) echoes came of \(traffic.completed) messages") }
    }
    if traffic.underWay > 0 { report.fault("\(traffic.underWay) messages did not reach everyone") }
    if traffic.duplicates > 0 { report.fault("\(traffic.duplicates) deliveries came twice or late") }
    if traffic.gaps > 0 { report.fault("\(traffic.gaps) times a number was left out") }
    if traffic.strays > 0 { report.fault("\(traffic.strays) messages came to a client they were not for") }
    return report
  }

  /// Sends for so long, then waits until all has arrived.
  private func exchange(_ traffic: inout Traffic, seconds: Int, rate: Int?) throws {
    let start = Clock.monotonicMicroseconds()
    let end = start + Int64(seconds) * 1_000_000
    traffic.repeats = rate == nil
    if rate == nil {
      for flow in traffic.flows.indices {
        while traffic.hasRoom(flow), seconds > 0 { traffic.send(flow, by: fleet) }
      }
    }
    var paced = 0
    var now = start
    while now < end || (traffic.underWay > 0 && now < end + Self.drainMilliseconds * 1_000) {
      if let rate, now < end {
        let due = Int((now - start) * Int64(rate) / 1_000_000)
        while paced < due {
          let flow = paced % traffic.flows.count
          if traffic.hasRoom(flow) { traffic.send(flow, by: fleet) }
          paced += 1
        }
      }
      if now >= end { traffic.repeats = false }
      try fleet.step(timeoutMilliseconds: rate == nil ? 100 : 1) { bytes, text, client in
        traffic.received(bytes, text, client, by: fleet)
      }
      now = Clock.monotonicMicroseconds()
    }
  }
}
