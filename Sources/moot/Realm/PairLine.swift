import Server

/// What one operator gives another so that their realms can be linked: a name, where it is reached, and its key.
///
///     beta chat.example.org:7102 ed25519:q8Jt…
struct PairLine: Equatable, CustomStringConvertible {
  var name: String
  var endpoint: Endpoint
  /// Ed25519, 32 bytes.
  var key: [UInt8]

  var description: String { "\(name) \(endpoint) \(RealmKey.text(of: key))" }
}

extension PairLine {
  /// Reads the line, however the shell has cut it.
  init(_ words: [String]) throws(Failure) {
    let parts = words.joined(separator: " ").split(whereSeparator: \.isWhitespace).map(String.init)
    guard parts.count == 3 else {
      throw .usage("a line of three words is needed, as `moot pair` of the other realm prints it: NAME HOST:PORT KEY")
    }
    guard isRealmName(parts[0]) else { throw .usage("\"\(parts[0])\" cannot name a realm: \(realmNameRule)") }
    guard let endpoint = Endpoint(parts[1]), endpoint.port != 0 else {
      throw .usage("\"\(parts[1])\" is no address: write HOST:PORT")
    }
    guard let key = RealmKey.publicKey(parsing: parts[2]) else {
      throw .usage("\"\(parts[2])\" is no key: it is \"ed25519:\" and 32 bytes in base64; was it cut off?")
    }
    self.init(name: parts[0], endpoint: endpoint, key: key)
  }
}
