/// What two realms share while their circuit is open: the groups that either follows of the other's.
struct Sharing {
  /// Groups of theirs that we follow, by their ids there.
  var following = Table<Int64, Following>()
  /// Groups of ours that they follow.
  var followers = Table<GroupID, Follower>()
  /// When the groups they could follow and do not are to be offered; nil once they are.
  var offersDue: Milliseconds?
  /// Groups of ours that they asked to follow and that could not be read: they are owed an offer, or word that it is
  /// over.
  var owed = Table<GroupID, Bool>()
  /// What found no room, in order.
  var unsaid: [Item] = []
  /// Accounts of ours that they watch, by their folded names.
  var watched = Table<String, Bool>()
  /// Accounts of ours whose metadata they want, by their folded names.
  var metadataWanted = Table<String, Bool>()
  /// Questions of theirs that are being answered.
  var answering = 0
  /// They have said for how long they keep what is said in their groups.
  var hasSaidKeeping = false
  /// A replica could not be read, and is not followed yet.
  var retriesFollowing = false
  /// The message that an envelope is about, which waits for it.
  var lookup: Lookup?
  /// Whether the sender of an envelope is known to its addressee, while that is found out.
  var admission: (letter: MessageID, isKnown: Bool?)?
  /// An envelope waits for a group or a message that could not be read: to be tried again.
  var retriesTaking = false
}

/// A group of another realm that is followed on the open circuit.
final class Following {
  /// Its id at its home.
  let group: Int64
  /// Nil before the first snapshot.
  var replica: Group?
  /// When the first snapshot was asked for, by the clock that never jumps.
  var askedAt: Milliseconds = 0
  /// Whether all there is has come.
  var isLive = false
  /// The parts of a snapshot that have come.
  var parts: [SnapshotPart] = []
  /// Entries are missing: what comes is of no use until the home has been asked anew.
  var isInterrupted = false
  /// The operators want the state anew: the next snapshot is it.
  var isFetching = false
  /// The home's log is another: up to where the two agree is being found out.
  var search: LogSearch?

  init(group: Int64, replica: Group?) {
    self.group = group
    self.replica = replica
  }
}

/// Another realm that follows one of our groups on the open circuit.
final class Follower {
  let peer: Peer
  let group: GroupID
  /// Everything up to here was told.
  var sent: Int64
  /// What is left to be told of a snapshot.
  var parts: ArraySlice<SnapshotPart> = []
  /// It has everything: entries are told with the turn that logs them.
  var isLive = false
  /// The log is being read for it; or the group is, and nothing can be told yet.
  var isReading = true
  /// The last entry it may have: its last member left with that one.
  var end: Int64?

  init(_ peer: Peer, _ group: GroupID, sent: Int64) {
    self.peer = peer
    self.group = group
    self.sent = sent
  }
}

/// The realms that follow a group of ours.
final class Followers {
  let group: GroupID
  var realms = Table<String, Follower>()
  /// The number of the last entry of the group's log.
  var last: Int64
  /// What this turn has logged, for those that are live.
  var fresh: [GroupEntry] = []

  init(_ group: GroupID, last: Int64) {
    self.group = group
    self.last = last
  }
}
