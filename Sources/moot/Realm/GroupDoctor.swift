import Core
import Wire

extension Command {
  /// `moot group doctor`: what the running realm finds when it looks over a group.
  static func examine(_ arguments: Arguments) throws(Failure) {
    let group = try Address.group(try arguments.only("GROUP")).description
    let folder = try Admin.folder(arguments, realm: nil)
    let isJSON = arguments.has("json")
    guard !arguments.has("apart") else { return try showApart(group, folder, json: isJSON) }
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

  private static func showApart(_ group: String, _ folder: String, json: Bool) throws(Failure) {
    let answer = try Admin.ask(["command": "set-apart", "group": .string(group)], in: folder)
    for message in answer["messages"]?.elements ?? [] { show(message, json: json) { "<\($0)> \($1)" } }
  }

  /// `moot group log`: what the running realm knows of who moderated a group.
  static func showModerationLog(_ arguments: Arguments) throws(Failure) {
    let group = try Address.group(try arguments.only("GROUP")).description
    let answer = try Admin.ask(
      ["command": "moderation-log", "group": .string(group)], in: try Admin.folder(arguments, realm: nil))
    for act in answer["acts"]?.elements ?? [] { show(act, json: arguments.has("json")) { "\($0): \($1)" } }
  }

  /// A line of a group's log.
  private static func show(_ line: JSON, json: Bool, _ join: (_ from: String, _ text: String) -> String) {
    guard !json else { return Output.write(line) }
    var time: Int64 = 0
    if case .integer(let milliseconds)? = line["time"]?.kind { time = milliseconds }
    let (day, minute) = LocalTime.parts(time)
    let text = join(line["from"]?.text ?? "", line["text"]?.text ?? "")
    Output.write("\(day) \(minute) \(Output.harmless(text))\n")
  }
}
