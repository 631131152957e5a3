import Core
import Wire

/// How bad a logged event is.
package enum LogLevel: Int, Comparable, Sendable {
  case debug, info, warning, error

  package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

  var name: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }
}

/// A value in the log.
package enum LogValue: Equatable, Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
  case text(String)
  case number(Int64)

  package init(stringLiteral text: String) { self = .text(text) }
  package init(integerLiteral number: Int64) { self = .number(number) }
  package init(_ number: Int) { self = .number(Int64(number)) }
}

package typealias LogFields = KeyValuePairs<String, LogValue>

/// One event as the log has it, before it becomes a line.
struct LogEvent {
  var time: Milliseconds
  var level: LogLevel
  var area: String
  var event: String
  var fields: [(String, LogValue)]
}

extension LogEvent {
  init(time: Milliseconds, level: LogLevel, area: String, event: String, fields: LogFields) {
    self.init(time: time, level: level, area: area, event: event, fields: fields.map { ($0.key, $0.value) })
  }
}

// What a line of the log looks like: for people, or a JSON object for machines.
extension LogFormat {
  /// Characters of one value; what is longer was not meant for a log.
  static let valueLength = 1_000

  /// Renders an event, with the LF at its end.
  func line(_ event: LogEvent) -> [UInt8] {
    var out: [UInt8] = []
    switch self {
    case .text:
      out += "\(Timestamp.text(event.time)) \(event.level.name) \(event.area) ".utf8
      JSON.writeString(Self.printable(event.event).utf8, to: &out)
      for (key, value) in event.fields {
        out += " \(key)=".utf8
        switch value {
        case .number(let number): out += String(number).utf8
        case .text(let text): Self.append(text, to: &out)
        }
      }
    case .json:
      var members: [JSON.Member] = [
        .init(name: "time", value: .string(Timestamp.text(event.time))),
        .init(name: "level", value: .string(event.level.name)),
        .init(name: "area", value: .string(event.area)),
        .init(name: "event", value: .string(Self.printable(event.event))),
      ]
      for (key, value) in event.fields {
        switch value {
        case .number(let number): members.append(.init(name: key, value: .integer(number)))
        case .text(let text): members.append(.init(name: key, value: .string(Self.printable(text))))
        }
      }
      JSON(.object(members)).write(to: &out)
    }
    out.append(UInt8(ascii: "\n"))
    return out
  }

  /// Appends a value as it is where a reader can tell its end, else in quotes.
  private static func append(_ text: String, to out: inout [UInt8]) {
    let text = printable(text)
    let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !#""=\"#.utf8.contains($0) }
    if isPlain && !text.isEmpty {
      out += text.utf8
    } else {
      JSON.writeString(text.utf8, to: &out)
    }
  }

  /// Cuts what is too long, and takes out the control characters that JSON lets pass but a terminal may obey.
  private static func printable(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(valueLength) {
      out.append((0x80...0x9F).contains(scalar.value) ? "\u{FFFD}" : scalar)
    }
    return text.unicodeScalars.count > valueLength ? String(out) + "…" : String(out)
  }
}
