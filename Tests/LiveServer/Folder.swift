import CLinux
import Glibc

/// A folder for one test; it goes, with all that is in it, when the test is over.
package final class Folder {
  package let path: String
  private var isMounted = false

  /// A new folder in /tmp.
  package init() throws {
    path = try Self.make()
  }

  /// A folder on a file system of its own, in memory, of so many bytes; nil where we may not mount one.
  package init?(diskBytes: Int) throws {
    path = try Self.make()
    guard mount("none", path, "tmpfs", 0, "size=\(diskBytes)") == 0 else {
      rmdir(path)
      return nil
    }
    isMounted = true
  }

  private static func make() throws -> String {
    var template = Array(("/tmp/moot-e2e-" + String(repeating: "X", count: 6)).utf8CString)
    guard let path = mkdtemp(&template) else { throw LiveServerError("no folder can be made: error \(errno)") }
    return String(cString: path)
  }

  deinit {
    if isMounted {
      umount2(path, Int32(MNT_DETACH))
    } else {
      Self.clear(path)
    }
    rmdir(path)
  }

  /// Lets nobody write to the file system any more, not even root, or again.
  package func remount(readOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
    try Self.demand(mount("none", path, "tmpfs", flags, nil) == 0)
  }

  /// Writes a file.
  package func write(_ name: String, _ text: String) throws {
    try write(name, Array(text.utf8))
  }

  /// Writes a file, or a part of it.
  package func write(_ name: String, _ bytes: [UInt8], at offset: Int = 0) throws {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o600)
    try Self.demand(file >= 0)
    defer { close(file) }
    if offset == 0 { ftruncate(file, 0) }
    try Self.demand(pwrite(file, bytes, bytes.count, offset) == bytes.count)
  }

  /// Writes over a few bytes in the middle of a file.
  package func patch(_ name: String, _ bytes: [UInt8], at offset: Int) throws {
    let file = open("\(path)/\(name)", O_WRONLY)
    try Self.demand(file >= 0)
    defer { close(file) }
    try Self.demand(pwrite(file, bytes, bytes.count, offset) == bytes.count)
  }

  /// Takes up disk, but for so many bytes.
  package func fill(_ name: String, leaving bytes: Int) throws {
    var status = statvfs()
    try Self.demand(statvfs(path, &status) == 0)
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o600)
    try Self.demand(file >= 0)
    defer { close(file) }
    try Self.demand(posix_fallocate(file, 0, max(1, free - bytes)) == 0)
  }

  private static func demand(_ succeeded: Bool) throws {
    guard succeeded else { throw LiveServerError("a folder of a test is not as it should be: error \(errno)") }
  }

  /// Deletes a file.
  package func remove(_ name: String) { unlink("\(path)/\(name)") }

  /// The text of a file; empty if there is none.
  package func read(_ name: String) -> String { readFile("\(path)/\(name)") }

  private static func clear(_ path: String) {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != "." && name != ".." else { continue }
      let inner = "\(path)/\(name)"
      if entry.pointee.d_type == UInt8(DT_DIR) {
        clear(inner)
        rmdir(inner)
      } else {
        unlink(inner)
      }
    }
    closedir(folder)
  }
}

/// The text of a file; empty if there is none.
package func readFile(_ path: String) -> String {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var text: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 64 << 10)
  while case let count = read(file, &room, room.count), count > 0 { text += room[..<count] }
  return String(decoding: text, as: UTF8.self)
}
