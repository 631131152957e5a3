/// What those who run the realm can ask and order about links.
extension Realm {
  func administerLinks(_ id: AdminID, _ request: AdminRequest) {
    switch request {
    case .links: turn.replies.append((id, .links(links)))
    case .disconnectLink(let realm): disconnectLink(realm, id)
    case .forgetRealm(let realm): forget(realm, id)
    default: break  // not about links
    }
  }

  /// How the other realms are reached, in alphabetical order.
  package var links: [LinkStatus] { peers.values.sorted { $0.name < $1.name }.map { status(of: $0) } }

  private func status(of peer: Peer) -> LinkStatus {
    let way: LinkStatus.Way
    if peer.link != nil {
      way = .link
    } else if let route = peer.route {
      way = .route(through: route.next, links: route.links)
    } else {
      way = .none
    }
    let isVerified = peer.known?.key != nil || peer.record.isVerified || peer.record.key.isEmpty
    return LinkStatus(
      realm: peer.name, isNeighbour: peer.known?.isNeighbour == true, way: way, roundTrip: peer.link?.roundTrip ?? -1,
      clockAhead: peer.link?.opened.clockAhead ?? 0, envelopesWaiting: peer.outbox.count,
      bytesWaiting: peer.outbox.bytes, oldest: peer.outbox.oldest, nextAttempt: peer.link == nil ? peer.nextDial : 0,
      lastError: peer.link == nil ? peer.lastError : "", isVerified: isVerified)
  }

  private func disconnectLink(_ realm: String, _ id: AdminID) {
    guard peers[realm] != nil else {
      return turn.replies.append((id, .refused("\(settings.realm) knows no realm \(realm)")))
    }
    guard let link = peers[realm]?.link else {
      return turn.replies.append((id, .refused("There is no link between \(settings.realm) and \(realm)")))
    }
    close(link, "The operators of \(settings.realm) have ended the link")
    turn.replies.append((id, .done("The link to \(realm) is closed; it comes back when either side dials again")))
  }

  /// Refuses all that waits for a realm that is not in the directory any more, and ends what is shared with it.
  private func forget(_ realm: String, _ id: AdminID) {
    guard let peer = peers[realm] else {
      return turn.replies.append((id, .refused("\(settings.realm) knows no realm \(realm)")))
    }
    guard peer.known == nil else {
      return turn.replies.append((id, .refused("\(realm) is in the directory: take it out first")))
    }
    abandonOutbox(of: peer) { realm, problem in
      if let problem { return realm.turn.replies.append((id, .refused("\(peer.name) is not forgotten: \(problem)"))) }
      guard realm.peers[peer.name] === peer, peer.known == nil else {
        return realm.turn.replies.append((id, .refused("\(peer.name) has come back into the directory")))
      }
      // It may be taken out of the directory and forgotten at once, before anything else has noticed.
      realm.closeCircuit(peer, "\(peer.name) is forgotten", tellsPeer: false)
      realm.peers[peer.name] = nil
      realm.forgetPresence(of: peer)
      realm.turn.writes.append(.realmForgotten(peer.name))
      realm.realmForgotten(peer.name)
      realm.note("operator", "realm forgotten", level: .warning, ["realm": peer.name])
      realm.turn.replies.append((id, .done("\(peer.name) is forgotten; what waited for it was refused")))
    }
  }
}
