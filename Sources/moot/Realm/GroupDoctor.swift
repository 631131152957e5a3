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
    for message in answer["messages"]?.elements ?? [] {
      guard !json else {
        Output.write(message)
        continue
      }
      var time: Int64 = 0
      if case .integer(let milliseconds)? = message["time"]?.kind { time = milliseconds }
      let (day, minute) = LocalTime.parts(time)
      let text = "<\(message["from"]?.text ?? "")> \(message["text"]?.text ?? "")"
      Output.write("\(day) \(minute) \(Output.harmless(text))\n")
    }
  }
}
