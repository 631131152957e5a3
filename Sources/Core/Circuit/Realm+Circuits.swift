import Wire

/// Opening and closing circuits. What is said on them: `Realm+Exchange`.
extension Realm {
  /// Opens a circuit to a realm where there is none: `circuitOpened` tells when it is there. It stays while it is used,
  /// and as long as `Peer.needsCircuit` says so.
  func openCircuit(to peer: Peer) {
    guard peer.circuit == nil else { return }
    peer.isCalled = true
    touch(peer)
  }

  /// Asks for a circuit, where one is wanted and there is a way.
  func openIfWanted(_ peer: Peer) {
    guard peer.circuit == nil, peer.opening == nil, peer.accepted == nil, uptime >= peer.nextOpening,
      peer.isReachable, !peer.key.isEmpty, peer.isCalled || peer.needsCircuit || !peer.outbox.isEmpty
    else { return }
    relays.circuits += 1
    let names = cryptography.expand(entropy, label("circuit", relays.circuits), count: 8)
    let id = names.reduce(0) { $0 << 8 | UInt64($1) }
    let secret = cryptography.expand(entropy, label("key", relays.circuits), count: 32)
    let key = cryptography.publicKey(of: secret)
    peer.opening = Opening(circuit: id, secret: secret, key: key, time: uptime)
    let handshake = Handshake(opener: settings.realm, acceptor: peer.name, circuit: id)
    let introduction = Introduction(
      key: key, start: epoch, signature: cryptography.sign(handshake.opening(key: key, start: epoch)))
    send(.open, circuit: id, introduction.payload, to: peer)
  }

  private func label(_ text: String, _ number: UInt64) -> [UInt8] {
    var label = Array(text.utf8)
    label.appendUInt64(number)
    return label
  }

  private func send(_ kind: CircuitFrame.Kind, circuit: UInt64, _ payload: [UInt8], to peer: Peer) {
    let signal = CircuitFrame(
      kind: kind, from: settings.realm, to: peer.name, hops: Limits.hops, circuit: circuit, count: 0, payload: payload)
    // Many frames of a lost circuit get one answer; and a flood that asks for many gets few.
    guard !peer.signals.contains(signal), peer.signals.count < Limits.signalsPerTurn else { return }
    peer.signals.append(signal)
    touch(peer)
  }

  // MARK: frames

  /// A frame for this realm. Who sent it is proved by what is in it, never by the link it came over.
  func take(_ frame: CircuitFrame) {
    guard let peer = peers[frame.from], peer.known != nil, !peer.key.isEmpty else { return }
    switch frame.kind {
    case .open: takeOpening(frame, from: peer)
    case .accept: takeAcceptance(frame, from: peer)
    case .sealed: takeSealed(frame, from: peer)
    case .unknown:
      // Only who is on the way can know the number of a circuit, and could as well hold all of it up.
      if peer.circuit?.id == frame.circuit { closeCircuit(peer, "the other side has lost it", tellsPeer: false) }
    case .bulk: break  // reserved: no realm sends it yet
    }
  }

  private func takeOpening(_ frame: CircuitFrame, from peer: Peer) {
    // Both at once: the one of the realm whose name sorts first stays.
    if peer.opening != nil, settings.realm < peer.name { return }
    guard peer.accepted?.id != frame.circuit, peer.circuit?.id != frame.circuit else { return }
    guard uptime - peer.heardOpening >= Limits.openingPause else { return }
    peer.heardOpening = uptime
    let handshake = Handshake(opener: peer.name, acceptor: settings.realm, circuit: frame.circuit)
    guard let offer = Introduction(frame.payload),
      cryptography.verify(offer.signature, of: handshake.opening(key: offer.key, start: offer.start), by: peer.key)
    else { return note("circuit", "an opening is not signed by its realm", level: .warning, ["realm": peer.name]) }
    relays.circuits += 1
    let secret = cryptography.expand(entropy, label("key", relays.circuits), count: 32)
    let key = cryptography.publicKey(of: secret)
    guard
      let keys = handshake.keys(
        secret: secret, otherKey: offer.key, openerKey: offer.key, acceptorKey: key, cryptography)
    else { return }
    peer.opening = nil
    peer.accepted = Circuit(
      id: frame.circuit, from: settings.realm, to: peer.name, sendKey: keys.acceptor, receiveKey: keys.opener,
      now: uptime)
    let signed = handshake.acceptance(openerKey: offer.key, key: key, start: epoch)
    let introduction = Introduction(key: key, start: epoch, signature: cryptography.sign(signed))
    send(.accept, circuit: frame.circuit, introduction.payload, to: peer)
  }

  private func takeAcceptance(_ frame: CircuitFrame, from peer: Peer) {
    guard let opening = peer.opening, opening.circuit == frame.circuit else { return }
    let handshake = Handshake(opener: settings.realm, acceptor: peer.name, circuit: frame.circuit)
    guard let answer = Introduction(frame.payload),
      cryptography.verify(
        answer.signature, of: handshake.acceptance(openerKey: opening.key, key: answer.key, start: answer.start),
        by: peer.key),
      let keys = handshake.keys(
        secret: opening.secret, otherKey: answer.key, openerKey: opening.key, acceptorKey: answer.key, cryptography)
    else { return note("circuit", "an acceptance is not signed by its realm", level: .warning, ["realm": peer.name]) }
    peer.opening = nil
    begin(
      Circuit(
        id: frame.circuit, from: settings.realm, to: peer.name, sendKey: keys.opener, receiveKey: keys.acceptor,
        now: uptime),
      with: peer)
  }

  /// From here on this is the circuit: it begins with our positions.
  private func begin(_ circuit: Circuit, with peer: Peer) {
    peer.circuit = circuit
    peer.inbox = Inbox()
    peer.awaitsRoom = false
    peer.circuit?.say(.positions(peer.applied))
    relays.counters.circuits += 1
    touch(peer)
  }

  private func takeSealed(_ frame: CircuitFrame, from peer: Peer) {
    if var accepted = peer.accepted, accepted.id == frame.circuit {
      guard case .plain(let bytes) = accepted.open(frame, cryptography) else { return }
      // The opener holds the keys: what there was before is over.
      peer.accepted = nil
      closeCircuit(peer, "the other side has opened another", tellsPeer: false)
      begin(accepted, with: peer)
      return take(bytes, frame.count, from: peer)
    }
    guard peer.circuit?.id == frame.circuit else {
      // An answer to every such frame would serve a flood.
      guard peer.opening == nil, peer.accepted == nil, peer.isReachable else { return }
      return send(.unknown, circuit: frame.circuit, [], to: peer)
    }
    switch peer.circuit?.open(frame, cryptography) {
    case .plain(let bytes)?: take(bytes, frame.count, from: peer)
    case .gap?: closeCircuit(peer, "frames were lost on the way")
    case .forged?: closeCircuit(peer, "a frame was not sealed by the realm")
    case .again?, nil: break
    }
  }

  /// A realm on the way could not pass one of our frames on: the circuit has a gap now.
  func take(_ dropped: Dropped) {
    guard let peer = peers[dropped.destination] else { return }
    if peer.opening?.circuit == dropped.circuit {
      peer.opening = nil
      return postpone(peer)
    }
    guard peer.circuit?.id == dropped.circuit else { return }
    if dropped.reason == .congested { peer.window = max(settings.limits.windowBytesLeast, peer.window / 2) }
    closeCircuit(peer, "\(dropped.by) could not pass a frame on: \(dropped.reason.words)", tellsPeer: false)
    if dropped.reason != .congested { postpone(peer) }
  }

  // MARK: the end

  /// The circuit is over: it is opened anew where something is to be said. Both sides begin again at the positions that
  /// they tell each other.
  ///
  /// - Parameter tellsPeer: whether the other side has to be told; else it finds out by itself.
  func closeCircuit(_ peer: Peer, _ reason: String, tellsPeer: Bool = true) {
    peer.opening = nil
    guard let circuit = peer.circuit else { return }
    peer.circuit = nil
    peer.inbox = Inbox()
    peer.isReading = false
    peer.outbox.end()
    if tellsPeer { send(.unknown, circuit: circuit.id, [], to: peer) }
    // One that held for a while is opened anew at once; one after the other only with pauses.
    if uptime - circuit.began >= Limits.openingPatienceMost { peer.attempts = 0 }
    if peer.attempts > 0 { postpone(peer) } else { peer.attempts = 1 }
    // What broke it may be that the other side was set back.
    if peer.hasExchanged { peer.isCalled = true }
    touch(peer)
    note("circuit", "closed", ["realm": peer.name, "why": reason])
    if circuit.isOpen { circuitClosed(peer) }
  }

  /// Everything that was agreed with a realm under another key is void.
  func forgetKeys(of peer: Peer, _ reason: String) {
    peer.accepted = nil
    closeCircuit(peer, reason)
  }

  /// The next attempt has to wait, the longer the more have failed.
  private func postpone(_ peer: Peer) {
    peer.nextOpening = uptime + patience(peer) / 2
    peer.attempts = min(peer.attempts + 1, 8)
  }

  /// How long the attempt under way may take.
  private func patience(_ peer: Peer) -> Milliseconds {
    min(Limits.openingPatienceMost, Limits.openingPatience << Int64(peer.attempts))
  }

  /// The way to a realm is another than before: what was on its way may be lost.
  func wayChanged(_ peer: Peer) {
    peer.wayChanged = uptime
    peer.opening = nil
    peer.attempts = 0
    peer.nextOpening = 0
  }

  /// Once a second: attempts that came to nothing, acknowledgements that do not come, circuits that nobody uses.
  func tickCircuit(_ peer: Peer) {
    if let opening = peer.opening, uptime - opening.time >= patience(peer) {
      peer.opening = nil
      peer.attempts = min(peer.attempts + 1, 8)
    }
    if let accepted = peer.accepted, uptime - accepted.began >= patience(peer) { peer.accepted = nil }
    guard let circuit = peer.circuit else {
      if peer.isReachable { touch(peer) }
      return
    }
    if !circuit.isOpen, uptime - circuit.began >= patience(peer) {
      peer.attempts = min(peer.attempts + 1, 8)
      closeCircuit(peer, "the other side has not gone on with it")
    } else if let oldest = circuit.unacknowledged.first, isOverdue(oldest, peer) {
      closeCircuit(peer, "nothing was acknowledged for too long")
    } else if circuit.isIdle(since: uptime - Limits.circuitIdle), !peer.needsCircuit, peer.outbox.isEmpty {
      forgetIdle(peer)
    } else {
      if circuit.isOpen { shareRoom(of: peer) }
      touch(peer)
    }
  }

  private func isOverdue(_ frame: Circuit.Sent, _ peer: Peer) -> Bool {
    if uptime - frame.time >= Limits.acknowledgePatience { return true }
    return frame.time <= peer.wayChanged && uptime - peer.wayChanged >= Limits.acknowledgePatienceOnChange
  }

  /// Nobody is told: should the other side have something to say, it opens one anew.
  private func forgetIdle(_ peer: Peer) {
    peer.circuit = nil
    peer.inbox = Inbox()
    peer.outbox.end()
    peer.isCalled = false
    circuitClosed(peer)
  }
}

extension Dropped.Reason {
  /// For the log.
  fileprivate var words: String {
    switch self {
    case .congested: "its link has more to carry than it can"
    case .noRoute: "it knows no way"
    case .hops: "it was passed on too often"
    case .noTransit: "it passes nothing on"
    }
  }
}
