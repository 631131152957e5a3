import Glibc
import LiveServer
import Testing

extension EndToEndTests {
  /// What those can read who are on the way between two realms.
  @Suite struct SecrecyTests {
    /// What is said, who says it, and where: nobody on the way is to see any of it.
    private static let secrets = [
      "the treasure lies under the oak", "nobody tells the others", "meet me at noon", "hortensia", "bartholomew",
      "conspirators",
    ]

    /// The secrets that stand somewhere in bytes.
    private static func found(in bytes: [UInt8]) -> [String] {
      secrets.filter { bytes.contains(Array($0.utf8)) }
    }

    /// All files of a data folder.
    private static func files(of server: ServerProcess) -> [UInt8] {
      ["moot.db", "moot.db-wal", "index.db", "index.db-wal"].flatMap { bytes(of: "\(server.data)/\($0)") }
    }

    private static func bytes(of path: String) -> [UInt8] {
      let file = open(path, O_RDONLY)
      guard file >= 0 else { return [] }
      defer { close(file) }
      var bytes: [UInt8] = []
      var room = [UInt8](repeating: 0, count: 64 << 10)
      while case let count = read(file, &room, room.count), count > 0 { bytes += room[..<count] }
      return bytes
    }

    /// One person of alpha and one of gamma say all that nobody else is to see, in private and in a group.
    private func talk(_ alpha: ServerProcess, _ gamma: ServerProcess) throws {
      let hortensia = try IRCClient("hortensia", port: alpha.ircPort)
      try hortensia.register()
      let bartholomew = try IRCClient("bartholomew", port: gamma.ircPort)
      try bartholomew.register()
      try hortensia.say(Self.secrets[0], to: "bartholomew/gamma")
      try bartholomew.wait("PRIVMSG", "bartholomew", Self.secrets[0])
      try hortensia.join("#conspirators")
      try hortensia.send("TOPIC #conspirators :\(Self.secrets[1])")
      try bartholomew.join("#conspirators/alpha")
      try bartholomew.say(Self.secrets[2], to: "#conspirators/alpha")
      try hortensia.wait("PRIVMSG", "#conspirators", Self.secrets[2])
      try bartholomew.send("WHOIS hortensia/alpha")
      try bartholomew.wait("318")
    }

    @Test("A capture on the links of the realm between shows nothing, nor does what that realm keeps")
    func capture() throws {
      let federation = try Federation(["alpha", "beta", "gamma"], records: true)
      try talk(try federation["alpha"], try federation["gamma"])
      try federation.stop()
      for proxy in federation.proxies {
        #expect(proxy.recorded.count > 3_000, "nothing was captured")
        #expect(Self.found(in: proxy.recorded).isEmpty)
        #expect(Self.found(in: proxy.recorded + Array(Self.secrets[0].utf8)) == [Self.secrets[0]])
      }
      #expect(Self.found(in: Self.files(of: try federation["beta"])).isEmpty)
      #expect(Self.found(in: Array(try federation["beta"].log.utf8)).isEmpty)
      // The same search finds all of it at both ends.
      for end in ["alpha", "gamma"] { #expect(Self.found(in: Self.files(of: try federation[end])) == Self.secrets) }
    }

    @Test("The realm between sees neither what is said nor who says it, only between which realms")
    func middle() throws {
      let folder = try Folder()
      let ports = [try Federation.freePort(), try Federation.freePort()]
      let directory = """
        {"realms":[
          {"name":"alpha","relay":"127.0.0.1:\(ports[0])","trust":"first-use"},
          {"name":"beta","links":["alpha","gamma"],"trust":"first-use"},
          {"name":"gamma","relay":"127.0.0.1:\(ports[1])","trust":"first-use"}
        ]}
        """
      let servers = try ["alpha", "gamma"].map { realm in
        try ServerProcess(
          in: folder, realm: realm, configuration: Federation.configuration, directory: directory)
      }
      let middle = try Middle("beta", between: [("alpha", ports[0]), ("gamma", ports[1])])
      try servers[0].waitForLog("route \"reachable\" realm=gamma")
      try servers[1].waitForLog("route \"reachable\" realm=alpha")
      try talk(servers[0], servers[1])
      for server in servers { try server.stop() }
      let recorded = middle.recorded
      #expect(middle.sealedFrames > 10 && recorded.count > 2_000, "too little passed through")
      #expect(Self.found(in: recorded).isEmpty)
      // It does see what it needs, and the search finds what is there.
      let text = String(decoding: recorded, as: UTF8.self)
      #expect(text.contains("alpha") && text.contains("gamma"))
      #expect(Self.found(in: recorded + Array(Self.secrets[3].utf8)) == [Self.secrets[3]])
      for server in servers { #expect(Self.found(in: Self.files(of: server)) == Self.secrets) }
    }
  }
}
