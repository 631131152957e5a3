import Glibc
import LiveServer
import Net
import Testing

/// The server under test: one that the environment names, or else a Moot of the tests' own. See README.md.
final class Server: Sendable {
  static let underTest = Server()

  let address: SocketAddress
  /// What is configured for tests to be operator with, as OPER takes it; nil: nothing.
  let operatorSecret: String?
  /// Whether it is a Moot of the tests' own: it has all that is tested, so that nothing is passed over in silence.
  private let isOwn: Bool
  /// The Moot that was started, until the last test is over.
  private let own: Locked<ServerProcess?>
  private let lacking: Set<String>
  private let names = Locked(0)
  /// Different in each run, so that a server that remembers names can be used again.
  private let salt: String
  private let probed: Locked<Features?>

  /// What a server says of itself.
  struct Features: Sendable {
    /// Capabilities by name, with their values.
    var capabilities: [String: String] = [:]
    /// The parameters of ISUPPORT, with their values.
    var tokens: [String: String] = [:]
    /// Its name, as numerics have it.
    var name = ""
  }

  private init() {
    salt = String(UInt64(Clock.wallMilliseconds() % 1_679_616), radix: 36)
    lacking = Set((Self.environment("MOOT_CONFORMANCE_LACKS") ?? "").split(separator: ",").map(String.init))
    probed = Locked(nil)
    do {
      if let text = Self.environment("MOOT_CONFORMANCE") {
        address = try SocketAddress.resolve(text)
        operatorSecret = Self.environment("MOOT_CONFORMANCE_OPER")
        isOwn = false
        own = Locked(nil)
      } else {
        let server = try ServerProcess(in: Folder(), configuration: Self.configuration)
        address = .loopback(port: server.ircPort)
        operatorSecret = "root sesame"
        isOwn = true
        own = Locked(server)
      }
    } catch {
      fatalError("there is no server to test: \(error)")
    }
  }

  /// People without an account may talk and change their nick, as on most servers; accounts cost little.
  private static let configuration = """
    {"guests": true, "nickIsAccount": false, "passwordIterations": 4096, "motd": ["Be excellent to each other."],
     "admin": ["Here", "Somebody", "admin@example.org"], "operators": [{"name": "root", "password": "sesame"}],
     "refusedTags": ["example.com/refused"]}
    """

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Ends the Moot that was started; its folder goes with it.
  func stop() throws {
    try own.withLock { server in
      try server?.stop()
      server = nil
    }
  }

  // MARK: names

  /// A name that nobody has had.
  func fresh(_ role: String) -> String {
    let number = names.withLock { count in
      count += 1
      return count
    }
    return "\(role)\(salt)\(String(number, radix: 36))"
  }

  // MARK: features

  /// Whether the environment says that the server has no such thing.
  func lacks(_ what: String) -> Bool { lacking.contains(what) }

  /// What there is no way to in Moot: nobody's host changes; messages of several lines are none of NOTICE.
  private static let notOurs: Set<String> = ["sethost", "multiline-notice"]

  func offers(_ feature: Feature) throws -> Bool {
    if isOwn { return !Self.notOurs.contains(feature.name) }
    if lacks(feature.name) { return false }
    let features = try features
    switch feature {
    case .capability(let name): return features.capabilities[name] != nil
    case .token(let name): return features.tokens[name] != nil
    case .accounts: return features.capabilities["draft/account-registration"] != nil
    case .operators: return operatorSecret != nil
    case .capabilities(let count): return try harmlessCapabilities.count >= count
    case .channelMode(let mode): return features.tokens["CHANMODES"]?.contains(mode) == true
    case .named: return true
    }
  }

  /// Whether nobody talks without an account (extended-isupport, ACCOUNTREQUIRED): then everybody makes one.
  var needsAccounts: Bool {
    get throws {
      guard !isOwn else { return false }
      let tokens = try features.tokens
      return tokens["draft/ACCOUNTREQUIRED"] != nil || tokens["ACCOUNTREQUIRED"] != nil
    }
  }

  /// What tests of CAP ask for: it changes nothing about the lines that answer it.
  var harmlessCapabilities: [String] {
    get throws {
      let offered = try features.capabilities
      return ["batch", "server-time", "multi-prefix", "userhost-in-names", "away-notify"].filter { offered[$0] != nil }
    }
  }

  var features: Features {
    get throws {
      if let features = probed.withLock({ $0 }) { return features }
      let features = try Self.probe()
      probed.withLock { $0 = features }
      return features
    }
  }

  /// The value of a parameter of ISUPPORT.
  func token(_ name: String) throws -> String {
    try #require(try features.tokens[name], "ISUPPORT has no \(name)")
  }

  /// The value of a parameter of ISUPPORT that is a number.
  func limit(_ token: String) throws -> Int {
    try #require(Int(try features.tokens[token] ?? ""), "ISUPPORT has no number for \(token)")
  }

  /// Bytes of a line without tags, with CR LF.
  var lineLength: Int { get throws { Int(try features.tokens["LINELEN"] ?? "") ?? 512 } }

  /// How many targets a command takes (ISUPPORT TARGMAX); nil: as many as one likes.
  func targets(_ command: String) throws -> Int? {
    for pair in (try features.tokens["TARGMAX"] ?? "").split(separator: ",") {
      let parts = pair.split(separator: ":", omittingEmptySubsequences: false)
      if parts[0].uppercased() == command { return parts.count > 1 ? Int(parts[1]) : nil }
    }
    return 1
  }

  private static func probe() throws -> Features {
    var features = Features()
    let client = try Client("probe", isStranger: true)
    try client.send("CAP LS 302")
    while let message = try client.next() {
      guard message.command == "CAP" else { continue }
      for word in message.text.split(separator: " ") {
        let parts = word.split(separator: "=", maxSplits: 1)
        features.capabilities[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
      }
      if message.parameters.count == 3 { break }
    }
    try client.send("NICK \(client.nick)", "USER \(client.nick) 0 * :probe", "CAP END")
    try client.awaitWelcome()
    features.tokens = client.welcome.supported
    features.name = client.welcome["001"].first?.source ?? ""
    try client.send("QUIT")
    return features
  }
}

extension Reply {
  /// The parameters of ISUPPORT in it, with their values.
  var supported: [String: String] {
    var tokens: [String: String] = [:]
    for token in self["005"].flatMap({ $0.parameters.dropFirst().dropLast() }) {
      let parts = token.split(separator: "=", maxSplits: 1)
      tokens[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    return tokens
  }
}

/// Something that a server need not have.
enum Feature: Sendable {
  case capability(String)
  /// So many of `Server.harmlessCapabilities`.
  case capabilities(Int)
  case token(String)
  case channelMode(Character)
  /// Accounts that anybody can make.
  case accounts
  case operators
  /// What cannot be found out from outside: the environment says so where it is lacking.
  case named(String)

  var name: String {
    switch self {
    case .capability(let name), .token(let name), .named(let name): name
    case .channelMode(let mode): "mode-\(mode)"
    case .capabilities(let count): "\(count) capabilities"
    case .accounts: "accounts"
    case .operators: "operators"
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where the server does not have this.
  static func needs(_ feature: Feature) -> Self {
    .enabled(if: try Server.underTest.offers(feature), "the server has no \(feature.name)")
  }
}
