import Wire

/// From a group's log to programs elsewhere: each message at least once, in order, and none before it is on disk.
extension Realm {
  // MARK: news

  /// Takes note of an entry of a group that has outgoing webhooks. What follows from it leaves after the commit.
  func deliver(_ entry: Entry, of group: GroupID) {
    for webhook in outgoingWebhooks.values where webhook.record.group == group && !webhook.record.isOff {
      webhook.add(entry)
      goOn(webhook)
    }
  }

  /// Once a second: pauses end, and how far each has come is noted where no delivery has done that.
  func tickWebhooks() {
    for webhook in outgoingWebhooks.values {
      if case .pausing(let until) = webhook.state, until <= uptime { webhook.state = .idle }
      goOn(webhook)
      if webhook.record.number - webhook.storedNumber >= Limits.deliveriesAtOnce { store(webhook) }
    }
  }

  private func store(_ webhook: LiveOutgoingWebhook) {
    webhook.storedNumber = webhook.record.number
    turn.writes.append(.outgoingWebhook(webhook.record))
  }

  /// Sends the next message, or reads on where there may be one.
  private func goOn(_ webhook: LiveOutgoingWebhook) {
    guard case .idle = webhook.state, !webhook.record.isOff, !stopping else { return }
    while let entry = webhook.page.first {
      if isErased(entry) {
        webhook.erased += 1
        webhook.erasedUnnoted += 1
      } else if let delivery = delivery(of: entry, by: webhook) {
        noteErased(webhook)
        webhook.state = .busy
        return ask(.deliver(delivery), for: nil) { realm, answer in
          realm.delivered(entry, by: webhook, answer)
        }
      }
      webhook.record.number = entry.number
      webhook.page.removeFirst()
    }
    if webhook.isBehind { read(webhook) } else { noteErased(webhook) }
  }

  /// Whether an entry was a message, or still is one, that is kept no longer. What was taken back has its author until
  /// its age erases that, too.
  private func isErased(_ entry: Entry) -> Bool {
    if entry.kind == .removed { return entry.sender == .nobody }
    guard entry.kind.isMessage || entry.kind == .notice, case .group(let id) = entry.target else { return false }
    return entry.time < (groups[id].map { keepsFrom($0) } ?? keepsFrom)
  }

  private func noteErased(_ webhook: LiveOutgoingWebhook) {
    guard webhook.erasedUnnoted > 0 else { return }
    note(
      "webhook", "messages erased for their age before they were posted", level: .warning,
      [
        "webhook": String(webhook.record.id), "group": restingGroups[webhook.record.group] ?? "*",
        "messages": String(webhook.erasedUnnoted),
      ])
    webhook.erasedUnnoted = 0
  }

  private func read(_ webhook: LiveOutgoingWebhook) {
    webhook.state = .busy
    webhook.isBehind = false
    webhook.isReading = true
    let after = webhook.record.number
    ask(
      .groupLog(
        webhook.record.group, after: after, limit: Limits.deliveriesAtOnce, bytes: Limits.groupLogBytes), for: nil
    ) { realm, answer in
      webhook.isReading = false
      guard realm.isThere(webhook) else { return }
      guard case .groupLog(let entries) = answer else {
        webhook.isBehind = true
        webhook.state = .pausing(until: realm.uptime + Limits.deliveryPause.lowerBound)
        return
      }
      webhook.state = .idle
      webhook.page = entries
      webhook.newest = max(webhook.newest, entries.last?.number ?? after)
      // There may be more, and what was logged while this was read.
      if !entries.isEmpty { webhook.isBehind = true }
      realm.goOn(webhook)
    }
  }

  private func isThere(_ webhook: LiveOutgoingWebhook) -> Bool { outgoingWebhooks[webhook.record.id] === webhook }

  // MARK: deliveries

  /// What is posted about an entry; nil for what goes nowhere. What webhooks have said is left out, so that two
  /// programs cannot keep each other talking for ever.
  private func delivery(of entry: Entry, by webhook: LiveOutgoingWebhook) -> Delivery? {
    guard entry.kind.isMessage || entry.kind == .notice else { return nil }
    let sender = accounts[entry.sender]
    guard sender?.flags.contains(.webhook) != true else { return nil }
    var text = Multiline.text(of: entry)
    let mark = Array("\u{1}ACTION ".utf8)
    let isAction = text.starts(with: mark)
    if isAction { text = text.dropFirst(mark.count).filter { $0 != 1 } }
    guard webhook.record.trigger.isEmpty || Self.begins(text, with: webhook.record.trigger) else { return nil }
    var data: [JSON.Member] = []
    func add(_ name: String, _ value: JSON) { data.append(JSON.Member(name: name, value: value)) }
    add("id", .string(entry.id.text))
    add("realm", .string(settings.realm))
    add("group", .string(restingGroups[webhook.record.group] ?? "*"))
    add("number", .integer(entry.number))
    add("from", .string(sender?.name ?? String(decoding: entry.nick, as: UTF8.self)))
    add("isGuest", JSON(.bool(sender == nil)))
    add("isBot", JSON(.bool(sender?.flags.contains(.bot) ?? false)))
    add("kind", .string(isAction ? "action" : entry.kind == .notice ? "notice" : "message"))
    add("text", .string(String(decoding: text, as: UTF8.self)))
    if let edited = Edit.subject(of: entry.tags) { add("edits", .string(edited)) }
    let json: JSON = ["type": "message", "timestamp": .string(Timestamp.text(entry.time)), "data": JSON(.object(data))]
    return Delivery(
      address: webhook.record.address, secret: webhook.record.secret, id: entry.id.text, time: now / 1_000,
      body: json.bytes)
  }

  /// Whether a text begins with a word, as a whole.
  private static func begins(_ text: [UInt8], with word: String) -> Bool {
    let word = Array(word.utf8)
    guard text.count >= word.count, zip(text, word).allSatisfy({ fold($0) == fold($1) }) else { return false }
    return text.count == word.count || text[word.count] <= 32
  }

  private func delivered(_ entry: Entry, by webhook: LiveOutgoingWebhook, _ answer: Answer) {
    guard isThere(webhook) else { return }
    webhook.state = .idle
    guard case .called(let outcome) = answer else {
      // No thread had room for it: nothing was tried.
      webhook.state = .pausing(until: uptime + Limits.deliveryPause.lowerBound)
      return
    }
    webhook.lastAnswer = outcome.text
    webhook.lastTime = now
    guard outcome.isTaken else { return failed(webhook, outcome) }
    webhook.failures = 0
    webhook.taken += 1
    webhook.record.failingSince = 0
    webhook.record.number = entry.number
    webhook.page.removeFirst()
    store(webhook)
    goOn(webhook)
  }

  /// It is tried again after a while, ever longer ones; after days not any more. What was read of the log is read anew
  /// then: some of it may be taken back meanwhile.
  private func failed(_ webhook: LiveOutgoingWebhook, _ outcome: CallOutcome) {
    webhook.failures += 1
    webhook.page = []
    webhook.isBehind = true
    if webhook.record.failingSince == 0 {
      webhook.record.failingSince = now
      store(webhook)
    }
    let isGone = outcome.status == 410
    guard isGone || now - webhook.record.failingSince > Limits.deliveryMilliseconds else {
      webhook.state = .pausing(until: uptime + webhook.pause(outcome))
      return
    }
    webhook.record.isOff = true
    store(webhook)
    note(
      "webhook", "switched off", level: .warning,
      [
        "webhook": String(webhook.record.id), "group": restingGroups[webhook.record.group] ?? "*",
        "why": isGone ? "the other end says that it is gone" : "nothing was taken for days: \(outcome.text)",
      ])
  }

  // MARK: operators

  func loadOutgoingWebhooks(_ records: [OutgoingWebhook]) {
    for record in records { add(LiveOutgoingWebhook(record)) }
  }

  private func add(_ webhook: LiveOutgoingWebhook) {
    outgoingWebhooks[webhook.record.id] = webhook
    groupsWithWebhooks.insert(webhook.record.group)
    groups[webhook.record.group]?.hasWebhooks = true
  }

  func remove(_ webhook: LiveOutgoingWebhook) {
    outgoingWebhooks[webhook.record.id] = nil
    turn.writes.append(.webhookRemoved(webhook.record.id))
    let group = webhook.record.group
    guard !outgoingWebhooks.values.contains(where: { $0.record.group == group }) else { return }
    groupsWithWebhooks.remove(group)
    groups[group]?.hasWebhooks = false
  }

  func createOutgoingWebhook(_ groupName: String, _ address: String, _ trigger: String, _ id: AdminID) {
    func refuse(_ why: String) { turn.replies.append((id, .refused(why))) }
    guard let target = WebAddress(address) else {
      return refuse("\"\(address)\" is no address: write https://HOST/PATH")
    }
    guard trigger.utf8.count <= Limits.triggerBytes, !trigger.utf8.contains(where: { $0 <= 32 }) else {
      return refuse("A trigger is one word of up to \(Limits.triggerBytes) bytes")
    }
    switch groupForWebhook(groupName) {
    case .failure(let problem): refuse(problem.text)
    case .success(let group):
      loadGroup(group) { [unowned self] loaded in
        guard let loaded else { return refuse("\(groupName) cannot be read now: try again later") }
        lastWebhook += 1
        var label = Array("outgoing webhook".utf8)
        label.appendUInt64(UInt64(lastWebhook))
        let record = OutgoingWebhook(
          id: lastWebhook, group: group, address: target.text, secret: cryptography.expand(entropy, label, count: 32),
          trigger: trigger, created: now, number: loaded.lastNumber)
        let webhook = LiveOutgoingWebhook(record)
        webhook.isBehind = false
        add(webhook)
        turn.writes.append(.outgoingWebhook(record))
        note("operator", "outgoing webhook made", ["webhook": String(record.id), "group": loaded.name])
        let secret = String(decoding: Array("whsec_".utf8) + Base64.encode(record.secret), as: UTF8.self)
        turn.replies.append((id, .webhook(status(webhook), secret: secret)))
      }
    }
  }

  func status(_ webhook: LiveOutgoingWebhook) -> WebhookStatus {
    var status = WebhookStatus(
      id: webhook.record.id, group: restingGroups[webhook.record.group] ?? "*", writer: "",
      created: webhook.record.created, messages: webhook.taken, lastUsed: webhook.lastTime)
    status.address = webhook.record.address
    status.trigger = webhook.record.trigger
    status.waiting = webhook.newest - webhook.record.number
    status.lastAnswer = webhook.lastAnswer
    status.failingSince = webhook.record.failingSince
    status.isOff = webhook.record.isOff
    status.erased = webhook.erased
    return status
  }

  /// Goes on with one that was given up, where it stopped.
  func resumeWebhook(_ number: Int64) -> AdminReply {
    guard let webhook = outgoingWebhooks[number] else {
      return .refused("There is no outgoing webhook \(number): it was revoked, or never made")
    }
    webhook.record.isOff = false
    webhook.record.failingSince = 0
    webhook.failures = 0
    if case .pausing = webhook.state { webhook.state = .idle }
    store(webhook)
    goOn(webhook)
    note("operator", "outgoing webhook resumed", ["webhook": String(number)])
    return .done("webhook \(number) goes on where it stopped")
  }
}
