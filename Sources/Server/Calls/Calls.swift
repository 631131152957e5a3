import Core
package import Net
import Wire

/// What requests to servers elsewhere need to know of the configuration.
package struct CallSettings: Equatable, Sendable {
  /// What outgoing webhooks may reach although it is not public.
  package var webhookAddresses: [AddressRange] = []
  /// The same for pushes, whose endpoints anybody may choose who has an account.
  package var pushAddresses: [AddressRange] = []
  /// Whom a push service may write to: `mailto:` or `https:`; empty for nobody.
  package var contact = ""
  /// By what push services know the realm (RFC 8292).
  var pushSecret: [UInt8] = []
  package init() {}
}

/// The requests that the realm wants made, and the threads that make them (docs/decisions/0020).
final class Calls: Sendable {
  private struct Job<What: Sendable>: Sendable {
    var id: AskID
    var what: What
  }

  private let deliveries: CallQueue<Job<Delivery>>
  private let pushes: CallQueue<Job<Push>>
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
      answer(job.id, .called(Self.deliver(job.what, caller)))
    }
    pushes = try CallQueue(name: "pushes", threads: Limits.pushThreads, limit: Limits.pushesPending) { job in
      let settings = settings.value
      let caller = Caller(trust: trust.value, privateAddresses: settings.pushAddresses)
      answer(job.id, .called(Self.push(job.what, settings, caller)))
    }
  }

  var count: Int { deliveries.count + pushes.count }

  func configure(_ settings: CallSettings) { self.settings.value = settings }

  /// Takes a request on; false if too many wait.
  func deliver(_ id: AskID, _ delivery: Delivery) -> Bool { deliveries.add(Job(id: id, what: delivery)) }

  func push(_ id: AskID, _ push: Push) -> Bool { pushes.add(Job(id: id, what: push)) }

  func stop() {
    deliveries.stop()
    pushes.stop()
  }

  /// Seconds for which the realm's word for itself is good: a day at most (RFC 8292, section 2).
  private static let tokenSeconds: Int64 = 12 * 3_600

  /// Hands a service a line that it cannot read (RFC 8030, section 5; RFC 8291; RFC 8292).
  static func push(_ push: Push, _ settings: CallSettings, _ caller: Caller) -> CallOutcome {
    guard let address = WebAddress(push.endpoint), push.auth.count == WebPush.authBytes,
      let body = WebPush.seal(Array(push.text.prefix(WebPush.textBytes)), to: push.key, auth: push.auth),
      let authorization = WebPush.authorization(
        origin: address.origin, contact: settings.contact,
        expires: Clock.wallMilliseconds() / 1_000 + tokenSeconds, secret: settings.pushSecret)
    else { return CallOutcome(status: 0, problem: "the keys of the registration are none") }
    let fields = [
      HTTPField(name: "Content-Type", value: "application/octet-stream"),
      HTTPField(name: "Content-Encoding", value: "aes128gcm"),
      HTTPField(name: "TTL", value: String(Limits.pushSeconds)),
      HTTPField(name: "Urgency", value: push.isUrgent ? "high" : "normal"),
      HTTPField(name: "Authorization", value: authorization),
    ]
    return caller.call(HTTPCall(address, fields: fields, body: body))
  }

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
