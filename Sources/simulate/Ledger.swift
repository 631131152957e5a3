import Core
import Wire

/// What is committed, by the plainest means: the writes applied to tables in memory, one after another. What the store
/// holds and what the core has in memory are compared with it.
struct Ledger {
  /// A membership in a group: from the entry by which it began to the one by which it ended.
  struct Spell {
    var from: Int64
    var to: Int64?
  }

  struct Membership: Hashable {
    var group: GroupID
    var person: PersonID
  }

  struct Device: Equatable {
    var record: DeviceRecord
    var tokenHash: [UInt8]?
    /// The position it began with: what was logged before was never promised to it.
    var base: Position
  }

  private(set) var accounts = Table<PersonID, AccountRecord>()
  private(set) var verifiers = Table<PersonID, Verifier>()
  private(set) var devices = Table<DeviceID, Device>()
  private(set) var markers = Table<PersonID, Table<Target, Milliseconds>>()
  private(set) var groups = Table<GroupID, GroupState>()
  /// What people are invited to, in order of time.
  private(set) var invitations: [PersonID: [Invitation]] = [:]
  /// Every group there ever was, by id, with its last name.
  private(set) var groupNames = Table<GroupID, String>()
  /// All names that each has had, folded.
  private var everNames: [GroupID: Set<String>] = [:]
  /// The groups that have let newcomers read everything at some time.
  private var everOpen: Set<GroupID> = []
  /// What clients may send again.
  private(set) var sent: [PersonID: [SentMessage]] = [:]
  /// The homes of all replicas there ever were.
  private var homes: [GroupID: GroupHome] = [:]
  /// What is set apart of replicas whose homes have gone back to a copy, by ranges of positions.
  private(set) var apart: [GroupID: [ClosedRange<Position>]] = [:]
  var log: [Entry] = []
  /// The positions of entries that take others back, and have not done so yet.
  private(set) var revisions: [Position] = []
  var realms = Table<String, RealmRecord>()
  var outboxes = Table<String, SimOutbox>()
  /// How much of each epoch of a realm was applied.
  var applied = Table<String, Table<UInt64, UInt64>>()
  /// What other realms have refused, numbered as it came.
  var refusals: [(number: Int, message: RefusedMessage)] = []
  private(set) var spells: [Membership: [Spell]] = [:]
  private var names: [String: PersonID] = [:]
  private var positions: [MessageID: Position] = [:]
  /// Where the log has the entries of each conversation.
  private var places: [Conversation: [Int]] = [:]
  /// Where entries that came again lay before.
  private var twins: [Position: Position] = [:]
  var tokens: [Int: [Position]] = [:]
  /// The tokens of all entries, as they were first said.
  var tokensOfEntries: [Position: Int] = [:]
  /// What entries said before they were edited or taken back.
  var formerBodies: [Position: [[UInt8]]] = [:]
  /// The newest edits of messages from before replicas begin.
  var strays: [GroupID: [MessageID: Position]] = [:]
  /// Which entries are edits, and of what.
  var edited: [Position: Position] = [:]
  /// What came to nothing in another realm: a client may send it again.
  private var forgotten: Set<MessageID> = []
  /// The names (`moot/id`) that a realm will soon not know any more.
  private var oldNames: Set<ArraySlice<UInt8>> = []
  /// Those that it does not know any more.
  private var forgottenNames: Set<ArraySlice<UInt8>> = []
  private(set) var lastPerson: Int64 = 0
  private(set) var lastGroup: Int64 = 0
  private(set) var lastDevice: Int64 = 0

  var lastPosition: Position { log.last?.position ?? 0 }
  /// The time of the last entry that has it from this realm's clock.
  private(set) var lastTime: Milliseconds = 0

  func entry(at position: Position) -> Entry? {
    position >= 1 && position <= lastPosition ? log[Int(position) - 1] : nil
  }

  /// The entries of a conversation, in the order of the log.
  func entries(of conversation: Conversation) -> [Entry] {
    (places[Self.inOrder(conversation)] ?? []).map { log[$0] }
  }

  private static func inOrder(_ conversation: Conversation) -> Conversation {
    guard case .pair(let a, let b) = conversation else { return conversation }
    return .pair(min(a, b), max(a, b))
  }

  func entry(id: MessageID) -> Entry? { positions[id].flatMap(entry) }

  /// The entries whose text holds this token: one for each target of the command that said it.
  func entries(token: Int) -> [Entry] { (tokens[token] ?? []).compactMap(entry) }

  /// The token of what an entry said first.
  func token(of entry: Entry) -> Int? { tokensOfEntries[entry.position] }

  /// Everything that an entry has ever said.
  func bodies(of entry: Entry) -> [[UInt8]] { [entry.body] + (formerBodies[entry.position] ?? []) }

  /// The entry that another one edits, or has edited before it was edited anew.
  func original(of entry: Entry) -> Entry? { edited[entry.position].flatMap { self.entry(at: $0) } }

  /// Whether an entry edits another one, or was itself edited or taken back: who was away then may not be shown it.
  func isRevised(_ entry: Entry) -> Bool {
    edited[entry.position] != nil || formerBodies[entry.position] != nil
  }

  func person(_ name: String) -> PersonID? { names[fold(name)] }

  func account(_ name: String) -> AccountRecord? { person(name).flatMap { accounts[$0] } }

  /// The group of this name that there is now.
  func group(_ name: String) -> GroupState? { groups.values.first { fold($0.name) == fold(name) } }

  func device(_ name: String, of person: PersonID) -> Device? {
    devices.values.first { $0.record.account == person && fold($0.record.name) == fold(name) }
  }

  func member(_ person: PersonID, of group: GroupID) -> MemberRecord? {
    groups[group]?.members.first { $0.person == person }
  }

  /// The groups an account is a member of, by id.
  func groups(of person: PersonID) -> [GroupID] {
    groups.values.filter { group in group.members.contains { $0.person == person } }.map(\.id).sorted()
  }

  private mutating func setName(_ name: String, of group: GroupID) {
    groupNames[group] = name
    everNames[group, default: []].insert(fold(name))
  }

  /// Whether a group is or was called so.
  func wasCalled(_ group: GroupID, _ name: String) -> Bool { everNames[group]?.contains(fold(name)) ?? false }

  /// Whether newcomers could read a group from its beginning, at some time.
  func wasOpen(_ group: GroupID) -> Bool { everOpen.contains(group) }

  /// From which number on a member may look back; nil for nothing.
  func readable(_ group: GroupID, by person: PersonID) -> Int64? {
    guard let state = groups[group], let member = member(person, of: group) else { return nil }
    switch state.modes.lookingBack {
    case .joined: return member.since
    case .all: return 1
    case .none: return nil
    }
  }

  /// Whether a person was a member when this entry of the group's log was made.
  func wasMember(_ person: PersonID, at entry: Entry) -> Bool {
    guard case .group(let group) = entry.target else { return false }
    return (spells[Membership(group: group, person: person)] ?? []).contains {
      $0.from <= entry.number && entry.number <= $0.to ?? .max
    }
  }

  // MARK: writing

  /// Applies a write. Returns what is wrong with it, if anything is.
  /// - Parameter saidAnew: the tokens that may be logged a second time (`World.saidAnew`).
  mutating func apply(_ write: Write, saidAnew: Set<Int> = []) -> String? {
    switch write {
    case .entry(let entry): return append(entry, saidAnew)
    case .erased(let position): erase(position)
    case .edited(let position, let edit): self.edit(position, by: edit)
    case .corrected(let entry): correct(entry)
    case .revision(let position): revisions.append(position)
    case .revised(let position): revisions.removeAll { $0 == position }
    case .stray(let position, let id): noteStray(position, of: id)
    case .account(let account, let verifier):
      guard account.id.rawValue > lastPerson, names[fold(account.name)] == nil else {
        return "the account \(account.name) is given twice"
      }
      lastPerson = account.id.rawValue
      accounts[account.id] = account
      names[fold(account.name)] = account.id
      verifiers[account.id] = verifier
    case .accountFlags(let person, let flags): accounts[person]?.flags = flags
    case .verifier(let person, let verifier): verifiers[person] = verifier
    case .sent(let person, let message): return add(message, of: person)
    case .sentForgotten(let person, let id):
      sent[person]?.removeAll { $0.id == id }
      forgotten.insert(id)
    case .accountDeleted(let person):
      sent[person] = nil
      accounts[person]?.flags = .deleted
      verifiers[person] = nil
      markers[person] = nil
      invitations[person]?.removeAll { if case .elsewhere = $0.goal { true } else { false } }
      for device in devices.values where device.record.account == person { devices[device.record.id] = nil }
    case .device(let record, let hash):
      let known = devices[record.id]
      lastDevice = max(lastDevice, record.id.rawValue)
      devices[record.id] = Device(
        record: record, tokenHash: record.hasToken ? hash ?? known?.tokenHash : nil,
        base: known?.base ?? record.position)
    case .devicePosition(let device, let position, let lastUsed):
      guard let before = devices[device] else { return nil }
      guard position >= before.record.position else { return "device \(device.rawValue) goes back to \(position)" }
      guard position > before.record.position || lastUsed > before.record.lastUsed else {
        return "nothing new is written of device \(device.rawValue)"
      }
      devices[device]?.record.position = position
      devices[device]?.record.lastUsed = lastUsed
    case .deviceRemoved(let device): devices[device] = nil
    case .readMarker(let person, let marker):
      let before = markers[person]?[marker.target] ?? 0
      guard marker.time > before else { return "a read marker of \(person.rawValue) goes back to \(marker.time)" }
      var own = markers[person] ?? Table()
      own[marker.target] = marker.time
      markers[person] = own
    default: return applyToGroup(write)
    }
    return nil
  }

  private mutating func applyToGroup(_ write: Write) -> String? {
    switch write {
    case .group(let group, let name, let founder, let created, let modes):
      guard self.group(name) == nil, group.rawValue > lastGroup else { return "the group \(name) is made twice" }
      lastGroup = group.rawValue
      setName(name, of: group)
      groups[group] = GroupState(id: group, name: name, created: created, founder: founder, modes: modes)
    case .groupRemoved(let group):
      guard let ended = groups[group] else { return "group \(group.rawValue) ends twice" }
      for member in ended.members { endSpell(group, member.person) }
      groups[group] = nil
      strays[group] = nil
      for person in ended.invited { endInvitation(of: person, to: .here(group)) }
    case .groupRenamed(let group, let name):
      groups[group]?.name = name
      setName(name, of: group)
    case .groupModes(let group, let modes):
      groups[group]?.modes = modes
      if modes.lookingBack == .all { everOpen.insert(group) }
    case .groupTopic(let group, let topic): groups[group]?.topic = topic
    case .member(let group, let member):
      let known = groups[group]?.members.firstIndex { $0.person == member.person }
      if let known {
        groups[group]?.members[known] = member
      } else {
        groups[group]?.members.append(member)
        spells[Membership(group: group, person: member.person), default: []].append(Spell(from: member.since))
      }
    case .memberRemoved(let group, let person):
      groups[group]?.members.removeAll { $0.person == person }
      endSpell(group, person)
    case .mask(let group, let mask): groups[group]?.masks.append(mask)
    case .maskRemoved(let group, let list, let mask):
      groups[group]?.masks.removeAll { $0.list == list && $0.mask == mask }
    case .invited(let person, let invitation):
      endInvitation(of: person, to: invitation.goal)
      invitations[person, default: []].append(invitation)
      if case .here(let group) = invitation.goal { groups[group]?.invited.append(person) }
    case .invitationRemoved(let person, let goal): endInvitation(of: person, to: goal)
    case .invitationsTold(let person):
      invitations[person] = invitations[person]?.map { invitation in
        var told = invitation
        told.isTold = !invitation.waits
        return told
      }
    default: return applyRelayed(write)
    }
    return nil
  }

  private mutating func endInvitation(of person: PersonID, to goal: Invitation.Goal) {
    invitations[person]?.removeAll { $0.goal == goal }
    if case .here(let group) = goal { groups[group]?.invited.removeAll { $0 == person } }
  }

  /// All invitations to groups of a realm that is forgotten end.
  mutating func endInvitations(to realm: String) {
    for person in accounts.keys {
      invitations[person]?.removeAll { if case .elsewhere(realm, _) = $0.goal { true } else { false } }
    }
  }

  // MARK: messages that may be sent again

  private mutating func add(_ message: SentMessage, of person: PersonID) -> String? {
    guard message.number > sent[person]?.last?.number ?? 0 else {
      return "a message that may be sent again has an old number"
    }
    sent[person, default: []].append(message)
    for old in sent[person] ?? [] where old.number <= message.number - Int64(Limits.sentMessages) {
      forgottenNames.insert(old.key.prefix { $0 > 32 })
    }
    sent[person]?.removeAll { $0.number <= message.number - Int64(Limits.sentMessages) }
    // Some time before that, for what is said meanwhile.
    for old in sent[person] ?? [] where old.number <= message.number - Int64(Limits.sentMessages / 2) {
      oldNames.insert(old.key.prefix { $0 > 32 })
    }
    return nil
  }

  /// Whether so much was said after a message that it could not be told from a new one if it came again.
  func isTooOldToSayAgain(_ token: Int) -> Bool { oldNames.contains(Self.name(of: token)) }

  /// Whether it could not any more.
  func isForgotten(_ token: Int) -> Bool { forgottenNames.contains(Self.name(of: token)) }

  private static func name(of token: Int) -> ArraySlice<UInt8> { Array("n\(token)".utf8)[...] }

  // MARK: other realms

  mutating func setPerson(_ record: AccountRecord) -> String? {
    if let known = accounts[record.id] {
      guard fold(known.name) == fold(record.name) else { return "\(known.name) becomes \(record.name)" }
    } else {
      guard record.id.rawValue > lastPerson, names[fold(record.name)] == nil else {
        return "the name \(record.name) is given twice"
      }
      lastPerson = record.id.rawValue
      names[fold(record.name)] = record.id
    }
    accounts[record.id] = record
    return record.flags.contains(.remote) ? nil : "\(record.name) is not marked as somebody elsewhere"
  }

  mutating func setHome(_ home: GroupHome, of group: GroupID) -> String? {
    guard groups[group] != nil else { return "a group that is not there is made a replica" }
    groups[group]?.home = home
    homes[group] = home
    return nil
  }

  /// Whether the home of a replica has lost the entry since.
  func isApart(_ entry: Entry) -> Bool {
    guard case .group(let group) = entry.target, let apart = apart[group] else { return false }
    return apart.contains { $0.contains(entry.position) }
  }

  /// An entry of the same id that came before, and is set apart.
  func twin(of entry: Entry) -> Entry? { twins[entry.position].flatMap { self.entry(at: $0) } }

  mutating func setBack(_ group: GroupID, to mark: EntryMark, after position: Position) -> String? {
    guard let before = groups[group], homes[group] != nil, mark.number < before.lastNumber else {
      return "group \(group.rawValue) is set back, and need not be"
    }
    if mark != .none {
      guard let entry = entry(at: position), entry.target == .group(group), !isApart(entry),
        entry.number == mark.number, entry.id == mark.id
      else { return "group \(group.rawValue) is set back to an entry that it does not have" }
    }
    groups[group]?.lastNumber = mark.number
    groups[group]?.lastID = mark == .none ? nil : mark.id
    groups[group]?.lastTime = mark.time
    groups[group]?.stateNumber = .max
    apart[group, default: []].append(position + 1...max(position + 1, lastPosition))
    return nil
  }

  /// Invitations stay: they are this realm's own.
  mutating func replaceGroup(_ state: GroupState) {
    let before = groups[state.id]
    var state = state
    state.invited = before?.invited ?? []
    state.home = state.home ?? before?.home
    lastGroup = max(lastGroup, state.id.rawValue)
    setName(state.name, of: state.id)
    if state.modes.lookingBack == .all { everOpen.insert(state.id) }
    for member in before?.members ?? [] where !state.members.contains(where: { $0.person == member.person }) {
      endSpell(state.id, member.person)
    }
    groups[state.id] = state
    homes[state.id] = state.home
    for member in state.members {
      // A home that was set back may have somebody for a member since an earlier number than a later copy of it.
      if before?.members.first(where: { $0.person == member.person })?.since == member.since { continue }
      spells[Membership(group: state.id, person: member.person), default: []].append(Spell(from: member.since))
    }
  }

  private mutating func endSpell(_ group: GroupID, _ person: PersonID) {
    let membership = Membership(group: group, person: person)
    for index in spells[membership]?.indices ?? 0..<0 where spells[membership]?[index].to == nil {
      spells[membership]?[index].to = groups[group]?.lastNumber
    }
  }

  /// The home of the group whose entry this is, where that is in another realm.
  func home(of entry: Entry) -> GroupHome? { replicaOf(entry).flatMap { homes[$0] } }

  /// The replica an entry belongs to; nil for what has its time from this realm.
  private func replicaOf(_ entry: Entry) -> GroupID? {
    guard case .group(let group) = entry.target, homes[group] != nil else { return nil }
    return group
  }

  /// Times never go back along a realm's own log, nor along that of a replica.
  private func checkTime(_ entry: Entry) -> String? {
    let before =
      if let replica = replicaOf(entry) {
        log.last { $0.target == .group(replica) && !isApart($0) }?.time ?? 0
      } else {
        lastTime
      }
    return entry.time < before
      ? "the time of entry \(entry.position) lies before that of the entry before it" : nil
  }

  /// Whether an entry stands where a replica that has ended had it: the home forgot the member and what it had said,
  /// and gets both again.
  private func isReplicaAnew(_ entry: Entry, _ earlier: Position) -> Bool {
    guard let replica = replicaOf(entry), earlier > 0, earlier <= log.count else { return false }
    guard case .group(let before) = log[Int(earlier) - 1].target, groups[before] == nil else { return false }
    return before != replica && homes[before] == homes[replica]
  }

  private mutating func append(_ entry: Entry, _ saidAnew: Set<Int>) -> String? {
    guard entry.position == lastPosition + 1 else {
      return "position \(entry.position) follows position \(lastPosition)"
    }
    if let problem = checkTime(entry) { return problem }
    if case .group(let id) = entry.target {
      guard let group = groups[id] else { return "entry \(entry.position) goes to a group that is not there" }
      guard entry.number == group.lastNumber + 1 else {
        return "number \(entry.number) of \(group.name) follows number \(group.lastNumber)"
      }
      groups[id]?.lastNumber = entry.number
      groups[id]?.lastID = entry.id
      groups[id]?.lastTime = entry.time
    } else if entry.number != 0 {
      return "the private entry \(entry.position) has number \(entry.number)"
    }
    if replicaOf(entry) == nil { lastTime = entry.time }
    if let earlier = positions[entry.id] {
      let isAgain = self.entry(at: earlier).map { isApart($0) && $0.target == entry.target } ?? false
      guard isAgain || isReplicaAnew(entry, earlier) else {
        return "the message id \(entry.id.text) is given twice"
      }
      twins[entry.position] = earlier
    }
    let conversation: Conversation =
      switch entry.target {
      case .group(let group): .group(group)
      case .person(let person): .pair(entry.sender, person)
      }
    places[Self.inOrder(conversation), default: []].append(log.count)
    log.append(entry)
    positions[entry.id] = entry.position
    guard let token = Token.number(in: entry) else { return nil }
    tokens[token, default: []].append(entry.position)
    tokensOfEntries[entry.position] = token
    let others = entries(token: token).dropLast().filter { !isApart($0) }
    // In a replica the edit and what it has edited may come with the same text.
    let isTwice = others.contains {
      $0.target == entry.target && $0.revised != entry.id && entry.revised != $0.id && !forgotten.contains($0.id)
    }
    return isTwice && !saidAnew.contains(token) ? "message m\(token) is logged twice" : nil
  }
}

/// The number by which every message of a run is known, whoever sees it: the first word of its text, or a tag.
enum Token {
  static func number(in entry: Entry) -> Int? {
    switch entry.kind {
    case .message, .notice, .multiline: number(text: entry.body)
    case .tagMessage: number(tags: entry.tags)
    default: nil
    }
  }

  /// `m17 hello` is message 17.
  static func number(text: some Collection<UInt8>) -> Int? {
    guard text.first == UInt8(ascii: "m") else { return nil }
    return Int(String(decoding: text.dropFirst().prefix { $0 > 32 }, as: UTF8.self))
  }

  /// `+m=17`.
  static func number(tags: some Collection<UInt8>) -> Int? {
    for tag in tags.split(separator: UInt8(ascii: ";")) where tag.starts(with: "+m=".utf8) {
      return Int(String(decoding: tag.dropFirst(3), as: UTF8.self))
    }
    return nil
  }
}
