import Wire

/// Whether people of other realms are there: their realms tell it of those whom somebody here watches.
extension Realm {
  /// What another realm has told of one of its accounts.
  struct Presence {
    /// As its realm writes it.
    var name: String
    var away: String?
    /// Nil where it is not known.
    var realName: String?
    var isOnline: Bool
  }

  // MARK: at the realm of who watches

  private func presence(_ folded: String) -> Presence? {
    let address = Address(folded, home: settings.realm)
    return peer(of: address)?.presence[address.name]
  }

  /// With what somebody elsewhere is away, where that is known; nil for here and for unknown.
  func knownAway(_ person: PersonID) -> String? {
    let address = Address(name(of: person), home: settings.realm)
    return peer(of: address).flatMap { knownAway(address.name, of: $0) }
  }

  /// The same for an account of another realm.
  func knownAway(_ account: String, of peer: Peer) -> String? {
    guard let known = peer.presence[fold(account)] else { return nil }
    return known.isOnline ? known.away : "\(Self.notConnected): the message waits"
  }

  /// The source of somebody elsewhere who is known to be there.
  func onlineElsewhere(_ folded: String) -> String? {
    guard let presence = presence(folded), presence.isOnline else { return nil }
    let realm = Address(folded, home: settings.realm).realm ?? ""
    return "\(presence.name)/\(realm)!\(presence.name)@\(realm)"
  }

  /// The first session watches somebody of another realm.
  func watchElsewhere(_ folded: String) {
    let address = Address(folded, home: settings.realm)
    guard let peer = peer(of: address), Names.isNick(address.name), peer.watches[address.name] == nil else { return }
    peer.watches[address.name] = true
    if canReach(peer) { peer.presenceAwaited[address.name] = uptime + Limits.answerMilliseconds }
    peer.needsCircuit = true
    if peer.isOpen { say(.watch([address.name]), to: peer) } else { openCircuit(to: peer) }
  }

  /// Whether it will be known in a moment if somebody elsewhere is there.
  func isAwaited(_ folded: String) -> Bool {
    let address = Address(folded, home: settings.realm)
    return peer(of: address)?.presenceAwaited[address.name] != nil
  }

  /// Nobody watches somebody of another realm any more.
  func unwatchElsewhere(_ folded: String) {
    let address = Address(folded, home: settings.realm)
    guard let peer = peer(of: address), peer.watches[address.name] != nil else { return }
    peer.watches[address.name] = nil
    peer.presence[address.name] = nil
    peer.presenceHeld[address.name] = nil
    peer.presenceAwaited[address.name] = nil
    peer.presenceChanges[address.name] = nil
    say(.unwatch([address.name]), to: peer)
  }

  /// A circuit is new: its other end is told whom we watch.
  func sayWatches(to peer: Peer) {
    var names = peer.watches.keys[...]
    while !names.isEmpty {
      say(.watch(Array(names.prefix(Limits.namesInItem))), to: peer)
      names = names.dropFirst(Limits.namesInItem)
    }
  }

  func takePresence(_ told: Presence, from peer: Peer) {
    let folded = fold(told.name)
    guard peer.watches[folded] != nil else { return }
    guard
      peer.presenceChanges[folded, default: TokenBucket(Limits.presenceChanges)]
        .take(now: uptime, interval: Limits.presenceRefill)
    else {
      peer.presenceHeld[folded] = told
      return
    }
    peer.presenceHeld[folded] = nil
    var presence = told
    presence.away = told.away.map { Core.text(Array($0.utf8)[...], upTo: settings.limits.reasonBytes) }
    presence.realName = told.realName.map { Core.text(Array($0.utf8)[...], upTo: Limits.realNameBytes) }
    let before = peer.presence[folded]
    peer.presence[folded] = presence
    let name = "\(told.name)/\(peer.name)"
    let wasAwaited = peer.presenceAwaited[folded] != nil
    peer.presenceAwaited[folded] = nil
    if wasAwaited || (before?.isOnline ?? false) != told.isOnline { tellWatchers(ofElsewhere: name) }
    if presence.isOnline { tellChange(of: name, from: before, to: presence) }
  }

  /// Nothing is to be waited for any more: those of whom nothing has come are offline.
  private func endAwaited(of peer: Peer, if isOver: (Milliseconds) -> Bool = { _ in true }) {
    for (name, due) in zip(peer.presenceAwaited.keys, peer.presenceAwaited.values) where isOver(due) {
      peer.presenceAwaited[name] = nil
      tellWatchers(ofElsewhere: "\(name)/\(peer.name)")
    }
  }

  /// Once a second: of who changed too often it is told what holds by now, and of whom nobody has told that nobody is
  /// there.
  func tickPresence() {
    for peer in peers.values where !peer.presenceAwaited.isEmpty { endAwaited(of: peer) { $0 <= uptime } }
    for peer in peers.values where !peer.presenceHeld.isEmpty {
      for told in peer.presenceHeld.values { takePresence(told, from: peer) }
    }
  }

  /// Tells those who watch somebody elsewhere who is there of what has changed (IRCv3 extended-monitor). Account and
  /// host never do; of who has just come it is told if he is away.
  private func tellChange(of name: String, from before: Presence?, to presence: Presence) {
    let wasThere = before?.isOnline == true
    if presence.away != (wasThere ? before?.away : nil) {
      tellWatching(name, "AWAY", presence.away, needing: .awayNotify)
    }
    if wasThere, let realName = presence.realName, !realName.isEmpty, realName != before?.realName {
      tellWatching(name, "SETNAME", realName, needing: .setName)
    }
  }

  private func tellWatching(_ name: String, _ command: String, _ text: String?, needing needed: Capabilities) {
    guard let source = onlineElsewhere(fold(name)) else { return }
    var line = LineBuilder(source: Array(source.utf8), command)
    if let text { line.text(text) }
    var outgoing = Outgoing(line: line.bytes)
    outgoing.time = now
    outgoing.account = Array(name.utf8)
    tellWatching(outgoing, of: name, needing: needed)
  }

  /// Nothing is known any more of a realm out of reach: its people are offline.
  func forgetPresence(of peer: Peer) {
    let online = peer.presence.values.filter(\.isOnline)
    peer.presence = Table()
    peer.presenceHeld = Table()
    endAwaited(of: peer)
    for presence in online { tellWatchers(ofElsewhere: "\(presence.name)/\(peer.name)") }
  }

  private func tellWatchers(ofElsewhere name: String) {
    tellWatchers(of: name, source: onlineElsewhere(fold(name)))
  }

  // MARK: at the realm of who is watched

  func takeWatch(_ names: [String], from peer: Peer) {
    for name in names {
      let folded = fold(name)
      guard peer.sharing.watched[folded] != nil || peer.sharing.watched.count < Limits.watchesPerRealm else { return }
      peer.sharing.watched[folded] = true
      watchedElsewhere[folded, default: Table()][peer.name] = peer
      let person = accountHere(name)
      sayPresence(person.flatMap { accounts[$0]?.name } ?? name, person.flatMap { users[$0] }, to: peer)
    }
  }

  func takeUnwatch(_ names: [String], from peer: Peer) {
    for name in names { endWatch(fold(name), peer) }
  }

  private func endWatch(_ folded: String, _ peer: Peer) {
    peer.sharing.watched[folded] = nil
    watchedElsewhere[folded]?[peer.name] = nil
    if watchedElsewhere[folded]?.isEmpty == true { watchedElsewhere[folded] = nil }
  }

  /// The circuit is gone: its other end will say anew whom it watches.
  func endWatches(of peer: Peer) {
    for name in peer.sharing.watched.keys { endWatch(name, peer) }
  }

  /// Tells the realms that watch an account that it has come, gone, is away or has another real name.
  func tellPresence(of user: User) {
    guard !user.isGuest, let peers = watchedElsewhere[fold(user.account)] else { return }
    for peer in peers.values { sayPresence(user.account, users[user.id], to: peer) }
  }

  private func sayPresence(_ account: String, _ user: User?, to peer: Peer) {
    say(.presence(name: account, away: user?.away, realName: user?.realName, isOnline: user != nil), to: peer)
  }
}
