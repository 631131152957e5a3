import LiveServer
import Net
import Testing
import Wire

/// The answer to an HTTP request.
struct WebAnswer {
  var status: Int
  var fields: [String: String]
  var body: [UInt8]

  init(_ bytes: [UInt8]) throws {
    let end = try #require(try HTTPRequest.endOfHead(in: bytes), "no answer: \(String(decoding: bytes, as: UTF8.self))")
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
    status = try #require(Int(lines[0].split(separator: " ")[1]))
    fields = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      fields[parts[0].lowercased()] = parts[1].trimmingPrefix(" ").description
    }
    body = Array(bytes[end...])
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}

/// Uploads and downloads as programs do.
struct WebClient {
  let port: UInt16
  var account = "alice"
  var secret = IRCClient.password

  init(_ server: ServerProcess) { port = server.webPort }

  func connect() throws -> BlockingStream { try BlockingStream.connect(to: .loopback(port: port)) }

  /// All that the server says until it ends the connection.
  func rest(_ stream: BlockingStream) throws -> WebAnswer {
    var answer: [UInt8] = []
    do {
      while let more = try stream.read(timeoutMilliseconds: 10_000) { answer += more }
    } catch StreamError.closed {
      // That is its end.
    }
    if answer.starts(with: Array("HTTP/1.1 100 ".utf8)), let end = try HTTPRequest.endOfHead(in: answer) {
      answer.removeFirst(end)
    }
    return try WebAnswer(answer)
  }

  func ask(_ method: String, _ path: String, _ fields: [String] = []) throws -> WebAnswer {
    let stream = try connect()
    let lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + fields + ["", ""]
    try stream.write(Array(lines.joined(separator: "\r\n").utf8))
    return try rest(stream)
  }

  var authorization: String {
    "Authorization: Basic \(String(decoding: Base64.encode(Array("\(account):\(secret)".utf8)), as: UTF8.self))"
  }

  /// The head of an upload.
  func head(length: Int?, type: String, name: String, _ fields: [String] = []) -> [UInt8] {
    var lines = [
      "POST /upload HTTP/1.1", "Host: localhost", authorization, "Content-Type: \(type)",
      "Content-Disposition: attachment; filename=\"\(name)\"",
    ]
    lines.append(length.map { "Content-Length: \($0)" } ?? "Transfer-Encoding: chunked")
    return Array((lines + fields + ["", ""]).joined(separator: "\r\n").utf8)
  }

  func upload(_ body: [UInt8], type: String = "text/plain", name: String = "a.txt") throws -> WebAnswer {
    let stream = try connect()
    try stream.write(head(length: body.count, type: type, name: name))
    do {
      try stream.write(body)
    } catch StreamError.closed {
      // It was refused early.
    }
    return try rest(stream)
  }

  /// The path of what was uploaded.
  func path(_ answer: WebAnswer) throws -> String {
    try #require(answer.status == 201, "\(answer.text)")
    let location = try #require(answer.fields["location"])
    let prefix = "http://127.0.0.1:\(port)"
    try #require(location.hasPrefix(prefix))
    return String(location.dropFirst(prefix.count))
  }
}
