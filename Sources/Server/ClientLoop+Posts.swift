import Core
import Net
import Wire

/// A post on its way to the realm: what its head says, and how long its body is.
final class IncomingPost {
  var post: WebhookPost
  let length: Int
  /// The realm has it, and will answer.
  var isHandedOver = false

  init(_ post: WebhookPost, length: Int) {
    self.post = post
    self.length = length
  }
}

// What programs post to webhooks (docs/bots.md).
extension ClientLoop {
  private static let path = "/hooks"

  /// Whether a request is for a webhook.
  static func isForWebhook(_ request: HTTPRequest) -> Bool {
    request.path == path || request.path.hasPrefix(path + "/")
  }

  /// Takes the head of a post, or refuses it.
  func beginPost(_ connection: ClientConnection, _ request: HTTPRequest) {
    switch Self.incomingPost(request) {
    case .failure(let refusal): answer(connection, refusal.response)
    case .success(let post):
      connection.mode = .posting(post)
      setDeadline(connection, now + Limits.headSeconds * 1_000)
      if request.list("expect").contains(where: { fold($0) == "100-continue" }) {
        append(connection) { $0 += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8) }
        flush(connection)
      }
    }
  }

  private struct Refused: Error {
    var response: HTTPResponse
    init(_ status: Int, _ text: String, _ fields: [HTTPField] = []) {
      response = HTTPResponse(status: status, text: text)
      response.fields = fields
    }
  }

  private static func incomingPost(_ request: HTTPRequest) -> Result<IncomingPost, Refused> {
    guard request.method == "POST" else {
      return .failure(
        Refused(405, "Webhooks take POST: see docs/bots.md.", [HTTPField(name: "Allow", value: "POST")]))
    }
    guard let secret = secret(of: request) else {
      let challenge = HTTPField(name: "WWW-Authenticate", value: "Bearer")
      return .failure(
        Refused(401, "Give the webhook's secret: POST /hooks/SECRET, or Authorization: Bearer SECRET.", [challenge]))
    }
    guard request.first("content-encoding") == nil else {
      return .failure(Refused(415, "Send it as it is, without Content-Encoding."))
    }
    guard request.first("transfer-encoding") == nil, let length = request.first("content-length") else {
      return .failure(Refused(411, "Say how long it is: Content-Length, without Transfer-Encoding."))
    }
    guard length.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(length),
      request.fields.count(where: { $0.name == "content-length" }) == 1
    else { return .failure(Refused(400, "Content-Length is no number of bytes.")) }
    guard length <= Limits.webhookBodyBytes else {
      return .failure(
        Refused(413, "It has \(length) bytes: at most \(Limits.webhookBodyBytes) are taken, of text much less."))
    }
    let key = request.first("idempotency-key") ?? ""
    guard key.utf8.count <= Limits.webhookKeyBytes else {
      return .failure(Refused(400, "Idempotency-Key has at most \(Limits.webhookKeyBytes) bytes."))
    }
    let type = fold(String((request.first("content-type") ?? "").prefix { $0 != ";" && $0 != " " }))
    let post = WebhookPost(
      secretHash: Crypto.sha256(Array(secret.utf8)), key: key,
      isJSON: type == "application/json" || type.hasSuffix("+json"), body: [])
    return .success(IncomingPost(post, length: length))
  }

  private static func secret(of request: HTTPRequest) -> String? {
    let rest = request.path.dropFirst(path.utf8.count + 1)
    if !rest.isEmpty { return String(rest) }
    let words = (request.first("authorization") ?? "").split(separator: " ")
    return words.count == 2 && fold(String(words[0])) == "bearer" ? String(words[1]) : nil
  }

  /// Takes the body once all of it is there. Returns how many bytes are done with.
  func takeBody(_ connection: ClientConnection, _ post: IncomingPost, _ bytes: UnsafeRawBufferPointer) -> Int {
    // One connection posts once: what comes after it is not looked at.
    guard !post.isHandedOver else { return bytes.count }
    guard bytes.count >= post.length else { return 0 }
    post.isHandedOver = true
    post.post.body = Array(bytes[..<post.length])
    events.append(.posted(connection.id, post.post))
    eventBytes += post.length
    post.post.body = []
    setDeadline(connection, now + Limits.postSeconds * 1_000)
    return bytes.count
  }

  /// A post has taken too long: its body to come, or its answer.
  func giveUp(_ connection: ClientConnection, _ post: IncomingPost) {
    guard post.isHandedOver else {
      return answer(connection, HTTPResponse(status: 408, text: "The request took too long."))
    }
    let text =
      "The realm did not answer in time, and may have taken it: send it again with the same Idempotency-Key, if it had "
      + "one."
    answer(connection, HTTPResponse(status: 504, text: text))
  }
}
