import Core
import Wire

/// One end of a pretended TCP connection between two realms, with the link machine that drives it.
final class SimLink {
  enum Arrival {
    case bytes([UInt8])
    /// The other side has closed the connection, or it has broken.
    case closed(reason: String)
  }

  let id: LinkID
  unowned let realm: SimRealm
  /// The life of the process that holds it.
  let life: Int
  /// The realm at the other end, as TLS has proved it.
  unowned let peer: SimRealm
  var link: Link
  var other: SimLink?

  /// What is on its way to this end.
  var arrivals: [(at: Int64, what: Arrival)] = []
  /// Bytes that this end has sent and that have not arrived.
  var inFlight = 0
  /// Bytes are lost from now on, in both directions.
  var isBroken = false
  /// This end has let go of the connection.
  var isOver = false
  /// Whether the realm was told that the link is up.
  var isUp = false
  /// When it is next looked at for its time-outs.
  var tickDue: Int64 = .max

  init(id: LinkID, realm: SimRealm, peer: SimRealm, link: Link) {
    self.id = id
    self.realm = realm
    life = realm.life
    self.peer = peer
    self.link = link
  }
}

/// The relay edges of one realm: dial its neighbours, hold its links, and carry bytes between them.
final class SimRelays {
  /// Where one neighbour is dialled from.
  private struct Dialer {
    var redial: Redial
    /// The attempt that is under way or planned; earlier ones are void.
    var attempt = 0
    var isDialling = false
  }

  private unowned let world: World
  private unowned let realm: SimRealm
  private var chance: Chance
  private var dialers = Table<String, Dialer>()
  private var links = Table<LinkID, SimLink>()
  private var start: UInt64 = 0
  private static let patience: Int64 = 10_000

  init(world: World, realm: SimRealm, chance: Chance) {
    self.world = world
    self.realm = realm
    self.chance = chance
  }

  private var now: Int64 { world.now }
  var openLinks: [SimLink] { links.values }

  // MARK: life

  /// The process has started.
  func begin(_ start: UInt64) {
    self.start = start
    for peer in world.neighbours(of: realm) {
      dialers[peer.name] = Dialer(redial: Redial(now: now))
      plan(peer.name)
    }
  }

  /// The directory is another: neighbours are new, or are none any more.
  func configured() {
    let neighbours = world.neighbours(of: realm).map(\.name)
    for name in dialers.keys where !neighbours.contains(name) { dialers[name] = nil }
    for name in neighbours where dialers[name] == nil {
      dialers[name] = Dialer(redial: Redial(now: now))
      plan(name)
    }
  }

  /// The process is gone; the system closes its connections, which the others learn of or not.
  func end() {
    for link in links.values { letGo(link, reason: "Connection reset", isNoticed: !chance.percent(halfOpen)) }
    links = Table()
    dialers = Table()
  }

  private var halfOpen: Int { world.isCalm ? 0 : world.plan.relays.halfOpen }

  // MARK: dialling

  private func plan(_ name: String) {
    guard var dialer = dialers[name] else { return }
    dialer.attempt += 1
    dialers[name] = dialer
    world.agenda.add(.dial(realm, to: name, attempt: dialer.attempt, life: realm.life), at: max(now, dialer.redial.due))
  }

  /// An attempt is due: not where there is a link already.
  func dial(_ name: String, attempt: Int) {
    guard let dialer = dialers[name], dialer.attempt == attempt, !dialer.isDialling, let peer = world.realm(named: name)
    else { return }
    guard !links.values.contains(where: { $0.peer === peer && $0.isUp && !$0.isOver }) else { return }
    dialers[name]?.isDialling = true
    guard peer.isRunning, !world.isParted(realm, peer) else {
      // Refused at once, or no answer at all.
      let wait = peer.isRunning ? Self.patience : Int64(chance.within(0...50))
      world.agenda.add(.dialFailed(realm, to: name, attempt: attempt, life: realm.life), at: now + wait)
      return
    }
    connect(to: peer)
  }

  func dialFailed(_ name: String, attempt: Int) {
    guard dialers[name]?.attempt == attempt else { return }
    dialEnded(name, "cannot be reached")
  }

  private func dialEnded(_ name: String, _ reason: String) {
    guard var dialer = dialers[name] else { return }
    dialer.isDialling = false
    dialer.redial.failed(now: now, chance: chance.next())
    dialers[name] = dialer
    realm.post(.link(.failed(realm: name, reason: reason, next: realm.wall + dialer.redial.due - now)))
    plan(name)
  }

  private func connect(to peer: SimRealm) {
    world.lastLink += 2
    let own = SimLink(
      id: LinkID(rawValue: world.lastLink - 1), realm: realm, peer: peer,
      link: Link(dialling: peer.name, from: realm.name, start: start, now: now, clock: realm.wall))
    let theirs = SimLink(
      id: LinkID(rawValue: world.lastLink), realm: peer, peer: realm,
      link: Link(acceptedBy: peer.name, start: peer.relays.start, now: now))
    own.other = theirs
    theirs.other = own
    links[own.id] = own
    peer.relays.links[theirs.id] = theirs
    pump(own)
    peer.relays.pump(theirs)
  }

  // MARK: what the realm wants

  func carryOut(_ order: LinkOrder) {
    switch order {
    case .send(let id, let frame):
      guard let link = links[id], !link.isOver, link.isUp else { return }
      if !link.link.send(frame) {
        guard link.link.isOpen else { return }
        world.trace("\(realm.name): the link to \(link.peer.name) takes too little")
        link.link.close(reason: "it takes too little of what it is sent")
      }
      pump(link)
    case .close(let id, let reason):
      guard let link = links[id], !link.isOver else { return }
      world.trace("\(realm.name) closes its link to \(link.peer.name): \(reason)")
      link.link.close(reason: reason)
      pump(link)
    case .dialNow(let name):
      guard var dialer = dialers[name], !dialer.isDialling else { return }
      dialer.redial.reset(now: now)
      dialers[name] = dialer
      plan(name)
    }
  }

  // MARK: bytes

  /// Sends what there is room for, and closes the connection once a link that is over has said so.
  private func pump(_ link: SimLink) {
    guard !link.isOver else { return }
    let relays = world.plan.relays
    while link.link.hasUnsent, link.inFlight < relays.window || link.isBroken {
      let unsent = link.link.unsent
      let room = link.isBroken ? unsent.count : relays.window - link.inFlight
      let bytes = Array(unsent.prefix(min(room, chance.within(1...max(1, 2 * unsent.count)))))
      let weight = link.link.sent(bytes.count)
      if weight > 0 {
        realm.post(.link(.sent(link.id, bytes: weight, roundTrip: link.link.roundTrip)))
      }
      carry(.bytes(bytes), from: link)
    }
    if link.link.isClosed, !link.link.hasUnsent {
      drop(link, reason: "closed", isNoticed: true)
    } else {
      tickLater(link)
    }
  }

  private func carry(_ what: SimLink.Arrival, from link: SimLink) {
    guard let other = link.other, !other.isOver, !link.isBroken else { return }
    if case .bytes(let bytes) = what {
      link.inFlight += bytes.count
    }
    let latency = world.isCalm ? 0...20 : world.plan.relays.latency
    let delay = chance.within(latency) + (world.isSlow(link.realm, link.peer) ? chance.within(500...4_000) : 0)
    // What cannot get through now does so later, if the connection lives that long.
    let open = world.mutedUntil(from: link.realm, to: link.peer)
    let at = max(other.arrivals.last?.at ?? 0, now + Int64(delay), open)
    other.arrivals.append((at, what))
    world.agenda.add(.linkArrival(other), at: at)
  }

  /// What was on its way is there.
  func arrive(_ link: SimLink) {
    guard !link.isOver, let first = link.arrivals.first, first.at <= now else { return }
    link.arrivals.removeFirst()
    switch first.what {
    case .closed(let reason): drop(link, reason: reason, isNoticed: true)
    case .bytes(let bytes):
      world.check(RelayChecker.checkSealed(bytes, link))
      take(link.link.receive(bytes, now: now), on: link)
      pump(link)
      if let other = link.other, !other.isOver {
        other.inFlight -= bytes.count
        other.realm.relays.pump(other)
      }
    }
  }

  private func take(_ happenings: [Link.Happening], on link: SimLink) {
    for happening in happenings where !link.isOver {
      switch happening {
      case .hello(let hello): greet(hello, link)
      case .frames(let frames): if link.isUp { realm.post(.link(.frames(link.id, frames))) }
      case .closed(let reason):
        world.trace("\(realm.name): the link to \(link.peer.name) is over: \(reason)")
        pump(link)
      }
    }
  }

  private func greet(_ hello: Hello, _ link: SimLink) {
    if !link.link.isDialled { link.link.accept(now: now, clock: realm.wall) }
    link.isUp = true
    if var dialer = dialers[link.peer.name] {
      dialer.isDialling = false
      dialer.redial.succeeded()
      dialers[link.peer.name] = dialer
    }
    let opened = OpenedLink(
      realm: hello.from, key: SimCryptography.identity(of: link.peer.name), start: hello.start,
      isDialled: link.link.isDialled, address: "pretended", clockAhead: hello.clock - realm.wall)
    realm.post(.link(.up(link.id, opened)))
  }

  // MARK: time

  private func tickLater(_ link: SimLink) {
    guard link.link.deadline < link.tickDue else { return }
    link.tickDue = max(now, link.link.deadline)
    world.agenda.add(.linkTick(link), at: link.tickDue)
  }

  func tick(_ link: SimLink) {
    guard !link.isOver, link.tickDue <= now else { return }
    link.tickDue = .max
    take(link.link.tick(now: now), on: link)
    pump(link)
  }

  // MARK: ends

  /// This end is done with the connection: the realm is told, and the neighbour is dialled again.
  private func drop(_ link: SimLink, reason: String, isNoticed: Bool) {
    guard !link.isOver else { return }
    letGo(link, reason: reason, isNoticed: isNoticed)
    links[link.id] = nil
    let name = link.peer.name
    if link.isUp {
      realm.post(.link(.down(link.id, reason: reason)))
      if dialers[name]?.isDialling == false { redialLater(name) }
    } else if link.link.isDialled {
      dialEnded(name, reason)
    }
  }

  private func redialLater(_ name: String) {
    guard var dialer = dialers[name] else { return }
    dialer.redial.failed(now: now, chance: chance.next())
    dialers[name] = dialer
    plan(name)
  }

  private func letGo(_ link: SimLink, reason: String, isNoticed: Bool) {
    link.isOver = true
    link.arrivals.removeAll()
    if isNoticed { carry(.closed(reason: reason), from: link) }
    link.isBroken = true
  }

  /// Breaks a connection: a part of what is on its way arrives, the rest is lost; the ends notice late, or by the
  /// silence only.
  func cut(_ link: SimLink) {
    guard !link.isBroken, let other = link.other else { return }
    link.isBroken = true
    other.isBroken = true
    for end in [link, other] where !end.isOver {
      end.arrivals.removeLast(chance.below(end.arrivals.count + 1))
      guard !chance.percent(halfOpen) else { continue }
      let at = max(end.arrivals.last?.at ?? 0, now) + Int64(chance.within(0...3_000))
      end.arrivals.append((at, .closed(reason: "Connection reset")))
      world.agenda.add(.linkArrival(end), at: at)
    }
  }

  /// What is on its way to a neighbour takes long, and this end does not wait for it: a new connection overtakes the
  /// old one, of whose end the neighbour may learn later than of what the new one brings.
  func overtake(_ peer: SimRealm, delay: Int64) {
    guard peer.isRunning, !world.isParted(realm, peer), dialers[peer.name]?.isDialling == false else { return }
    for link in links.values where link.peer === peer && !link.isOver {
      guard let other = link.other, !other.isOver else { continue }
      for index in other.arrivals.indices {
        other.arrivals[index].at += delay
        world.agenda.add(.linkArrival(other), at: other.arrivals[index].at)
      }
      if chance.percent(70) { drop(link, reason: "It takes too long", isNoticed: true) }
    }
    dialers[peer.name]?.isDialling = true
    connect(to: peer)
  }

  /// Whether all links to neighbours that run are up.
  var isWhole: Bool {
    world.neighbours(of: realm).filter(\.isRunning).allSatisfy { peer in
      links.values.contains { $0.peer === peer && $0.isUp && !$0.isBroken }
    }
  }
}
