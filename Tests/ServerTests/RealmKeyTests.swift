import Core
import Glibc
import Net
import Testing

@testable import Server

@Suite struct RealmKeyTests {
  private let folder: String

  init() throws {
    var template = Array("/tmp/moot-key-XXXXXX".utf8CString)
    folder = String(cString: try #require(mkdtemp(&template)))
  }

  private var path: String { RealmKey.path(in: folder) }

  private func write(_ text: String, mode: mode_t = 0o600) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
    try #require(file >= 0)
    Glibc.write(file, text, text.utf8.count)
    close(file)
    chmod(path, mode)
  }

  @Test func isMadeOnceForItsOwnerOnly() throws {
    let inner = folder + "/data/alpha"
    #expect(try RealmKey.read(in: inner) == nil)
    let key = try RealmKey.open(in: inner)
    #expect(try RealmKey.open(in: inner).publicKey == key.publicKey)
    #expect(try RealmKey.read(in: inner)?.secret == key.secret)
    var status = stat()
    #expect(stat(RealmKey.path(in: inner), &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat(inner, &status) == 0 && status.st_mode & 0o777 == 0o700)
    #expect(try RealmKey.open(in: folder).publicKey != key.publicKey)
  }

  @Test func isWrittenAsTheDirectoryHasIt() throws {
    let key = RealmKey(secret: [UInt8](repeating: 1, count: 32))
    #expect(key.text.hasPrefix("ed25519:"))
    #expect(RealmKey.publicKey(parsing: key.text) == key.publicKey)
    #expect(RealmKey.publicKey(parsing: String(key.text.dropLast(4))) == nil)
    #expect(RealmKey.publicKey(parsing: "x" + key.text) == nil)
  }

  @Test(arguments: [0o644, 0o640, 0o604] as [mode_t])
  func othersMayNotReadIt(_ mode: mode_t) throws {
    _ = try RealmKey.open(in: folder)
    chmod(path, mode)
    let error = #expect(throws: RealmKeyError.self) { try RealmKey.open(in: folder) }
    #expect(error?.description.contains("chmod 600 \(path)") == true)
  }

  @Test(arguments: ["", "ed25519-secret:", "ed25519-secret:AAAA\n", "garbage", "ed25519:AAAA"])
  func aBrokenOneIsRefused(_ text: String) throws {
    try write(text)
    let error = #expect(throws: RealmKeyError.self) { try RealmKey.open(in: folder) }
    #expect(error?.description.contains("put it back from a backup") == true)
    #expect(readAll() == text)
  }

  private func readAll() -> String {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  @Test func aFolderInItsPlaceIsRefused() {
    mkdir(path, 0o700)
    #expect(throws: RealmKeyError.self) { try RealmKey.open(in: folder) }
  }

  @Test func whereNothingCanBeWrittenThatIsSaid() {
    let error = #expect(throws: RealmKeyError.self) { try RealmKey.open(in: "/proc/moot") }
    #expect(error?.description.hasPrefix("/proc/moot cannot be made") == true)
  }

  @Test func theCoreIsGivenItsCryptography() {
    let alpha = RealmCryptography(RealmKey(secret: [UInt8](repeating: 1, count: 32)))
    let beta = RealmCryptography(RealmKey(secret: [UInt8](repeating: 2, count: 32)))
    let signature = alpha.sign([1, 2, 3])
    #expect(beta.verify(signature, of: [1, 2, 3], by: alpha.identity))
    #expect(!beta.verify(signature, of: [1, 2, 3], by: beta.identity))
    let (one, other) = ([UInt8](repeating: 3, count: 32), [UInt8](repeating: 4, count: 32))
    let shared = alpha.agree(one, with: beta.publicKey(of: other))
    #expect(shared != nil && shared == beta.agree(other, with: alpha.publicKey(of: one)))
    let key = alpha.expand(shared ?? [], Array("a to b".utf8), count: 32)
    #expect(key.count == 32 && key != alpha.expand(shared ?? [], Array("b to a".utf8), count: 32))
    let sealed = alpha.seal([9, 9], key: key, counter: 7, associated: [5])
    #expect(beta.open(sealed, key: key, counter: 7, associated: [5]) == [9, 9])
    #expect(beta.open(sealed, key: key, counter: 8, associated: [5]) == nil)
  }
}
