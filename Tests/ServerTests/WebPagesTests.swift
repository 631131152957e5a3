import Core
import Net
import Testing
import Wire

@testable import Server

@Suite struct WebPagesTests {
  private let pages = WebPages(
    metrics: Metrics(), settings: Settings(realm: "alpha"), irc: [.loopback(port: 6667)],
    files: [
      WebFile(path: "/", type: "text/html; charset=utf-8", bytes: Array("<!doctype html>".utf8)),
      WebFile(path: "/js/main.js", type: "text/javascript; charset=utf-8", bytes: Array("hello()".utf8)),
    ])

  private func ask(_ target: String, _ fields: String...) throws -> HTTPResponse? {
    let lines = ["GET \(target) HTTP/1.1"] + fields + ["", ""]
    return pages.answer(try HTTPRequest(parsing: Array(lines.joined(separator: "\r\n").utf8)))
  }

  private func field(_ response: HTTPResponse, _ name: String) -> String? {
    response.fields.first { $0.name == name }?.value
  }

  /// A browser gets the web client, all others the words that tell how to connect.
  @Test func theFrontPage() throws {
    let browser = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
    let page = try #require(try ask("/", browser))
    #expect(page.status == 200 && page.type == "text/html; charset=utf-8")
    #expect(page.body == Array("<!doctype html>".utf8))
    #expect(field(page, "Vary")?.hasPrefix("Accept,") == true)
    for fields in ["Accept: */*", "Accept: text/plain", "Host: alpha"] {
      let text = try #require(try ask("/", fields))
      #expect(text.status == 200 && text.type == "text/plain; charset=utf-8")
      #expect(String(decoding: text.body, as: UTF8.self).contains("127.0.0.1:6667"))
      #expect(field(text, "Vary") == "Accept")
    }
    #expect(try ask("/connect", browser)?.type == "text/plain; charset=utf-8")
  }

  @Test func nothingFromElsewhereAndNothingInline() throws {
    let script = try #require(try ask("/js/main.js"))
    #expect(script.type == "text/javascript; charset=utf-8")
    let policy = try #require(field(script, "Content-Security-Policy"))
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
    #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
    #expect(field(script, "Referrer-Policy") == "no-referrer")
    #expect(field(script, "Cache-Control") == "no-cache")
    let bytes = String(decoding: script.bytes(headOnly: true), as: UTF8.self)
    #expect(bytes.contains("X-Content-Type-Options: nosniff\r\n"))
    #expect(bytes.hasSuffix("\r\n\r\n"))
  }

  @Test func whatIsKnownIsNotSentAgain() throws {
    let script = try #require(try ask("/js/main.js"))
    let tag = try #require(field(script, "ETag"))
    #expect(try ask("/", "Accept: text/html").flatMap { field($0, "ETag") } != tag)
    for known in [tag, String(tag.dropFirst(2)), "\"other\", \(tag)", "*"] {
      let again = try #require(try ask("/js/main.js", "If-None-Match: \(known)"))
      #expect(again.status == 304 && again.body.isEmpty && field(again, "ETag") == tag)
      let bytes = String(decoding: again.bytes(), as: UTF8.self)
      #expect(bytes.hasPrefix("HTTP/1.1 304 Not Modified\r\n") && !bytes.contains("Content-Length"))
    }
    #expect(try ask("/js/main.js", "If-None-Match: \"other\"")?.status == 200)
  }

  @Test func browsersGetItCompressed() throws {
    for accepted in ["gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "gzip"] {
      let script = try #require(try ask("/js/main.js", "Accept-Encoding: \(accepted)"))
      #expect(field(script, "Content-Encoding") == "gzip")
      #expect(script.body == Gzip.compressed(Array("hello()".utf8)))
    }
    for accepted in ["identity", "br", "gzip;q=0", "x-gzip"] {
      let script = try #require(try ask("/js/main.js", "Accept-Encoding: \(accepted)"))
      #expect(field(script, "Content-Encoding") == nil && script.body == Array("hello()".utf8))
    }
  }

  @Test(arguments: [
    "/js", "/js/", "/js/../js/main.js", "//js/main.js", "/js/main.js/", "/js/%6dain.js", "/JS/main.js",
    "/../etc/passwd", "/%2e%2e/etc/passwd", "/js\\main.js", "/index.html", "/.", "/hooks/x",
  ])
  func thereIsNothingElse(path: String) throws {
    #expect(try ask(path) == nil)
  }

  /// The part behind `?` is the page's own.
  @Test func queries() throws {
    #expect(try ask("/js/main.js?v=1")?.status == 200)
    #expect(try ask("/health?x")?.type == "application/json")
  }
}
