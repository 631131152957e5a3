package import Core
package import Net

/// Who may connect: counts the connections of the process, in all and per address.
package final class Admissions: Sendable {
  private struct State {
    var total = 0
    var perAddress: [String: Int] = [:]
  }

  private let state = Locked(State())

  package init() {}

  /// Counts a new connection in, or says why it may not be.
  package func admit(_ address: SocketAddress, _ limits: Limits) -> String? {
    state.withLock { state in
      guard state.total < limits.connections else { return "Too many connections to this server" }
      if let origin = address.origin {
        let count = state.perAddress[origin, default: 0]
        guard count < limits.connectionsPerAddress else { return "Too many connections from your address" }
        state.perAddress[origin] = count + 1
      }
      state.total += 1
      return nil
    }
  }

  /// Counts out a connection that was admitted.
  package func leave(_ address: SocketAddress) {
    state.withLock { state in
      state.total -= 1
      guard let origin = address.origin, let count = state.perAddress[origin] else { return }
      state.perAddress[origin] = count > 1 ? count - 1 : nil
    }
  }
}

extension SocketAddress {
  /// What limits by address count as one: of IPv6 the first half, because the second is anybody's to choose. Nil for
  /// loopback, which they exempt: proxies live there.
  package var origin: String? {
    guard !isLoopback else { return nil }
    return if case .ipv6(let high, _, _) = self { SocketAddress.ipv6(high, 0, port: 0).host } else { host }
  }
}
