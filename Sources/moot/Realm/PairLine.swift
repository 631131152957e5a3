import Server

/// Where other realms reach one.
enum ReachedAt: Equatable, CustomStringConvertible {
  case endpoint(Endpoint)
  /// They cannot: it dials them.
  case nowhere

  /// Reads `HOST:PORT` or `none`.
  init(_ text: String) throws(Failure) {
    guard text != "none" else {
      self = .nowhere
      return
    }
    guard let endpoint = Endpoint(text), endpoint.port != 0 else {
      throw .usage("\"\(text)\" is no address: write HOST:PORT, or none for a realm that nobody can dial")
    }
    self = .endpoint(endpoint)
  }

  var endpoint: Endpoint? { if case .endpoint(let endpoint) = self { endpoint } else { nil } }

  var description: String { endpoint.map { "\($0)" } ?? "none" }
}

/// What one operator gives another so that their realms can be linked: a name, where it is reached, and its key.
///
///     beta chat.example.org:7102 ed25519:q8Jt…
///     delta none ed25519:0fXw…
struct PairLine: Equatable, CustomStringConvertible {
  var name: String
  var address: ReachedAt
  /// Ed25519, 32 bytes.
  var key: [UInt8]

  var description: String { "\(name) \(address) \(RealmKey.text(of: key))" }
}

extension PairLine {
  /// Reads the line, however the shell has cut it.
  init(_ words: [String]) throws(Failure) {
    let parts = words.joined(separator: " ").split(whereSeparator: \.isWhitespace).map(String.init)
    guard parts.count == 3 else {
      throw .usage("a line of three words is needed, as `moot pair` of the other realm prints it: NAME ADDRESS KEY")
    }
    guard isRealmName(parts[0]) else { throw .usage("\"\(parts[0])\" cannot name a realm: \(realmNameRule)") }
    let address = try ReachedAt(parts[1])
    guard let key = RealmKey.publicKey(parsing: parts[2]) else {
      throw .usage("\"\(parts[2])\" is no key: it is \"ed25519:\" and 32 bytes in base64; was it cut off?")
    }
    self.init(name: parts[0], address: address, key: key)
  }
}
