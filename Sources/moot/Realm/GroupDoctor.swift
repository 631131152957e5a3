import Core
import Wire

extension Command {
  /// `moot group doctor`: what the running realm finds when it looks over a group.
  static func examine(_ arguments: Arguments) throws(Failure) {
    let group = try Address.group(try arguments.only("GROUP")).description
    let folder = try Admin.folder(arguments, realm: nil)
    let isJSON = arguments.has("json")
    var check = Check()
    if arguments.has("fetch") {
      let answer = try Admin.ask(["command": "fetch-group", "group": .string(group)], in: folder)
      check.add(.ok, "fetch: \(answer["text"]?.text ?? "done")")
    }
    let answer = try Admin.ask(["command": "examine-group", "group": .string(group)], in: folder)
    for finding in answer["findings"]?.elements ?? [] {
      let level = finding["level"]?.text.flatMap(Finding.Level.init) ?? .error
      check.add(level, Output.harmless(finding["text"]?.text ?? ""))
    }
    try check.report(json: isJSON)
  }
}
