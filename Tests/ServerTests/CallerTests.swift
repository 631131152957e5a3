import Core
import Net
import Testing
import Wire

@testable import Server

/// Requests to servers elsewhere, against one that the test plays, on this machine.
@Suite struct CallerTests {
  /// Takes one connection, reads a request with a body of two bytes, and answers.
  private final class Elsewhere: Sendable {
    let address: SocketAddress
    let request = Shared("")
    let connections = Shared(0)
    private let done: Latch

    init(_ answer: String) throws {
      let socket = try Descriptor.listening(on: .loopback(port: 0))
      address = try socket.localAddress()
      done = try Latch()
      var handOver = Optional(socket)
      let taken = Locked<Descriptor?>(handOver.take())
      _ = try OSThread(name: "elsewhere") { [self] in
        guard let socket = taken.withLock({ $0.take() }) else { return }
        serve(socket, answer)
        done.open()
      }
    }

    private func serve(_ socket: borrowing Descriptor, _ answer: String) {
      guard (try? socket.wait(toRead: true, timeoutMilliseconds: 10_000)) == true, let accepted = try? socket.accept()
      else { return }
      connections.value += 1
      let stream = BlockingStream(adopting: accepted.take())
      var bytes: [UInt8] = []
      while !bytes.suffix(6).elementsEqual("\r\n\r\nhi".utf8) {
        guard let more = try? stream.read(timeoutMilliseconds: 10_000) else { return }
        bytes += more
      }
      request.value = String(decoding: bytes, as: UTF8.self)
      try? stream.write(Array(answer.utf8))
    }

    func wait() { done.wait(milliseconds: 20_000) }
  }

  private func caller(_ ranges: String...) -> Caller {
    Caller(trust: TLSTrust(), privateAddresses: ranges.compactMap { AddressRange($0) })
  }

  private func call(_ text: String) throws -> HTTPCall {
    HTTPCall(
      try #require(WebAddress(text)), fields: [HTTPField(name: "webhook-id", value: "1")], body: Array("hi".utf8))
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", CallOutcome(status: 200)),
    ("HTTP/1.1 503 Later\r\nRetry-After: 7\r\n\r\n", CallOutcome(status: 503, retryAfter: 7)),
    ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", CallOutcome(status: 302)),
    ("SSH-2.0-OpenSSH\r\n\r\n", CallOutcome(status: 0, problem: "what it answers is not HTTP/1.1")),
    ("HTTP/1.1 200 OK\r\n", CallOutcome(status: 0, problem: "the other end closed the connection")),
  ])
  func anAnswer(_ answer: String, _ outcome: CallOutcome) throws {
    let elsewhere = try Elsewhere(answer)
    let call = try call("http://\(elsewhere.address)/in?x=1")
    #expect(caller("127.0.0.1").call(call) == outcome)
    elsewhere.wait()
    #expect(elsewhere.request.value == String(decoding: call.bytes, as: UTF8.self))
    #expect(elsewhere.connections.value == 1)
  }

  /// However it is written: addresses of this machine and of its network are not dialled (SSRF).
  @Test(arguments: [
    "https://127.0.0.1:PORT/", "https://localhost:PORT/", "https://[::1]:PORT/", "https://[::ffff:127.0.0.1]:PORT/",
    "https://0x7f000001:PORT/", "https://2130706433:PORT/", "https://127.1:PORT/", "https://0:PORT/",
    "http://127.0.0.1:PORT/", "https://169.254.169.254/", "https://10.0.0.1/",
  ])
  func ourOwnNetwork(_ text: String) throws {
    let socket = try Descriptor.listening(on: .loopback(port: 0))
    let port = try socket.localAddress().port
    let outcome = caller("192.168.7.7").call(try call(text.replacing("PORT", with: String(port))))
    #expect(outcome.status == 0)
    #expect(outcome.problem.contains("not public") || outcome.problem.contains("not known"), "\(outcome.problem)")
    #expect(try socket.accept() == nil)
  }

  @Test func onlyHTTPSLeavesTheNetwork() throws {
    #expect(caller("127.0.0.1").call(try call("http://8.8.8.8/")).problem == "only https leaves this network")
  }

  @Test func nobodyListens() throws {
    let port = try Descriptor.listening(on: .loopback(port: 0)).localAddress().port
    let outcome = caller("127.0.0.1").call(try call("http://127.0.0.1:\(port)/"))
    #expect(outcome.status == 0 && outcome.problem.contains("127.0.0.1:\(port)"))
  }

  /// Who takes a connection and says nothing costs as long as it may, and no longer.
  @Test func silence() throws {
    let socket = try Descriptor.listening(on: .loopback(port: 0))
    let outcome = caller("127.0.0.1").call(try call("http://\(try socket.localAddress())/"), within: 50)
    #expect(outcome.status == 0)
  }

  /// What is signed is id, time and body (Standard Webhooks, "Signature scheme").
  @Test func signature() throws {
    let elsewhere = try Elsewhere("HTTP/1.1 204 No Content\r\n\r\n")
    let secret = try #require(Base64.decode(Array("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8)))
    let delivery = Delivery(
      address: "http://\(elsewhere.address)/", secret: secret, id: "msg_1", time: 1_614_265_330, body: Array("hi".utf8))
    #expect(Calls.deliver(delivery, caller("127.0.0.0/8")) == CallOutcome(status: 204))
    elsewhere.wait()
    let signature = Base64.encode(Crypto.hmacSHA256(key: secret, Array("msg_1.1614265330.hi".utf8)))
    let fields = elsewhere.request.value
    #expect(fields.contains("\r\nwebhook-id: msg_1\r\nwebhook-timestamp: 1614265330\r\n"))
    #expect(fields.contains("\r\nwebhook-signature: v1,\(String(decoding: signature, as: UTF8.self))\r\n"))
  }
}

@Suite struct CallQueueTests {
  private final class Counter: Sendable {
    private let count = Locked(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
  }

  /// Tells of each job that has begun.
  private final class Started: Sendable {
    let wakeUp: WakeUp
    init() throws { wakeUp = try WakeUp() }
    func wait() {
      let isTold = wakeUp.sleep(milliseconds: 10_000)
      #expect(isTold)
    }
  }

  /// As many jobs at once as there are threads; the rest waits, up to the limit.
  @Test func limits() throws {
    let running = Counter()
    let started = try Started()
    let gates = try (0..<2).map { _ in try Latch() }
    let queue = try CallQueue<Int>(name: "test", threads: 2, limit: 3) { job in
      running.add()
      started.wakeUp.wake()
      if job < 2 { gates[job].wait(milliseconds: 20_000) }
    }
    for job in 0..<2 { #expect(queue.add(job)) }
    while running.value < 2 { started.wait() }
    for job in 2..<5 { #expect(queue.add(job)) }
    #expect(!queue.add(5) && queue.count == 3)
    gates[0].open()
    while running.value < 5 { started.wait() }
    gates[1].open()
    queue.stop()
    #expect(!queue.add(6))
  }
}
