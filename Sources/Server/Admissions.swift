package import Core
package import Net

/// Who may connect: counts the connections of the process, in all and per address.
package final class Admissions: Sendable {
  private struct State {
    var total = 0
    var perAddress: [SocketAddress: Int] = [:]
  }

  private let state = Locked(State())

  package init() {}

  /// Counts a new connection in, or says why it may not be.
  package func admit(_ address: SocketAddress, _ limits: Limits) -> String? {
    state.withLock { state in
      guard state.total < limits.connections else { return "Too many connections to this server" }
      if !address.isLoopback {
        let count = state.perAddress[address.machine, default: 0]
        guard count < limits.connectionsPerAddress else { return "Too many connections from your address" }
        state.perAddress[address.machine] = count + 1
      }
      state.total += 1
      return nil
    }
  }

  /// Counts out a connection that was admitted.
  package func leave(_ address: SocketAddress) {
    state.withLock { state in
      state.total -= 1
      guard !address.isLoopback, let count = state.perAddress[address.machine] else { return }
      state.perAddress[address.machine] = count > 1 ? count - 1 : nil
    }
  }
}

extension SocketAddress {
  /// What counts as one address: of IPv6 the first half, because the second is anybody's to choose.
  fileprivate var machine: SocketAddress {
    if case .ipv6(let high, _, _) = self { .ipv6(high, 0, port: 0) } else { with(port: 0) }
  }
}
