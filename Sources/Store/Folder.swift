import CLinux
import Glibc

/// The files of a realm's data folder, and what is done to files as a whole.
enum Folder {
  static func database(_ folder: String) -> String { folder + "/moot.db" }
  static func index(_ folder: String) -> String { folder + "/index.db" }
  static func search(_ folder: String) -> String { folder + "/search.db" }
  static func lock(_ folder: String) -> String { folder + "/moot.lock" }

  /// Makes the folder and those above it where they are missing, open to their owner only.
  static func make(_ folder: String) throws(StoreError) {
    if isFolder(folder) { return }
    if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
      try make(String(folder[..<slash]))
    }
    guard mkdir(folder, 0o700) != 0 else { return }
    let error = StoreError(errno: errno, path: folder)
    guard isFolder(folder) else { throw error }  // unless another process was faster
  }

  /// What the system says of a file.
  struct Status {
    /// The same only for the same file, whatever its name.
    var identity: [UInt64]
    var size: Int64
    var mode: UInt32
  }

  /// nil if there is no such file, or none that can be reached.
  static func status(_ path: String) -> Status? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Status(
      identity: [UInt64(status.st_dev), UInt64(status.st_ino)], size: Int64(status.st_size), mode: status.st_mode)
  }

  private static func isFolder(_ path: String) -> Bool { status(path).map { $0.mode & S_IFMT == S_IFDIR } ?? false }

  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  static func size(_ path: String) -> Int64 { status(path)?.size ?? 0 }

  /// Makes the file where it is missing, readable by its owner only. SQLite gives its side files the same mode.
  static func makeFile(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
    close(descriptor)
    try sync(folderOf: path)
  }

  /// Removes a database with its side files; what is missing need not be removed. The side files go first: a
  /// write-ahead log must never outlive the file it belongs to, it would be taken for that of the next one.
  static func remove(database path: String) throws(StoreError) {
    for file in [path + "-wal", path + "-shm", path] { try remove(file) }
  }

  static func remove(_ path: String) throws(StoreError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw StoreError(errno: errno, path: path) }
  }

  static func move(_ path: String, to target: String) throws(StoreError) {
    guard rename(path, target) == 0 else { throw StoreError(errno: errno, path: target) }
    try sync(folderOf: target)
  }

  /// Gives a file a second name, or, on a file system that knows no second names, a new one.
  static func keep(_ path: String, as other: String) throws(StoreError) {
    if link(path, other) == 0 { return try sync(folderOf: other) }
    guard errno == EPERM || errno == EOPNOTSUPP else { throw StoreError(errno: errno, path: other) }
    try move(path, to: other)
  }

  /// Waits until the file is on disk.
  static func sync(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, path: path) }
  }

  /// Waits until the names in the file's folder are on disk.
  static func sync(folderOf path: String) throws(StoreError) { try sync(parent(path)) }

  /// Bytes that the file system of this file still has for us.
  static func freeBytes(_ path: String) throws(StoreError) -> Int64 {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw StoreError(errno: errno, path: path) }
    return Int64(clamping: status.f_bavail) * Int64(clamping: status.f_frsize)
  }

  static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The time in a form for names of files.
  static func timeStamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(parts.tm_year + 1900)\(padded(parts.tm_mon + 1))\(padded(parts.tm_mday))"
    return "\(day)T\(padded(parts.tm_hour))\(padded(parts.tm_min))\(padded(parts.tm_sec))Z"
  }
}

/// The lock on a data folder: held as long as this value lives, and let go by the system when the process dies.
struct FolderLock: ~Copyable {
  private let descriptor: Int32

  /// Takes the lock, and leaves the number of this process for whoever is refused.
  init(folder: String) throws(StoreError) {
    let path = Folder.lock(folder)
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreError(errno: errno, path: path) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let error =
        errno == EWOULDBLOCK
        ? StoreError.inUse(folder: folder, pid: Self.holder(file)) : StoreError(errno: errno, path: path)
      Glibc.close(file)
      throw error
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
      let error = StoreError(errno: errno, path: path)
      Glibc.close(file)
      throw error
    }
    descriptor = file
  }

  deinit { Glibc.close(descriptor) }

  private static func holder(_ file: Int32) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int(String(decoding: bytes.prefix(count).prefix { $0 != 10 }, as: UTF8.self))
  }
}

extension StoreError {
  /// What the system reports, in our words.
  init(errno code: Int32, path: String) {
    switch code {
    case ENOSPC, EDQUOT: self = .full(path: path)
    case EROFS, EACCES, EPERM: self = .readOnly(path: path)
    case ENOENT: self = .missing(path: path)
    case EEXIST: self = .exists(path: path)
    default: self = .file(path: path, reason: String(cString: strerror(code)))
    }
  }
}
