/// Times as IRCv3 writes them: `2026-11-22T17:35:42.123Z` (server-time, "Format"), always UTC with milliseconds.
package enum Timestamp {
  /// Bytes of the text form.
  package static let length = 24

  /// The last time there is a text form of: the end of the year 9999.
  package static let last: Int64 = 253_402_300_799_999

  /// Appends the text form of a time given in milliseconds since 1970.
  package static func append(_ milliseconds: Int64, to out: inout [UInt8]) {
    let clamped = min(max(milliseconds, 0), last)
    let (days, inDay) = clamped.quotientAndRemainder(dividingBy: 86_400_000)
    let (year, month, day) = civil(days)
    append(year, 4, to: &out)
    out.append(UInt8(ascii: "-"))
    append(month, 2, to: &out)
    out.append(UInt8(ascii: "-"))
    append(day, 2, to: &out)
    out.append(UInt8(ascii: "T"))
    append(inDay / 3_600_000, 2, to: &out)
    out.append(UInt8(ascii: ":"))
    append(inDay / 60_000 % 60, 2, to: &out)
    out.append(UInt8(ascii: ":"))
    append(inDay / 1_000 % 60, 2, to: &out)
    out.append(UInt8(ascii: "."))
    append(inDay % 1_000, 3, to: &out)
    out.append(UInt8(ascii: "Z"))
  }

  /// The text form of a time given in milliseconds since 1970.
  package static func text(_ milliseconds: Int64) -> String {
    var out: [UInt8] = []
    append(milliseconds, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Reads `YYYY-MM-DDThh:mm:ss[.sss]Z`; nil for anything else. More than three digits of a fraction are cut.
  package static func parse(_ text: some Collection<UInt8>) -> Int64? {
    let bytes = Array(text)
    guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z") else { return nil }
    let separators: [(Int, UInt8)] = [
      (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")), (13, UInt8(ascii: ":")),
      (16, UInt8(ascii: ":")),
    ]
    guard separators.allSatisfy({ bytes[$0.0] == $0.1 }),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60,
      let fraction = fraction(bytes[19..<(bytes.count - 1)])
    else { return nil }
    let date = days(year, month, day)
    guard civil(date) == (year, month, day) else { return nil }  // the 30th of February
    let seconds = date * 86_400 + hour * 3_600 + minute * 60 + min(second, 59)
    return seconds * 1_000 + fraction
  }

  private static func fraction(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard let dot = digits.first else { return 0 }
    guard dot == UInt8(ascii: "."), digits.count > 1, number(digits.dropFirst()) != nil else { return nil }
    var padded = Array(digits.dropFirst().prefix(3))
    while padded.count < 3 { padded.append(UInt8(ascii: "0")) }
    return number(padded[...])
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func append(_ value: Int64, _ digits: Int, to out: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }

  /// Days since 1970 to a date of the Gregorian calendar, by counting from 1 March of a 400-year era.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
