import Core
import Testing
import Wire

@testable import Server

@Suite struct PasswordTests {
  /// The user, password and salt of the example in RFC 7677, section 3.
  @Test func storedFormIsThatOfSCRAM() {
    let verifier = Password.verifier(
      of: Array("pencil".utf8), salt: bytes("5b6d99689d12358eeca04b141236fa81"), iterations: 4096)
    #expect(verifier.storedKey == bytes("586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6"))
    #expect(verifier.serverKey == bytes("c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"))
  }

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// The exchange of RFC 7677, section 3.
  @Test func proofsOfSCRAM() {
    let verifier = Password.verifier(
      of: Array("pencil".utf8), salt: Base64.decode(Array("W22ZaJ0SNY7soEsUEjb6gQ==".utf8)) ?? [], iterations: 4_096)
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    let message = Array(
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=\(nonce)".utf8)
    let proof = Base64.decode(Array("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".utf8)) ?? []
    let signature = Password.signature(of: message, proof: proof, verifier)
    #expect(signature.map { Base64.encode($0) } == Array("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
    #expect(Password.signature(of: message, proof: proof.reversed(), verifier) == nil)
    #expect(Password.signature(of: message, proof: [], verifier) == nil)
    #expect(Password.signature(of: message + [0], proof: proof, verifier) == nil)
  }

  @Test func onlyTheRightPasswordMatches() {
    let verifier = Password.verifier(of: Array("right".utf8), iterations: 10)
    #expect(Password.matches(Array("right".utf8), verifier))
    #expect(!Password.matches(Array("wrong".utf8), verifier))
    #expect(!Password.matches([], verifier))
    #expect(verifier.salt.count == Password.saltBytes)
  }

  @Test func everySaltIsNew() {
    let secret = Array("same".utf8)
    #expect(Password.verifier(of: secret, iterations: 1) != Password.verifier(of: secret, iterations: 1))
  }

  @Test func tokensLookLikeTokens() {
    let token = DeviceToken.make()
    #expect(DeviceToken.isPossible(Array(token.secret.utf8)))
    #expect(DeviceToken.hash(Array(token.secret.utf8)) == token.hash)
    #expect(token.hash.count == 32)
    #expect(!token.secret.contains { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    #expect(DeviceToken.make().secret != token.secret)
    #expect(!DeviceToken.isPossible(Array("moot-short".utf8)))
  }
}
