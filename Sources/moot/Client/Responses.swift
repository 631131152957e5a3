/// What a realm sent, put together: batches whole, answers with the label of their request.
enum Arrival: Equatable {
  case message(Message)
  /// The answer to a request of ours.
  case response(label: String, [Message])
  /// A batch nobody asked for.
  case batch(type: String, [Message])
}

/// Puts batches and labelled answers together (IRCv3 batch, labeled-response). Pure.
struct Responses {
  private struct Open {
    var type: String
    var label: String?
    var messages: [Message] = []
  }

  /// By reference: the outermost batches under way.
  private var open: [String: Open] = [:]
  /// By reference: the outermost batch of each nested one.
  private var roots: [String: String] = [:]

  /// Takes the next message. nil: it is part of something that is not complete.
  mutating func take(_ message: Message) -> Arrival? {
    if message.command == "BATCH" { return batch(message) }
    if let reference = message.tags["batch"], let root = roots[reference] {
      open[root]?.messages.append(message)
      return nil
    }
    guard let label = message.tags["label"] else { return .message(message) }
    return .response(label: label, message.command == "ACK" ? [] : [message])
  }

  private mutating func batch(_ message: Message) -> Arrival? {
    let reference = String(message[0].dropFirst())
    if message[0].hasPrefix("+") {
      if let outer = message.tags["batch"], let root = roots[outer] {
        roots[reference] = root
      } else {
        roots[reference] = reference
        open[reference] = Open(type: message[1], label: message.tags["label"])
      }
      return nil
    }
    roots[reference] = nil
    guard let done = open.removeValue(forKey: reference) else { return nil }
    if let label = done.label { return .response(label: label, done.messages) }
    return .batch(type: done.type, done.messages)
  }
}
