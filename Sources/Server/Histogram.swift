/// Counts values by size, so that one can tell the usual from the rare.
struct Histogram: Sendable, Equatable {
  /// The largest value of each class but the last, which takes what is larger still.
  let bounds: [Int64]
  private(set) var counts: [Int64]
  private(set) var sum: Int64 = 0

  init(bounds: [Int64]) {
    self.bounds = bounds
    self.counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func add(_ value: Int64) {
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts[index] += 1
    sum += value
  }
}
