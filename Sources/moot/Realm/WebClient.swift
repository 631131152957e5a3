import Server
import Web

/// The web client, which is part of the binary (`Sources/Web`).
enum WebClient {
  static var files: [WebFile] {
    (0..<web_file_count()).map { index in
      let file = web_file_at(index)
      return WebFile(
        path: String(cString: file.path), type: String(cString: file.type),
        bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.count)))
    }
  }
}
