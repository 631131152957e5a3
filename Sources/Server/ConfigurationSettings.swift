import Core
import Net
import Wire

extension Configuration {
  static let keys = [
    "serverName", "listen", "password", "registration", "registerBeforeConnect", "guests", "requests", "nickIsAccount",
    "operators", "passwordIterations", "motd", "admin", "refusedTags", "history", "limits", "transit",
    "webhooks", "push", "webAddress", "files",
  ]
}

extension Settings {
  /// The part of the configuration file that the core decides by.
  init(
    _ file: ConfigurationReader, _ entry: RealmEntry, warnings: inout [String], derive: Configuration.Derive
  ) throws(ConfigurationError) {
    self.init(realm: entry.name, title: entry.title, serverName: try Self.serverName(file))
    password = try file.string("password", maxBytes: Limits.passwordBytes)
    registration = try Self.registration(file)
    registerBeforeConnect = try file.bool("registerBeforeConnect", default: registerBeforeConnect)
    guests = try file.bool("guests", default: guests)
    requests = try Self.requests(file)
    nickIsAccount = try file.bool("nickIsAccount", default: nickIsAccount)
    passwordIterations = try file.integer(
      "passwordIterations", in: 4_096...10_000_000, default: passwordIterations)
    operators = try Self.operators(file, passwordIterations, warnings: &warnings, derive: derive)
    motd = try Self.motd(file)
    admin = try Self.lines(try file.strings("admin") ?? [], of: "admin", file)
    guard admin.count <= 3 else {
      throw file.error("admin", "\"admin\" has \(admin.count) lines: at most three, where, who, and how to reach them")
    }
    refusedTags = try Self.refusedTags(file)
    transit = try file.bool("transit", default: transit)
    webAddress = try Self.webAddress(file)
    files = try FileSettings(file)
    try limits.readHistory(file)
    try limits.readLimits(file)
  }

  private static func serverName(_ file: ConfigurationReader) throws(ConfigurationError) -> String? {
    guard let name = try file.string("serverName", maxBytes: 63) else { return nil }
    guard Endpoint(name + ":1") != nil else {
      throw file.error("serverName", "bad server name \"\(name)\": letters, digits, dots, - and _")
    }
    return name
  }

  private static func registration(_ file: ConfigurationReader) throws(ConfigurationError) -> Registration {
    guard let text = try file.string("registration") else { return .open }
    guard let registration = Registration(rawValue: text) else {
      let known = Registration.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw file.error("registration", "unknown registration \"\(text)\": one of \(known)")
    }
    return registration
  }

  private static func requests(_ file: ConfigurationReader) throws(ConfigurationError) -> Requests {
    guard let text = try file.string("requests") else { return .none }
    guard let requests = Requests(rawValue: text) else {
      let known = Requests.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw file.error("requests", "unknown \"requests\": \"\(text)\": one of \(known)")
    }
    return requests
  }

  private static func operators(
    _ file: ConfigurationReader, _ iterations: Int, warnings: inout [String], derive: Configuration.Derive
  ) throws(ConfigurationError) -> [Operator] {
    guard let value = file["operators"] else { return [] }
    guard let elements = value.elements else { throw file.wrongKind(value, of: "operators", wanted: "an array") }
    var operators: [Operator] = []
    for element in elements {
      let reader = try ConfigurationReader(
        element, in: file.place, as: "an operator", keys: ["name", "verifier", "password"])
      let name = try reader.string("name", missing: "every operator has a name for OPER")
      guard !name.contains(" ") else { throw reader.error("name", "operator \"\(name)\": remove the space") }
      guard !operators.contains(where: { $0.name == name }) else {
        throw reader.error("name", "a second operator \"\(name)\": remove one")
      }
      let verifier: Verifier
      switch (try reader.string("verifier", maxBytes: 600), try reader.string("password")) {
      case (let text?, nil):
        guard let parsed = Verifier(text: text) else {
          throw reader.error("verifier", "bad verifier of \"\(name)\": make one with `moot hash-password`")
        }
        verifier = parsed
      case (nil, let password?):
        warnings.append(
          "\(file.place) line \(reader.line(of: "password")): the password of operator \"\(name)\" stands here in "
            + "the clear: put what `moot hash-password` prints in its place, as \"verifier\"")
        verifier = derive(Array(password.utf8), iterations)
      case (.some, .some):
        throw reader.error(
          "password", "operator \"\(name)\" has both \"verifier\" and \"password\": remove the password")
      case (nil, nil):
        throw reader.error("verifier", "operator \"\(name)\" has no \"verifier\": make one with `moot hash-password`")
      }
      operators.append(Operator(name: name, verifier: verifier))
    }
    return operators
  }

  private static func refusedTags(_ file: ConfigurationReader) throws(ConfigurationError) -> RefusedTags {
    let words = try file.strings("refusedTags") ?? []
    for (word, line) in words where !RefusedTags.isWord(word) {
      throw ConfigurationError(
        file.place, line: line,
        "\"\(word)\" names no tag: write \"typing\" for +typing, \"*\" for all, \"-reply\" for one that is let through")
    }
    return RefusedTags(words.map(\.text))
  }

  /// The message of the day: a string, or an array with a string for each line.
  private static func motd(_ file: ConfigurationReader) throws(ConfigurationError) -> [String] {
    var lines: [(text: String, line: Int)]
    if let text = file["motd"]?.text {
      let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
      lines = parts.map { (String($0), file.line(of: "motd")) }
      if lines.last?.text.isEmpty == true { lines.removeLast() }
    } else {
      lines = try file.strings("motd") ?? []
    }
    return try self.lines(lines, of: "motd", file)
  }

  /// Lines that go to clients as they are.
  private static func lines(
    _ lines: [(text: String, line: Int)], of key: String, _ file: ConfigurationReader
  ) throws(ConfigurationError) -> [String] {
    for (text, line) in lines {
      guard !hasControlCharacters(text), text.utf8.count <= 400 else {
        throw ConfigurationError(
          file.place, line: line,
          "a line of \"\(key)\" is longer than 400 bytes or holds a control character: shorten it")
      }
    }
    return lines.map(\.text)
  }
}

extension Settings {
  fileprivate static func webAddress(_ file: ConfigurationReader) throws(ConfigurationError) -> String? {
    guard let text = try file.string("webAddress") else { return nil }
    guard let address = WebAddress(text), address.target == "/" else {
      throw file.error(
        "webAddress", "bad address \"\(text)\": write where browsers reach the web endpoint, https://chat.example.org")
    }
    return address.origin
  }
}

extension FileSettings {
  /// The key `files`.
  fileprivate init(_ file: ConfigurationReader) throws(ConfigurationError) {
    self.init()
    guard let value = file["files"] else { return }
    let reader = try ConfigurationReader(
      value, in: file.place, as: "\"files\"", keys: ["mostBytes", "quotaBytes", "types", "keepDays"])
    mostBytes = Int64(try reader.integer("mostBytes", in: 0...1 << 40, default: Int(mostBytes)))
    quotaBytes = Int64(try reader.integer("quotaBytes", in: 1...1 << 50, default: Int(quotaBytes)))
    keepDays = try reader.integer("keepDays", in: 0...36_500, default: keepDays)
    guard mostBytes <= quotaBytes else {
      throw reader.error(
        "mostBytes", "a file may have \(mostBytes) bytes and all of an account \(quotaBytes): raise \"quotaBytes\"")
    }
    guard let types = try reader.strings("types") else { return }
    for (text, line) in types where !Self.isType(text) {
      throw ConfigurationError(
        reader.place, line: line, "bad type \"\(text)\": write \"image/png\", \"image/*\" or \"*/*\"")
    }
    guard !types.isEmpty, types.count <= 50 else {
      throw reader.error(
        "types", "\"types\" has \(types.count): from 1 to 50. To take no files at all, set \"mostBytes\" to 0")
    }
    self.types = types.map(\.text)
  }

  private static func isType(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 100 else { return false }
    func isWord(_ part: Substring) -> Bool {
      !part.isEmpty
        && part.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || "-.+".utf8.contains($0) }
    }
    return text == "*/*" || (isWord(parts[0]) && (parts[1] == "*" || isWord(parts[1])))
  }
}

extension CallSettings {
  /// The keys `webhooks` and `push`.
  init(_ file: ConfigurationReader) throws(ConfigurationError) {
    self.init()
    if let value = file["webhooks"] {
      webhookAddresses = try Self.addresses(
        ConfigurationReader(value, in: file.place, as: "\"webhooks\"", keys: ["privateAddresses"]))
    }
    guard let value = file["push"] else { return }
    let reader = try ConfigurationReader(value, in: file.place, as: "\"push\"", keys: ["privateAddresses", "contact"])
    pushAddresses = try Self.addresses(reader)
    contact = try reader.string("contact") ?? ""
    let isContact = contact.isEmpty || contact.hasPrefix("mailto:") || contact.hasPrefix("https://")
    guard isContact, !contact.contains("\""), !contact.contains("\\") else {
      throw reader.error("contact", "bad contact \"\(contact)\": write mailto:admin@example.org, or an https address")
    }
  }

  private static func addresses(_ reader: ConfigurationReader) throws(ConfigurationError) -> [AddressRange] {
    var addresses: [AddressRange] = []
    for (text, line) in try reader.strings("privateAddresses") ?? [] {
      guard let range = AddressRange(text) else {
        throw ConfigurationError(
          reader.place, line: line, "bad range of addresses \"\(text)\": write 192.168.7.20, 10.0.0.0/8 or fd00::/8")
      }
      addresses.append(range)
    }
    return addresses
  }
}

extension Limits {
  /// The key `history`.
  fileprivate mutating func readHistory(_ file: ConfigurationReader) throws(ConfigurationError) {
    guard let value = file["history"] else { return }
    let reader = try ConfigurationReader(
      value, in: file.place, as: "\"history\"", keys: ["days", "page", "keepDays", "moderationDays"])
    historyDays = try reader.integer("days", in: 0...36_500, default: historyDays)
    historyPage = try reader.integer("page", in: 1...1_000, default: historyPage)
    keepDays = try reader.integer("keepDays", in: 0...36_500, default: keepDays)
    moderationDays = try reader.integer("moderationDays", in: 0...36_500, default: moderationDays)
  }

  /// The key `limits`: a whole number for each limit that differs from the default.
  fileprivate mutating func readLimits(_ file: ConfigurationReader) throws(ConfigurationError) {
    guard let value = file["limits"] else { return }
    let limits: [(String, WritableKeyPath<Limits, Int>, ClosedRange<Int>)] = [
      ("connections", \.connections, 1...1_000_000),
      ("connectionsPerAddress", \.connectionsPerAddress, 1...1_000_000),
      ("sessionsPerAccount", \.sessionsPerAccount, 1...10_000),
      ("registrationSeconds", \.registrationSeconds, 5...3_600),
      ("pingSeconds", \.pingSeconds, 5...3_600),
      ("linesPerSecond", \.linesPerSecond, 0...1_000_000),
      ("lineBurst", \.lineBurst, 10...1_000_000),
      ("sendQueueBytes", \.sendQueueBytes, 65_536...1 << 30),
      ("pendingBytes", \.pendingBytes, 16_384...1 << 24),
      ("loginAttempts", \.loginAttempts, 1...100),
      ("registrationsPerHour", \.registrationsPerHour, 1...1_000_000),
      ("groupsPerAccount", \.groupsPerAccount, 1...100_000),
      ("devicesPerAccount", \.devicesPerAccount, 1...10_000),
      ("monitor", \.monitor, 1...10_000),
      ("members", \.members, 2...1_000_000),
      ("bans", \.bans, 1...10_000),
      ("topicBytes", \.topicBytes, 1...1_000),
      ("reasonBytes", \.reasonBytes, 1...1_000),
      ("outboxBytes", \.outboxBytes, 1 << 20...1 << 40),
    ]
    let disk = "diskReserveBytes"
    let reader = try ConfigurationReader(
      value, in: file.place, as: "\"limits\"", keys: limits.map(\.0) + [disk])
    for (key, path, range) in limits {
      self[keyPath: path] = try reader.integer(key, in: range, default: self[keyPath: path])
    }
    diskReserveBytes = Int64(try reader.integer(disk, in: 0...1 << 50, default: Int(diskReserveBytes)))
  }
}
