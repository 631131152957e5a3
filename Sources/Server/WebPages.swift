package import Core
package import Net
package import Wire

/// What the web endpoint has beside WebSocket: the web client, and a few pages for programs.
package struct WebPages: Sendable {
  private let metrics: Metrics
  private let settings: Settings
  private let irc: [SocketAddress]
  private let files: [String: ServedFile]

  /// - Parameters:
  ///   - irc: where IRC clients connect.
  ///   - files: the web client; without it, the front page tells how to connect.
  package init(metrics: Metrics, settings: Settings, irc: [SocketAddress], files: [WebFile]) {
    self.metrics = metrics
    self.settings = settings
    self.irc = irc
    self.files = Dictionary(files.map { ($0.path, ServedFile($0)) }) { first, _ in first }
  }

  /// Answers a GET or HEAD; nil: there is no such page.
  package func answer(_ request: HTTPRequest) -> HTTPResponse? {
    switch request.path {
    case "/": front(request)
    case "/connect": HTTPResponse(body: Array(welcome.utf8))
    case "/metrics":
      HTTPResponse(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(metrics.prometheusText.utf8))
    case "/health": health
    default: files[request.path]?.answer(request)
    }
  }

  /// The web client for browsers; for programs that do not ask for a page, like curl, a text.
  private func front(_ request: HTTPRequest) -> HTTPResponse {
    let wantsPage = request.list("accept").contains { $0.hasPrefix("text/html") }
    if wantsPage, let page = files["/"] { return page.answer(request) }
    return HTTPResponse(fields: [HTTPField(name: "Vary", value: "Accept")], body: Array(welcome.utf8))
  }

  private var health: HTTPResponse {
    let health = metrics.health()
    return HTTPResponse(
      status: health.isHealthy ? 200 : 503, type: "application/json",
      body: health.body + [UInt8(ascii: "\n")])
  }

  private var welcome: String {
    let doors = irc.map { "  \($0)" }.joined(separator: "\n")
    return """
      \(settings.title)

      This is Moot, a chat server. Open this address in a browser to chat, or connect with any IRC client:

      \(doors.isEmpty ? "  over WebSocket, at this address" : doors)
      \(doors.isEmpty ? "" : "  or over WebSocket, at this address\n")
      The realm is called \(settings.realm). Once connected, "/msg NickServ HELP" says how to register.

      """
  }
}
