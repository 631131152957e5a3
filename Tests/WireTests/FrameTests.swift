import Testing
import Wire

@Suite struct FrameTests {
  static let key = [UInt8](0..<32)
  static let signature = [UInt8](100..<164)
  static let frames: [Frame] = [
    .hello(Hello(version: 1, from: "alpha", to: "beta", start: .max, clock: 1_790_000_000_000)),
    .hello(Hello(version: 9, from: "a", to: String(repeating: "b", count: 32), start: 0, clock: 0)),
    .ping(7), .pong(.max),
    .announcement(
      Announcement(realm: "beta", number: 3, transit: true, key: key, links: ["alpha", "gamma"], signature: signature)),
    .announcement(
      Announcement(realm: "beta", number: 0, transit: false, key: key, links: [], signature: signature)),
    .circuit(
      CircuitFrame(
        kind: .sealed, from: "alpha", to: "gamma", hops: 16, circuit: 5, count: 9,
        payload: [UInt8](repeating: 3, count: 300))),
    .circuit(CircuitFrame(kind: .unknown, from: "alpha", to: "gamma", hops: 0, circuit: 5, count: 0, payload: [])),
    .dropped(Dropped(by: "beta", to: "alpha", destination: "gamma", circuit: 5, hops: 3, reason: .noRoute)),
    .goodbye("the clock strikes zwölf"), .goodbye(""),
  ]

  static func bytes(_ frame: Frame) -> [UInt8] {
    var bytes: [UInt8] = []
    FrameCoder.append(frame, to: &bytes)
    return bytes
  }

  /// What a reader makes of bytes that come in pieces of so many.
  static func read(_ bytes: [UInt8], pieces: Int = .max, limit: Int = 2_000) -> (frames: [Frame], error: String?) {
    var reader = FrameReader(limit: limit)
    var frames: [Frame] = []
    var start = 0
    while start < bytes.count {
      let end = start + min(pieces, bytes.count - start)
      reader.feed(bytes[start..<end])
      do throws(FrameError) {
        while let frame = try reader.next() { frames.append(frame) }
      } catch {
        return (frames, error.message)
      }
      start = end
    }
    return (frames, nil)
  }

  @Test(arguments: [1, 2, 3, 7, 64, .max]) func throughAndBack(pieces: Int) {
    let (frames, error) = Self.read(Self.frames.flatMap(Self.bytes), pieces: pieces)
    #expect(frames == Self.frames)
    #expect(error == nil)
  }

  @Test(
    arguments: [
      (.ping(258), "00000009 02 0000000000000102"),
      (
        .hello(Hello(version: 1, from: "ab", to: "c", start: 2, clock: 258)),
        "0000001a 01 0001 0002 6162 0001 63 0000000000000002 0000000000000102"
      ),
      (
        .circuit(CircuitFrame(kind: .open, from: "a", to: "b", hops: 4, circuit: 1, count: 2, payload: [9, 8])),
        "0000001b 05 01 0001 61 0001 62 04 0000000000000001 0000000000000002 0908"
      ),
      (
        .dropped(Dropped(by: "a", to: "b", destination: "c", circuit: 1, hops: 2, reason: .hops)),
        "00000014 06 0001 61 0001 62 0001 63 0000000000000001 02 03"
      ),
      (.goodbye("no"), "00000005 07 0002 6e6f"),
    ] as [(Frame, String)])
  func byteByByte(_ frame: Frame, _ hex: String) {
    let digits = hex.compactMap(\.hexDigitValue)
    #expect(Self.bytes(frame).flatMap { [Int($0 >> 4), Int($0 & 15)] } == digits)
  }

  @Test func signatureCoversAllElse() {
    let announcement = Announcement(
      realm: "beta", number: 1, transit: true, key: Self.key, links: ["alpha"], signature: Self.signature)
    let signed = announcement.signedBytes
    #expect(
      signed == Array("moot announcement 1\0".utf8) + Self.bytes(.announcement(announcement)).dropFirst(5).dropLast(64))
    for change in [
      Announcement(realm: "gamma", number: 1, transit: true, key: Self.key, links: ["alpha"]),
      Announcement(realm: "beta", number: 2, transit: true, key: Self.key, links: ["alpha"]),
      Announcement(realm: "beta", number: 1, transit: false, key: Self.key, links: ["alpha"]),
      Announcement(realm: "beta", number: 1, transit: true, key: Self.key.reversed(), links: ["alpha"]),
      Announcement(realm: "beta", number: 1, transit: true, key: Self.key, links: ["alpha", "gamma"]),
    ] {
      #expect(change.signedBytes != signed)
    }
  }

  @Test func reasonsAreMadeFitToBeRead() {
    #expect(Self.read(Self.bytes(.goodbye("a\r\nb\u{7F}"))).frames == [.goodbye("a??b?")])
    let long = String(repeating: "é", count: 500)
    guard case .goodbye(let cut)? = Self.read(Self.bytes(.goodbye(long))).frames.first else {
      Issue.record("a long goodbye cannot be read")
      return
    }
    #expect(long.hasPrefix(cut) && (390...400).contains(cut.utf8.count))
  }

  @Test func aLaterHelloMaySayMore() {
    var bytes = Self.bytes(Self.frames[0]) + [1, 2, 3]
    bytes[3] += 3
    #expect(Self.read(bytes).frames == [Self.frames[0]])
  }

  /// Frames as the bytes behind their length.
  @Test(
    arguments: [
      ([], "an empty frame"),
      ([0], "a frame of the unknown kind 0"),
      ([8], "a frame of the unknown kind 8"),
      ([2, 0, 0], "a malformed frame (ping): it is cut short"),
      ([2, 0, 0, 0, 0, 0, 0, 0, 1, 5], "a malformed frame (ping): bytes left over at the end"),
      ([1, 0, 1, 0, 0, 0, 1, 97], "a malformed frame (hello): a name that no realm can have"),
      ([1, 0, 1, 0, 1, 65, 0, 1, 97], "a malformed frame (hello): a name that no realm can have"),
      ([1, 0, 1, 0, 1, 255, 0, 1, 97], "a malformed frame (hello): a text that is not UTF-8"),
      ([1, 0, 1, 0, 33], "a malformed frame (hello): a field of 33 bytes, where 32 are allowed"),
      (
        [1, 0, 1, 0, 1, 97, 0, 1, 97] + [0, 0, 0, 0, 0, 0, 0, 0] + [128, 0, 0, 0, 0, 0, 0, 0],
        "a malformed frame (hello): a time out of all bounds"
      ),
      ([5, 9], "a malformed frame (circuit): an unknown kind of frame within a circuit"),
      ([7, 0, 1, 10], "a malformed frame (goodbye): a text with control characters"),
      ([7, 1, 145], "a malformed frame (goodbye): a field of 401 bytes, where 400 are allowed"),
      (
        [6, 0, 1, 97, 0, 1, 98, 0, 1, 99, 0, 0, 0, 0, 0, 0, 0, 1, 2, 9],
        "a malformed frame (dropped): an unknown reason"
      ),
      ([UInt8](repeating: 1, count: 2_001), "a frame of 2001 bytes, where 2000 are allowed"),
    ] as [([UInt8], String)])
  func refuses(_ content: [UInt8], _ message: String) {
    var bytes: [UInt8] = []
    bytes.appendSized { $0 += content }
    let (frames, error) = Self.read(bytes)
    #expect(frames == [])
    #expect(error == message)
  }

  @Test(arguments: [["gamma", "alpha"], ["alpha", "alpha"]]) func refusesLinksOutOfOrder(_ links: [String]) {
    let announcement = Announcement(
      realm: "beta", number: 1, transit: true, key: Self.key, links: links, signature: Self.signature)
    let error = Self.read(Self.bytes(.announcement(announcement))).error
    #expect(error == "a malformed frame (announcement): links out of order")
  }

  @Test func refusesTooManyLinks() {
    let names = (0...FrameCoder.linksMax).map { "r\($0)" }.sorted()
    func error(_ links: [String]) -> String? {
      let announcement = Announcement(
        realm: "beta", number: 1, transit: true, key: Self.key, links: links, signature: Self.signature)
      return Self.read(Self.bytes(.announcement(announcement)), limit: 1 << 20).error
    }
    #expect(error(names) == "a malformed frame (announcement): more than 1024 links")
    #expect(error(Array(names.dropLast())) == nil)
  }

  @Test func anErrorIsTheEnd() throws {
    var reader = FrameReader(limit: 100)
    reader.feed(Self.bytes(.ping(1)) + [0, 0, 0, 1, 99] + Self.bytes(.ping(2)))
    #expect(try reader.next() == .ping(1))
    for _ in 0..<2 {
      #expect(throws: FrameError("a frame of the unknown kind 99")) { try reader.next() }
      reader.feed(Self.bytes(.ping(3)))
    }
  }

  @Test func aLengthAloneTakesNoMemory() throws {
    var reader = FrameReader(limit: .max)
    reader.feed([255, 255, 255, 255, 1])
    #expect(try reader.next() == nil)
    #expect(reader.count == 5)
  }

  @Test func whatIsCutShortIsNoFrame() {
    for frame in Self.frames {
      let bytes = Self.bytes(frame)
      for end in 0..<bytes.count {
        #expect(Self.read(Array(bytes[..<end])).frames == [])
        guard end > 4 else { continue }
        // The length says that this is all: then something must be missing, but for what may be shorter.
        var cut: [UInt8] = []
        cut.appendSized { $0 += bytes[4..<end] }
        #expect(Self.read(cut).frames.first != frame)
      }
    }
  }

  @Test func aFlippedBitNeverTraps() {
    for frame in Self.frames {
      let bytes = Self.bytes(frame)
      for bit in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        let frames = Self.read(flipped).frames
        #expect(frames.first != frame)
        // What was read can be written, and is read as the same.
        for other in frames { #expect(Self.read(Self.bytes(other)).frames == [other]) }
      }
    }
  }

  @Test(
    arguments: [
      ("alpha", true), ("a", true), ("a-1", true), (String(repeating: "a", count: 32), true),
      (String(repeating: "a", count: 33), false), ("", false), ("1a", false), ("-a", false), ("Alpha", false),
      ("a.b", false), ("a/b", false), ("é", false), ("a b", false), ("a\0", false),
    ])
  func realmNames(_ name: String, _ isOne: Bool) { #expect(FrameCoder.isRealmName(name) == isOne) }
}
