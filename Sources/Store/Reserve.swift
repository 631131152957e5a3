import Glibc

/// A file that only takes up room, to be given up when there is none left: a realm on a disk that others have filled
/// to the last block can then still be started, to be read and to be put in order.
enum Reserve {
  /// Room for opening the database, and for what a realm writes while it refuses new messages.
  static let bytes: Int64 = 4 << 20

  static func path(_ folder: String) -> String { folder + "/moot.reserve" }

  /// Gives the reserve up where there is not even room for another one.
  ///
  /// - Parameter free: bytes that the file system has left.
  static func spend(_ folder: String, free: Int64) throws(StoreError) {
    if free < bytes { try Folder.remove(path(folder)) }
  }

  /// Makes the reserve where it is missing and there is room for several of it.
  ///
  /// - Parameter free: bytes that the file system has left.
  static func make(_ folder: String, free: Int64) throws(StoreError) {
    let path = path(folder)
    guard free > 4 * bytes, !Folder.exists(path) else { return }
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreError(errno: errno, path: path) }
    defer { close(file) }
    let code = posix_fallocate(file, 0, off_t(bytes))
    guard code == 0 else { throw StoreError(errno: code, path: path) }
  }
}
