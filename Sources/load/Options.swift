import Net

/// What the command line asks for.
struct Options {
  enum Mode: String {
    case pairs, group, light, drain, idle, fill
  }

  enum Login: String {
    /// NICK and USER, for a server that asks for nothing more.
    case plain
    /// The same after registering an account, or logging in to it where it exists.
    case register
  }

  var mode = Mode.pairs
  var server = SocketAddress.loopback(port: 6667)
  /// The server at the other end of a link, where half of the clients connect; nil: there is but one.
  var otherServer: SocketAddress?
  /// The names of the two realms; empty where nicks and groups are called the same at both ends.
  var realms: [String] = []
  var login = Login.plain
  /// What clients ask for by CAP REQ besides what their login needs.
  var capabilities: [String] = []
  /// The start of every nick.
  var prefix = "u"
  /// The processes whose CPU time and memory are reported, added up.
  var processes: [Int32] = []
  var seconds = 5
  var warmUpSeconds = 1
  var pairs = 100
  var members = 1_000
  var connections = 10_000
  /// Messages under way per sender.
  var window = 8
  /// Messages a second, over all senders.
  var rate = 1_000
  /// Bytes of a message's text.
  var bytes = 100
  /// Of `fill`: the data folder, and what is written to it.
  var folder = ""
  var accounts = 100_000
  var messages = 10_000_000
  /// Of `drain`: commands that break the link and bring it back; and whether the receivers only come when all is there.
  var breakCommand = ""
  var mendCommand = ""
  var isAbsent = false
  var json = false

  static let usage = """
    usage: load MODE [options]

      load pairs   pairs of clients, one sends to the other: --pairs N, --window N
      load group   one sender, many members of one group: --members N, --window N
      load light   pairs at a fixed rate, for latency: --pairs N, --rate N a second
      load drain   breaks the link, has --messages N sent over it in --pairs N pairs, brings the link back, and measures
                   until all are there; and the latency within the first server before that and meanwhile, of
                   --rate N messages a second: --break COMMAND, --mend COMMAND
      load idle    connections that do nothing: --connections N
      load fill    no server: fills the data folder --data DIR with --accounts N, --messages N

      --to HOST:PORT       the server (127.0.0.1:6667)
      --and HOST:PORT      a second one, linked to the first: what is sent at one end is received at the other, in
                           pairs in both directions; of a group, half of the members are at each end
      --realms NAME,NAME   what the two are called, where a name needs its realm at the other end
      --login plain        only NICK and USER (the default), for ngircd and others that want no account
      --login register     an account for each client: registers it, or logs in where it exists
      --capabilities LIST  what clients switch on, as in message-tags,server-time; with labeled-response every message
                           has a label, with echo-message its echo is waited for too
      --prefix NAME        how nicks begin (u)
      --server PID         report CPU time and memory of this process; of several, added up, where it is repeated
      --seconds N          how long to measure (5), after --warm-up N (1)
      --bytes N            of text in a message (100)
      --absent             of drain: the receivers are away, and come when all is there
      --json               the report as one line of JSON

    Every message is numbered: load fails if one is lost, comes twice or out of order.
    """

  /// Reads the command line without the program's name.
  init(_ arguments: [String]) throws(LoadError) {
    var rest = arguments[...]
    guard let name = rest.popFirst(), let mode = Mode(rawValue: name) else { throw LoadError(Self.usage) }
    self.mode = mode
    while let option = rest.popFirst() {
      if option == "--json" {
        json = true
        continue
      }
      if option == "--absent" {
        isAbsent = true
        continue
      }
      guard let value = rest.popFirst() else { throw LoadError("\(option) needs a value") }
      try set(option, value)
    }
    guard mode != .fill || !folder.isEmpty else { throw LoadError("fill needs --data DIR") }
    let isLinked = otherServer != nil && !realms.isEmpty && !breakCommand.isEmpty && !mendCommand.isEmpty
    guard mode != .drain || isLinked else {
      throw LoadError("drain needs --and, --realms, --break and --mend")
    }
  }

  private mutating func set(_ option: String, _ value: String) throws(LoadError) {
    switch option {
    case "--to":
      do { server = try SocketAddress.resolve(value) } catch { throw LoadError(error.description) }
    case "--and":
      do { otherServer = try SocketAddress.resolve(value) } catch { throw LoadError(error.description) }
    case "--realms":
      realms = value.split(separator: ",").map(String.init)
      guard realms.count == 2 else { throw LoadError("--realms needs two names, as in alpha,beta") }
    case "--login":
      guard let login = Login(rawValue: value) else { throw LoadError("--login is plain or register") }
      self.login = login
    case "--capabilities": capabilities = value.split(separator: ",").map(String.init)
    case "--prefix": prefix = value
    case "--server": processes.append(Int32(try Self.number(option, value)))
    case "--seconds": seconds = try Self.number(option, value)
    case "--warm-up": warmUpSeconds = try Self.number(option, value, from: 0)
    case "--pairs": pairs = try Self.number(option, value)
    case "--members": members = try Self.number(option, value)
    case "--connections": connections = try Self.number(option, value)
    case "--window": window = try Self.number(option, value)
    case "--rate": rate = try Self.number(option, value)
    case "--break": breakCommand = value
    case "--mend": mendCommand = value
    case "--data": folder = value
    case "--accounts": accounts = try Self.number(option, value)
    case "--messages": messages = try Self.number(option, value, from: 0)
    case "--bytes": bytes = try Self.number(option, value, from: 40)
    default: throw LoadError("there is no option \(option)\n\n\(Self.usage)")
    }
  }

  private static func number(_ option: String, _ value: String, from least: Int = 1) throws(LoadError) -> Int {
    guard let number = Int(value), number >= least, number <= Int(Int32.max) else {
      throw LoadError("\(option) needs a number from \(least) on, not \(value)")
    }
    return number
  }
}

/// Why there is no report, in words for people.
struct LoadError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
