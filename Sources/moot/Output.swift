import Glibc
import Wire

/// What goes to the standard output and the standard error.
enum Output {
  /// Writes text to the standard output. When nobody reads it any more, the command is over.
  static func write(_ text: String) { write(Array(text.utf8), to: 1) }

  /// Writes a JSON value as one line to the standard output.
  static func write(_ json: JSON) { write(json.bytes + [UInt8(ascii: "\n")], to: 1) }

  /// Writes text to the standard error.
  static func error(_ text: String) { write(Array(text.utf8), to: 2) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        start += count
      } else if errno == EAGAIN {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, -1)
      } else if errno != EINTR {
        if descriptor == 1 { exit(Failure.Code.failed.rawValue) }
        return
      }
    }
  }

  /// Whether text that people read may be coloured: on a terminal, unless NO_COLOR says otherwise (no-color.org).
  static let isColoured = isatty(1) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// Text that came from somebody else, without what a terminal would take for a command.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isControl(scalar) { clean.append(scalar) }
    return String(clean)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
      || (0x2066...0x2069).contains(scalar.value)
  }
}

/// Times as people read them, in the time zone of this machine.
enum LocalTime {
  /// `14:05` for today, `2026-11-22 14:05` otherwise.
  static func text(_ milliseconds: Int64, now: Int64) -> String {
    let (day, minute) = parts(milliseconds)
    return day == parts(now).day ? minute : "\(day) \(minute)"
  }

  /// `2026-11-22` and `14:05`.
  static func parts(_ milliseconds: Int64) -> (day: String, minute: String) {
    var seconds = time_t(milliseconds / 1_000)
    var local = tm()
    localtime_r(&seconds, &local)
    let day = "\(local.tm_year + 1_900)-\(two(local.tm_mon + 1))-\(two(local.tm_mday))"
    return (day, "\(two(local.tm_hour)):\(two(local.tm_min))")
  }

  private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
