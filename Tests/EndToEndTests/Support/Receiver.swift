import Glibc
import LiveServer
import Net
import Wire

/// A server of somebody else's, which takes what the realm posts over TLS, and remembers it.
final class Receiver {
  /// What the realm posted once.
  struct Request {
    var path: String
    /// By names in lower case.
    var fields: [String: String]
    var body: [UInt8]
  }

  let port: UInt16
  /// The file of its certificate, which nobody has signed but itself.
  let certificate: String
  private let process: ChildProcess
  private let folder: Folder

  /// Answers 200, except for the paths that are a status: `/503`.
  private static let script = """
    import base64, http.server, json, ssl, sys
    folder = sys.argv[1]
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields = {name.lower(): value for name, value in self.headers.items()}
            with open(folder + "/received", "a") as file:
                line = {"path": self.path, "fields": fields, "body": base64.b64encode(body).decode()}
                file.write(json.dumps(line) + "\\n")
            status = self.path[1:]
            self.send_response(int(status) if status.isdigit() else 200)
            self.end_headers()
        def log_message(self, *arguments):
            pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()
    """

  init(in folder: Folder, name: String = "IP:127.0.0.1") throws {
    self.folder = folder
    certificate = folder.path + "/certificate.pem"
    let openssl = try ChildProcess([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
      "-subj", "/CN=receiver", "-addext", "subjectAltName=\(name)", "-keyout", folder.path + "/key.pem", "-out",
      certificate,
    ])
    guard openssl.wait() == 0 else { throw Failed() }
    try folder.write("receiver.py", Self.script)
    var pipe: [Int32] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw Failed() }
    for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(pipe[0]) }
    process = try ChildProcess(
      ["python3", folder.path + "/receiver.py", folder.path], output: pipe[1], errors: folder.path + "/receiver.log")
    close(pipe[1])
    var line: [UInt8] = []
    var byte: UInt8 = 0
    var request = pollfd(fd: pipe[0], events: Int16(POLLIN), revents: 0)
    while byte != 10, poll(&request, 1, 20_000) > 0, read(pipe[0], &byte, 1) == 1 { line.append(byte) }
    guard let port = UInt16(String(decoding: line.dropLast(), as: UTF8.self)) else { throw Failed() }
    self.port = port
  }

  /// It did not start.
  struct Failed: Error {}

  /// What has come so far.
  var requests: [Request] {
    folder.read("received").split(separator: "\n").compactMap { line in
      guard let json = try? JSON(parsing: Array(line.utf8)), let body = json["body"]?.text,
        case .object(let fields)? = json["fields"]?.kind
      else { return nil }
      return Request(
        path: json["path"]?.text ?? "",
        fields: Dictionary(fields.map { ($0.name, $0.value.text ?? "") }) { first, _ in first },
        body: Base64.decode(Array(body.utf8)) ?? [])
    }
  }

  /// Waits until so many requests have come, at one path or at any.
  func wait(for count: Int, at path: String? = nil, milliseconds: Int64 = 30_000) throws -> [Request] {
    let until = Clock.monotonicMilliseconds() + milliseconds
    while true {
      let requests = requests.filter { path == nil || $0.path == path }
      if requests.count >= count { return requests }
      guard Clock.monotonicMilliseconds() < until else { throw TooFew(requests: requests.count) }
      poll(nil, 0, 10)
    }
  }

  /// Not all came in time.
  struct TooFew: Error {
    var requests: Int
  }
}
