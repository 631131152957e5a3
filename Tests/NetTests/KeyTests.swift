import Net
import Testing

/// Bytes from their hexadecimal digits; anything else is left out.
func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.compactMap { $0.hexDigitValue }
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

// RFC 8032, section 7.1.
@Suite struct Ed25519Tests {
  struct Vector: Sendable {
    var secret: String
    var publicKey: String
    var message: String
    var signature: String
  }

  static let vectors = [
    Vector(
      secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
      signature: """
        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
        d25bf5f0595bbe24655141438e7a100b
        """),
    Vector(
      secret: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
      signature: """
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
        387b2eaeb4302aeeb00d291612bb0c00
        """),
    Vector(
      secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
      signature: """
        6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659
        4a7c15e9716ed28dc027beceea1ec40a
        """),
  ]

  @Test(arguments: vectors)
  func vector(_ vector: Vector) {
    let secret = bytes(vector.secret)
    let publicKey = bytes(vector.publicKey)
    let signature = bytes(vector.signature)
    #expect(Ed25519.publicKey(of: secret) == publicKey)
    #expect(Ed25519.sign(bytes(vector.message), secret: secret) == signature)
    #expect(Ed25519.verify(signature, of: bytes(vector.message), by: publicKey))
  }

  @Test func whatIsNotTheSignatureIsRefused() {
    let vector = Self.vectors[2]
    let (message, key) = (bytes(vector.message), bytes(vector.publicKey))
    let signature = bytes(vector.signature)
    #expect(!Ed25519.verify(signature, of: message + [0], by: key))
    #expect(!Ed25519.verify(signature, of: message, by: bytes(Self.vectors[0].publicKey)))
    for index in [0, 31, 32, 63] {
      var changed = signature
      changed[index] ^= 1
      #expect(!Ed25519.verify(changed, of: message, by: key))
    }
    #expect(!Ed25519.verify([], of: message, by: key))
    #expect(!Ed25519.verify(signature + [0], of: message, by: key))
    #expect(!Ed25519.verify(signature, of: message, by: []))
    #expect(!Ed25519.verify(signature, of: message, by: [UInt8](repeating: 255, count: 32)))
  }
}

// RFC 7748, sections 5.2 and 6.1.
@Suite struct X25519Tests {
  @Test(arguments: [
    (
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    ),
    (
      "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
    ),
  ])
  func vector(_ secret: String, _ publicKey: String, _ shared: String) {
    #expect(X25519.agree(bytes(secret), with: bytes(publicKey)) == bytes(shared))
  }

  @Test func bothEndsAgree() {
    let alice = bytes("77076d0a7318a57d3c16c17251b26645c6c2f6c8a7a5b0e5f0a2dc6f0ff9a5b8")
    let bob = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    #expect(X25519.publicKey(of: bob) == bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
    let shared = X25519.agree(alice, with: X25519.publicKey(of: bob))
    #expect(shared != nil)
    #expect(shared == X25519.agree(bob, with: X25519.publicKey(of: alice)))
  }

  @Test("A key that would make the secret the same for everyone is refused")
  func lowOrder() {
    let secret = [UInt8](repeating: 7, count: 32)
    #expect(X25519.agree(secret, with: [UInt8](repeating: 0, count: 32)) == nil)
    #expect(X25519.agree(secret, with: [1] + [UInt8](repeating: 0, count: 31)) == nil)
    #expect(X25519.agree(secret, with: [1, 2, 3]) == nil)
  }
}

@Suite struct SealingTests {
  // RFC 5869, appendix A.1 to A.3.
  @Test(arguments: [
    (
      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    ),
    (
      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    ),
  ])
  func hkdf(_ secret: String, _ salt: String, _ info: String, _ key: String) {
    let derived = Crypto.hkdfSHA256(bytes(secret), salt: bytes(salt), info: bytes(info), count: bytes(key).count)
    #expect(derived == bytes(key))
  }

  @Test("RFC 5869, appendix A.2: long inputs, more than one block")
  func longHKDF() {
    let derived = Crypto.hkdfSHA256(
      Array(0x00...0x4F), salt: Array(0x60...0xAF), info: Array(0xB0...0xFF), count: 82)
    let key = """
      b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
      da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
      """
    #expect(derived == bytes(key))
    #expect(Crypto.hkdfSHA256([1], info: [], count: 0) == [])
  }

  private let key = Array(0x80...0x9F as ClosedRange<UInt8>)
  private let nonce = bytes("070000004041424344454647")
  private let associated = bytes("50515253c0c1c2c3c4c5c6c7")
  private let plain = Array(
    ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would "
      + "be it.").utf8)

  // RFC 8439, section 2.8.2.
  @Test func chaCha20Poly1305() {
    let sealed = bytes(
      """
      d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
      1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
      3ff4def08e4b7a9de576d26586cec64b6116
      1ae10b594f09e26a7e902ecbd0600691
      """)
    #expect(Crypto.seal(plain, key: key, nonce: nonce, associated: associated) == sealed)
    #expect(Crypto.open(sealed, key: key, nonce: nonce, associated: associated) == plain)
  }

  @Test(arguments: [0, 1, 16, 65_536])
  func opensWhatWasSealed(_ count: Int) {
    let plain = [UInt8](repeating: 0xA5, count: count)
    let sealed = Crypto.seal(plain, key: key, nonce: nonce, associated: [])
    #expect(sealed.count == count + Crypto.sealBytes)
    #expect(Crypto.open(sealed, key: key, nonce: nonce, associated: []) == plain)
  }

  @Test func whatWasTouchedDoesNotOpen() {
    let sealed = Crypto.seal(plain, key: key, nonce: nonce, associated: associated)
    for index in [0, plain.count - 1, plain.count, sealed.count - 1] {
      var changed = sealed
      changed[index] ^= 1
      #expect(Crypto.open(changed, key: key, nonce: nonce, associated: associated) == nil)
    }
    #expect(Crypto.open(sealed.dropLast(), key: key, nonce: nonce, associated: associated) == nil)
    #expect(Crypto.open([], key: key, nonce: nonce, associated: associated) == nil)
    #expect(Crypto.open(sealed, key: key, nonce: nonce, associated: []) == nil)
    #expect(Crypto.open(sealed, key: nonce + nonce + nonce.prefix(8), nonce: nonce, associated: associated) == nil)
  }
}

extension Crypto {
  fileprivate static func open(
    _ sealed: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8], associated: [UInt8]
  ) -> [UInt8]? {
    open(Array(sealed), key: key, nonce: nonce, associated: associated)
  }
}
