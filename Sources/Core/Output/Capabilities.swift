/// What a client has switched on (IRCv3 capability-negotiation).
package struct Capabilities: OptionSet, Hashable, Sendable {
  package var rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  static let messageTags = Capabilities(rawValue: 1 << 0)
  static let serverTime = Capabilities(rawValue: 1 << 1)
  static let accountTag = Capabilities(rawValue: 1 << 2)
  static let extendedJoin = Capabilities(rawValue: 1 << 3)
  static let awayNotify = Capabilities(rawValue: 1 << 4)
  static let echoMessage = Capabilities(rawValue: 1 << 5)
  static let labeledResponse = Capabilities(rawValue: 1 << 6)
  static let batch = Capabilities(rawValue: 1 << 7)
  static let standardReplies = Capabilities(rawValue: 1 << 8)
  static let multiPrefix = Capabilities(rawValue: 1 << 9)
  static let chatHistory = Capabilities(rawValue: 1 << 10)
  static let readMarker = Capabilities(rawValue: 1 << 11)
  static let capNotify = Capabilities(rawValue: 1 << 12)
  static let sasl = Capabilities(rawValue: 1 << 13)
  static let accountRegistration = Capabilities(rawValue: 1 << 14)
  static let selfMessage = Capabilities(rawValue: 1 << 15)
  static let accountNotify = Capabilities(rawValue: 1 << 16)
  static let setName = Capabilities(rawValue: 1 << 17)
  static let changeHost = Capabilities(rawValue: 1 << 18)
  static let inviteNotify = Capabilities(rawValue: 1 << 19)
  static let userHostInNames = Capabilities(rawValue: 1 << 20)
  static let noImplicitNames = Capabilities(rawValue: 1 << 21)
  static let extendedMonitor = Capabilities(rawValue: 1 << 22)
  static let preAway = Capabilities(rawValue: 1 << 23)
  static let extendedSupport = Capabilities(rawValue: 1 << 24)
  static let channelRename = Capabilities(rawValue: 1 << 25)
  static let eventPlayback = Capabilities(rawValue: 1 << 26)
  static let multiline = Capabilities(rawValue: 1 << 27)
  static let redaction = Capabilities(rawValue: 1 << 28)
  static let edit = Capabilities(rawValue: 1 << 29)
  static let metadata2 = Capabilities(rawValue: 1 << 30)
  static let metadata3 = Capabilities(rawValue: 1 << 31)
  static let search = Capabilities(rawValue: 1 << 32)
  static let sentAgain = Capabilities(rawValue: 1 << 33)

  static let webPush = Capabilities(rawValue: 1 << 36)

  /// Those that change how a line sent to many is rendered: receivers that agree in them share one rendering.
  static let rendering: Capabilities = [
    .messageTags, .serverTime, .accountTag, .extendedJoin, .awayNotify, .multiline, .edit,
  ]

  /// Every capability by its token, the ratified first, in the order in which they are listed. Clients ask for some
  /// under older names too.
  static let tokens: [(token: String, capability: Capabilities)] = [
    ("account-notify", .accountNotify),
    ("account-tag", .accountTag),
    ("away-notify", .awayNotify),
    ("batch", .batch),
    ("cap-notify", .capNotify),
    ("chghost", .changeHost),
    ("echo-message", .echoMessage),
    ("extended-join", .extendedJoin),
    ("extended-monitor", .extendedMonitor),
    ("invite-notify", .inviteNotify),
    ("labeled-response", .labeledResponse),
    ("message-tags", .messageTags),
    ("multi-prefix", .multiPrefix),
    ("no-implicit-names", .noImplicitNames),
    ("sasl", .sasl),
    ("server-time", .serverTime),
    ("setname", .setName),
    ("standard-replies", .standardReplies),
    ("userhost-in-names", .userHostInNames),
    ("draft/account-registration", .accountRegistration),
    ("draft/channel-rename", .channelRename),
    ("draft/chathistory", .chatHistory),
    ("draft/event-playback", .eventPlayback),
    ("draft/extended-isupport", .extendedSupport),
    ("draft/extended-monitor", .extendedMonitor),
    ("draft/message-redaction", .redaction),
    ("draft/metadata-2", .metadata2),
    ("draft/metadata-3", .metadata3),
    ("draft/multiline", .multiline),
    ("draft/no-implicit-names", .noImplicitNames),
    ("draft/pre-away", .preAway),
    ("draft/read-marker", .readMarker),
    ("draft/webpush", .webPush),
    ("moot/edit", .edit),
    ("moot/id", .sentAgain),
    ("soju.im/no-implicit-names", .noImplicitNames),
    ("soju.im/search", .search),
    ("soju.im/webpush", .webPush),
    ("znc.in/self-message", .selfMessage),
  ]

  static func named(_ token: some StringProtocol) -> Capabilities? {
    tokens.first { $0.token == token }?.capability
  }
}
