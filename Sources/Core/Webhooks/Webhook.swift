/// A door through which a program writes to a group, and never reads (docs/bots.md).
package struct Webhook: Equatable, Sendable {
  package var id: Int64
  /// One of this realm.
  package var group: GroupID
  /// Under whose name its messages stand: an account that nobody logs in to (`AccountFlags.webhook`).
  package var writer: PersonID
  /// The SHA-256 of its secret: who reads a backup cannot write with it.
  package var hash: [UInt8]
  package var created: Milliseconds
  package init(id: Int64, group: GroupID, writer: PersonID, hash: [UInt8], created: Milliseconds) {
    self.id = id
    self.group = group
    self.writer = writer
    self.hash = hash
    self.created = created
  }
}

/// What a program has given as the name of a message, and the id that the message got: said again, it is the same.
package struct WebhookKey: Equatable, Sendable {
  package var webhook: Int64
  package var key: String
  package var id: MessageID
  package var time: Milliseconds
  package init(webhook: Int64, key: String, id: MessageID, time: Milliseconds) {
    self.webhook = webhook
    self.key = key
    self.id = id
    self.time = time
  }
}

/// What a program has posted, as an edge hands it on.
package struct WebhookPost: Equatable, Sendable {
  /// The SHA-256 of the secret that was given.
  package var secretHash: [UInt8]
  /// The field `Idempotency-Key`; empty for none.
  package var key: String
  /// Whether the body says that it is JSON; plain text otherwise.
  package var isJSON: Bool
  package var body: [UInt8]
  package init(secretHash: [UInt8], key: String, isJSON: Bool, body: [UInt8]) {
    self.secretHash = secretHash
    self.key = key
    self.isJSON = isJSON
    self.body = body
  }
}

/// A webhook as those who run the realm see it.
package struct WebhookStatus: Equatable, Sendable {
  package var id: Int64
  package var group: String
  package var writer: String
  package var created: Milliseconds
  /// Messages since the start of the process, and when the last one came, or was tried; 0 for never.
  package var messages: Int64
  package var lastUsed: Milliseconds

  // Of an outgoing one.

  /// Where it posts to; empty for one that is posted to.
  package var address = ""
  package var trigger = ""
  /// Entries of the group's log that it has not come to, as far as is known.
  package var waiting: Int64 = 0
  /// What came of the last attempt since the start of the process; empty for none.
  package var lastAnswer = ""
  /// Since when nothing was taken; 0 while all goes well.
  package var failingSince: Milliseconds = 0
  package var isOff = false
  /// Messages that were erased for their age before they could be posted, since the start of the process.
  package var erased: Int64 = 0
  package init(
    id: Int64, group: String, writer: String, created: Milliseconds, messages: Int64 = 0, lastUsed: Milliseconds = 0
  ) {
    self.id = id
    self.group = group
    self.writer = writer
    self.created = created
    self.messages = messages
    self.lastUsed = lastUsed
  }
}

/// A webhook in memory.
final class LiveWebhook {
  let record: Webhook
  var messages: Int64 = 0
  var lastUsed: Milliseconds = 0
  /// Messages are paid for up to this time, by the clock that never jumps.
  private var paidUntil: Milliseconds = .min
  private var ids: [String: MessageID] = [:]
  /// The same, the oldest first.
  private var keys: [WebhookKey] = []

  init(_ record: Webhook) { self.record = record }

  /// Lets a message pay for itself; otherwise says in how many milliseconds it can.
  func pay(uptime: Milliseconds) -> Milliseconds? {
    let interval = Limits.webhookMilliseconds
    let due = max(paidUntil, uptime - Limits.webhookBurst * interval) + interval
    guard due <= uptime else { return due - uptime }
    paidUntil = due
    return nil
  }

  /// The message that has that key already.
  func id(of key: String, now: Milliseconds) -> MessageID? {
    forget(before: now - Limits.webhookKeyMilliseconds)
    return ids[key]
  }

  func remember(_ key: WebhookKey) {
    forget(before: key.time - Limits.webhookKeyMilliseconds)
    if keys.count >= Limits.webhookKeys { ids[keys.removeFirst().key] = nil }
    ids[key.key] = key.id
    keys.append(key)
  }

  private func forget(before time: Milliseconds) {
    let old = keys.prefix { $0.time < time }
    guard !old.isEmpty else { return }
    for key in old { ids[key.key] = nil }
    keys.removeFirst(old.count)
  }
}
