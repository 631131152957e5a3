import Core
import Net
import Store
import Synchronization
import Testing

@testable import Server

@Suite struct RealmThreadTests {
  /// A realm thread with one client, whose edge is the test.
  private final class Harness {
    private static let patience: Int64 = 20_000

    let workers: Workers
    /// Whether the disk refuses what is to be stored.
    let isBroken = Shared(false)
    let failure = Shared<StoreError?>(nil)
    private let folder = try? DataFolder()
    private let client = Connection(thread: 0, slot: 0, generation: 1)
    private let mailbox: Mailbox
    private let edge: ClientThread
    private let ended: Latch
    private var heard = ""

    init(hasWorkers: Bool = true) throws {
      let folder = try #require(folder)
      folder.store.close()
      let mailbox = try Mailbox()
      self.mailbox = mailbox
      edge = try ClientThread(number: 0, listeners: [], mailbox: mailbox)
      ended = try Latch()
      let log = try Log(least: .error)
      workers = try Workers(iterations: 16, log: log) { mailbox.postAlways(.answer($0, $1)) }
      if hasWorkers { try workers.start(folder: folder.path) { Issue.record("\($0)") } }
      try start(log)
    }

    private func start(_ log: Log) throws {
      let folder = try #require(folder)
      let isBroken = isBroken
      let options = StoreOptions { step in
        if case .commit = step { isBroken.value } else { false }
      }
      let store = try Store(folder: folder.path, options: options)
      var settings = Settings(realm: "alpha")
      settings.passwordIterations = 16
      let key = RealmKey(secret: [UInt8](repeating: 1, count: 32))
      let realm = Realm(
        settings: settings, snapshot: try store.load(), epoch: 1, threads: 1, now: 1,
        cryptography: RealmCryptography(key), entropy: [UInt8](repeating: 2, count: 32))
      let relays = Relays(
        RelayIdentity(realm: "alpha", start: 1, tls: TLSIdentity(secret: key.secret)), mailbox: mailbox, log: log)
      let thread = RealmThread(
        realm: realm, store: store, mailbox: mailbox, clients: [edge], relays: relays,
        files: try FileThread(mailbox: mailbox, admissions: Admissions(), log: log), workers: workers,
        replies: try AdminReplies(), metrics: Metrics(), log: log)
      let (failure, ended) = (failure, ended)
      _ = try OSThread(name: "realm") {
        thread.run { failure.value = $0 }
        ended.open()
      }
      mailbox.postAlways(.connected(client, host: "127.0.0.1", origin: nil, secure: true))
    }

    func send(_ lines: String...) {
      mailbox.postAlways(.input(client, Array(lines.map { $0 + "\r\n" }.joined().utf8)))
    }

    /// Waits until the client is sent a text. False: it is not, and will not be.
    func hears(_ text: String) -> Bool {
      let until = Clock.monotonicMilliseconds() + Self.patience
      while Clock.monotonicMilliseconds() < until {
        let hasEnded = ended.wait(milliseconds: 10)
        for deliveries in edge.takeWork()?.deliveries ?? [] {
          heard += String(decoding: deliveries.bytes, as: UTF8.self)
        }
        if heard.contains(text) { return true }
        if hasEnded { return false }
      }
      return false
    }

    func stop() -> Bool {
      mailbox.postAlways(.stopping(reason: "over"))
      return ended.wait(milliseconds: Int(Self.patience))
    }
  }

  @Test func whatIsStoredIsAnswered() throws {
    let harness = try Harness()
    harness.send("NICK carol", "USER c 0 * :c", "REGISTER carol * secret")
    #expect(harness.hears("REGISTER SUCCESS carol"))
    #expect(harness.stop())
    #expect(harness.failure.value == nil)
  }

  @Test("Of a turn that cannot be stored nobody hears anything, and it is the last")
  func failedCommit() throws {
    let harness = try Harness()
    harness.isBroken.value = true
    harness.send("NICK carol", "USER c 0 * :c", "REGISTER carol * secret", "PING later")
    #expect(!harness.hears("SUCCESS"))
    #expect(harness.failure.value == .crashed)
  }

  @Test("Where a worker has no room the answer says so")
  func busyWorkers() throws {
    let harness = try Harness(hasWorkers: false)
    for id in 0..<AskID(Limits.workerJobs) { _ = harness.workers.take(id, .makeToken) }
    harness.send("NICK carol", "USER c 0 * :c", "REGISTER carol * secret")
    #expect(harness.hears("too much to do"))
    #expect(harness.stop())
  }
}
