import Wire

/// A message that was accepted under a name of its client's own (`moot/id`), so that it can be sent again.
package struct SentMessage: Equatable, Sendable {
  /// How many such messages of the account there were before, and this one.
  package var number: Int64
  /// What the client calls it, and for whom it is: `SentMessages.key`.
  package var key: [UInt8]
  package var target: Target
  package var id: MessageID
  package var time: Milliseconds
  package init(number: Int64, key: [UInt8], target: Target, id: MessageID, time: Milliseconds) {
    self.number = number
    self.key = key
    self.target = target
    self.id = id
    self.time = time
  }
}

/// The newest of them of an account: so many as `Limits.sentMessages` says.
struct SentMessages {
  private var found: [[UInt8]: SentMessage] = [:]
  /// In the order in which they were sent.
  private var order: [SentMessage] = []
  private var last: Int64 = 0

  init() {}

  /// What start-up has read, in order.
  init(_ messages: [SentMessage]) {
    for message in messages { insert(message) }
  }

  /// By what a message is known: what the client calls it and the target as it was given, in either case.
  static func key(_ name: some Sequence<UInt8>, to target: String) -> [UInt8] {
    Array(name) + [32] + Array(fold(target).utf8)
  }

  /// The message of that key, if it is not older than a day.
  func message(_ key: [UInt8], now: Milliseconds) -> SentMessage? {
    found[key].flatMap { now - $0.time < Limits.sentMilliseconds ? $0 : nil }
  }

  /// Adds a message, and gives it its number.
  mutating func add(_ key: [UInt8], _ target: Target, _ id: MessageID, _ time: Milliseconds) -> SentMessage {
    let message = SentMessage(number: last + 1, key: key, target: target, id: id, time: time)
    insert(message)
    return message
  }

  private mutating func insert(_ message: SentMessage) {
    if order.count >= Limits.sentMessages { remove(order.removeFirst()) }
    order.append(message)
    found[message.key] = message
    last = message.number
  }

  /// A message was refused: should it come again, it is another one.
  mutating func forget(_ id: MessageID) {
    for message in order where message.id == id { remove(message) }
    order.removeAll { $0.id == id }
  }

  private mutating func remove(_ message: SentMessage) {
    if found[message.key]?.number == message.number { found[message.key] = nil }
  }
}
