import Wire

/// A group or a person one talks with, as the chat shows it.
struct ChatConversation: Equatable {
  let name: String
  var unread = 0
  /// The newest things that happened, oldest first.
  var log: [Happening] = []
  var members: [String] = []
  var topic = ""
  /// Whether what was said before this chat began is in the log.
  var isLoaded = false
  /// How far it was read, as far as the realm knows.
  var readUpTo: Int64 = 0

  var isGroup: Bool { name.hasPrefix("#") }
}

/// All conversations of a chat, what is unread in them and which one is open. Pure.
struct Conversations: Equatable {
  /// What to do about a happening.
  enum Effect: Equatable {
    /// It belongs to the conversation that is open.
    case show
    /// The first unread message of another one, which has this number.
    case announce(Int)
    case nothing
  }

  /// Happenings kept for each conversation.
  static let logLength = 300

  private(set) var all: [ChatConversation] = []
  private(set) var openIndex: Int?
  /// The one that was open before.
  private var previousIndex: Int?

  /// The conversation that is open.
  var open: ChatConversation? { openIndex.map { all[$0] } }

  func index(of name: String) -> Int? { all.firstIndex { fold($0.name) == fold(name) } }

  /// The index of a conversation, which is added if need be.
  mutating func ensure(_ name: String) -> Int {
    if let index = index(of: name) { return index }
    all.append(ChatConversation(name: name))
    return all.count - 1
  }

  /// Opens a conversation; what is unread in it is read now.
  mutating func open(_ index: Int) {
    guard index != openIndex else { return }
    previousIndex = openIndex
    openIndex = index
    all[index].unread = 0
  }

  /// The conversation that was open before; nil if there is none.
  var previous: Int? { previousIndex }

  /// The next conversation with something unread.
  var nextUnread: Int? { all.indices.first { all[$0].unread > 0 } }

  mutating func update(_ index: Int, _ change: (inout ChatConversation) -> Void) { change(&all[index]) }

  /// Forgets a conversation until something happens in it.
  mutating func remove(_ index: Int) {
    all.remove(at: index)
    func moved(_ other: Int?) -> Int? {
      guard let other, other != index else { return nil }
      return other > index ? other - 1 : other
    }
    openIndex = moved(openIndex)
    previousIndex = moved(previousIndex)
  }

  /// Takes what happened into the log of its conversation.
  mutating func take(_ happening: Happening) -> Effect {
    guard !happening.conversation.isEmpty else { return takeQuit(happening) }
    if happening.kind == .invite { return .show }
    let index = ensure(happening.conversation)
    // Not news: at each login the realm names the groups one is in.
    if happening.kind == .join, happening.isOwn { return .nothing }
    all[index].log.append(happening)
    if all[index].log.count > Self.logLength { all[index].log.removeFirst(Self.logLength / 3) }
    changeMembers(of: index, happening)
    if index == openIndex { return .show }
    guard happening.isForReading else { return .nothing }
    if happening.isOwn {
      // Written at another device: what came before was read there.
      all[index].unread = 0
      return .nothing
    }
    all[index].unread += 1
    return all[index].unread == 1 ? .announce(index + 1) : .nothing
  }

  private mutating func takeQuit(_ happening: Happening) -> Effect {
    var effect = Effect.nothing
    for index in all.indices where all[index].members.contains(happening.from) {
      all[index].members.removeAll { $0 == happening.from }
      if index == openIndex { effect = .show }
    }
    return effect
  }

  private mutating func changeMembers(of index: Int, _ happening: Happening) {
    switch happening.kind {
    case .join where !all[index].members.contains(happening.from): all[index].members.append(happening.from)
    case .part: all[index].members.removeAll { $0 == happening.from }
    case .kick:
      let name = happening.text.prefix { $0 != " " }
      all[index].members.removeAll { $0 == name }
    case .topic: all[index].topic = happening.text
    default: break
    }
  }

  /// Puts what was said earlier before the log; what is in it already is left out.
  mutating func prepend(_ earlier: [Happening], to index: Int) -> [Happening] {
    let known = Set(all[index].log.map(\.id)).subtracting([""])
    let news = earlier.filter { !known.contains($0.id) }
    all[index].log.insert(contentsOf: news, at: 0)
    return news
  }

  /// Counts as unread what others said after the read marker, unless the conversation is open.
  mutating func countUnread(_ index: Int) {
    guard index != openIndex else { return }
    let conversation = all[index]
    all[index].unread =
      conversation.log.filter { $0.isForReading && !$0.isOwn && $0.time > conversation.readUpTo }.count
  }

  /// The read marker moved, perhaps at another device.
  mutating func setRead(_ name: String, upTo time: Int64) {
    guard let index = index(of: name), time > all[index].readUpTo else { return }
    all[index].readUpTo = time
    countUnread(index)
  }

  /// Names that Tab completes: people and groups, those of the open conversation first.
  var names: [String] {
    let members = open?.members ?? []
    return members + all.map(\.name) + all.flatMap(\.members)
  }

  /// `3 unread: bob 2, #plans 1`; empty if nothing is.
  var unreadSummary: String {
    let unread = all.enumerated().filter { $0.element.unread > 0 }
    return unread.map { "\($0.offset + 1):\($0.element.name)(\($0.element.unread))" }.joined(separator: " ")
  }
}
