/// A command is a row: what runs it, how many parameters it needs, and who may say it.
struct Command: Sendable {
  enum Access: Sendable {
    /// Also before registration.
    case always
    /// After registration, also without an account.
    case registered
    /// As an account or a guest.
    case user
  }

  var access: Access
  var parameters: Int
  /// Whether it shows that a person is there: WHOIS tells how long ago.
  var active = false
  var run: @Sendable (Realm, Session, Input) -> Void

  static let table: [String: Command] = connection.merging(people) { a, _ in a }.merging(groups) { a, _ in a }
    .merging(messages) { a, _ in a }

  private static let connection: [String: Command] = [
    "CAP": Command(access: .always, parameters: 1) { $0.cap($1, $2) },
    "AUTHENTICATE": Command(access: .always, parameters: 1) { $0.authenticate($1, $2) },
    "REGISTER": Command(access: .always, parameters: 3) { $0.registerCommand($1, $2) },
    "VERIFY": Command(access: .always, parameters: 2) { $0.verifyCommand($1, $2) },
    "PASS": Command(access: .always, parameters: 1) { $0.pass($1, $2) },
    "NICK": Command(access: .always, parameters: 0) { $0.nick($1, $2) },
    "USER": Command(access: .always, parameters: 4) { $0.user($1, $2) },
    "PING": Command(access: .always, parameters: 0) { $0.pingCommand($1, $2) },
    "PONG": Command(access: .always, parameters: 0) { $0.pong($1, $2) },
    "QUIT": Command(access: .always, parameters: 0) { $0.quit($1, $2) },
    "ERROR": Command(access: .always, parameters: 0) { _, _, _ in },
    "OPER": Command(access: .registered, parameters: 2) { $0.oper($1, $2) },
    "KILL": Command(access: .user, parameters: 2) { $0.kill($1, $2) },
    "CONNECT": Command(access: .user, parameters: 0) { $0.refuseServerCommand($1, $2) },
    "SQUIT": Command(access: .user, parameters: 0) { $0.refuseServerCommand($1, $2) },
    "REHASH": Command(access: .user, parameters: 0) { $0.refuseServerCommand($1, $2) },
    "RESTART": Command(access: .user, parameters: 0) { $0.refuseServerCommand($1, $2) },
    "WALLOPS": Command(access: .user, parameters: 0) { $0.wallops($1, $2) },
    "MOTD": Command(access: .registered, parameters: 0) { $0.motd($1, $2) },
    "VERSION": Command(access: .registered, parameters: 0) { $0.version($1, $2) },
    "TIME": Command(access: .registered, parameters: 0) { $0.time($1, $2) },
    "ISUPPORT": Command(access: .always, parameters: 0) { $0.isupport($1, $2) },
    "LUSERS": Command(access: .registered, parameters: 0) { $0.lusers($1, $2) },
    "ADMIN": Command(access: .registered, parameters: 0) { $0.admin($1, $2) },
    "INFO": Command(access: .registered, parameters: 0) { $0.info($1, $2) },
    "STATS": Command(access: .registered, parameters: 1) { $0.stats($1, $2) },
    "LINKS": Command(access: .user, parameters: 0) { $0.links($1, $2) },
    "MAP": Command(access: .user, parameters: 0) { $0.map($1, $2) },
    "HELP": Command(access: .registered, parameters: 0) { $0.help($1, $2) },
    "HELPOP": Command(access: .registered, parameters: 0) { $0.help($1, $2) },
  ]

  private static let people: [String: Command] = [
    "ISON": Command(access: .registered, parameters: 1) { $0.ison($1, $2) },
    "USERHOST": Command(access: .registered, parameters: 1) { $0.userhost($1, $2) },
    "WHO": Command(access: .user, parameters: 0) { $0.who($1, $2) },
    "WHOIS": Command(access: .user, parameters: 0) { $0.whois($1, $2) },
    "WHOWAS": Command(access: .user, parameters: 0) { $0.whowas($1, $2) },
    "SETNAME": Command(access: .user, parameters: 1) { $0.setName($1, $2) },
    "AWAY": Command(access: .always, parameters: 0) { $0.away($1, $2) },
    "METADATA": Command(access: .always, parameters: 0) { $0.metadataCommand($1, $2) },
    "MONITOR": Command(access: .user, parameters: 1) { $0.monitor($1, $2) },
    "BLOCK": Command(access: .user, parameters: 0) { $0.block($1, $2) },
    "UNBLOCK": Command(access: .user, parameters: 1) { $0.block($1, $2) },
    "REQUESTS": Command(access: .user, parameters: 0) { $0.requestsCommand($1, $2) },
    "DEVICE": Command(access: .user, parameters: 1) { $0.deviceCommand($1, $2) },
    "WEBPUSH": Command(access: .user, parameters: 0) { $0.webPush($1, $2) },
    "PASSWD": Command(access: .user, parameters: 2) { $0.passwd($1, $2) },
    "UNREGISTER": Command(access: .user, parameters: 2) { $0.unregister($1, $2) },
    "NICKSERV": Command(access: .registered, parameters: 0) { $0.nickServ($1, words: $2.words(from: 0)) },
    "NS": Command(access: .registered, parameters: 0) { $0.nickServ($1, words: $2.words(from: 0)) },
  ]

  private static let groups: [String: Command] = [
    "JOIN": Command(access: .user, parameters: 1) { $0.join($1, $2) },
    "PART": Command(access: .user, parameters: 1, active: true) { $0.part($1, $2) },
    "KICK": Command(access: .user, parameters: 2, active: true) { $0.kick($1, $2) },
    "INVITE": Command(access: .user, parameters: 0, active: true) { $0.invite($1, $2) },
    "TOPIC": Command(access: .user, parameters: 1) { $0.topic($1, $2) },
    "NAMES": Command(access: .user, parameters: 0) { $0.names($1, $2) },
    "LIST": Command(access: .user, parameters: 0) { $0.list($1, $2) },
    "MODE": Command(access: .registered, parameters: 1) { $0.mode($1, $2) },
    "MODLOG": Command(access: .user, parameters: 1) { $0.moderationLog($1, $2) },
    "RENAME": Command(access: .user, parameters: 2, active: true) { $0.rename($1, $2) },
    "DELETE": Command(access: .user, parameters: 1, active: true) { $0.deleteGroup($1, $2) },
  ]

  private static let messages: [String: Command] = [
    "PRIVMSG": Command(access: .registered, parameters: 0, active: true) { $0.message($1, $2, .message) },
    "NOTICE": Command(access: .registered, parameters: 0, active: true) { $0.message($1, $2, .notice) },
    "TAGMSG": Command(access: .user, parameters: 0) { $0.message($1, $2, .tagMessage) },
    "BATCH": Command(access: .registered, parameters: 1, active: true) { $0.batch($1, $2) },
    "REDACT": Command(access: .user, parameters: 2, active: true) { $0.redact($1, $2) },
    "CHATHISTORY": Command(access: .user, parameters: 0) { $0.chatHistory($1, $2) },
    "SEARCH": Command(access: .user, parameters: 1) { $0.search($1, $2) },
    "MARKREAD": Command(access: .user, parameters: 0) { $0.markRead($1, $2) },
  ]
}

extension Input {
  /// All parameters from `index` on, split at spaces: how people speak to services.
  func words(from index: Int) -> [String] {
    guard index < count else { return [] }
    return (index..<count).flatMap { text($0).split(separator: " ").map(String.init) }
  }
}
