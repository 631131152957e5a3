import Testing
import Wire

@testable import Core

/// Files that people of one realm read in another: what the realms decide and say to each other. The threads that move
/// files are pretended.
@Suite struct FileFetchTests {
  private static let file = FileElsewhere(id: "AAAAAAAAAAAAAAAAAAAAAA", realm: "alpha")

  /// Alpha keeps a file, beta fetches it.
  private final class Stage {
    let realms: TestRealms
    var content: [UInt8]
    var head: FileHead
    /// What beta has received, whom it has served, and what others were answered.
    var received: [UInt8] = []
    var served: [TransferID] = []
    var answers: [TransferID: HTTPResponse] = [:]
    /// Parts that alpha was asked to read.
    var reads = 0
    /// Nothing is read from then on.
    var readsAtMost = Int.max

    init(bytes: Int, change: (inout Settings) -> Void = { _ in }) throws {
      realms = try TestRealms(change: change)
      content = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 / 3) }
      head = FileHead(
        name: "a.txt", type: "text/plain", size: Int64(bytes), hash: [UInt8](repeating: UInt8(bytes & 255), count: 32))
    }

    func want(_ transfer: TransferID, _ file: FileElsewhere = FileFetchTests.file) throws {
      try realms["beta"].handle(.file(.wanted(transfer, file)))
      try work()
    }

    /// Carries out what is wanted until nothing is.
    func work() throws {
      repeat { try realms.settle() } while try readParts() || takeParts()
    }

    private func readParts() throws -> Bool {
      let orders = realms["alpha"].fileOrders
      realms["alpha"].fileOrders = []
      for case .read(let wish) in orders where reads < readsAtMost {
        reads += 1
        let isThere = wish.id == FileFetchTests.file.id && wish.at <= content.count
        let part = content.dropFirst(Int(wish.at)).prefix(wish.count)
        let answer = isThere ? FilePart(head: head, bytes: Array(part)) : nil
        try realms["alpha"].handle(.file(.read(wish, answer)))
      }
      return !orders.isEmpty && reads < readsAtMost
    }

    private func takeParts() throws -> Bool {
      let orders = realms["beta"].fileOrders
      realms["beta"].fileOrders = []
      for order in orders {
        switch order {
        case .receive: received = []
        case .piece(_, let bytes): received += bytes
        case .endReceiving(_, let waiting): served += waiting
        case .answer(let transfer, let response): answers[transfer] = response
        default: break
        }
        guard case .receive(let file, let head) = order, head.size == 0 else {
          if case .piece(let file, _) = order, received.count == content.count { try keep(file) }
          continue
        }
        try keep(file)
      }
      return !orders.isEmpty
    }

    private func keep(_ file: FileElsewhere) throws {
      let type = MediaType(claim: head.type, head: received.prefix(MediaType.headBytes))
      let stored = StoredFile(id: file.text, type: type, size: head.size, hash: head.hash)
      try realms["beta"].handle(.file(.fetched(file, stored)))
    }
  }

  @Test(arguments: [0, 1, 32 << 10, 600_001])
  func comesWholeAndIsKept(_ bytes: Int) throws {
    let stage = try Stage(bytes: bytes)
    try stage.want(1)
    #expect(stage.received == stage.content)
    #expect(stage.served == [1] && stage.answers.isEmpty)
    let reads = stage.reads
    // From here on it is here, also after a restart.
    try stage.want(2)
    try stage.realms.restart("beta")
    try stage.want(3)
    #expect(stage.served == [1, 2, 3] && stage.reads == reads)
    #expect(stage.realms["beta"].figure("files") == 1)
  }

  @Test func isFetchedOnceForAllWhoWait() throws {
    let stage = try Stage(bytes: 300_000)
    stage.readsAtMost = 2
    for transfer in 1...3 as ClosedRange<TransferID> { try stage.want(transfer) }
    try stage.realms["beta"].handle(.file(.cut(2)))
    stage.readsAtMost = .max
    try stage.realms.cut("alpha", "beta")
    try stage.work()
    #expect(stage.answers.keys.sorted() == [1, 3] && stage.answers[1]?.status == 504)
    try stage.realms.connect("alpha", "beta")
    try stage.realms.pass(seconds: 2)
    try stage.want(4)
    #expect(stage.served == [4] && stage.received == stage.content)
  }

  @Test func whatIsNotThereIsSaid() throws {
    let stage = try Stage(bytes: 10)
    try stage.want(1, FileElsewhere(id: "BBBBBBBBBBBBBBBBBBBBBB", realm: "alpha"))
    #expect(stage.answers[1]?.status == 404)
    try stage.want(2, FileElsewhere(id: Self.file.id, realm: "nowhere"))
    #expect(stage.answers[2]?.status == 404)
    try stage.realms.cut("alpha", "beta")
    try stage.want(3)
    #expect(stage.answers[3]?.status == 504)
    #expect(stage.served.isEmpty)
  }

  @Test func whatIsTooLargeHereIsNotTaken() throws {
    let stage = try Stage(bytes: 2_000) { $0.files.mostBytes = 1_000 }
    try stage.want(1)
    #expect(stage.answers[1]?.status == 502 && stage.received.isEmpty)
  }

  @Test func whatDoesNotComeOnIsGivenUp() throws {
    let stage = try Stage(bytes: 100_000)
    stage.readsAtMost = 1
    try stage.want(1)
    try stage.realms.pass(seconds: 31)
    try stage.work()
    #expect(stage.answers[1]?.status == 504 && stage.served.isEmpty)
  }

  @Test func onlySoManyAtOnce() throws {
    let stage = try Stage(bytes: 10)
    stage.readsAtMost = 0
    let letters = "ABCDEFGHI"
    for (number, letter) in letters.enumerated() {
      try stage.want(TransferID(number), FileElsewhere(id: String(repeating: letter, count: 22), realm: "alpha"))
    }
    #expect(stage.answers[8]?.status == 503 && stage.answers.count == 1)
  }

  @Test func messagesHaveRoomBesideIt() throws {
    let stage = try Stage(bytes: 4_000_000)
    try stage.realms["alpha"].register("alice")
    try stage.realms["beta"].register("bob")
    try stage.realms["beta"].handle(.file(.wanted(1, Self.file)))
    var most = 0
    stage.realms.onTheWay = { from, _, frame in
      if from == "alpha", case .circuit(let circuit) = frame { most = max(most, circuit.payload.count) }
      return frame
    }
    try stage.work()
    try stage.realms.send("alpha", "alice", "PRIVMSG bob/beta :hello")
    #expect(stage.served == [1] && stage.received == stage.content)
    #expect(stage.realms["beta"].lines("bob").last?.hasSuffix("PRIVMSG bob :hello") == true)
    #expect(most <= 2 * Limits.filePartBytes + 1_000)
  }

  @Test func copiesGoAfterAMonthAndWhereTheyAreTooMany() throws {
    let stage = try Stage(bytes: 700) { $0.files.quotaBytes = 1_000 }
    try stage.want(1)
    try stage.realms["beta"].sleep(seconds: Int64(Limits.fetchedDays + 1) * 86_400)
    try stage.realms["beta"].pass(seconds: Int(Limits.agingInterval / 1_000) + 2)
    try stage.work()
    #expect(stage.realms["beta"].figure("files") == 0)
  }
}
