import Core
import Server
import Wire

extension Command {
  static let webhook = Command(
    name: "webhook", usage: "create|list|resume|revoke …",
    summary: "lets programs write to a group with a POST, and hear what is said there (docs/bots.md)",
    details: """
        moot webhook create GROUP NAME   prints its address, this once; what is posted there is said in GROUP, by NAME
        moot webhook create GROUP --to URL [--trigger WORD]
                                         posts to URL what is said in GROUP, or what begins with WORD; prints the
                                         secret that signs it
        moot webhook list                which there are, what came of the last attempt, and what waits
        moot webhook resume NUMBER       goes on with one that was switched off because nothing was taken for days
        moot webhook revoke NUMBER       ends one; the number is the one that `list` shows

      NAME is a new name, or that of another webhook. The address is a secret: who has it can write to the group.
      """,
    options: realmOptions + [
      Client.jsonOption, Option("to", "URL", "create: where to post what is said"),
      Option("trigger", "WORD", "create: only messages that begin with it"),
    ]
  ) { arguments throws(Failure) in
    let known = ["create", "list", "resume", "revoke"]
    guard let word = arguments.words.first else {
      throw .usage("which of them? moot webhook \(known.joined(separator: "|"))")
    }
    let rest = arguments.dropFirst()
    switch word {
    case "create": try createWebhook(rest)
    case "list": try listWebhooks(rest)
    case "revoke", "resume":
      guard let number = Int64(try rest.only("NUMBER")) else { throw .usage("NUMBER is one that `list` shows") }
      let request: JSON = ["command": .string("\(word)-webhook"), "webhook": .integer(number)]
      Admin.show(try Admin.ask(request, in: try Admin.folder(rest, realm: nil)), json: rest.has("json"))
    default:
      let near = closest(to: word, among: known).map { ": did you mean \"\($0)\"?" }
      throw .usage("unknown word \"\(word)\"\(near ?? ", known are \(known.joined(separator: ", "))")")
    }
  }

  private static func createWebhook(_ arguments: Arguments) throws(Failure) {
    let words = arguments.words
    guard words.count == (arguments.has("to") ? 1 : 2) else {
      throw .usage("moot webhook create GROUP NAME, or moot webhook create GROUP --to URL")
    }
    let group = try Address.group(words[0]).description
    let request: JSON =
      if let address = arguments["to"] {
        [
          "command": "create-outgoing-webhook", "group": .string(group), "address": .string(address),
          "trigger": .string(arguments["trigger"] ?? ""),
        ]
      } else {
        ["command": "create-webhook", "group": .string(group), "name": .string(words[1])]
      }
    let answer = try Admin.ask(request, in: try Admin.folder(arguments, realm: nil))
    guard let secret = answer["secret"]?.text, let webhook = answer["webhook"] else {
      throw Failure("the realm answered without a secret")
    }
    let (name, shown) = arguments.has("to") ? ("secret", secret) : ("path", "/hooks/\(secret)")
    if arguments.has("json") {
      Output.write(json(webhook, JSON.Member(name: name, value: .string(shown))))
    } else {
      Output.write(shown + "\n" + text(webhook) + "\n")
    }
  }

  private static func listWebhooks(_ arguments: Arguments) throws(Failure) {
    try arguments.none()
    let answer = try Admin.ask(["command": "webhooks"], in: try Admin.folder(arguments, realm: nil))
    for webhook in answer["webhooks"]?.elements ?? [] {
      if arguments.has("json") { Output.write(json(webhook)) } else { Output.write(text(webhook) + "\n") }
    }
  }

  /// The realm's answer, with its times as text.
  private static func json(_ webhook: JSON, _ secret: JSON.Member? = nil) -> JSON {
    guard case .object(var members) = webhook.kind else { return webhook }
    for index in members.indices where ["created", "lastUsed", "failingSince"].contains(members[index].name) {
      guard case .integer(let time) = members[index].value.kind else { continue }
      members[index].value = .string(Timestamp.text(time))
    }
    if let secret { members.insert(secret, at: 0) }
    return JSON(.object(members))
  }

  private static func text(_ webhook: JSON) -> String {
    let group = Output.harmless(webhook["group"]?.text ?? "")
    func time(_ name: String) -> String? {
      number(name, of: webhook).map { time in
        let (day, minute) = LocalTime.parts(time)
        return "\(day) \(minute)"
      }
    }
    let head = "webhook \(number("id", of: webhook) ?? 0)"
    let used = time("lastUsed")
    guard let address = webhook["address"]?.text else {
      let last = used.map { "last used \($0)" } ?? "not used since the realm's start"
      return "\(head)  to \(group)  by \(webhook["writer"]?.text ?? "")  \(last)"
    }
    var parts = [head, "from \(group)", "to \(Output.harmless(address))"]
    if let word = webhook["trigger"]?.text, !word.isEmpty { parts.append("trigger \(Output.harmless(word))") }
    if webhook["isOff"] == true { parts.append("switched off") }
    if let since = time("failingSince") { parts.append("nothing taken since \(since)") }
    let answer = Output.harmless(webhook["lastAnswer"]?.text ?? "")
    parts.append(used.map { "last answer \($0): \(answer)" } ?? "not called since the realm's start")
    if let waiting = number("waiting", of: webhook), waiting > 0 { parts.append("\(waiting) waiting") }
    if let erased = number("erased", of: webhook), erased > 0 {
      parts.append("\(erased) erased for their age before they were posted")
    }
    return parts.joined(separator: "  ")
  }

  private static func number(_ name: String, of json: JSON) -> Int64? {
    if case .integer(let value)? = json[name]?.kind { value } else { nil }
  }
}
