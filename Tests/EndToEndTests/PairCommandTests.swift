import Glibc
import LiveServer
import Net
import Testing

extension EndToEndTests {
  /// Two people who run a realm each, and link them.
  @Suite struct PairCommandTests {
    /// Runs `moot` in a folder. What goes to the standard error comes first; none of it with `quiet`.
    private func moot(
      _ folder: Folder, _ arguments: String, quiet: Bool = false
    ) throws -> (status: Int32?, output: String) {
      folder.remove("output")
      folder.remove("errors")
      let shell = try ChildProcess([
        "sh", "-c", "cd '\(folder.path)' && exec '\(ServerProcess.program)' \(arguments) >output 2>errors",
      ])
      let status = shell.wait()
      return (status, (quiet ? "" : folder.read("errors")) + folder.read("output"))
    }

    private func directory(_ name: String, relay: UInt16) -> String {
      #"{"realms":[{"name":"\#(name)","irc":"127.0.0.1:6667","relay":"127.0.0.1:\#(relay)","trust":"first-use"}]}"#
    }

    /// Repeats a command until it prints something.
    private func wait(_ folder: Folder, _ arguments: String, for text: String) throws -> String {
      let until = Clock.monotonicMilliseconds() + 30_000
      while true {
        let output = try moot(folder, arguments).output
        if output.contains(text) { return output }
        try #require(
          Clock.monotonicMilliseconds() < until, "no \"\(text)\" in what `moot \(arguments)` prints:\n\(output)")
        poll(nil, 0, 50)
      }
    }

    @Test("Two lines link two realms; a realm that is gone is forgotten")
    func pair() throws {
      let (here, there) = (try Folder(), try Folder())
      let alpha = try ServerProcess(in: here, directory: directory("alpha", relay: try Federation.freePort()))
      let beta = try ServerProcess(
        in: there, realm: "beta", directory: directory("beta", relay: try Federation.freePort()))
      let ofAlpha = "--realm alpha --data data"
      let ofBeta = "--realm beta --data beta --directory beta-realms.json"
      #expect(try moot(here, "links \(ofAlpha)").output.contains("no other realms are known"))

      let fromAlpha = try moot(here, "pair \(ofAlpha)", quiet: true).output
      let fromBeta = try moot(there, "pair \(ofBeta)", quiet: true).output
      #expect(fromAlpha.hasPrefix("alpha 127.0.0.1:") && fromAlpha.contains(" ed25519:"), "\(fromAlpha)")
      var (status, output) = try moot(there, "realm add '\(fromAlpha)' \(ofBeta)")
      #expect(status == 0 && output.contains("the realm alpha, a link of beta and alpha\nreloaded"), "\(output)")
      (status, output) = try moot(here, "realm add '\(fromBeta)' \(ofAlpha)")
      #expect(status == 0 && output.contains("reloaded"), "\(output)")
      output = try wait(here, "links \(ofAlpha)", for: "beta   link ")
      #expect(output.hasPrefix("REALM  WAY   ROUND TRIP  WAITING  BYTES  OLDEST  NEXT TRY\n"), "\(output)")
      #expect(
        try moot(here, "links --json \(ofAlpha)").output.hasPrefix(#"{"realm":"beta","neighbour":true,"way":"link""#))
      // What is counted is published once a second.
      try alpha.waitForFigure(#"moot_realm_link_up{realm="beta"} 1"#)

      (status, output) = try moot(here, "realm add 'alpha 127.0.0.1:1 \(fromBeta.split(separator: " ")[2])' \(ofAlpha)")
      #expect(status == 1 && output.contains("the line of alpha itself"), "\(output)")
      (status, output) = try moot(here, "realm add 'beta 127.0.0.1:1 \(fromAlpha.split(separator: " ")[2])' \(ofAlpha)")
      #expect(status == 1 && output.contains("has another key of beta"), "\(output)")

      (status, output) = try moot(here, "link disconnect beta \(ofAlpha)")
      #expect(status == 0 && output.contains("is closed"), "\(output)")
      _ = try wait(here, "links \(ofAlpha)", for: "beta   link ")
      try beta.stop()
      _ = try wait(here, "links \(ofAlpha)", for: "beta   link down")
      (status, output) = try moot(here, "realm forget beta --yes \(ofAlpha)")
      #expect(status == 1 && output.contains("realms.json still has beta"), "\(output)")
      try here.write("realms.json", directory("alpha", relay: 1))
      alpha.process.signal(SIGHUP)
      try alpha.waitForLog("reloaded", count: 2)
      (status, output) = try moot(here, "realm forget beta \(ofAlpha) </dev/null")
      #expect(status == 1 && output.contains("nothing was forgotten"), "\(output)")
      (status, output) = try moot(here, "realm forget beta --yes \(ofAlpha)")
      #expect(status == 0 && output.contains("beta is forgotten"), "\(output)")
      #expect(try moot(here, "links \(ofAlpha)").output.contains("no other realms are known"))
      try alpha.stop()
    }
  }
}

extension ServerProcess {
  /// Waits until `/metrics` has a line.
  fileprivate func waitForFigure(_ line: String) throws {
    let until = Clock.monotonicMilliseconds() + 10_000
    while true {
      let figures = try get("/metrics")
      if figures.contains("\n\(line)\n") { return }
      try #require(Clock.monotonicMilliseconds() < until, "no \"\(line)\" in\n\(figures)")
      poll(nil, 0, 100)
    }
  }
}
