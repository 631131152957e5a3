import Glibc
import LiveServer
import Net
import Testing
import Wire

extension EndToEndTests {
  @Suite struct FileTests {
    private static let png: [UInt8] =
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 7, count: 5_000)

    private func start(_ folder: Folder, files: String = "{}", more: String = "") throws -> (ServerProcess, WebClient) {
      let server = try ServerProcess(
        in: folder, configuration: #"{"passwordIterations":4096,"files":\#(files)\#(more)}"#)
      return (server, WebClient(server))
    }

    private func register(_ name: String, _ server: ServerProcess) throws {
      let client = try IRCClient(name, port: server.ircPort)
      try client.register()
    }

    /// The files in the data folder, and what is coming.
    private func kept(_ server: ServerProcess) -> [String] { list(server.data + "/files").sorted() }

    private func list(_ path: String) -> [String] {
      guard let listing = opendir(path) else { return [] }
      defer { closedir(listing) }
      var found: [String] = []
      while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard !name.hasPrefix(".") else { continue }
        let below = list("\(path)/\(name)")
        var status = stat()
        if stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
          found += below
        } else {
          found.append(name)
        }
      }
      return found
    }

    private func number(_ json: JSON?) -> Int64? {
      if case .integer(let value)? = json?.kind { value } else { nil }
    }

    private func wait(_ what: String, until done: () throws -> Bool) throws {
      let end = Clock.monotonicMilliseconds() + 10_000
      while try !done() {
        try #require(Clock.monotonicMilliseconds() < end, "\(what)")
        poll(nil, 0, 10)
      }
    }

    @Test("What is uploaded is read again, whole and in parts, with headers that let nothing run")
    func roundTrip() throws {
      var (server, web) = try start(try Folder())
      try register("alice", server)
      let client = try IRCClient("alice", port: server.ircPort)
      try client.login()
      try client.send("VERSION")
      try client.send("ISUPPORT")
      var isAdvertised = false
      while !isAdvertised, let line = try client.next(milliseconds: 3_000) {
        isAdvertised = line.parameters.contains("soju.im/FILEHOST=http://127.0.0.1:\(server.webPort)/upload")
      }
      #expect(isAdvertised)

      let options = try web.ask("OPTIONS", "/upload")
      #expect(options.status == 204 && options.fields["accept-post"] == "*/*")
      #expect(options.fields["upload-limit"] == "max-size=33554432")

      let path = try web.path(try web.upload(Self.png, type: "image/png", name: "../holiday ü.png"))
      #expect(path.hasSuffix("/holiday%20%C3%BC.png"))
      let withoutName = String(path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex))
      for address in [path, withoutName, path + "?x=1"] {
        let answer = try web.ask("GET", address)
        #expect(answer.status == 200 && answer.body == Self.png)
      }
      let whole = try web.ask("GET", path)
      #expect(whole.fields["content-type"] == "image/png")
      #expect(whole.fields["x-content-type-options"] == "nosniff")
      #expect(whole.fields["content-security-policy"]?.contains("sandbox") == true)
      #expect(whole.fields["content-disposition"]?.hasPrefix("inline; filename=\"holiday __.png\"; filename*=") == true)
      let head = try web.ask("HEAD", path)
      #expect(head.status == 200 && head.body.isEmpty && head.fields["content-length"] == "\(Self.png.count)")
      let part = try web.ask("GET", path, ["Range: bytes=1-3"])
      #expect(part.status == 206 && part.text == "PNG")
      #expect(part.fields["content-range"] == "bytes 1-3/\(Self.png.count)")
      let tail = try web.ask("GET", path, ["Range: bytes=-2", "If-Range: \(whole.fields["etag"] ?? "")"])
      #expect(tail.status == 206 && tail.body == [7, 7])
      #expect(try web.ask("GET", path, ["Range: bytes=-2", "If-Range: \"other\""]).status == 200)
      #expect(try web.ask("GET", path, ["Range: bytes=9999-"]).status == 416)
      #expect(try web.ask("GET", path, ["If-None-Match: \(whole.fields["etag"] ?? "")"]).status == 304)

      // The same again is kept once.
      let other = try web.path(try web.upload(Self.png, type: "image/png", name: "again.png"))
      #expect(other != path && kept(server).count == 1)
      try server.stop()
      server = try ServerProcess(in: server.folder, configuration: #"{"passwordIterations":4096}"#)
      #expect(try WebClient(server).ask("GET", path).body == Self.png, "after a restart")
      try server.stop()
    }

    @Test("What claims to be something else, or could run, is a download of bytes")
    func falseClaims() throws {
      let (server, web) = try start(try Folder())
      try register("alice", server)
      let page = Array("<html><script>alert(1)</script></html>".utf8)
      for (type, name) in [("image/png", "x.png"), ("text/html", "x.html"), ("image/svg+xml", "x.svg"), ("", "x")] {
        let answer = try web.ask("GET", try web.path(try web.upload(page, type: type, name: name)))
        #expect(answer.status == 200 && answer.body == page)
        #expect(answer.fields["content-type"] == "application/octet-stream")
        #expect(answer.fields["content-disposition"]?.hasPrefix("attachment; ") == true)
        #expect(answer.fields["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
      }
      let text = try web.ask("GET", try web.path(try web.upload(page, type: "text/plain")))
      #expect(text.fields["content-type"] == "text/plain; charset=utf-8", "which no browser takes for a page")
      try server.stop()
    }

    @Test("Strangers, too much, the wrong type, and requests that nobody understands are refused in words")
    func refusals() throws {
      let files = #"{"mostBytes":6000,"quotaBytes":8000,"types":["image/*"]}"#
      let (server, web) = try start(try Folder(), files: files)
      try register("alice", server)
      var stranger = web
      stranger.secret = "guessed"
      #expect(try stranger.upload(Self.png, type: "image/png").status == 401)
      #expect(try web.ask("POST", "/upload", ["Content-Length: 0"]).status == 401)
      #expect(try web.ask("POST", "/upload").status == 411)
      #expect(try web.ask("PUT", "/upload").status == 405)
      #expect(try web.ask("GET", "/upload").status == 401)
      #expect(try web.ask("POST", "/files/x").status == 405)
      #expect(try web.ask("POST", "/upload", ["Content-Length: 1", "Transfer-Encoding: chunked"]).status == 400)
      let large = try web.upload([UInt8](repeating: 1, count: 6_001), type: "image/png")
      #expect(large.status == 413 && large.text == "It has 6001 bytes: at most 6000 are taken.\n")
      #expect(try web.upload([1], type: "text/plain").status == 415)
      #expect(try web.upload(Array("<html>".utf8), type: "image/png").status == 415, "it only says so")
      #expect(try web.upload([1], type: "multipart/form-data; boundary=x").status == 415)
      #expect(try web.ask("OPTIONS", "/upload").fields["accept-post"] == "image/*")
      #expect(try web.upload(Self.png, type: "image/png").status == 201)
      let quota = try web.upload(Self.png, type: "image/png")
      #expect(quota.status == 507 && quota.text == "Your files may have 8000 bytes in all, and 2992 are left.\n")

      let id = String(repeating: "A", count: 22)
      for path in [
        "/files/", "/files/\(id)", "/files/../moot.db", "/files/..%2F..%2Fmoot.db", "/files/\(id)/../../realm.key",
        "/files//etc/passwd", "/files/%2e%2e/moot.db", "/files/" + String(repeating: "x", count: 5_000),
      ] {
        #expect(try web.ask("GET", path).status == 404, "\(path)")
      }
      #expect(kept(server).count == 1)
      try server.stop()
    }

    @Test("Chunks are taken like a body of known length, and no more of them than is allowed")
    func chunks() throws {
      let (server, web) = try start(try Folder(), files: #"{"mostBytes":10000}"#)
      try register("alice", server)
      let stream = try web.connect()
      try stream.write(web.head(length: nil, type: "image/png", name: "x.png", ["Expect: 100-continue"]))
      #expect(try stream.readLine(timeoutMilliseconds: 10_000) == Array("HTTP/1.1 100 Continue".utf8))
      _ = try stream.readLine(timeoutMilliseconds: 10_000)
      for start in stride(from: 0, to: Self.png.count, by: 600) {
        let chunk = Self.png[start...].prefix(600)
        try stream.write(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
      }
      try stream.write(Array("0\r\n\r\n".utf8))
      let path = try web.path(try web.rest(stream))
      #expect(try web.ask("GET", path).body == Self.png)

      let long = try web.connect()
      try long.write(web.head(length: nil, type: "image/png", name: "x.png"))
      try long.write(Array("3000\r\n".utf8) + [UInt8](repeating: 1, count: 0x3000))
      #expect(try web.rest(long).status == 413)
      let bad = try web.connect()
      try bad.write(web.head(length: nil, type: "image/png", name: "x.png") + Array("zzz\r\n".utf8))
      #expect(try web.rest(bad).status == 400)
      try wait("what was refused is gone") { kept(server).count == 1 }
      try server.stop()
    }

    @Test("An upload that is cut leaves nothing, whoever is cut off: the client, or the server by kill -9")
    func cut() throws {
      let folder = try Folder()
      var (server, web) = try start(folder)
      try register("alice", server)
      let whole = try web.path(try web.upload(Self.png, type: "image/png"))
      func begin() throws -> BlockingStream {
        let stream = try web.connect()
        try stream.write(web.head(length: 1_000_000, type: "image/png", name: "x.png"))
        try stream.write([UInt8](repeating: 1, count: 100_000))
        try wait("the upload has begun") { kept(server).count == 2 }
        return stream
      }
      var stream = Optional(try begin())
      stream = nil
      try wait("what was cut is gone") { kept(server).count == 1 }
      #expect(try web.ask("GET", "/metrics").text.contains("moot_uploads_under_way 0\n"))

      stream = try begin()
      server.process.kill()
      #expect(kept(server).count == 2)
      _ = stream
      server = try ServerProcess(in: folder, configuration: #"{"passwordIterations":4096}"#)
      web = WebClient(server)
      try wait("what was left over is gone") { kept(server).count == 1 }
      #expect(try web.ask("GET", whole).body == Self.png)
      let usage = try server.administer(["command": "file-usage"])
      #expect(usage["accounts"]?.elements?.first?["files"] == 1)
      try server.stop()
    }

    @Test("Killed at any instant, every file that was answered is there afterwards, and nothing else")
    func killed() throws {
      let folder = try Folder()
      var answered: [(path: String, body: [UInt8])] = []
      for round in 0..<KillTests.rounds {
        let (server, web) = try start(folder)
        if round == 0 { try register("alice", server) }
        let end = Clock.monotonicMilliseconds() + Int64.random(in: 20...300)
        var number = 0
        while Clock.monotonicMilliseconds() < end {
          let body = Array("\(round) \(number) ".utf8) + [UInt8](repeating: 65, count: Int.random(in: 0...200_000))
          answered.append((try web.path(try web.upload(body)), body))
          number += 1
        }
        let last = try web.connect()
        try last.write(web.head(length: 300_000, type: "text/plain", name: "x"))
        try last.write([UInt8](repeating: 66, count: Int.random(in: 1...300_000)))
        server.process.kill()
      }
      let (server, web) = try start(folder)
      for (path, body) in answered { #expect(try web.ask("GET", path).body == body) }
      let usage = try server.administer(["command": "file-usage"])
      let files = try #require(number(usage["accounts"]?.elements?.first?["files"]))
      #expect(answered.count > KillTests.rounds && files >= Int64(answered.count))
      try wait("the sweep") { kept(server).count == Int(files) }
      try server.stop()
    }

    @Test("A file of another realm is read from the own one, through a third, and while its realm is away")
    func elsewhere() throws {
      let federation = try Federation(["alpha", "beta", "gamma"])
      let alpha = try federation["alpha"]
      let gamma = try federation["gamma"]
      try register("alice", alpha)
      let home = WebClient(alpha)
      let web = WebClient(gamma)
      let large = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      let path = try home.path(try home.upload(large, type: "application/zip", name: "all.zip"))
      let picture = try home.path(try home.upload(Self.png, type: "image/png", name: "a.png"))
      let page = try home.path(try home.upload(Array("<script>".utf8), type: "image/png", name: "b.png"))
      #expect(path.contains("@alpha/all.zip"))
      let answer = try web.ask("GET", path)
      #expect(answer.status == 200 && answer.body == large)
      #expect(answer.fields["content-disposition"]?.hasPrefix("attachment") == true)
      #expect(try web.ask("GET", picture).fields["content-type"] == "image/png")
      // What it is, the reader's realm judges by itself.
      #expect(try web.ask("GET", page).fields["content-type"] == "application/octet-stream")
      #expect(kept(gamma).count == 3)
      let id = try #require(path.dropFirst("/files/".count).split(separator: "@").first)
      #expect(try web.ask("GET", "/files/\(String(id.reversed()))@alpha/x").status == 404)
      #expect(try web.ask("GET", "/files/\(id)%40alpha/all.zip").body == large)
      #expect(try web.ask("GET", "/files/\(id)@delta/x").status == 404)
      #expect(try web.ask("DELETE", path, [web.authorization]).status == 403)

      alpha.process.kill()
      #expect(try web.ask("GET", path, ["Range: bytes=1000000-1000003"]).body == Array(large[1_000_000...1_000_003]))
      let unknown = try web.ask("GET", "/files/\(String(id.reversed()))@alpha/x")
      #expect(unknown.status == 404 || unknown.status == 504)
      try federation.start("alpha")
      try federation.stop()
    }

    @Test("A full disk is said, and what has come so far goes", .enabled(if: DiskTests.canMount))
    func fullDisk() throws {
      let disk = try #require(try Folder(diskBytes: 48 << 20))
      let configuration = #"{"passwordIterations":4096,"limits":{"diskReserveBytes":8388608}}"#
      let server = try ServerProcess(in: try Folder(), configuration: configuration, data: "\(disk.path)/data")
      let web = WebClient(server)
      try register("alice", server)
      let path = try web.path(try web.upload(Self.png, type: "image/png"))
      let large = try web.connect()
      try large.write(web.head(length: 20 << 20, type: "text/plain", name: "large"))
      try large.write([UInt8](repeating: 65, count: 1 << 20))
      try wait("it comes") { kept(server).count == 2 }
      #expect(try web.upload([UInt8](repeating: 65, count: 20 << 20)).status == 507, "the room is promised")
      try disk.fill("ballast", leaving: 2 << 20)
      do { try large.write([UInt8](repeating: 65, count: 19 << 20)) } catch StreamError.closed {}
      let answer = try web.rest(large)
      #expect(answer.status == 507 && answer.text.contains("disk is full"))
      #expect(kept(server).count == 1)
      #expect(try web.upload([65]).status == 507)
      #expect(try web.ask("GET", path).body == Self.png, "reading goes on")
      try server.waitForLog("disk is low")
      disk.remove("ballast")
      try server.waitForLog("disk has room again")
      #expect(try web.upload([65]).status == 201)
      try server.stop()
    }

    @Test("Many at once, slow ones among them, keep nobody from chatting")
    func manyAtOnce() throws {
      let (server, web) = try start(try Folder(), more: #","limits":{"linesPerSecond":0}"#)
      let names = (0..<8).map { "user\($0)" }
      for name in names { try register(name, server) }
      var slow: [BlockingStream] = []
      for name in names {
        var web = web
        web.account = name
        for _ in 0..<3 {
          let stream = try web.connect()
          try stream.write(web.head(length: 1_000_000, type: "text/plain", name: "slow"))
          try stream.write([65])
          slow.append(stream)
        }
      }
      let alice = try IRCClient("user0", port: server.ircPort)
      try alice.login()
      try alice.join("#plans")
      for round in 0..<20 {
        var web = web
        web.account = names[round % names.count]
        let body = [UInt8](repeating: UInt8(round + 65), count: 300_000)
        let path = try web.path(try web.upload(body))
        try alice.say("\(round)", to: "#plans")
        #expect(try web.ask("GET", path).body == body)
      }
      for stream in slow { try stream.write([UInt8](repeating: 66, count: 999_999)) }
      for stream in slow { #expect(try web.rest(stream).status == 201) }
      try server.stop()
    }

    @Test("Those who run the realm see whose files there are, and remove them; accounts take theirs along")
    func upkeep() throws {
      let (server, web) = try start(try Folder())
      try register("alice", server)
      let first = try web.path(try web.upload(Self.png, type: "image/png", name: "one.png"))
      let again = try web.path(try web.upload(Self.png, type: "image/png", name: "two.png"))
      let text = try web.path(try web.upload([65, 66], name: "three.txt"))
      #expect(try server.administer(["command": "remove-file", "file": .string(first)])["ok"] == true)
      #expect(try web.ask("GET", first).status == 404)
      #expect(try web.ask("GET", again).body == Self.png, "another record names the same bytes")
      #expect(try server.administer(["command": "remove-file", "file": .string(again)])["ok"] == true)
      try wait("no record names it any more") { kept(server).count == 1 }
      #expect(try server.administer(["command": "remove-file", "file": .string(again)])["ok"] == false)
      let files = try server.administer(["command": "files", "account": "alice"])
      #expect(files["files"]?.elements?.map { $0["name"]?.text } == ["three.txt"])
      let mine = try web.path(try web.upload([67, 68], name: "four.txt"))
      let list = try web.ask("GET", "/upload", [web.authorization])
      #expect(list.status == 200 && list.text.contains(mine) && list.text.contains("three.txt"))
      #expect(try web.ask("DELETE", mine).status == 401)
      #expect(try web.ask("DELETE", mine, [web.authorization]).status == 204)
      #expect(try web.ask("GET", mine).status == 404)
      #expect(try web.ask("DELETE", mine, [web.authorization]).status == 404)
      #expect(try server.administer(["command": "delete", "account": "alice"])["ok"] == true)
      try wait("the files of the account") { kept(server).isEmpty }
      #expect(try web.ask("GET", text).status == 404)
      try server.stop()
    }
  }
}
