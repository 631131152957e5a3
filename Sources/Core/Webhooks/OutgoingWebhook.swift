import Wire

/// A group whose messages are posted to a program elsewhere, one after the other (docs/bots.md).
package struct OutgoingWebhook: Equatable, Sendable {
  /// From the same numbers as those of `Webhook`.
  package var id: Int64
  /// One of this realm.
  package var group: GroupID
  package var address: String
  /// Signs what is posted. In the clear, because signing takes it.
  package var secret: [UInt8]
  /// Only messages that begin with this word; empty for all.
  package var trigger: String
  package var created: Milliseconds
  /// Everything in the group's log up to this number is dealt with.
  package var number: Int64
  /// Since when nothing was taken; 0 while all goes well.
  package var failingSince: Milliseconds = 0
  /// It was given up, or told to stop.
  package var isOff = false
  package init(
    id: Int64, group: GroupID, address: String, secret: [UInt8], trigger: String, created: Milliseconds, number: Int64
  ) {
    self.id = id
    self.group = group
    self.address = address
    self.secret = secret
    self.trigger = trigger
    self.created = created
    self.number = number
  }
}

/// One message on its way to a program.
package struct Delivery: Equatable, Sendable {
  package var address: String
  package var secret: [UInt8]
  /// The message's; the same at every attempt.
  package var id: String
  /// Seconds since 1970.
  package var time: Int64
  /// JSON.
  package var body: [UInt8]
  package init(address: String, secret: [UInt8], id: String, time: Int64, body: [UInt8]) {
    self.address = address
    self.secret = secret
    self.id = id
    self.time = time
    self.body = body
  }
}

/// What came of an attempt to reach a server elsewhere.
package struct CallOutcome: Equatable, Sendable {
  /// Of its answer; 0 where there was none.
  package var status: Int
  /// Seconds after which it wants to be asked again; 0 where it did not say.
  package var retryAfter: Int64
  /// Why there was no answer; empty where there was one.
  package var problem: String
  package init(status: Int, retryAfter: Int64 = 0, problem: String = "") {
    self.status = status
    self.retryAfter = retryAfter
    self.problem = problem
  }

  var isTaken: Bool { (200..<300).contains(status) }
  /// For people: `200`, `503`, `connection refused`.
  var text: String { status == 0 ? problem : String(status) }
}

/// An outgoing webhook in memory. At most one of its messages is on its way.
final class LiveOutgoingWebhook {
  enum State {
    case idle
    /// The log is read, or an answer is awaited.
    case busy
    /// Until that time, by the clock that never jumps.
    case pausing(until: Milliseconds)
  }

  var record: OutgoingWebhook
  /// What the store has of it.
  var storedNumber: Int64
  var state = State.idle
  /// Entries that come next, in order, those that go nowhere among them.
  var page: [Entry] = []
  /// The log is being read: what is logged meanwhile is read after it.
  var isReading = false
  /// The log has more than `page`.
  var isBehind = true
  /// The number of the newest entry that is known of.
  var newest: Int64
  var failures = 0
  var taken: Int64 = 0
  /// Messages that it could not post before they were erased for their age, and how many of them the log does not name.
  var erased: Int64 = 0
  var erasedUnnoted: Int64 = 0
  var lastAnswer = ""
  var lastTime: Milliseconds = 0

  init(_ record: OutgoingWebhook) {
    self.record = record
    storedNumber = record.number
    newest = record.number
  }

  /// Takes an entry that was just logged, unless there are others to be dealt with before.
  func add(_ entry: Entry) {
    newest = entry.number
    let last = page.last?.number ?? record.number
    if !isBehind, !isReading, last == entry.number - 1, page.count < Limits.deliveriesAtOnce {
      page.append(entry)
    } else {
      isBehind = true
    }
  }

  /// Milliseconds until the next attempt after so many have failed.
  func pause(_ outcome: CallOutcome) -> Milliseconds {
    let doubled = Limits.deliveryPause.lowerBound << Int64(min(failures - 1, 20))
    return min(max(doubled, outcome.retryAfter * 1_000), Limits.deliveryPause.upperBound)
  }
}
