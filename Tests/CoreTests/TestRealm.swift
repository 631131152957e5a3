import Core
import Foundation
import Store
import Testing
import Wire

/// A realm with the real rules and the real store in a folder of its own; only clients, clock and cryptography are
/// pretended. Everything happens at once and in order, except answers that are held back.
final class TestRealm {
  private static let threads = 2

  private let folder: URL
  private var store: Store?
  private var reader: StoreReader?
  private var indexer: Indexer?
  private var searchIndexer: SearchIndexer?
  private(set) var realm: Realm
  private var turn: Turn
  private(set) var settings: Settings
  /// The pretended clock. Every event takes some of its time, so that no two are at the same one.
  private(set) var now: Milliseconds = 1_790_000_000_000
  private(set) var epoch: UInt64 = 1
  private var cryptography: TestCryptography { TestCryptography(of: settings.realm) }

  private var clients: [String: Client] = [:]
  private var byConnection: [Connection: String] = [:]
  private var generations: [UInt32] = []

  /// Questions that wait for their answer.
  private(set) var asks: [(id: AskID, ask: Ask)] = []
  /// Whether answers wait for `answer`.
  var holdsAnswers = false
  /// Whether the store refuses to read.
  var refusesReads = false
  private(set) var writes: [Write] = []
  func forgetWrites() { writes = [] }
  /// What the log would say.
  private(set) var notes: [Note] = []
  /// What is wanted of the links, since the last time somebody took it.
  var linkOrders: [LinkOrder] = []
  /// What is wanted of the thread that moves files, since the last time somebody took it.
  var fileOrders: [FileOrder] = []
  /// What was sent to programs elsewhere, and what they answer.
  private(set) var deliveries: [Delivery] = []
  private(set) var pushes: [Push] = []
  var outcome = CallOutcome(status: 200)
  /// What programs that have posted are answered, by the slots of their connections.
  private(set) var answers: [UInt32: String] = [:]
  private var replies: [(id: AdminID, reply: AdminReply)] = []
  private(set) var lastAdmin: AdminID = 0
  private var tokens = 0

  /// One pretended client.
  private final class Client {
    var connection: Connection
    var lines: [String] = []
    var isOpen = true
    init(_ connection: Connection) { self.connection = connection }
  }

  init(_ settings: Settings = Settings(realm: "alpha")) throws {
    self.settings = settings
    folder = FileManager.default.temporaryDirectory.appending(path: "moot-core-tests-\(UUID().uuidString)")
    // Message ids of two realms must not be the same.
    epoch = settings.realm == "alpha" ? 1 : UInt64(settings.realm.utf8.first ?? 0) * 1_000
    realm = Realm(
      settings: settings, snapshot: Snapshot(), epoch: 1, threads: Self.threads, now: now,
      cryptography: TestCryptography(of: settings.realm), entropy: [])
    turn = Turn(threads: Self.threads, now: now)
    try start()
  }

  deinit {
    close()
    try? FileManager.default.removeItem(at: folder)
  }

  private func start() throws {
    let store = try Store(folder: folder.path, options: .simulation)
    self.store = store
    reader = try StoreReader(folder: folder.path)
    indexer = try Indexer(folder: folder.path, durability: .simulation)
    epoch += 1
    realm = Realm(
      settings: settings, snapshot: try store.load(), epoch: epoch, threads: Self.threads, now: now,
      cryptography: cryptography, entropy: Array("\(settings.realm) \(epoch)".utf8))
  }

  private func close() {
    reader = nil
    indexer = nil
    searchIndexer = nil
    store?.close()
    store = nil
  }

  /// The process is killed and started again: only what is stored remains, all connections are gone.
  func restart(_ settings: Settings? = nil) throws {
    if let settings { self.settings = settings }
    close()
    clients = [:]
    byConnection = [:]
    asks = []
    linkOrders = []
    try start()
  }

  // MARK: events

  /// One turn with one event, and what follows from it, unless answers are held back.
  func handle(_ event: Event) throws {
    try takeTurn(event)
    while !holdsAnswers {
      if realm.isBehind {
        try takeTurn(.goOn)
      } else if !asks.isEmpty {
        try answer()
      } else {
        return
      }
    }
  }

  /// One turn.
  func takeTurn(_ events: Event...) throws {
    now += 10
    turn.reset(now: now)
    for event in events { realm.handle(event, &turn) }
    realm.finish(&turn)
    writes += turn.writes
    if !turn.writes.isEmpty { try store?.apply(turn.writes) }
    for thread in turn.deliveries.indices { deliver(turn.deliveries[thread], thread) }
    asks += turn.asks
    linkOrders += turn.links
    fileOrders += turn.files
    replies += turn.replies
    notes += turn.notes
  }

  private func deliver(_ deliveries: Deliveries, _ thread: Int) {
    for piece in deliveries.pieces {
      let text = String(decoding: deliveries.bytes[piece.bytes], as: UTF8.self)
      if let slot = deliveries.receivers[piece.receivers].first?.slot, answers[slot] != nil {
        answers[slot]? += text
        continue
      }
      checkLines(Array(deliveries.bytes[piece.bytes]))
      for receiver in deliveries.receivers[piece.receivers] {
        let connection = Connection(thread: UInt8(thread), slot: receiver.slot, generation: receiver.generation)
        guard let name = byConnection[connection], let client = clients[name], client.isOpen else {
          Issue.record("sent to a client that is gone: \(text)")
          continue
        }
        client.lines += text.split(separator: "\r\n").map(String.init)
        guard piece.close else { continue }
        client.lines.append("(closed)")
        client.isOpen = false
      }
    }
  }

  /// Whatever clients say: what they are sent are lines, whole, within LINELEN and in UTF-8.
  private func checkLines(_ bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      guard let end = bytes[start...].firstIndex(of: 13), end + 1 < bytes.count, bytes[end + 1] == 10 else {
        Issue.record("a line has no end: \(bytes[start...])")
        return
      }
      let isLine = (try? Line(parsing: bytes, in: start..<end, lineBytes: Limits.lineBytes)) != nil
      let isClean = !bytes[start..<end].contains { $0 == 10 || $0 == 0 } && isUTF8(bytes, in: start..<end)
      if !isLine || !isClean { Issue.record("no line: \(String(decoding: bytes[start..<end], as: UTF8.self))") }
      start = end + 2
    }
  }

  // MARK: answers

  /// Answers the question that waits longest.
  func answer() throws {
    guard !asks.isEmpty else { return }
    let (id, ask) = asks.removeFirst()
    while try indexer?.advance() == true {}
    if SearchIndexer.isWanted(folder: folder.path) {
      searchIndexer = try searchIndexer ?? SearchIndexer(folder: folder.path, durability: .simulation)
      while try searchIndexer?.advance() == true {}
    }
    try handle(.answer(id, try answer(to: ask)))
  }

  private func answer(to ask: Ask) throws -> Answer {
    switch ask {
    case .verify(let person, let secret):
      if let device = try reader?.device(tokenHash: Self.hash(secret)), device.account == person {
        return .verified(.token(device))
      }
      let known = try reader?.verifier(of: person)
      return .verified(known?.storedKey == secret ? .password : .refused)
    case .tokenOwner(let secret):
      return .verified(try reader?.device(tokenHash: Self.hash(secret)).map { .token($0) } ?? .refused)
    case .verifyOperator(let verifier, let secret):
      return .verified(verifier.storedKey == secret ? .password : .refused)
    case .scram(let person, _):
      return .scram(try reader?.verifier(of: person) ?? Self.verifier(of: [0]), nonce: "server")
    case .scramProof(let verifier, _, let proof):
      return .scramChecked(proof == verifier.storedKey ? Array("signed".utf8) : nil)
    case .derive(let secret, let iterations): return .derived(Self.verifier(of: secret, iterations: iterations))
    case .makeToken:
      tokens += 1
      let secret = "moot-token-\(tokens)"
      return .token(secret: secret, hash: Self.hash(Array(secret.utf8)))
    case .backup: return .backedUp(bytes: 4_096)
    case .push(let push):
      pushes.append(push)
      return .called(outcome)
    case .deliver(let delivery):
      deliveries.append(delivery)
      return .called(outcome)
    default: return refusesReads ? .failed("The disk is on fire") : reader?.answer(ask) ?? .failed("closed")
    }
  }

  /// What stands in for a key derivation that takes long.
  static func verifier(of secret: [UInt8], iterations: Int = 4_096) -> Verifier {
    Verifier(salt: [1], iterations: iterations, storedKey: secret, serverKey: [2])
  }

  private static func hash(_ secret: [UInt8]) -> [UInt8] { Array("hash of ".utf8) + secret }

  // MARK: clients

  /// A client connects; every second one is held by the other client thread, and slots are used again.
  func connect(_ name: String, origin: String? = nil) throws {
    let used = Set(clients.values.filter(\.isOpen).map(\.connection.slot))
    let slot = (0...).first { !used.contains($0) } ?? 0
    while generations.count <= Int(slot) { generations.append(0) }
    generations[Int(slot)] += 1
    let connection = Connection(
      thread: UInt8(slot % UInt32(Self.threads)), slot: slot, generation: generations[Int(slot)])
    clients[name] = Client(connection)
    byConnection[connection] = name
    try handle(.connected(connection, host: origin ?? "127.0.0.1", origin: origin, secure: false))
  }

  /// A client says a line.
  func send(_ name: String, _ line: String) throws { try send(name, Array(line.utf8)) }

  func send(_ name: String, _ line: [UInt8]) throws {
    let client = try client(name)
    guard line.count <= Limits.inputLine else { return try handle(.overlong(client.connection)) }
    try handle(.input(client.connection, line + [13, 10]))
  }

  /// A client says many lines at once.
  func send(_ name: String, lines: [String]) throws {
    let bytes = lines.flatMap { line -> [UInt8] in Array(line.utf8) + [13, 10] }
    try handle(.input(try client(name).connection, bytes))
  }

  /// A client's connection breaks.
  func drop(_ name: String) throws {
    let client = try client(name)
    client.isOpen = false
    try handle(.disconnected(client.connection, reason: "Connection reset"))
  }

  private func client(_ name: String) throws -> Client {
    let client = try #require(clients[name], "there is no client \(name)")
    try #require(client.isOpen, "\(name) is not connected")
    return client
  }

  /// Whether a client is connected.
  func isOpen(_ name: String) -> Bool { clients[name]?.isOpen == true }

  /// What a client has received since the last time.
  @discardableResult
  func lines(_ name: String) -> [String] {
    defer { clients[name]?.lines = [] }
    return clients[name]?.lines ?? []
  }

  var clientNames: [String] { clients.keys.sorted() }

  /// Connects a client with a new account of its name.
  func register(_ name: String, capabilities: String = "") throws {
    try connect(name)
    try send(
      name,
      lines: [
        "CAP REQ :\(capabilities)", "NICK \(name)", "USER \(name) 0 * :\(name)", "REGISTER \(name) * sesame", "CAP END",
      ])
    lines(name)
  }

  /// Connects another session of an account.
  func logIn(_ name: String, as account: String, capabilities: String = "") throws {
    try connect(name)
    try send(
      name,
      lines: [
        "CAP REQ :\(capabilities)", "PASS \(account):sesame", "NICK \(name)", "USER \(name) 0 * :\(name)", "CAP END",
      ])
  }

  /// A program posts something to a webhook. Returns the slot under which `answers` has what it is answered.
  @discardableResult
  func post(_ body: String, to secret: String, key: String = "", isJSON: Bool = false) throws -> UInt32 {
    let slot = UInt32(1_000_000 + answers.count)
    answers[slot] = ""
    let post = WebhookPost(
      secretHash: Self.hash(Array(secret.utf8)), key: key, isJSON: isJSON, body: Array(body.utf8))
    try handle(.posted(Connection(thread: 0, slot: slot, generation: 1), post))
    return slot
  }

  /// What was pushed since the last time: the endpoint's host, and the line.
  @discardableResult
  func pushed() -> [String] {
    defer { pushes = [] }
    return pushes.map { "\(WebAddress($0.endpoint)?.host ?? "?") \(String(decoding: $0.text, as: UTF8.self))" }
  }

  /// What was sent to programs since the last time, as text.
  @discardableResult
  func delivered() -> [String] {
    defer { deliveries = [] }
    return deliveries.map { delivery in
      let json = try? JSON(parsing: delivery.body)
      return json?["data"]?["text"]?.text ?? "?"
    }
  }

  // MARK: the rest

  /// New settings, while it runs.
  func configure(_ change: (inout Settings) -> Void) throws {
    change(&settings)
    try handle(.configured(settings))
  }

  /// The folder is copied as it is now.
  func backUp() throws -> URL {
    let copy = folder.appendingPathExtension("backup")
    try? FileManager.default.removeItem(at: copy)
    close()
    try FileManager.default.copyItem(at: folder, to: copy)
    return copy
  }

  /// The process starts again from a copy of its folder.
  func restore(_ copy: URL) throws {
    close()
    try FileManager.default.removeItem(at: folder)
    try FileManager.default.moveItem(at: copy, to: folder)
    try restart()
  }

  /// What the store would start with.
  func snapshot() throws -> Snapshot { try store?.load() ?? Snapshot() }

  /// Writes something that the rules have not decided: the store is damaged.
  func store(_ write: Write) throws { try store?.apply([write]) }

  /// Something happens to the realm that is no event.
  func act(_ body: (Realm) -> Void) throws {
    body(realm)
    try handle(.tick)
  }

  /// Time passes, with a tick a second.
  func pass(seconds: Int) throws {
    for _ in 0..<seconds {
      now += 990
      try handle(.tick)
    }
  }

  /// The clock goes on by so much without a tick in between: the machine was asleep.
  func sleep(seconds: Int64) throws {
    now += seconds * 1_000
    try handle(.tick)
  }

  /// A command of the operators; nil as long as there is no answer, which `reply` gives later by the command's id.
  @discardableResult
  func administer(_ request: AdminRequest) throws -> AdminReply? {
    let id = AdminID(now)
    lastAdmin = id
    try handle(.administer(id, request))
    return reply(id)
  }

  func reply(_ id: AdminID) -> AdminReply? {
    guard let index = replies.firstIndex(where: { $0.id == id }) else { return nil }
    return replies.remove(at: index).reply
  }
}
