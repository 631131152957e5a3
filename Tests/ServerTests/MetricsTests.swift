import Core
import Testing
import Wire

@testable import Server

@Suite struct MetricsTests {
  @Test func histogramsCountByClass() {
    var histogram = Histogram(bounds: [1, 10, 100])
    for value in [0, 1, 2, 10, 11, 1_000] as [Int64] { histogram.add(value) }
    #expect(histogram.counts == [2, 2, 1, 1])
    #expect(histogram.sum == 1_024)
  }

  @Test(arguments: [
    (0, "0"), (1, "0.000001"), (250, "0.00025"), (1_500, "0.0015"), (1_000_000, "1"), (2_500_000, "2.5"),
  ])
  func exactDecimals(millionths: Int64, text: String) {
    #expect(Metrics.decimal(millionths: millionths) == text)
  }

  @Test func prometheusText() {
    let metrics = Metrics(now: 0)
    metrics.watch("mailbox_events", "Events that wait for the realm.") { 7 }
    var figures = TurnFigures()
    figures.commits.add(300)
    figures.commits.add(5_000_000)
    metrics.publish(
      figures, status: [StatusLine(name: "sessions", value: 3), StatusLine(name: "messages_total", value: 9)],
      links: [], isDiskLow: false, now: 0)
    let lines = metrics.prometheusText.split(separator: "\n").map(String.init)
    for line in [
      "# TYPE moot_sessions gauge", "moot_sessions 3", "# TYPE moot_messages_total counter", "moot_messages_total 9",
      "# HELP moot_mailbox_events Events that wait for the realm.", "moot_mailbox_events 7",
      "# TYPE moot_commit_seconds histogram", #"moot_commit_seconds_bucket{le="0.00025"} 0"#,
      #"moot_commit_seconds_bucket{le="0.0005"} 1"#, #"moot_commit_seconds_bucket{le="1"} 1"#,
      #"moot_commit_seconds_bucket{le="+Inf"} 2"#, "moot_commit_seconds_sum 5.0003", "moot_commit_seconds_count 2",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    #expect(lines.allSatisfy { $0.hasPrefix("# ") || $0.hasPrefix("moot_") })
  }

  @Test func figuresOfEveryRealm() {
    let links = [
      LinkStatus(
        realm: "beta", isNeighbour: true, way: .link, roundTrip: 3, clockAhead: -1_500, envelopesWaiting: 4,
        bytesWaiting: 500, oldest: 7_000),
      LinkStatus(realm: "delta", isNeighbour: true, way: .none),
      LinkStatus(realm: "gamma", isNeighbour: false, way: .route(through: "beta", links: 2)),
    ]
    var text = ""
    Metrics.append(links, now: 9_500, to: &text)
    #expect(
      text.split(separator: "\n").filter { !$0.hasPrefix("# HELP") }.map(String.init) == [
        "# TYPE moot_realm_link_up gauge", #"moot_realm_link_up{realm="beta"} 1"#,
        #"moot_realm_link_up{realm="delta"} 0"#,
        "# TYPE moot_realm_distance gauge", #"moot_realm_distance{realm="beta"} 1"#,
        #"moot_realm_distance{realm="delta"} 0"#, #"moot_realm_distance{realm="gamma"} 2"#,
        "# TYPE moot_realm_round_trip_seconds gauge", #"moot_realm_round_trip_seconds{realm="beta"} 0.003"#,
        "# TYPE moot_realm_clock_ahead_seconds gauge", #"moot_realm_clock_ahead_seconds{realm="beta"} -1.5"#,
        "# TYPE moot_realm_outbox_envelopes gauge", #"moot_realm_outbox_envelopes{realm="beta"} 4"#,
        #"moot_realm_outbox_envelopes{realm="delta"} 0"#, #"moot_realm_outbox_envelopes{realm="gamma"} 0"#,
        "# TYPE moot_realm_outbox_bytes gauge", #"moot_realm_outbox_bytes{realm="beta"} 500"#,
        #"moot_realm_outbox_bytes{realm="delta"} 0"#, #"moot_realm_outbox_bytes{realm="gamma"} 0"#,
        "# TYPE moot_realm_outbox_oldest_seconds gauge", #"moot_realm_outbox_oldest_seconds{realm="beta"} 2.5"#,
        #"moot_realm_outbox_oldest_seconds{realm="delta"} 0"#, #"moot_realm_outbox_oldest_seconds{realm="gamma"} 0"#,
      ])
    text = ""
    Metrics.append([], now: 9_500, to: &text)
    #expect(text.isEmpty)
  }

  @Test func healthWantsSignsOfLifeAndRoomOnTheDisk() throws {
    let metrics = Metrics(now: 0)
    #expect(metrics.health(now: 4_999_999).isHealthy)
    #expect(!metrics.health(now: 5_000_000).isHealthy)
    metrics.publish(TurnFigures(), status: [], links: [], isDiskLow: true, now: 5_000_000)
    let health = metrics.health(now: 5_000_001)
    #expect(!health.isHealthy)
    let json = try JSON(parsing: health.body)
    #expect(json["ok"] == false)
    #expect(json["realm"]?.text == "running")
    #expect(json["disk"]?.text == "low")
  }
}
