import Server

extension Chat {
  private static let help = """
    /list                 conversations, and what is unread in them
    /N, Alt-N             switches to conversation N
    /next, /back          to the next unread one, to the one before
    /to NAME              opens a conversation with a person or a group
    /msg NAME TEXT        says something without opening it
    /me TEXT              says what you do
    /history [N]          earlier messages of the open conversation
    /join GROUP           joins a group, or makes it
    /leave [GROUP]        leaves it; /close only takes it off the list
    /invite NAME [GROUP]  invites somebody
    /members [GROUP]      who is in it
    /topic [TEXT]         what the open group is about
    /groups               the groups of the realm
    /whois NAME           what is known of somebody
    /away [TEXT]          away, and back again
    /quit                 leaves; so does Ctrl-D
    """

  static let commandNames = [
    "away", "back", "close", "groups", "help", "history", "invite", "join", "leave", "list", "me", "members", "msg",
    "next", "quit", "to", "topic", "whois",
  ].map { "/" + $0 }

  /// Carries out what was typed after `/`.
  func command(_ line: String) {
    let name = line.prefix { $0 != " " }.lowercased()
    var rest = String(line.dropFirst(name.count).drop { $0 == " " })
    while rest.last == " " { rest.removeLast() }  // completion leaves one
    if let number = Int(name) { return open(number: number) }
    do throws(Failure) {
      switch name {
      case "help": screen.print(Self.help, .dim)
      case "list": list()
      case "next": if let index = conversations.nextUnread { open(index) } else { screen.print("nothing unread", .dim) }
      case "back": if let index = conversations.previous { open(index) }
      case "to": open(conversations.ensure(try address(rest)))
      case "msg": try message(rest)
      case "me": try action(rest)
      case "history": try earlier(rest)
      case "close": if let index = conversations.openIndex { conversations.remove(index) }
      case "quit", "exit": isOver = true
      default: try groupCommand(name, rest)
      }
    } catch {
      screen.print(error.message ?? "that did not work", .red)
    }
  }

  private func groupCommand(_ name: String, _ rest: String) throws(Failure) {
    switch name {
    case "join":
      let group = try Address.group(rest).seen(from: realm)
      request("JOIN \(group)", .join(group))
      // At once: what is typed next is meant for it.
      open(conversations.ensure(group))
    case "leave", "part": request("PART \(try group(rest))", .command)
    case "invite":
      let words = rest.split(separator: " ").map(String.init)
      guard let person = words.first else { throw Failure("whom? /invite NAME") }
      request("INVITE \(try address(person)) \(try group(words.count > 1 ? words[1] : ""))", .command)
    case "members", "names":
      let group = try group(rest)
      guard let index = conversations.index(of: group) else { throw Failure("you are not in \(group)") }
      screen.print(Output.harmless(conversations.all[index].members.sorted().joined(separator: "  ")), .dim)
    case "topic":
      let group = try group("")
      request(rest.isEmpty ? "TOPIC \(group)" : "TOPIC \(group) :\(rest)", .command)
    case "groups": request("LIST", .command)
    case "whois": request("WHOIS \(try address(rest))", .command)
    case "away": request(rest.isEmpty ? "AWAY" : "AWAY :\(rest)", .command)
    default:
      let near = closest(to: "/" + name, among: Self.commandNames).map { ": did you mean \($0)?" }
      throw Failure("unknown command /\(name)\(near ?? "; /help lists them")")
    }
  }

  private func list() {
    if conversations.all.isEmpty { screen.print("no conversations yet: /to NAME or /join GROUP", .dim) }
    for (index, conversation) in conversations.all.enumerated() {
      let mark = index == conversations.openIndex ? "*" : " "
      let unread = conversation.unread > 0 ? "  \(conversation.unread) unread" : ""
      let topic = conversation.topic.isEmpty ? "" : "  \(conversation.topic)"
      screen.print(
        Output.harmless("\(mark)\(index + 1)  \(conversation.name)\(unread)\(topic)"),
        conversation.unread > 0 ? .bold : .dim)
    }
  }

  /// A person or a group as the realm writes it.
  private func address(_ text: String) throws(Failure) -> String {
    guard !text.isEmpty else { throw Failure("whom? A name is missing") }
    return try Address.parse(text).seen(from: realm)
  }

  /// The group named, or the open one.
  private func group(_ text: String) throws(Failure) -> String {
    guard text.isEmpty else { return try Address.group(text).seen(from: realm) }
    guard let open = conversations.open, open.isGroup else { throw Failure("which group? Open it first, or name it") }
    return open.name
  }

  private func message(_ rest: String) throws(Failure) {
    let target = String(rest.prefix { $0 != " " })
    let text = String(rest.dropFirst(target.count).drop { $0 == " " })
    guard !text.isEmpty else { throw Failure("/msg NAME TEXT") }
    let name = try address(target)
    _ = conversations.ensure(name)
    send(text, to: name)
  }

  private func action(_ text: String) throws(Failure) {
    guard let open = conversations.open, !text.isEmpty else { throw Failure("/me TEXT, in a conversation") }
    request("PRIVMSG \(open.name) :\u{1}ACTION \(text)\u{1}", .message(text: "/me \(text)", to: open.name))
  }

  /// Asks for what was said before the oldest message shown.
  private func earlier(_ rest: String) throws(Failure) {
    guard let open = conversations.open else { throw Failure("open a conversation first") }
    let count = Int(rest) ?? 50
    let point = open.log.first { !$0.id.isEmpty }.map { "BEFORE \(open.name) msgid=\($0.id)" }
    let bounded = max(1, min(count, 100))
    request("CHATHISTORY \(point ?? "LATEST \(open.name) *") \(bounded)", .earlier(open.name))
  }
}
