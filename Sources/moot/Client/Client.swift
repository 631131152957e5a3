import Glibc
import Net
import Server
import Wire

/// What the client commands share: options, logging in, finding out what the realm offers.
enum Client {
  static let asOption = Option("as", "NAME@REALM", "which of your logins to use")
  static let jsonOption = Option("json", "print one JSON object a line")
  /// What every command that logs in with a kept token takes.
  static let options = [asOption, Realms.option]

  static var now: Int64 { Clock.wallMilliseconds() }

  /// The kept login that the options choose, with the endpoint the directory gives, where it gives one.
  static func login(_ arguments: Arguments, named name: String? = nil) throws(Failure) -> Login {
    var login = try Logins.load().choose(name ?? arguments["as"])
    if let endpoint = try Realms.directory(arguments)?.directory[login.realm]?.irc { login.endpoint = endpoint }
    warn(of: login.endpoint)
    return login
  }

  /// Says so where a connection can be read along.
  static func warn(of endpoint: Endpoint) {
    guard !endpoint.isLoopback else { return }
    Output.error("moot: the connection to \(endpoint) is not encrypted: others on the way can read along\n")
  }

  /// Logs in with the token of a kept login.
  static func open(_ login: Login, connectMilliseconds: Int = 10_000) throws(Failure) -> ClientSession {
    try open(
      login.realm, login.endpoint, login.account, .login(name: login.account, secret: login.token),
      connectMilliseconds: connectMilliseconds)
  }

  static func open(_ arguments: Arguments) throws(Failure) -> ClientSession { try open(try login(arguments)) }

  /// Logs in or registers.
  static func open(
    _ realm: String, _ endpoint: Endpoint, _ account: String, _ entry: Handshake.Entry,
    connectMilliseconds: Int = 10_000
  ) throws(Failure) -> ClientSession {
    let handshake = Handshake(
      account: account, entry: entry, realmPassword: Files.environment("MOOT_REALM_PASSWORD"))
    return try ClientSession.open(
      realm: realm, at: endpoint, handshake, connectMilliseconds: connectMilliseconds)
  }

  /// Makes a token for this machine and keeps it. Where the name is taken, by another machine or by a login
  /// that was lost here, the next one is used, unless the name was asked for.
  static func keepToken(
    of session: ClientSession, at endpoint: Endpoint, _ arguments: Arguments
  ) throws(Failure) {
    var logins = try Logins.load()
    let wanted = deviceName(arguments)
    let old = logins.all.first { $0.address == "\(session.nick)@\(session.realm)" && $0.device == wanted }
    if old != nil { _ = try session.request("DEVICE REVOKE \(wanted)") }
    var answer = try session.request("DEVICE CREATE \(wanted)")
    if arguments["device"] == nil {
      for number in 2..<100 where answer.contains(where: { $0[1] == "NAME_IN_USE" }) {
        answer = try session.request("DEVICE CREATE \(wanted)-\(number)")
      }
    }
    guard let made = answer.first(where: { $0.command == "DEVICE" && $0[0] == "CREATE" }), !made[2].isEmpty else {
      throw Failure("no token for this machine: \(Output.harmless(answer.last?.text ?? "no answer"))")
    }
    logins.keep(
      Login(account: session.nick, realm: session.realm, endpoint: endpoint, device: made[1], token: made[2]))
    try logins.save()
  }

  /// What this machine is called among the devices of an account, unless asked for something else.
  static func deviceName(_ arguments: Arguments) -> String {
    if let name = arguments["device"] { return name }
    var host = [CChar](repeating: 0, count: 256)
    guard gethostname(&host, host.count - 1) == 0 else { return "moot" }
    let name = host.prefix { $0 != 0 && $0 != UInt8(ascii: ".") }.map { UInt8(bitPattern: $0) }
    let usable = name.filter { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }.prefix(24)
    return fold("moot-" + String(decoding: usable, as: UTF8.self))
  }

  static let deviceOption = Option("device", "NAME", "what to call this machine among your devices")

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
