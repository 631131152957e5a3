import Glibc
import LiveServer
import Net
import Testing

/// WeeChat without a screen: it takes commands from a pipe and logs what it would show.
final class WeeChat {
  private let folder: Folder
  private let process: ChildProcess
  private let pipe: String
  private let realm: String

  /// Starts it and lets it connect.
  ///
  /// - Parameters:
  ///   - realm: the name of the realm there, and of the server in its buffers.
  ///   - password: what it logs in with by SASL; nil: it does not log in.
  init(_ nick: String, port: UInt16, realm: String = "alpha", password: String?) throws {
    self.realm = realm
    folder = try Folder()
    var commands = [
      "/set logger.file.flush_delay 0", "/set fifo.file.path ${weechat_data_dir}/fifo", "/fifo disable", "/fifo enable",
      "/server add \(realm) 127.0.0.1/\(port) -nicks=\(nick) -username=\(nick)",
    ]
    if let password {
      commands.append("/set irc.server.\(realm).sasl_username \(nick)")
      commands.append("/set irc.server.\(realm).sasl_password \(password)")
    }
    commands.append("/connect \(realm)")
    process = try ChildProcess(
      ["weechat-headless", "--dir", folder.path] + commands.flatMap { ["-r", $0] }, errors: "\(folder.path)/errors")
    pipe = "\(folder.path)/fifo"
    try wait(for: "Welcome to ", in: "server.\(realm)")
  }

  /// Gives a command, or says something, in a buffer: `server.alpha`, `alpha.#plans`, `alpha.alice`.
  func type(_ line: String, in buffer: String? = nil) throws {
    let file = open(pipe, O_WRONLY | O_NONBLOCK)
    try #require(file >= 0)
    defer { close(file) }
    let bytes = Array("irc.\(buffer ?? "server.\(realm)") *\(line)\n".utf8)
    try #require(write(file, bytes, bytes.count) == bytes.count)
  }

  /// What a buffer has shown so far.
  func log(of buffer: String) -> String {
    folder.read("logs/irc.\(String(buffer.map { $0 == "/" ? "_" : $0 })).weechatlog")
  }

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
