import Core
import Server

/// A command of `moot`: what it is called, what it says about itself and what it does.
struct Command: Sendable {
  var name: String
  /// What follows the name: `NAME [TEXT]`.
  var usage: String
  /// One line.
  var summary: String
  /// What else there is to know; may be empty.
  var details: String = ""
  var options: [Option] = []
  var run: @Sendable (Arguments) throws(Failure) -> Void

  /// Runs a whole command line. Returns the code to exit with.
  static func run(_ line: [String]) -> Int32 {
    guard let name = line.first else {
      Output.error(overview())
      return Failure.Code.usage.rawValue
    }
    do throws(Failure) {
      try find(name).start(Array(line.dropFirst()))
      return 0
    } catch {
      if let message = error.message { Output.error("moot: \(message)\n") }
      if error.code == Failure.Code.usage.rawValue {
        let known = name != "help" && all.contains { $0.name == name }
        Output.error(known ? "`moot help \(name)` tells more.\n" : "`moot help` lists the commands.\n")
      }
      return error.code
    }
  }

  private func start(_ line: [String]) throws(Failure) {
    if line.contains("--help") || line == ["-h"] {
      Output.write(help)
      return
    }
    try run(try Arguments(line, options: options))
  }

  private static func find(_ name: String) throws(Failure) -> Command {
    let name = ["--help": "help", "-h": "help", "--version": "version", "-V": "version"][name] ?? name
    if let command = all.first(where: { $0.name == name }) { return command }
    let near = closest(to: name, among: all.map(\.name)).map { ": did you mean `moot \($0)`?" }
    throw .usage("unknown command \"\(name)\"\(near ?? "")")
  }

  /// What `moot help NAME` prints.
  private var help: String {
    var text = "usage: moot \(name)\(usage.isEmpty ? "" : " ")\(usage)\n\n\(summary)\n"
    if !details.isEmpty { text += "\n\(details)\n" }
    guard !options.isEmpty else { return text }
    text += "\noptions:\n"
    let heads = options.map { option in
      let short = option.short.map { "-\($0), " } ?? ""
      return "  \(short)--\(option.name)\(option.value.map { " \($0)" } ?? "")"
    }
    let width = heads.map(\.count).max() ?? 0
    for (head, option) in zip(heads, options) {
      text += Output.padded(head, to: width) + "  \(option.help)\n"
    }
    return text
  }

  private static func overview() -> String {
    var text = "usage: moot COMMAND …\n"
    for (title, commands) in groups {
      text += "\n\(title)\n"
      for command in commands {
        text += "  " + Output.padded(command.name, to: 14) + command.summary + "\n"
      }
    }
    return text + """

      People and groups are written bob@beta and '#plans@beta', at home just bob and '#plans'.
      `moot help COMMAND` tells more. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 realm not reachable,
      4 login refused.

      """
  }

  private static let help = Command(
    name: "help", usage: "[COMMAND]", summary: "says what there is, and how a command is used"
  ) { arguments throws(Failure) in
    guard let name = arguments.words.first else {
      Output.write(overview())
      return
    }
    Output.write(try find(name).help)
  }

  private static let showVersion = Command(name: "version", usage: "", summary: "says which version this is") { _ in
    Output.write("\(Moot.version)\n")
  }

  private static let groups: [(title: String, commands: [Command])] = [
    ("for people:", clientCommands),
    ("for whoever runs a realm:", realmCommands),
    ("about itself:", [help, showVersion]),
  ]

  private static let all = groups.flatMap(\.commands)
}
