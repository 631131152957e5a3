import Glibc
import Net
package import Wire

/// A real server, run as people run it, on ports of the system's choice.
package final class ServerProcess {
  package let process: ChildProcess
  package let folder: Folder
  package let realm: String
  /// The data folder.
  package let data: String
  /// The log file, in the folder.
  private let logName: String
  package let ircPort: UInt16
  package let webPort: UInt16

  /// Starts a realm in a folder, and waits until it says that it is ready.
  ///
  /// - Parameters:
  ///   - configuration: the text of the configuration file.
  ///   - data: the data folder; in `folder` where it is not given.
  ///   - environment: variables, `NAME=value`; those of the tests where it is not given.
  ///   - directory: the text of the directory; one with this realm alone where it is not given.
  package init(
    in folder: Folder, realm: String = "alpha", configuration: String = "{}", data: String? = nil,
    irc: String = "127.0.0.1:0", directory: String? = nil, environment: [String]? = nil
  ) throws {
    self.folder = folder
    self.realm = realm
    self.data = data ?? "\(folder.path)/\(realm == "alpha" ? "data" : realm)"
    logName = realm == "alpha" ? "log" : "\(realm).log"
    let directoryName = realm == "alpha" ? "realms.json" : "\(realm)-realms.json"
    try folder.write(directoryName, directory ?? Self.directory)
    try folder.write("\(realm).json", configuration)
    var pipe: [Int32] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw LiveServerError("no pipe: error \(errno)") }
    for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(pipe[0]) }
    process = try ChildProcess(
      [
        Self.program, "serve", realm, "--directory", "\(folder.path)/\(directoryName)", "--data",
        self.data, "--irc", irc, "--web", "127.0.0.1:0",
      ], environment: environment, output: pipe[1], errors: "\(folder.path)/\(logName)")
    close(pipe[1])
    let ready = Self.readLine(pipe[0])
    guard let irc = Self.port(after: "irc 127.0.0.1:", in: ready),
      let web = Self.port(after: "web http://127.0.0.1:", in: ready)
    else {
      process.wait(milliseconds: 5_000)
      throw Failed(message: readFile("\(folder.path)/\(logName)"), status: process.wait(milliseconds: 0))
    }
    ircPort = irc
    webPort = web
  }

  /// A server that did not become ready: what it said last, and how it ended.
  package struct Failed: Error {
    package var message: String
    package var status: Int32?
  }

  private static let directory =
    #"{"realms":[{"name":"alpha","title":"Alpha","irc":"127.0.0.1:6667","web":"127.0.0.1:8101","trust":"first-use"}]}"#

  /// The executable, which is built beside the tests.
  package static let program: String = {
    var path = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    let own = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Where the tests are loaded by a program of the toolchain, their own path is among the arguments.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
    return bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)] + "/moot"
  }()

  private static func readLine(_ descriptor: Int32) -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while line.last != 10, poll(&request, 1, 30_000) > 0, read(descriptor, &byte, 1) == 1 { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  private static func port(after prefix: String, in line: String) -> UInt16? {
    guard let start = line.firstRange(of: prefix)?.upperBound else { return nil }
    return UInt16(line[start...].prefix { $0.isNumber })
  }

  /// Everything it has logged so far, of earlier runs in this folder, too.
  package var log: String { folder.read(logName) }

  /// Waits until the log says something, so often.
  package func waitForLog(_ text: String, count: Int = 1, milliseconds: Int64 = 10_000) throws {
    let until = Clock.monotonicMilliseconds() + milliseconds
    while log.ranges(of: text).count < count {
      guard Clock.monotonicMilliseconds() < until else {
        throw LiveServerError("the log does not say \"\(text)\":\n\(log)")
      }
      poll(nil, 0, 10)
    }
  }

  /// Stops it in good order.
  package func stop() throws {
    process.signal(SIGTERM)
    guard process.wait() == 0 else { throw LiveServerError("the server did not stop in good order:\n\(log)") }
  }

  /// The answer to a command of the person who runs the realm.
  package func administer(_ request: JSON) throws -> JSON {
    let stream = try BlockingStream.connect(to: .unix(path: "\(data)/admin.sock"))
    try stream.write(request.bytes + [10])
    guard let answer = try stream.readLine(timeoutMilliseconds: 10_000) else {
      throw LiveServerError("the server does not answer its operators")
    }
    return try JSON(parsing: answer)
  }

  /// The answer to a GET on the web endpoint: status line, fields and body.
  package func get(_ path: String) throws -> String {
    let stream = try BlockingStream.connect(to: .loopback(port: webPort))
    try stream.write(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    var answer: [UInt8] = []
    do {
      while let more = try stream.read(timeoutMilliseconds: 5_000) { answer += more }
    } catch StreamError.closed {
      // That is its end.
    }
    return String(decoding: answer, as: UTF8.self)
  }
}
