import Testing

@testable import Server
@testable import moot

@Suite struct WebClientTests {
  @Test func theFilesAreThere() throws {
    let files = WebClient.files
    #expect(Set(files.map(\.path)).count == files.count)
    for file in files {
      #expect(file.path.hasPrefix("/") && !file.bytes.isEmpty)
      #expect(file.type.contains("/"))
    }
    #expect(files.contains { $0.path == "/" && $0.type == "text/html; charset=utf-8" })
    #expect(files.contains { $0.path == "/js/main.js" && $0.type == "text/javascript; charset=utf-8" })
  }

  /// What a first visit loads.
  @Test func theyAreSmall() {
    #expect(WebClient.files.reduce(0) { $0 + (Gzip.compressed($1.bytes)?.count ?? .max) } < 150 << 10)
  }
}
