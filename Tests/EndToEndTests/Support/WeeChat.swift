import Glibc
import Net
import Testing

/// WeeChat without a screen: it takes commands from a pipe and logs what it would show.
final class WeeChat {
  private let folder: Folder
  private let process: ChildProcess
  private let pipe: String

  /// Starts it and lets it connect.
  ///
  /// - Parameter password: what it logs in with by SASL; nil: it does not log in.
  init(_ nick: String, port: UInt16, password: String?) throws {
    folder = try Folder()
    var commands = [
      "/set logger.file.flush_delay 0", "/set fifo.file.path ${weechat_data_dir}/fifo", "/fifo disable", "/fifo enable",
      "/server add alpha 127.0.0.1/\(port) -nicks=\(nick) -username=\(nick)",
    ]
    if let password {
      commands.append("/set irc.server.alpha.sasl_username \(nick)")
      commands.append("/set irc.server.alpha.sasl_password \(password)")
    }
    commands.append("/connect alpha")
    process = try ChildProcess(
      ["weechat-headless", "--dir", folder.path] + commands.flatMap { ["-r", $0] }, errors: "\(folder.path)/errors")
    pipe = "\(folder.path)/fifo"
    try wait(for: "Welcome to Alpha", in: "server.alpha")
  }

  /// Gives a command, or says something, in a buffer: `server.alpha`, `alpha.#plans`, `alpha.alice`.
  func type(_ line: String, in buffer: String = "server.alpha") throws {
    let file = open(pipe, O_WRONLY | O_NONBLOCK)
    try #require(file >= 0)
    defer { close(file) }
    let bytes = Array("irc.\(buffer) *\(line)\n".utf8)
    try #require(write(file, bytes, bytes.count) == bytes.count)
  }

  /// What a buffer has shown so far.
  func log(of buffer: String) -> String { folder.read("logs/irc.\(buffer).weechatlog") }

  func wait(for text: String, in buffer: String, milliseconds: Int64 = 15_000) throws {
    let until = Clock.monotonicMilliseconds() + milliseconds
    while !log(of: buffer).contains(text) {
      try #require(
        Clock.monotonicMilliseconds() < until, "\(buffer) does not show \"\(text)\":\n\(log(of: buffer))")
      poll(nil, 0, 50)
    }
  }

  func stop() { process.kill() }
}
