import Core
import Wire

/// A message of which a client does not know whether it was accepted.
struct Unanswered {
  var token: Int
  var line: String
  var tags: [String]
  var targets: [String]
  var mayWait: Bool
}

/// What clients do with messages beyond saying them: several lines at once, edits, taking back, sending again.
extension SimClient {
  // MARK: several lines

  func sayManyLines(to target: String) {
    guard has("draft/multiline") else { return message("PRIVMSG", [target]) }
    let token = world.sayings.count
    var lines = ["m\(token) \(filler())"]
    for _ in 0..<chance.within(1...4) { lines.append(chance.pick(["", "and on", "né né", "a line more"])) }
    let mayWait = target.hasPrefix("#") && target.contains("/")
    let reference = "b\(token)"
    let label = command("BATCH +\(reference) draft/multiline \(target)", mayWait: mayWait)
    for (index, line) in lines.enumerated() {
      let goesOn = index > 0 && !line.isEmpty && chance.percent(30) ? ";draft/multiline-concat" : ""
      say("@batch=\(reference)\(goesOn) PRIVMSG \(target) :\(line)")
    }
    say("BATCH -\(reference)")
    said(token, [target], label, isNotice: false)
  }

  // MARK: edits, and taking back

  func editSomething() {
    guard has("message-tags"), let (target, entry) = someMessage() else { return }
    let verb = entry.kind == .notice ? "NOTICE" : "PRIVMSG"
    message(chance.percent(95) ? verb : "NOTICE", [target], tags: ["+draft/edit=\(entry.id.text)"])
  }

  func takeSomethingBack() {
    guard has("draft/message-redaction"), let (target, entry) = someMessage() else { return }
    command(
      "REDACT \(target) \(entry.id.text)" + (chance.percent(50) ? " :a mistake" : ""),
      mayWait: target.hasPrefix("#") && target.contains("/"))
  }

  /// One of the last messages of its realm, mostly its own, and where that was said.
  private func someMessage() -> (target: String, entry: Entry)? {
    let ledger = realm.ledger
    guard let own = ledger.person(account.name) else { return nil }
    let recent = ledger.log.suffix(80).filter { entry in
      guard ReaderChecker.isMessage(entry) || entry.kind == .removed else { return false }
      if case .person(let target) = entry.target { return target == own || entry.sender == own }
      return true
    }
    let ownOnes = recent.filter { $0.sender == own }
    guard !recent.isEmpty else { return nil }
    let entry = chance.pick(ownOnes.isEmpty || chance.percent(20) ? recent : ownOnes)
    switch entry.target {
    case .group(let group): return ledger.groups[group].map { ($0.name, entry) }
    case .person(let target): return ledger.accounts[target == own ? entry.sender : target].map { ($0.name, entry) }
    }
  }

  // MARK: modes

  func setOtherMode(of group: String) {
    let sign = chance.pick(["+", "-"])
    let change =
      switch chance.below(8) {
      case 0: "\(sign)k sesame"
      case 1: sign == "+" ? "+l \(chance.within(1...9))" : "-l"
      case 2: "\(sign)C"
      case 3: "\(sign)R"
      case 4: "+H \(chance.pick(["joined", "all", "none"]))"
      case 5: "\(sign)e \(chance.pick(["*!*@nowhere", member(of: group)]))"
      case 6: "\(sign)I \(chance.pick(["~a:\(person())", member(of: group)]))"
      default: "\(sign)b \(chance.pick(["~a:\(person())", "~m:\(member(of: group))!*@*", "~m:~a:\(person())"]))"
      }
    command("MODE \(group) \(change)")
  }

  // MARK: sending again (`moot/id`)

  /// A message was answered, by its echo or otherwise.
  func settled(_ token: Int) { unanswered.removeAll { $0.token == token } }

  /// A message was refused: it has an answer, and is not sent again.
  func settled(refusedTo target: String) {
    let name = fold(String(target.map { $0 == "@" ? "/" : $0 }))
    unanswered.removeAll { $0.targets.contains { fold($0) == name } }
  }

  /// The connection broke before some of what it said was answered: it says that again.
  func sayAgain() {
    unanswered.removeAll { realm.ledger.isTooOldToSayAgain($0.token) }
    for message in unanswered where chance.percent(80) {
      let label = command(message.line, tags: message.tags, mayWait: message.mayWait)
      world.sayings[message.token].connection = connection?.serial ?? 0
      world.sayings[message.token].label = label
      world.sayings[message.token].isSentAgain = true
    }
    if unanswered.count > 20 { unanswered.removeFirst(unanswered.count - 20) }
  }
}
