import Net
import Server
import Wire

extension Command {
  static let initialise = Command(
    name: "init", usage: "REALM", summary: "writes what a new realm needs, and says what comes next",
    details: "Writes the directory, unless there is one, and REALM.json, the configuration. Nothing is overwritten.",
    options: [
      Option("directory", "FILE", "the directory of realms; ./realms.json if not given"),
      Option("relay", "HOST:PORT", "where realms on other machines reach this one; \"none\" if they cannot"),
    ]
  ) { arguments throws(Failure) in
    let name = try arguments.only("REALM")
    guard isRealmName(name) else { throw .usage("\"\(name)\" cannot name a realm: \(realmNameRule)") }
    let relay = try arguments["relay"].map { text throws(Failure) in try ReachedAt(text) }
    var options = ServeOptions(realm: name)
    if let path = arguments["directory"] { options.directory = path }
    let configuration = options.configurationPath(realm: name)
    guard !Files.exists(configuration) else {
      throw Failure("\(configuration) is there already: nothing was written; `moot check \(name)` looks it over")
    }
    var written = [configuration]
    if Files.exists(options.directory) {
      if relay != nil { throw .usage("\(options.directory) is there already: put \"relay\" of \(name) into it") }
      try mustKnow(name, options.directory)
    } else {
      try Files.create(options.directory, Array(directory(of: name, relay).utf8), mode: 0o644)
      written.insert(options.directory, at: 0)
    }
    // Only its owner may read it: it is a place for the realm's password.
    try Files.create(configuration, Array(Self.configuration(of: name).utf8), mode: 0o600)
    Output.write("wrote \(written.joined(separator: " and "))\n\n" + nextSteps(name, arguments["directory"]))
  }

  private static func nextSteps(_ name: String, _ directory: String?) -> String {
    let extra = directory.map { " --directory \($0)" } ?? ""
    let steps = [
      ("moot check \(name)\(extra)", "looks everything over"),
      ("moot serve \(name)\(extra)", "runs the realm; its data is in ./data/\(name)"),
      ("moot register you@\(name)\(extra)", "makes your account, in another terminal"),
      ("moot chat", "and off you go"),
    ]
    let width = steps.map(\.0.count).max() ?? 0
    return steps.reduce("what comes next:\n") { $0 + "  \(Output.padded($1.0, to: width))  \($1.1)\n" }
  }

  /// A directory that is there already must have the realm; it is not ours to edit.
  private static func mustKnow(_ name: String, _ path: String) throws(Failure) {
    let directory: Directory
    do {
      directory = try Directory(file: path)
    } catch {
      throw Failure(error.description)
    }
    guard directory[name] == nil else { return }
    throw Failure(
      """
      \(path) is there already and has no realm "\(name)". Add it there and try again:

      \(entry(of: name, beside: directory))
      """)
  }

  private static func directory(of name: String, _ relay: ReachedAt?) -> String {
    """
    {
      "realms": [
    \(entry(of: name, relay))
      ]
    }

    """
  }

  private static func entry(
    of name: String, _ relay: ReachedAt? = nil, beside directory: Directory? = nil
  ) -> String {
    let used = directory?.realms.flatMap { [$0.irc, $0.web, $0.relay].compactMap { $0?.port } } ?? []
    let ports = freePorts(besides: used)
    let address =
      switch relay {
      case nil: ", \"relay\": \"127.0.0.1:\(ports.relay)\""
      case .nowhere: ""
      case .endpoint(let endpoint): ", \"relay\": \"\(endpoint)\""
      }
    return """
          {
            "name": "\(name)", "title": "\(name.prefix(1).uppercased() + name.dropFirst())",
            "irc": "127.0.0.1:\(ports.irc)", "web": "127.0.0.1:\(ports.web)"\(address),
            "links": [], "trust": "first-use"
          }
      """
  }

  /// The usual ports, or the next three that nothing listens on.
  private static func freePorts(besides used: [UInt16]) -> (irc: UInt16, web: UInt16, relay: UInt16) {
    for offset in 0..<20 as Range<UInt16> {
      let ports = (irc: 6_667 + offset, web: 8_101 + offset, relay: 7_101 + offset)
      if [ports.irc, ports.web, ports.relay].allSatisfy({ !used.contains($0) && isFree($0) }) { return ports }
    }
    return (6_667, 8_101, 7_101)
  }

  private static func isFree(_ port: UInt16) -> Bool {
    do {
      _ = try Descriptor.listening(on: .loopback(port: port))
      return true
    } catch {
      return false
    }
  }

  private static func configuration(of name: String) -> String {
    """
    {
      "serverName": "\(name)",
      "registration": "open",
      "guests": false,
      "motd": ["Welcome to \(name).", "/HELP tells what there is to know."],
      "operators": [],
      "history": { "days": 0 }
    }

    """
  }
}
