import Core
import Glibc
import Net
import Server
import Wire

/// `moot link test`: goes the way that a link to a neighbour goes, a step at a time.
///
/// Where a link is up already it stops before it says hello, for a second link would take its place; what the link has
/// shown stands in for the rest.
struct LinkTest {
  /// What each step may take.
  private static let patience = 5_000
  /// How long the other realm has to refuse after its hello: the decision is the realm's and takes a turn.
  private static let refusalPatience = 1_500

  private let configuration: Configuration
  private let name: String
  private(set) var check = Check()
  /// What the running realm says of the link that it has.
  private var live: JSON?

  private init(_ configuration: Configuration, _ name: String) {
    self.configuration = configuration
    self.name = name
  }

  /// Why the steps end here; it is among the findings already.
  private struct Stopped: Error {}

  /// Tests the link to a neighbour and returns what was found.
  static func run(_ configuration: Configuration, to name: String) -> Check {
    var test = LinkTest(configuration, name)
    do throws(Stopped) {
      try test.steps()
    } catch {
      // The last finding says why.
    }
    return test.check
  }

  private var own: String { configuration.settings.realm }

  private mutating func fail(_ text: String) -> Stopped {
    check.add(.error, text)
    return Stopped()
  }

  /// What is wrong on the way there is no more than that where the other side has come here.
  private mutating func fail(toDial text: String) -> Stopped {
    guard let live else { return fail(text) }
    check.add(.warning, "\(text). The link is up all the same: \(name) has dialled")
    vouch(live)
    return Stopped()
  }

  private mutating func steps() throws(Stopped) {
    let entry = try directoryStep()
    lookForLink()
    let key = try ownKeyStep()
    guard let endpoint = entry.relay else { return withoutAddress() }
    let address = try addressStep(endpoint)
    let stream = try connectStep(address, TLSIdentity(secret: key.secret))
    try handshakeStep(stream, address)
    try keyStep(stream, entry)
    guard let live else { return try helloStep(stream) }
    Self.sayGoodbye(stream)
    vouch(live)
  }

  private mutating func withoutAddress() {
    if let live {
      check.add(.ok, "address: the directory has none of \(name), so \(name) has to dial, and has done so")
      vouch(live)
    } else if configuration.relay.isEmpty {
      check.add(.error, "address: the directory has none of \(name), and none of \(own): give one of them \"relay\"")
    } else {
      check.add(.warning, "address: the directory has none of \(name), so \(name) has to dial: run this test there")
    }
  }

  /// Another hello would end the link that is up. It has been said there, and has shown what it was to show.
  private mutating func vouch(_ live: JSON) {
    var text = "hello: not said, for it would end the link that is up; that link has the right key and version"
    if case .integer(let milliseconds)? = live["roundTrip"]?.kind { text += ", and a round trip of \(milliseconds) ms" }
    check.add(.ok, text)
    if case .integer(let ahead)? = live["clockAhead"]?.kind { clockStep(ahead: ahead) }
  }

  private mutating func directoryStep() throws(Stopped) -> RealmEntry {
    guard let entry = configuration.directory[name] else {
      let known = configuration.directory.names.joined(separator: ", ")
      throw fail(
        "directory: no realm \(name), only \(known): `moot realm add` with the line that `moot pair` prints there")
    }
    guard configuration.neighbours.contains(where: { $0.name == name }) else {
      throw fail(
        "directory: \(name) is not linked to \(own), so there is nothing to test; `moot links` shows how it is reached."
          + " To link the two, name one in \"links\" of the other, in both directories")
    }
    check.add(.ok, "directory: \(name) is linked to \(own)")
    return entry
  }

  /// Whether the running realm has the link.
  private mutating func lookForLink() {
    let answer: JSON
    do throws(Failure) {
      answer = try Admin.ask(["command": "links"], in: configuration.folder)
    } catch {
      return check.add(.ok, "\(own) does not run, or not from \(configuration.folder): testing without it")
    }
    let link = answer["links"]?.elements?.first { $0["realm"]?.text == name }
    let error = link?["lastError"]?.text ?? ""
    if link?["way"]?.text == "link" {
      live = link
      check.add(.ok, "\(own) runs, and has a link to \(name)")
    } else {
      check.add(.warning, "\(own) runs, and has no link to \(name)" + (error.isEmpty ? "" : "; it says: \(error)"))
    }
  }

  private mutating func ownKeyStep() throws(Stopped) -> RealmKey {
    let key: RealmKey?
    do throws(RealmKeyError) {
      key = try RealmKey.read(in: configuration.folder)
    } catch {
      throw fail("own key: \(error)")
    }
    guard let key else {
      throw fail("own key: \(configuration.folder) has none yet; the first start of \(own), or `moot pair`, makes it")
    }
    if let problem = configuration.problem(with: key) { check.add(.error, "own key: \(problem)") }
    return key
  }

  private mutating func addressStep(_ endpoint: Endpoint) throws(Stopped) -> SocketAddress {
    do throws(SocketAddress.Malformed) {
      let address = try SocketAddress.resolve(endpoint.description)
      check.add(.ok, "address: \(endpoint)" + ("\(address)" == "\(endpoint)" ? "" : " is \(address)"))
      return address
    } catch {
      throw fail(toDial: "address: \(error): correct \"relay\" of \(name) in the directory, or the name service")
    }
  }

  private mutating func connectStep(
    _ address: SocketAddress, _ identity: TLSIdentity
  ) throws(Stopped) -> TLSStream {
    do throws(SystemError) {
      let started = Clock.monotonicMilliseconds()
      let descriptor = try Descriptor.connecting(to: address)
      guard try descriptor.wait(toWrite: true, timeoutMilliseconds: Self.patience) else {
        throw SystemError(call: "connect", code: ETIMEDOUT)
      }
      if let error = try descriptor.connectionError() { throw error }
      check.add(.ok, "TCP: connected within \(Clock.monotonicMilliseconds() - started) ms")
      return TLSStream(adopting: descriptor, identity, isClient: true)
    } catch {
      let remedy =
        switch error.code {
        case ECONNREFUSED: "nothing listens there: start \(name), or correct \"relay\" of \(name)"
        case ETIMEDOUT: "a firewall on the way, or the wrong address: let TCP through to \(address)"
        case ENETUNREACH, EHOSTUNREACH: "this machine has no way there: look at its network"
        default: "correct \"relay\" of \(name)"
        }
      throw fail(toDial: "TCP: \(address): \(error.reason); \(remedy)")
    }
  }

  private mutating func handshakeStep(_ stream: TLSStream, _ address: SocketAddress) throws(Stopped) {
    do {
      let until = Clock.monotonicMilliseconds() + Int64(Self.patience)
      while let wish = try stream.handshake() {
        guard try Self.wait(stream, wish, until: until) else {
          throw fail(
            toDial: "TLS: \(address) accepts connections, then says nothing: something else is there, or it hangs")
        }
      }
      check.add(.ok, "TLS: 1.3")
    } catch let stopped as Stopped {
      throw stopped
    } catch TLSError.cut {
      throw fail(
        toDial: "TLS: the connection was cut off: something between here and \(address) does not let TLS through")
    } catch {
      throw fail(toDial: "\(error): is \(address) the relay port of \(name)?")
    }
  }

  private static func wait(_ stream: TLSStream, _ wish: TLSStream.Wish, until: Int64) throws(SystemError) -> Bool {
    let left = Int(max(0, until - Clock.monotonicMilliseconds()))
    return try stream.withSocket { (socket) throws(SystemError) in
      try socket.wait(toRead: wish == .read, toWrite: wish == .write, timeoutMilliseconds: left)
    }
  }

  private mutating func keyStep(_ stream: TLSStream, _ entry: RealmEntry) throws(Stopped) {
    let shown = RealmKey.text(of: stream.peerKey ?? [])
    switch entry.identity {
    case .firstUse:
      check.add(.ok, "key: \(shown); the directory trusts the first one that \(name) shows")
    case .key(let key):
      guard key == stream.peerKey else {
        throw fail(
          "key: \(address(of: entry)) shows \(shown), the directory has \(RealmKey.text(of: key)): ask whoever runs "
            + "\(name) which one is right; if it is neither, somebody is in between")
      }
      check.add(.ok, "key: \(shown), as the directory has it")
    }
  }

  private func address(of entry: RealmEntry) -> String { entry.relay.map { "\($0)" } ?? entry.name }

  private mutating func helloStep(_ stream: TLSStream) throws(Stopped) {
    let now = Clock.monotonicMilliseconds()
    var link = Link(
      dialling: name, from: own, start: Crypto.randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }, now: now,
      clock: Clock.wallMilliseconds())
    do {
      var until = now + Int64(Self.patience)
      while true {
        try Self.send(&link, stream)
        let happenings = try Self.receive(&link, stream)
        for happening in happenings {
          switch happening {
          case .hello(let hello):
            clockStep(ahead: hello.clock - Clock.wallMilliseconds())
            check.add(.ok, "version: \(hello.version) of the link protocol")
            until = Clock.monotonicMilliseconds() + Int64(Self.refusalPatience)
          case .closed(let reason): throw fail("hello: \(reason)")
          case .frames: break
          }
        }
        guard happenings.isEmpty, !(try Self.wait(stream, .read, until: until)) else { continue }
        guard link.isOpen else { throw fail("hello: no answer from \(name): its realm hangs, or is very busy") }
        break
      }
      check.add(.ok, "hello: \(name) takes the link")
      link.close(reason: "this was a test")
      try Self.send(&link, stream)
      stream.end()
    } catch let stopped as Stopped {
      throw stopped
    } catch {
      throw fail("hello: \(error)")
    }
  }

  /// Says, for the log of the other realm, what this was.
  private static func sayGoodbye(_ stream: TLSStream) {
    var bytes: [UInt8] = []
    FrameCoder.append(.goodbye("this was a test of the way"), to: &bytes)
    // Where it does not get through, the log there says that the connection was cut off.
    _ = try? bytes.withUnsafeBytes { try stream.write($0) }
    stream.end()
  }

  private static func send(_ link: inout Link, _ stream: TLSStream) throws {
    while link.hasUnsent {
      let bytes = Array(link.unsent)
      let outcome = try bytes.withUnsafeBytes { try stream.write($0) }
      guard case .done(let count) = outcome else { return }
      _ = link.sent(count)
    }
  }

  private static func receive(_ link: inout Link, _ stream: TLSStream) throws -> [Link.Happening] {
    var room = [UInt8](repeating: 0, count: 16 << 10)
    guard case .done(let count) = try room.withUnsafeMutableBytes({ try stream.read(into: $0) }) else { return [] }
    return link.receive(room[..<count], now: Clock.monotonicMilliseconds())
  }

  private mutating func clockStep(ahead: Milliseconds) {
    let far = abs(ahead) < 10_000 ? "\(abs(ahead)) ms" : LinkTable.span(abs(ahead))
    let difference = "the clock of \(name) is \(far) \(ahead < 0 ? "behind" : "ahead")"
    if abs(ahead) <= Limits.clockTolerance {
      check.add(.ok, "clock: \(difference)")
    } else {
      check.add(.warning, "clock: \(difference): set both machines by NTP; messages are shown at the wrong time")
    }
  }
}
