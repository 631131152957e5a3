import Testing
import Wire

@Suite struct TagsTests {
  private func pairs(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var out: [String] = []
    Tags.forEach(in: bytes, 0..<bytes.count) { key, value in
      out.append(String(decoding: bytes[key], as: UTF8.self) + "→" + String(decoding: bytes[value], as: UTF8.self))
    }
    return out
  }

  // IRCv3 message-tags, "Format": a key may have no value, or an empty one; a tag without a key is none.
  @Test(arguments: [
    ("", []), ("a", ["a→"]), ("a=", ["a→"]), ("a=b", ["a→b"]), ("a=b=c", ["a→b=c"]), ("a;b", ["a→", "b→"]),
    ("a=1;b=2;a=3", ["a→1", "b→2", "a→3"]), (";;a;", ["a→"]), ("=x", []), ("=x;a", ["a→"]),
    ("+draft/reply=x;+y", ["+draft/reply→x", "+y→"]), ("é=ü", ["é→ü"]),
  ])
  func takesApart(_ text: String, _ expected: [String]) { #expect(pairs(text) == expected) }

  // "Escaping values"; ircdocs/parser-tests, msg-split.
  @Test(arguments: [
    (#"a\:b"#, "a;b"), (#"a\sb"#, "a b"), (#"a\\b"#, #"a\b"#), (#"a\rb"#, "a\rb"), (#"a\nb"#, "a\nb"),
    (#"a\bb"#, "abb"), (#"test\"#, "test"), (#"\\"#, #"\"#), (#"\\\"#, #"\"#), (#"\\\:"#, #"\;"#), ("", ""),
    (#"value\\ntest"#, #"value\ntest"#), ("plain", "plain"),
  ])
  func unescapes(_ raw: String, _ value: String) {
    #expect(Tags.unescape(Array(raw.utf8)[...]) == Array(value.utf8))
  }

  @Test func escapingIsUndone() {
    let all = (1...255).map { UInt8($0) }
    var raw: [UInt8] = []
    Tags.appendEscaped(all, to: &raw)
    #expect(Tags.unescape(raw[...]) == all)
    #expect(!raw.contains(UInt8(ascii: ";")) && !raw.contains(32) && !raw.contains(13) && !raw.contains(10))
  }
}
