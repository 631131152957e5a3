import Net

/// Numbered messages on their way, and the check that each arrives once and in order at everyone it is for.
struct Traffic {
  /// What one sender sends to one target.
  struct Flow {
    let sender: Int
    /// What every message begins with, up to its number.
    let start: [UInt8]
    var sent = 0
    /// How many receivers each message under way still has to reach, by number modulo their count.
    var missing: [Int32]
    /// When they were sent, in microseconds.
    var sentAt: [Int64]
  }

  /// Messages of a flow that may be under way where nothing paces it but the clock.
  static let unpaced = 4_096
  private static let numberDigits = 9

  private(set) var flows: [Flow] = []
  private let window: Int
  private let labels: Bool
  private let padding: [UInt8]
  /// Tells this run's messages from those of earlier ones that a server replays.
  private let run: [UInt8]
  /// How many receive each message.
  private let receivers: Int
  /// The flow that reaches each client; nil: none should.
  private let flowOfClient: [Int?]
  /// The next number that each client expects.
  private var expected: [Int]
  /// Whether a message that is through lets its sender send the next one.
  var repeats = true

  private(set) var deliveries = 0
  private(set) var completed = 0
  private(set) var underWay = 0
  private(set) var duplicates = 0
  private(set) var gaps = 0
  private(set) var strays = 0
  private(set) var latencies: [Int32] = []

  /// - Parameters:
  ///   - flows: who sends to which target.
  ///   - flowOfClient: which of the flows each client is to receive.
  ///   - receivers: how many clients get each message.
  ///   - labels: whether every message has a label (IRCv3 labeled-response).
  init(
    _ flows: [(sender: Int, target: String)], flowOfClient: [Int?], receivers: Int, window: Int, bytes: Int,
    labels: Bool = false
  ) {
    self.labels = labels
    run = Array(Self.hexadecimal(UInt32(truncatingIfNeeded: Clock.wallMilliseconds())).utf8)
    self.receivers = receivers
    self.window = window
    self.flowOfClient = flowOfClient
    expected = Array(repeating: 0, count: flowOfClient.count)
    let header = run.count + 1 + 6 + Self.numberDigits + 1
    padding = Array(repeating: UInt8(ascii: "x"), count: max(1, bytes - header))
    for (index, flow) in flows.enumerated() {
      let number = Self.digits(index, 5)
      let start = "PRIVMSG \(flow.target) :" + String(decoding: run, as: UTF8.self) + " " + number + " "
      self.flows.append(
        Flow(
          sender: flow.sender, start: Array(start.utf8), missing: Array(repeating: 0, count: window),
          sentAt: Array(repeating: 0, count: window)))
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
  }

  private static func digits(_ value: Int, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }

  /// Whether the flow's oldest message leaves room for one more.
  func hasRoom(_ flow: Int) -> Bool { flows[flow].missing[flows[flow].sent % window] == 0 }

  /// Queues the next message of a flow, which must have room.
  mutating func send(_ flow: Int, by fleet: Fleet) {
    let number = flows[flow].sent
    flows[flow].missing[number % window] = Int32(receivers)
    flows[flow].sentAt[number % window] = fleet.now
    flows[flow].sent += 1
    underWay += 1
    fleet.queue(from: flows[flow].sender) { output in
      if labels {
        output.append(contentsOf: "@label=".utf8)
        Self.append(number, to: &output)
        output.append(32)
      }
      output.append(contentsOf: flows[flow].start)
      Self.append(number, to: &output)
      output.append(32)
      output.append(contentsOf: padding)
      output.append(13)
      output.append(10)
    }
  }

  private static func append(_ number: Int, to output: inout [UInt8]) {
    var divisor = 100_000_000
    while divisor > 0 {
      output.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }

  /// Judges a message that came to a client, and sends the next one of its flow where that has room again.
  mutating func received(_ bytes: [UInt8], _ text: Range<Int>, _ client: Int, by fleet: Fleet) {
    let flowAt = text.lowerBound + run.count + 1
    let numberAt = flowAt + 6
    guard numberAt + Self.numberDigits <= text.upperBound,
      bytes[text.lowerBound..<text.lowerBound + run.count].elementsEqual(run),
      let flow = Self.number(bytes, flowAt, 5), flow < flows.count,
      let number = Self.number(bytes, numberAt, Self.numberDigits)
    else { return }
    guard flowOfClient[client] == flow else {
      strays += 1
      return
    }
    guard number >= expected[client] else {
      duplicates += 1
      return
    }
    if number > expected[client] { gaps += 1 }
    expected[client] = number + 1
    deliveries += 1
    flows[flow].missing[number % window] -= 1
    guard flows[flow].missing[number % window] == 0 else { return }
    completed += 1
    underWay -= 1
    latencies.append(Int32(clamping: fleet.now - flows[flow].sentAt[number % window]))
    if repeats { send(flow, by: fleet) }
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
    var value = 0
    for index in start..<start + count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  /// Forgets what was counted, not what is expected: a warm-up does not count.
  mutating func resetCounts() {
    deliveries = 0
    completed = 0
    latencies.removeAll(keepingCapacity: true)
  }
}
