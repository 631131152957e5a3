import Core
import Server
import Testing

@Suite struct DirectoryTests {
  static func read(_ text: String) throws(ConfigurationError) -> Directory {
    try Directory(parsing: Array(text.utf8), of: "realms.json")
  }

  /// A directory with one realm, whose keys are given.
  static func realm(_ keys: String) -> String { "{ \"realms\": [\n  { \(keys) }\n] }" }

  @Test func readsThreeRealms() throws {
    let directory = try Self.read(
      """
      {
        "realms": [
          { "name": "alpha", "title": "Alpha", "irc": "127.0.0.1:6667", "web": "127.0.0.1:8101",
            "relay": "127.0.0.1:7101", "links": ["beta"], "trust": "first-use" },
          { "name": "beta", "irc": "[::1]:6668", "relay": "beta.example.org:7102", "links": ["alpha", "gamma"],
            "key": "ed25519:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" },
          { "name": "gamma", "links": ["beta"], "trust": "first-use" }
        ]
      }
      """)
    #expect(directory.names == ["alpha", "beta", "gamma"])
    let alpha = try #require(directory["Alpha"])
    #expect(alpha.title == "Alpha")
    #expect(alpha.irc == Endpoint(host: "127.0.0.1", port: 6667))
    #expect(alpha.links == ["beta"])
    #expect(alpha.identity == .firstUse)
    let beta = try #require(directory["beta"])
    #expect(beta.title == "beta")
    #expect(beta.irc?.description == "[::1]:6668")
    #expect(beta.web == nil)
    #expect(beta.identity == .key((0..<32).map { UInt8($0) }))
    #expect(directory["delta"] == nil)
  }

  @Test("A link named at one end counts for both, and the core is told of every other realm")
  func neighbours() throws {
    let key = "ed25519:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    let directory = try Self.read(
      """
      { "realms": [
        { "name": "gamma", "title": "Gamma", "relay": "127.0.0.1:7103", "links": ["beta"], "key": "\(key)" },
        { "name": "beta", "relay": "127.0.0.1:7102", "trust": "first-use" },
        { "name": "alpha", "links": ["beta"], "trust": "first-use" }
      ] }
      """)
    #expect(directory.neighbours(of: "beta").map(\.name) == ["gamma", "alpha"])
    #expect(directory.neighbours(of: "alpha").map(\.name) == ["beta"])
    #expect(directory.neighbours(of: "delta").isEmpty)
    let known = directory.known(besides: "alpha")
    #expect(known.map(\.name) == ["beta", "gamma"])
    #expect(known.map(\.isNeighbour) == [true, false])
    #expect(known.map(\.key) == [nil, (0..<32).map { UInt8($0) }])
    #expect(known.map(\.title) == ["beta", "Gamma"])
  }

  static let refusals: [(String, String)] = [
    ("", "realms.json line 1: the text ends where a value is expected"),
    ("[]", "realms.json line 1: the directory must be an object { … }, not an array"),
    ("{\n\"realm\": []}", "realms.json line 2: unknown key \"realm\": did you mean \"realms\"?"),
    ("{}", "realms.json line 1: \"realms\" must be an array of at least one realm"),
    ("{\n\"realms\": []}", "realms.json line 2: \"realms\" must be an array of at least one realm"),
    ("{\"realms\": [\n1]}", "realms.json line 2: a realm must be an object { … }, not a number"),
    (
      realm("\"name\": \"a\",\n \"lnks\": [], \"trust\": \"first-use\""),
      "realms.json line 3: unknown key \"lnks\": did you mean \"links\"?"
    ),
    (
      realm("\"name\": \"a\",\n \"zzzzzz\": 1"),
      "realms.json line 3: unknown key \"zzzzzz\": remove it; known here: name, title, irc, web, relay, links, "
        + "trust, key"
    ),
    (
      realm("\"trust\": \"first-use\""),
      "realms.json line 2: \"name\" is missing: every realm has a name, as in \"name\": \"alpha\""
    ),
    (realm("\"name\": 7"), "realms.json line 2: \"name\" must be a string, not a number"),
    (realm("\"name\": \"\""), "realms.json line 2: \"name\" is empty: give it a value or leave the key out"),
    (realm("\"name\": \"a.b\""), "realms.json line 2: bad realm name \"a.b\": \(realmNameRule)"),
    (realm("\"name\": \"a\\u0007\""), "realms.json line 2: \"name\" holds a control character: remove it"),
    (
      realm("\"name\": \"a\",\n\"irc\": \"6667\", \"trust\": \"first-use\""),
      "realms.json line 3: bad address \"6667\" for \"irc\": write HOST:PORT, as in 127.0.0.1:6667"
    ),
    (
      realm("\"name\": \"a\", \"links\": [\"a\"], \"trust\": \"first-use\""),
      "realms.json line 2: \"a\" is linked to itself: remove the link"
    ),
    (
      realm(
        "\"name\": \"alpha\", \"trust\": \"first-use\" }, {"
          + "\"name\": \"beta\", \"links\": [\n\"alhpa\"], \"trust\": \"first-use\""),
      "realms.json line 3: link to unknown realm \"alhpa\": did you mean \"alpha\"?"
    ),
    (
      realm("\"name\": \"alpha\", \"links\": [\n\"alhpa\"], \"trust\": \"first-use\""),
      "realms.json line 3: link to unknown realm \"alhpa\": add that realm or remove the link"
    ),
    (
      realm("\"name\": \"alpha\", \"links\": [\n\"omega\"], \"trust\": \"first-use\""),
      "realms.json line 3: link to unknown realm \"omega\": add that realm or remove the link"
    ),
    (
      realm("\"name\": \"alpha\", \"links\": [\"b\",\n\"b\"], \"trust\": \"first-use\""),
      "realms.json line 3: a second link to \"b\": remove one"
    ),
    (
      realm("\"name\": \"a\""),
      "realms.json line 2: neither \"trust\" nor \"key\": add \"trust\": \"first-use\", or the realm's key as "
        + "\"key\": \"ed25519:…\""
    ),
    (
      realm("\"name\": \"a\", \"trust\": \"first-use\", \"key\": \"ed25519:x\""),
      "realms.json line 2: both \"trust\" and \"key\": keep the key and remove \"trust\""
    ),
    (
      realm("\"name\": \"a\", \"trust\": \"always\""),
      "realms.json line 2: unknown trust \"always\": the only kind is \"first-use\""
    ),
    (
      realm("\"name\": \"a\", \"key\": \"ed25519:AAAA\""),
      "realms.json line 2: bad key: write \"ed25519:\" and 32 bytes in base64, as the realm shows it"
    ),
    (
      """
      { "realms": [
        { "name": "a", "irc": "127.0.0.1:1", "trust": "first-use" },
        { "name": "a", "irc": "127.0.0.1:2", "trust": "first-use" } ] }
      """, "realms.json line 3: a second realm \"a\": give each realm a name of its own"
    ),
    (
      """
      { "realms": [
        { "name": "a", "irc": "127.0.0.1:1", "trust": "first-use" },
        { "name": "b", "web": "127.0.0.1:1", "trust": "first-use" } ] }
      """,
      "realms.json line 3: 127.0.0.1:1 is \"irc\" of \"a\" already: give \"web\" of \"b\" an address of its own"
    ),
    (
      """
      { "realms": [
        { "name": "a", "links": [], "trust": "first-use" },
        { "name": "b", "links": ["a"], "trust": "first-use" } ] }
      """, "realms.json line 3: neither \"b\" nor \"a\" has a relay address: give one of them \"relay\""
    ),
  ]

  @Test(arguments: refusals)
  func refuses(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
    #expect(error?.description == message)
  }

  @Test func namesTheMissingFile() {
    let error = #expect(throws: ConfigurationError.self) { try Directory(file: "/nowhere/realms.json") }
    #expect(
      error?.description
        == "/nowhere/realms.json: no such file: name one with --directory, or let `moot init NAME` write one")
  }

  @Test(arguments: [
    ("127.0.0.1:6667", true), ("localhost:1", true), ("[::1]:65535", true), ("0.0.0.0:6667", false),
    ("[::]:6667", false), ("127.example.org:1", false), ("chat.example.org:6697", false), ("127.0.0.1.9:1", false),
  ])
  func knowsLoopback(text: String, expected: Bool) throws {
    let endpoint = try #require(Endpoint(text))
    #expect(endpoint.isLoopback == expected)
    #expect(endpoint.description == text)
  }

  @Test(arguments: [
    "", ":", ":1", "a:", "a:b", "a:-1", "a:+1", "a:65536", "a:123456", "::1:5", "[]:1", "[a]:1", "a b:1", "a/b:1",
    "[::1]", "[::1:5", "ä:1",
  ])
  func refusesAddresses(text: String) {
    #expect(Endpoint(text) == nil)
  }

  @Test(arguments: [
    ("lnks", "links"), ("Links", "links"), ("tilte", "title"), ("x", nil), ("relays", "relay"), ("", nil),
    ("something", nil),
  ])
  func suggests(word: String, expected: String?) {
    #expect(closest(to: word, among: ["name", "title", "irc", "links", "relay"]) == expected)
  }
}
