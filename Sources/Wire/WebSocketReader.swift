/// Takes the bytes of a WebSocket apart into messages (RFC 6455, section 5). Holds no more than one message of the
/// size it allows and one control frame; nothing between messages.
package struct WebSocketReader: Sendable {
  /// Whether the other end must mask (a client) or must not (a server).
  private let expectsMask: Bool
  /// Bytes a message may have; longer ones are dropped and told as `oversized`.
  private let limit: Int

  /// Bytes of a frame's head while it is incomplete.
  private var head: [UInt8] = []
  private var frame: Frame?
  /// The message that fragments add to; nil between messages.
  private var kind: WebSocketOpcode?
  private var isOversized = false
  private var payload: [UInt8] = []
  private var control: [UInt8] = []

  private struct Frame {
    var opcode: WebSocketOpcode
    var isLast: Bool
    var mask: UInt32
    var remaining: UInt64
  }

  package init(expectsMask: Bool, limit: Int) {
    self.expectsMask = expectsMask
    self.limit = limit
  }

  /// Reads on at `at`. Returns the next message, or nil when all bytes are used up.
  package mutating func next(
    _ bytes: UnsafeRawBufferPointer, _ at: inout Int
  ) throws(WebSocketError) -> WebSocketMessage? {
    while true {
      if let current = frame {
        frame = readPayload(current, bytes, &at)
        guard frame?.remaining == 0 else { return nil }
        frame = nil
        if let message = try endFrame(current) { return message }
      } else {
        guard at < bytes.count else { return nil }
        head.append(bytes[at])
        at += 1
        frame = try parseHead()
        if frame != nil { head = [] }
      }
    }
  }

  /// The frame whose head is complete; nil: more is to come.
  private func parseHead() throws(WebSocketError) -> Frame? {
    guard head[0] & 0x70 == 0, let opcode = WebSocketOpcode(rawValue: head[0] & 0x0F) else {
      throw .protocolViolation
    }
    guard head.count > 1 else { return nil }
    let isLast = head[0] & 0x80 != 0
    let isMasked = head[1] & 0x80 != 0
    let short = Int(head[1] & 0x7F)
    guard isMasked == expectsMask, !opcode.isControl || (isLast && short <= WebSocketFrame.controlBytes) else {
      throw .protocolViolation
    }
    guard opcode.isControl || (opcode == .continuation) == (kind != nil) else { throw .protocolViolation }
    let lengthBytes = short < 126 ? 0 : short == 126 ? 2 : 8
    guard head.count == 2 + lengthBytes + (isMasked ? 4 : 0) else { return nil }
    var length = UInt64(short)
    if lengthBytes > 0 {
      length = head[2..<2 + lengthBytes].reduce(0) { $0 << 8 | UInt64($1) }
      guard length >= (lengthBytes == 2 ? 126 : 0x1_0000), length >> 63 == 0 else { throw .protocolViolation }
    }
    let mask = head[(2 + lengthBytes)...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Frame(opcode: opcode, isLast: isLast, mask: mask, remaining: length)
  }

  private mutating func readPayload(_ frame: Frame, _ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Frame {
    var frame = frame
    let count = Int(min(frame.remaining, UInt64(bytes.count - at)))
    let chunk = UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
    at += count
    frame.remaining -= UInt64(count)
    if frame.opcode.isControl {
      Self.append(chunk, frame.mask, to: &control)
    } else if isOversized || payload.count + count > limit {
      isOversized = true
      payload = []
    } else {
      Self.append(chunk, frame.mask, to: &payload)
    }
    // The mask goes round every four bytes; the next chunk begins where this one ended.
    let turned = UInt32(count & 3) * 8
    frame.mask = turned == 0 ? frame.mask : frame.mask << turned | frame.mask >> (32 - turned)
    return frame
  }

  private static func append(_ chunk: UnsafeRawBufferPointer, _ mask: UInt32, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: chunk)
    guard mask != 0 else { return }
    for index in 0..<chunk.count {
      bytes[start + index] ^= UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32(index & 3)))
    }
  }

  private mutating func endFrame(_ frame: Frame) throws(WebSocketError) -> WebSocketMessage? {
    if frame.opcode.isControl {
      defer { control = [] }
      switch frame.opcode {
      case .ping: return .ping(control)
      case .pong: return .pong(control)
      default: return .close(code: try Self.closeCode(control))
      }
    }
    if frame.opcode != .continuation { kind = frame.opcode }
    guard frame.isLast else { return nil }
    defer {
      kind = nil
      isOversized = false
      payload = []
    }
    if isOversized { return .oversized }
    guard kind == .text else { return .binary(payload) }
    guard isUTF8(payload, in: payload.indices) else { throw .notUTF8 }
    return .text(payload)
  }

  private static func closeCode(_ payload: [UInt8]) throws(WebSocketError) -> UInt16? {
    guard !payload.isEmpty else { return nil }
    guard payload.count >= 2 else { throw .protocolViolation }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: throw .protocolViolation
    }
    guard isUTF8(payload, in: 2..<payload.count) else { throw .notUTF8 }
    return code
  }
}
