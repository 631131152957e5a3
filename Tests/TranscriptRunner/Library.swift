import Foundation

/// The transcripts of this repository.
package enum Library {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Transcripts")

  /// The names of all of them.
  package static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
  }()

  /// Reads one.
  package static func script(_ name: String) throws -> Script {
    try Script(String(contentsOf: file(name), encoding: .utf8))
  }

  /// Whether transcripts are to be rewritten to say what happens, so that the difference can be reviewed.
  package static var rewrites: Bool { ProcessInfo.processInfo.environment["MOOT_REWRITE"] == "1" }

  /// Replaces one.
  package static func rewrite(_ name: String, _ text: String) throws {
    try text.write(to: file(name), atomically: true, encoding: .utf8)
  }

  private static func file(_ name: String) -> URL { folder.appending(path: name + ".txt") }
}
