import Net
import Wire

/// An interactive session: the terminal on one side, the connection on the other.
final class Chat {
  /// What an answer of the realm is to.
  enum Request {
    case message(text: String, to: String)
    case targets
    case marker(String)
    /// What was said before this chat began.
    case history(String)
    /// What was said before the oldest message of the open conversation.
    case earlier(String)
    /// What came after the read marker.
    case unread(String)
    /// The group is open already; who is refused is not in it.
    case join(String)
    /// A command of the person's; its answer is printed.
    case command
  }

  let screen: ChatScreen
  let connection: Connection
  var conversations = Conversations()
  var editor = LineEditor()
  private var completion = Completion()
  /// By label.
  var requests: [String: Request] = [:]
  /// Messages whose echo had not come when the connection was lost.
  var unconfirmed: [(text: String, target: String)] = []
  var isOver = false
  /// By folded name: that somebody is away was shown, and in which words.
  var toldAway: [String: String] = [:]
  /// The open conversation while its history is on its way: nothing of it is shown before that is there.
  var awaited: String?
  /// Happenings shown of a conversation that is opened for the first time.
  static let shownAtFirst = 30
  /// Whether the open conversation is to be marked as read, once nothing more arrives at the moment.
  private var mustMark = false

  var nick: String { connection.session?.nick ?? connection.login.account }
  var realm: String { connection.login.realm }

  init(_ login: Login) throws(Failure) {
    connection = Connection(login)
    screen = try ChatScreen()
  }

  /// Runs until the person leaves.
  func run() throws(Failure) {
    defer {
      screen.close()
      connection.session?.close()
    }
    screen.print("connecting to \(realm) …", .dim)
    while !isOver {
      try takeNews()
      screen.show(prompt: prompt, editor)
      let wake = screen.wait(for: connection.session?.rawDescriptor, milliseconds: connection.patience)
      isOver = wake.isOver
      for key in wake.keys where !isOver { try take(editor.take(key)) }
    }
    try awaitEchoes()
  }

  /// Who leaves right after a message still learns whether it got through.
  private func awaitEchoes() throws(Failure) {
    let deadline = Clock.monotonicMilliseconds() + 3_000
    while isSending, connection.session != nil, Clock.monotonicMilliseconds() < deadline {
      if let news = try connection.next(timeoutMilliseconds: 100) { take(news) }
    }
  }

  /// Whether the echo of a message is still to come.
  private var isSending: Bool { requests.values.contains { if case .message = $0 { true } else { false } } }

  private func takeNews() throws(Failure) {
    // What arrives is taken in whole before the screen is drawn, but a flood must not keep the keys waiting.
    for _ in 0..<500 {
      guard let news = try connection.next(timeoutMilliseconds: 0) else {
        guard connection.hasNews else { break }
        continue
      }
      take(news)
    }
    markRead()
  }

  private var prompt: String {
    let place = conversations.open?.name ?? realm
    let unread = conversations.unreadSummary
    let state = connection.session == nil ? " (not connected)" : isSending ? " …" : ""
    return (unread.isEmpty ? "" : "[\(unread)] ") + Output.harmless(place) + state + "> "
  }

  private func take(_ outcome: LineEditor.Outcome) throws(Failure) {
    switch outcome {
    case .editing: break
    case .submitted(let line): submit(line)
    case .complete(let backward):
      let candidates =
        editor.string.hasPrefix("/") && !editor.string.contains(" ") ? Self.commandNames : conversations.names
      if let done = completion.next(
        editor.text, cursor: editor.cursor, candidates: candidates, backward: backward)
      {
        editor.set(done.text, cursor: done.cursor)
      }
    case .jump(let number): open(number: number == 0 ? 10 : number)
    case .suspend: try screen.suspend()
    case .redraw: screen.clear()
    case .end: isOver = true
    }
  }

  private func submit(_ line: String) {
    guard line.contains(where: { !$0.isWhitespace }) else { return }
    // What was pasted is text, even where a line of it starts with a slash.
    let isCommand = line.hasPrefix("/") && !line.hasPrefix("//") && !line.contains("\n")
    if isCommand {
      command(String(line.dropFirst()))
    } else {
      say(line.hasPrefix("//") ? String(line.dropFirst()) : line)
    }
  }

  /// Sends text to the open conversation.
  private func say(_ text: String) {
    guard let target = conversations.open?.name else {
      screen.print("to whom? /to NAME or /join GROUP opens a conversation, /help tells more", .red)
      return
    }
    send(text, to: target)
  }

  /// Sends text, a message a line. It is shown when its echo says that the realm has it on disk.
  func send(_ text: String, to target: String) {
    guard let session = connection.session else {
      screen.print("not connected: the text is still here, press Enter again later", .red)
      editor.set(text)
      return
    }
    for line in Text.messages(text, maxBytes: session.textBytes(to: target)) {
      request("PRIVMSG \(target) :\(line)", .message(text: line, to: target))
    }
  }

  /// Sends a line whose answer is to be looked at.
  func request(_ line: String, _ request: Request) {
    if let label = connection.send(line) {
      requests[label] = request
      return
    }
    switch request {
    case .command, .join: screen.print("not connected", .red)
    case .message(let text, let target): unconfirmed.append((text, target))
    default: break
    }
  }

  // Conversations.

  func open(number: Int) {
    guard conversations.all.indices.contains(number - 1) else {
      screen.print("there is no conversation \(number): /list shows them", .red)
      return
    }
    open(number - 1)
  }

  func open(_ index: Int) {
    guard index != conversations.openIndex else { return }
    let conversation = conversations.all[index]
    let since = conversation.readUpTo
    conversations.open(index)
    awaited = nil
    var title = "── \(conversation.name)"
    if conversation.members.count > 1 { title += ", \(conversation.members.count) members" }
    if !conversation.topic.isEmpty { title += " ── \(conversation.topic)" }
    screen.print(Output.harmless(title) + " ──", .bold)
    if conversation.isLoaded || connection.session == nil {
      let shown = conversation.log.filter { $0.time > since }
      for happening in shown.count < 10 ? conversation.log.suffix(10) : shown[...] { show(happening) }
    } else {
      awaited = conversation.name
      request("CHATHISTORY LATEST \(conversation.name) * \(Self.shownAtFirst)", .history(conversation.name))
    }
    mustMark = true
  }

  /// Prints a happening of the open conversation.
  func show(_ happening: Happening) {
    let time = ChatScreen.styled(LocalTime.text(happening.time, now: Client.now), .dim)
    let name =
      happening.isOwn ? ChatScreen.styled(Output.harmless(happening.from), .bold) : ChatScreen.coloured(happening.from)
    switch happening.kind {
    case .message: screen.print("\(time) \(name): \(Output.harmless(happening.text))")
    case .action: screen.print("\(time) * \(name) \(Output.harmless(happening.text))")
    case .undelivered: screen.print("\(time) \(Output.harmless(happening.line))", .red)
    case .notice: screen.print("\(time) -\(name)- \(Output.harmless(happening.text))")
    default: screen.print("\(LocalTime.text(happening.time, now: Client.now)) \(happening.line)", .dim)
    }
    mustMark = mustMark || happening.isForReading
  }

  /// Tells the realm how far the open conversation was read.
  private func markRead() {
    guard mustMark, let index = conversations.openIndex, connection.session != nil else { return }
    mustMark = false
    guard let last = conversations.all[index].log.last(where: \.isForReading),
      last.time > conversations.all[index].readUpTo
    else { return }
    conversations.update(index) { $0.readUpTo = last.time }
    let name = conversations.all[index].name
    request("MARKREAD \(name) \(Text.point(last.time))", .marker(name))
  }
}

extension Command {
  static let chat = Command(
    name: "chat", usage: "[NAME@REALM]", summary: "an interactive session in the terminal",
    details: """
      Type and press Enter. /help lists the commands, Tab completes names, Alt-1 to Alt-9 switch conversations,
      Ctrl-D leaves. A lost connection is made anew by itself, and what was missed is shown then.
      """, options: Client.options
  ) { arguments throws(Failure) in
    guard arguments.words.count <= 1 else { throw .usage("one login at a time") }
    let login = try Client.login(arguments, named: arguments.words.first)
    try Chat(login).run()
  }
}
