import Core
import Testing
import Wire

/// The parameters of CHATHISTORY and of SASL PLAIN.
@Suite struct RequestTests {
  private static let id = MessageID(epoch: 1, counter: 2)
  private static let stamp = "timestamp=1970-01-01T00:00:01.000Z"

  // IRCv3 draft/chathistory, "Subcommands".
  @Test(
    arguments: [
      ("LATEST", ["*", "10"], HistorySpan.latest(after: nil), 10),
      ("LATEST", [stamp, "10"], .latest(after: .time(1_000)), 10),
      ("LATEST", ["msgid=\(id.text)", "1"], .latest(after: .id(id)), 1),
      ("BEFORE", [stamp, "50"], .before(.time(1_000)), 50),
      ("BEFORE", ["msgid=\(id.text)", "51"], .before(.id(id)), 50),
      ("AFTER", ["msgid=\(id.text)", "1000000"], .after(.id(id)), 50),
      ("AROUND", [stamp, "3"], .around(.time(1_000)), 3),
      ("BETWEEN", [stamp, "msgid=\(id.text)", "3"], .between(.time(1_000), .id(id)), 3),
      ("BETWEEN", ["msgid=\(id.text)", stamp, "3"], .between(.id(id), .time(1_000)), 3),
      // An id that is none of ours is one that we do not have.
      ("BEFORE", ["msgid=whatever", "3"], .before(.id(MessageID(epoch: 0, counter: 0))), 3),
    ] as [(String, [String], HistorySpan, Int)])
  func history(_ subcommand: String, _ parameters: [String], _ span: HistorySpan, _ limit: Int) throws {
    let request = try HistoryRequest(subcommand, parameters, most: 50)
    #expect(request.span == span)
    #expect(request.limit == limit)
  }

  @Test(
    arguments: [
      ("", [], "INVALID_PARAMS"), ("NONSENSE", ["*", "10"], "INVALID_PARAMS"),
      ("latest", ["*", "10"], "INVALID_PARAMS"),
      ("LATEST", [], "INVALID_PARAMS"), ("LATEST", ["*"], "INVALID_PARAMS"), ("LATEST", ["*", "0"], "INVALID_PARAMS"),
      ("LATEST", ["*", "-3"], "INVALID_PARAMS"), ("LATEST", ["*", "x"], "INVALID_PARAMS"),
      ("LATEST", ["*", "99999999999999999999"], "INVALID_PARAMS"), ("LATEST", ["x", "10"], "INVALID_PARAMS"),
      ("BEFORE", [], "INVALID_PARAMS"), ("BEFORE", ["*", "10"], "INVALID_PARAMS"),
      ("BEFORE", ["msgid=", "10"], "INVALID_PARAMS"), ("AFTER", ["timestamp=now", "10"], "INVALID_PARAMS"),
      ("AFTER", ["MSGID=x", "10"], "INVALID_MSGREFTYPE"), ("AROUND", [""], "INVALID_PARAMS"),
      ("BETWEEN", [stamp], "INVALID_PARAMS"), ("BETWEEN", [stamp, "10"], "INVALID_PARAMS"),
      ("BETWEEN", [stamp, stamp], "INVALID_PARAMS"), ("LATEST", ["*", "1", "2"], "INVALID_PARAMS"),
    ] as [(String, [String], String)])
  func refusesHistory(_ subcommand: String, _ parameters: [String], _ code: String) {
    do {
      let request = try HistoryRequest(subcommand, parameters, most: 50)
      Issue.record("taken as \(request)")
    } catch {
      #expect(error.code == code)
      #expect(!error.text.isEmpty)
    }
  }

  private func plain(_ message: [UInt8]) -> SaslPlain? { SaslPlain(base64: Base64.encode(message)) }
  private func plain(_ message: String) -> SaslPlain? { plain(Array(message.utf8)) }

  // RFC 4616, section 2.
  @Test(arguments: [
    ("\0alice\0sesame", "alice", "sesame"), ("alice\0alice\0sesame", "alice", "sesame"),
    ("\0alice@phone\0moot-x", "alice@phone", "moot-x"), ("\0alice\0pässwörd ✓", "alice", "pässwörd ✓"),
    ("\0alice\0" + String(repeating: "a", count: 300), "alice", String(repeating: "a", count: 300)),
  ])
  func sasl(_ message: String, _ name: String, _ password: String) throws {
    let credentials = try #require(plain(message))
    #expect(credentials.name == name)
    #expect(credentials.password == Array(password.utf8))
  }

  @Test(arguments: [
    "", "\0", "\0\0", "alice", "\0alice", "\0alice\0", "\0\0sesame", "bob\0alice\0sesame", "alice\0sesame",
    "\0alice\0" + String(repeating: "a", count: 301), "\0alice\0ses\0ame",
  ])
  func refusesSasl(_ message: String) { #expect(plain(message) == nil) }

  @Test func saslIsUTF8InBase64() {
    #expect(plain(Array("\0alice\0".utf8) + [0xFF]) == nil)
    #expect(SaslPlain(base64: Array("AGFsaWNlAHNlc2FtZQ".utf8)) == nil)
    #expect(SaslPlain(base64: Array("AGFsaWNlAHNlc2Ft ZQ==".utf8)) == nil)
    #expect(SaslPlain(base64: Array("AGFsaWNlAHNlc2FtZQ==".utf8))?.name == "alice")
  }
}
