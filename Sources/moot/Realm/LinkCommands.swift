import Glibc
import Net
import Server
import Wire

extension Command {
  private static let jsonAndRealm = realmOptions + [Client.jsonOption]

  static let links = Command(
    name: "links", usage: "[REALM]", summary: "shows how other realms are reached, and what waits for them",
    details: """
      A line for each other realm, as the running realm REALM sees it:

        WAY         how it is reached: by a "link" of our own, or "by" that neighbour over so many links; "link down"
                    for a neighbour that is not reached at all now, "no way" for another realm
        ROUND TRIP  of the link
        WAITING     what it has not acknowledged: messages to its people and groups, answers; then their bytes, and the
                    age of the oldest. They are kept for seven days.
        NEXT TRY    when it is dialled next, where this side can dial
        and what went wrong last, or is odd

      `moot link test` finds out why a link is down. A key known by hearsay only is one that others have announced, and
      that no link has proved: where that matters, put the key into the directory.
      """, options: jsonAndRealm + [Option("watch", "shows it again every second, until Ctrl-C")]
  ) { arguments throws(Failure) in
    guard arguments.words.count <= 1 else { throw .usage("one realm at a time") }
    let folder = try Admin.folder(arguments, realm: arguments.words.first)
    Output.write(try showLinks(of: folder, json: arguments.has("json")))
    guard arguments.has("watch") else { return }
    while true {
      _ = poll(nil, 0, 1_000)  // for the next second, as long as people watch
      var text: String
      do throws(Failure) {
        text = try showLinks(of: folder, json: arguments.has("json"))
      } catch  where error.code == Failure.Code.unreachable.rawValue {
        // It may be restarted just now.
        text = arguments.has("json") ? "" : "\(error.message ?? "")\n"
      }
      if isatty(1) == 1, !arguments.has("json") {
        // From the top of an empty screen.
        let time = LocalTime.parts(Clock.wallMilliseconds())
        text = "\u{1B}[H\u{1B}[2J\(text)\n\(time.day) \(time.minute), again every second; Ctrl-C ends it\n"
      }
      Output.write(text)
    }
  }

  private static func showLinks(of folder: String, json: Bool) throws(Failure) -> String {
    let links = try Admin.ask(["command": "links"], in: folder)["links"]?.elements ?? []
    guard json else { return LinkTable(links, now: Clock.wallMilliseconds()).text }
    return links.map { String(decoding: $0.bytes, as: UTF8.self) + "\n" }.joined()
  }

  static let link = Command(
    name: "link", usage: "test REALM | disconnect REALM", summary: "tests the link to a neighbour, or ends it",
    details: """
        moot link test beta
          goes the way of a link a step at a time, whether the realm runs or not: address, TCP, TLS, key, version,
          clock, and whether the other realm takes it. Every finding comes with its remedy.
        moot link disconnect beta
          ends the link, until it is dialled again. Nothing is lost: what waits for that realm goes on waiting, and
          another way is used if there is one.
      """,
    options: jsonAndRealm + [
      Option("directory", "FILE", "the directory of realms; ./realms.json if not given"),
      Option("config", "FILE", "the configuration; REALM.json beside the directory, if it is there"),
    ]
  ) { arguments throws(Failure) in
    let rest = arguments.dropFirst()
    switch arguments.words.first {
    case "test": try test(rest)
    case "disconnect": try disconnect(rest)
    case let word: throw unknown(word, ["test", "disconnect"], "moot link test REALM, moot link disconnect REALM")
    }
  }

  private static func test(_ arguments: Arguments) throws(Failure) {
    let other = try otherRealm(arguments)
    let path = arguments["directory"] ?? "realms.json"
    var options = ServeOptions(realm: try Admin.realm(arguments, of: try DirectoryFile(path).directory))
    options.directory = path
    options.config = arguments["config"]
    options.data = arguments["data"]
    let configuration: Configuration
    do throws(ConfigurationError) {
      configuration = try Configuration.load(options)
    } catch {
      throw Failure(error.description)
    }
    // A link that breaks is a finding, and not the end.
    signal(SIGPIPE, SIG_IGN)
    try LinkTest.run(configuration, to: other).report(json: arguments.has("json"))
  }

  private static func disconnect(_ rest: Arguments) throws(Failure) {
    let other = try otherRealm(rest)
    let answer = try Admin.ask(
      ["command": "disconnect-link", "realm": .string(other)], in: try Admin.folder(rest, realm: nil))
    Admin.show(answer, json: rest.has("json"))
  }

  private static func otherRealm(_ arguments: Arguments) throws(Failure) -> String {
    let name = try arguments.only("REALM")
    guard isRealmName(name) else { throw .usage("\"\(name)\" is no name of a realm") }
    return name
  }

  static let pair = Command(
    name: "pair", usage: "[REALM]", summary: "prints the line by which other realms get to know this one",
    details: """
      Name, address and key, for `moot realm add` at the other realm. Nothing in it is secret, but it has to arrive
      unchanged: send it by a way on which nobody can put a key of their own in its place.
      """,
    options: realmOptions + [
      Option("directory", "FILE", "the directory of realms; ./realms.json if not given"),
      Option("relay", "HOST:PORT", "the address to print, instead of the directory's; \"none\" if nobody can dial it"),
    ]
  ) { arguments throws(Failure) in
    guard arguments.words.count <= 1 else { throw .usage("one realm at a time") }
    let file = try DirectoryFile(arguments["directory"] ?? "realms.json")
    let name = if let word = arguments.words.first { word } else { try Admin.realm(arguments, of: file.directory) }
    guard let entry = file.directory[name] else { throw Failure("\(file.path) has no realm \"\(name)\"") }
    let address =
      if let text = arguments["relay"] { try ReachedAt(text) } else { entry.relay.map(ReachedAt.endpoint) ?? .nowhere }
    let folder = try Admin.folder(arguments, realm: name)
    let key: RealmKey
    do throws(RealmKeyError) {
      key = try RealmKey.open(in: folder)
    } catch {
      throw Failure(error.description)
    }
    Output.write("\(PairLine(name: name, address: address, key: key.publicKey))\n")
    switch address {
    case .nowhere: Output.error("moot: other realms cannot dial \(name): it has to dial them\n")
    case .endpoint(let endpoint) where endpoint.isLoopback:
      Output.error(
        "moot: only realms on this machine can reach \(name) at \(endpoint): for others, put \"relay\" into "
          + "\(file.path), or give --relay HOST:PORT, or --relay none\n")
    case .endpoint: break
    }
  }

  static let realm = Command(
    name: "realm", usage: "add LINE | forget REALM", summary: "makes another realm known here, or forgets it",
    details: """
        moot realm add 'beta chat.example.org:7102 ed25519:…'
          adds that realm to the directory, with a link to this one. The line is what `moot pair` prints there; whoever
          runs it has to add the line of this one.
        moot realm forget beta
          for a realm that is gone for good, and not in the directory any more: what waits for it is refused to its
          senders, its members leave the groups of this realm, and its groups stay here as archives.
      """,
    options: jsonAndRealm + [
      Option("directory", "FILE", "the directory of realms; ./realms.json if not given"),
      Option("replace-key", "adds a realm whose key is another than the directory's"),
      Option("yes", "forgets without asking"),
    ]
  ) { arguments throws(Failure) in
    let rest = arguments.dropFirst()
    switch arguments.words.first {
    case "add": try add(rest)
    case "forget": try forget(rest)
    case let word: throw unknown(word, ["add", "forget"], "moot realm add LINE, moot realm forget REALM")
    }
  }

  /// The second word of a command is missing, or none that there is.
  private static func unknown(_ word: String?, _ known: [String], _ usage: String) -> Failure {
    guard let word else { return .usage("which of them? \(usage)") }
    let near = closest(to: word, among: known).map { ": did you mean \"\($0)\"?" }
    return .usage("unknown word \"\(word)\"\(near ?? ", there are \(usage)")")
  }

  private static func add(_ arguments: Arguments) throws(Failure) {
    let line = try PairLine(arguments.words)
    var file = try DirectoryFile(arguments["directory"] ?? "realms.json")
    let own = try Admin.realm(arguments, of: file.directory)
    let changes = try file.add(line, linkedTo: own, replacesKey: arguments.has("replace-key"))
    if changes.isEmpty {
      Output.write("\(file.path) has all that already\n")
    } else {
      try file.save()
      Output.write("\(file.path): \(changes.joined(separator: ", "))\n")
    }
    let folder = try Admin.folder(arguments, realm: own)
    guard Files.exists(folder + "/admin.sock") else {
      Output.write("takes effect when \(own) is started\n")
      return
    }
    do throws(Failure) {
      Admin.show(try Admin.ask(["command": "reload"], in: folder), json: false)
    } catch  where error.code == Failure.Code.unreachable.rawValue {
      Output.write("takes effect when \(own) is started\n")
    }
  }

  private static func forget(_ arguments: Arguments) throws(Failure) {
    let other = try otherRealm(arguments)
    let folder = try Admin.folder(arguments, realm: nil)
    let path = arguments["directory"] ?? "realms.json"
    if Files.exists(path), try DirectoryFile(path).directory[other] != nil {
      throw Failure("\(path) still has \(other): take it out first, with the links to it")
    }
    if !arguments.has("yes") {
      Output.error(
        """
        What waits for \(other) will be refused to its senders, its members leave the groups of this realm, and its
        groups stay here as archives. This cannot be undone. To go on, type the name of the realm: \("")
        """)
      guard try Terminal.readLine(missing: "nothing was forgotten; --yes does it without asking") == other else {
        throw Failure("nothing was forgotten")
      }
    }
    let answer = try Admin.ask(["command": "forget-realm", "realm": .string(other)], in: folder)
    Admin.show(answer, json: arguments.has("json"))
  }
}
