import Testing
import Wire

@Suite struct TimestampTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
      (1_795_368_942_123, "2026-11-22T17:35:42.123Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func bothWays(_ milliseconds: Int64, _ text: String) {
    #expect(Timestamp.text(milliseconds) == text)
    #expect(Timestamp.parse(text.utf8) == milliseconds)
    #expect(text.utf8.count == Timestamp.length)
  }

  @Test func staysWithinFourDigitsOfYears() {
    #expect(Timestamp.text(-1) == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp.text(.max) == "9999-12-31T23:59:59.999Z")
  }

  /// Every day of a 400-year cycle, by counting.
  @Test func everyDay() {
    var day: Int64 = 0
    for year in 1970..<2371 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
        let text = "\(year)-\(month < 9 ? "0" : "")\(month + 1)-01T12:00:00.000Z"
        #expect(Timestamp.parse(text.utf8) == day * 86_400_000 + 43_200_000)
        #expect(Timestamp.text(day * 86_400_000 + 43_200_000) == text)
        day += Int64(length)
      }
    }
  }

  // What other servers write, and clients send back: no fraction, one digit, nine.
  @Test(arguments: [
    ("2026-11-22T17:35:42Z", "2026-11-22T17:35:42.000Z"), ("2026-11-22T17:35:42.1Z", "2026-11-22T17:35:42.100Z"),
    ("2026-11-22T17:35:42.12Z", "2026-11-22T17:35:42.120Z"),
    ("2026-11-22T17:35:42.123999Z", "2026-11-22T17:35:42.123Z"),
    ("2026-11-22T17:35:60.000Z", "2026-11-22T17:35:59.000Z"),
  ])
  func reads(_ text: String, _ same: String) throws {
    #expect(Timestamp.text(try #require(Timestamp.parse(text.utf8))) == same)
  }

  @Test(arguments: [
    "", "Z", "*", "yesterday", "2026-11-22", "2026-11-22T17:35:42.123", "2026-11-22 17:35:42.123Z",
    "2026-11-22T17:35:42.Z", "2026-11-22T17:35:42,123Z", "2026-13-22T17:35:42.123Z", "2026-00-22T17:35:42.123Z",
    "2026-11-00T17:35:42.123Z", "2026-11-32T17:35:42.123Z", "2026-11-22T24:35:42.123Z", "2026-11-22T17:60:42.123Z",
    "2026-11-22T17:35:61.123Z", "1969-12-31T23:59:59.999Z", "20026-11-22T17:35:42.123Z", "2026-11-22T17:35:42.-12Z",
    "2026-11-22T17:35:42.123+00:00", "٢٠26-11-22T17:35:42.123Z", "2026-11-22T17:35:42.12345678901234567890Z",
  ])
  func refuses(_ text: String) { #expect(Timestamp.parse(text.utf8) == nil) }
}
