import Server
import Wire

extension Command {
  static let send = Command(
    name: "send", usage: "TO… TEXT", summary: "sends a message to people and groups",
    details: """
      The last word is the text; `-` takes it from the standard input, a message a line. Done means that the realm has
      the message on disk. A message that has to wait for another realm says so.
      """, options: Client.options + [Client.jsonOption]
  ) { arguments throws(Failure) in
    guard arguments.words.count >= 2, let last = arguments.words.last else {
      throw .usage("to whom, and what? moot send bob \"hello\"")
    }
    var targets: [Address] = []
    for word in arguments.words.dropLast() { targets.append(try Address.parse(word)) }
    guard last.contains(where: { !$0.isNewline }) else { throw .usage("the text is empty: nothing was sent") }
    let text = last == "-" ? try Terminal.readAll(limit: 1 << 20) : last
    let session = try Client.open(arguments)
    var refused: Failure?
    for target in targets {
      let name = target.seen(from: session.realm)
      for line in Text.messages(text, maxBytes: session.textBytes(to: name)) {
        do throws(Failure) {
          let sent = try session.deliver(line, to: name)
          if arguments.has("json") {
            Output.write(sent.json)
          } else if sent.isWaiting {
            Output.write("\(name) cannot be reached yet: the message waits\n")
          }
        } catch {
          guard error.code == Failure.Code.failed.rawValue else { throw error }
          Output.error("moot: to \(name): \(error.message ?? "refused")\n")
          refused = Failure(code: error.code)
          break
        }
      }
    }
    session.close()
    if let refused { throw refused }
  }

  static let history = Command(
    name: "history", usage: "WITH", summary: "shows what was said with somebody or in a group",
    details: "TIME is 2026-11-22 or 2026-11-22T14:05:00Z, in UTC, or the id of a message as --json shows it.",
    options: Client.options + [
      Client.jsonOption, Option("number", "N", "how many messages; 50 if not given", short: "n"),
      Option("before", "TIME", "only what came before"), Option("after", "TIME", "only what came after"),
    ]
  ) { arguments throws(Failure) in
    let target = try Address.parse(try arguments.only("WITH"))
    let count = try arguments.number("number", in: 1...1_000_000, default: 50)
    guard arguments["before"] == nil || arguments["after"] == nil else {
      throw .usage("--before and --after together: leave one out")
    }
    let session = try Client.open(arguments)
    let name = target.seen(from: session.realm)
    let found: [Message]
    if let after = arguments["after"] {
      found = try session.history(after: try Text.point(after), of: name, count: count)
    } else {
      found = try session.history(before: try arguments["before"].map(Text.point), of: name, count: count)
    }
    session.close()
    show(found, of: session, arguments)
  }

  static let search = Command(
    name: "search", usage: "WORDS…", summary: "finds what was said, in all conversations or in one",
    details: """
      All of the words have to be in a message, in any order; the last may be the beginning of a longer one. Capitals
      and accents make no difference. TIME is 2026-11-22 or 2026-11-22T14:05:00Z, in UTC.
      """,
    options: Client.options + [
      Client.jsonOption, Option("number", "N", "how many messages, the newest; 50 if not given", short: "n"),
      Option("in", "WITH", "only with somebody, or in a group"), Option("from", "WHO", "only what somebody has said"),
      Option("before", "TIME", "only up to then"), Option("after", "TIME", "only from then on, the oldest first"),
    ]
  ) { arguments throws(Failure) in
    var attributes: [(key: String, value: String)] = []
    if !arguments.words.isEmpty { attributes.append(("text", arguments.words.joined(separator: " "))) }
    for key in ["before", "after"] {
      guard let text = arguments[key] else { continue }
      let point = try Text.point(text)
      guard point.hasPrefix("timestamp=") else { throw .usage("--\(key) takes a time, not the id of a message") }
      attributes.append((key, String(point.dropFirst("timestamp=".count))))
    }
    attributes.append(("limit", String(try arguments.number("number", in: 1...1_000, default: 50))))
    let place = try arguments["in"].map { (text) throws(Failure) in try Address.parse(text) }
    let author = try arguments["from"].map { (text) throws(Failure) in try Address.parse(text) }
    guard attributes.count > 1 || place != nil || author != nil else {
      throw .usage("what for? moot search cellar door --in '#plans'")
    }
    let session = try Client.open(arguments)
    if let place { attributes.append(("in", place.seen(from: session.realm))) }
    if let author { attributes.append(("from", author.seen(from: session.realm))) }
    let (found, warning) = try session.search(attributes)
    session.close()
    show(found, of: session, arguments, withConversation: place == nil)
    if let warning { Output.error("moot: \(warning)\n") }
    if found.isEmpty, !arguments.has("json") { Output.write("nothing found\n") }
  }

  static let inbox = Command(
    name: "inbox", usage: "", summary: "shows what is unread, and marks it read",
    options: Client.options + [Client.jsonOption, Option("keep", "leave it unread")]
  ) { arguments throws(Failure) in
    try arguments.none()
    let session = try Client.open(arguments)
    var total = 0
    for (conversation, newest) in try session.conversations(since: 0) {
      let unread = try session.unread(in: conversation, newest: newest)
      guard let last = unread.last(where: \.isForReading) else { continue }
      let news = unread.filter { $0.isForReading && !$0.isOwn }
      total += news.count
      if !arguments.has("json"), !news.isEmpty { Output.write("\(Output.harmless(conversation)):\n") }
      for happening in news {
        if arguments.has("json") {
          Output.write(happening.json)
        } else {
          Output.write("  " + happening.entry(now: Client.now, withConversation: false))
        }
      }
      if !arguments.has("keep") { try session.markRead(conversation, upTo: last.time) }
    }
    session.close()
    if total == 0, !arguments.has("json") { Output.write("nothing unread\n") }
  }

  static let watch = Command(
    name: "watch", usage: "", summary: "prints messages as they arrive, until Ctrl-C",
    details: "A lost connection is made anew, and what was missed meanwhile is printed then.",
    options: Client.options + [Client.jsonOption, Option("events", "joins and other events of groups, too")]
  ) { arguments throws(Failure) in
    try arguments.none()
    let login = try Client.login(arguments)
    let connection = Connection(login)
    while true {
      switch try connection.next(timeoutMilliseconds: 60_000) {
      case .happened(let happening): report(happening, arguments)
      case .lost(let reason): Output.error("moot: \(reason)\n")
      case .connected(let again): if again { Output.error("moot: connected again\n") }
      case .caughtUp, .answered, .message, nil: break
      }
    }
  }

  private static func report(_ happening: Happening, _ arguments: Arguments) {
    // One's own groups are announced as joins at each login.
    guard happening.isForReading || arguments.has("events") && !(happening.kind == .join && happening.isOwn) else {
      return
    }
    if arguments.has("json") {
      Output.write(happening.json)
    } else {
      Output.write(happening.entry(now: Client.now, withConversation: !happening.conversation.isEmpty))
    }
  }

  /// Prints messages, oldest first.
  private static func show(
    _ messages: [Message], of session: ClientSession, _ arguments: Arguments, withConversation: Bool = false
  ) {
    let now = Client.now
    for message in messages {
      guard let happening = Happening(message, nick: session.nick, now: now), happening.isForReading else { continue }
      if arguments.has("json") {
        Output.write(happening.json)
      } else {
        Output.write(happening.entry(now: now, withConversation: withConversation))
      }
    }
  }
}
