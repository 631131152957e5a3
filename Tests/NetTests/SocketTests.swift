import Glibc
import Net
import Testing

@Suite struct SocketAddressTests {
  @Test(arguments: [
    ("127.0.0.1:6667", "127.0.0.1:6667", true), ("localhost:1", "127.0.0.1:1", true),
    ("[::1]:6667", "[::1]:6667", true),
    ("0.0.0.0:0", "0.0.0.0:0", false), ("[::]:65535", "[::]:65535", false), ("192.0.2.7:80", "192.0.2.7:80", false),
    ("127.9.9.9:80", "127.9.9.9:80", true), ("[2001:db8::7]:443", "[2001:db8::7]:443", false),
  ])
  func reads(_ text: String, _ written: String, _ isLoopback: Bool) throws {
    let address = try SocketAddress(text)
    #expect(address.description == written)
    #expect(address.isLoopback == isLoopback)
    #expect(try SocketAddress.resolve(text) == address)
  }

  @Test(arguments: [
    ("", "port"), ("127.0.0.1", "port"), ("[::1]", "port"), ("::1:6667", "brackets"), ("127.0.0.1:", "number"),
    ("127.0.0.1:65536", "number"), ("127.0.0.1:-1", "number"), ("127.0.0.1:+1", "number"), ("127.0.0.1:٣", "number"),
    (":6667", "host"), ("[]:6667", "host"), ("alpha.example:6667", "not an IP address"), ("1.2.3:6667", "not an IP"),
    ("256.0.0.1:1", "not an IP"), ("[::g]:1", "not an IP"), ("127.0.0.1 :1", "not an IP"),
  ])
  func refusesInWords(_ text: String, _ word: String) {
    let error = #expect(throws: SocketAddress.Malformed.self) { try SocketAddress(text) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func errorsAreReadable() {
    #expect(SystemError(call: "bind", code: EADDRINUSE).description == "bind: Address already in use")
    #expect(!SystemError(call: "bind", code: 99_999).description.isEmpty)
  }
}

@Suite struct StreamTests {
  /// A stream and the other end of its connection.
  private func pair(_ address: SocketAddress) throws -> (client: BlockingStream, server: BlockingStream) {
    let listener = try Descriptor.listening(on: address)
    let client = try BlockingStream.connect(to: try address.isUnix ? address : listener.localAddress())
    #expect(try listener.wait(toRead: true, timeoutMilliseconds: 10_000))
    guard let accepted = try listener.accept() else { throw StreamError.timedOut }
    #expect(accepted.address.isLoopback)
    return (client, BlockingStream(adopting: accepted.take()))
  }

  @Test(arguments: ["127.0.0.1:0", "[::1]:0", "unix"])
  func carriesLinesBothWays(_ text: String) throws {
    let path = "/tmp/moot-net-\(getpid())-\(Crypto.randomBytes(4)[0]).socket"
    defer { unlink(path) }
    let (client, server) = try pair(text == "unix" ? .unix(path: path) : SocketAddress(text))
    try client.write(Array("one\r\ntwo\nthr".utf8))
    #expect(try server.readLine(timeoutMilliseconds: 10_000) == Array("one".utf8))
    #expect(try server.readLine(timeoutMilliseconds: 10_000) == Array("two".utf8))
    #expect(try server.readLine(timeoutMilliseconds: 1) == nil)
    try client.write(Array("ee\n\nrest".utf8))
    #expect(try server.readLine(timeoutMilliseconds: 10_000) == Array("three".utf8))
    #expect(try server.readLine(timeoutMilliseconds: 10_000) == [])
    #expect(try server.read(timeoutMilliseconds: 10_000) == Array("rest".utf8))
    try server.write(Array("bye\n".utf8))
    server.endSending()
    #expect(try client.readLine(timeoutMilliseconds: 10_000) == Array("bye".utf8))
    #expect(throws: StreamError.closed) { try client.readLine(timeoutMilliseconds: 10_000) }
  }

  @Test func writesMoreThanTheSocketHolds() throws {
    let listener = try Descriptor.listening(on: .loopback(port: 0))
    let address = try listener.localAddress()
    let thread = try OSThread(name: "writing") {
      try? BlockingStream.connect(to: address).write([UInt8](repeating: 65, count: 8 << 20) + [10])
    }
    #expect(try listener.wait(toRead: true, timeoutMilliseconds: 10_000))
    guard let accepted = try listener.accept() else { throw StreamError.timedOut }
    let server = BlockingStream(adopting: accepted.take())
    var count = 0
    while count <= 8 << 20 { count += try server.read(timeoutMilliseconds: 10_000)?.count ?? 0 }
    thread.join()
    #expect(count == 8 << 20 + 1)
  }

  @Test func endlessLineIsRefused() throws {
    let (client, server) = try pair(.loopback(port: 0))
    try client.write([UInt8](repeating: 65, count: BlockingStream.lineBytes + 1))
    #expect(throws: StreamError.lineTooLong) {
      while try server.readLine(timeoutMilliseconds: 10_000) == nil {}
    }
  }

  @Test func aReaderThatNeverReadsTimesOut() throws {
    let (client, server) = try pair(.loopback(port: 0))
    #expect(throws: StreamError.timedOut) {
      try client.write([UInt8](repeating: 65, count: 64 << 20), timeoutMilliseconds: 50)
    }
    _ = server
  }

  @Test func nobodyListening() throws {
    let port = try {
      let listener = try Descriptor.listening(on: .loopback(port: 0))
      return try listener.localAddress().port
    }()
    #expect(throws: StreamError.system(SystemError(call: "connect", code: ECONNREFUSED))) {
      try BlockingStream.connect(to: .loopback(port: port))
    }
  }

  @Test func takenPortIsRefused() throws {
    let listener = try Descriptor.listening(on: .loopback(port: 0))
    let address = try listener.localAddress()
    #expect(throws: SystemError(call: "bind", code: EADDRINUSE)) { _ = try Descriptor.listening(on: address).raw }
    #expect(try listener.accept()?.address == nil)
  }

  @Test func longUnixPathIsRefused() {
    let path = String(repeating: "x", count: 108)
    #expect(throws: SystemError.self) { _ = try Descriptor.listening(on: .unix(path: path)).raw }
  }
}

extension SocketAddress {
  fileprivate var isUnix: Bool { if case .unix = self { true } else { false } }
}
