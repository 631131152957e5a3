import Core
import Wire

/// What somebody wants who runs the realm.
enum AdminCommand: Equatable {
  /// From the realm itself.
  case realm(AdminRequest)
  /// That directory and configuration are read again, as SIGHUP does it, but with an answer.
  case reload
}

/// What goes over the administration socket: a JSON object a line each way.
///
/// A request is `{"command":"suspend","account":"alice"}`; the answer `{"ok":true,"text":"…"}`, for `accounts` with
/// `"accounts":[{"name":"alice","created":1790000000000,"suspended":false,"deleted":false,"webhook":false}]`, for
/// `status` with `"status":{"sessions":3}`, for `links` with `"links":[{"realm":"beta","way":"link",…}]`, for
/// `examine-group` with `"findings":[{"level":"ok","text":"…"}]`, or `{"ok":false,"error":"…"}`.
enum AdminProtocol {
  /// Why a line is no request, in words for people.
  struct Malformed: Error, Equatable {
    var message: String
  }

  /// Reads one line.
  static func command(_ line: [UInt8]) throws(Malformed) -> AdminCommand {
    let json: JSON
    do {
      json = try JSON(parsing: line)
    } catch {
      throw Malformed(message: "not JSON: \(error.message)")
    }
    let command = try text("command", in: json)
    return command == "reload" ? .reload : .realm(try request(command, json))
  }

  private static func request(_ command: String, _ json: JSON) throws(Malformed) -> AdminRequest {
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
    case "create-invitation":
      let note = json["note"]?.text ?? ""
      guard note.utf8.count <= Limits.invitationNoteBytes else {
        throw Malformed(message: "a note has at most \(Limits.invitationNoteBytes) bytes")
      }
      return .createInvitation(
        uses: try number("uses", in: json, 1...Limits.invitationUses),
        days: try number("days", in: json, 0...Limits.invitationDays), note: note)
    case "invitations": return .invitations
    case "revoke-invitation": return .revokeInvitation(Int64(try number("invitation", in: json, 1...Int(Int32.max))))
    case "create-webhook":
      return .createWebhook(group: try text("group", in: json), name: try text("name", in: json))
    case "create-outgoing-webhook":
      return .createOutgoingWebhook(
        group: try text("group", in: json), address: try text("address", in: json),
        trigger: json["trigger"]?.text ?? "")
    case "resume-webhook": return .resumeWebhook(Int64(try number("webhook", in: json, 1...Int(Int32.max))))
    case "webhooks": return .webhooks
    case "revoke-webhook": return .revokeWebhook(Int64(try number("webhook", in: json, 1...Int(Int32.max))))
    case "file-usage": return .fileUsage
    case "files": return .files(account: try text("account", in: json))
    case "remove-file": return .removeFile(try text("file", in: json))
    case "status": return .status
    case "links": return .links
    case "disconnect-link": return .disconnectLink(realm: try text("realm", in: json))
    case "forget-realm": return .forgetRealm(try text("realm", in: json))
    case "examine-group": return .examineGroup(try text("group", in: json))
    case "set-apart": return .setApart(try text("group", in: json))
    case "moderation-log": return .moderationLog(try text("group", in: json))
    case "fetch-group": return .fetchGroup(try text("group", in: json))
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

  private static func number(_ name: String, in json: JSON, _ range: ClosedRange<Int>) throws(Malformed) -> Int {
    guard case .integer(let value)? = json[name]?.kind, let number = Int(exactly: value), range.contains(number) else {
      throw Malformed(message: "\"\(name)\" is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Renders an answer, with the LF at its end.
  static func line(_ reply: AdminReply) -> [UInt8] {
    let json: JSON =
      switch reply {
      case .done(let text): ["ok": true, "text": .string(text)]
      case .accounts(let accounts): ["ok": true, "accounts": .array(accounts.map(account))]
      case .invitation(let code, let text, let isNeeded):
        ["ok": true, "code": .string(text), "invitation": invitation(code), "isNeeded": JSON(.bool(isNeeded))]
      case .invitations(let codes): ["ok": true, "invitations": .array(codes.map(invitation))]
      case .webhook(let status, let secret):
        ["ok": true, "secret": .string(secret), "webhook": webhook(status)]
      case .fileUsage(let accounts): ["ok": true, "accounts": .array(accounts.map(usage))]
      case .files(let files): ["ok": true, "files": .array(files.map(file))]
      case .webhooks(let webhooks): ["ok": true, "webhooks": .array(webhooks.map(webhook))]
      case .status(let lines):
        [
          "ok": true,
          "status": JSON(.object(lines.map { JSON.Member(name: $0.name, value: .integer($0.value)) })),
        ]
      case .links(let links): ["ok": true, "links": .array(links.map(link))]
      case .findings(let findings): ["ok": true, "findings": .array(findings.map(finding))]
      case .setApart(let messages): ["ok": true, "messages": .array(messages.map(groupLine))]
      case .moderationLog(let acts): ["ok": true, "acts": .array(acts.map(groupLine))]
      case .refused(let error): ["ok": false, "error": .string(error)]
      }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  private static func account(_ account: AccountRecord) -> JSON {
    [
      "name": .string(account.name),
      "created": .integer(account.created),
      "suspended": JSON(.bool(account.flags.contains(.suspended))),
      "deleted": JSON(.bool(!account.flags.isDisjoint(with: [.deleted, .ending]))),
      "webhook": JSON(.bool(account.flags.contains(.webhook))),
    ]
  }

  private static func usage(_ account: AccountFiles) -> JSON {
    [
      "account": .string(account.account), "files": .integer(Int64(account.usage.files)),
      "bytes": .integer(account.usage.bytes),
    ]
  }

  private static func file(_ line: FileLine) -> JSON {
    [
      "id": .string(line.file.id), "name": .string(line.file.name), "type": .string(line.file.type),
      "bytes": .integer(line.file.size), "created": .integer(line.file.created), "address": .string(line.address),
    ]
  }

  private static func invitation(_ code: InvitationCode) -> JSON {
    [
      "id": .integer(code.id), "uses": .integer(Int64(code.uses)), "created": .integer(code.created),
      "expires": code.expires == 0 ? JSON(.null) : .integer(code.expires), "note": .string(code.note),
    ]
  }

  private static func webhook(_ status: WebhookStatus) -> JSON {
    func time(_ time: Milliseconds) -> JSON { time == 0 ? JSON(.null) : .integer(time) }
    let isOutgoing = !status.address.isEmpty
    let writer = JSON.Member(name: "writer", value: .string(status.writer))
    let outgoing = [
      JSON.Member(name: "address", value: .string(status.address)),
      JSON.Member(name: "trigger", value: .string(status.trigger)),
      JSON.Member(name: "waiting", value: .integer(status.waiting)),
      JSON.Member(name: "lastAnswer", value: .string(status.lastAnswer)),
      JSON.Member(name: "failingSince", value: time(status.failingSince)),
      JSON.Member(name: "isOff", value: JSON(.bool(status.isOff))),
      JSON.Member(name: "erased", value: .integer(status.erased)),
    ]
    let members = [
      JSON.Member(name: "id", value: .integer(status.id)), JSON.Member(name: "group", value: .string(status.group)),
      JSON.Member(name: "created", value: .integer(status.created)),
      JSON.Member(name: "messages", value: .integer(status.messages)),
      JSON.Member(name: "lastUsed", value: time(status.lastUsed)),
    ]
    return JSON(.object(members + (isOutgoing ? outgoing : [writer])))
  }

  private static func groupLine(_ message: GroupLine) -> JSON {
    [
      "number": .integer(message.number), "time": .integer(message.time), "msgid": .string(message.id.text),
      "from": .string(message.from), "text": .string(message.text),
    ]
  }

  private static func finding(_ finding: Finding) -> JSON {
    ["level": .string(finding.level.rawValue), "text": .string(finding.text)]
  }

  private static func link(_ status: LinkStatus) -> JSON {
    let (way, through, links): (String, JSON, Int) =
      switch status.way {
      case .link: ("link", JSON(.null), 1)
      case .route(let through, let links): ("route", .string(through), links)
      case .none: ("none", JSON(.null), 0)
      }
    return [
      "realm": .string(status.realm),
      "neighbour": JSON(.bool(status.isNeighbour)),
      "way": .string(way),
      "through": through,
      "links": .integer(Int64(links)),
      "roundTrip": status.roundTrip < 0 ? JSON(.null) : .integer(status.roundTrip),
      "clockAhead": .integer(status.clockAhead),
      "envelopesWaiting": .integer(Int64(status.envelopesWaiting)),
      "bytesWaiting": .integer(Int64(status.bytesWaiting)),
      "oldest": status.oldest == 0 ? JSON(.null) : .integer(status.oldest),
      "nextAttempt": status.nextAttempt == 0 ? JSON(.null) : .integer(status.nextAttempt),
      "lastError": .string(status.lastError),
      "verified": JSON(.bool(status.isVerified)),
    ]
  }
}
