import Wire

/// AUTHENTICATE (IRCv3 sasl-3.1, sasl-3.2; RFC 4616 for PLAIN, `Realm+Scram` for SCRAM-SHA-256).
extension Realm {
  /// Bytes of one AUTHENTICATE parameter; a payload goes on while they are full (sasl-3.1, "AUTHENTICATE").
  private static let chunk = 400
  /// Bytes of a whole payload in base64: two names and a password, with room.
  private static let payloadMax = 2_000

  func authenticate(_ session: Session, _ input: Input) {
    let parameter = input.text(0)
    guard session.has(.sasl) else {
      return reply(session, .saslFail, [], "Ask for the sasl capability first: CAP REQ :sasl")
    }
    guard session.login == nil, session.user?.isGuest != false else {
      return reply(session, .saslAlready, [], "You have already authenticated")
    }
    if parameter == "*" {
      session.sasl = nil
      return reply(session, .saslAborted, [], "SASL authentication aborted")
    }
    guard session.sasl != nil else {
      let mechanism = parameter.uppercased()
      guard Self.mechanisms.contains(mechanism) else {
        reply(session, .saslMechanisms, [Self.mechanisms.joined(separator: ",")], "are available SASL mechanisms")
        return reply(session, .saslFail, [], "SASL authentication failed: no such mechanism")
      }
      session.sasl = SaslExchange(mechanism: mechanism)
      return sendChallenge(session, [])
    }
    gather(session, input.slice(0))
  }

  /// In the order in which clients should prefer them from the last on.
  static let mechanisms = ["PLAIN", "SCRAM-SHA-256"]

  /// All that a mechanism says fits one line.
  func sendChallenge(_ session: Session, _ bytes: [UInt8]) {
    let text = bytes.isEmpty ? Array("+".utf8) : Base64.encode(bytes)
    send(Outgoing(line: Array("AUTHENTICATE ".utf8) + text), to: session)
  }

  func failSasl(_ session: Session, _ why: String) {
    session.sasl = nil
    reply(session, .saslFail, [], "SASL authentication failed: \(why)")
  }

  private func gather(_ session: Session, _ part: ArraySlice<UInt8>) {
    guard part.count <= Self.chunk, (session.sasl?.payload.count ?? 0) + part.count <= Self.payloadMax else {
      session.sasl = nil
      return reply(session, .saslTooLong, [], "SASL message too long")
    }
    if !part.elementsEqual("+".utf8) { session.sasl?.payload.append(contentsOf: part) }
    guard part.count < Self.chunk, let payload = session.sasl?.payload else { return }
    session.sasl?.payload = []
    guard session.sasl?.mechanism == "PLAIN" else { return scram(session, payload) }
    session.sasl = nil
    guard let credentials = SaslPlain(base64: payload) else {
      return failSasl(session, "the payload is not SASL PLAIN")
    }
    verify(session, name: credentials.name, secret: credentials.password) { realm, verdict in
      switch verdict {
      case .login(let login, let account): realm.loggedIn(session, login, account)
      case .refused(let why): realm.failSasl(session, why)
      }
    }
  }

  func loggedIn(_ session: Session, _ login: Login, _ account: AccountRecord) {
    sendLoggedIn(session, account)
    reply(session, .saslSuccess, [], "SASL authentication successful")
    guard session.registered else {
      session.login = login
      return registerIfReady(session)
    }
    becomeAccount(session, login)
  }

  func sendLoggedIn(_ session: Session, _ account: AccountRecord) {
    let nick = users[account.id]?.nick ?? nick(of: account, for: session)
    let mask = "\(nick)!\(account.name)@\(settings.realm)"
    reply(session, .loggedIn, [mask, account.name], "You are now logged in as \(account.name)")
  }
}

/// The payload of SASL PLAIN (RFC 4616, section 2): `authzid NUL authcid NUL password`.
package struct SaslPlain: Equatable, Sendable {
  package var name: String
  package var password: [UInt8]

  /// Reads the base64 form; nil for anything malformed, or where someone asks to act as somebody else.
  package init?(base64 payload: [UInt8]) {
    guard let bytes = Base64.decode(payload), isUTF8(bytes, in: 0..<bytes.count) else { return nil }
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty, parts[2].count <= Limits.passwordBytes,
      !parts[2].contains(0),
      parts[0].isEmpty || parts[0].elementsEqual(parts[1])
    else { return nil }
    name = String(decoding: parts[1], as: UTF8.self)
    password = Array(parts[2])
  }
}
