import Glibc
import Net
import Server
import Wire

/// Talks with a running realm over the socket in its data folder.
enum Admin {
  /// The data folder: `--data`, else that of the realm named, else the only one there is.
  static func folder(_ arguments: Arguments, realm: String?) throws(Failure) -> String {
    if let folder = arguments["data"] { return folder }
    if let realm = arguments["realm"] ?? realm {
      guard isRealmName(realm) else { throw .usage("\"\(realm)\" is no name of a realm") }
      return "data/\(realm)"
    }
    let realms = foldersInData()
    guard !realms.isEmpty else { throw .usage("no data folder ./data/REALM is here: name one with --data") }
    guard realms.count == 1 else {
      throw .usage("which realm? Add --realm with one of \(realms.joined(separator: ", "))")
    }
    return "data/\(realms[0])"
  }

  /// The realm that a command is for: `--realm`, else the only one in ./data, else the only one of the directory.
  static func realm(_ arguments: Arguments, of directory: Directory) throws(Failure) -> String {
    if let realm = arguments["realm"] {
      guard isRealmName(realm) else { throw .usage("\"\(realm)\" is no name of a realm") }
      return realm
    }
    for names in [foldersInData(), directory.names] where names.count == 1 { return names[0] }
    throw .usage("which realm? Add --realm with one of \(directory.names.joined(separator: ", "))")
  }

  private static func foldersInData() -> [String] {
    guard let listing = opendir("data") else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if isRealmName(name) { names.append(name) }
    }
    return names.sorted()
  }

  /// Sends a request and waits for the answer; a refusal is thrown.
  static func ask(_ request: JSON, in folder: String) throws(Failure) -> JSON {
    let path = folder + "/admin.sock"
    guard path.utf8.count <= SocketAddress.unixPathBytes else {
      throw Failure("the path \(path) is too long for a socket: go nearer to it and use a relative one")
    }
    let answer: JSON
    do {
      answer = try JSON(parsing: try exchange(request, at: path), maxBytes: 64 << 20)
    } catch let error as StreamError {
      throw Failure(.unreachable, "no realm answers at \(path) (\(error)): is it running, and is it yours?")
    } catch {
      throw Failure("the realm at \(path) answered what is no JSON: is it another version?")
    }
    guard answer["ok"] == true else { throw Failure(answer["error"]?.text ?? "refused without a reason") }
    return answer
  }

  private static func exchange(_ request: JSON, at path: String) throws(StreamError) -> [UInt8] {
    let stream = try BlockingStream.connect(to: .unix(path: path))
    try stream.write(request.bytes + [10])
    stream.endSending()
    // A backup of a large realm takes its time. The list of its accounts is one long line, so no line is read.
    var answer: [UInt8] = []
    while answer.last != 10 {
      guard let more = try stream.read(timeoutMilliseconds: 3_600_000) else { throw .timedOut }
      answer += more
    }
    return answer
  }

  /// Prints what was done.
  static func show(_ answer: JSON, json: Bool) {
    if json {
      Output.write(answer)
    } else {
      Output.write((answer["text"]?.text ?? "done") + "\n")
    }
  }
}
