import Testing
import Wire

@Suite struct CasefoldTests {
  // ISUPPORT CASEMAPPING=ascii: only A to Z; not {}|^ as in RFC 1459, nothing beyond ASCII.
  @Test(arguments: [
    ("ALICE", "alice"), ("alice", "alice"), ("#Plans", "#plans"), ("[]\\^", "[]\\^"), ("{}|~", "{}|~"),
    ("CAFÉ", "cafÉ"), ("@Z[`az{", "@z[`az{"), ("", ""), ("İSTANBUL", "İstanbul"),
  ])
  func folds(_ name: String, _ folded: String) { #expect(fold(name) == folded) }

  @Test func everyByte() {
    for byte in UInt8.min...UInt8.max {
      #expect(fold(byte) == ((65...90).contains(byte) ? byte + 32 : byte))
    }
  }

  @Test(arguments: [
    ("alice", "ALICE", true), ("alice", "alicE", true), ("alice", "alic", false), ("", "", true), ("[", "{", false),
    ("é", "É", false),
  ])
  func same(_ a: String, _ b: String, _ expected: Bool) { #expect(sameName(a.utf8, b.utf8) == expected) }
}
