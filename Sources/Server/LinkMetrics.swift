import Core

/// What is told of every other realm.
extension Metrics {
  /// A figure with one value for each realm it can be told of.
  private struct Family: Sendable {
    var name: String
    var help: String
    var value: @Sendable (_ status: LinkStatus, _ now: Milliseconds) -> String?
  }

  private static let families = [
    Family(name: "realm_link_up", help: "Whether a neighbour is linked.") { status, _ in
      status.isNeighbour ? status.way == .link ? "1" : "0" : nil
    },
    Family(name: "realm_distance", help: "Links on the way to a realm; 0 where there is no way.") { status, _ in
      switch status.way {
      case .link: "1"
      case .route(_, let links): String(links)
      case .none: "0"
      }
    },
    Family(name: "realm_round_trip_seconds", help: "How long a sign of life takes to a neighbour and back.") {
      status, _ in
      status.roundTrip < 0 ? nil : seconds(status.roundTrip)
    },
    Family(name: "realm_clock_ahead_seconds", help: "By how much a neighbour's clock is ahead.") { status, _ in
      status.way == .link ? seconds(status.clockAhead) : nil
    },
    Family(name: "realm_outbox_envelopes", help: "Envelopes that a realm has not acknowledged.") { status, _ in
      String(status.envelopesWaiting)
    },
    Family(name: "realm_outbox_bytes", help: "Bytes of them.") { status, _ in String(status.bytesWaiting) },
    Family(name: "realm_outbox_oldest_seconds", help: "The age of the oldest of them.") { status, now in
      seconds(status.oldest == 0 ? 0 : max(0, now - status.oldest))
    },
  ]

  static func append(_ links: [LinkStatus], now: Milliseconds, to out: inout String) {
    for family in families {
      let lines = links.compactMap { status in
        family.value(status, now).map { "moot_\(family.name){realm=\"\(status.realm)\"} \($0)\n" }
      }
      guard !lines.isEmpty else { continue }
      out += "# HELP moot_\(family.name) \(family.help)\n# TYPE moot_\(family.name) gauge\n" + lines.joined()
    }
  }

  private static func seconds(_ milliseconds: Milliseconds) -> String {
    let digits = decimal(millionths: Int64(milliseconds.magnitude) * 1_000)
    return milliseconds < 0 ? "-" + digits : digits
  }
}
