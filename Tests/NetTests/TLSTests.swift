import COpenSSL
import Glibc
import Net
import Testing

@Suite struct TLSTests {
  private let alpha = TLSIdentity(secret: [UInt8](repeating: 1, count: 32))
  private let beta = TLSIdentity(secret: [UInt8](repeating: 2, count: 32))

  /// Two connected sockets.
  private func sockets() throws -> (client: Int32, server: Int32) {
    var pair: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &pair) == 0)
    return (pair[0], pair[1])
  }

  private func pair() throws -> (client: TLSStream, server: TLSStream) {
    let (client, server) = try sockets()
    return (
      TLSStream(adopting: Descriptor(adopting: client), alpha, isClient: true),
      TLSStream(adopting: Descriptor(adopting: server), beta, isClient: false)
    )
  }

  private func shakeHands(_ client: TLSStream, _ server: TLSStream) throws {
    for _ in 0..<10 {
      let wishes = (try client.handshake(), try server.handshake())
      if wishes == (nil, nil) { return }
      #expect(wishes.0 != .write && wishes.1 != .write)
    }
    Issue.record("the handshake does not come to an end")
  }

  private func read(_ stream: TLSStream) throws -> [UInt8] {
    var result: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 5_000)
    while true {
      let outcome = try room.withUnsafeMutableBytes { try stream.read(into: $0) }
      guard case .done(let count) = outcome else { return result }
      result += room[..<count]
    }
  }

  private func write(_ bytes: [UInt8], to stream: TLSStream) throws -> TLSStream.Outcome {
    try bytes.withUnsafeBytes { try stream.write($0) }
  }

  @Test func bothSidesSeeEachOthersKey() throws {
    let (client, server) = try pair()
    #expect(client.peerKey == nil)
    try shakeHands(client, server)
    #expect(client.peerKey == beta.publicKey)
    #expect(server.peerKey == alpha.publicKey)
    #expect(!client.hasUnsent && !server.hasUnsent)
  }

  @Test func carriesBytesBothWaysUntilItEnds() throws {
    let (client, server) = try pair()
    try shakeHands(client, server)
    #expect(try write(Array("hello".utf8), to: client) == .done(5))
    #expect(try read(server) == Array("hello".utf8))
    #expect(try write([], to: server) == .done(0))
    #expect(try write(Array("hello you".utf8), to: server) == .done(9))
    server.end()
    server.end()
    var room = [UInt8](repeating: 0, count: 100)
    let outcome = try room.withUnsafeMutableBytes { try client.read(into: $0) }
    #expect(outcome == .done(9))
    #expect(throws: TLSError.closed) { try read(client) }
  }

  @Test func whoDoesNotReadIsWaitedFor() throws {
    let (client, server) = try pair()
    try shakeHands(client, server)
    let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var sent = 0
    var received: [UInt8] = []
    while received.count < bytes.count {
      while sent < bytes.count {
        guard case .done(let count) = try write(Array(bytes[sent...]), to: client) else { break }
        sent += count
      }
      if client.hasUnsent { _ = try client.flush() }
      received += try read(server)
    }
    #expect(received == bytes)
    #expect(!client.hasUnsent)
  }

  @Test func whoIsGoneIsNoticed() throws {
    let (client, server) = try sockets()
    let stream = TLSStream(adopting: Descriptor(adopting: client), alpha, isClient: true)
    #expect(try stream.handshake() == .read)
    close(server)
    #expect(throws: TLSError.cut) { try stream.handshake() }
    stream.end()
  }

  @Test func whoIsCutOffIsNoticed() throws {
    let (client, server) = try sockets()
    let stream = TLSStream(adopting: Descriptor(adopting: client), alpha, isClient: true)
    do {
      let other = TLSStream(adopting: Descriptor(adopting: server), beta, isClient: false)
      try shakeHands(stream, other)
    }
    #expect(throws: TLSError.cut) { try read(stream) }
    #expect(throws: TLSError.cut) { try write([1], to: stream) }
  }

  @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "CAP LS 302\r\nNICK bob\r\n", "\u{16}\u{3}\u{1}\u{0}\u{5}abcde"])
  func whatIsNoTLSIsRefusedInWords(_ text: String) throws {
    let (client, server) = try sockets()
    let stream = TLSStream(adopting: Descriptor(adopting: server), beta, isClient: false)
    let bytes = Array(text.utf8)
    let stranger = Descriptor(adopting: client)
    _ = try stranger.send(bytes)
    let error = #expect(throws: TLSError.self) { try stream.handshake() }
    #expect("\(error ?? .closed)".hasPrefix("TLS: "), "\(error ?? .closed)")
  }

  /// What the handshake comes to with a client that has settings of its own.
  private func handshake(_ change: (OpaquePointer) -> Void) throws -> String {
    let (client, server) = try sockets()
    let stream = TLSStream(adopting: Descriptor(adopting: server), beta, isClient: false)
    let context = try #require(SSL_CTX_new(TLS_client_method()))
    defer { SSL_CTX_free(context) }
    change(context)
    let connection = try #require(SSL_new(context))
    defer {
      SSL_free(connection)
      close(client)
    }
    SSL_set_fd(connection, client)
    for _ in 0..<10 {
      SSL_connect(connection)
      do throws(TLSError) {
        if try stream.handshake() == nil { return "done" }
      } catch {
        return "\(error)"
      }
    }
    return "no end"
  }

  @Test func aClientWithoutAKeyIsRefused() throws {
    #expect(try handshake { _ in } == "TLS: one side shows no certificate of its key")
  }

  @Test func anOlderTLSIsRefused() throws {
    let refusal = try handshake { SSL_CTX_ctrl($0, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil) }
    #expect(refusal == "TLS: the other side speaks an older TLS only; 1.3 is needed")
  }

  @Test func aKeyOfAnotherKindIsRefused() throws {
    let refusal = try handshake {
      let key = makeP256Key()
      let certificate = X509_new()
      X509_set_pubkey(certificate, key)
      X509_sign(certificate, key, EVP_sha256())
      SSL_CTX_use_certificate($0, certificate)
      SSL_CTX_use_PrivateKey($0, key)
      X509_free(certificate)
      EVP_PKEY_free(key)
    }
    #expect(refusal.hasPrefix("TLS: "))
  }

  @Test func garbageAfterTheHandshakeEndsIt() throws {
    let (clientSocket, serverSocket) = try sockets()
    let client = TLSStream(adopting: Descriptor(adopting: clientSocket), alpha, isClient: true)
    let server = TLSStream(adopting: Descriptor(adopting: serverSocket), beta, isClient: false)
    try shakeHands(client, server)
    let garbage: [UInt8] = [23, 3, 3, 0, 32] + [UInt8](repeating: 9, count: 32)
    #expect(send(clientSocket, garbage, garbage.count, 0) == garbage.count)
    #expect(throws: TLSError.self) { try read(server) }
  }
}

private func makeP256Key() -> OpaquePointer? {
  let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
  defer { EVP_PKEY_CTX_free(context) }
  var key: OpaquePointer?
  EVP_PKEY_keygen_init(context)
  EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
  EVP_PKEY_keygen(context, &key)
  return key
}
