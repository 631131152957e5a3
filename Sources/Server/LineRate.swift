import Core

/// How fast lines are taken from one connection: a token bucket, kept as the time up to which lines are paid for.
struct LineRate: Equatable {
  /// Microseconds that one line costs; 0: nothing.
  private let cost: Int64
  /// How far a connection may be ahead of the clock.
  private let ahead: Int64

  init(_ limits: Limits) {
    cost = limits.linesPerSecond > 0 ? 1_000_000 / Int64(min(limits.linesPerSecond, 1_000_000)) : 0
    ahead = cost * Int64(min(max(limits.lineBurst, 1), 1_000_000) - 1)
  }

  /// Whether lines are counted at all.
  var isOn: Bool { cost > 0 }

  /// Milliseconds until a connection may send its next line; 0: now.
  @inline(__always)
  func wait(paidUntil: Int64, now: Int64) -> Int64 {
    guard cost > 0 else { return 0 }
    let excess = paidUntil - now * 1_000 - ahead
    return excess > 0 ? (excess + 999) / 1_000 : 0
  }

  /// The time up to which lines are paid for after one more.
  @inline(__always)
  func paid(_ paidUntil: Int64, now: Int64) -> Int64 {
    cost > 0 ? max(paidUntil, now * 1_000) + cost : paidUntil
  }
}
