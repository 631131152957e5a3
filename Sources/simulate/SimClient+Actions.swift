import Core
import Wire

/// Something that was said once, and by whom.
struct Saying {
  /// Nil for a guest.
  var client: SimClient?
  /// The serial of the connection it was said on.
  var connection: Int
  var label: String?
  /// It was sent more than once, under the name it was given (`moot/id`).
  var isSentAgain = false
}

/// What a client's person feels like doing.
extension SimClient {
  func act() {
    switch phase {
    case .away: dial()
    case .entering: break
    case .online:
      guard !world.isCalm, audit == nil else { return }
      for _ in 0..<chance.pick([1, 1, 1, 2, 5]) where phase == .online { act(chance.weighed(world.plan.weights)) }
      if chance.percent(25) { ping() }
      if phase == .online {
        world.agenda.add(.act(self), at: world.now + Int64(chance.within(1...2 * world.plan.pace)))
      }
    }
  }

  func ping() {
    world.lastPing += 1
    let token = "ping-\(world.lastPing)"
    answers.pinged(token)
    say("PING \(token)")
  }

  /// Says a command, labelled or not. Returns its label.
  @discardableResult
  func command(_ line: String, tags: [String] = [], mayWait: Bool = false) -> String? {
    var tags = tags
    var label: String?
    if has("labeled-response"), chance.percent(70) {
      world.lastLabel += 1
      label = "l\(world.lastLabel)"
      tags.append("label=l\(world.lastLabel)")
    }
    answers.asked(line, label: label, mayWait: mayWait)
    say((tags.isEmpty ? "" : "@" + tags.joined(separator: ";") + " ") + line)
    return label
  }

  private func act(_ action: Action) {
    switch action {
    case .privateMessage: message("PRIVMSG", [addressee()])
    case .groupMessage: message("PRIVMSG", [group()])
    case .notice: message("NOTICE", [chance.percent(50) ? addressee() : group()])
    case .tagMessage: tagMessage()
    case .typing:
      if has("message-tags") {
        command("TAGMSG \(chance.percent(50) ? addressee() : group())", tags: ["+typing=active"])
      }
    case .manyTargets:
      if world.plan.settings.nickIsAccount {
        message("PRIVMSG", distinct([addressee(), group(), addressee(), group()]))
      }
    case .quit:
      say("QUIT :bye")
    case .hangUp: leave()
    case .drop: if let connection { realm.network.cut(connection) }
    case .stall: connection?.stalledUntil = world.now + Int64(chance.within(100...5_000))
    case .markRead, .history, .targets: actOnHistory(action)
    case .who, .whois, .list, .away, .back, .monitor, .ison, .device, .password, .nick, .kill: actOnPeople(action)
    case .manyLines: sayManyLines(to: chance.percent(50) ? addressee() : group())
    case .edit: editSomething()
    case .takeBack: takeSomethingBack()
    default: actOnGroup(action)
    }
  }

  // MARK: targets

  func person() -> String {
    chance.percent(3) ? "nobody" : chance.percent(95) ? chance.pick(realm.accounts).name : ownName
  }

  /// What it is called; its account, as long as it does not know that a login has changed the nick. Whoever has that
  /// meanwhile is a guest.
  private var ownName: String { nick == guestNick ? account.name : nick }

  /// Whom a message goes to: in a run of several realms often somebody of another one.
  func addressee() -> String {
    guard world.realms.count > 1, chance.percent(world.plan.relays.abroad) else { return person() }
    let peer = chance.pick(world.realms)
    guard peer !== realm else { return person() }
    let name = chance.percent(3) ? "nobody" : chance.pick(peer.accounts).name
    return "\(name)/\(chance.percent(2) ? "nowhere" : peer.name)"
  }

  /// A name as some type it: with an `@` for the slash.
  private func spelled(_ target: String) -> String {
    guard target.contains("/"), chance.percent(20) else { return target }
    return String(target.map { $0 == "/" ? "@" : $0 })
  }

  /// Mostly a group it is in.
  func group() -> String {
    if let known = picture.groups.values.isEmpty ? nil : chance.pick(picture.groups.values), chance.percent(75) {
      return known.name
    }
    let name = "#g\(chance.below(world.plan.groups))"
    guard world.realms.count > 1, chance.percent(world.plan.relays.abroad) else { return name }
    let peer = chance.pick(world.realms)
    return peer === realm ? name : "\(name)/\(peer.name)"
  }

  func member(of group: String) -> String {
    guard let members = picture.groups[fold(group)]?.members.keys, !members.isEmpty, chance.percent(85) else {
      return person()
    }
    return chance.pick(members)
  }

  /// A whole realm, and one person of it.
  private func masksAbroad() -> [String] {
    guard world.realms.count > 1 else { return [] }
    let peer = chance.pick(world.realms)
    return ["*!*@\(peer.name)", "\(chance.pick(peer.accounts).name)/\(peer.name)!*@*"]
  }

  private func distinct(_ names: [String]) -> [String] {
    var out: [String] = []
    for name in names where !out.contains(where: { fold($0) == fold(name) }) { out.append(name) }
    return out
  }

  // MARK: messages

  func message(_ verb: String, _ targets: [String], tags: [String] = []) {
    var targets = targets
    if world.plan.isLater, let group = targets.first(where: { $0.hasPrefix("#") }) {
      // Where groups change names, a client without ids could not tell which of two a line is from.
      targets.removeAll { $0.hasPrefix("#") && $0 != group }
    }
    let token = world.sayings.count
    let line = "\(verb) \(targets.map(spelled).joined(separator: ",")) :m\(token) \(filler())"
    let mayWait = targets.contains { $0.hasPrefix("#") && $0.contains("/") }
    guard has("moot/id") else {
      let label = command(line, tags: tags, mayWait: mayWait)
      return said(token, targets, label, isNotice: verb == "NOTICE")
    }
    let named = tags + ["moot/id=n\(token)"]
    let label = command(line, tags: named, mayWait: mayWait)
    said(token, targets, label, isNotice: verb == "NOTICE")
    unanswered.append(Unanswered(token: token, line: line, tags: named, targets: targets, mayWait: mayWait))
  }

  /// What follows the token of a text.
  func filler() -> String {
    let filler = String(repeating: chance.pick(["lorem ", "né ", "x", "👍"]), count: chance.pick([0, 1, 3, 30]))
    let mark = world.realms.count > 1 ? String(decoding: RelayChecker.mark, as: UTF8.self) + " " : ""
    return mark + filler
  }

  private func tagMessage() {
    guard has("message-tags") else { return }
    let target = chance.percent(50) ? addressee() : group()
    let token = world.sayings.count
    let label = command(
      "TAGMSG \(spelled(target))", tags: ["+m=\(token)", "+draft/react=x"],
      mayWait: target.hasPrefix("#") && target.contains("/"))
    said(token, [target], label, isNotice: false)
  }

  func said(_ token: Int, _ targets: [String], _ label: String?, isNotice: Bool) {
    world.sayings.append(Saying(client: self, connection: connection?.serial ?? 0, label: label))
    answers.said(token: token, targets, isNotice: isNotice)
  }

  // MARK: groups

  private func actOnGroup(_ action: Action) {
    let group = group()
    switch action {
    case .otherModes: setOtherMode(of: group)
    case .rename:
      let home = group.firstIndex(of: "/").map { String(group[$0...]) } ?? ""
      command("RENAME \(group) #g\(chance.below(world.plan.groups + 2))\(chance.percent(90) ? home : "")")
    case .moderationLog: command("MODLOG \(group)")
    case .join:
      command("JOIN " + (chance.percent(70) ? group : distinct([group, self.group()]).joined(separator: ",")))
    case .part:
      let leavesAll = world.realms.count > 1 && chance.percent(5)
      command(leavesAll ? "JOIN 0" : "PART \(group)" + (chance.percent(50) ? " :gone" : ""))
    case .kick: command("KICK \(group) \(member(of: group))" + (chance.percent(50) ? " :out" : ""))
    case .invite: command("INVITE \(addressee()) \(group)")
    case .topic:
      let text = chance.percent(80) ? "topic \(chance.below(100))" : ""
      command("TOPIC \(group)" + (chance.percent(80) ? " :\(text)" : ""))
    case .names: command("NAMES \(group)")
    case .mode:
      command(
        "MODE \(group)"
          + (chance.percent(80) ? " \(chance.pick(["+", "-"]))\(chance.pick(["i", "m", "n", "s", "t", "it"]))" : ""))
    case .rank:
      let letters = chance.pick(["v", "h", "o", "a", "q", "ov"])
      let names = Array(repeating: member(of: group), count: letters.count).joined(separator: " ")
      command("MODE \(group) \(chance.pick(["+", "-"]))\(letters) \(names)")
    case .ban:
      let mask = chance.pick(["*!*@nowhere", "x*", member(of: group)] + masksAbroad())
      command("MODE \(group) " + (chance.percent(20) ? "b" : "\(chance.pick(["+", "-"]))b \(mask)"))
    case .deleteGroup: command("DELETE \(group)")
    default: break
    }
  }

  /// Some who are invited come.
  func considerInvitation(to group: String) {
    guard world.realms.count > 1, phase == .online, audit == nil, !world.isCalm, chance.percent(60) else { return }
    command("JOIN \(group)")
  }

  // MARK: people

  private func actOnPeople(_ action: Action) {
    switch action {
    case .who: command("WHO \(chance.percent(50) ? group() : addressee())")
    case .whois: command("WHOIS \(addressee())")
    case .list:
      let isLocal = world.realms.count == 1 || chance.percent(40)
      command(isLocal ? "LIST" : chance.pick(["LIST \(chance.pick(world.realms).name)", "LINKS", "MAP"]))
    case .away: command("AWAY :busy")
    case .back: command("AWAY")
    case .kill:
      command("OPER root \(chance.percent(80) ? "sesame" : "guess")")
      command("KILL \(person()) :enough")
    case .ison: command("ISON \(person()) \(addressee())")
    case .monitor: monitor()
    case .nick: command("NICK \(chance.percent(50) ? account.name : "\(account.name)-\(chance.below(3))")")
    case .password:
      // Whether it goes through is seen at the next login.
      let old = chance.pick(account.passwords)
      if let new = account.newPassword() { command("PASSWD \(old) \(new)") }
    case .device:
      guard !deviceName.isEmpty else {
        _ = command("DEVICE LIST")
        return
      }
      let verb = chance.pick(["CREATE", "LIST", "REVOKE"])
      if verb == "REVOKE" { hasRevoked = true }
      command("DEVICE \(verb) \(deviceName)")
    default: break
    }
  }

  private func monitor() {
    let name = addressee()
    switch chance.below(5) {
    case 0, 1, 2:
      watching[fold(name)] = true
      command("MONITOR + \(name)")
    case 3:
      unwatch(name)
      command("MONITOR - \(name)")
    default:
      if chance.percent(30) { unwatch(nil) }
      command(watching.isEmpty ? "MONITOR C" : "MONITOR \(chance.pick(["L", "S"]))")
    }
  }

  // MARK: history

  private func actOnHistory(_ action: Action) {
    guard kind == .full else { return }
    let target = chance.percent(50) ? addressee() : group()
    let limit = chance.pick([1, 2, 10, 500])
    switch action {
    case .markRead:
      let time = Timestamp.text(realm.wall - Int64(chance.below(20_000)))
      command("MARKREAD \(target)" + (chance.percent(80) ? " timestamp=\(time)" : ""))
    case .targets:
      command("CHATHISTORY TARGETS \(point(ids: false)) \(point(ids: false)) \(limit)")
    default:
      let span =
        switch chance.below(6) {
        case 0: "LATEST \(target) *"
        case 1: "LATEST \(target) \(point())"
        case 2: "BEFORE \(target) \(point())"
        case 3: "AFTER \(target) \(point())"
        case 4: "AROUND \(target) \(point())"
        default: "BETWEEN \(target) \(point()) \(point())"
        }
      command("CHATHISTORY \(span) \(limit)")
    }
  }

  /// A place in history: an id it has read, any id there is, or a time.
  private func point(ids: Bool = true) -> String {
    let ledger = realm.ledger
    if ids, let lastID, chance.percent(30) { return "msgid=\(lastID)" }
    if ids, let entry = ledger.entry(at: Int64(chance.below(Int(ledger.lastPosition))) + 1), chance.percent(50) {
      return "msgid=\(entry.id.text)"
    }
    let exact = ledger.entry(at: Int64(chance.below(Int(ledger.lastPosition))) + 1)?.time
    return "timestamp=\(Timestamp.text(exact ?? realm.wall - Int64(chance.below(60_000))))"
  }
}
