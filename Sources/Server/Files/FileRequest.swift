import Core
import Net
import Wire

/// What requests for files and offers of files say, and the answers that need nothing but that.
enum FileRequest {
  /// Whether a request is about files.
  static func isMeant(_ request: HTTPRequest) -> Bool {
    request.path == Realm.uploadPath || request.path.hasPrefix(Realm.filesPath)
  }

  /// An answer instead of what was wanted.
  struct Refusal: Error {
    var response: HTTPResponse
    init(_ status: Int, _ text: String, _ fields: [HTTPField] = []) {
      response = HTTPResponse(status: status, text: text)
      response.fields = fields
    }
  }

  // MARK: uploads

  /// An upload as its head describes it.
  struct Offer {
    var demand: FileDemand
    var claim: String
    var body: UploadBody
    /// Whether it waits for a word before it sends.
    var waits: Bool
  }

  /// Web clients of other origins may upload: they give the credentials themselves, browsers add none.
  private static let shared = [
    HTTPField(name: "Access-Control-Allow-Origin", value: "*"),
    HTTPField(name: "Access-Control-Expose-Headers", value: "Location, Accept-Post, Upload-Limit"),
  ]

  /// The answer to an upload, as others' pages may read it.
  static func shared(_ response: HTTPResponse) -> HTTPResponse {
    var response = response
    response.fields += shared
    return response
  }

  /// What may be uploaded (soju.im/FILEHOST): before an upload, from browsers too.
  static func options(_ settings: FileSettings) -> HTTPResponse {
    HTTPResponse(
      status: 204,
      fields: [
        HTTPField(name: "Allow", value: "GET, OPTIONS, POST"),
        HTTPField(name: "Accept-Post", value: settings.types.joined(separator: ", ")),
        HTTPField(name: "Upload-Limit", value: "max-size=\(settings.mostBytes)"),
        HTTPField(name: "Access-Control-Allow-Methods", value: "GET, OPTIONS, POST"),
        HTTPField(
          name: "Access-Control-Allow-Headers", value: "Authorization, Content-Type, Content-Disposition"),
        HTTPField(name: "Access-Control-Max-Age", value: "600"),
      ], body: [])
  }

  /// Reads the head of an upload, and refuses what cannot be taken whoever sends it.
  static func offer(_ request: HTTPRequest, from host: String, _ settings: FileSettings) throws(Refusal) -> Offer {
    guard request.method == "POST" else {
      throw Refusal(
        405, "Files are uploaded with POST, and GET tells one's own.",
        [HTTPField(name: "Allow", value: "GET, OPTIONS, POST")])
    }
    guard settings.mostBytes > 0 else { throw Refusal(403, "This realm takes no files.") }
    guard request.first("content-encoding") == nil else {
      throw Refusal(415, "Send the file as it is, without Content-Encoding.")
    }
    let claim = request.first("content-type") ?? ""
    let essence = MediaType.essence(claim)
    guard !essence.hasPrefix("multipart/") else {
      throw Refusal(415, "Send the file itself as the body, not a form: its name goes into Content-Disposition.")
    }
    guard MediaType.saysNothing(claim) || MediaType.isTaken(essence, by: settings.types) else {
      throw notTaken(settings)
    }
    let (body, length) = try body(of: request)
    if let length, length > settings.mostBytes {
      throw Refusal(413, "It has \(length) bytes: at most \(settings.mostBytes) are taken.")
    }
    let name = FileName.of(disposition: request.first("content-disposition") ?? "")
    return Offer(
      demand: FileDemand(.upload(name: name, length: length), credentials: credentials(request), host: host),
      claim: claim, body: body, waits: request.list("expect").contains { fold($0) == "100-continue" })
  }

  static func notTaken(_ settings: FileSettings) -> Refusal {
    Refusal(415, "Files of this type are not taken, only \(settings.types.joined(separator: ", ")).")
  }

  private static func body(of request: HTTPRequest) throws(Refusal) -> (UploadBody, Int64?) {
    let length = request.first("content-length")
    if let coding = request.first("transfer-encoding") {
      guard fold(coding) == "chunked", length == nil, request.isVersion11 else {
        throw Refusal(400, "Transfer-Encoding can be chunked, then without Content-Length, and nothing else.")
      }
      return (.chunks(ChunkedBody()), nil)
    }
    guard let length else { throw Refusal(411, "Say how long it is: Content-Length.") }
    guard length.utf8.count <= 15, length.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(length),
      request.fields.count(where: { $0.name == "content-length" }) == 1
    else { throw Refusal(400, "Content-Length is no number of bytes.") }
    return (.bytes(number), number)
  }

  private static func credentials(_ request: HTTPRequest) -> FileCredentials? {
    let words = (request.first("authorization") ?? "").split(separator: " ")
    guard words.count == 2 else { return nil }
    let secret = Array(words[1].utf8)
    switch fold(String(words[0])) {
    case "bearer": return .token(secret)
    case "basic":
      guard let bytes = Base64.decode(secret), let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0,
        isUTF8(bytes, in: 0..<colon)
      else { return nil }
      return .password(name: String(decoding: bytes[..<colon], as: UTF8.self), secret: Array(bytes[(colon + 1)...]))
    default: return nil
    }
  }

  /// What is wanted without a body: to know one's files, or that one of them goes. Nil: something else.
  static func demand(_ request: HTTPRequest, of realm: String, from host: String) throws(Refusal) -> FileDemand? {
    switch request.method {
    case "GET" where request.path == Realm.uploadPath:
      return FileDemand(.list, credentials: credentials(request), host: host)
    case "DELETE" where request.path != Realm.uploadPath:
      let (id, elsewhere) = try file(request, of: realm)
      guard elsewhere == nil else {
        throw Refusal(403, "It belongs to somebody of another realm, who can remove it there.")
      }
      return FileDemand(.remove(id), credentials: credentials(request), host: host)
    default: return nil
    }
  }

  // MARK: downloads

  /// The id in the path of a file, and what names it if it is another realm's; what follows is for people.
  static func file(
    _ request: HTTPRequest, of realm: String
  ) throws(Refusal) -> (id: String, elsewhere: FileElsewhere?) {
    guard ["GET", "HEAD", "DELETE"].contains(request.method) else {
      throw Refusal(
        405, "Files are read with GET and HEAD, and removed with DELETE.",
        [HTTPField(name: "Allow", value: "DELETE, GET, HEAD")])
    }
    var named = String(request.path.dropFirst(Realm.filesPath.utf8.count).prefix { $0 != "/" })
    // Some clients escape what need not be.
    if let escaped = named.firstRange(of: "%40") { named.replaceSubrange(escaped, with: "@") }
    let parts = named.split(separator: "@", omittingEmptySubsequences: false)
    guard let id = parts.first, FileID.isOne(id), parts.count <= 2 else { throw missing }
    guard parts.count == 2, parts[1] != realm else { return (String(id), nil) }
    guard Names.isRealm(String(parts[1])) else { throw missing }
    return (String(id), FileElsewhere(id: String(id), realm: String(parts[1])))
  }

  /// An id that nobody can guess.
  static func makeID() -> String { DeviceToken.base64URL(Crypto.randomBytes(16)) }

  static var missing: Refusal { Refusal(404, "There is no such file here: it was removed, or never there.") }

  /// The head of the answer with a file, and the part of it that goes out; nil for none.
  static func answer(_ request: HTTPRequest, _ file: FileRecord) -> (head: HTTPResponse, part: Range<Int64>?) {
    let tag = "\"" + DeviceToken.base64URL(file.hash).prefix(22) + "\""
    var head = HTTPResponse(type: file.type, fields: fields(file, tag), body: [])
    let known = request.list("if-none-match").map { $0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0 }
    if known.contains(tag) || known == ["*"] {
      head.status = 304
      return (head, nil)
    }
    // A part of what the client has the rest of; where that is another file, all of this one.
    let isSame = request.first("if-range").map { $0 == tag } ?? true
    switch ByteRange(isSame ? request.first("range") : nil, size: file.size) {
    case .whole: return (head, 0..<file.size)
    case .part(let range):
      head.status = 206
      let place = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
      head.fields.append(HTTPField(name: "Content-Range", value: place))
      return (head, range)
    case .unsatisfiable:
      head = HTTPResponse(status: 416, text: "The file has \(file.size) bytes.")
      head.fields = [HTTPField(name: "Content-Range", value: "bytes */\(file.size)")]
      return (head, nil)
    }
  }

  /// Whatever the file is, a browser shows it or saves it and does nothing else with it.
  private static func fields(_ file: FileRecord, _ tag: String) -> [HTTPField] {
    [
      HTTPField(
        name: "Content-Security-Policy",
        value: "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'; sandbox"),
      HTTPField(
        name: "Content-Disposition", value: FileName.disposition(file.name, isShown: file.isShown)),
      HTTPField(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
      HTTPField(name: "Referrer-Policy", value: "no-referrer"),
      // It never changes; but it may be removed.
      HTTPField(name: "Cache-Control", value: "private, max-age=86400, immutable"),
      HTTPField(name: "ETag", value: tag),
      HTTPField(name: "Accept-Ranges", value: "bytes"),
    ]
  }
}
