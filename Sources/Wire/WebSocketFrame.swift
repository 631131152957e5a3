/// What a frame is (RFC 6455, section 5.2).
package enum WebSocketOpcode: UInt8, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  var isControl: Bool { rawValue >= 8 }
}

/// One thing that came through a WebSocket.
package enum WebSocketMessage: Equatable, Sendable {
  case text([UInt8])
  case binary([UInt8])
  /// A text or binary message longer than the reader's limit; its bytes were dropped.
  case oversized
  case ping([UInt8])
  case pong([UInt8])
  /// The other end closes; a code of nil: it named none.
  case close(code: UInt16?)
}

/// How a WebSocket is broken, so that it must end.
package enum WebSocketError: Error, Equatable, Sendable {
  /// Something that RFC 6455 forbids.
  case protocolViolation
  /// A text message that is not UTF-8.
  case notUTF8

  /// The code the WebSocket is closed with (RFC 6455, section 7.4.1).
  package var closeCode: UInt16 {
    switch self {
    case .protocolViolation: 1002
    case .notUTF8: 1007
    }
  }
}

/// Writes frames.
package enum WebSocketFrame {
  /// The most bytes of payload in a control frame (RFC 6455, section 5.5).
  package static let controlBytes = 125

  /// Appends one whole message as one frame.
  ///
  /// - Parameter mask: what a client must mask with; a server must not.
  package static func append(
    _ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, mask: UInt32? = nil, to bytes: inout [UInt8]
  ) {
    precondition(!opcode.isControl || payload.count <= controlBytes)
    let masked: UInt8 = mask == nil ? 0 : 0x80
    bytes.append(0x80 | opcode.rawValue)
    let count = payload.count
    if count < 126 {
      bytes.append(masked | UInt8(count))
    } else if count <= 0xFFFF {
      bytes.append(masked | 126)
      appendNumber(UInt64(count), bytes: 2, to: &bytes)
    } else {
      bytes.append(masked | 127)
      appendNumber(UInt64(count), bytes: 8, to: &bytes)
    }
    guard let mask else {
      bytes.append(contentsOf: payload)
      return
    }
    appendNumber(UInt64(mask), bytes: 4, to: &bytes)
    for (index, byte) in payload.enumerated() {
      bytes.append(byte ^ UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32(index & 3))))
    }
  }

  /// Appends the frame that ends a WebSocket.
  package static func appendClose(code: UInt16, mask: UInt32? = nil, to bytes: inout [UInt8]) {
    append(.close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)], mask: mask, to: &bytes)
  }

  private static func appendNumber(_ number: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
    for shift in stride(from: 8 * (count - 1), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }
}
