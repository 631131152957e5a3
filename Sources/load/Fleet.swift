import CLinux
import Glibc
import Net
import Wire

/// All connections of the generator, and the loop that serves them.
final class Fleet {
  /// Logins under way at once. More than the server's queue of new connections holds would be reset; ngircd's has 10.
  private static let loginsAtOnce = 8
  /// The longest wait for anything to happen before the server counts as stuck.
  private static let patienceMilliseconds: Int64 = 30_000

  private(set) var clients: [Client] = []
  /// When the last wait ended, in microseconds: the time at which all that it told of counts as arrived.
  private(set) var now = Clock.monotonicMicroseconds()
  private var poller: Poller
  private var dirty: [Int] = []
  /// What was read last, in one piece with the partial line before it.
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private let login: Login
  private var ready = 0
  /// Messages that came back to who sent them (IRCv3 echo-message).
  private(set) var echoes = 0
  private var failure: String?

  init(_ kind: Options.Login, capabilities: [String] = []) throws(SystemError) {
    poller = try Poller(capacity: 512)
    login = Login(kind: kind, capabilities: capabilities)
  }

  /// Allows as many descriptors as the system lets this process have.
  static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // Where it is refused, opening too many connections will say so.
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Connects and logs in as many clients as asked for, each at the server that is named for its place.
  func open(
    _ count: Int, prefix: String, at address: (Int) -> SocketAddress,
    message: (_ bytes: [UInt8], _ text: Range<Int>, _ client: Int) -> Void = { _, _, _ in }
  ) throws {
    var lastReady = 0
    var since = Clock.monotonicMilliseconds()
    while ready < count {
      while clients.count < count, clients.count - ready < Self.loginsAtOnce {
        let number = String(clients.count + 1)
        let nick = prefix + String(repeating: "0", count: max(0, 5 - number.count)) + number
        let client = try Client(nick: nick, connectingTo: address(clients.count))
        try poller.add(client.descriptor, [.read, .write], token: UInt64(clients.count))
        client.isBlocked = true
        clients.append(client)
      }
      try step(timeoutMilliseconds: 100, message: message)
      if ready > lastReady {
        lastReady = ready
        since = Clock.monotonicMilliseconds()
      }
      try Self.check(since, "only \(ready) of \(count) clients could log in")
    }
  }

  /// Closes the connections of the clients from one on, who must have nothing to send.
  func leave(from first: Int) throws(SystemError) {
    for client in clients[first...] { try poller.remove(client.descriptor) }
    ready -= clients.count - first
    clients.removeSubrange(first...)
    dirty.removeAll { $0 >= first }
  }

  /// Sends one line from each of the clients, and waits until all have the answer that ends with `numeric`.
  func ask(_ line: String, of range: Range<Int>, atOnce: Int) throws {
    var next = range.lowerBound
    var done = range.lowerBound
    var since = Clock.monotonicMilliseconds()
    while done < range.upperBound {
      while next < range.upperBound, next - done < atOnce {
        clients[next].awaited = 1
        send(line, from: next)
        next += 1
      }
      try step(timeoutMilliseconds: 100) { _, _, _ in }
      let before = done
      while done < next, clients[done].awaited == 0 { done += 1 }
      if done > before { since = Clock.monotonicMilliseconds() }
      try Self.check(since, "no answer to \(line) for \(clients[done < next ? done : next - 1].nick)")
    }
  }

  /// Waits until each client has all that was on its way to it.
  func settle() throws {
    try ask("PING settled", of: 0..<clients.count, atOnce: clients.count)
  }

  private static func check(_ since: Int64, _ what: String) throws(LoadError) {
    guard Clock.monotonicMilliseconds() - since < patienceMilliseconds else {
      throw LoadError("\(what): nothing happened for \(patienceMilliseconds / 1_000) s")
    }
  }

  /// Queues bytes for the next `step`.
  @inline(__always)
  func queue(from client: Int, _ write: (inout [UInt8]) -> Void) {
    write(&clients[client].output)
    if !clients[client].isDirty {
      clients[client].isDirty = true
      dirty.append(client)
    }
  }

  private func send(_ line: String, from client: Int) {
    queue(from: client) { $0.append(contentsOf: (line + "\r\n").utf8) }
  }

  /// Sends what is queued, waits for news, and calls `message` for each PRIVMSG that came: its bytes, the range of its
  /// text in them, and the client that got it.
  func step(timeoutMilliseconds: Int, message: (_ bytes: [UInt8], _ text: Range<Int>, _ client: Int) -> Void) throws {
    try flush()
    let count = try poller.wait(timeoutMilliseconds: timeoutMilliseconds)
    now = Clock.monotonicMicroseconds()
    for index in 0..<count {
      let (token, state) = poller[index]
      let client = Int(token)
      if state.contains(.write) { try connectedOrWritable(client) }
      if !state.isDisjoint(with: [.read, .failure]) { try read(client, message) }
    }
    if let failure { throw LoadError(failure) }
    try flush()
  }

  private func flush() throws(SystemError) {
    for client in dirty {
      clients[client].isDirty = false
      guard !clients[client].isBlocked else { continue }
      try clients[client].flush()
      if !clients[client].output.isEmpty {
        clients[client].isBlocked = true
        try poller.change(clients[client].descriptor, [.read, .write], token: UInt64(client))
      }
    }
    dirty.removeAll(keepingCapacity: true)
  }

  private func connectedOrWritable(_ client: Int) throws {
    if clients[client].stage == .connecting {
      if let error = try clients[client].descriptor.connectionError() {
        throw LoadError("cannot connect: \(error.reason)")
      }
      clients[client].stage = .loggingIn
      clients[client].output.append(contentsOf: login.opening(clients[client].nick).utf8)
    }
    try clients[client].flush()
    guard clients[client].output.isEmpty else { return }
    clients[client].isBlocked = false
    try poller.change(clients[client].descriptor, .read, token: UInt64(client))
  }

  private func read(_ client: Int, _ message: ([UInt8], Range<Int>, Int) -> Void) throws {
    let kept = clients[client].partial.count
    if kept > 0 {
      buffer.replaceSubrange(0..<kept, with: clients[client].partial)
      clients[client].partial.removeAll(keepingCapacity: true)
    }
    let count = try buffer.withUnsafeMutableBytes { (bytes) throws(SystemError) -> Int? in
      try clients[client].descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[kept...]))
    }
    guard let count else {
      clients[client].partial.append(contentsOf: buffer[..<kept])
      return
    }
    guard count > 0 else { throw LoadError("the server closed the connection of \(clients[client].nick)") }
    var start = 0
    let end = kept + count
    while let length = Self.lineLength(buffer, start, end) {
      take(start..<start + length, for: client, message)
      start += length + 1
    }
    guard end - start < buffer.count / 2 else { throw LoadError("a line without an end") }
    clients[client].partial.append(contentsOf: buffer[start..<end])
  }

  /// Bytes before the next LF; nil: there is none.
  private static func lineLength(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int? {
    bytes.withUnsafeBytes { all in
      guard let base = all.baseAddress, start < end else { return nil }
      guard let found = memchr(base + start, 10, end - start) else { return nil }
      return UnsafeRawPointer(found) - (base + start)
    }
  }

  private func take(_ range: Range<Int>, for client: Int, _ message: ([UInt8], Range<Int>, Int) -> Void) {
    guard let line = try? Line(parsing: buffer, in: range, lineBytes: 8_192), line.count > 0 || !line.command.isEmpty
    else { return }
    if line.count == 2, buffer[line.command].elementsEqual("PRIVMSG".utf8) {
      if isEcho(line, to: client) {
        echoes += 1
      } else {
        message(buffer, line[1], client)
      }
      return
    }
    let command = String(decoding: buffer[line.command], as: UTF8.self)
    if command == "PING" {
      send("PONG :" + (line.count > 0 ? String(decoding: buffer[line[0]], as: UTF8.self) : ""), from: client)
    } else if clients[client].stage == .loggingIn {
      advance(client, line)
    } else if command == "NOTE", line.count > 1 {
      if buffer[line[1]].elementsEqual("WAITING".utf8) { clients[client].waiting += 1 }
      if buffer[line[1]].elementsEqual("DELIVERED".utf8) { clients[client].delivered += 1 }
    } else if command == "353", line.count > 3 {
      clients[client].names += buffer[line[3]].count { $0 == 32 } + (buffer[line[3]].last == 32 ? 0 : 1)
    } else if command == "366", clients[client].names < clients[client].namesWanted {
      clients[client].names = 0
      send("NAMES \(clients[client].partner)", from: client)
    } else if command == "PONG" || command == "366" {
      clients[client].awaited = 0
    } else if command == "303", line.count > 1 {
      // RPL_ISON: a nick that is not there yet is asked for again.
      let names = String(decoding: buffer[line[1]], as: UTF8.self)
      if names.isEmpty { send("ISON \(clients[client].partner)", from: client) } else { clients[client].awaited = 0 }
    } else if command == "ERROR" || command.first == "4" || command.first == "5" || command == "FAIL" {
      failure = clients[client].nick + ": " + String(decoding: buffer[range], as: UTF8.self)
    }
  }

  /// Whether a line comes from the client's own nick.
  private func isEcho(_ line: Line, to client: Int) -> Bool {
    guard login.capabilities.contains("echo-message") else { return false }
    return buffer[line.source].prefix { $0 != UInt8(ascii: "!") }.elementsEqual(clients[client].nick.utf8)
  }

  private func advance(_ client: Int, _ line: Line) {
    let (text, stage) = login.answer(line, in: buffer, of: clients[client].nick)
    if !text.isEmpty { queue(from: client) { $0.append(contentsOf: text.utf8) } }
    if stage == .ready { ready += 1 }
    if case .failed(let reason) = stage { failure = reason }
    clients[client].stage = stage
  }
}
