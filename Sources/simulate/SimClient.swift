import Core
import Wire

/// An account as the people behind it know it.
final class SimAccount {
  unowned let realm: SimRealm
  let name: String
  /// Every password it may have, the one that was right last first: whether a change went through is not always known.
  private(set) var passwords: [String]
  /// Somebody has logged in to it or made it.
  var exists = false

  init(realm: SimRealm, name: String) {
    self.realm = realm
    self.name = name
    passwords = ["secret-\(name)"]
  }

  /// A password that it may have from now on; nil if there are enough of them.
  func newPassword() -> String? {
    guard passwords.count < 4 else { return nil }
    passwords.append("secret-\(name)-\(passwords.count)")
    return passwords.last
  }

  func loggedIn(with secret: String) {
    exists = true
    guard let index = passwords.firstIndex(of: secret) else { return }
    passwords.insert(passwords.remove(at: index), at: 0)
  }

  func refused(_ secret: String) {
    guard let index = passwords.firstIndex(of: secret) else { return }
    passwords.append(passwords.remove(at: index))
  }
}

/// A pretended client of one person's device: connects, logs in, says what its person feels like, reads, loses its
/// connection, comes back.
final class SimClient: Peer, CustomStringConvertible {
  enum Kind: CaseIterable {
    /// Knows history, message ids, labels and echoes.
    case full
    /// Knows tags, and is replayed to.
    case tagged
    /// Knows nothing newer than 1993, and is replayed to.
    case plain
  }

  enum Phase { case away, entering, online }

  unowned let world: World
  /// The realm its account is in.
  unowned let realm: SimRealm
  let index: Int
  /// What it calls itself while it has yet to log in by NickServ.
  var guestNick: String { "stranger\(index)" }
  let account: SimAccount
  /// The name of its device; empty for the account's default one.
  let deviceName: String
  let kind: Kind
  let capabilities: [String]
  private let isSlow: Bool
  var chance: Chance

  var phase = Phase.away
  var connection: SimConnection?
  /// The beginning of a line whose end it has not read yet.
  private(set) var input: [UInt8] = []
  var nick: String
  /// How it tries to come in this time.
  var way = Way.sasl
  var attempts = 0
  /// What it logs in with this time.
  private(set) var secret = ""
  /// The token of its device.
  var token: String?
  /// It has revoked its own device on this connection, and goes on without one.
  var hasRevoked = false

  var picture = Picture()
  var arrivals = ArrivalChecker()
  var answers = AnswerChecker()
  var batches = Table<String, Batch>()
  /// What this connection was told of messages that wait.
  var fates = ToldFates()
  /// What it has said under a name and had no answer to.
  var unanswered: [Unanswered] = []
  /// The newest id of a message it has read, for questions about history.
  var lastID: String?
  var audit: Audit?
  /// Whom it watches (MONITOR).
  var watching = Table<String, Bool>()
  /// The end of the log when it came online.
  private(set) var onlineSince: Position = 0

  enum Way { case sasl, pass, nickServ, register, nickServRegister }

  struct Batch {
    var type: String
    var outer: String?
    var label: String?
    /// The tags of the line that began it.
    var tags: [String: String]
  }

  init(
    index: Int, account: SimAccount, deviceName: String, kind: Kind, chance: Chance, isAuditor: Bool = false
  ) {
    realm = account.realm
    world = realm.world
    self.index = index
    self.account = account
    self.deviceName = deviceName
    self.kind = kind
    nick = account.name
    var chance = chance
    let isSlow = chance.percent(world.plan.slowReaders)
    self.isSlow = isSlow && !isAuditor
    let later = world.plan.isLater ? Self.laterCapabilities(kind, isAuditor, &chance) : []
    capabilities = Self.capabilities(kind, isAuditor, &chance) + later
    self.chance = chance
    if isAuditor { audit = Audit() }
  }

  private static func capabilities(_ kind: Kind, _ isAuditor: Bool, _ chance: inout Chance) -> [String] {
    let always = ["message-tags", "server-time", "batch"]
    let full = ["labeled-response", "echo-message", "draft/chathistory", "draft/read-marker", "standard-replies"]
    let others = ["account-tag", "extended-join", "away-notify", "multi-prefix", "cap-notify"]
    switch kind {
    case .plain: return []
    case .full: return always + full + others.filter { _ in isAuditor || chance.percent(60) }
    case .tagged:
      let some = ["labeled-response", "echo-message", "znc.in/self-message", "standard-replies"] + others
      return always + some.filter { _ in chance.percent(60) }
    }
  }

  private static func laterCapabilities(_ kind: Kind, _ isAuditor: Bool, _ chance: inout Chance) -> [String] {
    guard kind != .plain else { return [] }
    // An auditor reads everything that there is to read.
    guard !isAuditor else { return ["moot/edit"] }
    let some = ["draft/message-redaction", "draft/multiline", "draft/channel-rename", "moot/edit"]
    return (some + (kind == .full ? ["moot/id"] : [])).filter { _ in chance.percent(60) }
  }

  var description: String { "client \(index) (\(account.name)@\(deviceName)/\(realm.name), \(kind))" }

  var readsSlowly: Bool { isSlow && !world.isCalm }

  func has(_ capability: String) -> Bool { capabilities.contains(capability) }

  // MARK: coming and going

  /// Tries to be connected, now or later.
  func comeBack(within milliseconds: Int = 3_000) {
    world.agenda.add(.act(self), at: world.now + Int64(chance.within(0...milliseconds)))
  }

  func dial() {
    guard phase == .away, !isRetired else { return }
    guard account.exists || deviceName.isEmpty else { return comeBack() }
    guard let connection = realm.network.connect(self, to: realm) else { return comeBack() }
    self.connection = connection
    phase = .entering
    input = []
    batches = Table()
    fates = ToldFates()
    picture = Picture()
    watching = Table()
    hasRevoked = false
    answers = AnswerChecker()
    arrivals.connected()
    nick = account.name
    way = nextWay()
    secret = way == .register || way == .nickServRegister ? account.passwords[0] : drawSecret()
    trace("dials, by \(way)")
    enter()
  }

  /// The account is gone for good.
  var isRetired: Bool { realm.ledger.account(account.name)?.flags.contains(.deleted) ?? false }

  private func nextWay() -> Way {
    attempts += 1
    let knowsCap = kind != .plain
    // Only the first client of an account makes it: who registers is on the default device, which is that one's.
    let registers = account.exists ? attempts % 4 == 3 : attempts % 2 == 1
    if deviceName.isEmpty, registers, world.plan.settings.guests { return .register }
    if deviceName.isEmpty, registers { return knowsCap || chance.percent(30) ? .register : .nickServRegister }
    if knowsCap { return chance.percent(80) ? .sasl : .pass }
    return chance.percent(50) ? .pass : .nickServ
  }

  /// A password to try: the one that was right last, mostly.
  private func drawSecret() -> String {
    if let token, chance.percent(70) { return token }
    return chance.percent(80) ? account.passwords[0] : chance.pick(account.passwords)
  }

  /// What it logs in as: the account, and the device where it has a name.
  var loginName: String { deviceName.isEmpty ? account.name : "\(account.name)@\(deviceName)" }

  private func enter() {
    if kind != .plain {
      say("CAP LS 302")
      say("CAP REQ :\((capabilities + ["sasl"]).joined(separator: " "))")
    }
    if way == .pass { say("PASS \(loginName):\(secret)") }
    // Until it has said who it is it may be a guest; nobody must take that for its account.
    if way == .nickServ || way == .register, world.plan.settings.guests { nick = guestNick }
    say("NICK \(nick)")
    if way == .register { say("REGISTER \(nick == account.name ? "*" : account.name) * \(secret)") }
    if way == .sasl { say("AUTHENTICATE PLAIN") }
    say("USER \(account.name) 0 * :\(account.name)")
    if kind != .plain, way != .sasl { say("CAP END") }
    if way == .pass { hurry() }
  }

  /// Some do not wait for the welcome with what they have to say.
  func hurry() {
    guard audit == nil, !world.isCalm, chance.percent(world.plan.haste) else { return }
    for _ in 0..<chance.within(1...3) {
      let group = "#g\(chance.below(world.plan.groups))"
      say(chance.pick(["JOIN \(group)", "JOIN \(group)", "PART \(group)", "QUIT :in a hurry"]))
    }
  }

  func startsOnline() {
    guard phase == .entering else { return }
    trace("is online")
    phase = .online
    attempts = 0
    onlineSince = realm.ledger.lastPosition
    account.loggedIn(with: secret)
    if audit == nil, picture.groups.isEmpty, chance.percent(60) { say("JOIN #g\(chance.below(world.plan.groups))") }
    if audit == nil, world.realms.count > 1, chance.percent(60) {
      let peer = chance.pick(world.realms)
      if peer !== realm { say("JOIN #g\(chance.below(world.plan.groups))/\(peer.name)") }
    }
    if audit == nil { sayAgain() }
    if audit == nil { world.agenda.add(.act(self), at: world.now + Int64(chance.within(0...world.plan.pace))) }
  }

  /// The attempt has failed: another one later.
  func giveUp(_ why: String) {
    trace("gives up: \(why)")
    token = nil
    if way != .register, way != .nickServRegister { account.refused(secret) }
    leave()
  }

  /// Hangs up without a word.
  func leave() {
    guard let connection else { return }
    realm.network.hangUp(connection)
    lost(connection)
  }

  func lost(_ connection: SimConnection) {
    guard self.connection === connection else { return }
    trace("is offline")
    self.connection = nil
    phase = .away
    // Now and then somebody is away for long, and misses much.
    comeBack(within: isLockedOut || !world.isCalm && chance.percent(20) ? 20_000 : 3_000)
  }

  /// Too many failures in a row, of an account that is suspended for example: no hurry.
  private var isLockedOut: Bool { attempts > 6 }

  // MARK: saying and reading

  func say(_ line: String) {
    guard let connection else { return }
    trace("→ \(line)")
    realm.network.send(Array(line.utf8) + [13, 10], on: connection)
  }

  func take(_ bytes: [UInt8], from connection: SimConnection) {
    guard connection === self.connection else { return }
    input.append(contentsOf: bytes)
    var start = 0
    while self.connection === connection, let end = input[start...].firstIndex(of: 10) {
      do {
        let line = try Line(parsing: input, in: start..<end, lineBytes: Limits.lineBytes)
        trace("← \(String(decoding: input[start..<end], as: UTF8.self).filter { $0 != "\r" && $0 != "\r\n" })")
        take(ServerLine(input, line))
      } catch {
        world.fail(
          "\(self) gets a line that is none (\(error)): \(String(decoding: input[start..<end], as: UTF8.self))")
      }
      start = end + 1
    }
    input.removeFirst(min(start, input.count))
  }

  func trace(_ text: @autoclosure () -> String) { world.trace("\(self) \(text())") }

  // MARK: for the checkers

  /// Its device, as it is kept.
  func device(in ledger: Ledger) -> Ledger.Device? {
    ledger.person(account.name).flatMap { ledger.device(deviceName, of: $0) }
  }

  /// Whether this client itself said it.
  func sent(_ entry: Entry) -> Bool {
    realm.ledger.token(of: entry).map { world.sayings[$0].client === self } ?? false
  }

  /// Whether the client may read an entry at all.
  func mayGet(_ entry: Entry, _ ledger: Ledger) -> Bool {
    guard let person = ledger.person(account.name) else { return false }
    switch entry.target {
    case .person(let target): return target == person || entry.sender == person
    case .group(let group):
      return entry.sender == person || ledger.wasMember(person, at: entry) || ledger.wasOpen(group)
        // Who was a member in what is set apart is not known any more.
        || ledger.apart[group] != nil
    }
  }

  /// Whether an entry must reach this client, now that it is committed: what it missed in a group that its account has
  /// left since is not replayed, and TAGMSG never is.
  func mustGet(_ entry: Entry, _ ledger: Ledger) -> Bool {
    guard ReaderChecker.isMessage(entry), !ledger.isRevised(entry), !sent(entry),
      let person = ledger.person(account.name)
    else { return false }
    switch entry.target {
    case .person(let target):
      if target == person { return true }
      return entry.sender == person && (has("echo-message") || has("znc.in/self-message"))
    case .group(let group):
      guard !ledger.isApart(entry) else { return false }
      return ledger.member(person, of: group).map { $0.since <= entry.number } ?? false
    }
  }

  func checkConfirmed(_ device: DeviceID, _ position: Position) -> String? {
    arrivals.confirm(device, position, by: self, realm.ledger)
  }
}

/// A line of the server, in words.
struct ServerLine {
  var tags: [String: String] = [:]
  var source = ""
  var command: String
  var parameters: [String] = []
  /// The last parameter as it came.
  var text: [UInt8] = []
  var clientTags: [UInt8] = []

  init(_ bytes: [UInt8], _ line: Line) {
    command = String(decoding: bytes[line.command], as: UTF8.self)
    Tags.forEach(in: bytes, line.tags) { key, value in
      tags[String(decoding: bytes[key], as: UTF8.self)] = String(decoding: bytes[value], as: UTF8.self)
    }
    clientTags = Array(bytes[line.tags])
    source = String(decoding: bytes[line.source], as: UTF8.self)
    for index in 0..<line.count { parameters.append(String(decoding: bytes[line[index]], as: UTF8.self)) }
    if line.count > 0 { text = Array(bytes[line[line.count - 1]]) }
  }

  func parameter(_ index: Int) -> String { index < parameters.count ? parameters[index] : "" }

  /// The nick of the source.
  var nick: String { String(source.prefix { $0 != "!" }) }
}
