import Glibc
import LiveServer
import Net
import Testing
import Wire

extension EndToEndTests {
  /// What people who run a realm do about its links.
  @Suite struct LinkCommandTests {
    private static func directory(_ relay: UInt16, beta: String, linked: Bool = true) -> String {
      """
      {"realms":[
        {"name":"alpha","irc":"127.0.0.1:6667","relay":"127.0.0.1:\(relay)","links":[\(linked ? "\"beta\"" : "")],
          "trust":"first-use"},
        {"name":"beta","irc":"127.0.0.1:6668",\(beta)}
      ]}
      """
    }

    private func command(_ folder: Folder, _ arguments: String) throws -> (status: Int32?, output: String) {
      folder.remove("output")
      let shell = try ChildProcess([
        "sh", "-c", "cd '\(folder.path)'; exec >>output 2>&1; '\(ServerProcess.program)' \(arguments)",
      ])
      return (shell.wait(), folder.read("output"))
    }

    private func test(_ folder: Folder, directory: String = "beta-realms.json") throws -> (Int32?, String) {
      try command(
        folder, "link test alpha --realm beta --data '\(folder.path)/beta' --directory \(directory)")
    }

    @Test("moot link test finds each thing that can be wrong, and says what to do")
    func linkTest() throws {
      let folder = try Folder()
      let port = try Federation.freePort()
      let trust = #""trust":"first-use""#
      let text = Self.directory(port, beta: trust)
      let beta = try ServerProcess(in: folder, realm: "beta", directory: text)
      var (status, output) = try test(folder)
      #expect(status == 1 && output.contains("nothing listens there: start alpha"), "\(output)")

      let alpha = try ServerProcess(in: folder, directory: text)
      try beta.waitForLog("link \"up\" realm=alpha", milliseconds: 70_000)
      (status, output) = try test(folder)
      #expect(status == 0 && output.contains("beta runs, and has a link to alpha"), "\(output)")
      #expect(output.contains("key: ed25519:") && output.contains("hello: not said, for it would end"), "\(output)")
      #expect(output.contains("a round trip of ") && output.contains("clock: the clock of alpha is "), "\(output)")
      // The address may be wrong: the link is up all the same.
      try folder.write("elsewhere.json", text.replacingFirst("127.0.0.1:\(port)", with: "127.0.0.1:1"))
      (status, output) = try test(folder, directory: "elsewhere.json")
      #expect(status == 0 && output.contains("The link is up all the same: alpha has dialled"), "\(output)")
      (status, output) = try command(
        folder, "link test beta --json --realm alpha --data '\(folder.path)/data' --directory beta-realms.json")
      #expect(status == 0 && output.contains(#"{"level":"ok","text":"address: the directory has none of beta"#))
      try beta.stop()
      (status, output) = try test(folder)
      #expect(status == 0 && output.contains("hello: alpha takes the link"), "\(output)")
      for step in ["TCP: connected", "TLS: 1.3", "clock: the clock of alpha is", "version: 1"] {
        #expect(output.contains(step), "\(output)")
      }

      let wrong = "ed25519:" + String(decoding: Base64.encode([UInt8](repeating: 3, count: 32)), as: UTF8.self)
      try folder.write("wrong.json", text.replacingFirst(trust, with: #""key":"\#(wrong)""#))
      (status, output) = try test(folder, directory: "wrong.json")
      #expect(status == 1 && output.contains("ask whoever runs alpha which one is right"), "\(output)")
      try folder.write("unlinked.json", Self.directory(port, beta: trust, linked: false))
      (status, output) = try test(folder, directory: "unlinked.json")
      #expect(status == 1 && output.contains("alpha is not linked to beta"), "\(output)")

      // What the other side decides.
      try folder.write("realms.json", Self.directory(port, beta: trust, linked: false))
      alpha.process.signal(SIGHUP)
      try alpha.waitForLog("reloaded")
      (status, output) = try test(folder)
      #expect(status == 1 && output.contains("beta is no neighbour of alpha"), "\(output)")
      try alpha.stop()
    }

    @Test("moot check looks at key, neighbours and relay port")
    func check() throws {
      let folder = try Folder()
      let port = try Federation.freePort()
      let text = Self.directory(port, beta: #""relay":"127.0.0.1:\#(try Federation.freePort())","trust":"first-use""#)
      try folder.write("realms.json", text)
      func check() throws -> (status: Int32?, output: String) {
        try command(folder, "check alpha --data '\(folder.path)/data'")
      }
      var (status, output) = try check()
      #expect(output.contains("realm.key yet: the first start makes it"), "\(output)")
      #expect(output.contains("relay 127.0.0.1:\(port) is free"), "\(output)")
      #expect(output.contains("beta at 127.0.0.1:") && output.contains("moot link test beta"), "\(output)")

      let alpha = try ServerProcess(in: folder, directory: text)
      try alpha.stop()
      (status, output) = try check()
      #expect(output.contains("the realm's key is ed25519:"), "\(output)")
      chmod("\(folder.path)/data/realm.key", 0o644)
      (status, output) = try check()
      #expect(status == 1 && output.contains("can be read by others") && output.contains("chmod 600"), "\(output)")
      let refused = #expect(throws: ServerProcess.Failed.self) {
        _ = try ServerProcess(in: folder, directory: text)
      }
      #expect(refused?.message.contains("chmod 600") == true)
      chmod("\(folder.path)/data/realm.key", 0o600)
      try folder.write("data/realm.key", "ed25519-secret:AAAA\n")
      (status, output) = try check()
      #expect(status == 1 && output.contains("is broken: put it back from a backup"), "\(output)")
    }

    @Test("A reload starts and ends links")
    func reload() throws {
      let folder = try Folder()
      let port = try Federation.freePort()
      let trust = #""trust":"first-use""#
      let apart = Self.directory(port, beta: trust, linked: false)
      let linked = Self.directory(port, beta: trust)
      let alpha = try ServerProcess(in: folder, directory: apart)
      let beta = try ServerProcess(in: folder, realm: "beta", directory: linked)
      try beta.waitForLog("beta is no neighbour of alpha: name the link in the directory that alpha reads")
      for round in 1...2 {
        try folder.write("realms.json", linked)
        alpha.process.signal(SIGHUP)
        try alpha.waitForLog("link \"up\" realm=beta", count: round, milliseconds: 30_000)
        try folder.write("realms.json", apart)
        alpha.process.signal(SIGHUP)
        try beta.waitForLog("link \"down\" realm=alpha", count: round)
      }
      try alpha.stop()
      try beta.stop()
    }
  }
}

extension String {
  fileprivate func replacingFirst(_ text: String, with other: String) -> String {
    guard let range = firstRange(of: text) else { return self }
    return self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
