import Core
import Wire

/// What one client has asked on one connection: every labelled command is answered once, every message is logged or
/// refused, and PING comes after all of that.
struct AnswerChecker {
  private struct Question {
    var order: Int
    var label: String
    var line: String
  }

  private struct Message {
    var order: Int
    var token: Int
    var isNotice: Bool
    var targets: [String]
  }

  private var lastOrder = 0
  private var waiting: [Question] = []
  private var answered: [String: Bool] = [:]
  private var late: [String: Bool] = [:]
  private var messages: [Message] = []
  private var pings: [String: Int] = [:]
  private var refusals: [String: Int] = [:]

  var isWaiting: Bool { !waiting.isEmpty || !pings.isEmpty }

  /// - Parameter mayWait: whether the answer may come after that of a later PING: a message to a group of another realm
  ///   is answered by its echo, which comes from there.
  mutating func asked(_ line: String, label: String?, mayWait: Bool = false) {
    lastOrder += 1
    if let label, mayWait { late[label] = true }
    if let label, !mayWait { waiting.append(Question(order: lastOrder, label: label, line: line)) }
  }

  mutating func said(token: Int, _ targets: [String], isNotice: Bool) {
    messages.append(Message(order: lastOrder, token: token, isNotice: isNotice, targets: targets))
  }

  mutating func pinged(_ token: String) {
    lastOrder += 1
    pings[token] = lastOrder
  }

  /// A message to this target was refused; a name that is none may come back as it was typed.
  mutating func refused(_ target: String) {
    refusals[fold(String(target.map { $0 == "@" ? "/" : $0 })), default: 0] += 1
  }

  /// An answer with a label has come. Returns what is wrong with that.
  mutating func answered(_ label: String, _ client: SimClient) -> String? {
    if late.removeValue(forKey: label) != nil {
      answered[label] = true
      return nil
    }
    guard let index = waiting.firstIndex(where: { $0.label == label }) else {
      return answered[label] == nil
        ? "\(client) gets an answer with the label \(label), which it never gave"
        : "\(client) gets a second answer with the label \(label)"
    }
    waiting.remove(at: index)
    answered[label] = true
    return nil
  }

  /// PONG has come: everything before its PING must be over, here and at everyone else's.
  mutating func ponged(_ token: String, _ client: SimClient) -> String? {
    guard let order = pings.removeValue(forKey: token) else { return nil }
    if let question = waiting.first(where: { $0.order < order }) {
      return "\(client) gets no labelled answer to \(question.line)"
    }
    let over = messages.filter { $0.order < order }
    messages.removeAll { $0.order < order }
    for message in over {
      if let problem = check(message, client) { return problem }
    }
    return nil
  }

  private func check(_ message: Message, _ client: SimClient) -> String? {
    let ledger = client.realm.ledger
    let entries = ledger.entries(token: message.token).filter { ledger.home(of: $0) == nil }
    let isRefused = message.targets.contains { refusals[fold($0)] != nil }
    let posted = client.realm.everPosted.filter { $0.token == message.token }.count
    if entries.count + posted < message.targets.count, !isRefused, !message.isNotice {
      return "\(client) said m\(message.token) to \(message.targets), which is neither logged nor refused"
    }
    for entry in entries {
      if client.has("echo-message"), !client.arrivals.has(entry.position) {
        return "\(client) gets no echo of m\(message.token)"
      }
      if let problem = client.world.checkBarrier(entry, from: client) { return problem }
    }
    return nil
  }
}
