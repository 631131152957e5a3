import Core
import Net
import Server
import Testing
import Wire

@Suite struct ClientThreadInputTests {
  @Test func tellsOfAClientFromItsBeginningToItsEnd() throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    #expect(connection == Connection(thread: 3, slot: 0, generation: 0))
    try client.write("NICK bob\r\nUSER b 0 * :Bob\r\nhalf a line")
    client.endSending()
    try fixture.listen { $0[0].gone != nil }
    let heard = try fixture.heard(of: connection)
    #expect(heard.host == "127.0.0.1")
    #expect(heard.text == "NICK bob\r\nUSER b 0 * :Bob\r\n")
    #expect(heard.gone == "Connection closed")
    let (_, next) = try fixture.connect()
    #expect(next == Connection(thread: 3, slot: 0, generation: 1))
    #expect(fixture.thread.statistics.accepted == 2)
  }

  /// Limits by address exempt loopback, under both its names.
  @Test func tellsTheAddressAsItIs() throws {
    let fixture = try ClientThreadFixture(at: try SocketAddress("[::1]:0")) { _ in }
    let (_, connection) = try fixture.connect()
    #expect(try fixture.heard(of: connection).host == "::1")
  }

  @Test(arguments: [1, 2, 7, 1_000])
  func linesHoweverTheyCome(_ pieces: Int) throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    let text = "A\r\n\nPRIVMSG bob :hello\n\r\nlast one\n"
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      try client.write(Array(bytes[start..<min(start + pieces, bytes.count)]))
    }
    try fixture.listen { $0[0].input.count >= bytes.count }
    #expect(try fixture.heard(of: connection).text == text)
  }

  @Test(arguments: [(0, 0), (1, 1), (2, 1), (70_000, 1)])
  func overlongLineIsDroppedAndToldOnce(_ excess: Int, _ overlong: Int) throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    let line = [UInt8](repeating: 65, count: Limits.inputLine + excess - 1) + [10]
    try client.write(Array("before\n".utf8) + line + Array("after\n".utf8) + line + Array("end\n".utf8))
    try fixture.listen { $0[0].text.hasSuffix("end\n") }
    let heard = try fixture.heard(of: connection)
    #expect(heard.overlong == 2 * overlong)
    #expect(heard.lines == (overlong == 0 ? 5 : 3))
  }

  @Test func endlessLineCostsNothing() throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    for _ in 0..<32 { try client.write([UInt8](repeating: 65, count: 1 << 20)) }
    try client.write("\nPING\n")
    try fixture.listen { !$0[0].input.isEmpty }
    let heard = try fixture.heard(of: connection)
    #expect(heard.overlong == 1)
    #expect(heard.text == "PING\n")
  }

  @Test func tooFastIsReadLaterAndNothingIsLost() throws {
    let fixture = try ClientThreadFixture {
      $0.linesPerSecond = 100
      $0.lineBurst = 20
    }
    let (client, connection) = try fixture.connect()
    let (other, quiet) = try fixture.connect()
    let start = Clock.monotonicMilliseconds()
    let text = (1...60).map { "PING \($0)\r\n" }.joined()
    try client.write(text)
    try fixture.listen { $0[0].lines >= 20 }
    try other.write("PING\n")
    try fixture.listen { $0[1].lines == 1 }
    #expect(try fixture.heard(of: connection).lines < 60)
    try fixture.listen { $0[0].lines == 60 }
    #expect(Clock.monotonicMilliseconds() - start >= 390)
    #expect(try fixture.heard(of: connection).text == text)
    #expect(try fixture.heard(of: quiet).gone == nil)
  }

  @Test func newLimitsCountAtOnce() throws {
    let fixture = try ClientThreadFixture {
      $0.linesPerSecond = 1
      $0.lineBurst = 1
    }
    var limits = Limits()
    limits.linesPerSecond = 0
    fixture.thread.update(limits: limits)
    let (client, _) = try fixture.connect()
    try client.write(String(repeating: "PING\n", count: 5_000))
    try fixture.listen { $0[0].lines == 5_000 }
  }

  @Test func fullMailboxStopsReadingAndLosesNothing() throws {
    let fixture = try ClientThreadFixture(mailbox: Mailbox(maxEvents: 2, maxBytes: 4_096)) { $0.linesPerSecond = 0 }
    let text = (0..<200_000).map { "PING \($0)\n" }.joined()
    let (client, connection) = try fixture.connect()
    let bytes = Array(text.utf8)
    var sent = 0
    var mostWaiting = 0
    while try fixture.heard(of: connection).input.count < bytes.count {
      mostWaiting = max(mostWaiting, fixture.mailbox.waiting.bytes)
      let end = min(sent + 10_000, bytes.count)
      try client.write(Array(bytes[sent..<end]))
      sent = end
      fixture.drain()
    }
    #expect(try fixture.heard(of: connection).input == bytes)
    #expect(mostWaiting < 2 * (Limits.inputBytes + 64 << 10))
  }

  @Test func tooManyConnectionsAreRefusedInWords() throws {
    let fixture = try ClientThreadFixture { $0.connections = 2 }
    let (first, _) = try fixture.connect()
    let (second, _) = try fixture.connect()
    let third = try BlockingStream.connect(to: fixture.irc)
    #expect(try third.line() == "ERROR :Too many connections to this server")
    let browser = try BlockingStream.connect(to: fixture.web)
    #expect(try browser.line() == "HTTP/1.1 503 Service Unavailable")
    try first.write("QUIT\n")
    first.endSending()
    try fixture.listen { $0[0].gone != nil }
    let (_, again) = try fixture.connect()
    #expect(again.generation == 1)
    #expect(fixture.thread.statistics.refused == 2)
    second.endSending()
  }

  @Test func admissionsCountPerAddress() throws {
    let admissions = Admissions()
    var limits = Limits()
    limits.connectionsPerAddress = 2
    limits.connections = 7
    let strangers = try ["192.0.2.1:1", "192.0.2.1:2", "[2001:db8::1]:1", "[2001:db8::ffff]:2"].map {
      try SocketAddress($0)
    }
    for stranger in strangers { #expect(admissions.admit(stranger, limits) == nil) }
    for stranger in strangers { #expect(admissions.admit(stranger, limits)?.contains("your address") == true) }
    for _ in 0..<3 { #expect(admissions.admit(.loopback(port: 1), limits) == nil) }
    #expect(admissions.admit(.loopback(port: 1), limits)?.contains("this server") == true)
    admissions.leave(strangers[0])
    #expect(admissions.admit(strangers[1], limits) == nil)
  }

  /// What connections and registrations are counted under.
  @Test(arguments: [
    ("192.0.2.1:7", "192.0.2.1"), ("[2001:db8:1:2:3:4:5:6]:7", "2001:db8:1:2::"), ("127.0.0.1:7", nil),
    ("[::1]:7", nil),
  ])
  func origins(_ address: String, _ origin: String?) throws {
    #expect(try SocketAddress(address).origin == origin)
  }
}

@Suite struct ClientThreadOutputTests {
  @Test func deliversInOrderToOneAndToMany() throws {
    let fixture = try ClientThreadFixture()
    let clients = try (0..<20).map { _ in try fixture.connect() }
    fixture.deliver { deliveries in
      deliveries.send(Array("all 1\r\n".utf8), toAll: clients.map(\.connection.receiver))
      for (index, client) in clients.enumerated() {
        deliveries.send(to: client.connection) { $0 += Array("you \(index)\r\n".utf8) }
        deliveries.send(to: client.connection) { $0 += Array("you again\r\n".utf8) }
      }
      deliveries.send(Array("all 2\r\n".utf8), toAll: clients.map(\.connection.receiver))
    }
    fixture.deliver { $0.send(Array("last\r\n".utf8), toAll: clients.map(\.connection.receiver)) }
    for (index, client) in clients.enumerated() {
      for expected in ["all 1", "you \(index)", "you again", "all 2", "last"] {
        #expect(try client.client.line() == expected)
      }
    }
  }

  @Test func whatIsForAnEarlierConnectionIsNotSent() throws {
    let fixture = try ClientThreadFixture()
    let (first, old) = try fixture.connect()
    first.endSending()
    try fixture.listen { $0[0].gone != nil }
    let (second, new) = try fixture.connect()
    #expect(new.slot == old.slot)
    fixture.deliver { deliveries in
      deliveries.send(to: old) { $0 += Array("secret\r\n".utf8) }
      deliveries.close(old)
      deliveries.send(to: Connection(thread: 3, slot: 99, generation: 0)) { $0 += Array("unknown\r\n".utf8) }
      deliveries.send(to: new) { $0 += Array("hello\r\n".utf8) }
    }
    #expect(try second.line() == "hello")
  }

  @Test func closesAfterAllIsSent() throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    try client.write("QUIT\n")
    try fixture.listen { $0[0].lines == 1 }
    let long = [UInt8](repeating: 65, count: 1 << 20)
    fixture.deliver { deliveries in
      deliveries.send(to: connection) { $0 += long }
      deliveries.send(to: connection) { $0 += Array("ERROR :bye\r\n".utf8) }
      deliveries.close(connection)
      deliveries.send(to: connection) { $0 += Array("too late\r\n".utf8) }
    }
    #expect(try client.rest() == long + Array("ERROR :bye\r\n".utf8))
    try client.write("ignored\n")
    fixture.drain()
    #expect(try fixture.heard(of: connection).gone == nil)
    #expect(try fixture.heard(of: connection).lines == 1)
  }

  @Test func oneThatIsClosedAndStaysIsCutOff() throws {
    let fixture = try ClientThreadFixture { $0.connections = 1 }
    let (_, connection) = try fixture.connect()
    fixture.deliver { $0.close(connection) }
    let giveUp = Clock.monotonicMilliseconds() + 10_000
    while fixture.thread.statistics.connections > 0, Clock.monotonicMilliseconds() < giveUp {
      _ = try fixture.mailbox.wait(timeoutMilliseconds: 100)
    }
    #expect(fixture.thread.statistics.connections == 0)
    let (_, next) = try fixture.connect()
    #expect(next.generation == 1)
  }

  @Test func slowReaderGetsEverything() throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    var expected: [UInt8] = []
    for number in 0..<300 {
      let lines = Array(String(repeating: "line \(number)\r\n", count: 1_000).utf8)
      expected += lines
      fixture.deliver { $0.send(to: connection) { $0 += lines } }
    }
    var received: [UInt8] = []
    while received.count < expected.count {
      received += try #require(try client.read(timeoutMilliseconds: 10_000))
    }
    #expect(received == expected)
    #expect(fixture.thread.statistics.closedForSendQueue == 0)
  }

  @Test func oneThatNeverReadsIsClosedAndOthersAreServed() throws {
    let fixture = try ClientThreadFixture { $0.sendQueueBytes = 100_000 }
    let (deaf, connection) = try fixture.connect()
    let (other, healthy) = try fixture.connect()
    let lines = [UInt8](repeating: 65, count: 50_000) + [10]
    for round in 0..<400 where try fixture.heard(of: connection).gone == nil {
      fixture.deliver { deliveries in
        deliveries.send(to: connection) { $0 += lines }
        deliveries.send(to: healthy) { $0 += Array("round \(round)\n".utf8) }
      }
      #expect(try other.line() == "round \(round)")
      fixture.drain()
    }
    #expect(try fixture.heard(of: connection).gone == "Send queue exceeded")
    #expect(fixture.thread.statistics.closedForSendQueue == 1)
    #expect(fixture.thread.statistics.queuedBytes == 0)
    _ = deaf
  }

  @Test func stopSendsWhatWaits() throws {
    let fixture = try ClientThreadFixture()
    let (client, connection) = try fixture.connect()
    let (_, _) = try fixture.connect()
    let long = [UInt8](repeating: 65, count: 2 << 20)
    fixture.deliver { $0.send(to: connection) { $0 += long } }
    let address = fixture.irc
    let stopping = try OSThread(name: "stopping") { [thread = fixture.thread] in
      thread.stop(withinMilliseconds: 10_000)
    }
    #expect(try client.rest().count == long.count)
    stopping.join()
    #expect(fixture.thread.statistics.connections == 0)
    #expect(throws: StreamError.self) {
      let late = try BlockingStream.connect(to: address)
      _ = try late.readLine(timeoutMilliseconds: 100)
      throw StreamError.timedOut
    }
  }

  @Test func stopDoesNotWaitForOneThatNeverReads() throws {
    let fixture = try ClientThreadFixture { $0.sendQueueBytes = 64 << 20 }
    let (_, connection) = try fixture.connect()
    fixture.deliver { $0.send(to: connection) { $0 += [UInt8](repeating: 65, count: 32 << 20) } }
    let start = Clock.monotonicMilliseconds()
    fixture.stop(withinMilliseconds: 200)
    #expect(Clock.monotonicMilliseconds() - start < 5_000)
  }
}

extension Connection {
  var receiver: Deliveries.Receiver {
    var deliveries = Deliveries()
    deliveries.close(self)
    return deliveries.receivers[0]
  }
}
