import Net
import Testing

/// What tests do with accounts.
extension Client {
  static let password = "correct horse battery"

  /// Connects with an account of its own, named like the nick.
  static func withAccount(_ role: String, _ capabilities: String...) throws -> Client {
    let client = try Client(role)
    try client.register(capabilities)
    try client.makeAccount()
    return client
  }

  /// Makes an account named like the nick, and is logged in to it, unless it is.
  func makeAccount(password: String = Client.password) throws {
    guard !isAccount else { return }
    let reply = try ask("REGISTER * * :\(password)")
    try #require(reply["REGISTER"].contains { $0[0] == "SUCCESS" }, "no account can be made: \(reply)")
    isAccount = true
  }

  /// Another connection of an account, logged in with SASL PLAIN.
  static func another(of client: Client, _ capabilities: String...) throws -> Client {
    let other = try Client("other")
    try other.request(["sasl"] + capabilities)
    try other.send("NICK \(other.nick)", "USER other 0 * :\(client.nick)")
    try #require(try other.authenticate(client.account)["903"].count == 1, "\(client.account) cannot log in again")
    try other.send("CAP END")
    try other.awaitWelcome()
    return other
  }

  /// Says AUTHENTICATE PLAIN to the end, and gives the numerics that answer.
  func authenticate(
    _ account: String, _ password: String = Client.password, authorization: String = ""
  ) throws -> Reply {
    try authenticate("PLAIN", Array("\(authorization)\0\(account)\0\(password)".utf8))
  }

  /// Says AUTHENTICATE with a mechanism whose client speaks first and once.
  func authenticate(_ mechanism: String, _ response: [UInt8]) throws -> Reply {
    try send("AUTHENTICATE \(mechanism)")
    let invitation = try until("AUTHENTICATE", "904", "907")
    guard invitation.messages.last?.command == "AUTHENTICATE" else { return invitation }
    try respond(response)
    return try until("903", "904", "905", "906", "907", "902")
  }

  /// Sends a response in pieces of 400 bytes (sasl-3.1, "The AUTHENTICATE command").
  func respond(_ response: [UInt8]) throws {
    let text = base64(response)
    var rest = text[...]
    while !rest.isEmpty {
      try send("AUTHENTICATE \(rest.prefix(400))")
      rest = rest.dropFirst(400)
    }
    if text.utf8.count % 400 == 0 { try send("AUTHENTICATE +") }
  }
}

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

/// RFC 4648.
func base64(_ bytes: [UInt8]) -> String {
  var out = ""
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for place in 0..<4 { out.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=") }
  }
  return out
}

/// The bytes that a text stands for, or nil.
func decoded(base64 text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  var bits = 0
  var count = 0
  for character in text where character != "=" {
    guard let value = alphabet.firstIndex(of: character) else { return nil }
    bits = (bits << 6 | value) & 0xffff
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(bits >> count & 0xff))
    }
  }
  return bytes
}
