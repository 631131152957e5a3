import Wire

/// What was said: CHATHISTORY (IRCv3 draft/chathistory) and read markers (IRCv3 draft/read-marker).
extension Realm {
  func chatHistory(_ session: Session, _ input: Input) {
    let subcommand = input.text(0).uppercased()
    guard input.count > 0 else {
      return fail(session, "CHATHISTORY", "INVALID_PARAMS", ["*"], "Say which part of which conversation")
    }
    if subcommand == "TARGETS" { return targets(session, input) }
    let request: HistoryRequest
    do {
      request = try HistoryRequest(
        subcommand, target: input.text(1), input.parameters(from: 2), most: settings.limits.historyPage)
    } catch {
      return fail(
        session, "CHATHISTORY", error.code, [subcommand.isEmpty ? "*" : subcommand] + error.context, error.text)
    }
    guard !(session.user?.isGuest ?? true) || Address(input.text(1), home: settings.realm).isGroup else {
      return fail(session, "CHATHISTORY", "INVALID_TARGET", [subcommand, input.text(1)], "Guests have no history")
    }
    func refuse(_ realm: Realm) {
      realm.fail(
        session, "CHATHISTORY", "INVALID_TARGET", [subcommand, input.text(1).isEmpty ? "*" : input.text(1)],
        Self.notYours)
    }
    withConversation(session, input.text(1), orElse: refuse) { realm, conversation, name, since in
      let query = HistoryQuery(
        conversation: conversation, span: request.span, limit: request.limit, since: since,
        events: session.has(.eventPlayback),
        notBefore: realm.historyBegins(conversation), bytes: realm.pageBytes)
      let end = realm.lastPosition
      realm.ask(.history(query), for: session) { realm, answer in
        switch answer {
        case .history(let entries):
          // Who has left the group meanwhile must not read what was said in it since.
          let isMember = realm.isMember(session, of: conversation, since: since)
          realm.sendHistory(session, name, isMember ? entries : entries.filter { $0.position <= end })
          if entries.isEmpty, request.span.looksBack { realm.tellWhereOlder(session, subcommand, conversation) }
        case .unknownMessage: realm.sendHistory(session, name, [])
        default:
          realm.fail(
            session, "CHATHISTORY", "MESSAGE_ERROR", [subcommand, name], "History is not to be had: \(answer.problem)")
        }
      }
    }
  }

  static let notYours = "There is no such conversation, or it is not yours to read"

  /// Finds what a target means, by what name the session knows it and from which number on it may read it.
  func withConversation(
    _ session: Session, _ text: String, orElse refuse: @escaping (Realm) -> Void,
    then body: @escaping (Realm, Conversation, String, Int64) -> Void
  ) {
    let address = Address(text, home: settings.realm)
    guard let user = session.user else { return refuse(self) }
    guard address.isGroup else {
      // What an account said stays to be read after it was deleted.
      guard let person = person(address.text) ?? accountNames[fold(address.text)], person.rawValue > 0 else {
        return refuse(self)
      }
      return body(self, .pair(user.id, person), name(of: person), 0)
    }
    withGroup(address.text, session) { realm, group in
      guard let group, let member = group.members[user.id] else { return refuse(realm) }
      guard let since = group.readable(by: member) else { return refuse(realm) }
      body(realm, .group(group.id), group.name, since)
    }
  }

  private func isMember(_ session: Session, of conversation: Conversation, since: Int64) -> Bool {
    guard case .group(let id) = conversation else { return true }
    guard let group = groups[id], let member = session.user.flatMap({ group.members[$0.id] }) else { return false }
    return group.readable(by: member) == since
  }

  /// What there is of another realm's group begins with its first member here: who may look back further is told that
  /// there is more.
  private func tellWhereOlder(_ session: Session, _ subcommand: String, _ conversation: Conversation) {
    guard session.has(.standardReplies), case .group(let id) = conversation, let group = groups[id],
      let home = group.home, group.modes.lookingBack == .all
    else { return }
    standardReply(
      session, "NOTE", "CHATHISTORY", "OLDER_ELSEWHERE", [subcommand, group.name],
      "What was said before anybody of \(settings.realm) was a member is read in \(home.realm) only")
  }

  /// What one answer may weigh: it has to fit into what may wait for a client, whatever others have said.
  var pageBytes: Int { settings.limits.sendQueueBytes / 4 }

  private func sendHistory(_ session: Session, _ name: String, _ entries: [Entry]) {
    let reference = session.has(.batch) ? nextBatch() : []
    if !reference.isEmpty {
      send(openBatch(reference, "chathistory", [name]), to: session)
    }
    let shown = session.has(.edit) ? [] : Set(entries.map(\.position))
    // To who does not know edits, one says nothing new beside the message that says the same now.
    for entry in entries where !entry.isEdit || !shown.contains(entry.link) {
      guard var out = rendered(entry, in: name, for: session) else { continue }
      out.batch = reference
      send(out, to: session)
    }
    if !reference.isEmpty { send(closeBatch(reference), to: session) }
  }

  /// An entry as the line it was; nil for events of a group and for TAGMSG, which only clients that know
  /// draft/event-playback may get (draft/chathistory, "Returned message notes").
  func rendered(_ entry: Entry, in target: String, for session: Session) -> Outgoing? {
    if entry.kind == .refusal { return refusalLine(entry, for: session) }
    let account = accounts[entry.sender]?.name ?? ""
    let source = source(nick: entry.nick.isEmpty ? Array(account.utf8) : entry.nick, account: account)
    let isMessage = entry.kind.isMessage || entry.kind == .notice
    let wantsEvents = session.capabilities.isSuperset(of: [.chatHistory, .eventPlayback])
    guard isMessage || wantsEvents && session.has(entry.kind.needed) else { return nil }
    // IRCv3 draft/channel-rename, "Fallback": who does not know it must not be sent it.
    guard entry.kind != .rename || session.has(.channelRename) else { return nil }
    guard entry.kind.isSaid else { return event(entry, source, account, in: target) }
    let message = Message(kind: entry.kind, tags: entry.tags, body: entry.body)
    // In a private conversation the addressee is whom the line names, whoever asks.
    var name = target
    if case .person(let person) = entry.target { name = self.name(of: person) }
    return outgoing(said(source, message, to: name), entry)
  }

  /// An event of a group as the line it was (IRCv3 draft/chathistory, draft/event-playback); nil for what clients were
  /// never told.
  private func event(_ entry: Entry, _ source: [UInt8], _ account: String, in target: String) -> Outgoing? {
    guard entry.kind != .create, entry.kind != .removed else { return nil }
    var line = LineBuilder(source: isByRealm(entry) ? entry.nick : source, command(entry.kind))
    if entry.kind != .rename { line.word(target) }
    var extended = line
    if !entry.body.isEmpty { line.word(entry.body) }
    var out = outgoing(line.bytes, entry)
    if entry.kind == .join {
      extended.word(account.isEmpty ? "*" : account)
      extended.text(account.isEmpty ? String(decoding: entry.nick, as: UTF8.self) : account)
      out.extendedLine = extended.bytes
    }
    return out
  }

  /// Whether a realm itself has acted. A guest has no account either, but a nick: that holds no dot, and where the
  /// group is of another realm its realm.
  private func isByRealm(_ entry: Entry) -> Bool {
    guard entry.sender == .nobody, case .group(let group) = entry.target,
      entry.kind == .mode || entry.kind == .topic || entry.kind == .kick
    else { return false }
    if homes[group] != nil { return !entry.nick.contains(UInt8(ascii: "/")) }
    return entry.nick.contains(UInt8(ascii: ".")) || entry.nick == serverSource
      || entry.nick.elementsEqual(settings.realm.utf8)
  }

  // MARK: TARGETS

  private func targets(_ session: Session, _ input: Input) {
    guard let user = session.user else { return }
    let first = HistoryRequest.point(input.text(1))
    let second = HistoryRequest.point(input.text(2))
    guard case .time(let from)? = first, case .time(let to)? = second, let limit = Int(input.text(3)), limit > 0 else {
      return fail(
        session, "CHATHISTORY", "INVALID_PARAMS", ["TARGETS"], "Say TARGETS timestamp=… timestamp=… <limit>")
    }
    guard !user.isGuest else {
      return fail(session, "CHATHISTORY", "INVALID_TARGET", ["TARGETS", "*"], "Guests have no history")
    }
    let groups = user.groups.values.sorted { $0.id < $1.id }.compactMap { readable($0, by: user) }
    ask(
      .conversations(
        user.id, groups: groups, after: max(min(from, to), historyBegins - 1), before: max(from, to),
        newest: from > to, limit: min(limit, settings.limits.historyPage)), for: session
    ) { realm, answer in
      guard case .conversations(let found) = answer else {
        return realm.fail(session, "CHATHISTORY", "MESSAGE_ERROR", ["TARGETS"], answer.problem)
      }
      realm.sendTargets(session, found)
    }
  }

  private func sendTargets(_ session: Session, _ found: [ConversationSummary]) {
    let reference = session.has(.batch) ? nextBatch() : []
    if !reference.isEmpty { send(openBatch(reference, "draft/chathistory-targets"), to: session) }
    for conversation in found {
      guard let name = name(of: conversation.target) else { continue }
      var line = LineBuilder(source: serverSource, "CHATHISTORY")
      line.word("TARGETS")
      line.word(name)
      line.word(Timestamp.text(conversation.time))
      var out = Outgoing(line: line.bytes)
      out.batch = reference
      send(out, to: session)
    }
    if !reference.isEmpty { send(closeBatch(reference), to: session) }
  }

  /// What a conversation is called; nil for a group that is gone.
  func name(of target: Target) -> String? {
    switch target {
    case .person(let person): name(of: person)
    case .group(let id): restingGroups[id]
    }
  }

  // MARK: MARKREAD

  func markRead(_ session: Session, _ input: Input) {
    guard let user = session.user, !user.isGuest else {
      return fail(session, "MARKREAD", "ACCOUNT_REQUIRED", [input.text(0)], "Guests have no read markers")
    }
    guard !input.text(0).isEmpty else {
      return fail(session, "MARKREAD", "NEED_MORE_PARAMS", [], "Say which conversation")
    }
    guard let (target, name) = markerTarget(input.text(0), user) else {
      return fail(session, "MARKREAD", "INVALID_PARAMS", [input.text(0)], "There is no such conversation")
    }
    guard input.count > 1 else { return sendMarker(target, name, to: session) }
    let text = input.text(1)
    guard text.hasPrefix("timestamp="), let time = Timestamp.parse(text.dropFirst(10).utf8) else {
      return fail(
        session, "MARKREAD", "INVALID_PARAMS", [input.text(0), text], "Say timestamp=YYYY-MM-DDThh:mm:ss.sssZ")
    }
    // Only ever forward, and not past what there can be; what is older is answered with what holds.
    let reached = min(time, now)
    guard reached > user.readMarkers[target] ?? 0 else { return sendMarker(target, name, to: session) }
    user.readMarkers[target] = reached
    turn.writes.append(.readMarker(user.id, ReadMarker(target: target, time: reached)))
    pushRead(user, target, name, reached)
    for own in user.sessions where own === session || own.has(.readMarker) {
      sendMarker(target, name, to: own)
    }
  }

  private func markerTarget(_ text: String, _ user: User) -> (Target, String)? {
    let address = Address(text, home: settings.realm)
    guard address.isGroup else {
      guard let person = person(address.text), person.rawValue > 0 else { return nil }
      return (.person(person), name(of: person))
    }
    guard let id = groupNames[fold(address.text)], let group = user.groups[id] else { return nil }
    return (.group(id), group.name)
  }

  func sendMarker(_ target: Target, _ name: String, to session: Session) {
    var line = LineBuilder(source: serverSource, "MARKREAD")
    line.word(name)
    line.word((session.user?.readMarkers[target]).map { "timestamp=" + Timestamp.text($0) } ?? "*")
    send(line, to: session)
  }
}

extension HistorySpan {
  /// Whether it asks for what was said before, however long ago.
  fileprivate var looksBack: Bool {
    switch self {
    case .latest(nil), .before: true
    default: false
    }
  }
}

/// The parameters of a CHATHISTORY request after its target (IRCv3 draft/chathistory, "Subcommands").
package struct HistoryRequest: Equatable, Sendable {
  package var span: HistorySpan
  package var limit: Int

  /// What is wrong with a request: the code of the specification, and words.
  package struct Problem: Error, Equatable {
    package var code: String
    /// What it is about, besides the subcommand.
    package var context: [String] = []
    package var text: String
  }

  /// - Parameters:
  ///   - target: for what is said of a problem.
  ///   - most: the largest answer; a higher limit is lowered to it.
  package init(_ subcommand: String, target: String = "*", _ parameters: [String], most: Int) throws(Problem) {
    func wrong(_ text: String) -> Problem { Problem(code: "INVALID_PARAMS", text: text) }
    func point(_ index: Int) throws(Problem) -> HistoryPoint {
      guard index < parameters.count else { throw wrong("Not enough parameters for \(subcommand)") }
      let text = parameters[index]
      if let point = Self.point(text) { return point }
      let kind = text.prefix { $0 != "=" }
      let isOfAnotherKind = kind.count < text.count && kind != "timestamp" && kind != "msgid"
      throw Problem(
        code: isOfAnotherKind ? "INVALID_MSGREFTYPE" : "INVALID_PARAMS",
        context: [isOfAnotherKind || text.isEmpty ? target : text],
        text: "Say msgid=… or timestamp=YYYY-MM-DDThh:mm:ss.sssZ")
    }
    switch subcommand {
    case "LATEST":
      guard let first = parameters.first else { throw wrong("Not enough parameters for LATEST") }
      span = .latest(after: first == "*" ? nil : try point(0))
    case "BEFORE": span = .before(try point(0))
    case "AFTER": span = .after(try point(0))
    case "AROUND": span = .around(try point(0))
    case "BETWEEN": span = .between(try point(0), try point(1))
    default: throw wrong("Say LATEST, BEFORE, AFTER, AROUND, BETWEEN or TARGETS")
    }
    let index = subcommand == "BETWEEN" ? 2 : 1
    guard parameters.count <= index + 1 else { throw wrong("Too many parameters for \(subcommand)") }
    guard index < parameters.count, let limit = Int(parameters[index]), limit > 0 else {
      throw wrong("The limit has to be a number above 0")
    }
    self.limit = min(limit, most)
  }

  /// Reads `msgid=…` or `timestamp=…`. A well-formed id of another kind names no message of ours.
  package static func point(_ text: String) -> HistoryPoint? {
    if text.hasPrefix("timestamp=") { return Timestamp.parse(text.dropFirst(10).utf8).map { .time($0) } }
    guard text.hasPrefix("msgid="), text.utf8.count > 6 else { return nil }
    return .id(MessageID(text.dropFirst(6).utf8) ?? MessageID(epoch: 0, counter: 0))
  }
}

extension Input {
  /// All parameters from `index` on.
  func parameters(from index: Int) -> [String] { index < count ? (index..<count).map(text) : [] }
}
