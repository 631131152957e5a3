import Testing
import Wire

@Suite struct MediaTypeTests {
  private func judge(_ claim: String, _ head: [UInt8]) -> MediaType { MediaType(claim: claim, head: head[...]) }
  private func judge(_ claim: String, _ head: String) -> MediaType { judge(claim, Array(head.utf8)) }

  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]

  @Test func isWhatItBeginsLike() {
    #expect(judge("image/png", Self.png).type == "image/png")
    #expect(judge("image/png", Self.png).isShown)
    #expect(judge("IMAGE/JPG; a=b", [0xFF, 0xD8, 0xFF, 0xE0]).type == "image/jpeg")
    #expect(judge("image/webp", "RIFF1234WEBP").isShown)
    #expect(judge("audio/x-wav", "RIFF1234WAVE").type == "audio/wav")
    #expect(judge("audio/mp3", [0xFF, 0xFB, 0x90, 0]).type == "audio/mpeg")
    #expect(judge("video/mp4", "\0\0\0 ftypisom").isShown)
    #expect(judge("image/avif", "\0\0\0 ftypavif").isShown)
    #expect(judge("video/webm", [0x1A, 0x45, 0xDF, 0xA3]).isShown)
    #expect(judge("text/plain", "hello\n\t\u{1b}[1m").type == "text/plain; charset=utf-8")
  }

  @Test func whatSaysToBeSomethingElseIsBytes() {
    for type in [
      judge("image/png", "<script>alert(1)</script>"), judge("image/png", [0xFF, 0xD8, 0xFF]),
      judge("text/plain", [0x4D, 0x5A, 0, 3]), judge("video/mp4", "\0\0\0 ftypavif"), judge("image/gif", ""),
    ] {
      #expect(type.isFalse && !type.isShown)
      #expect(type.type == "application/octet-stream" && type.kind == "application/octet-stream")
    }
  }

  @Test func whatBrowsersWouldRunIsBytes() {
    for claim in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf", "text/css"] {
      let type = judge(claim, "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
      #expect(type == MediaType(claim: claim, head: [1]), "by its name, not by what is in it")
      #expect(!type.isShown && !type.isFalse && type.type == "application/octet-stream" && type.kind == claim)
    }
  }

  @Test func whatSaysNothingIsLookedAt() {
    #expect(judge("", Self.png).type == "image/png")
    #expect(judge("application/x-www-form-urlencoded", Self.png).isShown)
    #expect(judge("application/octet-stream", "hello") == judge("", "<html>"))
    #expect(!judge("", "hello").isShown, "text that nobody calls so may be a page")
  }

  @Test func listsOfTypes() {
    #expect(MediaType.isTaken("image/png", by: ["*/*"]))
    #expect(MediaType.isTaken("image/png", by: ["text/plain", "image/*"]))
    #expect(!MediaType.isTaken("image/png", by: ["image/p", "imag/*", "image/jpeg"]))
    #expect(!MediaType.isTaken("application/octet-stream", by: ["image/*"]))
  }
}

@Suite struct FileNameTests {
  @Test(arguments: [
    ("attachment; filename=\"a b.png\"", "a b.png"), ("attachment; filename=a.png", "a.png"),
    ("inline;filename=\"a\\\"b;c.png\" ; x=y", "ab;c.png"), ("attachment", ""), ("", ""), ("attachment; filename=", ""),
    ("attachment; filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
    ("attachment; filename*=utf-8'en'%e2%82%ac.txt", "€.txt"), ("attachment; filename*=latin1''x; filename=y", "y"),
    ("attachment; filename*=UTF-8''%C3; filename=y", "y"), ("attachment; filename*=UTF-8''%zz", ""),
    ("attachment; filename=\"../../etc/passwd\"", "passwd"), ("attachment; filename=\"C:\\\\boot.ini\"", "boot.ini"),
    ("attachment; filename*=UTF-8''..%2F..", "file"), ("attachment; filename*=UTF-8''a%0D%0Ab%00.txt", "ab.txt"),
    ("attachment; filename*=UTF-8''exe%E2%80%AEgpj.scr", "exegpj.scr"), ("; filename=x", "x"), (";;;=;a", ""),
    ("attachment; filename=\"<b>.txt", "b.txt"),
  ])
  func isRead(_ value: String, _ name: String) { #expect(FileName.of(disposition: value) == name) }

  @Test func isCutInTheMiddle() {
    let name = FileName.clean(String(repeating: "ü", count: 200) + ".jpeg")
    #expect(name.hasSuffix("ü.jpeg") && name.utf8.count <= FileName.mostBytes && name.utf8.count > 110)
    #expect(FileName.clean("." + String(repeating: "x", count: 300)).utf8.count <= FileName.mostBytes)
  }

  @Test func isWritten() {
    #expect(FileName.encoded("a b/ü\r\n.png") == "a%20b%2F%C3%BC%0D%0A.png")
    #expect(FileName.disposition("a.png", isShown: true) == "inline; filename=\"a.png\"")
    #expect(
      FileName.disposition("ü.png", isShown: false) == "attachment; filename=\"__.png\"; filename*=UTF-8''%C3%BC.png")
    #expect(!FileName.disposition("a\r\nX: y\"", isShown: false).contains { "\r\n".contains($0) })
  }
}

@Suite struct ByteRangeTests {
  @Test(
    arguments: [
      (nil, 10, .whole), ("bytes=0-3", 10, .part(0..<4)), ("Bytes=2-", 10, .part(2..<10)),
      ("bytes=-3", 10, .part(7..<10)),
      ("bytes=-30", 10, .part(0..<10)), ("bytes=5-99", 10, .part(5..<10)), ("bytes=10-", 10, .unsatisfiable),
      ("bytes=-0", 10, .unsatisfiable), ("bytes=0-", 0, .unsatisfiable), ("bytes=3-2", 10, .whole),
      ("bytes=0-1,4-5", 10, .whole), ("bytes=a-b", 10, .whole), ("bytes=", 10, .whole), ("bytes=-", 10, .whole),
      ("lines=0-3", 10, .whole), ("bytes=0-99999999999999999999", 10, .whole), ("bytes=--5", 10, .whole),
    ] as [(String?, Int64, ByteRange)])
  func isRead(_ value: String?, _ size: Int64, _ range: ByteRange) { #expect(ByteRange(value, size: size) == range) }
}

@Suite struct ChunkedBodyTests {
  /// What is in a body that comes in pieces of so many bytes; nil where it is malformed or not all there.
  private func read(_ text: String, pieces: Int) -> String? {
    var body = ChunkedBody()
    var data: [UInt8] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      let piece = Array(bytes[start...].prefix(pieces))
      let isGood = piece.withUnsafeBytes { piece in
        var at = 0
        do {
          while let range = try body.next(piece, &at) { data += piece[range] }
          return true
        } catch {
          return false
        }
      }
      guard isGood else { return nil }
    }
    return body.isComplete ? String(decoding: data, as: UTF8.self) : nil
  }

  @Test(arguments: [
    ("3\r\nabc\r\n0\r\n\r\n", "abc"), ("3\nabc\n0\n\n", "abc"), ("0\r\n\r\n", ""),
    ("A;x=y\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ("1\r\na\r\n00002\r\nbc\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\nmore", "abc"), ("3\r\nabc\r\n", nil), ("", nil),
    ("\r\nabc", nil), ("x\r\n", nil), ("-1\r\n", nil), ("ffffffffffffffff\r\n", nil), ("3\r\nabcd\r\n0\r\n\r\n", nil),
    ("0\r\n" + String(repeating: "x", count: 20_000), nil),
  ])
  func isRead(_ text: String, _ data: String?) {
    for pieces in [1, 2, 3, 7, .max / 2] { #expect(read(text, pieces: pieces) == data, "in pieces of \(pieces)") }
  }
}
