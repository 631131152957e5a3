/// A group someone in memory belongs to or deals with. Complete: a group is either loaded whole or not at all.
final class Group {
  let id: GroupID
  let name: String
  let created: Milliseconds
  let founder: PersonID
  var modes: GroupModes
  var topic: Topic?
  var lastNumber: Int64
  var members = Table<PersonID, Member>()
  var bans: [BanRecord]
  var invited = Table<PersonID, Bool>()
  var ended = false
  /// Members with a session; the group may leave memory when there are none.
  var liveMembers = 0
  /// Accounts on their way in that need it.
  var pins = 0

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
    bans = state.bans
    for person in state.invited { invited[person] = true }
    for record in state.members {
      members[record.person] = Member(ranks: record.ranks, since: record.since, user: nil)
    }
  }

  func audienceChanged() { cachedAudience = nil }

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
}

/// An account or guest in a group. Membership lasts until it ends it, connected or not.
struct Member {
  var ranks: Ranks
  /// The number of the entry by which it joined.
  var since: Int64
  /// Set while the member has a session.
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
    let capabilities = session.capabilities.intersection(.rendering)
    let receiver = Deliveries.Receiver(slot: session.connection.slot, generation: session.connection.generation)
    if let index = shares.firstIndex(where: { $0.thread == thread && $0.capabilities == capabilities }) {
      shares[index].receivers.append(receiver)
    } else {
      shares.append(Share(thread: thread, capabilities: capabilities, receivers: [receiver]))
    }
  }
}
