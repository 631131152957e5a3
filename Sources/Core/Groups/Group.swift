/// A group someone in memory belongs to or deals with. Complete: a group is either loaded whole or not at all.
final class Group {
  let id: GroupID
  var name: String
  var created: Milliseconds
  var founder: PersonID
  var modes: GroupModes
  var topic: Topic?
  var lastNumber: Int64
  /// The id of the last entry, by which a replica and its home know whether they agree.
  var lastID: MessageID?
  var lastTime: Milliseconds
  /// See `GroupState.stateNumber`.
  var stateNumber: Int64
  /// Where the original is; nil for a group of this realm.
  let home: GroupHome?
  var members = Table<PersonID, Member>()
  /// Of all lists, in the order in which they were set.
  var masks: [MaskRecord]
  var invited = Table<PersonID, Bool>()
  var ended = false
  /// Members with a session; the group may leave memory when there are none.
  var liveMembers = 0
  /// Accounts on their way in that need it.
  var pins = 0
  /// How many members each other realm has.
  var membersElsewhere = Table<String, Int>()
  /// The realms that follow it; nil for none.
  var followers: Followers?
  /// What is said in it is posted to programs elsewhere.
  var hasWebhooks = false
  /// The replica is being followed, and kept in memory for that.
  var isFollowed = false
  /// Who of this realm has left a replica lately, and the entries from the first to the last that they were told of.
  private(set) var leavers: [(person: PersonID, told: Told)] = []

  /// Who is reached by a line to all, kept until something changes.
  private var cachedAudience: Audience?

  init(_ state: GroupState) {
    id = state.id
    name = state.name
    created = state.created
    founder = state.founder
    modes = state.modes
    topic = state.topic
    lastNumber = state.lastNumber
    lastID = state.lastID
    lastTime = state.lastTime
    stateNumber = state.stateNumber
    home = state.home
    masks = state.masks
    for person in state.invited { invited[person] = true }
    for record in state.members {
      members[record.person] = Member(ranks: record.ranks, since: record.since, user: nil)
    }
  }

  /// The last entry, as realms compare it.
  var mark: EntryMark {
    lastID.map { EntryMark(number: lastNumber, id: $0, time: lastTime) } ?? .none
  }

  /// Members, modes and topic of the replica are those of an entry that its log has not reached.
  var isAhead: Bool { stateNumber > lastNumber }

  /// Whether a member is told of messages through push services, kept as long as the audience.
  private var cachedPushes: Bool?

  func audienceChanged() {
    cachedAudience = nil
    cachedPushes = nil
  }

  func hasPushes(_ find: (Table<PersonID, Member>) -> Bool) -> Bool {
    if let cachedPushes { return cachedPushes }
    let found = find(members)
    cachedPushes = found
    return found
  }

  func audience(threads: Int) -> Audience {
    if let cachedAudience { return cachedAudience }
    var audience = Audience(threads: threads)
    for member in members.values {
      guard let user = member.user else { continue }
      for session in user.sessions { audience.add(session) }
    }
    cachedAudience = audience
    return audience
  }

  func ranks(of person: PersonID) -> Ranks { members[person]?.ranks ?? [] }

  /// Notes that a member of this realm leaves a replica.
  func noteLeaver(_ person: PersonID, since: Int64, comings: Int64) {
    leavers.append((person, Told(numbers: since...max(since, lastNumber), comings: comings)))
    if leavers.count > Limits.leavers { leavers.removeFirst() }
  }

  /// How many members are of this realm.
  var membersHere: Int { members.count - membersElsewhere.values.reduce(0, +) }

  /// Counts a member of another realm that came or went.
  func count(_ change: Int, of realm: String) {
    let count = (membersElsewhere[realm] ?? 0) + change
    membersElsewhere[realm] = count > 0 ? count : nil
  }
}

/// An account or guest in a group. Membership lasts until it ends it, connected or not.
struct Member {
  var ranks: Ranks
  /// The number of the entry by which it joined.
  var since: Int64
  /// Set while the member has a session here.
  var user: User?
}

/// The sessions that a line to all of a group reaches, sorted by what one rendering serves.
struct Audience {
  struct Share {
    var thread: Int
    var capabilities: Capabilities
    var receivers: [Deliveries.Receiver]
  }
  private(set) var shares: [Share] = []
  private(set) var live: [Session] = []
  /// Sessions that are being replayed to: lines wait behind it.
  private(set) var heldBack: [Session] = []

  init(threads: Int) {}

  mutating func add(_ session: Session) {
    guard session.replay == nil else {
      heldBack.append(session)
      return
    }
    live.append(session)
    let thread = Int(session.connection.thread)
    let capabilities = session.rendering
    let receiver = Deliveries.Receiver(slot: session.connection.slot, generation: session.connection.generation)
    if let index = shares.firstIndex(where: { $0.thread == thread && $0.capabilities == capabilities }) {
      shares[index].receivers.append(receiver)
    } else {
      shares.append(Share(thread: thread, capabilities: capabilities, receivers: [receiver]))
    }
  }
}
