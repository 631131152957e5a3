import Testing
import Wire

@Suite struct Base64Tests {
  // RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"), ("\0a\0b", "AGEAYg=="),
  ])
  func bothWays(_ plain: String, _ text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == Array(text.utf8))
    #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
  }

  @Test func everyByte() {
    let bytes = (0...255).map { UInt8($0) }
    for count in 253...256 {
      #expect(Base64.decode(Base64.encode(Array(bytes.prefix(count)))) == Array(bytes.prefix(count)))
    }
    #expect(Base64.encode([0xFB, 0xFF, 0xFE]) == Array("+//+".utf8))
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zm9", "=", "==", "====", "Zg==Zg==", "Z===", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm 9",
    "Zm9v\n",
    "Zm-_", "=Zm9", "Zm=v", "Zm9\u{FF}",
  ])
  func refuses(_ text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }
}
