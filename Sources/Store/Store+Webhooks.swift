import Core

/// What is written and loaded of webhooks and pushes.
extension Store {
  func add(_ webhook: Webhook) throws(StoreError) {
    try run(
      #"INSERT INTO webhook (id, "group", writer, hash, created) VALUES (?, ?, ?, ?, ?)"#, .int(webhook.id),
      .int(webhook.group.rawValue), .int(webhook.writer.rawValue), .bytes(webhook.hash), .int(webhook.created))
  }

  func removeWebhook(_ id: Int64) throws(StoreError) {
    try run("DELETE FROM webhook WHERE id = ?", .int(id))
    try run("DELETE FROM webhook_key WHERE webhook = ?", .int(id))
    try run("DELETE FROM outgoing_webhook WHERE id = ?", .int(id))
  }

  func set(_ webhook: OutgoingWebhook) throws(StoreError) {
    try run(
      #"""
      INSERT INTO outgoing_webhook (id, "group", address, secret, word, created, number, failing_since, is_off)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number,
        failing_since = excluded.failing_since, is_off = excluded.is_off
      """#, .int(webhook.id), .int(webhook.group.rawValue), .text(webhook.address), .bytes(webhook.secret),
      .text(webhook.trigger), .int(webhook.created), .int(webhook.number), .int(webhook.failingSince),
      .int(webhook.isOff ? 1 : 0))
  }

  /// Keeps as many keys as the core remembers.
  func add(_ key: WebhookKey) throws(StoreError) {
    try run(
      "REPLACE INTO webhook_key (webhook, key, epoch, counter, time) VALUES (?, ?, ?, ?, ?)", .int(key.webhook),
      .text(key.key), .int(Int64(bitPattern: key.id.epoch)), .int(Int64(bitPattern: key.id.counter)), .int(key.time))
    try run(
      """
      DELETE FROM webhook_key WHERE webhook = ?1 AND (time < ?2 OR key IN (
        SELECT key FROM webhook_key WHERE webhook = ?1 ORDER BY time DESC, epoch DESC, counter DESC LIMIT -1 OFFSET ?3))
      """, .int(key.webhook), .int(key.time - Limits.webhookKeyMilliseconds), .int(Int64(Limits.webhookKeys)))
  }

  func set(_ registration: PushRegistration) throws(StoreError) {
    try run(
      """
      REPLACE INTO push (account, endpoint, key, auth, capabilities, created, device) VALUES (?, ?, ?, ?, ?, ?, ?)
      """, .int(registration.account.rawValue), .text(registration.endpoint), .bytes(registration.key),
      .bytes(registration.auth), .int(Int64(bitPattern: registration.capabilities.rawValue)),
      .int(registration.created), .int(registration.device?.rawValue ?? 0))
  }

  func loadPushes() throws(StoreError) -> [PushRegistration] {
    try database.rows(
      "SELECT account, endpoint, key, auth, capabilities, created, device FROM push ORDER BY account, created, endpoint"
    ) {
      PushRegistration(
        account: PersonID(rawValue: $0.int(0)), endpoint: $0.text(1), key: $0.bytes(2), auth: $0.bytes(3),
        capabilities: Capabilities(rawValue: UInt64(bitPattern: $0.int(4))), created: $0.int(5),
        device: $0.int(6) == 0 ? nil : DeviceID(rawValue: $0.int(6)))
    }
  }

  func loadWebhooks(_ snapshot: inout Snapshot) throws(StoreError) {
    snapshot.lastWebhook = try database.number(
      "SELECT max(seq) FROM sqlite_sequence WHERE name IN ('webhook', 'outgoing_webhook')")
    snapshot.webhooks = try database.rows(#"SELECT id, "group", writer, hash, created FROM webhook ORDER BY id"#) {
      Webhook(
        id: $0.int(0), group: GroupID(rawValue: $0.int(1)), writer: PersonID(rawValue: $0.int(2)), hash: $0.bytes(3),
        created: $0.int(4))
    }
    snapshot.outgoingWebhooks = try database.rows(
      #"""
      SELECT id, "group", address, secret, word, created, number, failing_since, is_off FROM outgoing_webhook
      ORDER BY id
      """#
    ) {
      var webhook = OutgoingWebhook(
        id: $0.int(0), group: GroupID(rawValue: $0.int(1)), address: $0.text(2), secret: $0.bytes(3),
        trigger: $0.text(4), created: $0.int(5), number: $0.int(6))
      webhook.failingSince = $0.int(7)
      webhook.isOff = $0.int(8) != 0
      return webhook
    }
    snapshot.webhookKeys = try database.rows(
      "SELECT webhook, key, epoch, counter, time FROM webhook_key ORDER BY time, epoch, counter"
    ) {
      WebhookKey(
        webhook: $0.int(0), key: $0.text(1),
        id: MessageID(epoch: UInt64(bitPattern: $0.int(2)), counter: UInt64(bitPattern: $0.int(3))), time: $0.int(4))
    }
  }
}
