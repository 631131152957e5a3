import Wire

/// What was measured.
struct Report {
  private var values: [(name: String, value: Double, unit: String)] = []
  /// What the server got wrong; empty where it got nothing wrong.
  private(set) var faults: [String] = []

  mutating func add(_ name: String, _ value: Double, _ unit: String = "") { values.append((name, value, unit)) }

  mutating func fault(_ text: String) { faults.append(text) }

  /// Adds percentiles of times given in microseconds.
  mutating func addLatencies(_ latencies: [Int32], _ prefix: String = "latency") {
    guard !latencies.isEmpty else { return }
    let sorted = latencies.sorted()
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)] {
      let place = min(sorted.count - 1, Int(Double(sorted.count) * share))
      add("\(prefix)_\(name)_us", Double(sorted[place]), "µs")
    }
  }

  /// A line a value, for people.
  var text: String {
    var lines: [String] = []
    for (name, value, unit) in values {
      let label = name + String(repeating: " ", count: max(1, 24 - name.count))
      lines.append(label + Self.format(value) + (unit.isEmpty ? "" : " " + unit))
    }
    return (lines + faults.map { "FAULT " + $0 }).joined(separator: "\n")
  }

  /// One line, for programs.
  var json: String {
    var members = values.map { JSON.Member(name: $0.name, value: JSON(.number($0.value))) }
    members.append(JSON.Member(name: "faults", value: .array(faults.map { .string($0) })))
    return String(decoding: JSON(.object(members)).bytes, as: UTF8.self)
  }

  private static func format(_ value: Double) -> String {
    value == value.rounded() || value >= 1_000
      ? String(Int(value.rounded())) : String((value * 100).rounded() / 100)
  }
}
