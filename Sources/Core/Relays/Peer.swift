import Wire

/// Another realm as this one knows it: its key, the way to it, the circuit, the outbox. There is one for each realm of
/// the directory, and for each that something is kept of.
final class Peer {
  let name: String
  var record: RealmRecord
  /// What the directory says of it; nil where it has been taken out.
  var known: Settings.KnownRealm?

  // The way there.

  /// The link between the two realms.
  var link: LiveLink?
  /// The first step of the way; nil while there is none.
  var route: Routes.Route?
  /// The realms on the way, this one and its own name left out.
  var path: [String] = []
  /// A key that is not its own, under which it was last announced.
  var doubtedKey: [UInt8] = []
  /// When the way last changed, by the clock that never jumps.
  var wayChanged: Milliseconds = .min / 2
  /// When the next dial is due; 0 for none.
  var nextDial: Milliseconds = 0
  /// Why there is no link, in words; empty where there is one.
  var lastError = ""

  // The exchange.

  var circuit: Circuit?
  /// Our own attempt to open one.
  var opening: Opening?
  /// What we accepted, before the other end has proved that it holds the keys: an OPEN that somebody plays again must
  /// not end a circuit that works.
  var accepted: Circuit?
  /// What opens and ends circuits, to be sent when the turn ends: by then the way is known.
  var signals: [CircuitFrame] = []
  /// Attempts since a circuit last held for a while.
  var attempts = 0
  /// No attempt before that time, by the clock that never jumps.
  var nextOpening: Milliseconds = 0
  /// When an OPEN of the realm was last looked at, by the same clock.
  var heardOpening: Milliseconds = .min / 2
  /// A circuit was asked for, whatever waits.
  var isCalled = false
  /// Whether a circuit is wanted for as long as there is a way, though nothing waits: groups are followed, people are
  /// watched. Set by their rules.
  var needsCircuit = false
  /// What has come and was not taken yet.
  var inbox = Inbox()
  /// Bytes that may be on their way unacknowledged: halved when a realm on the way had no room.
  var window: Int
  /// `tell` had to refuse.
  var awaitsRoom = false
  /// When there is room again, what is told has its turn, not the outbox.
  var isTurnOfTold = false

  // What is kept.

  var outbox = Outbox()
  /// Messages of ours that it has refused lately: they count as taken, must not be called delivered, and are not given
  /// back to it when it has lost that.
  private(set) var refused: Set<MessageID> = []
  /// The same, in order.
  private var refusals: [MessageID] = []
  /// A part of the outbox is being read: to be sent, to be confirmed, to find out what has expired.
  var isReading = false
  var isConfirming = false
  /// Waits until all who are to know that their envelopes are through know it; gets what went wrong.
  var whenConfirmed: [(Realm, String?) -> Void] = []
  var isExpiring = false
  /// When acknowledgements were last noted in the store, by the clock that never jumps.
  var notedAt: Milliseconds = .min / 2
  /// When rows that were acknowledged long ago were last deleted, by the clock that never jumps.
  var trimmedAt: Milliseconds = .min / 2
  /// How much of each of its epochs is applied here, in the order in which they were first heard of.
  private(set) var applied: [EnvelopeName] = []
  /// Of those, the epochs that have advanced in this turn.
  private(set) var advanced: [UInt64] = []

  /// The turn has something to do for it at its end.
  var isTouched = false
  /// People of the realm who have written to ours or were written to, by name.
  var correspondents: [String: Correspondent] = [:]
  /// The groups that are shared on the open circuit.
  var sharing = Sharing()
  /// Accounts there that somebody here watches, by their folded names, and what is known of them.
  var watches = Table<String, Bool>()
  var presence = Table<String, Realm.Presence>()
  /// What was told of those who change too often, the newest; and how often of each.
  var presenceHeld = Table<String, Realm.Presence>()
  /// Of whom it will be told in a moment whether they are there, and until when that is waited for.
  var presenceAwaited = Table<String, Milliseconds>()
  var presenceChanges: [String: TokenBucket] = [:]
  /// Accounts there, by their folded names, whose metadata was asked for and is kept.
  var metadataWanted = Table<String, Bool>()
  /// How often its people may change metadata of groups here.
  var metadataChanges = TokenBucket(Limits.metadataChangesElsewhere)
  /// The same of each of them, by their folded names.
  var metadataChangers: [String: TokenBucket] = [:]
  /// People there are members of groups here, as far as is known: a circuit is wanted, so that they can be followed.
  var hasMembersHere = false
  /// Whether they are has to be found out.
  var mustFindMembers = false
  /// How often it may ask what a group is like: all its members are looked at for it.
  var stateQueries = TokenBucket(Limits.stateQueries)
  /// Files of ours that it fetches, by its numbers.
  var filesSent = Table<UInt64, FileSending>()
  /// Since when there is no way to it, by the clock that never jumps, and by the wall clock.
  var outOfReachSince: (uptime: Milliseconds, time: Milliseconds)?
  /// Members here of groups there have been told that it is out of reach.
  var isKnownOutOfReach = false

  /// See `RealmRecord.keepDays`.
  var keepDays: Int { record.keepDays }

  init(_ record: RealmRecord, _ limits: Limits) {
    window = limits.windowBytes
    name = record.name
    self.record = record
  }

  /// A circuit is open: items can be told, and what is posted leaves with the turn.
  var isOpen: Bool { circuit?.isOpen == true }
  /// Whether there is a way to it.
  var isReachable: Bool { route != nil }
  /// Whether envelopes have gone one way or the other: if the realm is set back to an older copy of itself it may not
  /// know what it has lost, and positions tell.
  var hasExchanged: Bool { !outbox.epochs.isEmpty || !applied.isEmpty }
  /// Its identity: what the directory says, else what it has shown; empty where neither is known.
  var key: [UInt8] { known?.key ?? record.key }

  /// How much of an epoch is applied here.
  func applied(_ epoch: UInt64) -> UInt64 { applied.last { $0.epoch == epoch }?.number ?? 0 }

  /// Up to a number, all of an epoch is applied. Of a realm that restarts without end only the newest epochs are kept.
  func apply(_ name: EnvelopeName) {
    if let index = applied.lastIndex(where: { $0.epoch == name.epoch }) {
      applied[index].number = name.number
    } else {
      if applied.count >= Limits.epochsPerRealm { applied.removeFirst(applied.count - Limits.epochsPerRealm + 1) }
      applied.append(name)
    }
    if !advanced.contains(name.epoch) { advanced.append(name.epoch) }
  }

  func noteRefused(_ id: MessageID) {
    if refusals.count >= Limits.refusalsRemembered {
      refused.subtract(refusals.prefix(refusals.count / 2))
      refusals.removeFirst(refusals.count / 2)
    }
    refused.insert(id)
    refusals.append(id)
  }

  /// Takes the epochs that have advanced in this turn.
  func takeAdvanced() -> [EnvelopeName] {
    defer { advanced.removeAll() }
    return advanced.map { EnvelopeName(epoch: $0, number: applied($0)) }
  }

  /// What start-up has read of it.
  func load(_ position: EnvelopeName) {
    if applied.count >= Limits.epochsPerRealm { applied.removeFirst() }
    applied.append(position)
  }
}

/// An OPEN that waits for its ACCEPT.
struct Opening {
  var circuit: UInt64
  var secret: [UInt8]
  var key: [UInt8]
  /// By the clock that never jumps.
  var time: Milliseconds
}

/// What has come over a circuit and waits to be taken, in order.
struct Inbox {
  enum Work {
    case item(Item)
    /// Envelopes of an epoch; the first has this number.
    case envelopes(epoch: UInt64, number: UInt64, ArraySlice<Envelope>)
    /// All of a frame came before this.
    case frameEnd(UInt64, isContent: Bool, bytes: Int)
  }
  var work = Queue<Work>()
  var bytes = 0
  /// The last number heard on this circuit, by epoch: there are no gaps.
  var numbers: [EnvelopeName] = []
  /// Whether it is being taken just now.
  var isTaking = false
  /// Something has to be read first.
  var isHeld = false
  /// That envelopes are missing was said once.
  var hasNotedGap = false
}

/// Somebody of another realm, as the road of a message needs it.
struct Correspondent {
  let id: PersonID
  /// `bob/beta`
  let name: String
  /// The same, as the tag of an account has it.
  let account: [UInt8]
  /// `bob/beta!bob@beta`
  let source: [UInt8]
}

/// What became of an envelope that was posted.
enum Posting: Equatable {
  /// It leaves with this turn.
  case sent
  /// It is kept until the realm can be reached, or has caught up.
  case waits
  /// There is no room for it, in words for its sender.
  case refused(String)
}
