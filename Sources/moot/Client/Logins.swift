import Server
import Wire

/// A login kept on this machine: a device of an account, named by its token.
struct Login: Equatable {
  var account: String
  var realm: String
  /// Where the realm was found; the directory, where there is one, knows better.
  var endpoint: Endpoint
  var device: String
  var token: String

  var address: String { "\(account)@\(realm)" }
}

/// The logins kept on this machine, in one file that only its owner may read.
struct Logins: Equatable {
  private(set) var all: [Login] = []

  static func path() throws(Failure) -> String { try Files.configurationFolder() + "/logins.json" }

  static func load() throws(Failure) -> Logins {
    let path = try path()
    guard let bytes = try Files.readPrivate(path) else { return Logins() }
    guard let logins = Logins(bytes) else { throw Failure("\(path) is damaged: remove it and log in again") }
    return logins
  }

  func save() throws(Failure) {
    try Files.makeFolder(try Files.configurationFolder())
    try Files.replacePrivate(try Self.path(), with: bytes)
  }

  init() {}

  init?(_ bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes), let entries = json["logins"]?.elements else { return nil }
    for entry in entries {
      guard let account = entry["account"]?.text, let realm = entry["realm"]?.text,
        let endpoint = entry["endpoint"]?.text.flatMap({ Endpoint($0) }), let device = entry["device"]?.text,
        let token = entry["token"]?.text
      else { return nil }
      all.append(Login(account: account, realm: realm, endpoint: endpoint, device: device, token: token))
    }
  }

  var bytes: [UInt8] {
    let entries = all.map { login -> JSON in
      [
        "account": .string(login.account), "realm": .string(login.realm),
        "endpoint": .string(login.endpoint.description), "device": .string(login.device),
        "token": .string(login.token),
      ]
    }
    return (["logins": .array(entries)] as JSON).bytes + [UInt8(ascii: "\n")]
  }

  /// Keeps a login; it takes the place of one of the same account.
  mutating func keep(_ login: Login) {
    forget(login)
    all.append(login)
  }

  mutating func forget(_ login: Login) { all.removeAll { Self.isSame($0.address, login.address) } }

  /// The login that `--as` names, or the newest.
  func choose(_ address: String?) throws(Failure) -> Login {
    guard let newest = all.last else {
      throw Failure(.refusedLogin, "not logged in: `moot login NAME@REALM` first")
    }
    guard let address else { return newest }
    let list = all.map(\.address).joined(separator: ", ")
    let found = all.filter { Self.isSame($0.address, address) || Self.isSame($0.account, address) }
    guard found.count <= 1 else { throw .usage("--as \(address) could be several: \(list)") }
    guard let login = found.first else {
      throw Failure(.refusedLogin, "no login as \(address) is kept here, only \(list): `moot login \(address)` first")
    }
    return login
  }

  private static func isSame(_ a: String, _ b: String) -> Bool { fold(a) == fold(b) }
}

/// Where realms are found.
enum Realms {
  static let option = Option(
    "directory", "FILE", "the directory of realms; else ./realms.json, yours, or /etc/moot/realms.json")

  /// The directory: the one asked for, else the first that is there.
  static func directory(_ arguments: Arguments) throws(Failure) -> (path: String, directory: Directory)? {
    let path = arguments["directory"] ?? Files.environment("MOOT_DIRECTORY")
    let places = [path].compactMap(\.self)
    let usual = ["realms.json", try Files.configurationFolder() + "/realms.json", "/etc/moot/realms.json"]
    for place in places.isEmpty ? usual.filter(Files.exists) : places {
      do {
        return (place, try Directory(file: place))
      } catch {
        throw Failure(error.description)
      }
    }
    return nil
  }

  /// Where clients of a realm connect.
  static func endpoint(of realm: String, _ arguments: Arguments) throws(Failure) -> (name: String, endpoint: Endpoint) {
    guard let (path, directory) = try directory(arguments) else {
      throw Failure("no directory of realms is here: go where realms.json is, or name it with --directory")
    }
    guard let entry = directory[realm] else {
      throw Failure("\(path) knows no realm \"\(realm)\", only \(directory.names.joined(separator: ", "))")
    }
    guard let endpoint = entry.irc else { throw Failure("\(path) does not say where clients of \(realm) connect") }
    return (entry.name, endpoint)
  }
}
