import Wire

/// CAP (IRCv3 capability-negotiation, version 302).
extension Realm {
  func cap(_ session: Session, _ input: Input) {
    let subcommand = input.text(0).uppercased()
    switch subcommand {
    case "LS":
      if !session.registered { session.negotiating = true }
      let version = Int(input.text(1)) ?? 0
      session.capVersion = max(session.capVersion, version)
      // Version 302 switches cap-notify on (capability-negotiation, "CAP LS version").
      if session.capVersion >= 302 { session.capabilities.insert(.capNotify) }
      sendCapabilities(session, "LS", offered(version))
    case "LIST":
      let enabled = Capabilities.tokens.filter { session.has($0.capability) }.map(\.token)
      sendCapabilities(session, "LIST", enabled)
    case "REQ":
      if !session.registered { session.negotiating = true }
      request(session, input.text(1))
    case "END":
      session.negotiating = false
      if session.sasl != nil, !session.registered {
        session.sasl = nil
        reply(session, .saslAborted, [], "SASL authentication aborted")
      }
      registerIfReady(session)
    default:
      reply(session, .invalidCapCommand, [String(input.text(0).prefix(32))], "Invalid CAP command")
    }
  }

  /// All there are, with their values where the version asked for has any.
  func offered(_ version: Int) -> [String] {
    Capabilities.tokens.filter { isOffered($0.capability) }.map { token, capability in
      guard version >= 302 else { return token }
      switch capability {
      case .multiline: return "\(token)=max-bytes=\(Limits.multilineBytes),max-lines=\(Limits.multilineLines)"
      case .metadata2, .metadata3: return token + "=" + Metadata.capabilityValue
      case .sasl: return token + "=" + Self.mechanisms.joined(separator: ",")
      case .accountRegistration:
        // What clients show as the field for an address takes the code of an invitation.
        let keys = [
          settings.registerBeforeConnect ? "before-connect" : nil,
          settings.registration == .invite ? "email-required" : nil, "custom-account-name",
        ]
        return token + "=" + keys.compactMap(\.self).joined(separator: ",")
      default: return token
      }
    }
  }

  /// Clients show a form to register where they see the capability: only where that leads to an account.
  private func isOffered(_ capability: Capabilities) -> Bool {
    capability != .accountRegistration || settings.registration != .closed
  }

  /// Tells what other settings have changed about the capabilities (capability-negotiation, "CAP NEW" and "CAP DEL").
  /// One with another value is there as before: its value comes with NEW.
  func tellChangedOffers(since before: [String]) {
    let after = offered(302)
    let names = after.map { $0.prefix { $0 != "=" } }
    let gone = before.map { $0.prefix { $0 != "=" } }.filter { !names.contains($0) }.map(String.init)
    let new = after.filter { !before.contains($0) }
    for session in sessions.joined().compactMap(\.self) where session.has(.capNotify) {
      if !gone.isEmpty { sendCapabilities(session, "DEL", gone) }
      if !new.isEmpty { sendCapabilities(session, "NEW", new) }
      for name in gone { session.capabilities.subtract(Capabilities.named(name[...]) ?? []) }
    }
  }

  /// A list too long for a line is continued with `*` (capability-negotiation, "Multiline replies"); clients that know
  /// no such lines get the first.
  private func sendCapabilities(_ session: Session, _ subcommand: String, _ tokens: [String]) {
    var rest = tokens[...]
    repeat {
      var length = 0
      let fitting = rest.prefix { token in
        length += token.utf8.count + 1
        return length <= 400
      }
      rest = rest.dropFirst(fitting.count)
      var line = LineBuilder(source: serverSource, "CAP")
      line.word(session.nick)
      line.word(subcommand)
      if !rest.isEmpty && session.capVersion >= 302 { line.word("*") }
      line.text(fitting.joined(separator: " "))
      send(line, to: session)
    } while !rest.isEmpty && session.capVersion >= 302
  }

  /// All or nothing (capability-negotiation, "CAP REQ").
  private func request(_ session: Session, _ list: String) {
    var wanted = session.capabilities
    var known = true
    for word in list.split(separator: " ") {
      let removes = word.first == "-"
      guard let capability = Capabilities.named(removes ? word.dropFirst() : word) else {
        known = false
        continue
      }
      // Implied by version 302, cannot be switched off then.
      if removes, capability == .capNotify, session.capVersion >= 302 { known = false }
      if removes { wanted.remove(capability) } else { wanted.insert(capability) }
    }
    // Not both versions of metadata at once (IRCv3 draft/metadata-3, "Relation with other specifications").
    if wanted.isSuperset(of: [.metadata2, .metadata3]) { known = false }
    var line = LineBuilder(source: serverSource, "CAP")
    line.word(session.nick)
    line.word(known ? "ACK" : "NAK")
    line.text(list)
    guard fits(line.bytes, session) else { return }
    send(line, to: session)
    guard known else { return }
    let knewMetadata = session.knowsMetadata
    let hadPushes = session.has(.webPush)
    session.capabilities = wanted
    if hadPushes != session.has(.webPush) {
      tellSupport(since: supported(pushes: hadPushes), supported(pushes: !hadPushes), to: [session])
    }
    if knewMetadata != session.knowsMetadata { metadataSwitched(session) }
    for group in session.user?.groups.values ?? [] { group.audienceChanged() }
  }
}
