import Wire

/// `moot group …` for those who look after a group: names, topics, modes, ranks, who has to go and who stays out.
enum GroupSettings {
  static func rename(_ arguments: Arguments) throws(Failure) {
    guard arguments.words.count == 2 else { throw .usage("which group, and how now? moot group rename GROUP NAME") }
    let (session, name) = try Client.openGroup(arguments, arguments.words[0])
    // It stays in its realm, whether the new name says so or not.
    var address = try Address.group(arguments.words[1])
    if address.realm == nil { address.realm = try Address.group(arguments.words[0]).realm }
    let wanted = address.seen(from: session.realm)
    _ = try session.demand("RENAME \(name) \(wanted)" + trailing(arguments["reason"]))
    session.close()
    Output.write("renamed \(name) to \(Output.harmless(wanted))\n")
  }

  static func topic(_ arguments: Arguments) throws(Failure) {
    guard let word = arguments.words.first else { throw .usage("of which group? moot group topic GROUP TEXT") }
    let text = arguments.words.dropFirst().joined(separator: " ")
    let (session, name) = try Client.openGroup(arguments, word)
    let answer = try session.demand("TOPIC \(name)" + (arguments.words.count == 1 ? "" : " :\(text)"))
    session.close()
    guard arguments.words.count == 1 else { return Output.write("set the topic of \(name)\n") }
    let topic = answer.first { $0.command == "332" }?.text ?? ""
    if arguments.has("json") {
      Output.write(["group": .string(name), "topic": .string(topic)])
    } else if !topic.isEmpty {
      Output.write(Output.harmless(topic) + "\n")
    }
  }

  static func kick(_ arguments: Arguments) throws(Failure) {
    let (session, name, people) = try openWithPeople(arguments, "kick")
    for person in people {
      _ = try session.demand("KICK \(name) \(person)" + trailing(arguments["reason"]))
      Output.write("kicked \(person) out of \(name)\n")
    }
    session.close()
  }

  /// Lists who is kept out, or adds and ends bans.
  static func ban(_ arguments: Arguments) throws(Failure) {
    guard let word = arguments.words.first else { throw .usage("from which group? moot group ban GROUP NAME") }
    let (session, name) = try Client.openGroup(arguments, word)
    let ends = arguments.has("end")
    for word in arguments.words.dropFirst() {
      let mask = try mask(word, in: session)
      _ = try session.demand("MODE \(name) \(ends ? "-" : "+")b \(mask)")
      Output.write("\(ends ? "no longer keeps" : "keeps") \(Output.harmless(mask)) out of \(name)\n")
    }
    if arguments.words.count == 1 {
      for line in try session.demand("MODE \(name) +b") where line.command == "367" {
        if arguments.has("json") {
          Output.write(["group": .string(name), "mask": .string(line[2]), "by": .string(line[3])])
        } else {
          Output.write(Output.padded(Output.harmless(line[2]), to: 32) + " by \(Output.harmless(line[3]))\n")
        }
      }
    }
    session.close()
  }

  /// What MODE takes for a person, a whole realm (`*@beta`) or any mask.
  private static func mask(_ word: String, in session: ClientSession) throws(Failure) -> String {
    guard !word.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else { throw .usage("a mask has no space in it") }
    if word.hasPrefix("*@") { return "*!\(word)" }
    guard !word.contains(where: { "*?!~".contains($0) }) else { return word }
    return try Address.parse(word).seen(from: session.realm)
  }

  /// Gives members a rank, and takes the others they had.
  static func rank(_ arguments: Arguments) throws(Failure) {
    guard arguments.words.count >= 3, let wanted = arguments.words.last, let letter = Members.letter(of: wanted) else {
      throw .usage(
        "moot group rank GROUP NAME… RANK, which is one of \(Members.names.joined(separator: ", ")), none")
    }
    let people = Array(arguments.words[1...].dropLast())
    let (session, name) = try Client.openGroup(arguments, arguments.words[0])
    for word in people {
      let person = try Address.parse(word).seen(from: session.realm)
      let members = Members(try session.demand("NAMES \(name)")).all
      guard let member = members.first(where: { sameName($0.name.utf8, person.utf8) }) else {
        throw Failure("\(person) is no member of \(name)")
      }
      let lost = member.letters.filter { $0 != letter }
      let gained = letter.map { member.letters.contains($0) ? "" : String($0) } ?? ""
      let change = (gained.isEmpty ? "" : "+\(gained)") + (lost.isEmpty ? "" : "-\(lost)")
      if !change.isEmpty {
        let names = Array(repeating: person, count: gained.count + lost.count).joined(separator: " ")
        _ = try session.demand("MODE \(name) \(change) \(names)")
      }
      Output.write("\(person) has \(letter == nil ? "no rank" : "the rank \(wanted)") in \(name)\n")
    }
    session.close()
  }

  /// Shows the modes, or changes them as MODE does.
  static func mode(_ arguments: Arguments) throws(Failure) {
    guard let word = arguments.words.first else { throw .usage("of which group? moot group mode GROUP +s-t") }
    let (session, name) = try Client.openGroup(arguments, word)
    let change = arguments.words.dropFirst().joined(separator: " ")
    if !change.isEmpty { _ = try session.demand("MODE \(name) \(change)") }
    let answer = try session.demand("MODE \(name)")
    session.close()
    guard let line = answer.first(where: { $0.command == "324" }) else { return }
    let modes = line.parameters.dropFirst(2).joined(separator: " ")
    if arguments.has("json") {
      Output.write(["group": .string(name), "modes": .string(modes)])
    } else {
      Output.write("\(name) \(Output.harmless(modes))\n")
    }
  }

  private static func openWithPeople(
    _ arguments: Arguments, _ word: String
  ) throws(Failure) -> (ClientSession, name: String, people: [String]) {
    guard arguments.words.count >= 2 else { throw .usage("whom of which group? moot group \(word) GROUP NAME") }
    let (session, name) = try Client.openGroup(arguments, arguments.words[0])
    let people = try arguments.words.dropFirst().map { (word) throws(Failure) in
      try Address.parse(word).seen(from: session.realm)
    }
    return (session, name, people)
  }

  private static func trailing(_ text: String?) -> String { text.map { " :\($0)" } ?? "" }
}
