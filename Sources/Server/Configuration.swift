package import Core
import Wire

/// What `moot serve` was asked for on its command line.
package struct ServeOptions: Equatable, Sendable {
  package var realm: String
  package var directory = "realms.json"
  /// The data folder; `data/REALM` in the current folder where it is not given.
  package var data: String?
  /// The configuration file; `REALM.json` beside the directory where it is not given, if there is one.
  package var config: String?
  package var irc: String?
  package var web: String?
  package var relay: String?
  package var log = LogFormat.text

  package init(realm: String) { self.realm = realm }
}

/// How events are logged: for people or for machines.
package enum LogFormat: String, CaseIterable, Sendable {
  case text, json
}

/// Everything a realm is started with, checked: the options, the configuration file and the directory in one.
package struct Configuration: Equatable, Sendable {
  package var settings: Settings
  /// Addresses to listen on, as `HOST:PORT`.
  package var irc: [String]
  package var web: [String]
  package var relay: [String]
  /// The data folder.
  package var folder: String
  package var directory: Directory
  /// What requests to servers elsewhere may do.
  package var calls: CallSettings
  package var logFormat: LogFormat
  /// What works but should be put right, in words for the operator.
  package var warnings: [String]

  /// Makes the stored form of a password, for operators whose password stands in the file in the clear.
  package typealias Derive = (_ password: [UInt8], _ iterations: Int) -> Verifier

  /// Reads what the options name. Used at the start and again on SIGHUP; a bad file is refused whole.
  package static func load(
    _ options: ServeOptions, derive: Derive = Password.verifier(of:iterations:)
  ) throws(ConfigurationError) -> Configuration {
    let directory = try Directory(file: options.directory)
    guard let entry = directory[options.realm] else {
      let known = directory.names.joined(separator: ", ")
      let remedy = closest(to: options.realm, among: directory.names).map { "did you mean \"\($0)\"?" }
      throw ConfigurationError(
        options.directory, "no realm \"\(options.realm)\": \(remedy ?? "it has \(known)")")
    }
    let (path, bytes) = try configurationFile(options, realm: entry.name)
    return try Configuration(options, entry, directory, text: bytes, of: path, derive: derive)
  }

  /// The configuration file of a realm, with its path. One that was asked for must be there; the one beside the
  /// directory need not be.
  private static func configurationFile(
    _ options: ServeOptions, realm: String
  ) throws(ConfigurationError) -> (path: String, bytes: [UInt8]) {
    let path = options.configurationPath(realm: realm)
    if let bytes = try readSmallFile(path) { return (path, bytes) }
    guard options.config == nil else {
      throw ConfigurationError(path, "no such file: correct --config, or leave it out to use the defaults")
    }
    return (path, Array("{}".utf8))
  }

  /// Puts options, directory and the text of a configuration file together.
  init(
    _ options: ServeOptions, _ entry: RealmEntry, _ directory: Directory, text: [UInt8], of place: String,
    derive: Derive
  ) throws(ConfigurationError) {
    let file = try ConfigurationReader(
      try parseJSON(text, of: place), in: place, as: "the configuration", keys: Self.keys)
    let listen = try ListenSection(file)
    var warnings: [String] = []
    settings = try Settings(file, entry, warnings: &warnings, derive: derive)
    settings.directory = directory.known(besides: entry.name)
    irc = try listen.addresses("irc", option: options.irc, directory: entry.irc)
    web = try listen.addresses("web", option: options.web, directory: entry.web)
    relay = try listen.addresses("relay", option: options.relay, directory: entry.relay)
    guard !irc.isEmpty || !web.isEmpty else {
      throw file.error("listen", "nothing to listen on: give the realm \"irc\" or \"web\" in the directory")
    }
    calls = try CallSettings(file)
    folder = options.data ?? "data/\(entry.name)"
    self.directory = directory
    logFormat = options.log
    if !web.isEmpty, settings.files.mostBytes > 0, settings.webAddress == nil, web.allSatisfy(Self.isEverywhere) {
      warnings.append(
        "clients are not told where to upload files: web listens at \(web.joined(separator: ", ")), which says nothing "
          + "of how they get there. Write \"webAddress\": \"https://…\" into \(file.place), or switch files off there "
          + "with \"files\": {\"mostBytes\": 0}")
    }
    self.warnings = warnings
  }

  /// Whether an address to listen at stands for all that this machine has.
  private static func isEverywhere(_ address: String) -> Bool {
    ["0.0.0.0:", "[::]:"].contains { address.hasPrefix($0) }
  }

  /// The realms to be linked to, and where they can be dialled.
  package var neighbours: [Neighbour] {
    directory.neighbours(of: settings.realm).map { Neighbour(name: $0.name, relay: $0.relay) }
  }

  /// Why other realms would refuse this key, and the remedy; nil where the directory has this one, or none.
  package func problem(with key: RealmKey) -> String? {
    guard case .key(let expected)? = directory[settings.realm]?.identity, expected != key.publicKey else { return nil }
    return "the directory gives \(settings.realm) the key \(RealmKey.text(of: expected)), but \(folder) has "
      + "\(key.text): other realms will refuse its links. Correct the directory, or put the right realm.key back"
  }

  /// What is different in another configuration but takes effect only at the next start.
  package func needsRestart(for other: Configuration) -> [String] {
    var changed: [String] = []
    if irc != other.irc { changed.append("irc address") }
    if web != other.web { changed.append("web address") }
    if relay != other.relay { changed.append("relay address") }
    return changed
  }
}

extension ServeOptions {
  /// The configuration file of a realm: the one asked for, or `REALM.json` beside the directory.
  package func configurationPath(realm: String) -> String {
    if let config { return config }
    guard let slash = directory.lastIndex(of: "/") else { return "\(realm).json" }
    return directory[...slash] + "\(realm).json"
  }
}

/// The key `listen`: where to listen if not where the directory says.
private struct ListenSection {
  let reader: ConfigurationReader
  let plaintextBeyondLoopback: Bool

  init(_ file: ConfigurationReader) throws(ConfigurationError) {
    reader = try ConfigurationReader(
      file["listen"] ?? JSON(.object([]), line: file.line), in: file.place, as: "\"listen\"",
      keys: ["irc", "web", "relay", "plaintextBeyondLoopback"])
    plaintextBeyondLoopback = try reader.bool("plaintextBeyondLoopback", default: false)
  }

  /// The addresses of one kind: the option, else the file, else the directory. An empty array switches a kind off.
  func addresses(
    _ key: String, option: String?, directory: Endpoint?
  ) throws(ConfigurationError) -> [String] {
    let written: [(text: String, line: Int)]? =
      if let text = reader[key]?.text { [(text, reader.line(of: key))] } else { try reader.strings(key) }
    var addresses: [String] = []
    for (text, line) in option.map({ [($0, 0)] }) ?? written ?? directory.map({ [($0.description, 0)] }) ?? [] {
      let fail = { (problem: String) in
        if option != nil { return ConfigurationError("--\(key)", problem) }
        return ConfigurationError(reader.place, line: line == 0 ? nil : line, problem)
      }
      guard let endpoint = Endpoint(text) else {
        throw fail("bad address \"\(text)\" for \"\(key)\": write HOST:PORT, as in 127.0.0.1:6667")
      }
      // Links bring their own encryption; clients do not yet.
      guard key == "relay" || endpoint.isLoopback || plaintextBeyondLoopback else {
        throw fail(
          "\(endpoint) for \"\(key)\" can be reached from other machines, and passwords would cross the network in "
            + "the clear: listen on 127.0.0.1 behind a TLS proxy, or put "
            + "\"listen\": { \"plaintextBeyondLoopback\": true } into \(reader.place)")
      }
      addresses.append(endpoint.description)
    }
    return addresses
  }
}
