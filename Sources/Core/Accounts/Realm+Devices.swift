import Wire

/// Devices: what an account logs in from. A vendor command, described in `docs/clients.md`.
extension Realm {
  func device(of session: Session) -> DeviceRecord? {
    guard let id = session.device else { return nil }
    return session.user?.devices.first { $0.id == id }
  }

  /// The device a login is for, made on first use. An account that has all it may have shares its default one.
  func device(for login: Login, of user: User) -> DeviceID? {
    if let id = login.device, user.devices.contains(where: { $0.id == id }) { return id }
    let name = fold(login.deviceName)
    if let device = user.devices.first(where: { fold($0.name) == name }) { return device.id }
    let full = user.devices.count >= settings.limits.devicesPerAccount
    if full, let device = user.devices.first(where: { $0.name.isEmpty }) ?? user.devices.first { return device.id }
    return makeDevice(name, of: user, tokenHash: nil).id
  }

  /// Makes a device: by a login, or with a token that nobody has used yet.
  private func makeDevice(_ name: String, of user: User, tokenHash: [UInt8]?) -> DeviceRecord {
    lastDevice += 1
    let device = DeviceRecord(
      id: DeviceID(rawValue: lastDevice), account: user.id, name: name, position: lastPosition, created: now,
      lastUsed: tokenHash == nil ? now : 0, hasToken: tokenHash != nil)
    user.devices.append(device)
    turn.writes.append(.device(device, tokenHash: tokenHash))
    return device
  }

  /// Notes that a device was used to log in.
  func noteUse(of device: DeviceID?, _ user: User) {
    guard let index = user.devices.firstIndex(where: { $0.id == device }) else { return }
    guard now - user.devices[index].lastUsed >= Limits.lastUsedMilliseconds else { return }
    user.devices[index].lastUsed = now
    turn.writes.append(.devicePosition(user.devices[index].id, user.devices[index].position, lastUsed: now))
  }

  /// Stores how far the session's device has confirmed, if that is news.
  func savePosition(_ session: Session) {
    guard let user = session.user, let id = session.device,
      let index = user.devices.firstIndex(where: { $0.id == id }),
      session.confirmedPosition > user.devices[index].position
    else { return }
    session.positionSavedAt = uptime
    user.devices[index].position = session.confirmedPosition
    user.devices[index].lastUsed = now
    turn.writes.append(.devicePosition(id, session.confirmedPosition, lastUsed: now))
  }

  func deviceCommand(_ session: Session, _ input: Input) {
    guard let user = session.user, !user.isGuest else {
      return fail(session, "DEVICE", "ACCOUNT_REQUIRED", [], "Guests have no devices")
    }
    let name = fold(input.text(1))
    switch input.text(0).uppercased() {
    case "CREATE": createDevice(session, user, name)
    case "LIST": listDevices(session, user)
    case "REVOKE": revokeDevice(session, user, name)
    default: fail(session, "DEVICE", "INVALID_PARAMS", [input.text(0)], "Say DEVICE CREATE, LIST or REVOKE")
    }
  }

  private func createDevice(_ session: Session, _ user: User, _ name: String) {
    guard Names.isNick(name) else {
      return fail(
        session, "DEVICE", "INVALID_NAME", [name], "A device is called like an account: letters, digits, - and _")
    }
    guard mayCreate(session, user, name) else { return }
    ask(.makeToken, for: session) { realm, answer in
      guard case .token(let secret, let hash) = answer else {
        return realm.fail(session, "DEVICE", "TEMPORARILY_UNAVAILABLE", [name], "No token: \(answer.problem)")
      }
      // Another session of the account may have been faster.
      guard realm.mayCreate(session, user, name) else { return }
      realm.giveToken(session, user, name, secret: secret, hash: hash)
    }
  }

  private func mayCreate(_ session: Session, _ user: User, _ name: String) -> Bool {
    guard !user.devices.contains(where: { fold($0.name) == name && $0.hasToken }) else {
      fail(session, "DEVICE", "NAME_IN_USE", [name], "You have a device of that name: revoke it first")
      return false
    }
    guard user.devices.count < settings.limits.devicesPerAccount else {
      fail(session, "DEVICE", "TOO_MANY_DEVICES", [name], "Revoke a device first: DEVICE LIST shows them")
      return false
    }
    return true
  }

  private func giveToken(_ session: Session, _ user: User, _ name: String, secret: String, hash: [UInt8]) {
    if let index = user.devices.firstIndex(where: { fold($0.name) == name }) {
      user.devices[index].hasToken = true
      turn.writes.append(.device(user.devices[index], tokenHash: hash))
    } else {
      _ = makeDevice(name, of: user, tokenHash: hash)
    }
    var line = LineBuilder(source: serverSource, "DEVICE")
    line.word("CREATE")
    line.word(name)
    line.word(secret)
    send(line, to: session)
  }

  private func listDevices(_ session: Session, _ user: User) {
    for device in user.devices {
      var line = LineBuilder(source: serverSource, "DEVICE")
      line.word("LIST")
      line.word(device.name.isEmpty ? "*" : device.name)
      line.word(Timestamp.text(device.created))
      line.word(device.lastUsed == 0 ? "*" : Timestamp.text(device.lastUsed))
      line.word(device.hasToken ? "token" : "password")
      send(line, to: session)
    }
    var end = LineBuilder(source: serverSource, "DEVICE")
    end.word("END")
    send(end, to: session)
  }

  private func revokeDevice(_ session: Session, _ user: User, _ name: String) {
    let wanted = name == "*" ? "" : name
    guard let index = user.devices.firstIndex(where: { fold($0.name) == wanted }) else {
      return fail(session, "DEVICE", "NO_SUCH_DEVICE", [name], "You have no device of that name")
    }
    let device = user.devices.remove(at: index)
    turn.writes.append(.deviceRemoved(device.id))
    removePushes(of: user.id, device: device.id)
    var line = LineBuilder(source: serverSource, "DEVICE")
    line.word("REVOKE")
    line.word(name)
    send(line, to: session)
    for other in user.sessions where other.device == device.id {
      other.device = nil
      if other !== session { close(other, "This device was revoked") }
    }
  }
}
