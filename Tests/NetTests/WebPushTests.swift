import COpenSSL
import Testing

@testable import Net

@Suite struct WebPushTests {
  private func bytes(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in text.utf8 {
      bits = (bits & 0xFFF) << 6 | UInt32(alphabet.firstIndex(of: byte) ?? 0)
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return out
  }

  // RFC 8291, section 5 and appendix A.
  private static let point =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
  private static let clientSecret = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
  private static let auth = "BTBZMqHH6r4Tts7J_aSIgg"
  private static let serverSecret = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
  private static let salt = "DGv6ra1nlYgDCS1FRnbzlw"
  private static let body =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
    + "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

  @Test func theExampleOfTheSpecification() throws {
    #expect(P256.publicKey(of: bytes(Self.clientSecret)) == bytes(Self.point))
    let sealed = WebPush.seal(
      Array("When I grow up, I want to be a watermelon".utf8), padding: 0, to: bytes(Self.point),
      auth: bytes(Self.auth), secret: bytes(Self.serverSecret), salt: bytes(Self.salt))
    #expect(sealed == bytes(Self.body))
  }

  /// What a client does with a push (RFC 8291, section 3; RFC 8188, section 2).
  private func open(_ body: [UInt8]) throws -> [UInt8] {
    try #require(body.count >= 86 + 17 && body[20] == 65)
    let shared = try #require(P256.agree(bytes(Self.clientSecret), with: Array(body[21..<86])))
    let info = Array("WebPush: info\0".utf8) + bytes(Self.point) + body[21..<86]
    let input = Crypto.hkdfSHA256(shared, salt: bytes(Self.auth), info: info, count: 32)
    let salt = Array(body[..<16])
    let key = Crypto.hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: aes128gcm\0".utf8), count: 16)
    let nonce = Crypto.hkdfSHA256(input, salt: salt, info: Array("Content-Encoding: nonce\0".utf8), count: 12)
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    let sealed = Array(body[86..<(body.count - 16)])
    var tag = Array(body[(body.count - 16)...])
    var plain = [UInt8](repeating: 0, count: sealed.count)
    var count: Int32 = 0
    let isSound =
      EVP_DecryptInit_ex(context, EVP_aes_128_gcm(), nil, key, nonce) == 1
      && EVP_DecryptUpdate(context, &plain, &count, sealed, Int32(sealed.count)) == 1
      && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1
    var rest: Int32 = 0
    var none = [UInt8](repeating: 0, count: 16)
    #expect(isSound && EVP_DecryptFinal_ex(context, &none, &rest) == 1)
    while plain.last == 0 { plain.removeLast() }
    #expect(plain.popLast() == 2)
    return plain
  }

  @Test(arguments: [0, 1, 126, 127, 128, 1_000, 3_900, WebPush.textBytes])
  func whatIsSealedIsOpened(_ count: Int) throws {
    let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
    let body = try #require(WebPush.seal(text, to: bytes(Self.point), auth: bytes(Self.auth)))
    #expect(body.count <= 4_096)
    #expect(try open(body) == text)
    #expect(WebPush.seal(text, to: bytes(Self.point), auth: bytes(Self.auth)) != body)
  }

  @Test func keysThatAreNone() {
    let zero = [UInt8](repeating: 0, count: 64)
    for point in [[], [UInt8](repeating: 4, count: 65), [4] + zero, [2] + zero[..<32]] {
      #expect(WebPush.seal([1], to: point, auth: bytes(Self.auth)) == nil)
    }
    for secret in [[], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32)] {
      #expect(P256.publicKey(of: secret) == nil)
    }
  }

  @Test func signatures() throws {
    for number in 0..<50 {
      let secret = P256.secret(from: [UInt8(number)], info: "test")
      #expect(secret == P256.secret(from: [UInt8(number)], info: "test"))
      let point = try #require(P256.publicKey(of: secret))
      let signature = try #require(P256.sign([1, 2], secret: secret))
      #expect(P256.verify(signature, of: [1, 2], by: point))
      #expect(!P256.verify(signature, of: [1, 3], by: point))
      #expect(!P256.verify(Array(signature.reversed()), of: [1, 2], by: point))
    }
  }

  /// What services check (RFC 8292, sections 2 and 3).
  @Test func theRealmsWordForItself() throws {
    let secret = P256.makeSecret()
    let field = try #require(
      WebPush.authorization(
        origin: "https://push.example.org", contact: "mailto:a@b", expires: 1_790_000_000, secret: secret))
    let words = field.split(separator: " ")
    #expect(words.count == 3 && words[0] == "vapid")
    let token = words[1].dropFirst(2).dropLast().split(separator: ".").map(String.init)
    let point = bytes(String(words[2].dropFirst(2)))
    #expect(words[1].hasPrefix("t=") && words[1].hasSuffix(",") && words[2].hasPrefix("k=") && token.count == 3)
    #expect(P256.verify(bytes(token[2]), of: Array("\(token[0]).\(token[1])".utf8), by: point))
    #expect(point == P256.publicKey(of: secret))
    #expect(String(decoding: bytes(token[0]), as: UTF8.self) == #"{"typ":"JWT","alg":"ES256"}"#)
    #expect(
      String(decoding: bytes(token[1]), as: UTF8.self)
        == #"{"aud":"https://push.example.org","exp":1790000000,"sub":"mailto:a@b"}"#)
  }
}
