import CLinux
import Glibc

/// A thread of the operating system. What its body captures is handed over to it, not shared. It runs on by itself
/// when its owner lets go of it.
package struct OSThread: ~Copyable, @unchecked Sendable {
  private let handle: pthread_t

  private final class Start {
    let name: String
    let body: () -> Void
    init(name: String, body: @escaping () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts the thread. Its name, of which the kernel keeps 15 bytes, is what `top -H` shows.
  package init(
    name: String, stackSize: Int = 512 << 10, _ body: sending @escaping () -> Void
  ) throws(SystemError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    let start = Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
    var created = pthread_t()
    let code = pthread_create(
      &created, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        _ = moot_name_this_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw SystemError(call: "pthread_create", code: code)
    }
    handle = created
  }

  // Nobody will wait for it: the system may clear up after it when it ends.
  deinit { pthread_detach(handle) }

  /// Waits until the thread has ended.
  package consuming func join() {
    pthread_join(handle, nil)
    discard self
  }
}
