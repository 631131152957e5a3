import Wire

/// What a client says until it is in: capabilities, then login or registration. Pure: messages in, lines out.
struct Handshake {
  enum Entry: Equatable {
    /// With the account's password or a token of one of its devices; `name` may be `alice@phone`.
    case login(name: String, secret: String)
    /// Makes the account, where it takes an invitation with its code.
    case registration(secret: String, code: String?)
  }

  /// What the client can use, if the realm offers it.
  static let wanted = [
    "account-tag", "away-notify", "batch", "draft/account-registration", "draft/chathistory",
    "draft/read-marker", "echo-message", "extended-join", "invite-notify", "labeled-response", "message-tags",
    "multi-prefix", "sasl", "server-time", "soju.im/search",
    "standard-replies",
  ]
  /// What it cannot do without.
  private static let needed = ["batch", "echo-message", "labeled-response", "message-tags"]

  let account: String
  let entry: Entry
  /// What the realm asks of every client, if it does.
  let realmPassword: String?

  private(set) var nick: String
  private(set) var capabilities: Set<String> = []
  /// ISUPPORT.
  private(set) var support: [String: String] = [:]
  private(set) var isDone = false
  private var offered: [String: String] = [:]
  private var isRegistered = false

  init(account: String, entry: Entry, realmPassword: String? = nil) {
    self.account = account
    self.entry = entry
    self.realmPassword = realmPassword
    self.nick = account
  }

  /// What a realm begins a refused login with.
  private static let saslFailed = "SASL authentication failed: "

  /// What to send first.
  var opening: [String] {
    ["CAP LS 302"] + (realmPassword.map { ["PASS :\($0)"] } ?? [])
      + ["NICK \(account)", "USER \(account) 0 * :\(account)"]
  }

  /// Takes the next message; returns what to send.
  mutating func take(_ message: Message) throws(Failure) -> [String] {
    switch message.command {
    case "PING": return ["PONG :\(message[0])"]
    case "CAP": return try capability(message)
    case "AUTHENTICATE": return message[0] == "+" ? plain() : []
    case "903": return ["CAP END"]
    case "REGISTER": return try registered(message)
    case "001":
      nick = message[0]
      return []
    case "005":
      for token in message.parameters.dropFirst().dropLast() { learn(token) }
      return []
    case "376", "422":
      guard case .registration(let secret, let code) = entry, !isRegistered else {
        isDone = true
        return []
      }
      return ["REGISTER \(account) \(code ?? "*") :\(secret)"]
    default:
      if let failure = failure(message) { throw failure }
      return []
    }
  }

  private mutating func capability(_ message: Message) throws(Failure) -> [String] {
    switch message[1].uppercased() {
    case "LS":
      for item in message.text.split(separator: " ") {
        let parts = item.split(separator: "=", maxSplits: 1)
        offered[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
      }
      guard message[2] != "*" else { return [] }
      if let missing = (Self.needed + ["sasl"]).first(where: { offered[$0] == nil }) {
        throw Failure("this server does not know `\(missing)`: is it a Moot realm?")
      }
      return ["CAP REQ :" + Self.wanted.filter { offered[$0] != nil }.joined(separator: " ")]
    case "ACK":
      capabilities.formUnion(message.text.split(separator: " ").map(String.init))
      return try begin()
    case "NAK": throw Failure("the realm takes back what it offered: \(message.text)")
    default: return []
    }
  }

  /// Login, or registration where the realm takes it this early.
  private func begin() throws(Failure) -> [String] {
    switch entry {
    case .login: return ["AUTHENTICATE PLAIN"]
    case .registration(let secret, let code):
      let keys = (offered["draft/account-registration"] ?? "").split(separator: ",")
      guard code != nil || !keys.contains("email-required") else {
        throw Failure("accounts are made by invitation there: add --code with the code of yours")
      }
      guard keys.contains("before-connect") else { return ["CAP END"] }
      return ["REGISTER \(account) \(code ?? "*") :\(secret)"]
    }
  }

  /// SASL PLAIN (RFC 4616) in pieces of 400 bytes; a last piece of exactly 400 is followed by an empty one.
  private func plain() -> [String] {
    guard case .login(let name, let secret) = entry else { return [] }
    let text = Base64.encode([0] + Array(name.utf8) + [0] + Array(secret.utf8))
    var lines: [String] = []
    for start in stride(from: 0, to: text.count, by: 400) {
      let piece = text[start..<min(start + 400, text.count)]
      lines.append("AUTHENTICATE " + String(decoding: piece, as: UTF8.self))
    }
    if text.count % 400 == 0 { lines.append("AUTHENTICATE +") }
    return lines
  }

  private mutating func registered(_ message: Message) throws(Failure) -> [String] {
    guard message[0] == "SUCCESS" else { throw Failure("not registered yet: \(message.text)") }
    let wasConnected = !support.isEmpty
    isRegistered = true
    isDone = wasConnected
    return wasConnected ? [] : ["CAP END"]
  }

  private mutating func learn(_ token: String) {
    let parts = token.split(separator: "=", maxSplits: 1).map(String.init)
    guard let name = parts.first else { return }
    support[name] = parts.count > 1 ? parts[1] : ""
  }

  private func failure(_ message: Message) -> Failure? {
    guard message.isError || message.command == "902" || message.command == "908" else { return nil }
    switch message.command {
    // Answers to what was sent before the realm knew that this client is still on its way in.
    case "451", "907": return nil
    case "902", "904", "905", "906", "908":
      let isKnown = message.text.hasPrefix(Self.saslFailed)
      let why = isKnown ? String(message.text.dropFirst(Self.saslFailed.count)) : message.text
      return Failure(.refusedLogin, "\(account) cannot log in: \(Output.harmless(why))")
    case "464": return Failure(.refusedLogin, "the realm asks for its own password: put it into MOOT_REALM_PASSWORD")
    case "432", "433", "436", "437":
      return Failure("\"\(account)\" cannot be used: \(Output.harmless(message.text))")
    default: return Failure(Output.harmless(message.text))
    }
  }
}
