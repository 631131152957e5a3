import Glibc
import LiveServer
import Net
import Testing

extension EndToEndTests {
  /// Clients that want to do harm: the server's memory stays bounded, and somebody else is served as if they were not
  /// there.
  @Suite struct HostileTests {
    /// KiB that the server may take more than before, whatever is done to it. Its own limits add up to less: 8 MiB of
    /// input that waits, 4 MiB for a client that does not read, the caches of the database.
    private static let growth = 48 << 10

    private let server: ServerProcess
    private let friend: IRCClient
    private let before: Int

    init() throws {
      server = try ServerProcess(
        in: try Folder(), configuration: #"{"limits":{"registrationSeconds":5,"linesPerSecond":0}}"#)
      friend = try IRCClient("friend", port: server.ircPort)
      try friend.register()
      try friend.join("#friends")
      before = server.process.residentKiB
    }

    /// How many files this process may have open, after asking for more.
    private static func openFiles() -> Int {
      let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      var limit = rlimit()
      getrlimit(kind, &limit)
      limit.rlim_cur = limit.rlim_max
      setrlimit(kind, &limit)
      getrlimit(kind, &limit)
      return Int(clamping: limit.rlim_cur)
    }

    /// The server still answers, soon, and has not grown.
    private func checkOthers(_ note: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let start = Clock.monotonicMilliseconds()
      try friend.say(note, to: "#friends")
      let waited = Clock.monotonicMilliseconds() - start
      #expect(waited < 2_000, "\(note): somebody else waited \(waited) ms", sourceLocation: sourceLocation)
      let now = server.process.residentKiB
      #expect(now - before < Self.growth, "\(note): from \(before) to \(now) KiB", sourceLocation: sourceLocation)
    }

    @Test("One that reads nothing is closed when too much waits for it")
    func readsNothing() throws {
      let deaf = try IRCClient("deaf", port: server.ircPort)
      try deaf.register()
      try deaf.join("#friends")
      let text = String(repeating: "x", count: 1_900)
      for _ in 0..<400 {
        for _ in 0..<20 { try friend.send("PRIVMSG #friends :\(text)") }
        try friend.settle()
      }
      try checkOthers("after a flood to a deaf client")
      #expect(try server.get("/metrics").contains("moot_connections_unread_total 1"))
      try server.stop()
    }

    @Test("One that never ends its line keeps nothing but its place")
    func endlessLine() throws {
      let endless = try BlockingStream.connect(to: .loopback(port: server.ircPort))
      let block = [UInt8](repeating: 120, count: 1 << 20)
      for number in 0..<64 {
        guard endless.offer(block) else { break }  // to close it is a fair answer, too
        if number % 16 == 0 { try checkOthers("\(number) MiB without an end") }
      }
      try checkOthers("64 MiB without an end")
      try server.stop()
    }

    @Test("Those that send a byte now and then, and never say who they are, are dropped in time")
    func dripping() throws {
      var drips = try (0..<50).map { _ in try BlockingStream.connect(to: .loopback(port: server.ircPort)) }
      let end = Clock.monotonicMilliseconds() + 15_000
      while !drips.isEmpty && Clock.monotonicMilliseconds() < end {
        drips = drips.filter { $0.offer([78]) }
        try checkOthers("with \(drips.count) that drip")
      }
      #expect(drips.isEmpty)
      try server.stop()
    }

    @Test("Thousands of connections cost little and hold nobody up")
    func crowd() throws {
      var crowd: [BlockingStream] = []
      let port = server.ircPort
      for _ in 0..<min(5_000, Self.openFiles() - 200) {
        crowd.append(try BlockingStream.connect(to: .loopback(port: port)))
      }
      try checkOthers("with \(crowd.count) connections")
      for stream in crowd { try stream.write(Array("NICK x\r\nUSER x 0 * :x\r\n".utf8)) }
      try checkOthers("with \(crowd.count) that want one nick")
      crowd = []
      try checkOthers("when they are gone")
      try server.stop()
    }

    @Test("One that asks for all history again and again is answered at its own pace")
    func historyFlood() throws {
      let greedy = try IRCClient("greedy", port: server.ircPort)
      try greedy.register()
      try greedy.join("#friends")
      let text = String(repeating: "x", count: 1_000)
      for number in 0..<300 { try friend.send("PRIVMSG #friends :\(number) \(text)") }
      try friend.settle()
      let requests = (0..<400).map { _ in "CHATHISTORY LATEST #friends * 200\r\n" }.joined()
      for _ in 0..<10 { _ = greedy.stream.offer(Array(requests.utf8)) }
      for _ in 0..<5 { try checkOthers("while one asks for all history") }
      try server.stop()
    }

    @Test("What one says may reach hundreds: they, and who has nothing to do with it, stay connected")
    func awayFlood() throws {
      let port = server.ircPort
      let members = try (0..<200).map { number in
        let member = try IRCClient("member\(number)", port: port)
        try member.register()
        try member.send("CAP REQ away-notify")
        try member.join("#friends")
        return member
      }
      let flood = (0..<10_000).map { "AWAY :\($0)\r\n" }.joined()
      _ = members[0].stream.offer(Array(flood.utf8))
      for _ in 0..<5 { try checkOthers("while one comes and goes") }
      #expect(try server.get("/metrics").contains("moot_connections_unread_total 0"))
      for member in members.dropFirst() { try member.settle() }
      try server.stop()
    }

    @Test("While somebody registers accounts in a loop, others log in as ever")
    func registerLoop() throws {
      let port = server.ircPort
      let loops = try (0..<200).map { number in
        let stream = try BlockingStream.connect(to: .loopback(port: port))
        let hello = "CAP REQ :draft/account-registration\r\nNICK loop\(number)\r\nUSER l 0 * :l\r\n"
        try stream.write(Array("\(hello)REGISTER loop\(number) * :some password\r\n".utf8))
        return stream
      }
      let start = Clock.monotonicMilliseconds()
      try IRCClient("friend", port: port).login()
      #expect(Clock.monotonicMilliseconds() - start < 2_000)
      try checkOthers("with \(loops.count) that register")
      try server.stop()
    }
  }
}

extension BlockingStream {
  /// Sends as much as the other end takes. False: it takes no more, or has gone.
  fileprivate func offer(_ bytes: [UInt8]) -> Bool {
    do {
      try write(bytes, timeoutMilliseconds: 300)
      return true
    } catch {
      return false
    }
  }
}
