import Core
import Wire

/// The answer to `links` as a table for people.
struct LinkTable {
  let text: String

  init(_ links: [JSON], now: Int64) {
    guard !links.isEmpty else {
      text = "no other realms are known: `moot realm add` adds one\n"
      return
    }
    var rows = [["REALM", "WAY", "ROUND TRIP", "WAITING", "BYTES", "OLDEST", "NEXT TRY", ""]]
    for link in links {
      rows.append([
        link["realm"]?.text ?? "", Self.way(link), Self.milliseconds(link["roundTrip"]),
        String(Self.integer(link["envelopesWaiting"]) ?? 0), Self.size(Self.integer(link["bytesWaiting"]) ?? 0),
        Self.integer(link["oldest"]).map { Self.span(now - $0) } ?? "",
        Self.integer(link["nextAttempt"]).map { $0 < now + 1_000 ? "now" : "in " + Self.span($0 - now) } ?? "",
        Self.remarks(link),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    text = rows.reduce("") { text, row in
      var line = zip(row, widths).map { Output.padded($0, to: $1) }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return text + line + "\n"
    }
  }

  private static func way(_ link: JSON) -> String {
    switch link["way"]?.text {
    case "link": "link"
    case "route": "by \(link["through"]?.text ?? ""), \(integer(link["links"]) ?? 0) links"
    default: link["neighbour"] == true ? "link down" : "no way"
    }
  }

  /// What people should know besides; words of other realms are shown without what a terminal would obey.
  private static func remarks(_ link: JSON) -> String {
    var remarks: [String] = []
    if let error = link["lastError"]?.text, !error.isEmpty { remarks.append(Output.harmless(error)) }
    if link["verified"] == false { remarks.append("its key is known by hearsay only") }
    if let ahead = integer(link["clockAhead"]), abs(ahead) > Limits.clockTolerance {
      remarks.append("its clock is \(span(abs(ahead))) \(ahead > 0 ? "ahead" : "behind")")
    }
    return remarks.joined(separator: "; ")
  }

  private static func integer(_ value: JSON?) -> Int64? {
    if case .integer(let number)? = value?.kind { number } else { nil }
  }

  private static func milliseconds(_ value: JSON?) -> String { integer(value).map { "\($0) ms" } ?? "" }

  /// `900 B`, `12 KiB`, `3 MiB`.
  static func size(_ bytes: Int64) -> String {
    if bytes < 1 << 10 { return "\(bytes) B" }
    return bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
  }

  /// `12 s`, `5 min`, `3 h`, `2 days`.
  static func span(_ milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1_000
    switch seconds {
    case ..<120: return "\(seconds) s"
    case ..<7_200: return "\(seconds / 60) min"
    case ..<172_800: return "\(seconds / 3_600) h"
    default: return "\(seconds / 86_400) days"
    }
  }
}
