import Glibc
import Testing
import Wire

@testable import Server

@Suite struct LogTests {
  private func text(_ form: LogFormat, _ event: String, _ fields: LogFields) -> String {
    let line = form.line(LogEvent(time: 1_795_368_942_000, level: .info, area: "realm", event: event, fields: fields))
    return String(decoding: line, as: UTF8.self)
  }

  @Test func linesForPeople() {
    #expect(
      text(.text, "started", ["irc": "127.0.0.1:6667", "accounts": 3, "title": "Our realm", "none": ""])
        == #"2026-11-22T17:35:42.000Z info realm "started" irc=127.0.0.1:6667 accounts=3 title="Our realm" none="""#
        + "\n")
  }

  @Test func linesForMachinesAreJSON() throws {
    let line = text(.json, "started", ["irc": "127.0.0.1:6667", "accounts": 3])
    let json = try JSON(parsing: Array(line.utf8))
    #expect(json["time"]?.text == "2026-11-22T17:35:42.000Z")
    #expect(json["level"]?.text == "info")
    #expect(json["area"]?.text == "realm")
    #expect(json["event"]?.text == "started")
    #expect(json["irc"]?.text == "127.0.0.1:6667")
    #expect(json["accounts"] == 3)
  }

  @Test("Nobody can forge a line or reach the terminal through a value", arguments: LogFormat.allCases)
  func valuesStayInTheirPlace(form: LogFormat) {
    let line = text(form, "refused", ["why": "a\nb\u{1B}[2J\u{9B}2J\u{7F}\" c=d\\"])
    #expect(line.utf8.filter { $0 == 10 }.count == 1)
    #expect(line.hasSuffix("\n"))
    #expect(!line.unicodeScalars.contains { $0.value < 10 || (0x0B..<0x20).contains($0.value) })
    #expect(!line.unicodeScalars.contains { (0x7F...0x9F).contains($0.value) })
  }

  @Test func longValuesAreCut() {
    let line = text(.text, "refused", ["why": .text(String(repeating: "x", count: 100_000))])
    #expect(line.count < 2_000)
  }

  @Test func levelsBelowTheLeastAreLeftOut() throws {
    let pipe = try Pipe()
    let log = try Log(least: .warning, descriptor: pipe.input)
    log.info("realm", "unimportant")
    log.warning("realm", "important")
    log.close()
    #expect(pipe.readAll().contains("important"))
    #expect(!pipe.readAll().contains("unimportant"))
  }

  @Test("A reader that reads nothing costs bounded memory, holds nobody up, and learns what it missed")
  func blockedReader() throws {
    let pipe = try Pipe()
    let log = try Log(descriptor: pipe.input)
    let value = LogValue.text(String(repeating: "x", count: 900))
    for _ in 0..<2_000 { log.info("realm", "event", ["value": value]) }
    var all = pipe.readSome()
    log.info("realm", "after")
    while !all.contains("\"after\"") || !all.contains("lines dropped") {
      let more = pipe.readSome()
      guard !more.isEmpty else { break }
      all += more
    }
    #expect(all.contains("lines dropped"))
    log.close(within: 10)
  }

  private final class Pipe {
    let output: Int32
    let input: Int32

    init() throws {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      output = ends[0]
      input = ends[1]
    }

    deinit {
      close(output)
      close(input)
    }

    private var seen = ""

    /// Everything that was written so far.
    func readAll() -> String {
      _ = fcntl(output, F_SETFL, O_NONBLOCK)
      while case let more = readSome(), !more.isEmpty { seen += more }
      return seen
    }

    func readSome() -> String {
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      let count = read(output, &buffer, buffer.count)
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
  }
}
