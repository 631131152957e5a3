import Net
import Wire

/// A file of the web client, which is part of the binary.
package struct WebFile: Sendable {
  /// Where it is found: `/app.css`. The page itself is `/`.
  package var path: String
  /// Its media type.
  package var type: String
  package var bytes: [UInt8]

  package init(path: String, type: String, bytes: [UInt8]) {
    self.path = path
    self.type = type
    self.bytes = bytes
  }
}

/// A file with what is sent along, worked out once.
final class ServedFile: Sendable {
  private let type: String
  private let bytes: [UInt8]
  private let tag: String
  /// Compressed, once somebody has asked for it.
  private let packed = Locked<[UInt8]?>(nil)

  init(_ file: WebFile) {
    type = file.type
    bytes = file.bytes
    tag = "\"" + String(decoding: Base64.encode(Crypto.sha256(file.bytes)), as: UTF8.self).prefix(22) + "\""
  }

  /// Nothing but what the realm serves is loaded, no script stands in a page, nothing that looks like a page is put
  /// together from strings, and no other page frames this one.
  private static let policy = """
    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types moot
    """

  private var fields: [HTTPField] {
    [
      HTTPField(name: "Content-Security-Policy", value: Self.policy),
      HTTPField(name: "Referrer-Policy", value: "no-referrer"),
      HTTPField(name: "Cross-Origin-Opener-Policy", value: "same-origin"),
      HTTPField(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
      // Asked for each time and answered with 304: so that nobody runs half of an older version.
      HTTPField(name: "Cache-Control", value: "no-cache"),
      HTTPField(name: "Vary", value: "Accept, Accept-Encoding"),
      // Weak: it is the same file, compressed or not.
      HTTPField(name: "ETag", value: "W/\(tag)"),
    ]
  }

  /// The answer to a GET or HEAD.
  func answer(_ request: HTTPRequest) -> HTTPResponse {
    let known = request.list("if-none-match").map { $0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0 }
    if known.contains(tag) || known == ["*"] { return HTTPResponse(status: 304, type: type, fields: fields, body: []) }
    let accepted = request.list("accept-encoding").map { $0.filter { $0 != " " } }
    guard accepted.contains(where: { $0 == "gzip" || $0.hasPrefix("gzip;q=1") || $0.hasPrefix("gzip;q=0.") }) else {
      return HTTPResponse(type: type, fields: fields, body: bytes)
    }
    guard let compressed = compressed() else { return HTTPResponse(type: type, fields: fields, body: bytes) }
    return HTTPResponse(
      type: type, fields: fields + [HTTPField(name: "Content-Encoding", value: "gzip")], body: compressed)
  }

  private func compressed() -> [UInt8]? {
    packed.withLock { packed in
      if packed == nil { packed = Gzip.compressed(bytes) }
      return packed
    }
  }
}
