import CLinux
import Glibc
import Testing

/// A folder for one test; it goes, with all that is in it, when the test is over.
final class Folder {
  let path: String
  private var isMounted = false

  init() throws {
    var template = Array(("/tmp/moot-e2e-" + String(repeating: "X", count: 6)).utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
  }

  /// A folder on a file system of its own, in memory, of so many bytes; nil where we may not mount one.
  init?(diskBytes: Int) throws {
    var template = Array(("/tmp/moot-e2e-" + String(repeating: "X", count: 6)).utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    guard mount("none", path, "tmpfs", 0, "size=\(diskBytes)") == 0 else {
      rmdir(path)
      return nil
    }
    isMounted = true
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
  func remount(readOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
    try #require(mount("none", path, "tmpfs", flags, nil) == 0)
  }

  func write(_ name: String, _ text: String) throws {
    try write(name, Array(text.utf8))
  }

  func write(_ name: String, _ bytes: [UInt8], at offset: Int = 0) throws {
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    if offset == 0 { ftruncate(file, 0) }
    try #require(pwrite(file, bytes, bytes.count, offset) == bytes.count)
  }

  /// Writes over a few bytes in the middle of a file.
  func patch(_ name: String, _ bytes: [UInt8], at offset: Int) throws {
    let file = open("\(path)/\(name)", O_WRONLY)
    try #require(file >= 0)
    defer { close(file) }
    try #require(pwrite(file, bytes, bytes.count, offset) == bytes.count)
  }

  /// Takes up disk, but for so many bytes.
  func fill(_ name: String, leaving bytes: Int) throws {
    var status = statvfs()
    try #require(statvfs(path, &status) == 0)
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    let file = open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    try #require(posix_fallocate(file, 0, max(1, free - bytes)) == 0)
  }

  func remove(_ name: String) { unlink("\(path)/\(name)") }

  func read(_ name: String) -> String { readFile("\(path)/\(name)") }

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
func readFile(_ path: String) -> String {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return "" }
  defer { close(file) }
  var text: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 64 << 10)
  while case let count = read(file, &room, room.count), count > 0 { text += room[..<count] }
  return String(decoding: text, as: UTF8.self)
}
