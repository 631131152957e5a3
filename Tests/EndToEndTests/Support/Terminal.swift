import Glibc
import LiveServer
import Net
import Testing

/// A terminal that nobody sits at, in which a test runs programs made for people (tmux).
final class Terminal {
  /// Kept until the program has ended: the way to it leads through there.
  private let folder: Folder
  private let socket: String

  /// Starts a program, described by a line for the shell.
  init(in folder: Folder, name: String, command: String) throws {
    self.folder = folder
    socket = "\(folder.path)/\(name).tmux"
    try run("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "200", command)
  }

  deinit {
    // Whatever runs in it goes with it. Where it has ended by itself, there is nothing to end.
    _ = try? run("kill-server")
  }

  /// Whether there is what terminals and these programs need.
  static func has(_ programs: String...) -> Bool {
    let folders = getenv("PATH").map { String(cString: $0).split(separator: ":") } ?? []
    return (programs + ["tmux"]).allSatisfy { program in folders.contains { access("\($0)/\(program)", X_OK) == 0 } }
  }

  @discardableResult
  private func run(_ arguments: String...) throws -> String {
    let output = try Folder()
    try output.write("out", "")
    let file = open("\(output.path)/out", O_WRONLY)
    defer { close(file) }
    let environment = ["LANG=C.UTF-8", "TERM=xterm", "PATH=" + (getenv("PATH").map { String(cString: $0) } ?? "")]
    let process = try ChildProcess(["tmux", "-S", socket] + arguments, environment: environment, output: file)
    process.wait()
    return output.read("out")
  }

  /// Types a line and presses Enter.
  func type(_ line: String) throws {
    try run("send-keys", "-l", line)
    try run("send-keys", "Enter")
  }

  /// What the terminal shows.
  var screen: String { get throws { try run("capture-pane", "-p") } }

  /// Waits until the terminal shows a text.
  func wait(for text: String, milliseconds: Int64 = 15_000) throws {
    let until = Clock.monotonicMilliseconds() + milliseconds
    while true {
      let screen = try screen
      if screen.contains(text) { return }
      try #require(Clock.monotonicMilliseconds() < until, "the terminal does not show \"\(text)\":\n\(screen)")
      poll(nil, 0, 50)
    }
  }
}
