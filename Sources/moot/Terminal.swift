import CLinux
import Glibc

/// The terminal a person sits at.
enum Terminal {
  static let isInput = isatty(0) == 1

  /// Asks for a secret without showing it; takes a line of the standard input where that is no terminal.
  static func readSecret(_ prompt: String) throws(Failure) -> String {
    guard isInput else { return try readLine(missing: "no password on the standard input") }
    Output.error(prompt)
    // Signals are off meanwhile, so that Ctrl-C cannot leave the terminal without echo.
    let saved = try enterRawMode()
    defer {
      leaveRawMode(saved)
      Output.error("\n")
    }
    var secret: [UInt8] = []
    while let byte = readByte() {
      switch byte {
      case 13, 10: return try text(secret)
      case 3: throw Failure(code: 130)
      case 4 where secret.isEmpty: throw Failure(code: 130)
      case 21: secret.removeAll()
      case 8, 127:
        while let last = secret.popLast(), last & 0xC0 == 0x80 {}
      case 0x20...: secret.append(byte)
      default: break
      }
    }
    throw Failure("the terminal is gone")
  }

  /// Asks for a new secret: twice, where it cannot be seen.
  static func readNewSecret(_ prompt: String) throws(Failure) -> String {
    let secret = try readSecret("\(prompt): ")
    guard !secret.isEmpty else { throw Failure("an empty password: nothing was changed") }
    guard isInput else { return secret }
    guard try readSecret("\(prompt) again: ") == secret else {
      throw Failure("the two differ: nothing was changed, try again")
    }
    return secret
  }

  /// One line of the standard input, and no byte more.
  static func readLine(missing message: String) throws(Failure) -> String {
    var line: [UInt8] = []
    while let byte = readByte() {
      if byte == 10 { return try text(line) }
      line.append(byte)
    }
    guard !line.isEmpty else { throw Failure(message) }
    return try text(line)
  }

  /// Everything on the standard input.
  static func readAll(limit: Int) throws(Failure) -> String {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return try text(all) }
      all.append(contentsOf: chunk[..<count])
      guard all.count <= limit else { throw Failure("more than \(limit) bytes on the standard input") }
    }
  }

  private static func text(_ bytes: [UInt8]) throws(Failure) -> String {
    let bytes = bytes.last == 13 ? bytes.dropLast() : bytes[...]
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure("the input is not UTF-8") }
    return text
  }

  private static func readByte() -> UInt8? {
    var byte: UInt8 = 0
    while true {
      let count = read(0, &byte, 1)
      if count == 1 { return byte }
      if count == 0 || errno != EINTR { return nil }
    }
  }

  /// Hands every key to the program as it is pressed, unseen. Returns what to give `leaveRawMode`.
  static func enterRawMode() throws(Failure) -> termios {
    var mode = termios()
    guard tcgetattr(0, &mode) == 0 else { throw Failure("the standard input is no terminal") }
    let saved = mode
    mode.c_iflag &= ~tcflag_t(ICRNL | IXON | BRKINT | INPCK | ISTRIP)
    mode.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
    tcsetattr(0, TCSADRAIN, &mode)
    return saved
  }

  /// Gives the terminal back as it was.
  static func leaveRawMode(_ saved: termios) {
    var saved = saved
    tcsetattr(0, TCSADRAIN, &saved)
  }

  /// Columns of the terminal; 80 where nobody knows.
  static var columns: Int {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
