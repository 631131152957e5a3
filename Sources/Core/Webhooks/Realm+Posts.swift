import Wire

/// What programs post: from an edge's event to the log, and to the answer, which leaves with the rest of the turn once
/// the message is on disk.
extension Realm {
  func posted(_ connection: Connection, _ post: WebhookPost) {
    do throws(WebhookRefusal) {
      let webhook = try admit(post)
      if let id = webhook.id(of: post.key, now: now) { return accept(connection, id) }
      let text = try WebhookText(post)
      loadGroup(webhook.record.group) { [unowned self] group in
        do throws(WebhookRefusal) {
          accept(connection, try say(text, post, by: webhook, in: group))
        } catch {
          refuse(connection, error)
        }
      }
    } catch {
      refuse(connection, error)
    }
  }

  private func admit(_ post: WebhookPost) throws(WebhookRefusal) -> LiveWebhook {
    guard !stopping else { throw WebhookRefusal(status: 503, text: "The realm is stopping.", retryAfter: 5) }
    guard let webhook = webhookSecrets[post.secretHash] else {
      throw WebhookRefusal(
        status: 404, text: "There is no such webhook: its address is not whole, or it was revoked.")
    }
    if let wait = webhook.pay(uptime: uptime) {
      throw WebhookRefusal(
        status: 429,
        text: "Too many messages: one in \(Limits.webhookMilliseconds / 1_000) s, and \(Limits.webhookBurst) at once.",
        retryAfter: (wait + 999) / 1_000)
    }
    return webhook
  }

  /// Says it in the group, as the writer.
  private func say(
    _ text: WebhookText, _ post: WebhookPost, by webhook: LiveWebhook, in group: Group?
  ) throws(WebhookRefusal) -> MessageID {
    // While the group was read, the same may have been posted again, or the webhook have been revoked.
    if let id = webhook.id(of: post.key, now: now) { return id }
    guard webhooks[webhook.record.id] === webhook, let writer = accounts[webhook.record.writer] else {
      throw WebhookRefusal(status: 410, text: "The webhook was revoked.")
    }
    guard let group else {
      throw WebhookRefusal(status: 503, text: "The group cannot be read now: try again later.", retryAfter: 10)
    }
    guard !diskLow else {
      throw WebhookRefusal(status: 503, text: "Not taken: the server's disk is full. Try again later.", retryAfter: 60)
    }
    if let problem = problem(writer, text.name, group) { throw problem }
    let nick = text.name.isEmpty ? writer.name : text.name
    let message = Message(kind: text.isMultiline ? .multiline : .message, tags: [], body: text.body)
    let said = said(source(nick: Array(nick.utf8), account: writer.name), message, to: group.name)
    let entry = log(
      group, message.kind, sender: writer.id, nick: nick == writer.name ? [] : Array(nick.utf8), text.body)
    let out = outgoing(said, entry)
    broadcast(out, to: group, position: entry.position, kind: message.heldBackKind(logged: true))
    pushMentions(out, message, from: writer.id, in: group)
    counters.messages += 1
    webhook.messages += 1
    webhook.lastUsed = now
    if !post.key.isEmpty {
      let key = WebhookKey(webhook: webhook.record.id, key: post.key, id: entry.id, time: now)
      webhook.remember(key)
      turn.writes.append(.webhookKey(key))
    }
    return entry.id
  }

  /// Why the writer may not speak there. A webhook is as good as voice, so that `+n` and `+m` do not stop it; who
  /// moderates the group stops it by a ban, and those who run the realm by suspending the writer.
  private func problem(_ writer: AccountRecord, _ name: String, _ group: Group) -> WebhookRefusal? {
    if writer.flags.contains(.suspended) {
      return WebhookRefusal(status: 403, text: "\(writer.name) is suspended: ask those who run the realm.")
    }
    if isBanned(writer.id, in: group, fromSpeaking: true) {
      return WebhookRefusal(status: 403, text: "\(writer.name) is banned from \(group.name): ask its operators.")
    }
    guard !name.isEmpty, fold(name) != fold(writer.name) else { return nil }
    guard accountNames[fold(name)] == nil, nicks[fold(name)] == nil, !Names.isReserved(name) else {
      return WebhookRefusal(status: 403, text: "\(name) is somebody else's name: choose another one.")
    }
    return nil
  }

  // MARK: answers

  private func accept(_ connection: Connection, _ id: MessageID) {
    let json: JSON = ["id": .string(id.text)]
    answer(connection, HTTPResponse(type: "application/json", body: json.bytes + [10]))
  }

  private func refuse(_ connection: Connection, _ refusal: WebhookRefusal) {
    counters.refusals += 1
    var response = HTTPResponse(status: refusal.status, text: refusal.text)
    if refusal.retryAfter > 0 {
      response.fields.append(HTTPField(name: "Retry-After", value: String(refusal.retryAfter)))
    }
    answer(connection, response)
  }

  private func answer(_ connection: Connection, _ response: HTTPResponse) {
    let thread = Int(connection.thread)
    turn.deliveries[thread].send(to: connection) { $0 += response.bytes() }
    turn.deliveries[thread].close(connection)
  }
}
