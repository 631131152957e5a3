import Core
import Glibc
import Server
import Store
import Testing

/// A data folder for one test, with a store and two accounts; it goes when the test is over.
final class DataFolder {
  static let alice = PersonID(rawValue: 1)
  static let bob = PersonID(rawValue: 2)
  /// Low, so that tests take no time.
  static let iterations = 16

  let path: String
  let store: Store

  init() throws {
    var template = Array(("/tmp/moot-server-" + String(repeating: "X", count: 6)).utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    store = try Store(folder: path)
    try store.apply([account(Self.alice, "alice", "secret"), account(Self.bob, "bob", "geheim")])
  }

  deinit {
    store.close()
    if let names = opendir(path) {
      while let entry = readdir(names) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        unlink("\(path)/\(name)")
      }
      closedir(names)
    }
    rmdir(path)
  }

  private func account(_ id: PersonID, _ name: String, _ password: String) -> Write {
    .account(
      AccountRecord(id: id, name: name, flags: [], created: 1),
      Password.verifier(of: Array(password.utf8), iterations: Self.iterations))
  }
}
