import Glibc
import Server
import Store
import Wire

extension Command {
  /// Which realm a command is about.
  static let realmOptions = [
    Option("realm", "NAME", "the realm, where ./data has several"),
    Option("data", "DIR", "its data folder; ./data/REALM if not given"),
  ]

  static let account = Command(
    name: "account", usage: "list|create|reset-password|suspend|resume|delete|disconnect [NAME[@REALM]]",
    summary: "looks after accounts, while the realm runs",
    details: """
        moot account list                  those that only write for webhooks are marked
        moot account create NAME           asks for the password; also where registration is closed
        moot account reset-password NAME   asks for the new password; devices with a token stay logged in
        moot account suspend NAME          nobody can log in; nothing is lost
        moot account resume NAME
        moot account delete NAME           for good; the name is not given again
        moot account disconnect NAME       ends its sessions
      """, options: realmOptions + [Client.jsonOption]
  ) { arguments throws(Failure) in
    let known = ["list", "create", "reset-password", "suspend", "resume", "delete", "disconnect"]
    guard let word = arguments.words.first else {
      throw .usage("which of them? moot account \(known.joined(separator: "|"))")
    }
    guard known.contains(word) else {
      let near = closest(to: word, among: known).map { ": did you mean \"\($0)\"?" }
      throw .usage("unknown word \"\(word)\"\(near ?? ", known are \(known.joined(separator: ", "))")")
    }
    let rest = arguments.dropFirst()
    guard word != "list" else {
      try rest.none()
      let answer = try Admin.ask(["command": "accounts"], in: try Admin.folder(rest, realm: nil))
      showAccounts(answer, json: rest.has("json"))
      return
    }
    let address = try Address.parse(try rest.only("NAME"))
    guard !address.isGroup else { throw .usage("\"\(address)\" is a group, not an account") }
    let folder = try Admin.folder(rest, realm: address.realm)
    var request: [JSON.Member] = [
      JSON.Member(name: "command", value: .string(word)), JSON.Member(name: "account", value: .string(address.name)),
    ]
    if word == "create" || word == "reset-password" {
      let secret = try Terminal.readNewSecret("\(word == "create" ? "" : "new ")password of \(address.name)")
      request.append(JSON.Member(name: "secret", value: .string(secret)))
    }
    Admin.show(try Admin.ask(JSON(.object(request)), in: folder), json: rest.has("json"))
  }

  private static func showAccounts(_ answer: JSON, json: Bool) {
    for account in answer["accounts"]?.elements ?? [] {
      let name = account["name"]?.text ?? ""
      let flags = ["suspended", "deleted", "webhook"].filter { account[$0] == true }
      var created: Int64 = 0
      if case .integer(let time)? = account["created"]?.kind { created = time }
      if json {
        Output.write([
          "name": .string(name), "created": .string(Timestamp.text(created)),
          "suspended": JSON(.bool(flags.contains("suspended"))), "deleted": JSON(.bool(flags.contains("deleted"))),
          "webhook": JSON(.bool(flags.contains("webhook"))),
        ])
      } else {
        let since = "since \(LocalTime.parts(created).day)"
        Output.write(([Output.padded(name, to: 32), since] + flags).joined(separator: "  ") + "\n")
      }
    }
  }

  static let status = Command(
    name: "status", usage: "[REALM]", summary: "shows how a running realm does",
    options: realmOptions + [Client.jsonOption]
  ) { arguments throws(Failure) in
    guard arguments.words.count <= 1 else { throw .usage("one realm at a time") }
    let folder = try Admin.folder(arguments, realm: arguments.words.first)
    let answer = try Admin.ask(["command": "status"], in: folder)
    guard let status = answer["status"], case .object(let lines) = status.kind else {
      throw Failure("the realm answered without a status")
    }
    if arguments.has("json") {
      Output.write(status)
      return
    }
    for line in lines {
      guard case .integer(let value) = line.value.kind else { continue }
      Output.write(Output.padded(line.name, to: 24) + " \(value)\n")
    }
  }

  static let backup = Command(
    name: "backup", usage: "FILE", summary: "copies a running realm's data into a file, and reads it back",
    details: "The realm goes on meanwhile. FILE must not be there yet.", options: realmOptions + [Client.jsonOption]
  ) { arguments throws(Failure) in
    let file = try arguments.only("FILE")
    let path = file.hasPrefix("/") ? file : try workingFolder() + "/" + file
    let folder = try Admin.folder(arguments, realm: nil)
    Admin.show(
      try Admin.ask(["command": "backup", "path": .string(path)], in: folder), json: arguments.has("json"))
  }

  private static func workingFolder() throws(Failure) -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&path, path.count) != nil else { throw Files.refused(".") }
    return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static let restore = Command(
    name: "restore", usage: "FILE", summary: "puts a backup in the place of a stopped realm's data",
    details: "The backup is read from end to end first. The data that was there is kept beside it, under another name.",
    options: realmOptions
  ) { arguments throws(Failure) in
    let file = try arguments.only("FILE")
    let folder = try Admin.folder(arguments, realm: nil)
    do {
      let summary = try Store.restore(from: file, to: folder)
      if let old = summary.replaced { Output.write("what was there before is now \(old)\n") }
      Output.write("restored \(folder) from \(file): \(summary.counts.text); start the realm with `moot serve`\n")
    } catch {
      throw Failure("\(error)")
    }
  }
}
