/// Writes and reads the frames of a link (docs/link-protocol.md, "Frames").
package enum FrameCoder {
  /// Bytes of a realm's name.
  package static let nameBytes = 32
  /// Neighbours that a realm may announce: more than anybody links by hand, and a tenth of a frame.
  package static let linksMax = 1_024
  /// Bytes of the text of a goodbye.
  package static let goodbyeBytes = 400

  private enum Kind: UInt8 {
    case hello = 1
    case ping = 2
    case pong = 3
    case announcement = 4
    case circuit = 5
    case dropped = 6
    case goodbye = 7
  }

  /// Appends a frame with its length.
  package static func append(_ frame: Frame, to out: inout [UInt8]) {
    out.appendSized { out in
      switch frame {
      case .hello(let hello): append(hello, to: &out)
      case .ping(let number):
        out.append(Kind.ping.rawValue)
        out.appendUInt64(number)
      case .pong(let number):
        out.append(Kind.pong.rawValue)
        out.appendUInt64(number)
      case .announcement(let announcement):
        out.append(Kind.announcement.rawValue)
        announcement.appendContent(to: &out)
        out.append(contentsOf: announcement.signature)
      case .circuit(let circuit): append(circuit, to: &out)
      case .dropped(let dropped): append(dropped, to: &out)
      case .goodbye(let reason):
        out.append(Kind.goodbye.rawValue)
        out.appendField(speakable(reason))
      }
    }
  }

  private static func append(_ hello: Hello, to out: inout [UInt8]) {
    out.append(Kind.hello.rawValue)
    out.appendUInt16(hello.version)
    out.appendField(hello.from)
    out.appendField(hello.to)
    out.appendUInt64(hello.start)
    out.appendInt64(hello.clock)
  }

  private static func append(_ circuit: CircuitFrame, to out: inout [UInt8]) {
    out.append(Kind.circuit.rawValue)
    out.append(circuit.kind.rawValue)
    out.appendField(circuit.from)
    out.appendField(circuit.to)
    out.append(circuit.hops)
    out.appendUInt64(circuit.circuit)
    out.appendUInt64(circuit.count)
    out.append(contentsOf: circuit.payload)
  }

  private static func append(_ dropped: Dropped, to out: inout [UInt8]) {
    out.append(Kind.dropped.rawValue)
    out.appendField(dropped.by)
    out.appendField(dropped.to)
    out.appendField(dropped.destination)
    out.appendUInt64(dropped.circuit)
    out.append(dropped.hops)
    out.append(dropped.reason.rawValue)
  }

  /// A reason may repeat what a stranger said: it must be fit for a line of a log, and not too long.
  private static func speakable(_ reason: String) -> String {
    var text = ""
    for scalar in reason.unicodeScalars {
      guard text.utf8.count + 4 <= goodbyeBytes else { break }
      text.unicodeScalars.append(scalar.value < 32 || scalar.value == 127 ? "?" : scalar)
    }
    return text
  }

  /// Reads the content of one frame, without its length.
  static func frame(_ bytes: [UInt8], in range: Range<Int>) throws(FrameError) -> Frame {
    var reader = ByteReader(bytes, in: range)
    guard let first = try? reader.uint8() else { throw FrameError("an empty frame") }
    guard let kind = Kind(rawValue: first) else { throw FrameError("a frame of the unknown kind \(first)") }
    do throws(MalformedBytes) {
      let frame = try content(of: kind, &reader)
      try reader.finish()
      return frame
    } catch {
      throw FrameError("a malformed frame (\(kind)): \(error.message)")
    }
  }

  private static func content(of kind: Kind, _ reader: inout ByteReader) throws(MalformedBytes) -> Frame {
    switch kind {
    case .hello: return .hello(try hello(&reader))
    case .ping: return .ping(try reader.uint64())
    case .pong: return .pong(try reader.uint64())
    case .announcement: return .announcement(try announcement(&reader))
    case .circuit: return .circuit(try circuit(&reader))
    case .dropped: return .dropped(try dropped(&reader))
    case .goodbye:
      let text = try reader.text(upTo: goodbyeBytes)
      guard text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
        throw MalformedBytes("a text with control characters")
      }
      return .goodbye(text)
    }
  }

  private static func hello(_ reader: inout ByteReader) throws(MalformedBytes) -> Hello {
    let hello = Hello(
      version: try reader.uint16(), from: try realmName(&reader), to: try realmName(&reader),
      start: try reader.uint64(), clock: try reader.int64())
    guard (0...Timestamp.last).contains(hello.clock) else { throw MalformedBytes("a time out of all bounds") }
    // What a later version has to add comes behind, so that both sides can still say why they do not fit.
    _ = reader.rest()
    return hello
  }

  private static func announcement(_ reader: inout ByteReader) throws(MalformedBytes) -> Announcement {
    var announcement = Announcement(
      realm: try realmName(&reader), number: try reader.uint64(), transit: try reader.bool(),
      key: try reader.bytes(Announcement.keyBytes), links: [])
    let count = Int(try reader.uint16())
    guard count <= linksMax else { throw MalformedBytes("more than \(linksMax) links") }
    for _ in 0..<count {
      let link = try realmName(&reader)
      if let last = announcement.links.last, last >= link { throw MalformedBytes("links out of order") }
      announcement.links.append(link)
    }
    announcement.signature = try reader.bytes(Announcement.signatureBytes)
    return announcement
  }

  private static func circuit(_ reader: inout ByteReader) throws(MalformedBytes) -> CircuitFrame {
    guard let kind = CircuitFrame.Kind(rawValue: try reader.uint8()) else {
      throw MalformedBytes("an unknown kind of frame within a circuit")
    }
    return CircuitFrame(
      kind: kind, from: try realmName(&reader), to: try realmName(&reader), hops: try reader.uint8(),
      circuit: try reader.uint64(), count: try reader.uint64(), payload: reader.rest())
  }

  private static func dropped(_ reader: inout ByteReader) throws(MalformedBytes) -> Dropped {
    let by = try realmName(&reader)
    let to = try realmName(&reader)
    let destination = try realmName(&reader)
    let circuit = try reader.uint64()
    let hops = try reader.uint8()
    guard let reason = Dropped.Reason(rawValue: try reader.uint8()) else {
      throw MalformedBytes("an unknown reason")
    }
    return Dropped(by: by, to: to, destination: destination, circuit: circuit, hops: hops, reason: reason)
  }

  private static func realmName(_ reader: inout ByteReader) throws(MalformedBytes) -> String {
    let name = try reader.text(upTo: nameBytes)
    guard isRealmName(name) else { throw MalformedBytes("a name that no realm can have") }
    return name
  }

  /// Whether this can name a realm: a short label of lower-case letters, digits and `-`, beginning with a letter.
  package static func isRealmName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= nameBytes, isLower(first) else { return false }
    return bytes.allSatisfy {
      isLower($0) || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || $0 == UInt8(ascii: "-")
    }
  }

  private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
}

extension Announcement {
  /// Bytes of an Ed25519 public key, and of a signature by it (RFC 8032).
  package static let keyBytes = 32
  package static let signatureBytes = 64

  /// What the signature is of: a label, so that it can never be taken for another, and all other fields.
  package var signedBytes: [UInt8] {
    var bytes = Array("moot announcement 1\0".utf8)
    appendContent(to: &bytes)
    return bytes
  }

  fileprivate func appendContent(to out: inout [UInt8]) {
    out.appendField(realm)
    out.appendUInt64(number)
    out.appendBool(transit)
    out.append(contentsOf: key)
    out.appendUInt16(UInt16(links.count))
    for link in links { out.appendField(link) }
  }
}
