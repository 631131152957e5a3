import Server

extension Command {
  static let serve = Command(
    name: "serve", usage: "REALM", summary: "runs a realm, until SIGTERM or Ctrl-C",
    details: """
      All that must survive is in the data folder. SIGHUP reads directory and configuration again; what cannot be
      changed while the realm runs is named in the log, and a bad file leaves everything as it was.
      """, options: serveOptions
  ) { arguments throws(Failure) in
    let code = Daemon.run(options: try options(arguments), files: WebClient.files)
    if code != 0 { throw Failure(code: code) }
  }

  static let serveOptions = [
    Option("directory", "FILE", "the directory of realms; ./realms.json if not given"),
    Option("data", "DIR", "the data folder; ./data/REALM if not given"),
    Option("config", "FILE", "the configuration; REALM.json beside the directory, if it is there"),
    Option("irc", "HOST:PORT", "where IRC clients connect"),
    Option("web", "HOST:PORT", "where WebSocket clients connect"),
    Option("relay", "HOST:PORT", "where other realms connect"),
    Option("log", "FORM", "text or json"),
  ]

  /// What `moot serve` and `moot check` were asked for.
  static func options(_ arguments: Arguments) throws(Failure) -> ServeOptions {
    var options = ServeOptions(realm: try arguments.only("REALM"))
    if let directory = arguments["directory"] { options.directory = directory }
    options.data = arguments["data"]
    options.config = arguments["config"]
    options.irc = arguments["irc"]
    options.web = arguments["web"]
    options.relay = arguments["relay"]
    if let text = arguments["log"] {
      guard let form = LogFormat(rawValue: text) else { throw .usage("--log \(text): write text or json") }
      options.log = form
    }
    return options
  }
}
