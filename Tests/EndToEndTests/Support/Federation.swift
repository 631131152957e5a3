import Glibc
import LiveServer
import Net
import Testing
import Wire

/// Realms in a line, each linked to the next: real processes, on ports of this machine. The links go through proxies,
/// so that they can be cut.
final class Federation {
  static let configuration = #"{"limits":{"linesPerSecond":0},"passwordIterations":4096}"#

  let folder: Folder
  let names: [String]
  private(set) var servers: [String: ServerProcess] = [:]
  /// Between each realm and the next: the later one dials the earlier one through it.
  let proxies: [Proxy]
  private let directory: String

  /// Starts them all, and waits until the first reaches the last.
  ///
  /// - Parameter records: whether the proxies keep what passes through them.
  init(_ names: [String], records: Bool = false) throws {
    self.names = names
    folder = try Folder()
    var entries: [String] = []
    var proxies: [Proxy] = []
    for (index, name) in names.enumerated() {
      var relay = ""
      if index + 1 < names.count {
        // The realm itself listens elsewhere: what the directory says is the proxy's.
        let proxy = try Proxy(to: try Self.freePort(), records: records)
        proxies.append(proxy)
        relay = #","relay":"127.0.0.1:\#(proxy.port)""#
      }
      let links = index > 0 ? #""\#(names[index - 1])""# : ""
      let title = name.prefix(1).uppercased() + name.dropFirst()
      entries.append(
        #"{"name":"\#(name)","title":"\#(title)","irc":"127.0.0.1:\#(6_667 + index)"\#(relay),"links":[\#(links)],"#
          + #""trust":"first-use"}"#)
    }
    self.proxies = proxies
    directory = #"{"realms":[\#(entries.joined(separator: ","))]}"#
    for name in names { try start(name) }
    try waitForWays()
  }

  /// Starts a realm, again or for the first time.
  func start(_ name: String) throws {
    let index = names.firstIndex(of: name) ?? 0
    let relay = index < proxies.count ? #","listen":{"relay":"127.0.0.1:\#(proxies[index].target)"}"# : ""
    servers[name] = try ServerProcess(
      in: folder, realm: name, configuration: Self.configuration.dropLast() + relay + "}", directory: directory)
  }

  subscript(_ name: String) -> ServerProcess {
    get throws { try #require(servers[name]) }
  }

  /// Waits until the ends of the line reach each other.
  func waitForWays(milliseconds: Int64 = 30_000) throws {
    for (from, to) in [(names[0], names[names.count - 1]), (names[names.count - 1], names[0])] {
      let server = try self[from]
      let until = Clock.monotonicMilliseconds() + milliseconds
      while try !isReachable(to, from: server) {
        try #require(Clock.monotonicMilliseconds() < until, "\(to) cannot be reached from \(from):\n\(logs)")
        poll(nil, 0, 20)
      }
    }
  }

  /// Asked of the server itself, as operators do.
  private func isReachable(_ realm: String, from server: ServerProcess) throws -> Bool {
    let links = try server.administer(["command": "links"])["links"]?.elements ?? []
    guard let link = links.first(where: { $0["realm"]?.text == realm }) else { return false }
    return link["way"]?.text != "none"
  }

  /// What all of them have logged, for messages.
  var logs: String {
    names.map { "\($0):\n" + (servers[$0]?.log ?? "").split(separator: "\n").suffix(20).joined(separator: "\n") }
      .joined(separator: "\n")
  }

  /// Stops all of them in good order.
  func stop() throws {
    for name in names { try self[name].stop() }
  }

  /// A port that nobody listens on, below those that the kernel deals out.
  static func freePort() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 20_000..<30_000)
      if (try? Descriptor.listening(on: .loopback(port: port)).raw) != nil { return port }
    }
    throw SystemError(call: "bind", code: EADDRINUSE)
  }
}

/// Passes TCP connections on, until it is told to cut or to freeze them.
final class Proxy: Sendable {
  private struct State {
    var isFrozen = false
    var wantsCut = false
    var isOver = false
  }

  let port: UInt16
  /// Where it connects to.
  let target: UInt16
  private let listener: Descriptor
  private let state = Locked(State())
  private let seen = Locked<[UInt8]>([])
  private let wakeUp: WakeUp

  private let records: Bool

  init(to target: UInt16, records: Bool = false) throws {
    self.target = target
    self.records = records
    port = try Federation.freePort()
    listener = try Descriptor.listening(on: .loopback(port: port))
    wakeUp = try WakeUp()
    _ = try OSThread(name: "proxy") { [self] in
      do { try run() } catch { Issue.record("proxy: \(error)") }
    }
  }

  /// Ends all connections, as a broken line would.
  func cut() { change { $0.wantsCut = true } }

  /// Passes nothing on any more, but keeps connections; or goes on.
  func freeze(_ isFrozen: Bool) { change { $0.isFrozen = isFrozen } }

  /// All that has passed through, in both directions.
  var recorded: [UInt8] { seen.withLock { $0 } }

  /// Ends its thread.
  func end() { change { $0.isOver = true } }

  private func change(_ body: (inout State) -> Void) {
    state.withLock { body(&$0) }
    wakeUp.wake()
  }

  /// Two connected sockets, and what waits to be passed on in each direction.
  private final class Pair {
    let ends: [Owner]
    var waiting: [[UInt8]] = [[], []]
    init(_ one: consuming Descriptor, _ other: consuming Descriptor) {
      ends = [Owner(one), Owner(other)]
    }
  }

  /// Arrays cannot hold what cannot be copied.
  private final class Owner {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  private func run() throws {
    var pairs: [Pair] = []
    while true {
      let state = state.withLock { state in
        defer { state.wantsCut = false }
        return state
      }
      if state.isOver { return }
      if state.wantsCut { pairs = [] }
      var requests = [
        pollfd(fd: wakeUp.descriptor.raw, events: Int16(POLLIN), revents: 0),
        pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0),
      ]
      if !state.isFrozen {
        for pair in pairs {
          for side in 0..<2 {
            let events = (pair.waiting[side].isEmpty ? POLLIN : 0) | (pair.waiting[1 - side].isEmpty ? 0 : POLLOUT)
            requests.append(pollfd(fd: pair.ends[side].descriptor.raw, events: Int16(events), revents: 0))
          }
        }
      }
      poll(&requests, nfds_t(requests.count), -1)
      wakeUp.clear()
      if !state.isFrozen { pairs.removeAll { !pass($0) } }
      while let accepted = try listener.accept() {
        pairs.append(Pair(accepted.take(), try Descriptor.connecting(to: .loopback(port: target))))
      }
    }
  }

  /// Passes on what there is. False: one side is gone, or was never there.
  private func pass(_ pair: Pair) -> Bool {
    var room = [UInt8](repeating: 0, count: 64 << 10)
    do {
      for side in 0..<2 {
        if pair.waiting[side].isEmpty {
          let raw = pair.ends[side].descriptor.raw
          let count = read(raw, &room, room.count)
          if count == 0 || count < 0 && errno != EAGAIN && errno != ENOTCONN { return false }
          if count > 0 {
            pair.waiting[side] = Array(room[..<count])
            if records { seen.withLock { $0 += room[..<count] } }
          }
        }
        if !pair.waiting[side].isEmpty, let count = try pair.ends[1 - side].descriptor.send(pair.waiting[side]) {
          pair.waiting[side].removeFirst(count)
        }
      }
      return true
    } catch {
      return error.code == ENOTCONN
    }
  }
}
