import Wire

/// How a client gets in: what it says first, and what it says to each answer.
struct Login {
  /// Known to everyone: the accounts are made for measuring, on a realm made for measuring.
  private static let password = "load-load-load"

  let kind: Options.Login
  /// What is asked for besides.
  var capabilities: [String] = []

  /// What a fresh connection says.
  func opening(_ nick: String) -> String {
    let request = capabilities.isEmpty ? "" : "CAP REQ :\(capabilities.joined(separator: " "))\r\n"
    let hello = request + "NICK \(nick)\r\nUSER \(nick) 0 * :\(nick)\r\n"
    return switch kind {
    case .plain: hello + (capabilities.isEmpty ? "" : "CAP END\r\n")
    case .register:
      "CAP REQ :sasl standard-replies draft/account-registration\r\n" + hello
        + "REGISTER \(nick) * \(Self.password)\r\n"
    }
  }

  /// What comes of one line to a client that is logging in: its answer, and the stage it has reached.
  func answer(_ line: Line, in bytes: [UInt8], of nick: String) -> (text: String, stage: Client.Stage) {
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    let command = text(line.command)
    func refused() -> (String, Client.Stage) { ("", .failed("\(nick): \(command) " + text(rest(of: line)))) }
    switch command {
    // The end of the message of the day, or that there is none: nothing more comes by itself.
    case "376", "422": return ("", .ready)
    case "REGISTER": return ("CAP END\r\n", .loggingIn)
    case "FAIL" where line.count > 1 && text(line[1]) == "ACCOUNT_EXISTS":
      return ("AUTHENTICATE PLAIN\r\n", .loggingIn)
    case "AUTHENTICATE":
      let secret = Array("\0\(nick)\0\(Self.password)".utf8)
      return ("AUTHENTICATE " + String(decoding: Base64.encode(secret), as: UTF8.self) + "\r\n", .loggingIn)
    case "903": return ("CAP END\r\n", .loggingIn)
    case "FAIL", "ERROR", "904", "433", "432", "464", "465": return refused()
    case "CAP" where line.count > 1 && text(line[1]) == "NAK": return refused()
    default: return ("", .loggingIn)
    }
  }

  private func rest(of line: Line) -> Range<Int> {
    line.count == 0 ? line.command : line[0].lowerBound..<line[line.count - 1].upperBound
  }
}
