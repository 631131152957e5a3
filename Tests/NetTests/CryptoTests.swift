import Net
import Testing

@Suite struct CryptoTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
  func sha256(_ text: String, _ digest: String) {
    #expect(hex(Crypto.sha256(Array(text.utf8))) == digest)
  }

  @Test func sha1() {
    #expect(hex(Crypto.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
  }

  // RFC 4231, test case 2.
  @Test func hmac() {
    let code = Crypto.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
    #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(Crypto.hmacSHA256(key: [], []).count == 32)
  }

  // RFC 7914, section 11.
  @Test(arguments: [
    ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
    ("Password", "NaCl", 80_000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"),
  ])
  func pbkdf2(_ password: String, _ salt: String, _ iterations: Int, _ key: String) {
    let derived = Crypto.pbkdf2SHA256(
      password: Array(password.utf8), salt: Array(salt.utf8), iterations: iterations)
    #expect(hex(derived) == key)
  }

  @Test func randomBytesDiffer() {
    #expect(Crypto.randomBytes(16).count == 16)
    #expect(Crypto.randomBytes(16) != Crypto.randomBytes(16))
    #expect(Crypto.randomBytes(0) == [])
  }

  @Test func comparesInConstantTime() {
    #expect(Crypto.equalInConstantTime([1, 2], [1, 2]))
    #expect(Crypto.equalInConstantTime([], []))
    #expect(!Crypto.equalInConstantTime([1, 2], [1, 3]))
    #expect(!Crypto.equalInConstantTime([1, 2], [1, 2, 3]))
  }
}
