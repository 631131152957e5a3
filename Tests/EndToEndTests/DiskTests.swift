import Glibc
import LiveServer
import Testing

extension EndToEndTests {
  @Suite struct DiskTests {
    /// Whether we may mount file systems, as root may on a machine of its own.
    static let canMount = (try? Folder(diskBytes: 1 << 20)) ?? nil != nil
    private static let diskBytes = 32 << 20
    private static let configuration = #"{"limits":{"diskReserveBytes":8388608,"linesPerSecond":0}}"#

    @Test(
      "Below the reserve new messages are refused and reading goes on; with room again all is well",
      .enabled(if: canMount))
    func reserve() throws {
      let disk = try #require(try Folder(diskBytes: Self.diskBytes))
      let server = try ServerProcess(
        in: try Folder(), configuration: Self.configuration, data: "\(disk.path)/data")
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      try alice.join("#plans")
      try alice.say("while there is room", to: "#plans")

      try disk.fill("ballast", leaving: 4 << 20)
      try server.waitForLog("disk is low")
      try alice.send("PRIVMSG #plans :too much")
      let refusal = try alice.wait("FAIL", "PRIVMSG")
      #expect(refusal.parameters.last?.contains("disk") == true, "\(refusal)")
      #expect(try alice.history(of: "#plans").map { $0.parameters[1] } == ["while there is room"])
      #expect(try server.get("/health").contains(#""disk":"low""#))

      disk.remove("ballast")
      try server.waitForLog("disk has room again")
      try alice.say("there is room again", to: "#plans")
      try server.stop()
    }

    @Test(
      "A disk without a byte left stops the realm with a clear message, and nothing echoed is lost",
      .enabled(if: canMount))
    func full() throws {
      let disk = try #require(try Folder(diskBytes: Self.diskBytes))
      let folder = try Folder()
      let configuration = #"{"limits":{"diskReserveBytes":0,"linesPerSecond":0}}"#
      var server = try ServerProcess(in: folder, configuration: configuration, data: "\(disk.path)/data")
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      try alice.join("#plans")
      try disk.fill("ballast", leaving: 256 << 10)
      var echoed: [String] = []
      let filler = String(repeating: "x", count: 300)
      for number in 0..<100_000 {
        do {
          echoed.append(try alice.say("\(number) \(filler)", to: "#plans").parameters[1])
        } catch {
          break
        }
      }
      #expect(!echoed.isEmpty)
      #expect(server.process.wait() == 1)
      #expect(server.log.contains("is full"), "\(server.log)")

      disk.remove("ballast")
      server = try ServerProcess(in: folder, configuration: configuration, data: "\(disk.path)/data")
      let again = try IRCClient("alice", port: server.ircPort)
      try again.login()
      #expect(try again.history(of: "#plans").map { $0.parameters[1] } == echoed)
      try server.stop()
    }

    @Test("A folder that cannot be written is refused with its name and the remedy")
    func readOnlyFolder() throws {
      // Root writes wherever the file system lets anyone; others are kept out by the mode.
      guard geteuid() != 0 || Self.canMount else { return }
      let disk = geteuid() == 0 ? try Folder(diskBytes: 1 << 20) : nil
      let folder = try disk ?? Folder()
      if disk != nil { try folder.remount(readOnly: true) } else { chmod(folder.path, 0o555) }
      let failure = try refusal { try ServerProcess(in: try Folder(), data: "\(folder.path)/data") }
      #expect(failure.contains(folder.path), "\(failure)")
      if disk == nil { chmod(folder.path, 0o755) }
    }

    @Test("A database of a newer version is left alone")
    func newerDatabase() throws {
      let folder = try Folder()
      try ServerProcess(in: folder).stop()
      // The version of the schema is a number of four bytes in the header of an SQLite file.
      try folder.patch("data/moot.db", [0, 0, 3, 0xE7], at: 60)
      let failure = try refusal { try ServerProcess(in: folder) }
      #expect(failure.contains("newer Moot") && failure.contains("999"), "\(failure)")
    }

    @Test("Two servers cannot use one data folder")
    func twoServers() throws {
      let folder = try Folder()
      let server = try ServerProcess(in: folder)
      let failure = try refusal { try ServerProcess(in: try Folder(), data: "\(folder.path)/data") }
      #expect(failure.contains("Another Moot server"), "\(failure)")
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      try server.stop()
    }

    /// What a server says that refuses to start; it ends with 1.
    private func refusal(_ start: () throws -> ServerProcess) throws -> String {
      do {
        _ = try start()
      } catch let failed as ServerProcess.Failed {
        #expect(failed.status == 1)
        #expect(failed.message.hasPrefix("moot: ") || failed.message.contains("\nmoot: "), "\(failed.message)")
        return failed.message
      }
      Issue.record("it started")
      return ""
    }
  }
}
