import Core
import Glibc
import Net
import Testing
import Wire

@testable import Server

/// Relay threads and doors of several realms in this process; in the place of each realm thread is the test.
@Suite struct RelayTests {
  /// What stands around a realm: a mailbox that the test empties, a door, relay threads.
  private final class Edge {
    let name: String
    let mailbox: Mailbox
    let relays: Relays
    let address: SocketAddress
    let door: RelayDoor
    let log: Log
    private var events: [LinkEvent] = []

    init(_ name: String, secret: UInt8, start: UInt64 = 1, maxBytes: Int = Limits.mailboxBytes) throws {
      self.name = name
      log = try Log(least: .error)
      mailbox = try Mailbox(maxEvents: 1_000, maxBytes: maxBytes)
      let tls = TLSIdentity(secret: [UInt8](repeating: secret, count: 32))
      relays = Relays(RelayIdentity(realm: name, start: start, tls: tls), mailbox: mailbox, log: log)
      let listener = try Descriptor.listening(on: .loopback(port: 0))
      address = try listener.localAddress()
      door = try RelayDoor([RelayListener(adopting: listener)], relays, log)
      try door.start()
    }

    var endpoint: Endpoint { Endpoint(host: "127.0.0.1", port: address.port) }

    func neighbours(_ names: String...) throws {
      try relays.configure(names.map { Neighbour(name: $0, relay: nil) }, realms: ["alpha", "beta"])
    }

    func dial(_ other: Edge) throws {
      try relays.configure([Neighbour(name: other.name, relay: other.endpoint)], realms: ["alpha", "beta"])
    }

    func stop() {
      door.stop()
      relays.stop(reason: "\(name) is shutting down", withinMilliseconds: 2_000)
    }

    /// Waits for the next event that is wanted; those before it are passed over.
    func wait<Wanted>(
      for what: String, _ isWanted: (LinkEvent) -> Wanted?, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Wanted {
      let until = Clock.monotonicMilliseconds() + 30_000
      while true {
        while !events.isEmpty {
          if let wanted = isWanted(events.removeFirst()) { return wanted }
        }
        try #require(Clock.monotonicMilliseconds() < until, "no \(what) at \(name)", sourceLocation: sourceLocation)
        guard try mailbox.wait(timeoutMilliseconds: 100) else { continue }
        var some: [Event] = []
        mailbox.drain(into: &some)
        for case .link(let event) in some { events.append(event) }
      }
    }

    func up() throws -> (id: LinkID, link: OpenedLink) {
      try wait(for: "link") { if case .up(let id, let link) = $0 { (id, link) } else { nil } }
    }

    func down(_ id: LinkID) throws -> String {
      try wait(for: "end of a link") { if case .down(id, let reason) = $0 { reason } else { nil } }
    }

    func frames(_ id: LinkID) throws -> [Frame] {
      try wait(for: "frames") { if case .frames(id, let frames) = $0 { frames } else { nil } }
    }
  }

  private func frame(_ number: UInt64, bytes: Int = 10) -> Frame {
    .circuit(
      CircuitFrame(
        kind: .sealed, from: "alpha", to: "beta", hops: 1, circuit: 1, count: number,
        payload: [UInt8](repeating: 1, count: bytes)))
  }

  /// Two realms, and the link that alpha has dialled.
  private func pair(_ alpha: Edge, _ beta: Edge) throws -> (alpha: LinkID, beta: LinkID) {
    try beta.neighbours("alpha")
    try alpha.dial(beta)
    let (dialled, accepted) = (try alpha.up(), try beta.up())
    #expect(dialled.link.realm == "beta" && dialled.link.isDialled)
    #expect(accepted.link.realm == "alpha" && !accepted.link.isDialled)
    #expect(dialled.link.key == beta.relays.identity.tls.publicKey)
    #expect(accepted.link.key == alpha.relays.identity.tls.publicKey)
    #expect(abs(dialled.link.clockAhead) < 10_000)
    return (dialled.id, accepted.id)
  }

  @Test func framesGoBothWaysAndAreCounted() throws {
    let (alpha, beta) = (try Edge("alpha", secret: 1), try Edge("beta", secret: 2))
    let ids = try pair(alpha, beta)
    alpha.relays.release([.send(ids.alpha, frame(1)), .send(ids.alpha, frame(2))])
    var heard: [Frame] = []
    while heard.count < 2 { heard += try beta.frames(ids.beta) }
    #expect(heard == [frame(1), frame(2)])
    var sent = 0
    while sent < 2 * frame(1).weight {
      sent += try alpha.wait(for: "report") { if case .sent(ids.alpha, let bytes, _) = $0 { bytes } else { nil } }
    }
    #expect(sent == 2 * frame(1).weight)
    beta.relays.release([.send(ids.beta, frame(3))])
    #expect(try alpha.frames(ids.alpha) == [frame(3)])
    #expect(alpha.relays.statistics.links == 1)
    alpha.stop()
    #expect(try beta.down(ids.beta) == "alpha says: alpha is shutting down")
    beta.stop()
    #expect(alpha.relays.statistics.links == 0)
  }

  @Test("An ordered close says goodbye, and the link is dialled again")
  func closes() throws {
    let (alpha, beta) = (try Edge("alpha", secret: 1), try Edge("beta", secret: 2))
    let ids = try pair(alpha, beta)
    beta.relays.release([.close(ids.beta, reason: "for a test"), .send(ids.beta, frame(1))])
    #expect(try beta.down(ids.beta) == "for a test")
    #expect(try alpha.down(ids.alpha) == "beta says: for a test")
    let next = try alpha.wait(for: "plan") { if case .planned("beta", let next) = $0 { next } else { nil } }
    #expect(next > Clock.wallMilliseconds() - 60_000)
    let again = try alpha.up().id
    #expect(again != ids.alpha)
    // Of a link that is gone nothing is known any more.
    alpha.relays.release([.send(ids.alpha, frame(1)), .close(ids.alpha, reason: "late"), .send(again, frame(2))])
    #expect(try beta.frames(try beta.up().id) == [frame(2)])
    alpha.stop()
    beta.stop()
  }

  @Test("While the realm takes nothing nothing is lost, and it does not count as silence")
  func fullMailbox() throws {
    let (alpha, beta) = (try Edge("alpha", secret: 1), try Edge("beta", secret: 2, maxBytes: 100_000))
    let ids = try pair(alpha, beta)
    let count: UInt64 = 100
    for number in 1...count { alpha.relays.release([.send(ids.alpha, frame(number, bytes: 50_000))]) }
    // Time enough to fill what may be filled.
    poll(nil, 0, 300)
    #expect(beta.mailbox.waiting.bytes < 3 << 20)
    var heard: [Frame] = []
    while heard.count < count { heard += try beta.frames(ids.beta) }
    #expect(heard == (1...count).map { frame($0, bytes: 50_000) })
    alpha.stop()
    beta.stop()
  }

  @Test("Who takes nothing is closed when too much waits for it")
  func neverReads() throws {
    let alpha = try Edge("alpha", secret: 1)
    let listener = try Descriptor.listening(on: .loopback(port: 0))
    try alpha.relays.configure(
      [Neighbour(name: "beta", relay: Endpoint(host: "127.0.0.1", port: try listener.localAddress().port))],
      realms: ["alpha", "beta"])
    #expect(try listener.wait(toRead: true, timeoutMilliseconds: 20_000))
    guard let accepted = try listener.accept() else {
      Issue.record("nobody connects")
      return
    }
    let beta = TLSStream(
      adopting: accepted.take(), TLSIdentity(secret: [UInt8](repeating: 2, count: 32)), isClient: false)
    while let wish = try beta.handshake() {
      let wait = { (socket: borrowing Descriptor) throws(SystemError) -> Bool in
        try socket.wait(toRead: wish == .read, toWrite: wish == .write, timeoutMilliseconds: 20_000)
      }
      #expect(try beta.withSocket(wait))
    }
    var hello: [UInt8] = []
    FrameCoder.append(.hello(Hello(version: 1, from: "beta", to: "alpha", start: 2, clock: 0)), to: &hello)
    _ = try hello.withUnsafeBytes { try beta.write($0) }
    let id = try alpha.up().id
    for number in 0..<64 { alpha.relays.release([.send(id, frame(UInt64(number), bytes: 1 << 20 - 200))]) }
    #expect(try alpha.down(id) == "beta does not take what it is sent")
    alpha.stop()
  }

  @Test("Where nobody listens that is told, with the time of the next attempt; a new address is dialled at once")
  func unreachable() throws {
    let (alpha, beta) = (try Edge("alpha", secret: 1), try Edge("beta", secret: 2))
    try beta.neighbours("alpha")
    let port = try {
      let listener = try Descriptor.listening(on: .loopback(port: 0))
      return try listener.localAddress().port
    }()
    try alpha.relays.configure(
      [Neighbour(name: "beta", relay: Endpoint(host: "127.0.0.1", port: port))], realms: ["alpha", "beta"])
    let (reason, next) = try alpha.wait(for: "failure") {
      if case .failed("beta", let reason, let next) = $0 { (reason, next) } else { nil }
    }
    #expect(reason == "Connection refused")
    #expect((1...2_000).contains(next - Clock.wallMilliseconds() + 1_000))
    alpha.relays.release([.dialNow(realm: "beta"), .dialNow(realm: "nobody")])
    try alpha.dial(beta)
    _ = try alpha.up()
    alpha.stop()
    beta.stop()
  }

  @Test("A stranger is told why; a neighbour that is none any more is let go")
  func refusals() throws {
    let (alpha, beta) = (try Edge("alpha", secret: 1), try Edge("beta", secret: 2))
    try beta.neighbours()
    try alpha.dial(beta)
    let reason = try alpha.wait(for: "failure") { if case .failed(_, let reason, _) = $0 { reason } else { nil } }
    #expect(reason.hasPrefix("beta says: alpha is no neighbour of beta"))
    try beta.neighbours("alpha")
    let id = try alpha.up().id
    try beta.neighbours()
    #expect(try alpha.down(id) == "beta says: beta is no longer linked to alpha")
    alpha.stop()
    beta.stop()
  }

  @Test("Both dial: both links are the realm's to choose from")
  func bothDial() throws {
    let (alpha, beta) = (try Edge("alpha", secret: 1), try Edge("beta", secret: 2))
    try beta.neighbours("alpha")
    try alpha.dial(beta)
    try beta.dial(alpha)
    let first = try alpha.up()
    // The other one may have come up, too, and then either can be closed.
    alpha.relays.release([.send(first.id, frame(1))])
    _ = try beta.wait(for: "frames") { if case .frames(_, [frame(1)]) = $0 { true } else { nil } }
    alpha.stop()
    beta.stop()
  }
}
