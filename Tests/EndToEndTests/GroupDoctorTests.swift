import Core
import LiveServer
import Net
import Store
import Testing
import Wire

extension EndToEndTests {
  @Suite struct GroupDoctorTests {
    private func doctor(
      _ federation: Federation, _ realm: String, _ group: String, _ options: String = ""
    ) throws -> (status: Int32?, output: String) {
      let data = try federation[realm].data
      federation.folder.remove("output")
      let shell = try ChildProcess([
        "sh", "-c",
        "exec '\(ServerProcess.program)' group doctor '\(group)' --data '\(data)' \(options) "
          + ">'\(federation.folder.path)/output' 2>&1",
      ])
      return (shell.wait(), federation.folder.read("output"))
    }

    @Test("moot group doctor finds a damaged replica, and fetches its state anew")
    func damaged() throws {
      let federation = try Federation(["alpha", "beta"])
      let alice = try IRCClient("alice", port: try federation["alpha"].ircPort)
      try alice.register()
      try alice.join("#plans")
      var bob = try IRCClient("bob", port: try federation["beta"].ircPort)
      try bob.register()
      try bob.join("#plans/alpha")
      try alice.send("TOPIC #plans :what we do")
      try bob.wait("TOPIC", "#plans/alpha", "what we do")
      try alice.say("before", to: "#plans")
      try bob.wait("PRIVMSG", "#plans/alpha", "before")
      var (status, output) = try doctor(federation, "beta", "#plans/alpha")
      #expect(status == 0, "\(output)")
      for step in [
        "way: alpha is linked to beta", "followed: ", "number: ", "id: ", "members: 2, the same", "modes: +nt",
        "topic: ", "bans: 0", "log: entries ",
      ] { #expect(output.contains("ok       " + step), "\(step) is missing in\n\(output)") }

      // While it does not run, what it has of the group is spoiled.
      try federation["beta"].stop()
      let store = try Store(folder: try federation["beta"].data)
      let replica = try #require(try store.load().groups.first)
      try store.apply([.groupModes(replica.id, [.secret]), .groupTopic(replica.id, nil)])
      store.close()
      try federation.start("beta")
      try federation.waitForWays()
      bob = try IRCClient("bob", port: try federation["beta"].ircPort)
      try bob.login()
      (status, output) = try doctor(federation, "beta", "#plans/alpha")
      #expect(status == 1 && output.contains("error    modes: +s here, +nt at alpha; --fetch"), "\(output)")
      #expect(output.contains("error    topic: ") && output.contains("ok       members: 2"), "\(output)")

      (status, output) = try doctor(federation, "beta", "#plans/alpha", "--fetch")
      #expect(status == 0 && output.hasPrefix("ok       fetch: #plans/alpha has the state"), "\(output)")
      try bob.wait("TOPIC", "#plans/alpha", "what we do")
      try alice.say("after", to: "#plans")
      try bob.wait("PRIVMSG", "#plans/alpha", "after")
      let history = try bob.history(of: "#plans/alpha").compactMap(\.parameters.last)
      #expect(history.filter { $0 == "before" || $0 == "after" } == ["before", "after"])

      (status, output) = try doctor(federation, "alpha", "#plans", "--json")
      #expect(status == 0 && output.contains(#"{"level":"ok","text":"beta: 1 member; "#), "\(output)")
      (status, output) = try doctor(federation, "beta", "#none")
      #expect(status == 1 && output == "moot: There is no group #none in beta\n", "\(output)")
      try federation.stop()
    }
  }
}
