import Core
import Glibc
import Net
import Store
import Testing

@testable import Server

@Suite struct KeyKeeperTests {
  private let folder: DataFolder
  private let keeper: KeyKeeper

  init() throws {
    folder = try DataFolder()
    keeper = KeyKeeper(reader: try StoreReader(folder: folder.path)) { DataFolder.iterations }
  }

  private func verify(_ person: PersonID, _ secret: String) throws -> Answer {
    try keeper.answer(.verify(person, secret: Array(secret.utf8)))
  }

  @Test func passwords() throws {
    for _ in 0..<2 {  // the second time from memory
      #expect(try verify(DataFolder.alice, "secret") == .verified(.password))
      #expect(try verify(DataFolder.alice, "geheim") == .verified(.refused))
      #expect(try verify(DataFolder.bob, "geheim") == .verified(.password))
      #expect(try verify(DataFolder.bob, "secret") == .verified(.refused))
    }
  }

  @Test func anOldPasswordIsForgottenWithItsVerifier() throws {
    #expect(try verify(DataFolder.alice, "secret") == .verified(.password))
    let new = Password.verifier(of: Array("new".utf8), iterations: DataFolder.iterations)
    try folder.store.apply([.verifier(DataFolder.alice, new)])
    #expect(try verify(DataFolder.alice, "secret") == .verified(.refused))
    #expect(try verify(DataFolder.alice, "new") == .verified(.password))
    try folder.store.apply([.accountDeleted(DataFolder.alice)])
    #expect(try verify(DataFolder.alice, "new") == .verified(.refused))
  }

  @Test func aTokenLogsInItsOwnAccountOnly() throws {
    guard case .token(let secret, let hash) = try keeper.answer(.makeToken) else {
      Issue.record("no token")
      return
    }
    let device = DeviceRecord(
      id: DeviceID(rawValue: 1), account: DataFolder.alice, name: "phone", position: 0, created: 1, lastUsed: 1,
      hasToken: true)
    #expect(try verify(DataFolder.alice, secret) == .verified(.refused))
    try folder.store.apply([.device(device, tokenHash: hash)])
    #expect(try verify(DataFolder.alice, secret) == .verified(.token(device)))
    #expect(try verify(DataFolder.bob, secret) == .verified(.refused))
    try folder.store.apply([.deviceRemoved(device.id)])
    #expect(try verify(DataFolder.alice, secret) == .verified(.refused))
  }

  @Test func aPasswordMayLookLikeAToken() throws {
    let password = DeviceToken.make().secret
    let verifier = Password.verifier(of: Array(password.utf8), iterations: DataFolder.iterations)
    try folder.store.apply([.verifier(DataFolder.bob, verifier)])
    #expect(try verify(DataFolder.bob, password) == .verified(.password))
  }

  @Test func operators() throws {
    let verifier = Password.verifier(of: Array("op".utf8), iterations: DataFolder.iterations)
    #expect(try keeper.answer(.verifyOperator(verifier, secret: Array("op".utf8))) == .verified(.password))
    #expect(try keeper.answer(.verifyOperator(verifier, secret: Array("no".utf8))) == .verified(.refused))
  }

  @Test func newPasswords() throws {
    guard case .derived(let verifier) = try keeper.answer(.derive(secret: Array("pw".utf8), iterations: 7)) else {
      Issue.record("nothing derived")
      return
    }
    #expect(verifier.iterations == 7)
    #expect(Password.matches(Array("pw".utf8), verifier))
  }

  @Test("An account that does not exist costs as much to refuse as one that does")
  func unknownAccountsCostAsMuch() throws {
    let rounds = 5_000
    let secret = Array("secret".utf8)
    try folder.store.apply([.verifier(DataFolder.alice, Password.verifier(of: secret, iterations: rounds))])
    let keeper = KeyKeeper(reader: try StoreReader(folder: folder.path)) { rounds }
    #expect(try keeper.answer(.verify(DataFolder.alice, secret: Array("wrong".utf8))) == .verified(.refused))
    #expect(keeper.roundsSpent == rounds)
    #expect(try keeper.answer(.verify(PersonID(rawValue: 99), secret: secret)) == .verified(.refused))
    #expect(keeper.roundsSpent == 2 * rounds)
  }
}

@Suite struct WorkersTests {
  /// Answers as they come, for a test to wait for.
  private final class Answers: Sendable {
    let all = Locked<[AskID: Answer]>([:])
    let wakeUp: WakeUp
    init() throws { wakeUp = try WakeUp() }

    func add(_ id: AskID, _ answer: Answer) {
      all.withLock { $0[id] = answer }
      wakeUp.wake()
    }

    func wait(for id: AskID) -> Answer? {
      let until = Clock.monotonicMilliseconds() + 20_000
      while Clock.monotonicMilliseconds() < until {
        if let answer = all.withLock({ $0[id] }) { return answer }
        wakeUp.sleep(milliseconds: 100)
      }
      return nil
    }
  }

  @Test func eachQuestionIsAnsweredByItsWorker() throws {
    let folder = try DataFolder()
    let answers = try Answers()
    let workers = try Workers(iterations: 16, log: try Log(least: .error)) { answers.add($0, $1) }
    try workers.start(folder: folder.path) { Issue.record("\($0)") }
    defer { workers.stop(within: 5_000) }
    #expect(workers.take(1, .verify(DataFolder.alice, secret: Array("secret".utf8))))
    #expect(workers.take(2, .loadAccount(DataFolder.alice)))
    #expect(workers.take(3, .backup(path: folder.path + "/copy")))
    #expect(answers.wait(for: 1) == .verified(.password))
    #expect(answers.wait(for: 2) == .account(AccountState(groups: [], readMarkers: [])))
    guard case .backedUp(let bytes) = answers.wait(for: 3) else {
      Issue.record("no backup")
      return
    }
    #expect(bytes > 0)
  }

  @Test func whatWasWrittenIsIndexed() throws {
    let folder = try DataFolder()
    let answers = try Answers()
    let workers = try Workers(iterations: 16, log: try Log(least: .error)) { answers.add($0, $1) }
    try workers.start(folder: folder.path) { Issue.record("\($0)") }
    defer { workers.stop(within: 5_000) }
    let id = MessageID(epoch: 1, counter: 1)
    let entry = Entry(
      position: 1, target: .person(DataFolder.bob), number: 0, kind: .message, time: 5, sender: DataFolder.alice,
      id: id, body: Array("hi".utf8))
    try folder.store.apply([.entry(entry)])
    workers.noteWritten(folder.store.written)
    let query = HistoryQuery(conversation: .pair(DataFolder.alice, DataFolder.bob), span: .latest(after: nil), limit: 9)
    #expect(workers.take(1, .history(query)))
    #expect(answers.wait(for: 1) == .history([entry]))
  }

  @Test("Who was here before does not wait behind those who guess")
  func quickFirst() throws {
    let folder = try DataFolder()
    let answers = try Answers()
    let workers = try Workers(iterations: 1_000_000, log: try Log(least: .error)) { answers.add($0, $1) }
    try workers.start(folder: folder.path) { Issue.record("\($0)") }
    defer { workers.stop(within: 5_000) }
    #expect(workers.take(1, .verify(DataFolder.alice, secret: Array("secret".utf8))))
    #expect(answers.wait(for: 1) == .verified(.password))
    for id in 10..<AskID(110) { #expect(workers.take(id, .verify(PersonID(rawValue: 99), secret: []))) }
    #expect(workers.take(2, .verify(DataFolder.alice, secret: Array("secret".utf8))))
    #expect(answers.wait(for: 2) == .verified(.password))
    #expect(answers.all.withLock(\.count) < 20)
  }

  @Test("So many guesses wait, and no more")
  func tooManyGuesses() throws {
    let folder = try DataFolder()
    let answers = try Answers()
    let workers = try Workers(iterations: 1_000_000, log: try Log(least: .error)) { answers.add($0, $1) }
    for id in 0..<AskID(Limits.derivations + 5) {
      #expect(workers.take(id, .verify(PersonID(rawValue: 99), secret: [])))
    }
    try workers.start(folder: folder.path) { Issue.record("\($0)") }
    defer { workers.stop(within: 5_000) }
    #expect(answers.wait(for: AskID(Limits.derivations)) == Workers.busy)
  }

  @Test func aFullQueueSaysSo() throws {
    let workers = try Workers(iterations: 16, log: try Log(least: .error)) { _, _ in }
    for id in 0..<AskID(Limits.workerJobs) { #expect(workers.take(id, .makeToken)) }
    #expect(!workers.take(0, .makeToken))
    #expect(workers.take(0, .listGroups), "another worker's queue has room")
  }
}
