/// `moot group doctor --fetch`: replaces the state of a replica by its home's. The log stays as it is and goes on
/// where it ended: what the home has logged up to that state changes nothing any more.
extension Realm {
  /// Who waits for the state of a replica.
  struct Fetch {
    var id: AdminID
    /// By the clock that never jumps.
    var deadline: Milliseconds
  }

  /// Fetches the state of a replica by its name.
  func fetch(_ name: String, _ id: AdminID) {
    guard let group = groupToExamine(name, id) else { return }
    let known = restingGroups[group] ?? name
    func refuse(_ why: String) { turn.replies.append((id, .refused(why))) }
    guard let home = homes[group] else {
      return refuse("\(known) is a group of \(settings.realm): the state here is the one that counts")
    }
    guard let peer = peer(home.realm) else { return refuse("\(home.realm) is forgotten here: \(known) is an archive") }
    guard canReach(peer) else { return refuse("\(outOfReach(peer)); `moot links` says why") }
    guard fetches[group] == nil else { return refuse("\(known) is being fetched just now") }
    fetches[group] = Fetch(id: id, deadline: uptime + Limits.fetchMilliseconds)
    note("operator", "group fetched anew", ["group": known])
    goOnFetching()
  }

  /// Asks for what has not been asked for, and gives up what takes too long. Called once a second, too.
  func goOnFetching() {
    for group in fetches.keys {
      guard let fetch = fetches[group] else { continue }
      guard let home = homes[group], let peer = peer(home.realm) else {
        endFetch(group, .done("Nobody here is a member of the group any more, so its replica is gone"))
        continue
      }
      guard uptime < fetch.deadline else {
        peer.sharing.following[home.group]?.isFetching = false
        endFetch(group, .refused("\(peer.name) has not sent the group's state in time; try again"))
        continue
      }
      guard peer.isOpen else {
        openCircuit(to: peer)
        continue
      }
      guard let following = peer.sharing.following[home.group] else {
        loadGroup(group) { [unowned self] loaded in
          guard let loaded, peer.isOpen, peer.sharing.following[home.group] == nil else { return }
          follow(loaded, home, of: peer)
        }
        continue
      }
      guard let replica = following.replica, !following.isFetching, following.search == nil else { continue }
      following.isFetching = true
      following.parts = []
      say(.follow(group: home.group, replica.mark, needsSnapshot: true), to: peer)
    }
  }

  /// A replica has its home's state: whoever has ordered it is told.
  func endFetch(of replica: Group) {
    guard let home = replica.home else { return }
    peer(home.realm)?.sharing.following[home.group]?.isFetching = false
    endFetch(
      replica.id, .done("\(replica.name) has the state that it has at \(home.realm) after entry \(replica.stateNumber)")
    )
  }

  private func endFetch(_ group: GroupID, _ reply: AdminReply) {
    guard let fetch = fetches[group] else { return }
    fetches[group] = nil
    turn.replies.append((fetch.id, reply))
  }
}
