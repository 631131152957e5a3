import Testing
import Wire

@testable import Core

/// A neighbour that holds its own keys and says what it likes, to one realm with the real rules.
final class HostilePeer {
  let name: String
  let victim: TestRealm
  private(set) var link: LinkID
  private let cryptography: TestCryptography
  private var circuit: Circuit?
  private var lastCircuit: UInt64 = 100
  private let secret = Array("a secret of mallory's, 32 bytes.".utf8)

  init(_ name: String = "mallory", against victim: TestRealm, link: UInt64 = 1) throws {
    self.name = name
    self.victim = victim
    self.link = LinkID(rawValue: link)
    cryptography = TestCryptography(of: name)
    try connect()
  }

  /// Dials the victim.
  func connect(key: [UInt8]? = nil, start: UInt64 = 1, isDialled: Bool = false) throws {
    let opened = OpenedLink(
      realm: name, key: key ?? cryptography.identity, start: start, isDialled: isDialled, address: "192.0.2.66:1",
      clockAhead: 0)
    try victim.handle(.link(.up(link, opened)))
  }

  /// Dials again beside the link there is.
  func connectAgain(start: UInt64 = 1, isDialled: Bool = false) throws {
    link = LinkID(rawValue: link.rawValue + 1)
    try connect(start: start, isDialled: isDialled)
  }

  func send(_ frames: [Frame]) throws { try victim.handle(.link(.frames(link, frames))) }

  /// What the victim has sent since the last time.
  func received() -> [Frame] {
    defer { victim.linkOrders = [] }
    return victim.linkOrders.compactMap { if case .send(link, let frame) = $0 { frame } else { nil } }
  }

  /// Why the victim has closed the link; nil if it has not.
  var reasonForClosing: String? {
    victim.linkOrders.lazy.compactMap { if case .close(self.link, let reason) = $0 { reason } else { nil } }.first
  }

  // MARK: circuits

  /// An OPEN, by the rules.
  func opening(circuit: UInt64, from: String? = nil, signedBy signer: String? = nil) -> Frame {
    let from = from ?? name
    let handshake = Handshake(opener: from, acceptor: victim.settings.realm, circuit: circuit)
    let key = cryptography.publicKey(of: secret)
    let introduction = Introduction(
      key: key, start: 1,
      signature: TestCryptography(of: signer ?? from).sign(handshake.opening(key: key, start: 1)))
    return .circuit(
      CircuitFrame(
        kind: .open, from: from, to: victim.settings.realm, hops: 16, circuit: circuit, count: 0,
        payload: introduction.payload))
  }

  /// Opens a circuit, with these items in its first frame.
  func open(_ items: [Item] = [.positions([])]) throws {
    try victim.sleep(seconds: 1)
    _ = received()
    lastCircuit += 1
    try send([opening(circuit: lastCircuit)])
    let accepts = received().compactMap { frame -> CircuitFrame? in
      if case .circuit(let circuit) = frame, circuit.kind == .accept { circuit } else { nil }
    }
    let accept = try #require(accepts.first)
    let answer = try #require(Introduction(accept.payload))
    let handshake = Handshake(opener: name, acceptor: victim.settings.realm, circuit: lastCircuit)
    let keys = try #require(
      handshake.keys(
        secret: secret, otherKey: answer.key, openerKey: cryptography.publicKey(of: secret), acceptorKey: answer.key,
        cryptography))
    circuit = Circuit(
      id: lastCircuit, from: name, to: victim.settings.realm, sendKey: keys.opener, receiveKey: keys.acceptor, now: 0)
    try say(items)
  }

  /// The next frame of the circuit, with these items.
  func frame(_ items: [Item]) throws -> CircuitFrame {
    for item in items { circuit?.say(item) }
    let frame = circuit?.seal(cryptography, now: 0)
    return try #require(frame)
  }

  /// Says items on the circuit.
  func say(_ items: [Item]) throws { try send([.circuit(try frame(items))]) }

  /// Says bytes that are no items.
  func say(plain bytes: [UInt8]) throws {
    circuit?.say(OutboxRow(realm: "", epoch: 1, first: 1, last: 1, time: 0, waited: false, bytes: bytes))
    let frame = circuit?.seal(cryptography, now: 0)
    try send([.circuit(try #require(frame))])
  }

  /// The items that the victim has said on the circuit since the last time.
  func heard() throws -> [Item] {
    var items: [Item] = []
    for case .circuit(let frame) in received() where frame.kind == .sealed {
      guard case .plain(let bytes)? = circuit?.open(frame, cryptography) else { continue }
      items += try ItemCoder.items(bytes)
    }
    return items
  }

  /// A message to somebody of the victim's.
  static func envelopes(_ texts: String..., from: String = "moll", to: String = "alice") -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, text) in texts.enumerated() {
      let letter = Letter(
        from: from, kind: .message, id: MessageID(epoch: 77, counter: UInt64(index + 1)), time: 1, tags: [],
        body: Array(text.utf8))
      ItemCoder.append(.message(letter, to: to), to: &bytes)
    }
    return bytes
  }
}
