import Glibc
import LiveServer
import Net
import Testing
import Wire

extension EndToEndTests {
  @Suite struct OperatingTests {
    @Test("SIGHUP takes over a good configuration and keeps the old one instead of a bad one")
    func reload() throws {
      let folder = try Folder()
      let server = try ServerProcess(in: folder, configuration: #"{"motd":"first"}"#)
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      func motd() throws -> String? {
        try alice.send("MOTD")
        return try alice.wait("372").parameters.last
      }
      #expect(try motd()?.contains("first") == true)

      try folder.write("alpha.json", #"{"motd":"second"}"#)
      server.process.signal(SIGHUP)
      try server.waitForLog(#""reloaded""#)
      #expect(try motd()?.contains("second") == true)

      try folder.write("alpha.json", #"{"motd":"third","moddt":1}"#)
      server.process.signal(SIGHUP)
      try server.waitForLog("not reloaded")
      #expect(server.log.contains("moddt"))
      #expect(try motd()?.contains("second") == true)
      try server.stop()
    }

    @Test("A port that is taken is named, with the remedy")
    func portTaken() throws {
      let server = try ServerProcess(in: try Folder())
      let folder = try Folder()
      do {
        _ = try ServerProcess(in: folder, irc: "127.0.0.1:\(server.ircPort)")
        Issue.record("it started")
      } catch let failed as ServerProcess.Failed {
        #expect(failed.status == 1)
        #expect(failed.message.contains("127.0.0.1:\(server.ircPort)"), "\(failed.message)")
        #expect(failed.message.contains("--irc"), "\(failed.message)")
      }
    }

    @Test("Commands over the administration socket")
    func administration() throws {
      let server = try ServerProcess(in: try Folder())
      let alice = try IRCClient("alice", port: server.ircPort)
      try alice.register()
      #expect(try administer(server, #"{"command":"accounts"}"#)["accounts"]?.elements?.count == 1)
      #expect(try administer(server, #"{"command":"status"}"#)["status"]?["sessions"] == 1)
      #expect(try administer(server, #"{"command":"suspend","account":"nobody"}"#)["ok"] == false)

      let copy = server.folder.path + "/copy"
      #expect(try administer(server, #"{"command":"backup","path":"\#(copy)"}"#)["ok"] == true)
      #expect(!readFile(copy).isEmpty)

      #expect(try administer(server, #"{"command":"suspend","account":"alice"}"#)["ok"] == true)
      try alice.wait("ERROR")
      #expect(try administer(server, #"{"command":"resume","account":"alice"}"#)["ok"] == true)
      let reset = #"{"command":"reset-password","account":"alice","secret":"a new one"}"#
      #expect(try administer(server, reset)["ok"] == true)
      try IRCClient("alice", port: server.ircPort).login(password: "a new one")
      try server.stop()
      #expect(!server.log.contains("a new one"), "the log keeps no secrets")
      #expect(!server.log.contains(IRCClient.password), "the log keeps no secrets")
    }

    private func administer(_ server: ServerProcess, _ request: String) throws -> JSON {
      let stream = try BlockingStream.connect(to: .unix(path: "\(server.folder.path)/data/admin.sock"))
      try stream.write(Array("\(request)\n".utf8))
      let answer = try #require(try stream.readLine(timeoutMilliseconds: 20_000))
      return try JSON(parsing: answer)
    }
  }
}
