import Server
import Wire

/// Whom one lets write to oneself.
extension Command {
  static let block = Command(
    name: "block", usage: "[NAME…]", summary: "keeps private messages and invitations of people away, or lists whom",
    details: """
        moot block                      lists whom you have blocked
        moot block eve eve@beta         what they say to you does not arrive, and they are not told
        moot block --everybody beta     the same for a whole realm
        moot block --end eve            lets them through again; what was said meanwhile does not come

      In groups you go on seeing them.
      """,
    options: Client.options + [
      Client.jsonOption, Option("everybody", "REALM", "everybody of that realm"), Option("end", "ends it"),
    ]
  ) { arguments throws(Failure) in
    let realm = arguments["everybody"].map { "*/\($0)" }
    guard !arguments.words.isEmpty || realm != nil else { return try listBlocked(arguments) }
    let addresses = try arguments.words.map { (word) throws(Failure) in try Address.parse(word) }
    let session = try Client.open(arguments)
    let isEnd = arguments.has("end")
    for name in addresses.map({ $0.seen(from: session.realm) }) + (realm.map { [$0] } ?? []) {
      _ = try session.demand("\(isEnd ? "UNBLOCK" : "BLOCK") \(name)")
      Output.write("\(isEnd ? "let through" : "blocked") \(Output.harmless(name))\n")
    }
    session.close()
  }

  private static func listBlocked(_ arguments: Arguments) throws(Failure) {
    guard !arguments.has("end") else { throw .usage("whom? moot block --end NAME") }
    let session = try Client.open(arguments)
    let names = try session.demand("BLOCK").filter { $0.command == "NOTE" && $0[1] == "ENTRY" }.map { $0[2] }
    session.close()
    for name in names {
      if arguments.has("json") {
        Output.write(["name": .string(name)])
      } else {
        Output.write("\(Output.harmless(name))\n")
      }
    }
  }

  static let requests = Command(
    name: "requests", usage: "[accept|decline NAME…]", summary: "lists who wants to write to you, and lets them in",
    details: """
        moot requests                   who wants to write to you, and how much they have said, or into which groups
                                        they invite you
        moot requests accept bob@beta   lets them in; then `moot inbox` has what they said
        moot requests decline eve       drops what they said, and their invitations
        moot requests set elsewhere     whose first message waits: none, elsewhere (people of other realms), all, or
                                        default, as the realm has it
      """, options: Client.options + [Client.jsonOption]
  ) { arguments throws(Failure) in
    let rest = arguments.dropFirst()
    switch arguments.words.first {
    case nil: try listRequests(arguments)
    case "accept", "decline":
      let word = arguments.words[0]
      guard !rest.words.isEmpty else { throw .usage("whom? moot requests \(word) NAME") }
      let addresses = try rest.words.map { (word) throws(Failure) in try Address.parse(word) }
      let session = try Client.open(arguments)
      for name in addresses.map({ $0.seen(from: session.realm) }) {
        _ = try session.demand("REQUESTS \(word.uppercased()) \(name)")
        Output.write("\(word == "accept" ? "let in" : "declined") \(Output.harmless(name))\n")
      }
      session.close()
    case "set":
      let choice = try rest.only("CHOICE")
      let session = try Client.open(arguments)
      _ = try session.demand("REQUESTS SET \(choice)")
      session.close()
      Output.write("set to \(Output.harmless(choice))\n")
    case let word?: throw .usage("unknown word \"\(word)\": `moot requests`, or accept, decline, set")
    }
  }

  private static func listRequests(_ arguments: Arguments) throws(Failure) {
    let session = try Client.open(arguments)
    let kinds = ["ENTRY", "INVITATION"]
    let entries = try session.demand("REQUESTS").filter { $0.command == "NOTE" && kinds.contains($0[1]) }
    session.close()
    for entry in entries {
      if arguments.has("json") {
        let what: (String, JSON) =
          entry[1] == "INVITATION"
          ? ("group", .string(entry[3])) : ("messages", JSON(Int64(entry[3]).map { .integer($0) } ?? .null))
        Output.write(["name": .string(entry[2]), what.0: what.1])
      } else {
        Output.write(Output.padded(Output.harmless(entry[2]), to: 32) + " \(Output.harmless(entry.text))\n")
      }
    }
  }
}
