import Glibc
import Net
import Wire

/// Why a realm's key cannot be used, in words for the person who runs it: what is wrong, and the remedy.
package struct RealmKeyError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
}

/// The realm's identity: an Ed25519 key in its data folder, made at the first start. Who has the file can speak for the
/// realm, so nobody but its owner may read it.
package struct RealmKey: Sendable {
  package let secret: [UInt8]
  /// 32 bytes.
  package let publicKey: [UInt8]

  init(secret: [UInt8]) {
    self.secret = secret
    publicKey = Ed25519.publicKey(of: secret)
  }

  /// The secret by which push services know the realm, made of its key: as long as that stays, what clients have
  /// registered stays good.
  package var pushSecret: [UInt8] { P256.secret(from: secret, info: "moot web push") }

  /// As the directory has it: `ed25519:…`.
  package var text: String { Self.text(of: publicKey) }

  /// A public key as the directory has it.
  package static func text(of publicKey: [UInt8]) -> String { "ed25519:" + base64(publicKey) }

  private static func base64(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }

  /// Reads `ed25519:…`; nil for what is none.
  package static func publicKey(parsing text: String) -> [UInt8]? { decode(text, after: "ed25519:") }

  /// The file of a data folder's key.
  package static func path(in folder: String) -> String { folder + "/realm.key" }

  /// The key of a data folder, made now if there is none.
  package static func open(in folder: String) throws(RealmKeyError) -> RealmKey {
    if let key = try read(in: folder) { return key }
    try make(in: folder)
    guard let key = try read(in: folder) else { throw RealmKeyError(path(in: folder), "vanished as it was made") }
    return key
  }

  /// The key of a data folder; nil: there is none yet.
  package static func read(in folder: String) throws(RealmKeyError) -> RealmKey? {
    let path = path(in: folder)
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw RealmKeyError(path, "cannot be read (\(words(errno))): it must be a file of the user that runs the realm")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw RealmKeyError(path, "is no file: put the realm's key back from a backup")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw RealmKeyError(
        path,
        "can be read by others, who could speak for this realm: `chmod 600 \(path)` if nobody else had a chance to; "
          + "if somebody had, remove it, start the realm, and give the other realms its new key")
    }
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw RealmKeyError(path, "cannot be read: \(words(errno))") }
    let text = String(decoding: bytes.prefix(count).filter { $0 != 10 }, as: UTF8.self)
    guard let secret = decode(text, after: prefix) else {
      throw RealmKeyError(
        path,
        "is broken: put it back from a backup. Without one remove it, start the realm, and give the other realms its "
          + "new key; until then they refuse it")
    }
    return RealmKey(secret: secret)
  }

  private static let prefix = "ed25519-secret:"

  private static func decode(_ text: String, after prefix: String) -> [UInt8]? {
    guard text.hasPrefix(prefix), let bytes = Base64.decode(Array(text.utf8.dropFirst(prefix.utf8.count))),
      bytes.count == Ed25519.keyBytes
    else { return nil }
    return bytes
  }

  /// Makes a key, unless there is one: another process may be faster. It is whole and on disk before it has its name.
  private static func make(in folder: String) throws(RealmKeyError) {
    try makeFolder(folder)
    let path = path(in: folder)
    let draft = path + ".\(getpid())"
    let file = Glibc.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw RealmKeyError(draft, "cannot be written: \(words(errno))") }
    defer { unlink(draft) }
    let text = Array((prefix + base64(Crypto.randomBytes(Ed25519.keyBytes)) + "\n").utf8)
    let isWritten = write(file, text, text.count) == text.count && fsync(file) == 0
    let code = errno
    close(file)
    guard isWritten else { throw RealmKeyError(draft, "cannot be written: \(words(code))") }
    guard link(draft, path) == 0 || errno == EEXIST || rename(draft, path) == 0 else {
      throw RealmKeyError(path, "cannot be made: \(words(errno))")
    }
    let names = Glibc.open(folder, O_RDONLY | O_CLOEXEC)
    guard names >= 0 else { throw RealmKeyError(folder, "cannot be read: \(words(errno))") }
    defer { close(names) }
    guard fsync(names) == 0 else { throw RealmKeyError(folder, "cannot be written: \(words(errno))") }
  }

  /// Makes the folder and those above it where they are missing, open to their owner only.
  private static func makeFolder(_ folder: String) throws(RealmKeyError) {
    guard mkdir(folder, 0o700) != 0, errno != EEXIST else { return }
    guard errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else {
      throw RealmKeyError(folder, "cannot be made: \(words(errno))")
    }
    try makeFolder(String(folder[..<slash]))
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw RealmKeyError(folder, "cannot be made: \(words(errno))")
    }
  }

  private static func words(_ code: Int32) -> String { SystemError(call: "", code: code).reason }
}

extension RealmKeyError {
  init(_ path: String, _ problem: String) { self.init(description: "\(path) \(problem)") }
}
