import Core
import Net
import Wire

/// Makes one request to a server elsewhere, and waits for the head of its answer, never longer than it is told to. It
/// never follows a redirect, and never reaches into the realm's own network unless it is told that it may.
struct Caller: Sendable {
  let trust: TLSTrust
  /// Addresses that may be reached although they are not public: they may also be reached without TLS.
  var privateAddresses: [AddressRange]

  func call(_ call: HTTPCall, within milliseconds: Int64 = Limits.callMilliseconds) -> CallOutcome {
    do throws(CallFailure) {
      let answer = try self.answer(to: call, until: Clock.monotonicMilliseconds() + milliseconds)
      return CallOutcome(status: answer.status, retryAfter: answer.retryAfter)
    } catch {
      return CallOutcome(status: 0, problem: error.description)
    }
  }

  private func answer(to call: HTTPCall, until: Int64) throws(CallFailure) -> HTTPAnswer {
    let stream = try connect(to: call.address, until: until)
    try stream.write(call.bytes, until: until)
    var bytes: [UInt8] = []
    while true {
      bytes += try stream.read(until: until)
      do throws(HTTPError) {
        if let answer = try HTTPAnswer.first(in: bytes) { return answer }
      } catch {
        throw CallFailure("what it answers is not HTTP/1.1")
      }
    }
  }

  /// The name is looked up once, and what is dialled is one of the addresses that were judged: whoever owns the name
  /// cannot give another one in between.
  private func connect(to address: WebAddress, until: Int64) throws(CallFailure) -> CallStream {
    let all: [SocketAddress]
    do throws(SocketAddress.Malformed) {
      all = try SocketAddress.all(of: address.host, port: address.port)
    } catch {
      throw CallFailure(error.description)
    }
    let permitted = all.filter { may($0, isSecure: address.isSecure) }
    guard !permitted.isEmpty else { throw CallFailure(refusal(of: address, all)) }
    var failure = CallFailure("\(address.host) has no address")
    for (index, candidate) in permitted.enumerated() {
      // One that does not answer must leave time for the next.
      let left = until - Clock.monotonicMilliseconds()
      guard left > 0 else { break }
      let share = index == permitted.count - 1 ? left : left / 2
      do throws(CallFailure) {
        return try CallStream(
          to: candidate, host: address.host, trust: address.isSecure ? trust : nil,
          until: Clock.monotonicMilliseconds() + share)
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private func may(_ address: SocketAddress, isSecure: Bool) -> Bool {
    privateAddresses.contains { $0.contains(address) } || isSecure && AddressRange.isPublic(address)
  }

  private func refusal(of address: WebAddress, _ all: [SocketAddress]) -> String {
    guard !all.isEmpty else { return "\(address.host) has no address" }
    guard all.contains(where: { AddressRange.isPublic($0) }) else {
      return "\(address.host) is at an address that is not public, and the configuration does not allow it"
    }
    return "only https leaves this network"
  }
}
