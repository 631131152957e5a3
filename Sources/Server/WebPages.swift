import Core
import Net
import Wire

/// The few pages that the web endpoint has beside WebSocket.
struct WebPages: Sendable {
  var metrics: Metrics
  var settings: Settings
  /// Where IRC clients connect.
  var irc: [SocketAddress]

  /// Answers a GET; nil: there is no such page.
  func answer(_ path: String) -> HTTPResponse? {
    switch path {
    case "/": HTTPResponse(body: Array(welcome.utf8))
    case "/metrics":
      HTTPResponse(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(metrics.prometheusText.utf8))
    case "/health": health
    default: nil
    }
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

      This is Moot, a chat server. Any IRC client can connect:

      \(doors.isEmpty ? "  over WebSocket, at this address" : doors)
      \(doors.isEmpty ? "" : "  or over WebSocket, at this address\n")
      The realm is called \(settings.realm). Once connected, "/msg NickServ HELP" says how to register.

      """
  }
}
