import Wire

/// The links, what realms have announced, and what the turn has to do for other realms at its end.
struct Relays {
  /// The live links.
  var links = Table<LinkID, LiveLink>()
  /// What other realms announce, and when it was heard, by the clock that never jumps.
  var announcements = Table<String, Heard>()
  /// The links in them.
  var announcedLinks = 0
  /// What this realm announced last.
  var own: Announcement?
  var ownTime: Milliseconds = 0
  /// Links have come or gone since.
  var ownIsOutdated = false
  /// The ways have to be found anew.
  var routesAreOutdated = false
  /// They have to be found at once: a link of this realm has come or gone.
  var linksHaveChanged = false
  /// When they were last found, by the clock that never jumps.
  var routesTime: Milliseconds = .min / 2
  var routes = Routes()

  /// Other realms that the end of the turn has to look at.
  var touched: [Peer] = []
  /// Circuits of others whose origins were told in this turn that a frame was dropped. Never iterated.
  var dropped: Set<UInt64> = []
  /// Circuits this process has begun: makes ids and keys of the day.
  var circuits: UInt64 = 0
  var lastUpkeep: Milliseconds = 0
  var counters = RelayCounters()

  /// How many announcements of realms outside the directory are looked at.
  var strangers = TokenBucket(Limits.strangers)

  /// What a realm has announced.
  struct Heard {
    var announcement: Announcement
    /// When, by the clock that never jumps.
    var time: Milliseconds
    var bucket = TokenBucket(Limits.announcementBurst)
  }
}

/// Bounds how often something is done: so many times at once, and once more for each interval after that.
struct TokenBucket {
  private let size: Int
  private var tokens: Int
  private var refilled: Milliseconds = .min / 2

  init(_ size: Int) {
    self.size = size
    tokens = size
  }

  /// Whether all of it may be done at once.
  mutating func isFull(now: Milliseconds, interval: Milliseconds) -> Bool {
    refill(now: now, interval: interval)
    return tokens == size
  }

  private mutating func refill(now: Milliseconds, interval: Milliseconds) {
    let added = (now - refilled) / interval
    tokens = min(size, tokens + Int(clamping: added))
    refilled = tokens == size ? now : refilled + added * interval
  }

  /// Whether it may be done now.
  mutating func take(now: Milliseconds, interval: Milliseconds) -> Bool {
    refill(now: now, interval: interval)
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}

/// What is counted for `/metrics`, since the start of the process.
struct RelayCounters {
  var envelopesSent: Int64 = 0
  var envelopesTaken: Int64 = 0
  var framesPassed: Int64 = 0
  var framesDropped: Int64 = 0
  var circuits: Int64 = 0
}

/// A link that is up and wanted.
final class LiveLink {
  let id: LinkID
  let realm: String
  let opened: OpenedLink
  /// Bytes handed over that are not sent yet.
  var bytesUnsent = 0
  /// Milliseconds; -1 before one is measured.
  var roundTrip: Milliseconds
  /// What is passed on, and waits for room.
  var transit: TransitQueue

  private let limit: Int

  init(_ id: LinkID, _ opened: OpenedLink, _ limits: Limits) {
    transit = TransitQueue(limits)
    limit = limits.linkBytes
    self.id = id
    self.opened = opened
    realm = opened.realm
    roundTrip = -1
  }

  /// The circuits of others whose frames passed over it, with their ends.
  private(set) var passed = Table<UInt64, (from: String, to: String)>()

  /// Keeps in mind who has to be told should this link break.
  func remember(_ frame: CircuitFrame) {
    guard passed[frame.circuit] == nil else { return }
    // The oldest may be long over; which they are nobody knows here.
    if passed.count >= Limits.circuitsPassed { passed = Table() }
    passed[frame.circuit] = (frame.from, frame.to)
  }

  /// Whether it can be given more: beyond it frames would only wait where nobody can put others before them.
  var hasRoom: Bool { bytesUnsent < limit }
}
