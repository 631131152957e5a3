import Glibc
import Server
import Testing
import Wire

@testable import moot

@Suite struct PairTests {
  private static let key = "ed25519:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
  private static let otherKey = "ed25519:HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

  @Test func lines() throws {
    let text = "beta chat.example.org:7102 \(Self.key)"
    let line = try PairLine([text])
    #expect(line.name == "beta" && line.key == [UInt8](0..<32))
    #expect(line.address.endpoint == Endpoint(host: "chat.example.org", port: 7_102))
    #expect(line.description == text)
    #expect(try PairLine(["beta", "chat.example.org:7102", Self.key]) == line)
    let undiallable = try PairLine(["beta none \(Self.key)"])
    #expect(undiallable.address == .nowhere && undiallable.description == "beta none \(Self.key)")
    #expect(try PairLine(["  beta  chat.example.org:7102\t\(Self.key)\n"]) == line)
  }

  @Test(arguments: [
    "", "beta", "beta a:1", "Beta a:1 \(key)", "beta a \(key)", "beta a:0 \(key)", "beta a:1 ed25519:AAEC",
    "beta a:1 \(key.dropFirst())", "beta a:1 \(key) more",
  ])
  func badLines(_ text: String) {
    #expect { try PairLine([text]) } throws: { ($0 as? Failure)?.code == Failure.Code.usage.rawValue }
  }

  /// A directory in a folder of its own.
  private final class Sample {
    let folder: String
    var path: String { folder + "/realms.json" }

    init(_ text: String) throws {
      var template = Array("/tmp/moot-pair-XXXXXX\0".utf8.map { CChar(bitPattern: $0) })
      folder = String(cString: try #require(mkdtemp(&template)))
      try Files.create(path, Array(text.utf8), mode: 0o640)
    }

    var text: String { get throws { String(decoding: try Directory.text(of: path), as: UTF8.self) } }

    deinit {
      unlink(path)
      rmdir(folder)
    }
  }

  private static let alone = """
    { "realms": [ { "name": "alpha", "title": "A", "irc": "127.0.0.1:6667", "relay": "a.example:1", "links": [],
      "trust": "first-use" } ] }
    """

  @Test func addsARealmAndALink() throws {
    let sample = try Sample(Self.alone)
    var file = try DirectoryFile(sample.path)
    let line = try PairLine(["beta b.example:2 \(Self.key)"])
    #expect(try file.add(line, linkedTo: "alpha") == ["the realm beta", "a link of alpha and beta"])
    try file.save()
    #expect(
      try sample.text == """
        {
          "realms": [
            {
              "name": "alpha",
              "title": "A",
              "irc": "127.0.0.1:6667",
              "relay": "a.example:1",
              "links": ["beta"],
              "trust": "first-use"
            },
            {
              "name": "beta",
              "relay": "b.example:2",
              "links": [],
              "key": "\(Self.key)"
            }
          ]
        }

        """)
    var status = stat()
    #expect(stat(sample.path, &status) == 0 && status.st_mode & 0o777 == 0o640)
    var again = try DirectoryFile(sample.path)
    #expect(try again.add(line, linkedTo: "alpha") == [])
  }

  @Test func takesOverKeyAndAddress() throws {
    let sample = try Sample(
      """
      { "realms": [ { "name": "alpha", "relay": "a.example:1", "trust": "first-use" },
        { "name": "beta", "relay": "b.example:2", "links": ["alpha"], "trust": "first-use" } ] }
      """)
    var file = try DirectoryFile(sample.path)
    let changes = try file.add(try PairLine(["beta b.example:3 \(Self.key)"]), linkedTo: "alpha")
    #expect(changes == ["the key of beta", "the address of beta"])
    #expect(file.directory["beta"]?.relay == Endpoint("b.example:3"))
    #expect(file.directory["beta"]?.identity == .key([UInt8](0..<32)))
  }

  @Test func addsARealmThatNobodyCanDial() throws {
    let sample = try Sample(Self.alone)
    var file = try DirectoryFile(sample.path)
    _ = try file.add(try PairLine(["beta none \(Self.key)"]), linkedTo: "alpha")
    #expect(file.directory["beta"]?.relay == nil && file.directory["beta"]?.identity == .key([UInt8](0..<32)))
    #expect(try file.add(try PairLine(["beta b.example:2 \(Self.key)"]), linkedTo: "alpha") == ["the address of beta"])
    #expect(try file.add(try PairLine(["beta none \(Self.key)"]), linkedTo: "alpha") == ["the address of beta"])
    #expect(file.directory["beta"]?.relay == nil)
  }

  @Test func refusesWhatCannotBe() throws {
    let sample = try Sample(Self.alone)
    var file = try DirectoryFile(sample.path)
    _ = try file.add(try PairLine(["beta b.example:2 \(Self.key)"]), linkedTo: "alpha")
    func refusal(_ line: String, by own: String = "alpha") throws -> String? {
      let line = try PairLine([line])
      do throws(Failure) {
        _ = try file.add(line, linkedTo: own)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(try refusal("beta b.example:2 \(Self.otherKey)")?.contains("has another key of beta") == true)
    #expect(
      try file.add(try PairLine(["beta b.example:2 \(Self.otherKey)"]), linkedTo: "alpha", replacesKey: true)
        == ["the key of beta"])
    #expect(try refusal("beta b.example:2 \(Self.key)")?.contains("--replace-key") == true)
    #expect(try refusal("alpha a.example:1 \(Self.key)")?.contains("the line of alpha itself") == true)
    #expect(try refusal("gamma a.example:1 \(Self.key)")?.contains("nothing was changed") == true)
    #expect(try refusal("gamma g.example:1 \(Self.key)", by: "delta")?.contains("no realm \"delta\"") == true)
    #expect(try sample.text == Self.alone, "nothing is written before it is saved")
  }

  @Test func tables() throws {
    let answer = try JSON(
      parsing: Array(
        #"""
        [ { "realm": "beta", "neighbour": true, "way": "link", "through": null, "links": 1, "roundTrip": 12,
            "clockAhead": -19000, "envelopesWaiting": 3, "bytesWaiting": 2048, "oldest": 1000, "nextAttempt": null,
            "lastError": "", "verified": true },
          { "realm": "gamma", "neighbour": false, "way": "route", "through": "beta", "links": 2, "roundTrip": null,
            "clockAhead": 0, "envelopesWaiting": 0, "bytesWaiting": 0, "oldest": null, "nextAttempt": null,
            "lastError": "", "verified": false },
          { "realm": "delta", "neighbour": true, "way": "none", "through": null, "links": 0, "roundTrip": null,
            "clockAhead": 0, "envelopesWaiting": 0, "bytesWaiting": 0, "oldest": null, "nextAttempt": 131000,
            "lastError": "no \u001b[2Janswer", "verified": true } ]
        """#.utf8))
    let links = try #require(answer.elements)
    #expect(
      LinkTable(links, now: 121_000).text == """
        REALM  WAY               ROUND TRIP  WAITING  BYTES  OLDEST  NEXT TRY
        beta   link              12 ms       3        2 KiB  2 min             its clock is 19 s behind
        gamma  by beta, 2 links              0        0 B                      its key is known by hearsay only
        delta  link down                     0        0 B            in 10 s   no [2Janswer

        """)
    #expect(LinkTable([], now: 0).text.contains("moot realm add"))
  }

  @Test(arguments: [
    (0, "0 s"), (119_999, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (172_800_000, "2 days"), (-5, "0 s"),
  ])
  func spans(_ milliseconds: Int64, _ text: String) { #expect(LinkTable.span(milliseconds) == text) }

  @Test(arguments: [(0, "0 B"), (1_023, "1023 B"), (1_024, "1 KiB"), (3 << 20, "3 MiB")])
  func sizes(_ bytes: Int64, _ text: String) { #expect(LinkTable.size(bytes) == text) }
}
