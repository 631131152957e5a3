package import Core
import Wire

/// What `realms.json` says of one realm.
package struct RealmEntry: Equatable, Sendable {
  /// How the realm is known to be itself.
  package enum Identity: Equatable, Sendable {
    /// By the first key it shows.
    case firstUse
    /// By this Ed25519 public key, 32 bytes.
    case key([UInt8])
  }

  package var name: String
  package var title: String
  /// Where clients connect; nil where the directory does not say.
  package var irc: Endpoint?
  package var web: Endpoint?
  /// Where other realms connect.
  package var relay: Endpoint?
  /// The realms it is linked to, as written here; a link named at one end counts for both.
  package var links: [String]
  package var identity: Identity
}

/// The directory, `realms.json`: the realms known, their endpoints, public keys and links.
package struct Directory: Equatable, Sendable {
  package private(set) var realms: [RealmEntry] = []

  /// The entry of a realm; names are compared without case.
  package subscript(name: String) -> RealmEntry? { realms.first { fold($0.name) == fold(name) } }

  /// The names of all realms, in the order of the file.
  package var names: [String] { realms.map(\.name) }

  /// The neighbours of a realm: a link named at one end counts for both.
  package func neighbours(of name: String) -> [RealmEntry] {
    guard let own = self[name] else { return [] }
    return realms.filter { other in
      own.links.contains { fold($0) == fold(other.name) } || other.links.contains { fold($0) == fold(own.name) }
    }
  }

  /// All other realms as the core knows them, by name.
  package func known(besides name: String) -> [Settings.KnownRealm] {
    let neighbours = Set(neighbours(of: name).map(\.name))
    return realms.filter { fold($0.name) != fold(name) }.sorted { $0.name < $1.name }.map { realm in
      let key: [UInt8]? = if case .key(let key) = realm.identity { key } else { nil }
      return Settings.KnownRealm(
        name: realm.name, title: realm.title, key: key, isNeighbour: neighbours.contains(realm.name))
    }
  }

  /// Reads the directory from a file.
  package init(file path: String) throws(ConfigurationError) {
    try self.init(parsing: try Self.text(of: path), of: path)
  }

  /// The text of a directory's file.
  package static func text(of path: String) throws(ConfigurationError) -> [UInt8] {
    if let bytes = try readSmallFile(path) { return bytes }
    throw ConfigurationError(path, "no such file: name one with --directory, or let `moot init NAME` write one")
  }

  /// Reads the directory from its text.
  package init(parsing bytes: [UInt8], of place: String) throws(ConfigurationError) {
    let root = try ConfigurationReader(
      try parseJSON(bytes, of: place), in: place, as: "the directory", keys: ["realms"])
    guard let entries = root["realms"]?.elements, !entries.isEmpty else {
      throw root.error("realms", "\"realms\" must be an array of at least one realm")
    }
    var readers: [ConfigurationReader] = []
    for entry in entries {
      let reader = try ConfigurationReader(entry, in: place, as: "a realm", keys: RealmEntry.keys)
      let realm = try RealmEntry(reader)
      guard self[realm.name] == nil else {
        throw reader.error("name", "a second realm \"\(realm.name)\": give each realm a name of its own")
      }
      realms.append(realm)
      readers.append(reader)
    }
    for (realm, reader) in zip(realms, readers) {
      try checkLinks(of: realm, reader)
    }
    try checkAddresses(readers)
  }

  private func checkLinks(of realm: RealmEntry, _ reader: ConfigurationReader) throws(ConfigurationError) {
    for (name, line) in try reader.strings("links") ?? [] {
      guard let other = self[name] else {
        let others = names.filter { $0 != realm.name }
        let remedy =
          closest(to: name, among: others).map { "did you mean \"\($0)\"?" } ?? "add that realm or remove the link"
        throw ConfigurationError(reader.place, line: line, "link to unknown realm \"\(name)\": \(remedy)")
      }
      guard other.name != realm.name else {
        throw ConfigurationError(reader.place, line: line, "\"\(name)\" is linked to itself: remove the link")
      }
      guard realm.relay != nil || other.relay != nil else {
        throw ConfigurationError(
          reader.place, line: line,
          "neither \"\(realm.name)\" nor \"\(other.name)\" has a relay address: give one of them \"relay\"")
      }
    }
  }

  /// No two realms can be at one address.
  private func checkAddresses(_ readers: [ConfigurationReader]) throws(ConfigurationError) {
    var owners: [Endpoint: String] = [:]
    for (realm, reader) in zip(realms, readers) {
      for (key, endpoint) in [("irc", realm.irc), ("web", realm.web), ("relay", realm.relay)] {
        guard let endpoint else { continue }
        let owner = "\"\(key)\" of \"\(realm.name)\""
        if let other = owners.updateValue(owner, forKey: endpoint) {
          throw reader.error(key, "\(endpoint) is \(other) already: give \(owner) an address of its own")
        }
      }
    }
  }
}

extension RealmEntry {
  static let keys = ["name", "title", "irc", "web", "relay", "links", "trust", "key"]

  init(_ reader: ConfigurationReader) throws(ConfigurationError) {
    name = try reader.string("name", missing: "every realm has a name, as in \"name\": \"alpha\"")
    guard isRealmName(name) else {
      throw reader.error("name", "bad realm name \"\(name)\": \(realmNameRule)")
    }
    title = try reader.string("title", maxBytes: 100) ?? name
    irc = try Self.endpoint("irc", reader)
    web = try Self.endpoint("web", reader)
    relay = try Self.endpoint("relay", reader)
    links = []
    for (name, line) in try reader.strings("links") ?? [] {
      guard !links.contains(where: { fold($0) == fold(name) }) else {
        throw ConfigurationError(reader.place, line: line, "a second link to \"\(name)\": remove one")
      }
      links.append(name)
    }
    identity = try Self.identity(reader)
  }

  private static func endpoint(
    _ key: String, _ reader: ConfigurationReader
  ) throws(ConfigurationError) -> Endpoint? {
    guard let text = try reader.string(key) else { return nil }
    guard let endpoint = Endpoint(text), endpoint.port != 0 else {
      throw reader.error(key, "bad address \"\(text)\" for \"\(key)\": write HOST:PORT, as in 127.0.0.1:6667")
    }
    return endpoint
  }

  private static func identity(_ reader: ConfigurationReader) throws(ConfigurationError) -> Identity {
    switch (try reader.string("trust"), try reader.string("key")) {
    case (nil, nil):
      throw ConfigurationError(
        reader.place, line: reader.line,
        "neither \"trust\" nor \"key\": add \"trust\": \"first-use\", or the realm's key as \"key\": \"ed25519:…\"")
    case (.some, .some):
      throw reader.error("trust", "both \"trust\" and \"key\": keep the key and remove \"trust\"")
    case (let trust?, nil):
      guard trust == "first-use" else {
        throw reader.error("trust", "unknown trust \"\(trust)\": the only kind is \"first-use\"")
      }
      return .firstUse
    case (nil, let key?):
      guard let bytes = RealmKey.publicKey(parsing: key) else {
        throw reader.error("key", "bad key: write \"ed25519:\" and 32 bytes in base64, as the realm shows it")
      }
      return .key(bytes)
    }
  }
}

/// What a realm may be called, for messages.
package let realmNameRule = "lower-case letters, digits and -, beginning with a letter, 32 at most"

/// Whether a text can name a realm.
package func isRealmName(_ text: String) -> Bool { Names.isRealm(text) }
