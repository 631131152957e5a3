import Server
import Wire

extension Command {
  static let group = Command(
    name: "group", usage: "create|join|leave|invite|members|list|topic|rename|mode|rank|kick|ban|delete|log|doctor …",
    summary: "makes groups and looks after them",
    details: """
        moot group create GROUP         makes it; you are its founder
        moot group join GROUP           --key where it takes one
        moot group leave GROUP
        moot group invite GROUP NAME…
        moot group members GROUP
        moot group list                 all groups of the realm that are not secret
        moot group topic GROUP [TEXT]   what it is about; '' for nothing any more
        moot group rename GROUP NAME    everybody stays in it, and what was said
        moot group mode GROUP [+s-t]    how it is: `moot group mode plans +D 30`; what begins with - goes behind --
        moot group rank GROUP NAME… RANK  owner, admin, operator, half-operator, voice, or none
        moot group kick GROUP NAME…
        moot group ban GROUP [NAME…]    keeps people from joining and speaking: bob, bob@beta, '*@beta' for a whole
                                        realm, or a mask; alone it lists them, --end lets them in again
        moot group delete GROUP         ends it for everybody; its founder may

      For whoever runs the realm, on its machine:

        moot group log GROUP            who kicked whom, and changed modes, topic or name
        moot group doctor GROUP         compares this realm's replica of another realm's group with its home; of a
                                        group of this realm, tells how far the realms are that have members in it
        moot group doctor --fetch GROUP takes members, ranks, modes, topic and bans of the home first; what was said
                                        stays as it is
        moot group doctor --apart GROUP prints the messages that the home has lost by a restore, and this realm has

      The # of a group, which shells take for a comment, may be left out.
      """,
    options: Client.options + [
      Client.jsonOption, Option("topic", "TEXT", "create: what it is about"),
      Option("invite-only", "create: only who is invited may join"),
      Option("secret", "create: outsiders do not see it"), Option("key", "KEY", "join: the key it takes"),
      Option("reason", "TEXT", "leave, kick, rename: what the others read"),
      Option("end", "ban: lets them in again"),
      Option("mine", "list: only the groups you are in"),
      Option("fetch", "doctor: takes the state of the group's home first"),
      Option("apart", "doctor: prints what the group's home has lost"),
    ] + realmOptions
  ) { arguments throws(Failure) in
    let known = [
      "create", "join", "leave", "invite", "members", "list", "topic", "rename", "mode", "rank", "kick", "ban",
      "delete", "log", "doctor",
    ]
    guard let word = arguments.words.first else {
      throw .usage("which of them? moot group \(known.joined(separator: "|"))")
    }
    let rest = arguments.dropFirst()
    switch word {
    case "create": try createGroup(rest)
    case "join": try joinGroup(rest)
    case "leave": try leaveGroup(rest)
    case "invite": try invite(rest)
    case "members": try showMembers(rest)
    case "list": try listGroups(rest)
    case "topic": try GroupSettings.topic(rest)
    case "rename": try GroupSettings.rename(rest)
    case "mode": try GroupSettings.mode(rest)
    case "rank": try GroupSettings.rank(rest)
    case "kick": try GroupSettings.kick(rest)
    case "ban": try GroupSettings.ban(rest)
    case "delete": try deleteGroup(rest)
    case "log": try showModerationLog(rest)
    case "doctor": try examine(rest)
    default:
      let near = closest(to: word, among: known).map { ": did you mean \"\($0)\"?" }
      throw .usage("unknown word \"\(word)\"\(near ?? ", known are \(known.joined(separator: ", "))")")
    }
  }

  private static func createGroup(_ arguments: Arguments) throws(Failure) {
    let (session, name) = try Client.openGroup(arguments, try arguments.only("GROUP"))
    let exists = try session.demand("LIST \(name)").contains { $0.command == "322" && sameName($0[1].utf8, name.utf8) }
    guard !exists else { throw Failure("there is a group \(name) already: `moot group join \(name.dropFirst())`") }
    let answer = try session.demand("JOIN \(name)")
    guard Members(answer).all.map(\.name).allSatisfy({ sameName($0.utf8, session.nick.utf8) }) else {
      // A secret one, which the list does not show.
      _ = try session.demand("PART \(name)")
      throw Failure("there is a group \(name) already: `moot group join \(name.dropFirst())`")
    }
    let modes = (arguments.has("invite-only") ? "i" : "") + (arguments.has("secret") ? "s" : "")
    if !modes.isEmpty { _ = try session.demand("MODE \(name) +\(modes)") }
    if let topic = arguments["topic"] { _ = try session.demand("TOPIC \(name) :\(topic)") }
    session.close()
    Output.write("made \(name)\n")
  }

  private static func joinGroup(_ arguments: Arguments) throws(Failure) {
    let (session, name) = try Client.openGroup(arguments, try arguments.only("GROUP"))
    let answer = try session.demand("JOIN \(name)" + (arguments["key"].map { " \($0)" } ?? ""))
    session.close()
    if let topic = answer.first(where: { $0.command == "332" })?.text {
      Output.write("joined \(name): \(Output.harmless(topic))\n")
    } else {
      Output.write("joined \(name)\n")
    }
  }

  private static func leaveGroup(_ arguments: Arguments) throws(Failure) {
    let (session, name) = try Client.openGroup(arguments, try arguments.only("GROUP"))
    _ = try session.demand("PART \(name)" + (arguments["reason"].map { " :\($0)" } ?? ""))
    session.close()
    Output.write("left \(name)\n")
  }

  private static func invite(_ arguments: Arguments) throws(Failure) {
    guard arguments.words.count >= 2 else { throw .usage("whom into which group? moot group invite GROUP NAME") }
    let (session, name) = try Client.openGroup(arguments, arguments.words[0])
    for word in arguments.words.dropFirst() {
      let person = try Address.parse(word).seen(from: session.realm)
      _ = try session.demand("INVITE \(person) \(name)")
      Output.write("invited \(person) to \(name)\n")
    }
    session.close()
  }

  private static func showMembers(_ arguments: Arguments) throws(Failure) {
    let (session, name) = try Client.openGroup(arguments, try arguments.only("GROUP"))
    let members = Members(try session.demand("NAMES \(name)")).all
    session.close()
    guard !members.isEmpty else { throw Failure("no group \(name) that shows you its members") }
    for member in members {
      if arguments.has("json") {
        Output.write(["name": .string(member.name), "rank": .string(member.rank)])
      } else {
        Output.write(Output.padded(Output.harmless(member.name), to: 32) + " \(member.rank)\n")
      }
    }
  }

  private static func listGroups(_ arguments: Arguments) throws(Failure) {
    try arguments.none()
    let session = try Client.open(arguments)
    let mine = arguments.has("mine") ? Set(try session.ownGroups().map { fold($0) }) : nil
    let answer = try session.demand("LIST").filter { $0.command == "322" }
    session.close()
    for line in answer.sorted(by: { $0[1] < $1[1] }) where mine?.contains(fold(line[1])) ?? true {
      if arguments.has("json") {
        let members = JSON(Int64(line[2]).map { .integer($0) } ?? .null)
        Output.write(["name": .string(line[1]), "members": members, "topic": .string(line.text)])
      } else {
        let head = Output.padded(Output.harmless(line[1]), to: 32) + " " + Output.padded(line[2], to: 6)
        Output.write("\(head) \(Output.harmless(line.text))\n")
      }
    }
  }

  private static func deleteGroup(_ arguments: Arguments) throws(Failure) {
    let (session, name) = try Client.openGroup(arguments, try arguments.only("GROUP"))
    _ = try session.demand("DELETE \(name)")
    session.close()
    Output.write("deleted \(name)\n")
  }
}

extension Client {
  /// A session, and a group as it is called there.
  static func openGroup(
    _ arguments: Arguments, _ word: String
  ) throws(Failure) -> (session: ClientSession, name: String) {
    let group = try Address.group(word)
    let session = try open(arguments)
    return (session, group.seen(from: session.realm))
  }
}
