import CLinux
import Glibc

/// The terminal of a chat: what was said scrolls, the line being typed stays below it. Scrolling back is the
/// terminal's own affair.
final class ChatScreen {
  enum Style: String {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case red = "31"
    case notice = "36"
  }

  /// What woke `wait`.
  struct Wake {
    var keys: [Key] = []
    var isReadable = false
    /// The terminal is gone or the program is told to end.
    var isOver = false
  }

  private var saved: termios
  private var decoder = KeyDecoder()
  private let signals: Int32
  private var columns = Terminal.columns
  private var row = Row(prompt: "", [], cursor: 0, columns: 80)

  init() throws(Failure) {
    guard Terminal.isInput, isatty(1) == 1 else {
      throw .usage("`moot chat` needs a terminal: `moot send` and `moot watch` are for scripts")
    }
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGWINCH, SIGTERM, SIGHUP, SIGINT] { sigaddset(&set, signal) }
    sigprocmask(SIG_BLOCK, &set, nil)
    signals = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    guard signals >= 0 else { throw Files.refused("signalfd") }
    saved = try Terminal.enterRawMode()
    Output.write("\u{1B}[?2004h")
  }

  /// Gives the terminal back.
  func close() {
    Output.write("\r\u{1B}[K\u{1B}[?2004l")
    Terminal.leaveRawMode(saved)
    Glibc.close(signals)
  }

  /// Waits for keys, for the descriptor to be readable, or for the time to pass.
  func wait(for descriptor: Int32?, milliseconds: Int) -> Wake {
    var wanted = [0, signals, descriptor ?? -1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var wake = Wake()
    var isResized = false
    guard poll(&wanted, nfds_t(wanted.count), Int32(clamping: milliseconds)) > 0 else { return wake }
    if wanted[0].revents != 0 {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      let count = read(0, &bytes, bytes.count)
      if count > 0 { wake.keys = decoder.take(bytes[..<count]) }
      if count == 0 || count < 0 && errno != EINTR { wake.isOver = true }
    }
    if wanted[1].revents != 0 {
      var info = signalfd_siginfo()
      while read(signals, &info, MemoryLayout<signalfd_siginfo>.size) > 0 {
        if info.ssi_signo == UInt32(SIGWINCH) { isResized = true } else { wake.isOver = true }
      }
    }
    wake.isReadable = wanted[2].revents != 0
    if isResized {
      columns = Terminal.columns
      draw()
    }
    return wake
  }

  /// Prints lines above the one being typed.
  func print(_ lines: String, _ style: Style = .plain) {
    guard !lines.isEmpty else { return }
    let body = lines.hasSuffix("\n") ? String(lines.dropLast()) : lines
    Output.write("\r\u{1B}[K" + Self.styled(body, style).replacingLineBreaks + "\r\n")
    draw()
  }

  /// Shows the line being typed.
  func show(prompt: String, _ editor: LineEditor) {
    // A prompt longer than half the terminal leaves too little room to type.
    let cut = String(prompt.prefix(max(8, columns / 2)))
    let new = Row(prompt: cut, editor.text, cursor: editor.cursor, columns: columns)
    guard new != row else { return }
    row = new
    draw()
  }

  private func draw() {
    let back = row.cursor > 0 ? "\u{1B}[\(row.cursor)C" : ""
    Output.write("\r\u{1B}[K\(row.text)\r\(back)")
  }

  /// Ctrl-L.
  func clear() {
    Output.write("\u{1B}[H\u{1B}[2J")
    draw()
  }

  /// Ctrl-Z: back to the shell, and here again when it says so.
  func suspend() throws(Failure) {
    Output.write("\r\u{1B}[K\u{1B}[?2004l")
    Terminal.leaveRawMode(saved)
    kill(0, SIGTSTP)
    saved = try Terminal.enterRawMode()
    Output.write("\u{1B}[?2004h")
    columns = Terminal.columns
    draw()
  }

  static func styled(_ text: String, _ style: Style) -> String {
    guard Output.isColoured, style != .plain, !text.isEmpty else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }

  /// A name in a colour of its own.
  static func coloured(_ name: String) -> String {
    let name = Output.harmless(name)
    guard Output.isColoured else { return name }
    let sum = name.lowercased().utf8.reduce(UInt32(5_381)) { $0 &* 33 &+ UInt32($1) }
    let colours = [32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96]
    return "\u{1B}[\(colours[Int(sum % UInt32(colours.count))])m\(name)\u{1B}[0m"
  }
}

extension String {
  /// In raw mode a line feed alone does not return to the first column on every terminal.
  fileprivate var replacingLineBreaks: String {
    split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
  }
}
