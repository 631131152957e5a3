/// An answer to an HTTP request. The connection always ends with it.
package struct HTTPResponse: Equatable, Sendable {
  package var status: Int
  /// Fields besides the length, the type and the end of the connection.
  package var fields: [HTTPField]
  /// The media type of the body.
  package var type: String
  package var body: [UInt8]

  package init(
    status: Int = 200, type: String = "text/plain; charset=utf-8", fields: [HTTPField] = [], body: [UInt8]
  ) {
    self.status = status
    self.type = type
    self.fields = fields
    self.body = body
  }

  /// A short answer in words.
  package init(status: Int, text: String) {
    self.init(status: status, body: Array("\(text)\n".utf8))
  }

  /// What a request is answered that cannot be served.
  package init(refusing error: HTTPError) {
    switch error {
    case .malformed: self.init(status: 400, text: "This is not an HTTP request.")
    case .tooLong: self.init(status: 431, text: "The head of the request is too long.")
    case .unsupportedVersion: self.init(status: 505, text: "Only HTTP/1.1 is spoken here.")
    case .unsupportedWebSocket:
      self.init(status: 426, text: "Only WebSocket version 13 is spoken here.")
      fields = [
        HTTPField(name: "Upgrade", value: "websocket"),
        HTTPField(name: "Sec-WebSocket-Version", value: "13"),
      ]
    }
  }

  /// The answer as it is sent.
  ///
  /// - Parameter headOnly: leaves the body out, as HEAD asks.
  package func bytes(headOnly: Bool = false) -> [UInt8] {
    head(length: Int64(body.count)) + (headOnly ? [] : body)
  }

  /// The head of an answer whose body is so long and comes from elsewhere.
  package func head(length: Int64) -> [UInt8] {
    var head = "HTTP/1.1 \(status) \(Self.phrase(status))\r\n"
    // The length of what a 304 does not send is that of the whole (RFC 9110, section 8.6): left out.
    // A 204 has neither.
    if status != 304 && status != 204 { head += "Content-Type: \(type)\r\nContent-Length: \(length)\r\n" }
    head += "Connection: close\r\n"
    head += "X-Content-Type-Options: nosniff\r\n"
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    head += "\r\n"
    return Array(head.utf8)
  }

  private static func phrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 410: "Gone"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    default: "Status"
    }
  }
}
