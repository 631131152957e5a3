import Wire

/// SASL SCRAM-SHA-256 (RFC 5802, section 5; RFC 7677): the password never crosses the line, and the client sees that
/// the server knows it. Tokens of devices log in by PLAIN: what is kept of them proves nothing here.
extension Realm {
  /// Goes on with an exchange by what the client has said.
  func scram(_ session: Session, _ payload: [UInt8]) {
    guard let bytes = Base64.decode(payload), isUTF8(bytes, in: bytes.indices) else {
      return failSasl(session, "that is not SCRAM")
    }
    switch session.sasl?.scram ?? .start {
    case .start: beginScram(session, String(decoding: bytes, as: UTF8.self))
    case .challenged(let exchange): proveScram(session, exchange, bytes)
    case .proven(let login, let account):
      session.sasl = nil
      guard bytes.isEmpty else { return failSasl(session, "nothing was left to say") }
      loggedIn(session, login, account)
    }
  }

  private func beginScram(_ session: Session, _ text: String) {
    guard let first = ScramFirst(text) else { return failSasl(session, "that is no client-first-message") }
    guard let claim = claim(first.name) else {
      return failSasl(session, "a device is named like an account, as in alice@phone")
    }
    ask(.scram(claim.person ?? .nobody, name: first.name), for: session) { realm, answer in
      guard session.sasl != nil else { return }
      guard case .scram(let verifier, let nonce) = answer else {
        return realm.failSasl(session, "it cannot be checked now (\(answer.problem)), try again")
      }
      let whole = first.nonce + nonce
      let salt = String(decoding: Base64.encode(verifier.salt), as: UTF8.self)
      let challenge = "r=\(whole),s=\(salt),i=\(verifier.iterations)"
      session.sasl?.scram = .challenged(
        ScramExchange(claim: claim, verifier: verifier, first: first, challenge: challenge, nonce: whole))
      realm.sendChallenge(session, Array(challenge.utf8))
    }
  }

  private func proveScram(_ session: Session, _ exchange: ScramExchange, _ bytes: [UInt8]) {
    guard let final = ScramFinal(bytes), final.nonce == exchange.nonce,
      final.binding == Base64.encode(Array(exchange.first.header.utf8))
    else { return failSasl(session, "that is no client-final-message to this exchange") }
    let message = Array("\(exchange.first.bare),\(exchange.challenge),".utf8) + final.withoutProof
    ask(.scramProof(exchange.verifier, message: message, proof: final.proof), for: session) { realm, answer in
      guard session.sasl != nil else { return }
      guard case .scramChecked(let signature) = answer else {
        return realm.failSasl(session, "it cannot be checked now (\(answer.problem)), try again")
      }
      let verified: Verified = signature == nil ? .refused : .password
      switch realm.verdict(exchange.claim, verified) {
      case .refused(let why):
        realm.failSasl(session, why)
        realm.loginFailed(session, exchange.claim.person)
      case .login(let login, let account):
        session.sasl?.scram = .proven(login, account)
        realm.sendChallenge(session, Array("v=".utf8) + Base64.encode(signature ?? []))
      }
    }
  }
}

/// How far a SCRAM exchange is.
enum ScramState {
  case start
  /// The client has been told salt and iterations.
  case challenged(ScramExchange)
  /// The client has proved to know the password, and been shown that the server does.
  case proven(Login, AccountRecord)
}

/// What both sides have said so far.
struct ScramExchange {
  var claim: Realm.Claim
  var verifier: Verifier
  var first: ScramFirst
  var challenge: String
  /// The client's and the server's.
  var nonce: String
}

/// The client-first-message (RFC 5802, section 7): `n,,n=alice,r=nonce`.
struct ScramFirst {
  /// `n,,`: the client knows no channel binding, or (`y`) thinks that we don't.
  var header: String
  /// All behind the header.
  var bare: String
  var name: String
  var nonce: String

  /// Nil for what is malformed, wants channel binding, or an authorization identity other than the name.
  init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 4, parts[0] == "n" || parts[0] == "y", parts[2].hasPrefix("n="), parts[3].hasPrefix("r="),
      let name = Self.unescaped(parts[2].dropFirst(2))
    else { return nil }
    guard parts[1].isEmpty || parts[1].hasPrefix("a=") && Self.unescaped(parts[1].dropFirst(2)) == name else {
      return nil
    }
    let nonce = String(parts[3].dropFirst(2))
    guard !name.isEmpty, (1...Limits.scramNonceBytes).contains(nonce.utf8.count),
      nonce.utf8.allSatisfy({ (33...126).contains($0) })
    else { return nil }
    header = parts[0] + "," + parts[1] + ","
    bare = parts[2...].joined(separator: ",")
    self.name = name
    self.nonce = nonce
  }

  /// `=2C` is a comma and `=3D` an equals sign; nil for anything else with one.
  private static func unescaped(_ text: some StringProtocol) -> String? {
    var out = ""
    var rest = text[...]
    while let cut = rest.firstIndex(of: "=") {
      out += rest[..<cut]
      switch rest[cut...].prefix(3) {
      case "=2C": out += ","
      case "=3D": out += "="
      default: return nil
      }
      rest = rest[rest.index(cut, offsetBy: 3)...]
    }
    return out + rest
  }
}

/// The client-final-message (RFC 5802, section 7): `c=biws,r=nonce,p=proof`.
struct ScramFinal {
  /// The header of the first message, in base64.
  var binding: [UInt8]
  var nonce: String
  var proof: [UInt8]
  var withoutProof: [UInt8]

  init?(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].starts(with: "c=".utf8), parts[1].starts(with: "r=".utf8),
      let last = parts.last, last.starts(with: "p=".utf8), let proof = Base64.decode(Array(last.dropFirst(2)))
    else { return nil }
    binding = Array(parts[0].dropFirst(2))
    nonce = String(decoding: parts[1].dropFirst(2), as: UTF8.self)
    self.proof = proof
    withoutProof = Array(bytes.dropLast(last.count + 1))
  }
}
