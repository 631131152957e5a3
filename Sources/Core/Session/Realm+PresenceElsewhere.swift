import Wire

/// Whether people of other realms are there: their realms tell it of those whom somebody here watches.
extension Realm {
  /// What another realm has told of one of its accounts.
  struct Presence {
    /// As its realm writes it.
    var name: String
    var away: String?
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
    peer.needsCircuit = true
    if peer.isOpen { say(.watch([address.name]), to: peer) } else { openCircuit(to: peer) }
  }

  /// Nobody watches somebody of another realm any more.
  func unwatchElsewhere(_ folded: String) {
    let address = Address(folded, home: settings.realm)
    guard let peer = peer(of: address), peer.watches[address.name] != nil else { return }
    peer.watches[address.name] = nil
    peer.presence[address.name] = nil
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

  func takePresence(_ name: String, _ away: String?, _ isOnline: Bool, from peer: Peer) {
    let folded = fold(name)
    guard peer.watches[folded] != nil else { return }
    let before = peer.presence[folded]?.isOnline ?? false
    let text = away.map { Core.text(Array($0.utf8)[...], upTo: settings.limits.reasonBytes) }
    peer.presence[folded] = Presence(name: name, away: text, isOnline: isOnline)
    if before != isOnline { tellWatchers(ofElsewhere: "\(name)/\(peer.name)") }
  }

  /// Nothing is known any more of a realm out of reach: its people are offline.
  func forgetPresence(of peer: Peer) {
    let online = peer.presence.values.filter(\.isOnline)
    peer.presence = Table()
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
      guard let person = accountHere(name), let account = accounts[person] else { continue }
      sayPresence(account.name, users[person], to: peer)
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

  /// Tells the realms that watch an account that it has come, gone, or is away.
  func tellPresence(of user: User) {
    guard !user.isGuest, let peers = watchedElsewhere[fold(user.account)] else { return }
    for peer in peers.values { sayPresence(user.account, users[user.id], to: peer) }
  }

  private func sayPresence(_ account: String, _ user: User?, to peer: Peer) {
    say(.presence(name: account, away: user?.away, isOnline: user != nil), to: peer)
  }
}
