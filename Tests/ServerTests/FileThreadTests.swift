import Core
import Glibc
import Net
import Store
import Testing
import Wire

@testable import Server

/// The thread that moves files, with a real client thread before it and the test in place of the realm.
@Suite struct FileThreadTests {
  private final class Fixture {
    let data: DataFolder
    let mailbox: Mailbox
    let files: FileThread
    let admissions = Admissions()
    private let clients: ClientThread
    private let web: SocketAddress

    init() throws {
      data = try DataFolder()
      mailbox = try Mailbox()
      files = try FileThread(
        mailbox: mailbox, admissions: admissions, log: try Log(least: .error), patienceSeconds: 1)
      let socket = try Descriptor.listening(on: .loopback(port: 0))
      web = try socket.localAddress()
      clients = try ClientThread(
        number: 0, listeners: [Listener(.web, adopting: socket)], mailbox: mailbox, admissions: admissions,
        files: files, routes: { _ in nil })
      try files.start(folder: data.path, Settings(realm: "alpha"))
      try clients.start(limits: Limits())
    }

    deinit {
      clients.stop(withinMilliseconds: 0)
      files.stop()
      try? remove("\(data.path)/files")
    }

    private func remove(_ path: String) throws {
      for name in names(path) {
        if unlink("\(path)/\(name)") != 0 { try remove("\(path)/\(name)") }
      }
      rmdir(path)
    }

    func names(_ path: String) -> [String] {
      guard let listing = opendir(path) else { return [] }
      defer { closedir(listing) }
      var names: [String] = []
      while let entry = readdir(listing) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      return names
    }

    func connect(_ head: String) throws -> BlockingStream {
      let stream = try BlockingStream.connect(to: web)
      try stream.write(Array(head.utf8))
      return stream
    }

    private var heard: [FileEvent] = []

    /// The next thing that the realm is told of files.
    func next() throws -> FileEvent {
      let end = Clock.monotonicMilliseconds() + 10_000
      while heard.isEmpty {
        try #require(Clock.monotonicMilliseconds() < end, "the realm is told nothing")
        _ = try mailbox.wait(timeoutMilliseconds: 100)
        var events: [Event] = []
        mailbox.drain(into: &events)
        heard += events.compactMap { if case .file(let event) = $0 { event } else { nil } }
      }
      return heard.removeFirst()
    }

    func wait(until done: () -> Bool) throws {
      let end = Clock.monotonicMilliseconds() + 10_000
      while !done() {
        try #require(Clock.monotonicMilliseconds() < end)
        poll(nil, 0, 10)
      }
    }
  }

  private static let head = "POST /upload HTTP/1.1\r\nContent-Length: 100000\r\nAuthorization: Basic YTpi\r\n\r\n"
  private static let demand = FileDemand(
    .upload(name: "", length: 100_000), credentials: .password(name: "a", secret: [98]), host: "127.0.0.1")

  @Test func anUploadThatDoesNotComeOnIsEnded() throws {
    let fixture = try Fixture()
    let stream = try fixture.connect(Self.head)
    #expect(try fixture.next() == .asked(1, Self.demand))
    fixture.files.release([.take(1, most: 100_000)])
    // A byte now and then is not enough.
    for _ in 0..<5 {
      try stream.write([65])
      poll(nil, 0, 100)
    }
    #expect(fixture.names(fixture.data.path + "/files/incoming").count == 1)
    #expect(String(decoding: try stream.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
    #expect(try fixture.next() == .cut(1))
    #expect(fixture.names(fixture.data.path + "/files/incoming").isEmpty)
  }

  @Test func whoReadsNothingIsDropped() throws {
    let fixture = try Fixture()
    let stream = try fixture.connect(
      "POST /upload HTTP/1.1\r\nContent-Length: 20000000\r\nAuthorization: Basic YTpi\r\n\r\n")
    _ = try fixture.next()
    fixture.files.release([.take(1, most: 20_000_000)])
    try stream.write([UInt8](repeating: 65, count: 20_000_000))
    guard case .stored(1, let file) = try fixture.next() else { throw Failed() }
    let record = FileRecord(
      id: file.id, account: DataFolder.alice, name: "a", type: file.type.type, isShown: false, size: file.size,
      hash: file.hash, created: 1)
    try fixture.data.store.apply([.file(record)])
    fixture.files.release([.answer(1, HTTPResponse(status: 201, text: "done"))])
    _ = try stream.rest()
    try fixture.wait { fixture.files.statistics.transfers == 0 }
    let reader = try fixture.connect("GET /files/\(file.id)/a HTTP/1.1\r\n\r\n")
    try fixture.wait { fixture.files.statistics.transfers == 1 }
    try fixture.wait { fixture.files.statistics.transfers == 0 }
    #expect(fixture.files.statistics.bytesOut < 20_000_000)
    _ = reader
  }

  private struct Failed: Error {}

  @Test func tooManyAreRefusedAndThoseThatGoMakeRoom() throws {
    let fixture = try Fixture()
    var streams: [BlockingStream] = []
    for number in 1...UInt64(Limits.transfers) {
      streams.append(try fixture.connect(Self.head))
      #expect(try fixture.next() == .asked(number, Self.demand))
    }
    let answer = try fixture.connect(Self.head).rest()
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
    fixture.files.release([.answer(1, HTTPResponse(status: 401, text: "no"))])
    #expect(String(decoding: try streams[0].rest(), as: UTF8.self).hasPrefix("HTTP/1.1 401 "))
    streams.removeFirst()
    try fixture.wait { fixture.files.statistics.transfers < Limits.transfers }
    _ = try fixture.connect(Self.head)
    guard case .asked = try fixture.next() else { throw Failed() }
  }

  @Test func aFileThatTheRealmRefusesInTheEndIsRemoved() throws {
    let fixture = try Fixture()
    let stream = try fixture.connect(
      "POST /upload HTTP/1.1\r\nContent-Length: 2\r\nAuthorization: Basic YTpi\r\n\r\nhi")
    _ = try fixture.next()
    fixture.files.release([.take(1, most: 2)])
    guard case .stored(1, let file) = try fixture.next() else { throw Failed() }
    let folder = fixture.data.path + "/files/8f"
    #expect(fixture.names(folder).count == 1)
    fixture.files.release([.removed([file.hash]), .sweep])
    fixture.files.release([.answer(1, HTTPResponse(status: 403, text: "no")), .removed([file.hash])])
    _ = try stream.rest()
    try fixture.wait { fixture.names(folder).isEmpty }
  }
}
