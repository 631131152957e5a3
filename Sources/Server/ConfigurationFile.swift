import Glibc
package import Wire

/// The bytes of a file that people write by hand; nil if there is none.
func readSmallFile(_ path: String) throws(ConfigurationError) -> [UInt8]? {
  let limit = 1 << 20
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else {
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw ConfigurationError(path, "cannot be opened: \(String(cString: strerror(errno)))")
  }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 16_384)
  while bytes.count <= limit {
    let count = read(file, &chunk, chunk.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else {
      throw ConfigurationError(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
  }
  throw ConfigurationError(path, "larger than \(limit) bytes: this is not the file you mean")
}

/// Reads text as JSON; what is wrong with it is told with its place.
package func parseJSON(_ bytes: [UInt8], of place: String) throws(ConfigurationError) -> JSON {
  do {
    return try JSON(parsing: bytes)
  } catch {
    throw ConfigurationError(place, line: error.line, error.message)
  }
}
