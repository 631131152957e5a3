import Wire

/// WEBPUSH (IRCv3 webpush, as `soju.im/webpush` and `draft/webpush`).
extension Realm {
  func webPush(_ session: Session, _ input: Input) {
    guard let user = session.user, !user.isGuest else {
      return fail(session, "WEBPUSH", "ACCOUNT_REQUIRED", [], "Guests are not told of anything later")
    }
    let subcommand = input.text(0).uppercased()
    switch subcommand {
    case "REGISTER" where input.count == 3: register(session, user, input)
    case "UNREGISTER" where input.count == 2:
      removePush(of: user.id, endpoint: WebAddress(input.text(1))?.text ?? input.text(1))
      answer(session, subcommand, input.text(1))
    case "VAPIDPUBKEY" where input.count == 1: answer(session, subcommand, pushKeyText)
    default:
      fail(
        session, "WEBPUSH", "INVALID_PARAMS", [subcommand, input.text(1)],
        "WEBPUSH REGISTER <endpoint> <keys>, or UNREGISTER <endpoint>")
    }
  }

  private func answer(_ session: Session, _ subcommand: String, _ parameter: String) {
    var line = LineBuilder(source: serverSource, "WEBPUSH")
    line.word(subcommand)
    line.word(parameter)
    send(line, to: session)
  }

  private func register(_ session: Session, _ user: User, _ input: Input) {
    func refuse(_ code: String, _ text: String) {
      fail(session, "WEBPUSH", code, ["REGISTER", input.text(1)], text)
    }
    guard let endpoint = WebAddress(input.text(1)), endpoint.isSecure, endpoint.text == input.text(1) else {
      return refuse("INVALID_PARAMS", "The endpoint is an https address")
    }
    guard let keys = PushRegistration.keys(parsing: Array(input.slice(2))) else {
      return refuse("INVALID_PARAMS", "The keys are p256dh=<65 bytes>;auth=<16 bytes>, in URL-safe base64")
    }
    if diskLow { return refuse("INTERNAL_ERROR", "The server's disk is full: try again later") }
    let record = PushRegistration(
      account: user.id, endpoint: endpoint.text, key: keys.key, auth: keys.auth, capabilities: session.rendering,
      created: now, device: session.device)
    let account = pushes[user.id] ?? PushAccount()
    pushes[user.id] = account
    turn.writes.append(.push(record))
    if let old = account.add(record) { turn.writes.append(.pushRemoved(old.account, endpoint: old.endpoint)) }
    for group in user.groups.values { group.audienceChanged() }
    answer(session, "REGISTER", endpoint.text)
  }

  /// Ends a registration: its client wants so, or its service does not know it any more.
  func removePush(of person: PersonID, endpoint: String) {
    guard let account = pushes[person],
      let index = account.registrations.firstIndex(where: { $0.record.endpoint == endpoint })
    else { return }
    account.registrations.remove(at: index)
    if account.registrations.isEmpty { pushes[person] = nil }
    turn.writes.append(.pushRemoved(person, endpoint: endpoint))
  }

  /// Who holds a device that was revoked is not told of anything any more.
  func removePushes(of person: PersonID, device: DeviceID) {
    for registration in pushes[person]?.registrations ?? [] where registration.record.device == device {
      removePush(of: person, endpoint: registration.record.endpoint)
    }
  }

  /// The realm's own public key, as clients and services are told it (RFC 8292, section 3.2).
  var pushKeyText: String {
    var text = Base64.encode(cryptography.pushKey).map { byte in
      byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
    }
    while text.last == UInt8(ascii: "=") { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  func loadPushes(_ records: [PushRegistration]) {
    for record in records {
      let account = pushes[record.account] ?? PushAccount()
      pushes[record.account] = account
      _ = account.add(record)
    }
  }
}
