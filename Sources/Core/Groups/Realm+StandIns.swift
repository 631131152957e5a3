import Wire

/// At the home of a group: what people of other realms ask for, done by the same commands that sessions here use.
extension Realm {
  /// A request for one of our groups.
  ///
  /// - Returns: false while the group has to be read first.
  func takeRequest(
    _ id: MessageID, from account: String, _ command: String, _ parameters: [String], _ peer: Peer
  ) -> Bool {
    func answer(_ command: String, _ words: [String], _ text: String) -> Bool {
      _ = post(.replies(id, to: account, [QueryReply(command: command, words: words, text: text)]), to: peer)
      return true
    }
    func refuse(_ code: String, _ text: String, _ words: [String] = []) -> Bool {
      answer("FAIL \(command)", [code] + words, text)
    }
    guard ["JOIN", "PART", "KICK", "MODE", "TOPIC", "INVITE", "RENAME", "METADATA"].contains(command),
      command != "METADATA" || Self.changesMetadata(parameters),
      let run = Command.table[command]?.run, parameters.count >= (command == "INVITE" ? 2 : 1)
    else { return refuse("INVALID_PARAMS", "\(settings.realm) does not understand that") }
    let place = command == "INVITE" ? 1 : 0
    guard let reference = GroupReference(parameters[place]) else {
      return refuse("INVALID_PARAMS", "That is no group of \(settings.realm)")
    }
    guard isLoaded(reference.number ?? groupNames[fold(reference.name)], for: peer) else { return false }
    guard let person = personElsewhere(account, of: peer.name, isHomesWord: true) else {
      return refuse("TEMPORARILY_UNAVAILABLE", "\(settings.realm) knows too many people of other realms")
    }
    guard let name = name(of: reference, for: person) else {
      return answer(Numeric.noSuchChannel.digits, [reference.name], "No such channel")
    }
    var parameters = parameters
    parameters[place] = name
    guard let input = Input(command, parameters) else {
      return refuse("INVALID_PARAMS", "\(settings.realm) does not understand that")
    }
    if command == "METADATA", !mayChangeMetadata(account, peer) {
      let words = [name, parameters.count > 2 ? parameters[2] : "*", String(Limits.metadataRefill / 1_000)]
      return refuse("RATE_LIMITED", "Too many changes of metadata: try again later", words)
    }
    stand(in: person) { realm, session in
      run(realm, session, input)
    } then: { realm, replies in
      _ = realm.post(.replies(id, to: account, replies), to: peer)
    }
    return true
  }

  /// What a group of ours that a request names is called now; nil where its number is of none that the asker may see.
  private func name(of reference: GroupReference, for person: PersonID) -> String? {
    guard let number = reference.number else { return reference.name }
    guard let group = groups[number], group.home == nil, canSee(group, person) else { return nil }
    return group.name
  }

  /// Whether a group is in memory, or there is none; otherwise it is read, and what waits for it is taken then.
  func isLoaded(_ id: GroupID?, for peer: Peer) -> Bool {
    guard let id, groups[id] == nil, restingGroups[id] != nil else { return true }
    loadGroup(id) { [unowned self] group in
      if group == nil, restingGroups[id] != nil {
        peer.sharing.retriesTaking = true
      } else {
        takeOn(from: peer)
      }
    }
    return false
  }

  /// Runs a command for somebody of another realm, in a session that nobody reads, and gives what it was answered.
  func stand(
    in person: PersonID, for body: (Realm, Session) -> Void, then done: @escaping (Realm, [QueryReply]) -> Void
  ) {
    guard let name = personName(of: person) else { return }
    let session = Session(standIn: now, uptime: uptime) { realm, lines in
      done(realm, realm.replies(in: lines))
    }
    let full = self.name(of: person)
    session.user = User(
      id: person, account: full, nick: full, userName: name.name, realName: full, host: name.realm, uptime: uptime)
    hold(session)
    release(session) { body(self, session) }
  }

  /// The numerics and standard replies among lines, up to what an item can hold.
  private func replies(in lines: [Outgoing]) -> [QueryReply] {
    var replies: [QueryReply] = []
    var bytes = 0
    for outgoing in lines {
      guard let reply = QueryReply(outgoing.line) else { continue }
      bytes += outgoing.line.count + 32
      guard bytes <= Limits.itemBytes else {
        replies.append(
          QueryReply(command: "400", words: ["*"], text: "There is more than \(settings.realm) can tell at once"))
        break
      }
      replies.append(reply)
    }
    return replies
  }
}

/// How a request names a group of its receiver: `#plans`, or `#plans,7` with the number by which that is known there.
private struct GroupReference {
  var name: String
  var number: GroupID?

  /// Nil for what names no group.
  init?(_ text: String) {
    let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, Names.isGroup(first) else { return nil }
    name = first
    guard parts.count > 1 else { return }
    guard let value = Int64(parts[1]), value > 0 else { return nil }
    number = GroupID(rawValue: value)
  }
}

extension Session {
  /// A session that nobody reads: it takes part in commands on behalf of somebody of another realm.
  convenience init(
    standIn now: Milliseconds, uptime: Milliseconds, _ caught: @escaping (Realm, [Outgoing]) -> Void
  ) {
    self.init(
      Connection(thread: .max, slot: .max, generation: 0), host: "", origin: nil, secure: true, now: now, uptime: uptime
    )
    capabilities = [.standardReplies, .multiPrefix]
    registered = true
    response = Response(label: [])
    self.caught = caught
  }
}

extension Input {
  /// A command as if a client had said it; nil for parameters that cannot be said so.
  init?(_ command: String, _ parameters: [String]) {
    var text = command
    for (index, parameter) in parameters.enumerated() {
      let isLast = index == parameters.count - 1
      let isWord = !parameter.isEmpty && !parameter.hasPrefix(":") && !parameter.utf8.contains(32)
      guard isWord || isLast else { return nil }
      text += isLast ? " :" + parameter : " " + parameter
    }
    let bytes = Array(text.utf8)
    guard let line = try? Line(parsing: bytes, in: 0..<bytes.count, lineBytes: Limits.lineBytes) else { return nil }
    self.init(bytes: bytes, line: line)
  }
}

extension QueryReply {
  /// A line to a client as another realm is told it; nil for what is no reply.
  fileprivate init?(_ bytes: [UInt8]) {
    guard let line = try? Line(parsing: bytes, in: 0..<bytes.count, lineBytes: bytes.count + 2) else { return nil }
    let command = String(decoding: bytes[line.command], as: UTF8.self)
    var words: [String] = []
    var text: String?
    for index in 0..<line.count {
      let range = line[index]
      let word = String(decoding: bytes[range], as: UTF8.self)
      if bytes[range.lowerBound - 1] == UInt8(ascii: ":") { text = word } else { words.append(word) }
    }
    guard let first = words.first else { return nil }
    words.removeFirst()
    if let code = Int(command), code >= 200 {
      self.init(command: command, words: words, text: text)  // the first word is the nick
    } else if ["FAIL", "WARN", "NOTE"].contains(command) {
      self.init(command: "\(command) \(first)", words: words, text: text)
    } else {
      return nil
    }
  }
}
