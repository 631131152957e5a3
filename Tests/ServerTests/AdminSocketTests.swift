import Core
import Glibc
import Net
import Testing

@testable import Server

@Suite struct AdminSocketTests {
  /// The main thread's part, done by the test itself.
  private final class Harness {
    let folder: DataFolder
    let socket: AdminSocket
    var poller: Poller
    private let posted: Posted

    private final class Posted {
      var commands: [(id: AdminID, command: AdminCommand)] = []
    }

    init() throws {
      folder = try DataFolder()
      var poller = try Poller()
      let posted = Posted()
      socket = try AdminSocket(folder: folder.path, poller: &poller) { posted.commands.append(($0, $1)) }
      self.poller = poller
      self.posted = posted
    }

    func connect() throws -> BlockingStream {
      try BlockingStream.connect(to: .unix(path: folder.path + "/admin.sock"), timeoutMilliseconds: 5_000)
    }

    /// Looks after the socket until nothing happens any more; answers every request by its account.
    func settle(now: Int64 = 0) throws {
      while case let count = try poller.wait(timeoutMilliseconds: 100), count > 0 || !posted.commands.isEmpty {
        for index in 0..<count {
          let (token, ready) = poller[index]
          try socket.handle(token, ready, &poller, now: now)
        }
        let replies = posted.commands.map { (id: $0.id, reply: AdminReply.done("\($0.command)")) }
        posted.commands = []
        socket.deliver(replies, &poller, now: now)
      }
      socket.dropIdle(now: now)
    }
  }

  @Test func onlyTheOwnerCanOpenIt() throws {
    let harness = try Harness()
    var status = stat()
    #expect(stat(harness.folder.path + "/admin.sock", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    harness.socket.close()
    #expect(stat(harness.folder.path + "/admin.sock", &status) == -1)
  }

  @Test func answersInTheOrderOfRequests() throws {
    let harness = try Harness()
    let client = try harness.connect()
    let requests = ["suspend", "nonsense", "resume"].map { #"{"command":"\#($0)","account":"alice"}"# + "\n" }
    try client.write(Array(requests.joined().utf8))
    client.endSending()
    try harness.settle()
    let lines = try (0..<3).map { _ in
      String(decoding: try client.readLine(timeoutMilliseconds: 5_000) ?? [], as: UTF8.self)
    }
    #expect(lines[0].contains("suspend") && lines[0].contains(#""ok":true"#))
    #expect(lines[1].contains("unknown command") && lines[1].contains(#""ok":false"#))
    #expect(lines[2].contains("resume") && lines[2].contains(#""ok":true"#))
    #expect(!harness.socket.hasClients, "one that ended and was answered is let go")
  }

  @Test func endlessLinesIdleClientsAndCrowdsAreDropped() throws {
    let harness = try Harness()
    let endless = try harness.connect()
    try endless.write([UInt8](repeating: 120, count: 2 * AdminSocket.lineBytes))
    try harness.settle()
    #expect(!harness.socket.hasClients)
    var idle: [BlockingStream] = []
    for _ in 0...AdminSocket.clientsMax { idle.append(try harness.connect()) }
    try harness.settle()
    #expect(throws: StreamError.closed) { try idle.last?.readLine(timeoutMilliseconds: 5_000) }
    #expect(harness.socket.hasClients)
    try harness.settle(now: AdminSocket.patience)
    #expect(!harness.socket.hasClients)
  }
}
