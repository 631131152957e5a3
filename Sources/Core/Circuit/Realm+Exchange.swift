import Wire

/// What goes over an open circuit: items in frames, in order, acknowledged once per turn.
extension Realm {
  // MARK: saying

  /// Says something that nobody stores on the circuit to a realm; false if there is none, or it has no room now:
  /// `circuitHasRoom` tells when it has again.
  @discardableResult
  func tell(_ item: Item, to peer: Peer) -> Bool {
    guard peer.isOpen else { return false }
    guard room(peer) > 0 else {
      peer.awaitsRoom = true
      return false
    }
    peer.circuit?.say(item)
    touch(peer)
    return true
  }

  /// Bytes that may still be said before something is acknowledged.
  func room(_ peer: Peer) -> Int {
    guard let bytes = peer.circuit?.bytesUnacknowledged else { return 0 }
    return peer.window - bytes - peer.outbox.liveBytes
  }

  /// Seals what is to be said, as far as the link has room; the rest goes out as the link takes it.
  func flush(_ peer: Peer) {
    let signals = peer.signals
    peer.signals.removeAll()
    guard let link = link(toward: peer.name) else { return }
    for signal in signals { send(.circuit(signal), over: link) }
    while link.hasRoom, link.transit.isEmpty, let frame = peer.circuit?.seal(cryptography, now: uptime) {
      send(.circuit(frame), over: link)
    }
    if let frame = peer.circuit?.sealAcknowledgement(cryptography) { send(.circuit(frame), over: link) }
  }

  // MARK: taking

  /// Takes the items of a frame.
  func take(_ bytes: [UInt8], _ count: UInt64, from peer: Peer) {
    let items: [Item]
    do throws(ItemError) {
      items = try ItemCoder.items(bytes)
    } catch {
      return closeCircuit(peer, "a frame of it cannot be read: \(error)")
    }
    peer.inbox.bytes += bytes.count
    guard peer.inbox.bytes <= Limits.inboxBytes else {
      return closeCircuit(peer, "it sends more than its window")
    }
    var isContent = false
    for item in items {
      switch item {
      case .acknowledge: break
      case .envelopes(let name, let bytes):
        isContent = true
        guard gather(bytes, name, from: peer) else { return }
        continue
      default: isContent = true
      }
      peer.inbox.work.append(.item(item))
    }
    peer.inbox.work.append(.frameEnd(count, isContent: isContent, bytes: bytes.count))
    takeOn(from: peer, isHeld: peer.inbox.isHeld)
  }

  /// Puts envelopes where they wait to be taken; false if they are not as they should be.
  private func gather(_ bytes: [UInt8], _ name: EnvelopeName, from peer: Peer) -> Bool {
    let envelopes: [Envelope]
    do throws(ItemError) {
      envelopes = try ItemCoder.envelopes(bytes)
    } catch {
      closeCircuit(peer, "envelopes cannot be read: \(error)")
      return false
    }
    guard name.number > 0, let last = UInt64(exactly: envelopes.count).map({ name.number.addingReportingOverflow($0) }),
      !last.overflow
    else {
      closeCircuit(peer, "an envelope has a number that none can have")
      return false
    }
    let before = peer.inbox.numbers.last { $0.epoch == name.epoch }?.number
    // The first of an epoch on a circuit may lie behind a gap: what was kept for too long is gone there.
    guard before.map({ name.number <= $0 + 1 }) ?? true else {
      closeCircuit(peer, "envelopes are missing")
      return false
    }
    guard before != nil || peer.inbox.numbers.count < Limits.epochsPerRealm else {
      closeCircuit(peer, "its envelopes are of more epochs than a realm can have")
      return false
    }
    peer.inbox.note(EnvelopeName(epoch: name.epoch, number: last.partialValue - 1))
    peer.inbox.work.append(.envelopes(epoch: name.epoch, number: name.number, envelopes[...]))
    return true
  }

  /// What waited since `take` said "not yet" is to be taken again, in order.
  func takeOn(from peer: Peer) {
    peer.inbox.isHeld = false
    takeOn(from: peer, isHeld: false)
  }

  private func takeOn(from peer: Peer, isHeld: Bool) {
    guard !isHeld, !peer.inbox.isTaking, let id = peer.circuit?.id else { return }
    peer.inbox.isTaking = true
    // Whatever is called here may close the circuit; then the inbox is another.
    while peer.circuit?.id == id, !peer.inbox.isHeld, let work = peer.inbox.work.first {
      switch work {
      case .item(let item):
        _ = peer.inbox.work.popFirst()
        takeOne(item, from: peer)
      case .envelopes(let epoch, let number, let envelopes):
        guard peer.isOpen else { return closeCircuit(peer, "it does not begin with positions") }
        if let left = takeAll(envelopes, epoch, number, from: peer) {
          guard peer.circuit?.id == id else { return }
          peer.inbox.work.changeFirst { $0 = .envelopes(epoch: epoch, number: number, left) }
          peer.inbox.isHeld = true
        } else if peer.circuit?.id == id {
          _ = peer.inbox.work.popFirst()
        }
      case .frameEnd(let count, let isContent, let bytes):
        _ = peer.inbox.work.popFirst()
        peer.inbox.bytes -= bytes
        peer.circuit?.tookFrame(count, isContent: isContent, now: uptime)
        touch(peer)
      }
    }
    if peer.circuit?.id == id { peer.inbox.isTaking = false }
  }

  /// Applies envelopes that were not applied before, each once.
  ///
  /// - Returns: those that are left because something has to be read first; nil for none.
  private func takeAll(
    _ envelopes: ArraySlice<Envelope>, _ epoch: UInt64, _ first: UInt64, from peer: Peer
  ) -> ArraySlice<Envelope>? {
    guard let circuit = peer.circuit?.id else { return nil }
    let before = peer.applied(epoch)
    var applied = before
    defer {
      if applied > before {
        peer.apply(EnvelopeName(epoch: epoch, number: applied))
        relays.counters.envelopesTaken += Int64(clamping: applied - before)
        touch(peer)
      }
    }
    for index in envelopes.indices {
      let number = first + UInt64(index)
      guard number > applied else { continue }
      if number > applied + 1 { noteGap(peer, applied, number) }
      guard take(envelopes[index], from: peer) else { return envelopes[index...] }
      applied = number
      guard peer.circuit?.id == circuit else { return nil }
    }
    return nil
  }

  private func noteGap(_ peer: Peer, _ applied: UInt64, _ next: UInt64) {
    guard !peer.inbox.hasNotedGap else { return }
    peer.inbox.hasNotedGap = true
    note(
      "circuit", "envelopes are missing: the other realm keeps them no longer", level: .warning,
      ["realm": peer.name, "missing": String(next - applied - 1), "after": String(applied)])
  }

  private func takeOne(_ item: Item, from peer: Peer) {
    switch item {
    case .positions(let positions): positionsTold(positions, by: peer)
    case .acknowledge(let count): acknowledged(upTo: count, by: peer)
    case .envelopes: break  // taken apart already
    default:
      guard peer.isOpen else { return closeCircuit(peer, "it does not begin with positions") }
      take(item, from: peer)
    }
  }

  private func positionsTold(_ positions: [EnvelopeName], by peer: Peer) {
    guard peer.circuit?.isOpen == false, positions.count <= Limits.epochsPerRealm else {
      return closeCircuit(peer, "it tells positions where none belong")
    }
    guard let hasForgotten = peer.outbox.begin(positions, current: epoch) else {
      return closeCircuit(peer, "it says that it has applied what was never sent")
    }
    if hasForgotten {
      note(
        "circuit", "the realm has lost what it had applied, and gets it again", level: .warning, ["realm": peer.name])
    }
    peer.circuit?.isOpen = true
    peer.isCalled = false
    note("circuit", "open", ["realm": peer.name, "through": peer.route?.next ?? ""])
    touch(peer)
    circuitOpened(peer)
  }

  private func acknowledged(upTo count: UInt64, by peer: Peer) {
    guard let done = peer.circuit?.acknowledge(upTo: count) else {
      return closeCircuit(peer, "it acknowledges what was not sent")
    }
    let next = peer.circuit?.oldestEnvelope ?? 0
    for frame in done {
      peer.window = min(settings.limits.windowBytes, peer.window + frame.bytes / 4)
      guard let name = frame.lastEnvelope else { continue }
      peer.outbox.acknowledge(
        name, bytes: frame.envelopeBytes, waited: frame.waited, nextPosted: next > 0 ? next : nil, isFinal: false)
    }
    touch(peer)
    shareRoom(of: peer)
  }

  /// There may be room again: what waits in the outbox and what the rules have to tell get it in turn.
  func shareRoom(of peer: Peer) {
    guard room(peer) >= peer.window / 4 else { return }
    peer.outbox.resume()
    guard peer.awaitsRoom else { return }
    guard peer.isTurnOfTold || peer.outbox.unsent == nil else {
      peer.isTurnOfTold = true  // the end of the turn reads the outbox
      return
    }
    peer.isTurnOfTold = false
    peer.awaitsRoom = false
    circuitHasRoom(peer)
  }
}

extension Inbox {
  /// The last number heard of an epoch.
  fileprivate mutating func note(_ position: EnvelopeName) {
    if let index = numbers.lastIndex(where: { $0.epoch == position.epoch }) {
      numbers[index].number = max(numbers[index].number, position.number)
    } else {
      numbers.append(position)
    }
  }
}
