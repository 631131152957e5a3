/// What a client has switched on (IRCv3 capability-negotiation).
package struct Capabilities: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

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

  /// Those that change how a line sent to many is rendered: receivers that agree in them share one rendering.
  static let rendering: Capabilities = [.messageTags, .serverTime, .accountTag, .extendedJoin, .awayNotify]

  /// Every capability by its token, in the order in which they are listed.
  static let tokens: [(token: String, capability: Capabilities)] = [
    ("account-tag", .accountTag),
    ("away-notify", .awayNotify),
    ("batch", .batch),
    ("cap-notify", .capNotify),
    ("draft/account-registration", .accountRegistration),
    ("draft/chathistory", .chatHistory),
    ("draft/read-marker", .readMarker),
    ("echo-message", .echoMessage),
    ("extended-join", .extendedJoin),
    ("labeled-response", .labeledResponse),
    ("message-tags", .messageTags),
    ("multi-prefix", .multiPrefix),
    ("sasl", .sasl),
    ("server-time", .serverTime),
    ("standard-replies", .standardReplies),
    ("znc.in/self-message", .selfMessage),
  ]

  static func named(_ token: some StringProtocol) -> Capabilities? {
    tokens.first { $0.token == token }?.capability
  }
}
