import Glibc
import LiveServer
import Net
import Testing
import TranscriptRunner
import Wire

/// Plays transcripts on a real server over TCP. Between steps every client says PING: what a command causes is queued
/// before the answer to its sender's next one, so nothing more can come once all have their PONG.
final class LiveStage: Stage {
  /// What is read from the store for a session that goes on meanwhile, a replay, may come later than a PONG.
  let patience = 400

  private let folder: Folder?
  private var server: ServerProcess?
  private var configuration = "{}"
  private var clients: [String: Client] = [:]
  /// Who did something since the last PONG.
  private var actors: [String] = []
  private var pings = 0

  /// One client; once the connection is closed nothing is read from it.
  private final class Client {
    let stream: BlockingStream
    var lines: [String] = []
    var isOpen = true
    init(_ stream: BlockingStream) { self.stream = stream }
  }

  init() { folder = try? Folder() }

  func open(configuration: String) throws {
    // Many transcripts make accounts: as little work for each as may be configured. Of files they know nothing.
    let rest = configuration.drop { $0 != "{" }.dropFirst()
    let separator = rest.allSatisfy { $0 == " " || $0 == "}" } ? "" : ", "
    self.configuration = #"{"passwordIterations": 4096, "files": {"mostBytes": 0}"# + separator + rest
    try start()
  }

  private func start() throws {
    let folder = try #require(folder)
    server = try ServerProcess(in: folder, configuration: configuration)
  }

  func restart() throws {
    server?.process.kill()
    clients = [:]
    try start()
  }

  func connect(_ name: String) throws {
    let server = try #require(server)
    clients[name] = Client(try BlockingStream.connect(to: .loopback(port: server.ircPort)))
    actors.append(name)
  }

  func send(_ name: String, _ line: [UInt8]) throws {
    guard let client = clients[name], client.isOpen else { throw StageError("\(name) is not connected") }
    // Transcripts tell times apart, which have milliseconds.
    poll(nil, 0, 2)
    try client.stream.write(line + [13, 10])
    actors.append(name)
  }

  func drop(_ name: String) throws {
    guard let client = clients[name], client.isOpen else { throw StageError("\(name) is not connected") }
    client.stream.endSending()
    // The server closes its end when it has taken notice.
    while client.isOpen { try readLine(client) }
    client.lines.removeAll { $0 == "(closed)" }
  }

  func pretend(_ words: [String]) throws { throw StageError("a live server cannot do \"\(words[0])\"") }

  // MARK: settling

  func settle() throws -> [String: [String]] {
    if actors.isEmpty { poll(nil, 0, 5) }
    for name in actors + clients.keys.filter({ !actors.contains($0) }) {
      if let client = clients[name], client.isOpen { try awaitPong(client) }
    }
    actors = []
    defer { for client in clients.values { client.lines = [] } }
    return clients.mapValues(\.lines)
  }

  private func awaitPong(_ client: Client) throws {
    pings += 1
    let token = "barrier-\(pings)"
    do {
      try client.stream.write(Array("PING \(token)\r\n".utf8))
    } catch StreamError.closed {
      // What the server said before it closed is still to be read.
    }
    while client.isOpen {
      try readLine(client)
      guard client.lines.last?.hasSuffix("PONG alpha :\(token)") != true else {
        client.lines.removeLast()
        return
      }
    }
  }

  private func readLine(_ client: Client) throws {
    do {
      guard let line = try client.stream.readLine(timeoutMilliseconds: 20_000) else {
        throw StageError("the server does not answer; last came \(client.lines.suffix(5))")
      }
      let text = String(decoding: line, as: UTF8.self)
      // When the server asks for a sign of life depends on its clock.
      if !text.hasPrefix("PING :moot-") { client.lines.append(text) }
    } catch StreamError.closed {
      client.lines.append("(closed)")
      client.isOpen = false
    }
  }

  // MARK: operators

  func administer(_ command: String) throws -> String {
    let words = command.split(separator: " ").map(String.init)
    let folder = try #require(folder)
    let stream = try BlockingStream.connect(to: .unix(path: "\(folder.path)/data/admin.sock"))
    try stream.write(JSON(.object(Self.request(words))).bytes + [10])
    let answer = try JSON(parsing: try #require(try stream.readLine(timeoutMilliseconds: 20_000)))
    if let accounts = answer["accounts"]?.elements {
      return accounts.compactMap { $0["name"]?.text }.joined(separator: " ")
    }
    if let invitations = answer["invitations"]?.elements {
      return invitations.map {
        "\(number($0["id"])) \(number($0["uses"])) \($0["note"]?.text ?? "")"
      }.joined(separator: ", ")
    }
    if let acts = answer["acts"]?.elements {
      return acts.map { "\(number($0["number"])) \($0["from"]?.text ?? ""): \($0["text"]?.text ?? "")" }
        .joined(separator: ", ")
    }
    if let code = answer["code"]?.text { return "invitation \(number(answer["invitation"]?["id"])) \(code)" }
    return answer["text"]?.text ?? "refused: " + (answer["error"]?.text ?? "")
  }

  private static func request(_ words: [String]) -> [JSON.Member] {
    func member(_ name: String, _ value: JSON) -> JSON.Member { JSON.Member(name: name, value: value) }
    switch words[0] {
    case "invite":
      return [
        member("command", "create-invitation"), member("uses", .integer(Int64(words[1]) ?? 0)),
        member("days", .integer(Int64(words[2]) ?? 0)),
        member("note", .string(words.dropFirst(3).joined(separator: " "))),
      ]
    case "log": return [member("command", "moderation-log"), member("group", .string(words[1]))]
    case "revoke":
      return [member("command", "revoke-invitation"), member("invitation", .integer(Int64(words[1]) ?? 0))]
    default:
      var request = [member("command", .string(words[0]))]
      if words.count > 1 { request.append(member("account", .string(words[1]))) }
      if words.count > 2 { request.append(member("secret", .string(words[2]))) }
      return request
    }
  }

  private func number(_ json: JSON?) -> Int64 {
    if case .integer(let value)? = json?.kind { value } else { 0 }
  }
}
