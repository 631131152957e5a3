import Core
import Server
import Wire

extension Command {
  static let invite = Command(
    name: "invite", usage: "create|list|revoke [NUMBER]",
    summary: "makes codes to register with, where that takes an invitation",
    details: """
        moot invite create          prints a code; who has it can register: `moot register NAME@REALM --code CODE`
        moot invite list            the codes that are still good for something, never the codes themselves
        moot invite revoke NUMBER   ends one; the number is the one that `list` shows

      Registration takes an invitation where the configuration says "registration": "invite". IRC clients give the code
      in the place of an e-mail address; a form that insists on one takes CODE@invite.
      """,
    options: realmOptions + [
      Client.jsonOption, Option("uses", "N", "create: how many accounts it makes; 1 if not given"),
      Option("days", "N", "create: for how long; 14 if not given, 0 for ever"),
      Option("note", "TEXT", "create: what it is for, for you to read later"),
    ]
  ) { arguments throws(Failure) in
    let known = ["create", "list", "revoke"]
    guard let word = arguments.words.first else {
      throw .usage("which of them? moot invite \(known.joined(separator: "|"))")
    }
    let rest = arguments.dropFirst()
    switch word {
    case "create": try createInvitation(rest)
    case "list": try listInvitations(rest)
    case "revoke":
      guard let number = Int64(try rest.only("NUMBER")) else { throw .usage("NUMBER is one that `list` shows") }
      let request: JSON = ["command": "revoke-invitation", "invitation": .integer(number)]
      Admin.show(try Admin.ask(request, in: try Admin.folder(rest, realm: nil)), json: rest.has("json"))
    default:
      let near = closest(to: word, among: known).map { ": did you mean \"\($0)\"?" }
      throw .usage("unknown word \"\(word)\"\(near ?? ", known are \(known.joined(separator: ", "))")")
    }
  }

  private static func createInvitation(_ arguments: Arguments) throws(Failure) {
    try arguments.none()
    let uses = try arguments.number("uses", in: 1...Limits.invitationUses, default: 1)
    let days = try arguments.number("days", in: 0...Limits.invitationDays, default: 14)
    let request: JSON = [
      "command": "create-invitation", "uses": .integer(Int64(uses)), "days": .integer(Int64(days)),
      "note": .string(arguments["note"] ?? ""),
    ]
    let answer = try Admin.ask(request, in: try Admin.folder(arguments, realm: nil))
    guard let code = answer["code"]?.text, let invitation = answer["invitation"] else {
      throw Failure("the realm answered without a code")
    }
    if arguments.has("json") {
      Output.write(json(invitation, code: code))
    } else {
      Output.write("\(code)\n\(text(invitation))\n")
    }
    if answer["isNeeded"] == false {
      Output.error("moot: registration takes no invitation there: the configuration says so\n")
    }
  }

  private static func listInvitations(_ arguments: Arguments) throws(Failure) {
    try arguments.none()
    let answer = try Admin.ask(["command": "invitations"], in: try Admin.folder(arguments, realm: nil))
    for invitation in answer["invitations"]?.elements ?? [] {
      if arguments.has("json") { Output.write(json(invitation)) } else { Output.write(text(invitation) + "\n") }
    }
  }

  private static func json(_ invitation: JSON, code: String? = nil) -> JSON {
    var members = [
      JSON.Member(name: "invitation", value: invitation["id"] ?? JSON(.null)),
      JSON.Member(name: "uses", value: invitation["uses"] ?? JSON(.null)),
    ]
    for name in ["created", "expires"] {
      let time = number(name, of: invitation).map { JSON.string(Timestamp.text($0)) }
      members.append(JSON.Member(name: name, value: time ?? JSON(.null)))
    }
    members.append(JSON.Member(name: "note", value: invitation["note"] ?? ""))
    if let code { members.insert(JSON.Member(name: "code", value: .string(code)), at: 0) }
    return JSON(.object(members))
  }

  private static func text(_ invitation: JSON) -> String {
    let uses = number("uses", of: invitation) ?? 0
    let until = number("expires", of: invitation).map { "until \(LocalTime.parts($0).day)" } ?? "for ever"
    let note = Output.harmless(invitation["note"]?.text ?? "")
    return "invitation \(number("id", of: invitation) ?? 0)  makes \(uses) account\(uses == 1 ? "" : "s")  \(until)"
      + (note.isEmpty ? "" : "  \(note)")
  }

  private static func number(_ name: String, of json: JSON) -> Int64? {
    if case .integer(let value)? = json[name]?.kind { value } else { nil }
  }
}
