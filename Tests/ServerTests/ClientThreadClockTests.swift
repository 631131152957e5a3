import Core
import Testing

@testable import Server

@Suite struct DeadlinesTests {
  @Test func earliestFirst() {
    var deadlines = Deadlines()
    #expect(deadlines.next == nil)
    let times: [Int64] = [50, 20, 90, 20, 10, 70, 30, 60, 40, 80]
    for (index, time) in times.enumerated() {
      deadlines.add(Deadlines.Entry(time: time, slot: UInt32(index), generation: 7))
    }
    #expect(deadlines.next == 10)
    #expect(deadlines.take(now: 9) == nil)
    var taken: [Int64] = []
    while let entry = deadlines.take(now: 60) {
      #expect(times[Int(entry.slot)] == entry.time)
      taken.append(entry.time)
    }
    #expect(taken == [10, 20, 20, 30, 40, 50, 60])
    #expect(deadlines.next == 70)
  }
}

@Suite struct LineRateTests {
  private func rate(_ perSecond: Int, _ burst: Int) -> LineRate {
    var limits = Limits()
    limits.linesPerSecond = perSecond
    limits.lineBurst = burst
    return LineRate(limits)
  }

  /// How many lines pass at once at a time.
  private func lines(_ rate: LineRate, _ paidUntil: inout Int64, at now: Int64, atMost: Int = 100) -> Int {
    var count = 0
    while count < atMost, rate.wait(paidUntil: paidUntil, now: now) == 0 {
      paidUntil = rate.paid(paidUntil, now: now)
      count += 1
    }
    return count
  }

  @Test func burstThenOnePerInterval() {
    let rate = rate(10, 5)
    var paidUntil: Int64 = 0
    #expect(lines(rate, &paidUntil, at: 1_000) == 5)
    #expect(rate.wait(paidUntil: paidUntil, now: 1_000) == 100)
    #expect(lines(rate, &paidUntil, at: 1_099) == 0)
    #expect(lines(rate, &paidUntil, at: 1_100) == 1)
    #expect(lines(rate, &paidUntil, at: 1_350) == 2)
    #expect(lines(rate, &paidUntil, at: 9_000) == 5)
  }

  @Test(arguments: [(1, 1), (50, 500), (1_000_000, 1), (Int.max, Int.max), (1, Int.max), (3, 0), (3, -1)])
  func anySettingWorks(_ perSecond: Int, _ burst: Int) {
    let rate = rate(perSecond, burst)
    #expect(rate.isOn)
    var paidUntil: Int64 = 0
    #expect(lines(rate, &paidUntil, at: 1_000) >= 1)
  }

  @Test func zeroIsOff() {
    let rate = rate(0, 5)
    var paidUntil: Int64 = 0
    #expect(!rate.isOn)
    #expect(lines(rate, &paidUntil, at: 1_000, atMost: 10_000) == 10_000)
  }
}
