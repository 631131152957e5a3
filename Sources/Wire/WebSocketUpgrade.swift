/// How IRC lines travel in WebSocket messages (IRCv3 websocket): one line a message, without CR LF.
package enum WebSocketSubprotocol: String, Sendable, CaseIterable {
  case text = "text.ircv3.net"
  case binary = "binary.ircv3.net"
}

/// A request to go on as a WebSocket (RFC 6455, section 4.2.1).
package struct WebSocketUpgrade: Equatable, Sendable {
  package private(set) var key: String
  /// The first of the client's list that we speak; nil: it named none, and is treated as `text`.
  package private(set) var subprotocol: WebSocketSubprotocol?

  /// nil: the request asks for no WebSocket.
  package init?(_ request: HTTPRequest) throws(HTTPError) {
    guard request.list("upgrade").contains(where: { fold($0) == "websocket" }) else { return nil }
    guard request.method == "GET", request.isVersion11,
      request.list("connection").contains(where: { fold($0) == "upgrade" }),
      let key = request.first("sec-websocket-key"), Base64.decode(Array(key.utf8))?.count == 16
    else { throw .malformed }
    guard request.first("sec-websocket-version") == "13" else { throw .unsupportedWebSocket }
    self.key = key
    subprotocol = request.list("sec-websocket-protocol").lazy.compactMap(WebSocketSubprotocol.init).first
  }

  /// What the server shows that it understood: Base64 of the SHA-1 of these bytes.
  package var acceptInput: [UInt8] { Self.acceptInput(key: key) }

  /// The same, for a client that checks the answer.
  package static func acceptInput(key: String) -> [UInt8] {
    Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
  }

  /// The answer with which the WebSocket begins.
  ///
  /// - Parameter acceptDigest: SHA-1 of `acceptInput`.
  package func answer(acceptDigest: [UInt8]) -> [UInt8] {
    let accept = String(decoding: Base64.encode(acceptDigest), as: UTF8.self)
    var head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += "Sec-WebSocket-Accept: \(accept)\r\n"
    if let subprotocol { head += "Sec-WebSocket-Protocol: \(subprotocol.rawValue)\r\n" }
    return Array("\(head)\r\n".utf8)
  }
}
