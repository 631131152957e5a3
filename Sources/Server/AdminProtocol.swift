import Core
import Wire

/// What goes over the administration socket: a JSON object a line each way.
///
/// A request is `{"command":"suspend","account":"alice"}`; the answer `{"ok":true,"text":"…"}`, for `accounts` with
/// `"accounts":[{"name":"alice","created":1790000000000,"suspended":false,"deleted":false}]`, for `status` with
/// `"status":{"sessions":3}`, or `{"ok":false,"error":"…"}`.
enum AdminProtocol {
  /// Why a line is no request, in words for people.
  struct Malformed: Error, Equatable {
    var message: String
  }

  /// Reads one line.
  static func request(_ line: [UInt8]) throws(Malformed) -> AdminRequest {
    let json: JSON
    do {
      json = try JSON(parsing: line)
    } catch {
      throw Malformed(message: "not JSON: \(error.message)")
    }
    let command = try text("command", in: json)
    switch command {
    case "create": return .create(account: try text("account", in: json), secret: try secret(in: json))
    case "reset-password": return .resetPassword(account: try text("account", in: json), secret: try secret(in: json))
    case "suspend": return .suspend(account: try text("account", in: json))
    case "resume": return .resume(account: try text("account", in: json))
    case "delete": return .delete(account: try text("account", in: json))
    case "disconnect": return .disconnect(account: try text("account", in: json))
    case "backup":
      let path = try text("path", in: json)
      guard path.hasPrefix("/") else { throw Malformed(message: "the path of a backup starts with /") }
      return .backup(path: path)
    case "accounts": return .accounts
    case "status": return .status
    default: throw Malformed(message: "unknown command \"\(command)\"")
    }
  }

  private static func secret(in json: JSON) throws(Malformed) -> [UInt8] {
    let secret = Array(try text("secret", in: json).utf8)
    guard secret.count <= Limits.passwordBytes else {
      throw Malformed(message: "a password has at most \(Limits.passwordBytes) bytes")
    }
    return secret
  }

  private static func text(_ name: String, in json: JSON) throws(Malformed) -> String {
    guard let text = json[name]?.text, !text.isEmpty else { throw Malformed(message: "\"\(name)\" is missing") }
    return text
  }

  /// Renders an answer, with the LF at its end.
  static func line(_ reply: AdminReply) -> [UInt8] {
    let json: JSON =
      switch reply {
      case .done(let text): ["ok": true, "text": .string(text)]
      case .accounts(let accounts): ["ok": true, "accounts": .array(accounts.map(account))]
      case .status(let lines):
        [
          "ok": true,
          "status": JSON(.object(lines.map { JSON.Member(name: $0.name, value: .integer($0.value)) })),
        ]
      case .refused(let error): ["ok": false, "error": .string(error)]
      }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  private static func account(_ account: AccountRecord) -> JSON {
    [
      "name": .string(account.name),
      "created": .integer(account.created),
      "suspended": JSON(.bool(account.flags.contains(.suspended))),
      "deleted": JSON(.bool(account.flags.contains(.deleted))),
    ]
  }
}
