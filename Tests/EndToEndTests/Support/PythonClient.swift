import Glibc
import LiveServer
import Net
import Testing

/// A client written in Python, of those in Tests/Clients: it takes commands from a pipe and prints what it hears.
final class PythonClient {
  /// What a bot is made with (pydle), and what a chat client of today is made with (obby-client).
  enum Kind: String {
    case bot, modern
  }

  private let folder: Folder
  private let process: ChildProcess
  private let pipe: String

  private static let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(
    separator: "/")

  /// Where `deploy/test` installs what they need.
  private static let python = "\(top)/.build/clients/bin/python"

  static var isInstalled: Bool { access("\(top)/.build/clients/installed", R_OK) == 0 }

  /// Starts it, and waits until it has logged in.
  init(_ kind: Kind, _ nick: String, port: UInt16) throws {
    folder = try Folder()
    pipe = "\(folder.path)/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    try folder.write("heard", "")
    let output = open("\(folder.path)/heard", O_WRONLY | O_APPEND)
    defer { close(output) }
    process = try ChildProcess(
      [
        Self.python, "\(Self.top)/Tests/Clients/\(kind.rawValue).py", "127.0.0.1", "\(port)", nick, IRCClient.password,
        pipe,
      ], output: output, errors: "\(folder.path)/errors")
    try wait(for: #""event": "registered""#)
  }

  /// Gives it a command: `join #plans`, `say bob hello`.
  func type(_ line: String) throws {
    let file = open(pipe, O_WRONLY | O_NONBLOCK)
    try #require(file >= 0)
    defer { close(file) }
    let bytes = Array("\(line)\n".utf8)
    try #require(write(file, bytes, bytes.count) == bytes.count)
  }

  /// Waits until it has heard something of a sender.
  func wait(for text: String, from sender: String) throws { try wait(for: Self.heard(text, sender)) }

  /// How often it has heard something of a sender.
  func count(_ text: String, from sender: String) -> Int {
    folder.read("heard").ranges(of: Self.heard(text, sender)).count
  }

  private static func heard(_ text: String, _ sender: String) -> String {
    #""sender": "\#(sender)", "text": "\#(text)""#
  }

  /// Waits until it has printed something.
  func wait(for text: String) throws {
    let until = Clock.monotonicMilliseconds() + 20_000
    while !folder.read("heard").contains(text) {
      try #require(
        Clock.monotonicMilliseconds() < until,
        "no \(text):\n\(folder.read("heard"))\n\(folder.read("errors"))")
      poll(nil, 0, 20)
    }
  }

  func stop() { process.kill() }
}
