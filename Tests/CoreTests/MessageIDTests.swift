import Core
import Testing

@Suite struct MessageIDTests {
  @Test(
    arguments: [
      (0, 0), (0, 1), (1, 0), (.max, .max), (.max, 0), (0x0123_4567_89AB_CDEF, 42), (63, 64), (1 << 60, 1 << 59),
    ] as [(UInt64, UInt64)])
  func textBothWays(_ epoch: UInt64, _ counter: UInt64) {
    let id = MessageID(epoch: epoch, counter: counter)
    #expect(id.text.utf8.count == MessageID.textLength)
    #expect(MessageID(id.text.utf8) == id)
  }

  @Test func differentIDsHaveDifferentTexts() {
    let texts = (0..<1_000).map { MessageID(epoch: 7, counter: UInt64($0)).text }
    #expect(Set(texts).count == 1_000)

  }

  @Test(arguments: [
    "", "A", String(repeating: "A", count: 21), String(repeating: "A", count: 23), String(repeating: "Q", count: 22),
    "AAAAAAAAAAA" + "QAAAAAAAAAA", String(repeating: "=", count: 22), String(repeating: "+", count: 22),
    String(repeating: "é", count: 11), String(repeating: " ", count: 22),
  ])
  func refuses(_ text: String) { #expect(MessageID(text.utf8) == nil) }
}
