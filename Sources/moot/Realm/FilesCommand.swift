import Core
import Server
import Wire

extension Command {
  static let files = Command(
    name: "files", usage: "[list ACCOUNT | remove FILE]",
    summary: "shows whose files take how much room, and removes files",
    details: """
        moot files                  what the files of each account come to, the largest first
        moot files list ACCOUNT     its files, the newest first: when, how large, where they are read
        moot files remove FILE      removes one, by its address or the part of it after /files/

      What a removed file had in it is gone from the data folder, unless another one has the same in it.
      """,
    options: realmOptions + [Client.jsonOption]
  ) { arguments throws(Failure) in
    let rest = arguments.dropFirst()
    switch arguments.words.first {
    case nil: try show(["command": "file-usage"], "accounts", arguments) { "\($0.name)  \($0.count)  \($0.size)" }
    case "list"?:
      let request: JSON = ["command": "files", "account": .string(try rest.only("ACCOUNT"))]
      try show(request, "files", rest) { "\($0.time)  \($0.size)  \($0.address)" }
    case "remove"?:
      let request: JSON = ["command": "remove-file", "file": .string(try rest.only("FILE"))]
      Admin.show(try Admin.ask(request, in: try Admin.folder(rest, realm: nil)), json: rest.has("json"))
    case let word?: throw .usage("unknown word \"\(word)\", known are list, remove")
    }
  }

  /// What people are shown of an account, or of a file.
  private struct FileRow {
    let json: JSON

    private func number(_ name: String) -> Int64 {
      if case .integer(let value)? = json[name]?.kind { value } else { 0 }
    }

    var name: String { json["account"]?.text ?? "" }
    var count: String { number("files") == 1 ? "1 file" : "\(number("files")) files" }
    var size: String { LinkTable.size(number("bytes")) }
    var address: String { Output.harmless(json["address"]?.text ?? "") }
    var time: String {
      let (day, minute) = LocalTime.parts(number("created"))
      return "\(day) \(minute)"
    }
  }

  private static func show(
    _ request: JSON, _ key: String, _ arguments: Arguments, _ text: (FileRow) -> String
  ) throws(Failure) {
    let answer = try Admin.ask(request, in: try Admin.folder(arguments, realm: nil))
    for row in answer[key]?.elements ?? [] {
      if arguments.has("json") { Output.write(row) } else { Output.write(text(FileRow(json: row)) + "\n") }
    }
  }
}
