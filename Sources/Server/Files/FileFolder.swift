import CLinux
import Glibc
import Net
import Wire

/// The files of a realm on disk: `files/ab/ab…` by the hash of what is in them, and `files/incoming` while they come.
struct FileFolder: Sendable {
  /// The folders by the first byte of the hash, so that none of them grows too long to be listed.
  static let parts = 256

  private let path: String
  private var incoming: String { path + "/incoming" }

  /// - Parameter folder: the data folder.
  init(_ folder: String) { path = folder + "/files" }

  /// Makes the folders, and clears what was coming when the process ended.
  func prepare() throws(SystemError) {
    try make(path)
    try make(incoming)
    for name in names(in: incoming) { unlink("\(incoming)/\(name)") }
  }

  private func make(_ folder: String) throws(SystemError) {
    guard mkdir(folder, 0o700) != 0, errno != EEXIST else { return }
    throw SystemError(call: "mkdir", code: errno)
  }

  private func names(in folder: String) -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Bytes that are free on the disk.
  var freeBytes: Int64 {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return 0 }
    return Int64(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
  }

  /// A new file for what is to come.
  func makeIncoming(_ number: UInt64) throws(SystemError) -> IncomingFile {
    let place = "\(incoming)/\(number)"
    let raw = try SystemCall.runNow("open") { Glibc.open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
    return IncomingFile(Descriptor(adopting: raw), place)
  }

  private func part(_ hash: [UInt8]) -> String { "\(path)/\(Self.hex(hash.prefix(1)))" }
  private func place(_ hash: [UInt8]) -> String { "\(part(hash))/\(Self.hex(hash[...]))" }

  /// Puts a file that has come in its place for good, under the hash of what is in it: on disk when this returns.
  ///
  /// - Parameter expected: the hash that it must have; nil: whatever it has.
  func keep(_ file: IncomingFile, expecting expected: [UInt8]? = nil) throws(SystemError) -> [UInt8] {
    let hash = try file.end()
    guard expected == nil || expected == hash else { throw SystemError(call: "check", code: EBADMSG) }
    try make(part(hash))
    // What is there already is the same, or was damaged.
    try SystemCall.runNow("rename") { rename(file.path, place(hash)) }
    file.isKept = true
    for folder in [part(hash), path] {
      let raw = try SystemCall.runNow("open") { Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
      let descriptor = Descriptor(adopting: raw)
      try SystemCall.runNow("fsync") { fsync(descriptor.raw) }
    }
    return hash
  }

  /// The file with that hash, to be read; nil where it is missing.
  func open(_ hash: [UInt8]) throws(SystemError) -> Descriptor? {
    do throws(SystemError) {
      return Descriptor(adopting: try SystemCall.runNow("open") { Glibc.open(place(hash), O_RDONLY | O_CLOEXEC) })
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  func remove(_ hash: [UInt8]) { unlink(place(hash)) }

  /// The hashes of the files of one part.
  func hashes(in number: Int) -> [[UInt8]] {
    names(in: "\(path)/\(Self.hex([UInt8(truncatingIfNeeded: number)]))").compactMap { Self.bytes(hex: $0) }
  }

  private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytes(hex: String) -> [UInt8]? {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: 64, by: 2) {
      guard let byte = UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

/// A file that is coming. It is gone with this object, unless it was kept.
final class IncomingFile {
  private let descriptor: Descriptor
  let path: String
  private let digest = RunningDigest()
  /// How it begins.
  private(set) var head: [UInt8] = []
  private(set) var count: Int64 = 0
  var isKept = false

  init(_ descriptor: consuming Descriptor, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { if !isKept { unlink(path) } }

  func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let raw = descriptor.raw
      let part = rest
      let written = try SystemCall.runNow("write") { Glibc.write(raw, part.baseAddress, part.count) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    digest.add(bytes)
    count += Int64(bytes.count)
    let missing = MediaType.headBytes - head.count
    if missing > 0 { head += bytes.prefix(missing) }
  }

  /// Waits until all of it is on disk. Returns the hash of what is in it.
  fileprivate func end() throws(SystemError) -> [UInt8] {
    let raw = descriptor.raw
    try SystemCall.runNow("fsync") { fsync(raw) }
    return digest.end()
  }
}
