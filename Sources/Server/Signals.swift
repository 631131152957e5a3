import CLinux
import Glibc
import Net

/// The signals of the process, taken as they come by the main thread rather than by whatever they interrupt.
struct Signals: ~Copyable {
  /// What the person who runs the realm, or the system, wants.
  enum Wish: Equatable {
    case stop, reload
  }

  /// Readable when there is a wish.
  let descriptor: Descriptor

  /// Takes the signals over for the whole process. Threads started before would still be interrupted.
  init() throws(SystemError) {
    signal(SIGPIPE, SIG_IGN)
    var wanted = sigset_t()
    sigemptyset(&wanted)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&wanted, number) }
    let code = pthread_sigmask(SIG_BLOCK, &wanted, nil)
    guard code == 0 else { throw SystemError(call: "pthread_sigmask", code: code) }
    let raw = try SystemCall.runNow("signalfd") { signalfd(-1, &wanted, Int32(SFD_NONBLOCK | SFD_CLOEXEC)) }
    descriptor = Descriptor(adopting: raw)
  }

  /// The next wish; nil if there is none now.
  func next() throws(SystemError) -> Wish? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    let count = try withUnsafeMutableBytes(of: &info) { (bytes) throws(SystemError) in
      try descriptor.read(into: bytes)
    }
    guard count == size else { return nil }
    return info.ssi_signo == UInt32(SIGHUP) ? .reload : .stop
  }
}
