import Core
package import Net
import Wire

/// What requests to servers elsewhere need to know of the configuration.
package struct CallSettings: Equatable, Sendable {
  /// What outgoing webhooks may reach although it is not public.
  package var webhookAddresses: [AddressRange] = []
  package init() {}
}

/// The requests that the realm wants made, and the threads that make them (docs/decisions/0018).
final class Calls: Sendable {
  private struct Job: Sendable {
    var id: AskID
    var delivery: Delivery
  }

  private let deliveries: CallQueue<Job>
  private let settings: Shared<CallSettings>

  /// - Parameter answer: hands an answer to the realm, from any thread.
  init(answer: @escaping @Sendable (AskID, Answer) -> Void) throws(SystemError) {
    let settings = Shared(CallSettings())
    self.settings = settings
    let trust = Lazy { TLSTrust() }
    deliveries = try CallQueue(
      name: "webhooks", threads: Limits.deliveryThreads, limit: Limits.callsWaiting
    ) { job in
      let caller = Caller(trust: trust.value, privateAddresses: settings.value.webhookAddresses)
      answer(job.id, .called(Self.deliver(job.delivery, caller)))
    }
  }

  var count: Int { deliveries.count }

  func configure(_ settings: CallSettings) { self.settings.value = settings }

  /// Takes a request on; false if too many wait.
  func deliver(_ id: AskID, _ delivery: Delivery) -> Bool { deliveries.add(Job(id: id, delivery: delivery)) }

  func stop() { deliveries.stop() }

  /// Posts a message, signed as Standard Webhooks says: HMAC-SHA256 over id, time and body, with dots between them.
  static func deliver(_ delivery: Delivery, _ caller: Caller) -> CallOutcome {
    guard let address = WebAddress(delivery.address) else {
      return CallOutcome(status: 0, problem: "\"\(delivery.address)\" is no address")
    }
    let signed = Array("\(delivery.id).\(delivery.time).".utf8) + delivery.body
    let signature = Base64.encode(Crypto.hmacSHA256(key: delivery.secret, signed))
    let fields = [
      HTTPField(name: "Content-Type", value: "application/json"),
      HTTPField(name: "webhook-id", value: delivery.id),
      HTTPField(name: "webhook-timestamp", value: String(delivery.time)),
      HTTPField(name: "webhook-signature", value: "v1," + String(decoding: signature, as: UTF8.self)),
    ]
    return caller.call(HTTPCall(address, fields: fields, body: delivery.body))
  }
}

/// A value that is made when it is first needed, once.
final class Lazy<Value: Sendable>: Sendable {
  private let made = Locked<Value?>(nil)
  private let make: @Sendable () -> Value

  init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  var value: Value {
    made.withLock { made in
      if let made { return made }
      let value = make()
      made = value
      return value
    }
  }
}
