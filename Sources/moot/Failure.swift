/// Why a command ends early: what to tell the person, and the code to exit with.
struct Failure: Error, Equatable {
  /// Exit codes; scripts rely on them, `moot help` and docs/clients.md list them.
  enum Code: Int32 {
    case failed = 1
    case usage = 2
    case unreachable = 3
    case refusedLogin = 4
  }

  var code: Int32
  /// What went wrong and the remedy; nil where it was told already.
  var message: String?

  init(_ code: Code, _ message: String) {
    self.code = code.rawValue
    self.message = message
  }

  init(_ message: String) { self.init(.failed, message) }

  /// Ends with a code and says nothing.
  init(code: Int32) {
    self.code = code
    self.message = nil
  }

  static func usage(_ message: String) -> Failure { Failure(.usage, message) }
}
