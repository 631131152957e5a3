package import Core
import Net
import Wire

/// What the realm thread counts of its turns. It keeps this to itself and publishes a copy once a second, so that
/// counting costs nothing on the road of a message.
package struct TurnFigures: Sendable {
  var events = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096])
  var writes = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096])
  /// In microseconds.
  var commits = Histogram(bounds: [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 250_000, 1_000_000])
}

/// The figures of the running process: what the realm thread published last, and what others let be read at any time.
package final class Metrics: Sendable {
  /// A figure that is read when it is asked for, such as the length of a queue.
  private struct Gauge: Sendable {
    var name: String
    var help: String
    var read: @Sendable () -> Int64
  }

  private struct State {
    var figures = TurnFigures()
    var status: [StatusLine] = []
    var links: [LinkStatus] = []
    var isDiskLow = false
    var publishedAt: Int64
    var gauges: [Gauge] = []
  }

  /// Without a sign of life for this long (in microseconds), the realm thread counts as hung.
  static let patience: Int64 = 5_000_000

  private let state: Locked<State>

  /// Starts the clock of `health`: nothing is published yet.
  package init(now: Int64 = Clock.monotonicMicroseconds()) {
    state = Locked(State(publishedAt: now))
  }

  /// Adds a figure that `read` tells at any time, from any thread.
  package func watch(_ name: String, _ help: String, _ read: @escaping @Sendable () -> Int64) {
    state.withLock { $0.gauges.append(Gauge(name: name, help: help, read: read)) }
  }

  /// Takes the realm thread's figures; it is also its sign of life.
  package func publish(
    _ figures: TurnFigures, status: [StatusLine], links: [LinkStatus], isDiskLow: Bool,
    now: Int64 = Clock.monotonicMicroseconds()
  ) {
    state.withLock {
      $0.figures = figures
      $0.status = status
      $0.links = links
      $0.isDiskLow = isDiskLow
      $0.publishedAt = now
    }
  }

  /// What the realm itself does not know about how it does, for `moot status`.
  package var gauges: [StatusLine] {
    state.withLock { $0.gauges }.map { StatusLine(name: $0.name, value: $0.read()) }
  }

  /// Whether the realm is fit to serve, and the JSON that says so. A realm short of disk still lets people read, but
  /// whoever watches it has to know.
  package func health(now: Int64 = Clock.monotonicMicroseconds()) -> (isHealthy: Bool, body: [UInt8]) {
    let (age, isDiskLow) = state.withLock { (now - $0.publishedAt, $0.isDiskLow) }
    let isAlive = age < Self.patience
    let json: JSON = [
      "ok": JSON(.bool(isAlive && !isDiskLow)),
      "realm": isAlive ? "running" : "not responding",
      "secondsSinceTurn": .integer(age / 1_000_000),
      "disk": isDiskLow ? "low" : "ok",
    ]
    return (isAlive && !isDiskLow, json.bytes)
  }

  /// All figures in the text format of Prometheus.
  package var prometheusText: String {
    let (figures, status, gauges, links) = state.withLock { ($0.figures, $0.status, $0.gauges, $0.links) }
    var out = ""
    Self.append(figures.events, "turn_events", "Events taken in one turn.", to: &out)
    Self.append(figures.writes, "turn_writes", "Writes committed in one turn, of those that wrote.", to: &out)
    Self.append(figures.commits, "commit_seconds", "How long commits took.", millionths: true, to: &out)
    for line in status {
      out += "# TYPE moot_\(line.name) \(line.name.hasSuffix("_total") ? "counter" : "gauge")\n"
      out += "moot_\(line.name) \(line.value)\n"
    }
    for gauge in gauges {
      out += "# HELP moot_\(gauge.name) \(gauge.help)\n"
      out += "# TYPE moot_\(gauge.name) \(gauge.name.hasSuffix("_total") ? "counter" : "gauge")\n"
      out += "moot_\(gauge.name) \(gauge.read())\n"
    }
    Self.append(links, now: Clock.wallMilliseconds(), to: &out)
    return out
  }

  private static func append(
    _ histogram: Histogram, _ name: String, _ help: String, millionths: Bool = false, to out: inout String
  ) {
    func number(_ value: Int64) -> String { millionths ? decimal(millionths: value) : String(value) }
    out += "# HELP moot_\(name) \(help)\n# TYPE moot_\(name) histogram\n"
    var total: Int64 = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      total += count
      out += "moot_\(name)_bucket{le=\"\(number(bound))\"} \(total)\n"
    }
    total += histogram.counts[histogram.bounds.count]
    out += "moot_\(name)_bucket{le=\"+Inf\"} \(total)\n"
    out += "moot_\(name)_sum \(number(histogram.sum))\nmoot_\(name)_count \(total)\n"
  }

  /// `1500` as `0.0015`: exact, where a floating point number would not be.
  static func decimal(millionths value: Int64) -> String {
    let (whole, part) = value.quotientAndRemainder(dividingBy: 1_000_000)
    guard part > 0 else { return String(whole) }
    let digits = String(part)
    var fraction = String(repeating: "0", count: 6 - digits.count) + digits
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }
}
