import Glibc
import LiveServer
import Net
import Testing
import Wire

extension EndToEndTests {
  /// Who knocks at a realm's relay port and is not wanted there.
  @Suite struct DoorTests {
    private let server: ServerProcess
    private let port: UInt16
    private let betaSecret = [UInt8](repeating: 7, count: 32)

    init() throws {
      port = try Federation.freePort()
      let key = String(decoding: Base64.encode(Ed25519.publicKey(of: betaSecret)), as: UTF8.self)
      server = try ServerProcess(
        in: try Folder(),
        directory: """
          {"realms":[
            {"name":"alpha","irc":"127.0.0.1:6667","relay":"127.0.0.1:\(port)","links":["beta","delta"],
              "trust":"first-use"},
            {"name":"beta","key":"ed25519:\(key)"},
            {"name":"gamma","trust":"first-use"},
            {"name":"delta","trust":"first-use"}
          ]}
          """)
    }

    @Test func theRightKeyIsLetIn() throws {
      let beta = try Stranger(port: port, secret: betaSecret)
      try beta.sayHello(from: "beta", to: "alpha")
      guard case .hello(let hello)? = try beta.next() else {
        Issue.record("no hello")
        return
      }
      #expect(hello.from == "alpha" && hello.to == "beta" && hello.version == 1)
      #expect(abs(hello.clock - Clock.wallMilliseconds()) < 10_000)
      try beta.send(.ping(77))
      var frame = try beta.next()
      while let some = frame, some != .pong(77) { frame = try beta.next() }
      #expect(frame == .pong(77))
      try server.stop()
      #expect(try beta.goodbye() == "The server is shutting down")
    }

    @Test(arguments: [
      ("beta", "alpha", "beta has another key than the directory of alpha says"),
      ("gamma", "alpha", "gamma is no neighbour of alpha"),
      ("epsilon", "alpha", "the directory of alpha has no realm epsilon"),
      ("beta", "gamma", "this is alpha, not gamma"),
      ("alpha", "alpha", "alpha"),
    ])
    func strangersAreToldWhy(_ from: String, _ to: String, _ why: String) throws {
      let stranger = try Stranger(port: port)
      try stranger.sayHello(from: from, to: to)
      let reason = try stranger.goodbye()
      #expect(reason?.contains(why) == true, "\(reason ?? "")")
      try server.waitForLog(why)
      try server.stop()
    }

    @Test("A key that differs from the first one seen is refused, also after a restart")
    func changedKey() throws {
      func knock(_ server: ServerProcess, _ secret: UInt8) throws -> Frame? {
        let delta = try Stranger(port: port, secret: [UInt8](repeating: secret, count: 32))
        try delta.sayHello(from: "delta", to: "alpha")
        while let frame = try delta.next() {
          switch frame {
          case .announcement, .goodbye: return frame
          default: break
          }
        }
        return nil
      }
      guard case .announcement? = try knock(server, 1) else {
        Issue.record("the first key is not taken")
        return
      }
      let refusal = "delta has another key than when alpha first saw it"
      #expect(try knock(server, 2) == .goodbye(refusal))
      try server.waitForLog(refusal)
      server.process.kill()
      let again = try ServerProcess(in: server.folder, directory: server.folder.read("realms.json"))
      #expect(try knock(again, 2) == .goodbye(refusal))
      guard case .announcement? = try knock(again, 1) else {
        Issue.record("the right key is not taken any more")
        return
      }
      try again.stop()
    }

    @Test func garbageIsRefused() throws {
      let plain = try BlockingStream.connect(to: .loopback(port: port))
      try plain.write(Array("CAP LS 302\r\nNICK bob\r\n".utf8))
      try server.waitForLog("does not speak TLS 1.3")
      for garbage in [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1, 99], [0, 0, 16, 0], [0, 0, 0, 0]] as [[UInt8]] {
        let stranger = try Stranger(port: port)
        try stranger.send(garbage)
        #expect(try stranger.goodbye()?.hasPrefix("the link brought ") == true)
      }
      try server.stop()
    }

    @Test("A frame too long, once the link is open, ends it with a reason")
    func giantLength() throws {
      let beta = try Stranger(port: port, secret: betaSecret)
      try beta.sayHello(from: "beta", to: "alpha")
      _ = try beta.next()
      try beta.send([0, 0x20, 0, 0])
      #expect(try beta.goodbye()?.contains("2097152 bytes") == true)
      try server.waitForLog("2097152 bytes")
      try server.stop()
    }

    @Test("Who never finishes a handshake or a hello is gone after ten seconds, and keeps nobody out")
    func slow() throws {
      let mute = try BlockingStream.connect(to: .loopback(port: port))
      let shy = try Stranger(port: port)
      try shy.send([0, 0, 0])
      let start = Clock.monotonicMilliseconds()
      let beta = try Stranger(port: port, secret: betaSecret)
      try beta.sayHello(from: "beta", to: "alpha")
      guard case .hello? = try beta.next() else {
        Issue.record("kept out")
        return
      }
      #expect(try shy.goodbye() == "no hello within 10 seconds")
      #expect(throws: StreamError.closed) { try mute.read(timeoutMilliseconds: 5_000) }
      #expect((9_000...15_000).contains(Clock.monotonicMilliseconds() - start))
      try server.stop()
    }

    @Test("However many knock and say nothing, clients are served and others are let in later")
    func crowd() throws {
      let friend = try IRCClient("friend", port: server.ircPort)
      try friend.register()
      let crowd = try (0..<200).map { _ in try BlockingStream.connect(to: .loopback(port: port)) }
      try friend.say("still here", to: "friend")
      #expect(server.process.residentKiB < 200 << 10)
      let beta = try Stranger(port: port, secret: betaSecret)
      try beta.sayHello(from: "beta", to: "alpha")
      guard case .hello? = try beta.next() else {
        Issue.record("kept out")
        return
      }
      _ = crowd
      try server.stop()
    }
  }
}
