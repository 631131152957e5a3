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
      isDiskLow: false, now: 0)
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

  @Test func healthWantsSignsOfLifeAndRoomOnTheDisk() throws {
    let metrics = Metrics(now: 0)
    #expect(metrics.health(now: 4_999_999).isHealthy)
    #expect(!metrics.health(now: 5_000_000).isHealthy)
    metrics.publish(TurnFigures(), status: [], isDiskLow: true, now: 5_000_000)
    let health = metrics.health(now: 5_000_001)
    #expect(!health.isHealthy)
    let json = try JSON(parsing: health.body)
    #expect(json["ok"] == false)
    #expect(json["realm"]?.text == "running")
    #expect(json["disk"]?.text == "low")
  }
}
