import Core
import Net
import Wire

// HTTP requests, and lines as WebSocket messages.
extension ClientLoop {
  func takeHead(_ connection: ClientConnection, _ bytes: UnsafeRawBufferPointer) -> Int {
    let start = Array(bytes.prefix(HTTPRequest.headBytes))
    do throws(HTTPError) {
      guard let end = try HTTPRequest.endOfHead(in: start) else { return 0 }
      let request = try HTTPRequest(parsing: start[..<end])
      guard let upgrade = try WebSocketUpgrade(request) else {
        if FileRequest.isMeant(request), let files = thread.files {
          handOver(connection, request, rest: Array(bytes[end...]), to: files)
          return bytes.count
        }
        if Self.isForWebhook(request) {
          beginPost(connection, request)
          guard case .posting(let post) = connection.mode else { return bytes.count }
          return end + takeBody(connection, post, UnsafeRawBufferPointer(rebasing: bytes[end...]))
        }
        answer(connection, respond(to: request), headOnly: request.method == "HEAD")
        return bytes.count
      }
      let webSocket = begin(connection, upgrade)
      let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
      return end + takeMessages(connection, webSocket, rest)
    } catch {
      answer(connection, HTTPResponse(refusing: error))
      return bytes.count
    }
  }

  /// Files are moved by a thread of their own.
  private func handOver(_ connection: ClientConnection, _ request: HTTPRequest, rest: [UInt8], to files: FileThread) {
    do throws(SystemError) {
      let copy = try connection.descriptor.duplicate()
      let handed = FileConnection(copy, connection.address, request, rest: rest)
      try letGo(connection)
      files.take(handed)
    } catch {
      drop(connection, error.reason)
    }
  }

  private func respond(to request: HTTPRequest) -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      var response = HTTPResponse(status: 405, text: "Only GET and HEAD are answered here.")
      response.fields = [HTTPField(name: "Allow", value: "GET, HEAD")]
      return response
    }
    return thread.routes(request) ?? HTTPResponse(status: 404, text: "There is no such page here.")
  }

  /// Answers a request; the connection ends with that.
  func answer(_ connection: ClientConnection, _ response: HTTPResponse, headOnly: Bool = false) {
    append(connection) { $0 += response.bytes(headOnly: headOnly) }
    finish(connection, seconds: Limits.answerSeconds)
    flush(connection)
  }

  private func begin(_ connection: ClientConnection, _ upgrade: WebSocketUpgrade) -> ClientConnection.WebSocket {
    let webSocket = ClientConnection.WebSocket(isText: upgrade.subprotocol != .binary)
    connection.mode = .webSocket(webSocket)
    connection.deadline = .max
    append(connection) { $0 += upgrade.answer(acceptDigest: Crypto.sha1(upgrade.acceptInput)) }
    announce(connection)
    flush(connection)
    return webSocket
  }

  /// Returns how many bytes are done with: not all where the client sends too fast.
  func takeMessages(
    _ connection: ClientConnection, _ webSocket: ClientConnection.WebSocket, _ bytes: UnsafeRawBufferPointer
  ) -> Int {
    var lines: [UInt8] = []
    var at = 0
    defer { flush(connection) }
    do throws(WebSocketError) {
      while at < bytes.count, connection.phase == .open, mayTakeLine(connection) {
        guard let message = try webSocket.reader.next(bytes, &at) else { break }
        pay(connection)
        take(connection, message, &lines)
      }
      pass(connection, &lines)
    } catch {
      pass(connection, &lines)
      end(connection, code: error.closeCode)
    }
    return at
  }

  private func take(_ connection: ClientConnection, _ message: WebSocketMessage, _ lines: inout [UInt8]) {
    switch message {
    case .text(let line), .binary(let line):
      lines += line
      if line.last != 10 { lines.append(10) }
      // A message is one line. One that holds more pays for each.
      for byte in line.dropLast() where byte == 10 { pay(connection) }
    case .oversized:
      pass(connection, &lines)
      events.append(.overlong(connection.id))
    case .ping(let payload):
      append(connection) { WebSocketFrame.append(.pong, payload, to: &$0) }
      if connection.backlog > limits.sendQueueBytes { overflow(connection) }
    case .pong:
      break
    case .close(let code):
      pass(connection, &lines)
      end(connection, code: code ?? 1000)
    }
  }

  private func pass(_ connection: ClientConnection, _ lines: inout [UInt8]) {
    guard !lines.isEmpty else { return }
    eventBytes += lines.count
    events.append(.input(connection.id, lines))
    lines = []
  }

  /// Ends a WebSocket from this side of the core, which is told.
  private func end(_ connection: ClientConnection, code: UInt16) {
    retract(connection, "Connection closed")
    appendClose(connection, code: code)
    finish(connection)
  }

  /// Queues the frame that ends a WebSocket.
  func appendClose(_ connection: ClientConnection, code: UInt16) {
    append(connection) { WebSocketFrame.appendClose(code: code, to: &$0) }
  }

  /// Queues lines as one message each.
  func queueMessages(
    _ connection: ClientConnection, _ webSocket: ClientConnection.WebSocket, _ lines: UnsafeRawBufferPointer
  ) {
    var at = 0
    while at < lines.count {
      let end = Self.lineEnd(lines, at) ?? lines.count
      var line = UnsafeRawBufferPointer(rebasing: lines[at..<end])
      while let last = line.last, last == 10 || last == 13 { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
      at = end
      append(connection) { output in
        if !webSocket.isText {
          WebSocketFrame.append(.binary, line, to: &output)
        } else if isUTF8(line) {
          WebSocketFrame.append(.text, line, to: &output)
        } else {
          // Browsers end a connection over one bad byte.
          WebSocketFrame.append(.text, String(decoding: line, as: UTF8.self).utf8, to: &output)
        }
      }
    }
  }
}
