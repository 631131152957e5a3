import Glibc

/// Small files of the person who runs the command.
enum Files {
  /// Writes a file so that it is there whole or not at all, for its owner only.
  static func replacePrivate(_ path: String, with bytes: [UInt8]) throws(Failure) {
    try replace(path, with: bytes, mode: 0o600)
  }

  /// Writes a file so that it is there whole or not at all; a link is followed.
  static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(Failure) {
    let place = realpath(path, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    let path = place ?? path
    let draft = path + ".new"
    unlink(draft)
    try create(draft, bytes, mode: mode)
    guard rename(draft, path) == 0 else { throw refused(path) }
  }

  /// Writes a file that must not be there yet.
  static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(Failure) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else { throw refused(path) }
    defer { close(file) }
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw refused(path) }
      start += count
    }
    guard fsync(file) == 0 else { throw refused(path) }
  }

  /// Makes a folder, and those above it, for their owner only.
  static func makeFolder(_ path: String) throws(Failure) {
    guard !exists(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw refused(path) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// What is in a file only its owner may read; nil if there is none.
  static func readPrivate(_ path: String) throws(Failure) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw refused(path)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw refused(path) }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure("\(path) can be read by others, and it logs in as you: chmod 600 \(path)")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw refused(path) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// What the system said about a path just now.
  static func refused(_ path: String) -> Failure { Failure("\(path): \(String(cString: strerror(errno)))") }

  /// A variable of the environment, if it is set to something.
  static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// The folder for what `moot` keeps for this person (XDG Base Directory Specification).
  static func configurationFolder() throws(Failure) -> String {
    if let folder = environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/moot" }
    guard let home = environment("HOME") else { throw Failure("HOME is not set: set it, or XDG_CONFIG_HOME") }
    return home + "/.config/moot"
  }
}
