import Wire

/// MODE of a user (Modern IRC, "User Modes").
extension Realm {
  func userMode(_ session: Session, _ input: Input) {
    let nick = input.text(0)
    let address = Address(nick, home: settings.realm)
    guard sameName(address.text.utf8, session.nick.utf8) else {
      guard nicks[fold(nick)] != nil || person(nick) != nil || peer(of: address) != nil else {
        return reply(session, .noSuchNick, [nick], noSuchNickText(address))
      }
      return reply(session, .usersDontMatch, [], "Cannot change mode for other users")
    }
    guard input.count > 1, let user = session.user else {
      let text = session.user.map { modeText(of: $0, isOperator: session.isOperator) } ?? "+"
      return reply(session, .userModeIs, [text])
    }
    change(session, user, input.text(1))
  }

  /// `+Biow`: what is set of a user; `o` is a session's own.
  func modeText(of user: User, isOperator: Bool) -> String {
    var letters = UserModes.letters.filter { user.modes.contains($0.mode) }.map(\.letter)
    if isOperator { letters.append("o") }
    return "+" + String(letters.sorted())
  }

  private func change(_ session: Session, _ user: User, _ text: String) {
    var adds = true
    var isUnknown = false
    var changes: [(adds: Bool, letter: Character)] = []
    for letter in text {
      switch letter {
      case "+": adds = true
      case "-": adds = false
      case "o":
        // Only OPER makes operators.
        guard !adds, session.isOperator else { continue }
        setOperator(session, false)
        changes.append((false, letter))
      default:
        guard let mode = UserModes.named(letter) else {
          isUnknown = true
          continue
        }
        guard user.modes.contains(mode) != adds else { continue }
        set(mode, adds, of: user)
        // What is taken back in the same command has not happened.
        if let index = changes.firstIndex(where: { $0.letter == letter }) {
          changes.remove(at: index)
        } else {
          changes.append((adds, letter))
        }
      }
    }
    tell(changes, session, user)
    if isUnknown { reply(session, .umodeUnknownFlag, [], "Unknown MODE flag") }
  }

  private func set(_ mode: UserModes, _ adds: Bool, of user: User) {
    if adds { user.modes.insert(mode) } else { user.modes.remove(mode) }
    guard mode == .bot, !user.isGuest, var flags = accounts[user.id]?.flags else { return }
    if adds { flags.insert(.bot) } else { flags.remove(.bot) }
    accounts[user.id]?.flags = flags
    turn.writes.append(.accountFlags(user.id, flags))
  }

  /// Tells the session all of it, and the user's others what is theirs too.
  private func tell(_ changes: [(adds: Bool, letter: Character)], _ session: Session, _ user: User) {
    for own in user.sessions {
      var text = ""
      var sign: Bool?
      for change in changes where own === session || change.letter != "o" {
        if sign != change.adds { text += change.adds ? "+" : "-" }
        sign = change.adds
        text.append(change.letter)
      }
      guard !text.isEmpty else { continue }
      var line = LineBuilder(source: user.source, "MODE")
      line.word(user.nick)
      line.text(text)
      send(line, to: own)
    }
  }

  /// Makes a session an operator's, or not.
  func setOperator(_ session: Session, _ isOperator: Bool) {
    session.isOperator = isOperator
    operators[session.connection] = isOperator ? session : nil
  }

  /// WALLOPS (Modern IRC, "WALLOPS message"): to all who want to hear it, and to operators.
  func wallops(_ session: Session, _ input: Input) {
    guard session.isOperator else {
      return reply(session, .noPrivileges, [], "Permission Denied- You're not an IRC operator")
    }
    guard let user = session.user, !input.slice(0).isEmpty else {
      return reply(session, .needMoreParams, ["WALLOPS"], "Not enough parameters")
    }
    var line = LineBuilder(source: user.source, "WALLOPS")
    line.text(input.slice(0))
    guard fits(line.bytes, session) else { return }
    let out = outgoing(line, of: user)
    turn.rowsSearched += users.count
    for listener in users.values {
      for other in listener.sessions where other.isOperator || listener.modes.contains(.wallops) {
        send(out, to: other)
      }
    }
  }
}
