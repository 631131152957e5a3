import Wire

/// Webhooks are made, listed and revoked by those who run the realm.
extension Realm {
  func loadWebhooks(_ snapshot: Snapshot) {
    lastWebhook = snapshot.lastWebhook
    for record in snapshot.webhooks { add(LiveWebhook(record)) }
    for key in snapshot.webhookKeys { webhooks[key.webhook]?.remember(key) }
    loadOutgoingWebhooks(snapshot.outgoingWebhooks)
  }

  private func add(_ webhook: LiveWebhook) {
    webhooks[webhook.record.id] = webhook
    webhookSecrets[webhook.record.hash] = webhook
  }

  private func remove(_ webhook: LiveWebhook) {
    webhooks[webhook.record.id] = nil
    webhookSecrets[webhook.record.hash] = nil
    turn.writes.append(.webhookRemoved(webhook.record.id))
  }

  /// A group has ended, and what writes to it.
  func endWebhooks(of group: GroupID) {
    for webhook in webhooks.values where webhook.record.group == group { remove(webhook) }
    for webhook in outgoingWebhooks.values where webhook.record.group == group { remove(webhook) }
  }

  /// An account has ended, and what writes in its name.
  func endWebhooks(of writer: PersonID) {
    for webhook in webhooks.values where webhook.record.writer == writer { remove(webhook) }
  }

  // MARK: operators

  func administerWebhooks(_ id: AdminID, _ request: AdminRequest) {
    switch request {
    case .createWebhook(let group, let name): createWebhook(group, name, id)
    case .createOutgoingWebhook(let group, let address, let trigger):
      createOutgoingWebhook(group, address, trigger, id)
    case .resumeWebhook(let number): turn.replies.append((id, resumeWebhook(number)))
    case .revokeWebhook(let number): turn.replies.append((id, revokeWebhook(number)))
    default:
      let all = webhooks.values.map { status($0) } + outgoingWebhooks.values.map { status($0) }
      turn.replies.append((id, .webhooks(all.sorted { $0.id < $1.id })))
    }
  }

  private func status(_ webhook: LiveWebhook) -> WebhookStatus {
    WebhookStatus(
      id: webhook.record.id, group: restingGroups[webhook.record.group] ?? "*",
      writer: accounts[webhook.record.writer]?.name ?? "*", created: webhook.record.created,
      messages: webhook.messages, lastUsed: webhook.lastUsed)
  }

  private func createWebhook(_ groupName: String, _ name: String, _ id: AdminID) {
    func refuse(_ why: String) { turn.replies.append((id, .refused(why))) }
    let group: GroupID
    switch groupForWebhook(groupName) {
    case .failure(let problem): return refuse(problem.text)
    case .success(let found): group = found
    }
    if let problem = problem(writerName: name) { return refuse(problem) }
    let isNew = accountNames[fold(name)] == nil
    if isNew { reservedNames.insert(fold(name)) }
    ask(.makeToken, for: nil) { realm, answer in
      if isNew { realm.reservedNames.remove(fold(name)) }
      guard case .token(let secret, let hash) = answer else {
        return realm.turn.replies.append((id, .refused(answer.problem)))
      }
      guard realm.restingGroups[group] != nil else {
        return realm.turn.replies.append((id, .refused("\(groupName) has ended meanwhile")))
      }
      realm.lastWebhook += 1
      let webhook = LiveWebhook(
        Webhook(
          id: realm.lastWebhook, group: group, writer: realm.writer(name), hash: hash, created: realm.now))
      realm.add(webhook)
      realm.turn.writes.append(.webhook(webhook.record))
      realm.note("operator", "webhook made", ["webhook": String(webhook.record.id), "group": groupName])
      realm.turn.replies.append((id, .webhook(realm.status(webhook), secret: secret)))
    }
  }

  /// Why there cannot be a webhook, in words for people.
  struct WebhookProblem: Error {
    var text: String
  }

  /// The group that a webhook is to be made for, if there is room for one more.
  func groupForWebhook(_ name: String) -> Result<GroupID, WebhookProblem> {
    func problem(_ text: String) -> Result<GroupID, WebhookProblem> { .failure(WebhookProblem(text: text)) }
    let address = Address(name, home: settings.realm)
    if let realm = address.realm ?? groupNames[fold(address.text)].flatMap({ homes[$0]?.realm }) {
      return problem("\(address.text) has its home in \(realm): make the webhook there")
    }
    guard let group = groupNames[fold(address.text)] else { return problem("There is no group \(address.text)") }
    let count = webhooks.count + outgoingWebhooks.count
    guard count < Limits.webhooks else { return problem("There are \(count) webhooks already: revoke some first") }
    return diskLow ? problem("The disk is full: make room first") : .success(group)
  }

  /// What is wrong with the name of a writer: it is a webhook's already, or nobody's.
  private func problem(writerName name: String) -> String? {
    guard Names.isNick(name), !Names.isReserved(name) else {
      return "\"\(name)\" cannot be its name: letters, digits and -_[]\\`^{}|, beginning with a letter"
    }
    if let known = accountNames[fold(name)] {
      let flags = accounts[known]?.flags ?? []
      guard flags.contains(.webhook), flags.isDisjoint(with: [.deleted, .ending]) else {
        return "\(name) is the name of an account: choose another"
      }
      return nil
    }
    guard nicks[fold(name)] == nil, !reservedNames.contains(fold(name)) else {
      return "\(name) is somebody's name: choose another"
    }
    return nil
  }

  /// The account of that name, made now where there is none. It has no password, so that nobody can log in to it.
  private func writer(_ name: String) -> PersonID {
    if let known = accountNames[fold(name)] { return known }
    lastPerson += 1
    let account = AccountRecord(
      id: PersonID(rawValue: lastPerson), name: name, flags: [.bot, .webhook], created: now)
    accounts[account.id] = account
    accountNames[fold(name)] = account.id
    turn.writes.append(.person(account))
    return account.id
  }

  private func revokeWebhook(_ number: Int64) -> AdminReply {
    let group: String
    if let webhook = webhooks[number] {
      group = status(webhook).group
      remove(webhook)
    } else if let webhook = outgoingWebhooks[number] {
      group = status(webhook).group
      remove(webhook)
    } else {
      return .refused("There is no webhook \(number): it was revoked, or never made")
    }
    note("operator", "webhook revoked", ["webhook": String(number), "group": group])
    return .done("webhook \(number) of \(group) is revoked; what was said stays")
  }
}
