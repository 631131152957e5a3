import Core
import Net
import Server
import Testing
import Wire

/// A client thread with one listener of each kind, and the test in place of the realm.
final class ClientThreadFixture {
  let mailbox: Mailbox
  let thread: ClientThread
  let irc: SocketAddress
  let web: SocketAddress
  private var isStopped = false

  init(
    mailbox: Mailbox? = nil, at address: SocketAddress = .loopback(port: 0),
    routes: @escaping @Sendable (HTTPRequest) -> HTTPResponse? = { _ in nil },
    _ change: (inout Limits) -> Void
  ) throws {
    let ircSocket = try Descriptor.listening(on: address)
    let webSocket = try Descriptor.listening(on: .loopback(port: 0))
    irc = try ircSocket.localAddress()
    web = try webSocket.localAddress()
    self.mailbox = try mailbox ?? Mailbox()
    let listeners = [Listener(.irc, adopting: ircSocket), Listener(.web, adopting: webSocket)]
    thread = try ClientThread(number: 3, listeners: listeners, mailbox: self.mailbox, routes: routes)
    var limits = Limits()
    change(&limits)
    try thread.start(limits: limits)
  }

  convenience init(routes: @escaping @Sendable (HTTPRequest) -> HTTPResponse?) throws {
    try self.init(mailbox: nil, routes: routes) { _ in }
  }

  convenience init(mailbox: Mailbox? = nil, _ change: (inout Limits) -> Void = { _ in }) throws {
    try self.init(mailbox: mailbox, routes: { _ in nil }, change)
  }

  deinit { stop() }

  func stop(withinMilliseconds time: Int = 0) {
    guard !isStopped else { return }
    isStopped = true
    thread.stop(withinMilliseconds: time)
  }

  /// What the realm has heard of one connection: its lines, `OVERLONG`, and how it ended.
  struct Heard {
    var connection: Connection
    var host: String
    var input: [UInt8] = []
    var overlong = 0
    var gone: String?

    var text: String { String(decoding: input, as: UTF8.self) }
    var lines: Int { input.count { $0 == 10 } }
  }

  private(set) var heard: [Heard] = []
  private(set) var posts: [(connection: Connection, post: WebhookPost)] = []

  /// Takes events until `done`; gives up after ten seconds.
  func listen(_ comment: Comment? = nil, until done: ([Heard]) -> Bool) throws {
    let giveUp = Clock.monotonicMilliseconds() + 10_000
    while !done(heard) {
      let left = giveUp - Clock.monotonicMilliseconds()
      try #require(left > 0, "nothing more came: \(heard)")
      _ = try mailbox.wait(timeoutMilliseconds: Int(left))
      drain()
    }
  }

  /// Takes the events that are there.
  func drain() {
    var events: [Event] = []
    mailbox.drain(into: &events)
    for event in events { hear(event) }
  }

  private func hear(_ event: Event) {
    switch event {
    case .connected(let connection, let host, _, _):
      heard.append(Heard(connection: connection, host: host))
    case .input(let connection, let bytes):
      #expect(bytes.last == 10)
      change(connection) { $0.input += bytes }
    case .overlong(let connection):
      change(connection) { $0.overlong += 1 }
    case .disconnected(let connection, let reason):
      change(connection) { $0.gone = reason }
    case .posted(let connection, let post): posts.append((connection, post))
    default:
      Issue.record("unexpected: \(event)")
    }
  }

  private func change(_ connection: Connection, _ body: (inout Heard) -> Void) {
    guard let index = heard.firstIndex(where: { $0.connection == connection && $0.gone == nil }) else {
      Issue.record("an event of an unknown connection")
      return
    }
    body(&heard[index])
  }

  /// A new client, and how the realm knows it.
  func connect() throws -> (client: BlockingStream, connection: Connection) {
    let before = heard.count
    let client = try BlockingStream.connect(to: irc)
    try listen { $0.count > before }
    return (client, heard[before].connection)
  }

  /// What the realm has heard of one connection.
  func heard(of connection: Connection) throws -> Heard {
    try #require(heard.last { $0.connection == connection })
  }

  /// Hands over deliveries as the realm does.
  func deliver(_ fill: (inout Deliveries) -> Void) {
    var deliveries = Deliveries()
    fill(&deliveries)
    thread.deliver(&deliveries)
    #expect(deliveries.isEmpty)
  }
}

extension BlockingStream {
  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// The next line as text.
  func line() throws -> String? {
    try readLine(timeoutMilliseconds: 10_000).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Everything up to the end.
  func rest() throws -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(StreamError) {
      while let more = try read(timeoutMilliseconds: 10_000) { bytes += more }
      throw .timedOut
    } catch .closed {
      return bytes
    }
  }
}
